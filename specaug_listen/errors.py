"""Every error and warning of the package, in one tree.

::

    SpecAugListenError
    ├── ParameterError (ValueError)          a value that a function or a file may not hold
    ├── AudioError                           an audio file or signal that cannot be used
    ├── PolicyError                          a policy, front-end or draw file that cannot be read
    ├── OutputError                          results that cannot be written
    └── MissingDependencyError (ImportError) an optional package that is not installed

A message shows the value, what is allowed, and the fix.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "AudioError",
    "MissingDependencyError",
    "OutputError",
    "ParameterError",
    "PolicyError",
    "SpecAugListenError",
    "SpecAugListenWarning",
    "error_context",
    "nearest",
    "one_line",
    "unknown_name",
    "value_text",
]

# A path that is longer than most file systems allow, and a line that fills more than half of a terminal.
_LONG_WORD = re.compile(r"\S{300,}")
_LONGEST_LINE = 1500


def one_line(text: str) -> str:
    r"""A message as one line for a terminal: nothing in it moves the cursor or changes colours, and it ends.

    Whoever writes a message bounds the values in it; this is for what was forgotten.

    Examples
    --------
    >>> one_line("two\nlines, \x1b[31mred")
    'two lines, \\x1b[31mred'
    """
    line = " ".join(part.strip() for part in text.splitlines())
    line = _LONG_WORD.sub(lambda word: _without_middle(word[0], 160), line)
    line = _without_middle(line, _LONGEST_LINE)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def value_text(value: object) -> str:
    """A value as it stands in a message.

    Examples
    --------
    >>> value_text("x" * 1000)[:10], len(value_text("x" * 1000)), value_text(10**5000)
    ("'xxxxxxxxx", 80, 'an int')
    """
    try:
        return f"{value!r:.80}"
    except ValueError:  # of whole numbers of more than 4300 digits
        return f"an {type(value).__name__}"


def nearest(word: str, words: list[str]) -> str:
    """Say which known word comes closest to one, as the end of a message.

    Examples
    --------
    >>> nearest("wisper", ["whisper", "nemo"])
    "; did you mean 'whisper'?"
    """
    close = difflib.get_close_matches(word.lower(), {k.lower(): k for k in words}, n=1, cutoff=0.5)
    original = {k.lower(): k for k in words}
    return f"; did you mean {original[close[0]]!r}?" if close else ""


def unknown_name(what: str, name: object, names: Iterable[str], others: str = "") -> ParameterError:
    """Make the error of a name that nothing has, with the nearest one that something has, and all of them.

    Parameters
    ----------
    what : str
        What the name was to stand for, e.g. "front-end".
    name : object
        As it was given; it may be no text at all.
    names : iterable of str
        Those that are allowed.
    others : str
        What is allowed besides, e.g. "a .yaml file".

    Examples
    --------
    >>> str(unknown_name("front-end", "wisper", ["whisper", "nemo"], "a .yaml file"))
    "unknown front-end 'wisper'; did you mean 'whisper'? (allowed: nemo, whisper, or a .yaml file)"
    """
    allowed = sorted(names)
    close = nearest(str(name), allowed)
    more = f", or {others}" if others else ""
    return ParameterError(f"unknown {what} {name!r:.80}{close} (allowed: {', '.join(allowed)}{more})")


def _without_middle(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: 2 * length // 3]}...{text[-length // 3 :]}"


class SpecAugListenError(Exception):
    """Root of all errors that this package raises on purpose; its message is one line.

    The message is for people. What a program needs to know stands in the attributes.

    Parameters
    ----------
    message : str
    field : str
        Dotted name of the parameter or key that is at fault (``steps[1].count``); empty where it is not a single one.
    rule : str
        What is allowed there, and the fix: the end of the message, without the field and its value.
    context : str
        The function, option or file that the message begins with; empty where it names none.

    Attributes
    ----------
    is_missing : bool
        Whether a file is named that is not there: a name that was mistyped, and no file that holds something else.
    """

    is_missing = False

    def __init__(self, message: str = "", *, field: str = "", rule: str = "", context: str = "") -> None:
        super().__init__(message)
        self.field, self.rule, self.context = field, rule, context

    @classmethod
    def of_field(cls, field: str, value: object, rule: str) -> Self:
        """Make an error of one parameter from its name, its value and what is allowed.

        Examples
        --------
        >>> error = ParameterError.of_field("hop_length", 0, "should be greater than 0")
        >>> str(error), error.field
        ('hop_length=0: should be greater than 0', 'hop_length')
        """
        return cls(f"{field}={value_text(value)}: {rule}", field=field, rule=rule)

    @classmethod
    def unreadable(cls, message: str, error: OSError | ValueError) -> Self:
        """Make the error of a file that could not be opened, and note whether there is one."""
        refusal = cls(message)
        refusal.is_missing = isinstance(error, (FileNotFoundError, IsADirectoryError, NotADirectoryError))
        return refusal

    @classmethod
    def of_file(cls, name: str, what: str) -> Self:
        """Make an error of a file from its name and what is wrong with it.

        Examples
        --------
        >>> error = AudioError.of_file("clip.wav", "the file is empty (0 bytes)")
        >>> str(error), error.context
        ('clip.wav: the file is empty (0 bytes)', 'clip.wav')
        """
        return cls(f"{name}: {what}", context=name)

    def __str__(self) -> str:
        return one_line(super().__str__())


class ParameterError(SpecAugListenError, ValueError):
    """A parameter holds a value that is not allowed."""


class AudioError(SpecAugListenError):
    """An audio file or signal cannot be used."""


class PolicyError(SpecAugListenError):
    """A policy, front-end or draw file cannot be read."""


class OutputError(SpecAugListenError):
    """Results cannot be written where they were asked for."""


class MissingDependencyError(SpecAugListenError, ImportError):
    """An optional package is needed and absent."""


class SpecAugListenWarning(UserWarning):
    """The work was done, but not as the parameters suggest."""


@contextmanager
def error_context(what: str, raising: type[SpecAugListenError] = ParameterError) -> Iterator[None]:
    """Put ``what`` before the message of a ParameterError that leaves the ``with`` block, unless it stands there.

    Parameters
    ----------
    what : str
        The function, option or file that the value was given to.
    raising : type
        What is raised in its place: `PolicyError` where the value stands in a file.
    """
    try:
        yield
    except ParameterError as error:
        text = str(error) if error.context == what else f"{what}: {error}"
        raise raising(text, field=error.field, rule=error.rule, context=what) from None
