"""The command line: each verb parses, calls one function of the library, and says what it did."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ._quiet import quiet_stdout
from ._version import __version__
from .check_command import run_check
from .errors import AudioError, OutputError, SpecAugListenError, SpecAugListenWarning
from .options import Adapters, BatchText, Dialect, Frontend, PolicyName, adapter_of
from .policy_commands import policy_app
from .report_command import run_report
from .sweep_command import run_sweep

if TYPE_CHECKING:
    from .augment import Policy
    from .batch import Progress
    from .pipeline import Audition, AuditionRecord, Configuration, Failure
    from .pipeline.long import Within

__all__ = ["app", "main"]

app = typer.Typer(
    name="specaug-listen",
    help="Hear and see what SpecAugment does to your training data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(policy_app, name="policy")

_LEAST_S_BETWEEN_LINES = 2.0


class Listed(str, Enum):
    """What `list` can list."""

    frontends = "frontends"
    policies = "policies"
    vocoders = "vocoders"
    dialects = "dialects"


class ChannelMode(str, Enum):
    """Layouts of the written WAV files."""

    mono = "mono"
    duplicate = "duplicate"
    before_after = "before-after"


Out = Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.", metavar="OUT", readable=False)]

Paths = Annotated[
    list[Path], typer.Argument(help="Audio files, or folders that hold some.", metavar="PATH", readable=False)
]
ExactRng = Annotated[
    bool, typer.Option("--exact-rng", help="Draw with the framework's own generator, seeded as it seeds it.")
]
WaveformFile = Annotated[
    Path | None, typer.Option(help="YAML file of audiomentations transforms, applied before the mel.", readable=False)
]


@app.command("audition")
def _audition(
    paths: Paths,
    out: Out,
    frontend: Frontend = None,
    policy: PolicyName = "LD",
    dialect: Dialect = None,
    adapter: Adapters = None,
    batch: BatchText = None,
    exact_rng: ExactRng = False,
    waveform: WaveformFile = None,
    vocoder: Annotated[str, typer.Option(help="Vocoder: a name of 'list vocoders', or a YAML file.")] = "joint",
    draws: Annotated[int, typer.Option(min=1, max=1000, help="How many times the policy is drawn for each clip.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    start: Annotated[float, typer.Option(help="Where to begin in each clip, in seconds.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="How much of each clip to take, in seconds.")] = None,
    twins: Annotated[
        bool,
        typer.Option("--twins", help="Render each draw with the original's phase, too: the mask without the vocoder."),
    ] = False,
    channels: Annotated[ChannelMode, typer.Option(help="Layout of the WAV files.")] = ChannelMode.mono,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results in OUT.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the index as JSON.")] = False,
) -> None:
    """Hear and see a policy on recordings: WAV, PNG and JSON for each draw, and a report."""
    from .batch import check_output

    with quiet_stdout() if as_json else nullcontext():
        chosen = _chosen(frontend, policy, dialect, adapter, batch, exact_rng)
        run = _configuration(*chosen, waveform, vocoder, draws, seed, channels.value, start, duration, twins)
        check_output(out, overwrite=overwrite)
        files, problems = _found_audio(paths, out)
        index = _audition_files(files, out, run, problems, overwrite=overwrite, quiet=as_json, report=report)
    _tell_of(index, out, report=report, as_json=as_json)


def _audition_files(
    files: Sequence[Path],
    out: Path,
    run: Configuration,
    problems: Sequence[str],
    *,
    overwrite: bool,
    quiet: bool,
    report: bool,
) -> AuditionRecord:
    from .batch import audition_many
    from .loudness import measure_elsewhere

    if report:
        measure_elsewhere()
    with _progress(len(files), quiet=quiet) as (progress, within):
        return audition_many(files, out, run, overwrite=overwrite, problems=problems, progress=progress, within=within)


def _tell_of(index: AuditionRecord, out: Path, *, report: bool, as_json: bool) -> NoReturn:
    from .pipeline.records import to_bytes
    from .report import write_report

    page = write_report(out) if report and index.clips else out
    if as_json:
        sys.stdout.write(to_bytes(index).decode())
    elif index.clips:
        _tell_where(len(index.clips), page)
    raise typer.Exit(1 if index.failures else 0)


def _found_audio(paths: Sequence[Path], out: Path) -> tuple[list[Path], list[str]]:
    """Files and problems; the latter are told, and where there is no file the command ends."""
    from .audio import find_audio

    files, problems = find_audio(paths, without=out)
    _complain_of(problems)
    if not files:
        raise typer.Exit(2)
    return files, problems


def _tell_where(n_clips: int, where: Path) -> None:
    print(f"{_counted(n_clips, 'clip')} auditioned: {_printable(where)}")  # noqa: T201


@app.command("replay")
def _replay(
    draw: Annotated[Path, typer.Argument(help="A draw-N.json of an earlier run.", metavar="DRAW.json", readable=False)],
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", help="Folder for WAV, PNG and JSON, or a .wav file.", metavar="OUT", readable=False
        ),
    ],
    audio: Annotated[Path | None, typer.Option(help="The clip, where it has moved.", readable=False)] = None,
    policy: Annotated[str | None, typer.Option(help="The module:callable that the draw calls.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the draw's files in OUT.")] = False,
) -> None:
    """Make a draw again, bit for bit."""
    from ._files import make_folder, scratch, write_whole
    from .errors import ParameterError
    from .pipeline import changed_versions, draw_files, is_long_draw, read_record, replay

    written = read_record(draw)
    for line in changed_versions(written):
        _complain(f"{line}; the last bits may differ", "warning")
    with scratch(Path(os.path.abspath(out))) if is_long_draw(written) else nullcontext() as room:
        heard = replay(draw, audio=audio, folder=room, policy=policy)
        files = draw_files(heard, heard.draws[0], written.channels)
        if out.suffix.lower() == ".wav":
            targets = {out: files[f"{heard.draws[0].name}.wav"]}
        else:
            targets = {out / name: data for name, data in files.items()}
        for target in targets:
            if target.exists() and not overwrite:
                raise ParameterError(f"-o {_printable(target)}: exists; choose another, or replace it with --overwrite")
        for target, data in targets.items():
            make_folder(target.parent)
            write_whole(target, data)
            print(_printable(target))  # noqa: T201


@app.command("list")
def _list(
    what: Annotated[Listed, typer.Argument(help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print all fields as JSON.")] = False,
) -> None:
    """List the names that the options take, and how they differ."""
    import json

    from .listing import entries, table

    print(json.dumps(entries(what.value), indent=2) if as_json else table(what.value))  # noqa: T201


app.command("check")(run_check)
app.command("report")(run_report)
app.command("sweep")(run_sweep)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(f"specaug-listen {__version__}")  # noqa: T201
        raise typer.Exit(0)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 fine, 1 something was refused, 2 bad usage, 130 interrupted."""
    warnings.simplefilter("ignore", SpecAugListenWarning)  # the draws carry these lines, and they are printed
    if sys.stdout is None:  # closed by the shell
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False) or 0
        sys.stdout.flush()
    except OSError as error:
        # Mostly printing itself; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        what = "the output cannot be printed" if error.filename is None else str(error.filename)
        _complain(f"{what}: {error.strerror}")
        code = 1
    except SpecAugListenError as error:
        _complain(str(error))
        code = 1 if isinstance(error, (AudioError, OutputError)) else 2
    except MemoryError:
        _complain("not enough memory for this clip; take a part of it with --duration")
        code = 1
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _complain(error.format_message())
        code = 2
    if code == 130:
        _complain("clips that were done are whole, the others were left out", "interrupted")
    sys.exit(code)


def _configuration(
    frontend: Any,
    policy: Policy,
    waveform: Path | None,
    vocoder: str,
    draws: int,
    seed: int,
    channels: Any,
    start: float,
    duration: float | None,
    twins: bool,
) -> Configuration:
    from . import augment, frontends, vocoders
    from .pipeline import Configuration

    stage = None if waveform is None else augment.read_waveform(waveform)

    chosen = frontends.get(frontend)
    chosen.filterbank()
    rendering = vocoders.get(vocoder)
    if isinstance(rendering, vocoders.Neural):
        rendering.check(chosen)
    return Configuration(chosen, policy, rendering, draws, seed, channels, start, duration, stage, twins)


def _chosen(
    frontend: str | None,
    policy: str,
    dialect: str | None,
    adapter: Sequence[str] | None,
    batch: str | None,
    exact_rng: bool,
) -> tuple[Any, Policy]:
    """The front-end and the policy; says what its file leaves open, and where the front-end comes from."""
    from .showing import chosen_frontend, named_policy, with_context

    imported = named_policy(policy, dialect, adapter_of(adapter))
    drawn = with_context(imported.policy, batch, exact_rng)
    for line in drawn.notes:
        _complain(line, "note")
    if frontend is not None:
        return frontend, drawn
    usual, why = chosen_frontend(imported)
    if usual is None:
        return "whisper", drawn
    _complain(f"front-end {usual.name}, as {why}; choose another with --frontend", "note")
    return usual, drawn


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[tuple[Progress, Within]]:
    """Lines as clips are done, and how far a long one is; on a terminal two bars below them."""

    def tell(number: int, result: Audition | Failure) -> None:
        from .pipeline import Failure

        if isinstance(result, Failure):
            _complain(result.error)
        elif not quiet:
            print(f"[{number}/{total}] {result}", flush=True)  # noqa: T201

    if quiet or not sys.stderr.isatty():
        yield tell, (_ignore if quiet else _Quarters().tell)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    # What is piped elsewhere must not be drawn on the terminal.
    is_shown = sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=is_shown, transient=True) as bar:
        task, part = (
            bar.add_task(f"Auditioning {_counted(total, 'clip')}", total=total),
            bar.add_task("", visible=False),
        )

        def tell_and_advance(number: int, result: Audition | Failure) -> None:
            tell(number, result)
            bar.update(part, visible=False)
            bar.advance(task)

        def within(what: str, share: float) -> None:
            bar.update(part, description=what, completed=100 * share, total=100, visible=True)

        yield tell_and_advance, within


def _ignore(what: str, share: float) -> None:
    """Progress that nobody wants to see."""


class _Quarters:
    """How far a long recording is, as a line for each quarter that takes a while."""

    def __init__(self) -> None:
        self._last, self._since = ("", -1), time.monotonic()

    def tell(self, what: str, share: float) -> None:
        now = (what, int(4 * share))
        if now != self._last and time.monotonic() - self._since >= _LEAST_S_BETWEEN_LINES:
            print(f"  {what}: {25 * now[1]}%", file=sys.stderr, flush=True)  # noqa: T201
            self._last, self._since = now, time.monotonic()


def _complain_of(problems: Sequence[str]) -> None:
    for problem in problems:
        _complain(problem)


def _complain(line: str, kind: str = "error") -> None:
    print(f"{kind}: {' '.join(line.splitlines())}", file=sys.stderr)  # noqa: T201


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _printable(path: Path) -> str:
    from ._files import printable

    return printable(path)
