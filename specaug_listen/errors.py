"""All errors and warnings of the package.

::

    SpecAugListenError
    ├── ParameterError (ValueError)          a value that a function or a file does not allow
    ├── AudioError                           an audio file or signal that cannot be used
    ├── PolicyError                          a policy, front-end or draw file that cannot be read
    ├── OutputError                          results that cannot be written
    ├── ResultError                          a sound or picture of an earlier run that cannot be used
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
    "ResultError",
    "SpecAugListenError",
    "SpecAugListenWarning",
    "code_at_fault",
    "error_context",
    "nearest",
    "one_line",
    "unknown_name",
    "value_text",
]

# A path longer than most file systems allow; a line that fills more than half of a terminal.
_LONG_WORD = re.compile(r"\S{300,}")
_MAX_LINE_LENGTH = 1500


def one_line(text: str) -> str:
    r"""Return a message as one line of bounded length, with control characters escaped.

    Callers bound the values in their messages; this catches the ones that were forgotten.

    Examples
    --------
    >>> one_line("two\nlines, \x1b[31mred")
    'two lines, \\x1b[31mred'
    """
    line = " ".join(part.strip() for part in text.splitlines())
    line = _LONG_WORD.sub(lambda word: _without_middle(word[0], 160), line)
    line = _without_middle(line, _MAX_LINE_LENGTH)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def value_text(value: object) -> str:
    """Return a value as messages show it.

    Examples
    --------
    >>> value_text("x" * 1000)[:10], len(value_text("x" * 1000)), value_text(10**5000)
    ("'xxxxxxxxx", 80, 'an int')
    """
    try:
        return f"{value!r:.80}"
    except ValueError:  # an integer of more than 4300 digits
        return f"an {type(value).__name__}"


def nearest(word: str, words: list[str]) -> str:
    """Suggest the known word that is most similar, as the end of a message; empty if none is.

    Examples
    --------
    >>> nearest("wisper", ["whisper", "nemo"])
    "; did you mean 'whisper'?"
    """
    close = difflib.get_close_matches(word.lower(), {k.lower(): k for k in words}, n=1, cutoff=0.5)
    original = {k.lower(): k for k in words}
    return f"; did you mean {original[close[0]]!r}?" if close else ""


def unknown_name(what: str, name: object, names: Iterable[str], alternative: str = "") -> ParameterError:
    """Make the error for an unknown name, with the most similar known name and the list of all.

    Parameters
    ----------
    what : str
        Kind of thing that is named, e.g. "front-end".
    name : object
        The unknown name, of any type.
    names : iterable of str
        Allowed names.
    alternative : str
        What else is allowed, e.g. "a .yaml file".

    Examples
    --------
    >>> str(unknown_name("front-end", "wisper", ["whisper", "nemo"], "a .yaml file"))
    "unknown front-end 'wisper'; did you mean 'whisper'? (allowed: nemo, whisper, or a .yaml file)"
    """
    allowed = sorted(names)
    close = nearest(str(name), allowed)
    more = f", or {alternative}" if alternative else ""
    return ParameterError(f"unknown {what} {name!r:.80}{close} (allowed: {', '.join(allowed)}{more})")


def _without_middle(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: 2 * length // 3]}...{text[-length // 3 :]}"


class SpecAugListenError(Exception):
    """Base class of all errors that this package raises on purpose; the message is one line for people.

    Parameters
    ----------
    message : str
    field : str
        Dotted name of the wrong parameter or key (``steps[1].count``); empty if it is not a single one.
    rule : str
        What is allowed, and the fix: the end of the message, without field and value.
    context : str
        Function, option or file with which the message begins; empty if there is none.

    Attributes
    ----------
    is_missing : bool
        Whether the named file does not exist (or the path is a folder), as opposed to a file with wrong content.
    is_of_code : bool
        Whether a callable of the user's failed when it was called, as opposed to an argument that names none.
    """

    is_missing = False
    is_of_code = False

    def __init__(self, message: str = "", *, field: str = "", rule: str = "", context: str = "") -> None:
        super().__init__(message)
        self.field, self.rule, self.context = field, rule, context

    @classmethod
    def of_field(cls, field: str, value: object, rule: str) -> Self:
        """Make the error of one parameter from its name, its value and what is allowed.

        Examples
        --------
        >>> error = ParameterError.of_field("hop_length", 0, "should be greater than 0")
        >>> str(error), error.field
        ('hop_length=0: should be greater than 0', 'hop_length')
        """
        return cls(f"{field}={value_text(value)}: {rule}", field=field, rule=rule)

    @classmethod
    def unreadable(cls, message: str, error: OSError | ValueError) -> Self:
        """Make the error of a file that could not be opened, and record whether it exists."""
        refusal = cls(message)
        refusal.is_missing = isinstance(error, (FileNotFoundError, IsADirectoryError, NotADirectoryError))
        return refusal

    @classmethod
    def of_file(cls, name: str, what: str) -> Self:
        """Make the error of a file from its name and the fault.

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
    """Results cannot be written to the requested place."""


class ResultError(SpecAugListenError):
    """A sound or picture of an earlier run is missing, damaged, or does not fit its record."""


class MissingDependencyError(SpecAugListenError, ImportError):
    """An optional package is needed and not installed."""


class SpecAugListenWarning(UserWarning):
    """The work was done, but not as the parameters suggest."""


@contextmanager
def error_context(what: str, raising: type[SpecAugListenError] = ParameterError) -> Iterator[None]:
    """Prefix ``what`` to the message of a ParameterError that leaves the ``with`` block, unless it is there already.

    Parameters
    ----------
    what : str
        Function, option or file that received the value.
    raising : type
        Class of the new error: `PolicyError` if the value comes from a file.
    """
    try:
        yield
    except ParameterError as error:
        text = str(error) if error.context == what else f"{what}: {error}"
        refusal = raising(text, field=error.field, rule=error.rule, context=what)
        refusal.is_of_code = error.is_of_code
        raise refusal from None


@contextmanager
def code_at_fault() -> Iterator[None]:
    """Note that a ParameterError which leaves the ``with`` block is the fault of the user's code, as of a file."""
    try:
        yield
    except ParameterError as error:
        error.is_of_code = True
        raise
