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
_BODY = {
    b"RIFF": (b"WAVE", b"data", "<"),
    b"RF64": (b"WAVE", b"data", "<"),
    b"RIFX": (b"WAVE", b"data", ">"),
    b"FORM": (b"AIF", b"SSND", ">"),
}
_LARGEST_OGG_PAGE = 27 + 255 + 255 * 255


def promised_and_present(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Bytes of sound that the header promises, and bytes that are there.

    Returns
    -------
    (int, int) or None
        Of the whole sound for WAV, RF64 and AIFF, of the last page for Ogg. None where the container is another one
        or leaves its size open.
    """
    with open(path, "rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        head = file.read(12)
        if head[:4] == b"OggS":
            return _last_ogg_page(file, n_bytes)
        kind, body, order = _BODY.get(head[:4], (b"?", b"", ""))
        if not head[8:].startswith(kind):
            return None
        return _find_body(file, body, order, n_bytes)


def _find_body(file: BinaryIO, body: bytes, order: str, n_bytes: int) -> tuple[int, int] | None:
    long_size = None
    while len(header := file.read(8)) == 8:
        size = struct.unpack(f"{order}I", header[4:])[0]
        if header[:4] == body:
            size = long_size if long_size is not None and size in _UNKNOWN_SIZES else size
            return None if size in _UNKNOWN_SIZES else (size, n_bytes - file.tell())
        if header[:4] == b"ds64" and size >= 16:
            long_size = struct.unpack("<Q", file.read(16)[8:])[0]
            size -= 16
        file.seek(size + size % 2, os.SEEK_CUR)
    return None


def _last_ogg_page(file: BinaryIO, n_bytes: int) -> tuple[int, int] | None:
    file.seek(max(0, n_bytes - _LARGEST_OGG_PAGE))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return (27 + 255, len(page))
    return 27 + page[26] + sum(page[27 : 27 + page[26]]), len(page)
