"""The command line: each verb parses, calls one function of the library, and says what it did."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from enum import Enum
from typing import Annotated, NoReturn

import typer

from ._version import __version__
from .audition_command import run_audition
from .check_command import run_check
from .console import complain
from .errors import AudioError, OutputError, SpecAugListenError, SpecAugListenWarning
from .invert_command import run_invert
from .policy_commands import policy_app
from .replay_command import run_replay
from .report_command import run_report
from .sweep_command import run_sweep

__all__ = ["app", "main"]

app = typer.Typer(
    name="specaug-listen",
    help="Hear and see what SpecAugment does to your training data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(policy_app, name="policy")


class Listed(str, Enum):
    """What `list` can list."""

    frontends = "frontends"
    policies = "policies"
    vocoders = "vocoders"
    dialects = "dialects"


app.command("audition")(run_audition)
app.command("replay")(run_replay)


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
app.command("invert")(run_invert)
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
        complain(f"{what}: {error.strerror}")
        code = 1
    except SpecAugListenError as error:
        complain(str(error))
        code = 1 if isinstance(error, (AudioError, OutputError)) else 2
    except MemoryError:
        complain("not enough memory for this clip; take a part of it with --duration")
        code = 1
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        complain(error.format_message())
        code = 2
    if code == 130:
        complain("clips that were done are whole, the others were left out", "interrupted")
    sys.exit(code)
