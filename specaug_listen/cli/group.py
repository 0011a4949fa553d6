"""The group of all commands: what is typed first may be a file, and what is mistyped is told from what there is."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import typer.core
from typer import Context

from .._files import without_dots
from ..errors import ParameterError

__all__ = ["COMMAND_SETTINGS", "Command", "Commands", "examples"]

COMMAND_SETTINGS = {"help_option_names": ["-h", "--help"]}
_DEFAULT = "audition"
_MOST_NEAR = 3
_LONGEST_NAME = 255
# Names of options and of what `list` lists that were others once: they go on working, and no help shows them.
_FORMER_OPTIONS = {"--dialect": "--framework", "--twins": "--original-phase"}
_FORMER_LISTS = {"dialects": "frameworks"}
_LONGEST_ARGUMENT = 8192  # Longer than any path, and than 50 values of an axis.


def examples(*lines: str) -> str:
    r"""Commands to begin with, as the end of a command's help.

    Examples
    --------
    >>> examples("specaug-listen x.wav")
    'Examples:\n\nspecaug-listen x.wav'
    """
    return "\n\n".join(["Examples:", *lines])


class Command(typer.core.TyperCommand):
    """A command whose arguments and options are never empty: an unset variable of the shell is no working folder.

    The place of its results, ``out``, has no ``..`` in it, so that all of the command means the same place.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Check each value as it was typed: as a path, an empty one would be the working folder."""
        args = _with_names_of_today(ctx.info_name, args)
        values, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in self.get_params(ctx):
            held = values.get(parameter.name)
            name = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar or parameter.name
            for value in held if isinstance(held, (list, tuple)) else [held]:
                if isinstance(value, str):
                    _check_argument(value, name)
        rest = super().parse_args(ctx, args)
        if isinstance(out := ctx.params.get("out"), Path):
            ctx.params["out"] = without_dots(out)
        return rest


def _with_names_of_today(command: str | None, args: list[str]) -> list[str]:
    """Replace former names of options, also in ``--name=value``, and of what ``list`` lists."""
    if command == "list":
        return [_FORMER_LISTS.get(arg, arg) for arg in args]
    renamed: list[str] = []
    for place, arg in enumerate(args):
        if arg == "--":
            return [*renamed, *args[place:]]
        name, equals, value = arg.partition("=")
        renamed.append(_FORMER_OPTIONS.get(name, name) + equals + value)
    return renamed


def _check_argument(value: str, name: str) -> None:
    if not value.strip():
        raise ParameterError(f"{name} is empty, as from a variable of the shell that is not set; give a value")
    if len(value) > _LONGEST_ARGUMENT:
        raise ParameterError(
            f"{name} {value!r:.60}...: {len(value)} characters; allowed are at most {_LONGEST_ARGUMENT}"
        )
    longest = max(map(len, value.split("/")))
    if longest > _LONGEST_NAME and "=" not in value:
        raise ParameterError(f"{name} {value!r:.60}...: a name of {longest} characters; no file has more than 255")


class Commands(typer.core.TyperGroup):
    """Commands, of which ``audition`` need not be said: a file or a folder in its place is auditioned."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put ``audition`` where the first word is a file, or an option of its own before one."""
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
            return [_DEFAULT, *args] if any(os.path.exists(one) for one in args[1:]) else args
        if os.path.lexists(first):
            return [_DEFAULT, *args]
        if ctx.resilient_parsing:
            return args
        raise ParameterError(self._no_such(first))

    def _no_such(self, word: str) -> str:
        folder = os.path.dirname(word)
        try:
            names = [os.path.join(folder, name) for name in os.listdir(folder or ".")]
        except OSError:
            names = []
        commands = [name for name, one in self.commands.items() if not one.hidden]
        near = difflib.get_close_matches(word, [*commands, *names], n=_MOST_NEAR, cutoff=0.6)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        return f"{word!r:.80}: no such command or file{hint} (commands: {', '.join(commands)})"
