"""The exit code of a command that failed."""

from __future__ import annotations

from ..errors import AudioError, OutputError, PolicyError, ResultError, SpecAugListenError

__all__ = ["exit_code_of"]


def exit_code_of(error: SpecAugListenError) -> int:
    """Return 1 for faults of a file's content, of a callable or of a disk, 2 for faults of the command line."""
    is_of_content = isinstance(error, (AudioError, OutputError, PolicyError, ResultError)) or error.is_of_code
    return 1 if is_of_content and not error.is_missing else 2
