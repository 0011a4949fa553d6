"""The command `replay`: a draw made again."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from .console import complain, results_folder

__all__ = ["run_replay"]


def run_replay(
    draw: Annotated[Path, typer.Argument(help="A draw-N.json of an earlier run.", metavar="DRAW.json", readable=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="Folder for WAV, PNG and JSON, or a .wav file.",
            metavar="OUT",
            readable=False,
            show_default="again, or the next free one: again-2, ...",
        ),
    ] = None,
    audio: Annotated[Path | None, typer.Option(help="The clip, where it has moved.", readable=False)] = None,
    policy: Annotated[str | None, typer.Option(help="The module:callable that the draw calls.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the draw's files in OUT.")] = False,
) -> None:
    """Make a draw again, bit for bit."""
    from ._files import make_folder, printable, scratch, write_whole
    from .errors import ParameterError
    from .pipeline import changed_versions, draw_files, is_long_draw, read_record, replay

    written = read_record(draw)
    out = results_folder(out, "again", overwrite=overwrite)
    for line in changed_versions(written):
        complain(f"{line}; the last bits may differ", "warning")
    with scratch(Path(os.path.abspath(out))) if is_long_draw(written) else nullcontext() as room:
        heard = replay(draw, audio=audio, folder=room, policy=policy)
        files = draw_files(heard, heard.draws[0], written.channels)
        if out.suffix.lower() == ".wav":
            targets = {out: files[f"{heard.draws[0].name}.wav"]}
        else:
            targets = {out / name: data for name, data in files.items()}
        for target in targets:
            if target.exists() and not overwrite:
                raise ParameterError(f"-o {printable(target)}: exists; choose another, or replace it with --overwrite")
        for target, data in targets.items():
            make_folder(target.parent)
            write_whole(target, data)
            print(printable(target))  # noqa: T201
