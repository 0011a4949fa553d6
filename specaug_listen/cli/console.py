"""Terminal output of the commands: results, errors, warnings, notes and progress; and their folders of results."""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from .._notices import plural
from .._standard_streams import discard
from ..errors import AudioError, OutputError, PolicyError, ResultError, SpecAugListenError, one_line

if TYPE_CHECKING:
    from ..auditions import Audition, Failure
    from ..auditions.batch import Progress
    from ..auditions.long import Within
    from ..auditions.records import ClipEntry
    from ..reports.page_writing import WrittenPage

__all__ = [
    "clip_progress",
    "complain",
    "exit_code_of",
    "open_page",
    "plural",
    "print_stderr",
    "results_folder",
    "say",
    "stdout_errors",
    "tell_of_page",
]

_LEAST_S_BETWEEN_LINES = 2.0
# The prefix of every line on stderr.
Kind: TypeAlias = Literal["error", "warning", "note"]
# Errors of `say`, reported at the end of the command.
stdout_errors: list[OSError] = []


@contextmanager
def clip_progress(total: int, *, quiet: bool) -> Iterator[tuple[Progress, Within]]:
    """Yield callbacks that print each finished clip, and the progress of a long one; on a terminal with two bars."""

    def tell(number: int, result: Audition | Failure | ClipEntry) -> None:
        from ..auditions import Failure
        from ..auditions.records import ClipEntry

        if isinstance(result, Failure):
            complain(result.error)
        elif isinstance(result, ClipEntry) and not quiet:
            say(f"[{number}/{total}] {result.name!r} was finished in an earlier run, and is kept")
        elif not quiet:
            say(f"[{number}/{total}] {result}")

    if quiet or not sys.stderr.isatty():
        yield tell, ((lambda what, share: None) if quiet else _Quarters().tell)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    # Redirected output must not go through the progress display of the terminal.
    is_shown = sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=is_shown, transient=True) as bar:
        task, part = (
            bar.add_task(f"Auditioning {plural(total, 'clip')}", total=total),
            bar.add_task("", visible=False),
        )

        def tell_and_advance(number: int, result: Audition | Failure | ClipEntry) -> None:
            tell(number, result)
            bar.update(part, visible=False)
            bar.advance(task)

        def within(what: str, share: float) -> None:
            bar.update(part, description=what, completed=100 * share, total=100, visible=True)

        yield tell_and_advance, within


class _Quarters:
    """Prints a line for each quarter of a long recording, unless they follow each other quickly."""

    def __init__(self) -> None:
        self._last, self._since = ("", -1), time.monotonic()

    def tell(self, what: str, share: float) -> None:
        now = (what, int(4 * share))
        if now != self._last and time.monotonic() - self._since >= _LEAST_S_BETWEEN_LINES:
            complain(f"{what}: {25 * now[1]}%", "note")
            self._last, self._since = now, time.monotonic()


def exit_code_of(error: SpecAugListenError) -> int:
    """Return 1 for faults of a file's content or of a disk, 2 for faults of the command line."""
    is_of_content = isinstance(error, (AudioError, OutputError, PolicyError, ResultError))
    return 1 if is_of_content and not error.is_missing else 2


def complain(line: str, kind: Kind = "error") -> None:
    """Print one line on stderr, with its kind as a prefix."""
    text = one_line(line).strip() or "an error without a description occurred; please report the command"
    print_stderr(f"{kind}: {text}")


def say(text: str, end: str = "\n") -> None:
    """Print on stdout; if that fails, the command continues, and `cli.app.main` reports it at the end."""
    if stdout_errors:
        return
    try:
        print(text, end=end, flush=True)  # noqa: T201
    except OSError as error:
        stdout_errors.append(error)
        discard(sys.stdout.fileno())  # with its buffer


def print_stderr(text: str, end: str = "\n") -> None:
    """Print on stderr; ignore a closed one."""
    with suppress(OSError, ValueError):
        print(text, end=end, file=sys.stderr, flush=True)  # noqa: T201


def tell_of_page(page: WrittenPage, before: str = "", *, open_it: bool = False) -> None:
    """Print the path of a page, with its size or advice, and that of its PDF; optionally open it in the browser."""
    from .._files import printable

    say(f"{before}{printable(page.path)}{f' ({page.advice})' if page.advice else ''}")
    if page.pdf is not None:
        say(printable(page.pdf))
    if open_it:
        open_page(page.path)


@contextmanager
def results_folder(out: Path | None, name: str, command: str, *, overwrite: bool) -> Iterator[Path]:
    """Yield the folder for results: ``out``, or ``name`` or the next free ``name-2``, …, which is locked meanwhile."""
    if out is None and not overwrite:
        with _free_folder(name, command) as free:
            yield free
    else:
        yield Path(name) if out is None else out


@contextmanager
def _free_folder(name: str, command: str) -> Iterator[Path]:
    """Yield a new or empty folder in the working folder: ``heard``, ``heard-2``, ….

    It is locked, so that two commands that start at once get different folders. Raises an `OutputError` if it cannot
    be written.
    """
    from ..outputs.locks import InUse
    from ..outputs.output import Output

    for number in itertools.count(1):
        path = Path(name if number == 1 else f"{name}-{number}")
        if not _is_free(path):
            continue
        with ExitStack() as stack:
            try:
                stack.enter_context(Output(path, command).alone())
            except InUse:
                continue
            if _is_free(path):  # another run may have filled it before the lock
                yield path
                return


def _is_free(path: Path) -> bool:
    from ..outputs.marker import is_folder

    return not os.path.lexists(path) or (is_folder(path) and not any(path.iterdir()))


def open_page(page: Path) -> None:
    """Open a page in the browser; print a note if there is none."""
    import webbrowser

    from .._files import printable

    try:
        is_open = webbrowser.open(page.resolve().as_uri())
    except (webbrowser.Error, OSError):
        is_open = False
    if not is_open:
        complain(f"no browser was found to open {printable(page)}; open it yourself", "note")
