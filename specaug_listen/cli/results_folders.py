"""The folder for the results of a command: the one that is named, or the next free one in the working folder."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["results_folder"]


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
