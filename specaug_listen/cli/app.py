"""The command line: each command parses its options, calls one function of the library, and prints the result."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any, NoReturn

import pydantic
import typer

from .._files import note_reads, printable
from .._interrupts import INTERRUPTED, MESSAGE
from .._standard_streams import discard, open_closed
from .._version import __version__
from ..errors import SpecAugListenError, SpecAugListenWarning
from .audition import run_audition
from .check import run_check
from .console import complain, stdout_errors
from .exit_codes import exit_code_of
from .group import COMMAND_SETTINGS, Command, Commands, examples
from .invert import run_invert
from .policy import policy_app
from .replay import run_replay
from .report import run_report
from .sweep import run_sweep

__all__ = ["app", "main"]

app = typer.Typer(
    name="specaug-listen",
    cls=Commands,
    help="Hear and see what SpecAugment does to your training data. 'specaug-listen x.wav' auditions a file or folder.",
    epilog=examples(
        "specaug-listen x.wav --open",
        "specaug-listen recordings --policy espnet --draws 3",
        "specaug-listen sweep x.wav --vary T=10,40,100",
    ),
    context_settings=COMMAND_SETTINGS,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)
app.add_typer(policy_app, name="policy")


# Allowed values by the type of a pydantic error, whose limits are filled in.
_ALLOWED = {
    "int_parsing": "an integer",
    "int_parsing_size": "an integer of at most 4300 digits",
    "int_from_float": "an integer",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "enum": "{expected}",
    "greater_than_equal": "greater than or equal to {ge}",
    "less_than_equal": "less than or equal to {le}",
}


class Listed(str, Enum):
    """The arguments of ``list``."""

    frontends = "frontends"
    policies = "policies"
    vocoders = "vocoders"
    frameworks = "frameworks"


app.command(
    "audition",
    cls=Command,
    epilog=examples(
        "specaug-listen audition x.wav --open",
        "specaug-listen audition recordings -o heard --policy LD,F=27,T=40,p=0.2 --draws 3",
        "specaug-listen audition x.wav --policy train_asr.yaml --set T=20",
    ),
)(run_audition)
app.command(
    "replay",
    cls=Command,
    epilog=examples(
        "specaug-listen replay heard/x/draw-1.json",
        "specaug-listen replay heard/x/draw-1.json -o again.wav",
    ),
)(run_replay)


@app.command(
    "list", cls=Command, epilog=examples("specaug-listen list policies", "specaug-listen list frontends --json")
)
def _list(
    what: Annotated[Listed, typer.Argument(help="What to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print all fields as JSON.")] = False,
) -> None:
    """List the names that options take, and how they differ."""
    import json

    from .tables import entries, table

    print(json.dumps(entries(what.value), indent=2) if as_json else table(what.value))  # noqa: T201


app.command(
    "check",
    cls=Command,
    epilog=examples(
        "specaug-listen check my.module:augment recordings -o found",
        "specaug-listen check --policy train_asr.yaml",
    ),
)(run_check)
app.command("invert", cls=Command, epilog=examples("specaug-listen invert mel.npy -o x.wav --frontend nemo"))(
    run_invert
)
app.command(
    "report",
    cls=Command,
    epilog=examples(
        "specaug-listen report heard --flac",
        "specaug-listen report heard heard-2 -o both.html",
    ),
)(run_report)
app.command(
    "sweep",
    cls=Command,
    epilog=examples(
        "specaug-listen sweep x.wav --vary T=10,40,100 --vary F=8,27",
        "specaug-listen sweep x.wav --vary policy=LD,SS,espnet --open",
    ),
)(run_sweep)


@app.callback(invoke_without_command=True)
def _version(
    ctx: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        print(f"specaug-listen {__version__}")  # noqa: T201
        raise typer.Exit(0)
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())  # noqa: T201
        raise typer.Exit(2)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 for success, 1 for refused inputs, 2 for bad usage, 130 after an interrupt."""
    # Commands print the notices of draws, so our warnings would repeat them; those of libraries need PYTHONWARNINGS.
    warnings.simplefilter("ignore", SpecAugListenWarning if sys.warnoptions else Warning)
    open_closed()
    stdout_errors.clear()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        typed = None if arguments is None else list(arguments)
        with note_reads():
            code = app(args=typed, prog_name="specaug-listen", standalone_mode=False) or 0
        if stdout_errors and code != INTERRUPTED:
            raise stdout_errors[0]
        sys.stdout.flush()
    except OSError as error:
        code = 1
        if error.filename is None:  # stdout cannot be written; discard its buffer
            discard(sys.stdout.fileno())
            complain(f"the output cannot be printed: {error.strerror}")
        else:
            complain(f"{printable(error.filename)}: {error.strerror}")
    except SpecAugListenError as error:
        complain(str(error))
        code = exit_code_of(error)
    except MemoryError:
        complain("not enough memory for this clip; take a part of it with --duration")
        code = 1
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        complain(_in_words(error))
        code = 2
    if code == INTERRUPTED:
        complain(MESSAGE)
    sys.exit(code)


def _in_words(error: Any) -> str:
    """Describe a parser error in one line, with the command that lists the options."""
    if isinstance(error.__cause__, pydantic.ValidationError):
        error.message = _value_refused(error.__cause__)
    what = " ".join(str(error.format_message()).split()) or "the command is not complete"
    what = what if what.endswith("...") else what.rstrip(".")
    what = re.sub(r"(['(])([^'()]{80})[^'()]+(?=['),])", r"\1\2...", what)
    context = getattr(error, "ctx", None)
    if context is not None and (option := getattr(error, "option_name", None)):
        commands = context.find_root().command.commands.items()
        names = [name for name, command in commands if any(option in each.opts for each in command.params)]
        what += f"; {option} is an option of {' and '.join(map(repr, names))}" if names else ""
    return f"{what} (options: {context.command_path} --help)" if context is not None else what


def _value_refused(refusal: pydantic.ValidationError) -> str:
    """Describe the allowed values of an option in our own words; typer checks values with pydantic."""
    first = refusal.errors()[0]
    value, context = printable(str(first["input"])), first.get("ctx", {})
    if "error" in context:  # typer's own message, which contains the value
        return str(context["error"])
    allowed = _ALLOWED[first["type"]].format_map(context) if first["type"] in _ALLOWED else "another value"
    return f"allowed is {allowed}, not {value[:77]}{'...' if len(value) > 80 else value[77:]}"
