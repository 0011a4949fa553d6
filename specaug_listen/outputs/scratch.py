"""Hidden folders for unfinished files, which the next run removes if their own run was killed.

Each contains a certificate with the folder's identity and the place where it was made. Without a valid certificate the
folder is the user's, whatever its name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .._interrupts import remove_on_interrupt
from .locks import try_lock
from .marker import NO_LINK, is_folder

__all__ = ["files_in", "is_scratch_folder", "is_scratch_name", "remove_orphans", "scratch_folder"]

_START, _END = ".specaug-listen-", ".partial"
_NAME = re.compile(re.escape(_START) + "[a-z0-9_]{8}" + re.escape(_END))
# A reserved name, so that no file of a user can have it.
_CERTIFICATE = f"{_START}room{_END}"
_MAX_BYTES = 1000


def is_scratch_name(name: str) -> bool:
    """Whether a name is reserved for scratch folders; it need not be the name of one."""
    return name.startswith(_START) and name.endswith(_END)


def is_scratch_folder(path: Path) -> bool:
    """Whether a path is a scratch folder made at this place, or an empty one that a kill left without a certificate."""
    if not _NAME.fullmatch(path.name) or not is_folder(path):
        return False
    try:
        return not os.listdir(path) or _certificate_of(path) == _identity(path)
    except (OSError, ValueError, RecursionError):
        return False


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """Make a scratch folder, and remove it with its contents at the end; it is locked, so other runs leave it alone."""
    with ExitStack() as stack:
        path = Path(tempfile.mkdtemp(_END, _START, folder))
        remove_on_interrupt(path)
        stack.callback(_remove, path)
        if (lock := try_lock(path)) is not None:
            stack.callback(os.close, lock)
        (path / _CERTIFICATE).write_text(json.dumps(_identity(path)) + "\n")
        yield path


def files_in(scratch: Path) -> list[str]:
    """List all files of a scratch folder but the certificate, sorted."""
    names = (path.relative_to(scratch).as_posix() for path in scratch.rglob("*") if not path.is_dir())
    return sorted(name for name in names if name != _CERTIFICATE)


def remove_orphans(folder: Path) -> None:
    """Remove the unlocked scratch folders of killed runs."""
    for name in os.listdir(folder):
        path = folder / name
        if is_scratch_folder(path) and (lock := try_lock(path)) is not None:
            _remove(path)
            os.close(lock)


def _remove(scratch: Path) -> None:
    """Remove a scratch folder, the certificate last, so that a kill never leaves an unidentified folder."""
    with suppress(OSError):
        for name in os.listdir(scratch):
            if is_folder(scratch / name):
                shutil.rmtree(scratch / name, ignore_errors=True)
            elif name != _CERTIFICATE:
                (scratch / name).unlink()
        if os.listdir(scratch) == [_CERTIFICATE]:
            (scratch / _CERTIFICATE).unlink()
        scratch.rmdir()


def _identity(scratch: Path) -> dict[str, object]:
    """Return the contents of a certificate: a scratch folder's name, its inode, and that of its parent."""
    return {"room": scratch.name, "inode": os.lstat(scratch).st_ino, "made_in": os.stat(scratch.parent).st_ino}


def _certificate_of(scratch: Path) -> object:
    with open(os.open(scratch / _CERTIFICATE, os.O_RDONLY | NO_LINK), "rb") as file:
        return json.loads(file.read(_MAX_BYTES))
