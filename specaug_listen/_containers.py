"""What a WAV or AIFF header promises, against what the file holds.

libsndfile reads a cut-off file silently to where it ends; somebody who auditions half a clip
without knowing it draws wrong conclusions, so the promise is checked here.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

__all__ = ["promised_and_present"]

# Written by programs that stream to a pipe and cannot go back to fill in the size.
_UNKNOWN_SIZES = {0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF - 36, 0xFFFFFFFF - 36, 0x7FFFF000}
_BODY = {b"RIFF": (b"WAVE", b"data", "<"), b"RIFX": (b"WAVE", b"data", ">"), b"FORM": (b"AIF", b"SSND", ">")}


def promised_and_present(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Bytes of sound that the header promises, and bytes that are there.

    Returns
    -------
    (int, int) or None
        None where the container is another one or leaves its size open.
    """
    with open(path, "rb") as file:
        head = file.read(12)
        kind, body, order = _BODY.get(head[:4], (b"?", b"", ""))
        if not head[8:].startswith(kind):
            return None
        return _find_body(file, body, order, os.fstat(file.fileno()).st_size)


def _find_body(file: BinaryIO, body: bytes, order: str, n_bytes: int) -> tuple[int, int] | None:
    while len(header := file.read(8)) == 8:
        size = struct.unpack(f"{order}I", header[4:])[0]
        if header[:4] == body:
            return None if size in _UNKNOWN_SIZES else (size, n_bytes - file.tell())
        file.seek(size + size % 2, os.SEEK_CUR)
    return None
