"""Hidden folders for what is not whole yet, which a killed run leaves behind and the next one removes.

Each holds a certificate that says where it was made, and which folder it is. Without it, or where it says another
folder, it is the user's, whatever its name.
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

from .._interrupts import will_remove
from .locks import try_lock
from .marker import NO_LINK, is_folder

__all__ = ["files_in", "has_name_of_room", "is_room", "new_room", "remove_left_rooms"]

_START, _END = ".specaug-listen-", ".partial"
_NAME = re.compile(re.escape(_START) + "[a-z0-9_]{8}" + re.escape(_END))
# A name of the same kind, so that nothing of a user's can be written under it.
_CERTIFICATE = f"{_START}room{_END}"
_MOST_BYTES = 1000


def has_name_of_room(name: str) -> bool:
    """Whether a name is of the kind that is kept for rooms; what has it need not be one."""
    return name.startswith(_START) and name.endswith(_END)


def is_room(path: Path) -> bool:
    """Whether a folder is a room that was made where it is, or an empty one that a kill left without a certificate."""
    if not _NAME.fullmatch(path.name) or not is_folder(path):
        return False
    try:
        return not os.listdir(path) or _certificate_of(path) == _identity(path)
    except (OSError, ValueError, RecursionError):
        return False


@contextmanager
def new_room(folder: Path) -> Iterator[Path]:
    """A room in a folder, which goes with all that is in it; as long as it is locked, another run leaves it alone.

    Raises
    ------
    OSError
    """
    with ExitStack() as stack:
        path = Path(tempfile.mkdtemp(_END, _START, folder))
        will_remove(path)
        stack.callback(_remove, path)
        if (held := try_lock(path)) is not None:
            stack.callback(os.close, held)
        (path / _CERTIFICATE).write_text(json.dumps(_identity(path)) + "\n")
        yield path


def files_in(room: Path) -> list[str]:
    """Names of all files that are to leave a room, sorted."""
    names = (path.relative_to(room).as_posix() for path in room.rglob("*") if not path.is_dir())
    return sorted(name for name in names if name != _CERTIFICATE)


def remove_left_rooms(folder: Path) -> None:
    """Remove the rooms of runs that were killed, whose locks nobody holds.

    Raises
    ------
    OSError
        When the folder cannot be listed.
    """
    for name in os.listdir(folder):
        path = folder / name
        if is_room(path) and (held := try_lock(path)) is not None:
            _remove(path)
            os.close(held)


def _remove(room: Path) -> None:
    """Remove a room; the certificate as the last of it, so that a kill leaves no folder that nobody knows."""
    with suppress(OSError):
        for name in os.listdir(room):
            if is_folder(room / name):
                shutil.rmtree(room / name, ignore_errors=True)
            elif name != _CERTIFICATE:
                (room / name).unlink()
        if os.listdir(room) == [_CERTIFICATE]:
            (room / _CERTIFICATE).unlink()
        room.rmdir()


def _identity(room: Path) -> dict[str, object]:
    """Return what a certificate says: the name of a room, and the numbers of its folder and of the one above it."""
    return {"room": room.name, "inode": os.lstat(room).st_ino, "made_in": os.stat(room.parent).st_ino}


def _certificate_of(room: Path) -> object:
    with open(os.open(room / _CERTIFICATE, os.O_RDONLY | NO_LINK), "rb") as file:
        return json.loads(file.read(_MOST_BYTES))
