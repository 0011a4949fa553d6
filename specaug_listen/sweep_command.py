"""The command `sweep`: one clip under every combination of values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import BatchText, Dialect, Frontend, PolicyName

__all__ = ["run_sweep"]


def run_sweep(
    path: Annotated[Path, typer.Argument(help="An audio file.", metavar="PATH", readable=False)],
    vary: Annotated[
        list[str],
        typer.Option(
            help="What to vary, e.g. time_mask.max_frames=10,40,100; also policy, dialect, frontend, vocoder, fill, "
            "probability. May be given again.",
            metavar="KEY=VALUE,...",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.", metavar="OUT", readable=False)],
    frontend: Frontend = None,
    policy: PolicyName = "LD",
    dialect: Dialect = None,
    batch: BatchText = None,
    vocoder: Annotated[str, typer.Option(help="Vocoder: a name of 'list vocoders', or a YAML file.")] = "joint",
    draws: Annotated[int, typer.Option(min=1, max=1000, help="How many times each cell is drawn.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    start: Annotated[float, typer.Option(help="Where to begin in the clip, in seconds.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="How much of the clip to take, in seconds.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a sweep in OUT.")] = False,
) -> None:
    """Hear a clip under every combination of values: a contact sheet, a chart and a table of scores."""
    from ._files import printable
    from .audio import load
    from .showing import chosen_frontend, named_policy, with_context
    from .sweeping.axes import read_axes
    from .sweeping.running import swept
    from .sweeping.saving import check_free, save_sweep

    axes = read_axes(vary)
    imported = named_policy(policy, dialect, None)
    usual, _ = chosen_frontend(imported)
    chosen = frontend if frontend is not None else usual or "whisper"
    run = _configuration(chosen, with_context(imported.policy, batch, False), vocoder, draws, seed, start, duration)
    check_free(out, overwrite=overwrite)
    clip = load(path, start_s=start, duration_s=duration)
    made = swept(clip, axes, run, name=printable(path.stem), progress=_tell)
    page = save_sweep(made, out, overwrite=overwrite)
    print(f"{made}: {printable(page)}")  # noqa: T201


def _configuration(
    frontend: Any, policy: Any, vocoder: str, draws: int, seed: int, start: float, duration: float | None
) -> Any:
    from . import frontends, vocoders
    from .pipeline import Configuration

    return Configuration(
        frontends.get(frontend), policy, vocoders.get(vocoder), draws, seed, start_s=start, duration_s=duration
    )


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total} cells", end="\n" if done == total else "", file=sys.stderr, flush=True)  # noqa: T201
