"""Chunks: a name, a size and a content, of which WAV, AIFF, CAF, W64, AVI, ASF and MP4 files are made."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .file_view import end_of_run, read_at

__all__ = ["ASF", "BOX", "CAF", "IFF", "RIFF", "W64", "Chunk", "ChunkForm", "read_chunk", "walk_chunks"]


# More chunks are not walked through: each takes some microseconds, and a file may be made of empty ones.
_MAX_CHUNKS = 1 << 20


class ChunkForm(NamedTuple):
    """How a container writes the header of a chunk.

    Parameters
    ----------
    n_header, n_name : int [bytes]
    size_place, size_form : int, str
        Offset of the size in the header, and its `struct` format.
    n_counted : int [bytes]
        How much of the header the size includes.
    alignment : int [bytes]
        The content is padded to a multiple of this.
    """

    n_header: int
    n_name: int
    size_place: int
    size_form: str
    n_counted: int = 0
    alignment: int = 1

    def size(self, header: bytes, at: int = 0) -> int:
        """Return the size of the content; below 0 if the size field is too small or -1."""
        return int(struct.unpack_from(self.size_form, header, at + self.size_place)[0]) - self.n_counted


RIFF = ChunkForm(8, 4, 4, "<I", alignment=2)
IFF = ChunkForm(8, 4, 4, ">I", alignment=2)  # AIFF, SVX and RIFX
CAF = ChunkForm(12, 4, 4, ">q")
W64 = ChunkForm(24, 16, 16, "<Q", n_counted=24, alignment=8)
ASF = ChunkForm(24, 16, 16, "<Q", n_counted=24)
BOX = ChunkForm(8, 4, 0, ">I", n_counted=8)  # MP4; its name is behind the size


class Chunk(NamedTuple):
    """A chunk: its name, where its header and content begin, the content's size, and where the next chunk begins."""

    name: bytes
    at: int
    begin: int
    size: int
    next: int

    @property
    def end(self) -> int:
        """Where its content ends."""
        return self.begin + self.size


def read_chunk(file: BinaryIO, at: int, end: int, form: ChunkForm) -> Chunk | None:
    """Read the header of a chunk; None if it does not fit before `end`."""
    header = read_at(file, at, form.n_header) if at + form.n_header <= end else b""
    if len(header) < form.n_header:
        return None
    size, begin = form.size(header), at + form.n_header
    name = header[: form.n_name]
    if form is BOX:
        name = header[4:]
        if size == -form.n_counted:  # up to the end
            size = end - begin
        elif size == 1 - form.n_counted:  # a size of 64 bits follows
            size, begin = int.from_bytes(file.read(8), "big") - 16, begin + 8
    content = max(0, size)
    return Chunk(name, at, begin, size, begin + content + -content % form.alignment)


def walk_chunks(file: BinaryIO, begin: int, end: int, form: ChunkForm) -> Iterator[Chunk]:
    """Yield the chunks between two places, of which the last one may reach beyond the end.

    Of a run of zeros, which are chunks without a name or a content, only the first one is yielded.
    """
    at = begin
    for _ in range(_MAX_CHUNKS):
        if (chunk := read_chunk(file, at, end, form)) is None:
            return
        yield chunk
        at = chunk.next
        if at == chunk.begin < end and not any(chunk.name):
            run_end, byte = end_of_run(file, at, end)
            at += 0 if byte else (run_end - at) // form.n_header * form.n_header
