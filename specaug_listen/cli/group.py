"""The command group: ``audition`` as the default command, suggestions for typing errors, and checks of arguments."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer.core
from typer import Context

from .._files import without_dots
from ..errors import ParameterError

__all__ = ["COMMAND_SETTINGS", "Command", "Commands", "examples"]

COMMAND_SETTINGS = {"help_option_names": ["-h", "--help"]}
_DEFAULT = "audition"
_MAX_SUGGESTIONS = 3
_MAX_NAME_LENGTH = 255
# Former names of options and of arguments of `list`, still accepted, but not shown in the help.
_FORMER_OPTIONS = {"--dialect": "--framework", "--twins": "--original-phase"}
_FORMER_LISTS = {"dialects": "frameworks"}
_MAX_ARGUMENT_LENGTH = 8192  # longer than any path, and than 50 values of an axis


def examples(*lines: str) -> str:
    r"""Format example commands for the end of a help text.

    Examples
    --------
    >>> examples("specaug-listen x.wav")
    'Examples:\n\nspecaug-listen x.wav'
    """
    return "\n\n".join(["Examples:", *lines])


class Command(typer.core.TyperCommand):
    """A command that refuses empty arguments, as unset shell variables give, and resolves ``..`` in ``out``."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Check the texts of all values before they are parsed: an empty text would become the working folder."""
        args = _with_current_names(ctx.info_name, args)
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        _check_given_once(order, args)
        for parameter in self.get_params(ctx):
            value = values.get(parameter.name)
            is_option = parameter.param_type_name == "option"
            name = _name_of(parameter, args) if is_option else parameter.metavar or parameter.name
            for text in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(text, str):
                    _check_argument(text, name, is_prose=parameter.metavar == "TEXT")
        rest = super().parse_args(ctx, args)
        if isinstance(out := ctx.params.get("out"), Path):
            ctx.params["out"] = without_dots(out)
        return rest


def _with_current_names(command: str | None, args: list[str]) -> list[str]:
    """Replace former names of options (also in ``--name=value``) and of arguments of ``list``."""
    if command == "list":
        return [_FORMER_LISTS.get(arg, arg) for arg in args]
    renamed: list[str] = []
    for place, arg in enumerate(args):
        if arg == "--":
            return [*renamed, *args[place:]]
        name, equals, value = arg.partition("=")
        renamed.append(_FORMER_OPTIONS.get(name, name) + equals + value)
    return renamed


def _name_of(option: Any, args: Sequence[str]) -> str:
    """Return the long name by which an option is given, or its first one."""
    names = [str(name) for name in option.opts if name.startswith("--")]
    typed = {arg.partition("=")[0] for arg in args}
    return next((name for name in names if name in typed), (names or option.opts)[0])


def _check_given_once(order: Sequence[Any], args: Sequence[str]) -> None:
    """Refuse an option with one value that is given more often, of which the parser would take the last.

    ``order`` lists the parameters as the command line has them. A flag may be repeated, but not contradicted.
    """
    for parameter in dict.fromkeys(order):
        n = order.count(parameter)
        if n < 2 or parameter.param_type_name != "option" or parameter.multiple:
            continue
        name = _name_of(parameter, args)
        if not parameter.is_flag:
            raise ParameterError(f"{name} is given {'twice' if n == 2 else f'{n} times'}; give it once")
        if not {*parameter.opts}.isdisjoint(args) and not {*parameter.secondary_opts}.isdisjoint(args):
            raise ParameterError(f"{name} and {parameter.secondary_opts[-1]} contradict each other; give one of them")


def _check_argument(value: str, name: str, *, is_prose: bool = False) -> None:
    if not value.strip():
        raise ParameterError(f"{name} is empty, perhaps from an unset shell variable; give a value")
    if len(value) > _MAX_ARGUMENT_LENGTH:
        raise ParameterError(
            f"{name} {value!r:.60}...: {len(value)} characters; allowed are at most {_MAX_ARGUMENT_LENGTH}"
        )
    longest = max(map(len, value.split("/")))
    may_be_path = not is_prose and "=" not in value and not _is_number(value)
    if longest > _MAX_NAME_LENGTH and may_be_path:
        raise ParameterError(f"{name} {value!r:.60}...: a name of {longest} characters; file names have at most 255")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class Commands(typer.core.TyperGroup):
    """The group of all commands, with ``audition`` as the default for a file or folder."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Insert ``audition`` before a file, or before options that precede a file."""
        return super().parse_args(ctx, self._with_default(ctx, list(args)))

    def _with_default(self, ctx: Context, args: list[str]) -> list[str]:
        options = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if not args:
            return args
        first = args[0]
        _check_argument(first, "the command or file")
        if first in self.commands or first.partition("=")[0] in options:
            return args
        if first.startswith("-"):
            return [_DEFAULT, *args] if any(os.path.exists(arg) for arg in args[1:]) else args
        if os.path.lexists(first):
            return [_DEFAULT, *args]
        if ctx.resilient_parsing:
            return args
        raise ParameterError(self._unknown_command(first))

    def _unknown_command(self, word: str) -> str:
        folder = os.path.dirname(word)
        try:
            names = [os.path.join(folder, name) for name in os.listdir(folder or ".")]
        except OSError:
            names = []
        commands = [name for name, command in self.commands.items() if not command.hidden]
        near = difflib.get_close_matches(word, [*commands, *names], n=_MAX_SUGGESTIONS, cutoff=0.6)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        return f"{word!r:.80}: no such command or file{hint} (commands: {', '.join(commands)})"
