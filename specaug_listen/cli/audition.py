"""The command `audition`: render recordings under a policy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer

from .._defaults import DEFAULT_BUDGET_MB, DEFAULT_CHANNELS, DEFAULT_DRAWS, DEFAULT_SEED, DEFAULT_VOCODER, MAX_DRAWS
from .._standard_streams import quiet_stdout
from ..errors import ParameterError
from .console import clip_progress, complain, open_page, plural, say, tell_of_page
from .options import (
    AdapterOption,
    AxesOption,
    BatchOption,
    BudgetOption,
    ChannelOption,
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
    StatisticsOption,
    StrictOption,
    TitleOption,
    VocoderOption,
    WavChannelsOption,
    page_options,
)
from .resolve import resolve_run
from .results_folders import results_folder

if TYPE_CHECKING:
    from ..audio.file_search import Found
    from ..auditions import AuditionRecord, Configuration
    from ..reports.page_writing import PageOptions, WrittenPage

__all__ = ["run_audition"]


OutOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        help="Folder for the results.",
        metavar="OUT",
        readable=False,
        show_default="heard, or the next free one: heard-2, ...",
    ),
]

PathsArgument = Annotated[
    list[Path],
    typer.Argument(
        help="Audio files, mel files (.npy .npz .pt .ark .scp ...), or folders of either.",
        metavar="PATH",
        readable=False,
    ),
]
ExactRngOption = Annotated[
    bool,
    typer.Option("--exact-rng", help="Draw with the framework's own random generator, seeded as the framework does."),
]
WaveformOption = Annotated[
    Path | None,
    typer.Option(help="YAML file of audiomentations transforms, applied before the mel is computed.", readable=False),
]


ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Continue an interrupted run in OUT; finished clips are kept.")
]
OriginalPhaseOption = Annotated[
    bool,
    typer.Option(
        "--original-phase",
        help="Also render each draw with the phase of the original: the mask without vocoder artefacts.",
    ),
]


def run_audition(
    paths: PathsArgument,
    out: OutOption = None,
    frontend: FrontendOption = None,
    policy: PolicyOption = None,
    parameters: SetOption = None,
    framework: FrameworkOption = None,
    adapter: AdapterOption = None,
    batch: BatchOption = None,
    exact_rng: ExactRngOption = False,
    waveform: WaveformOption = None,
    vocoder: VocoderOption = DEFAULT_VOCODER,
    draws: Annotated[int, typer.Option(min=1, max=MAX_DRAWS, help="Number of draws of each clip.")] = DEFAULT_DRAWS,
    seed: SeedOption = DEFAULT_SEED,
    start: Annotated[float, typer.Option(help="Start of the part of each clip to use, in seconds.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="Length of the part of each clip to use, in seconds.")] = None,
    strict: StrictOption = False,
    original_phase: OriginalPhaseOption = False,
    stats: StatisticsOption = None,
    axes: AxesOption = None,
    channel: ChannelOption = None,
    layout: WavChannelsOption = DEFAULT_CHANNELS,
    report: Annotated[bool, typer.Option(help="Write the page, report.html.")] = True,
    open_it: OpenOption = False,
    budget: BudgetOption = DEFAULT_BUDGET_MB,
    flac: FlacOption = None,
    pdf: PdfOption = False,
    paths_shown: PathsOption = False,
    title: TitleOption = "", note: NoteOption = "", compare: CompareOption = None, lengths: LengthsOption = None,
    overwrite: OverwriteOption = False,
    resume: ResumeOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the index of the run as JSON.")] = False,
) -> None:  # fmt: skip
    """Render recordings under a policy: WAV, PNG and JSON for each draw, and a page with all of them."""
    form = _form(page_options(budget, flac, paths_shown, pdf, title, note, compare, lengths), report, open_it)
    with quiet_stdout() if as_json else nullcontext():
        run = resolve_run(policy, frontend, vocoder, channel, framework=framework, parameters=parameters,
            adapter=adapter, batch=batch, exact_rng=exact_rng, waveform=waveform, layout=layout, draws=draws, seed=seed,
            start_s=start, duration_s=duration, original_phase=original_phase, strict=strict)  # fmt: skip
    done = _audition_into(out, (paths, stats, axes), run, form, as_json=as_json, overwrite=overwrite, resume=resume)
    _tell_of(*done, as_json=as_json, open_it=open_it)


def _audition_into(
    out: Path | None,
    files: tuple[Sequence[Path], str | None, str | None],
    run: Configuration,
    form: PageOptions | None,
    *,
    as_json: bool,
    overwrite: bool,
    resume: bool,
) -> tuple[AuditionRecord, Path, WrittenPage | None]:
    """Run the audition and write its page, under one lock of the folder; return the index, the folder and the page."""
    from ..auditions.batch import audition_many, count_clips
    from ..outputs.output import Output
    from ..reports.report import publish_report

    quiet = quiet_stdout if as_json else nullcontext
    how = {"overwrite": overwrite, "resume": resume}
    with results_folder(out, "heard", "audition", overwrite=overwrite or resume) as folder:
        with quiet():
            run, sources = _find_files(folder, run, files, page=form is not None, **how)
        n_clips = count_clips(sources.files, run.channel)
        # A resumed run finds its own results; without these notices, its index equals that of an uninterrupted run.
        notices = [notice for notice in sources.left_out if notice.kind != "results"]
        with Output(folder, "audition").alone():
            with quiet(), clip_progress(n_clips, quiet=as_json) as (progress, within):
                index = audition_many(
                    sources.files, folder, run, problems=sources.problems, notices=notices, progress=progress,
                    within=within, remark=lambda notice: complain(notice.text, "note"), **how,
                )  # fmt: skip
            # The run has already removed an earlier page, if it was allowed to.
            page = publish_report(folder, form=form, overwrite=True) if form is not None and index.clips else None
            return index, folder, page


def _form(form: PageOptions, report: bool, open_it: bool) -> PageOptions | None:
    """Return the options of the page; None for no page."""
    if open_it and not report:
        raise ParameterError("--open opens the page, and --no-report writes none; leave out one of them")
    if form.pdf and not report:
        raise ParameterError("--pdf prints the page, and --no-report writes none; leave out one of them")
    return form if report else None


def _tell_of(index: AuditionRecord, out: Path, page: WrittenPage | None, *, as_json: bool, open_it: bool) -> NoReturn:
    from .._files import printable
    from ..auditions.records import to_bytes

    refused = f", {len(index.failures)} refused" if index.failures else ""
    summary = f"{plural(len(index.clips), 'clip')} auditioned{refused}"
    if as_json:
        say(to_bytes(index).decode(), end="")
    elif page is not None:
        tell_of_page(page, f"{summary}: ")
    else:
        say(f"{summary}: {printable(out)}" if index.clips else summary)
    if page is not None and open_it:
        open_page(page.path)
    raise typer.Exit(1 if index.failures else 0)


def _find_files(
    out: Path, run: Configuration, files: tuple[Sequence[Path], str | None, str | None], **how: bool
) -> tuple[Configuration, Found]:
    """Find the files of all paths, and complete the run with the options about mels.

    Prints problems and ignored files; exits if there is nothing to audition.
    """
    from ..audio.file_search import Found, find_audio
    from ..auditions.batch import output_of_audition
    from ..mels.file_search import split_off_batches
    from .mel_options import exit_code_without_mels, find_mel_files, with_mels

    paths, stats, axes = files
    output_of_audition(out, inputs=paths, **how)
    mels = find_mel_files(paths)
    run = with_mels(run, mels, stats, axes)
    wanted, other_batches = split_off_batches(mels.mels, run.frontend)
    mels = mels._replace(mels=wanted, problems=[*mels.problems, *other_batches])
    sources = find_audio(mels.others) if mels.others else Found([], [], [])
    clips = cast("list[Path]", [*sources.files, *mels.mels])  # a MelFile is path-like
    sources = Found(clips, [*mels.problems, *sources.problems], sources.left_out)
    for notice in sources.left_out:
        complain(notice.text, "note")
    for problem in sources.problems:
        complain(problem)
    if not sources.files:
        raise typer.Exit(exit_code_without_mels(paths) if mels.problems else 2)
    return run, sources
