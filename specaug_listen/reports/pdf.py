"""A page as PDF, printed by a Chromium browser without a window."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from .._files import printable
from ..errors import OutputError, ParameterError
from ..outputs.output import Output

__all__ = ["find_browser", "print_page", "publish_pdf"]

_VARIABLE = "CHROMIUM"
_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_OPTIONS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions"),
    # The page needs no network, and neither does the browser.
    *("--disable-background-networking", "--disable-sync", "--disable-component-update", "--no-pdf-header-footer"),
)
# A page of 12 MB takes about ten seconds.
_MAX_S = 240.0
_PDF = b"%PDF-"
_TIME_OF_WRITING = re.compile(rb"(?<=Date \(D:)\d{14}")
_BY_HAND = "or print the page from your own browser"


def find_browser() -> str:
    """Return the Chromium browser that prints: the one that the environment variable ``CHROMIUM`` names, or is on PATH.

    Raises
    ------
    ParameterError
        When there is none.
    """
    name = os.environ.get(_VARIABLE)
    if name:
        path = shutil.which(name)
        if path is None:
            raise ParameterError(f"{_VARIABLE}={name!r:.200}: is no program; name a Chromium browser, {_BY_HAND}")
        return path
    path = next((path for each in _NAMES if (path := shutil.which(each)) is not None), None)
    if path is None:
        raise ParameterError(
            "--pdf needs a Chromium browser, and none was found on PATH; install chromium or Google Chrome, name one "
            f"in the environment variable {_VARIABLE}, {_BY_HAND}"
        )
    return path


def print_page(page: Path, pdf: Path) -> None:
    """Print a page into a PDF file, which has no time of writing in it.

    Raises
    ------
    ParameterError
        When there is no browser.
    OutputError
        When the browser fails, or takes more than four minutes.
    """
    with tempfile.TemporaryDirectory(prefix="specaug-listen-", ignore_cleanup_errors=True) as profile:
        command = [find_browser(), *_OPTIONS, f"--user-data-dir={profile}"]
        if getattr(os, "geteuid", lambda: 1)() == 0:  # as root, Chromium has no sandbox and does not start with one
            command.append("--no-sandbox")
        last_line = _output_of([*command, f"--print-to-pdf={pdf}", page.resolve().as_uri()], page)
    data = pdf.read_bytes() if pdf.is_file() else b""
    if not data.startswith(_PDF):
        raise OutputError(
            f"{printable(page)}: could not be printed as PDF by {command[0]} ({last_line}); {_other_ways()}"
        )
    # Of the same length, because a PDF file counts its bytes.
    pdf.write_bytes(_TIME_OF_WRITING.sub(b"20000101000000", data))


def _output_of(command: list[str], page: Path) -> str:
    """Run a browser until its end, and return its last line."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as error:
            return error.strerror or "it did not start"
        try:
            code = process.wait(_MAX_S)
        except subprocess.TimeoutExpired:
            raise OutputError(
                f"{printable(page)}: took {command[0]} more than {_MAX_S:g} s to print as PDF; {_other_ways()}"
            ) from None
        finally:
            _end(process)
        output.seek(0)
        lines = output.read().decode("utf-8", "replace").strip().splitlines() or [f"exit code {code}"]
        return f"{lines[-1]:.200}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a browser with its processes, if it still runs."""
    if process.poll() is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        process.wait()


def _other_ways() -> str:
    return f"name another browser in {_VARIABLE}, {_BY_HAND}"


def publish_pdf(output: Output, page: Path, name: str) -> Path:
    """Print a page, and publish it under a name in a folder of results.

    Raises
    ------
    ParameterError
        When something else is in the way, or there is no browser.
    OutputError
        When it cannot be written.
    """
    output.check([name])
    with output.scratch() as scratch:
        print_page(page, scratch / name)
        output.publish(scratch)
    return output.out / name
