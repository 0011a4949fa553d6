"""The command `sweep`: render clips under every combination of values."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._defaults import DEFAULT_BUDGET_MB, DEFAULT_DRAWS, DEFAULT_SEED, DEFAULT_VOCODER, MAX_DRAWS
from ..errors import ParameterError
from .console import complain, print_stderr, tell_of_page
from .options import (
    BatchOption,
    BudgetOption,
    CompareOption,
    FlacOption,
    FrameworkOption,
    FrontendOption,
    LengthsOption,
    NoteOption,
    OpenOption,
    OverwriteOption,
    PathsOption,
    PdfOption,
    PolicyOption,
    SeedOption,
    SetOption,
    StrictOption,
    TitleOption,
    VocoderOption,
    page_options,
)
from .resolve import resolve_run
from .results_folders import results_folder

if TYPE_CHECKING:
    from ..audio.audio_in_memory import Audio
    from ..auditions import Configuration
    from ..outputs.output import Output
    from ..reports.page_writing import PageOptions, WrittenPage
    from ..sweeps import Sweep
    from ..sweeps.axes import Axis

__all__ = ["run_sweep"]

PathsArgument = Annotated[
    list[Path], typer.Argument(help="Audio files, or folders of them.", metavar="PATH", readable=False)
]
VaryOption = Annotated[
    list[str],
    typer.Option(
        help="A parameter and its values, as in F=8,27 or time_mask.max_frames=10,40,100; also policy, framework, "
        "frontend, vocoder, fill, probability. May be repeated.",
        metavar="KEY=VALUE,...",
    ),
]
DrawsOption = Annotated[int, typer.Option(min=1, max=MAX_DRAWS, help="Number of draws of each combination.")]
OneChannelOption = Annotated[
    str | None,
    typer.Option(
        "--channel",
        help="Channel of the recording to use: the mean of all, left, right, or a number (1 is the first channel).",
        metavar="mean|left|right|N",
        show_default="the configuration's channel_selector, or mean",
    ),
]
OutOption = Annotated[
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
    paths: PathsArgument,
    vary: VaryOption,
    out: OutOption = None,
    frontend: FrontendOption = None,
    policy: PolicyOption = None,
    parameters: SetOption = None,
    framework: FrameworkOption = None,
    batch: BatchOption = None,
    vocoder: VocoderOption = DEFAULT_VOCODER,
    draws: DrawsOption = DEFAULT_DRAWS,
    seed: SeedOption = DEFAULT_SEED,
    start: Annotated[float, typer.Option(help="Start of the part of the clip to use, in seconds.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="Length of the part of the clip to use, in seconds.")] = None,
    channel: OneChannelOption = None,
    strict: StrictOption = False,
    open_it: OpenOption = False,
    budget: BudgetOption = DEFAULT_BUDGET_MB,
    flac: FlacOption = None,
    pdf: PdfOption = False,
    paths_shown: PathsOption = False,
    title: TitleOption = "", note: NoteOption = "", compare: CompareOption = None, lengths: LengthsOption = None,
    overwrite: OverwriteOption = False,
) -> None:  # fmt: skip
    """Render clips under every combination of values: a contact sheet, a chart and a table of scores."""
    from ..audio.channels import as_one_channel
    from ..sweeps.axes import check_not_replaced, read_axes
    from ..sweeps.cell_rendering import check_n_renderings, choose_swept_frontend

    files = _files_in(paths)
    form = page_options(budget, flac, paths_shown, pdf, title, note, compare, lengths)
    axes = read_axes(vary)
    check_n_renderings(len(files), axes, draws)
    check_not_replaced(axes, framework, None, parameters or ())
    run = resolve_run(
        policy, frontend, vocoder, channel, framework=framework, parameters=parameters, batch=batch, draws=draws,
        seed=seed, start_s=start, duration_s=duration, strict=strict,
        choose_frontend=lambda name, rules: choose_swept_frontend(name, rules, axes))  # fmt: skip
    run = replace(run, channel=as_one_channel(run.channel))
    with _output(out, files, overwrite=overwrite) as output:
        sweep, page = _sweep_into(output, files, axes, run, form)
    tell_of_page(page, f"{sweep}: ", open_it=open_it)


def _sweep_into(
    output: Output, files: Sequence[Path], axes: Sequence[Axis], run: Configuration, form: PageOptions
) -> tuple[Sweep, WrittenPage]:
    """Render and save the sweep of recordings, with its page; print notes on its front-ends."""
    from ..sweeps.cell_rendering import render_sweep
    from ..sweeps.results import save_sweep

    sweep = render_sweep(_named_clips(files, run), axes, run, progress=_tell)
    page = save_sweep(sweep, output, form=form)
    for line in (*_notes(sweep), *_about_callables(sweep)):
        complain(line, "note")
    return sweep, page


def _files_in(paths: Sequence[Path]) -> list[Path]:
    """Return the audio files of all paths; refuse missing and empty ones as bad usage, and say what is left out."""
    from .._files import printable
    from ..audio.file_search import find_audio

    for path in paths:
        if not os.path.lexists(path):
            raise ParameterError(f"{printable(path)}: no such file")
    sources = find_audio(paths)
    for notice in sources.left_out:
        complain(notice.text, "note")
    if sources.problems:
        raise ParameterError(sources.problems[0])
    return sources.files


@contextmanager
def _output(out: Path | None, files: Sequence[Path], *, overwrite: bool) -> Iterator[Output]:
    """Yield the output of a sweep, whose folder is locked until the ``with`` block ends."""
    from ..sweeps.results import output_of_sweep

    with results_folder(out, "sheet", "sweep", overwrite=overwrite) as folder:
        output = output_of_sweep(folder, overwrite=overwrite, inputs=files)
        with output.alone():
            yield output


def _named_clips(files: Sequence[Path], run: Configuration) -> list[tuple[str, Audio]]:
    """Load the part of each recording to sweep; return them with their names."""
    from ..audio.audio_in_memory import load
    from ..audio.channels import as_one_channel
    from ..sweeps.cell_rendering import names_of_clips

    channel = None if run.channel == "mean" else as_one_channel(run.channel)
    clips = [
        load(file, start_s=run.start_s, duration_s=run.duration_s, channel=channel, strict=run.strict) for file in files
    ]
    return list(zip(names_of_clips(clips), clips, strict=True))


def _notes(sweep: Sweep) -> list[str]:
    """Describe the chosen front-ends, if the user named none."""
    from ..frameworks.frontend_choice import reason_in_words

    choose = "choose one for all with --frontend"
    if sweep.frontends:
        lines = [
            f"{', '.join(f'{key} = {value}' for key, value in values.items())}: front-end {own.frontend.name}"
            for values, own in sweep.frontends
        ]
        return [*lines, choose]
    run = sweep.run
    if run.frontend_reason in ("named", "default", None):
        return []
    return [f"front-end {run.frontend.name}, as {reason_in_words(run.frontend_reason, run.policy)}; {choose}"]


def _about_callables(sweep: Sweep) -> list[str]:
    """Say once what draws found out about callables: a guessed form, a call that failed, ...; an audition prints it."""
    draws = (draw.draw for cell in sweep.cells for draw in cell.audition.draws)
    return list(dict.fromkeys(notice.text for draw in draws for notice in draw.notices if "call" in notice.values))


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        # The next output overwrites this line.
        print_stderr(f"note: {done} of {total} cells", end="\n" if done == total else "\r")
