"""Results as a run writes them into a folder; `import results` works from every room."""

from __future__ import annotations

from specaug_listen.outputs.output import Output

__all__ = ["wrote"]


def wrote(folder, files, command="audition", *, last=(), overwrite=True, **how):
    """Write files as a run does."""
    output = Output(folder, command, overwrite=overwrite, **how)
    with output.scratch() as scratch:
        for name, data in files.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).write_bytes(data)
        output.publish(scratch, last=last)
    return output
