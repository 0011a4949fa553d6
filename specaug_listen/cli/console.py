"""Terminal output of the commands: results, errors, warnings, notes and progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from .._notices import plural
from .._standard_streams import discard
from ..errors import one_line

if TYPE_CHECKING:
    from ..auditions import Audition, Failure
    from ..auditions.batch import Progress
    from ..auditions.long import Within
    from ..auditions.records import ClipEntry
    from ..reports.page_writing import WrittenPage

__all__ = [
    "clip_progress",
    "complain",
    "open_page",
    "plural",
    "print_stderr",
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
