"""The command `sweep`: one clip under every combination of values."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ParameterError
from .console import aside, complain, results_folder, tell_of_page
from .options import (
    BatchText,
    Budget,
    ChannelText,
    Flac,
    Framework,
    Frontend,
    Open,
    Overwrite,
    PolicyName,
    SetParameters,
    ShowPaths,
    Strict,
    channel_of,
)

if TYPE_CHECKING:
    from ..audio.channels import OneChannel
    from ..audio.signal import Audio
    from ..auditions import Configuration
    from ..augment import Policy
    from ..frameworks.choice import FrontendChoice
    from ..outputs.output import Output
    from ..sweeps import Sweep

__all__ = ["run_sweep"]

Vary = Annotated[
    list[str],
    typer.Option(
        help="What to vary, e.g. F=8,27 or time_mask.max_frames=10,40,100; also policy, dialect, frontend, vocoder, "
        "fill, probability. May be given again.",
        metavar="KEY=VALUE,...",
    ),
]


Out = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        help="Folder for the results.",
        metavar="OUT",
        readable=False,
        show_default="sheet, or the next free one: sheet-2, ...",
    ),
]


def run_sweep(
    path: Annotated[Path, typer.Argument(help="An audio file.", metavar="PATH", readable=False)],
    vary: Vary,
    out: Out = None,
    frontend: Frontend = None,
    policy: PolicyName = "LD",
    parameters: SetParameters = None,
    framework: Framework = None,
    batch: BatchText = None,
    vocoder: Annotated[str, typer.Option(help="Vocoder: a name of 'list vocoders', or a YAML file.")] = "joint",
    draws: Annotated[int, typer.Option(min=1, max=1000, help="How many times each cell is drawn.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    start: Annotated[float, typer.Option(help="Where to begin in the clip, in seconds.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="How much of the clip to take, in seconds.")] = None,
    channel: ChannelText = None,
    strict: Strict = False,
    open_it: Open = False,
    budget: Budget = 12.0,
    flac: Flac = False,
    paths_shown: ShowPaths = False,
    overwrite: Overwrite = False,
) -> None:
    """Hear a clip under every combination of values: a contact sheet, a chart and a table of scores."""
    from ..frameworks.choice import choose_policy
    from ..reports.publish import Form
    from ..sweeps.axes import read_axes
    from ..sweeps.grid import choose_swept_frontend, swept
    from ..sweeps.save import save_sweep

    _check_file(path)
    form = Form(budget_mb=budget, flac=flac, paths=paths_shown)
    axes = read_axes(vary)
    drawn = choose_policy(policy, framework=framework, batch=batch, parameters=parameters or ())
    choice, heard = choose_swept_frontend(frontend, drawn, axes), _one_channel(channel, drawn)
    run = _configuration(choice, drawn, vocoder, draws, seed, start, duration, heard, strict)
    with _output(out, path, overwrite=overwrite) as output:
        clip, name = _named_clip(path, start, duration, heard, strict)
        made = swept(clip, axes, run, name=name, progress=_tell)
        page = save_sweep(made, output, form=form)
    for line in _notes(made):
        complain(line, "note")
    tell_of_page(page, f"{made}: ", open_it=open_it)


def _check_file(path: Path) -> None:
    """What is no file is a wrong argument, other than a file that cannot be read."""
    from .._files import printable

    if path.is_dir():
        raise ParameterError(f"{printable(path)}: is a folder; a sweep takes one audio file")
    if not os.path.lexists(path):
        raise ParameterError(f"{printable(path)}: no such file")


@contextmanager
def _output(out: Path | None, path: Path, *, overwrite: bool) -> Iterator[Output]:
    """Where a sweep goes, which nobody else writes into meanwhile."""
    from ..sweeps.save import output_of_sweep

    with results_folder(out, "sheet", "sweep", overwrite=overwrite) as folder:
        output = output_of_sweep(folder, overwrite=overwrite, inputs=[path])
        with output.alone():
            yield output


def _named_clip(
    path: Path, start: float, duration: float | None, channel: OneChannel, strict: bool
) -> tuple[Audio, str]:
    """A clip, and what it is called."""
    from .._files import printable
    from ..audio.signal import load
    from ..auditions.records import clip_name

    clip = load(path, start_s=start, duration_s=duration, channel=None if channel == "mean" else channel, strict=strict)
    return clip, printable(clip_name(clip))


def _one_channel(given: str | None, policy: Policy) -> OneChannel:
    """What is heard of the recording; says so where the policy's file decides it."""
    from ..audio.channels import as_one_channel

    channel, why = channel_of(given, policy)
    if why:
        complain(why, "note")
    return as_one_channel(channel)


def _notes(made: Sweep) -> list[str]:
    """Which front-end was taken, and why, where none was asked for."""
    from ..frameworks.choice import reason_in_words

    choose = "choose one for all with --frontend"
    if made.frontends:
        named = [
            f"{', '.join(f'{key} = {value}' for key, value in values.items())}: front-end {own.frontend.name}"
            for values, own in made.frontends
        ]
        return [*named, choose]
    run = made.run
    if run.frontend_reason in ("named", "default", None):
        return []
    return [f"front-end {run.frontend.name}, as {reason_in_words(run.frontend_reason, run.policy)}; {choose}"]


def _configuration(
    choice: FrontendChoice,
    policy: Any,
    vocoder: str,
    draws: int,
    seed: int,
    start: float,
    duration: float | None,
    channel: Any,
    strict: bool,
) -> Configuration:
    from .. import vocoders
    from ..auditions import Configuration

    return Configuration(
        choice.frontend, policy, vocoders.get(vocoder), draws, seed, start_s=start, duration_s=duration,
        frontend_reason=choice.reason, channel=channel, strict=strict,
    )  # fmt: skip


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        aside(f"\r{done} of {total} cells", end="\n" if done == total else "")
