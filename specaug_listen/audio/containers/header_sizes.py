"""What a size in a header makes of a file: whole, cut, open, or with something behind the sound."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from ..._notices import Notice
from .file_view import Piece, mend
from .layout import Body, FileLayout, Stream
from .tags import before_tags
from .trailing import begin_of_chunks, is_open_size, kind_of_rest, second_file

__all__ = ["Field", "sized_layout"]


class Field(NamedTuple):
    """A size in a header.

    Parameters
    ----------
    place : int
        Where it is written.
    form : str
        As `struct` has it.
    unit : int
        Bytes of sound that it counts as one.
    before : int
        What it counts beside the sound.
    """

    place: int
    form: str
    unit: int = 1
    before: int = 0

    def bytes_for(self, n_bytes: int) -> tuple[int, bytes]:
        """Its place, and what is to stand there for so much sound."""
        most = (1 << 8 * struct.calcsize(self.form)) - 1
        return self.place, struct.pack(self.form, min(n_bytes // self.unit + self.before, most))


def sized_layout(
    container: str,
    file: BinaryIO,
    span: tuple[int, int],
    sound: int,
    n_bytes: int,
    *,
    endian: str = "",
    order: str = "",
    chunks: str = "",
    field: Field | None = None,
    is_strict: bool = False,
    is_wide: bool = False,
    is_last: bool = False,
    block: int = 1,
    frame: int = 1,
    fill: int = 2,
    n_samples: int | None = None,
) -> FileLayout:
    """Compare what a header promises with what is there.

    Parameters
    ----------
    container : str
    file : binary file
    span : (int, int)
        Where the file begins and ends.
    sound, n_bytes : int
        Where the sound begins, and its size by the header.
    endian : {"LITTLE", "BIG", ""}
        Order of the bytes of samples; empty where they cannot be read without their header.
    order : {"<", ">", ""}
        Of the sizes of chunks behind the sound; empty where there are none.
    chunks : {"caf", "w64", ""}
        Those of other kinds.
    field : Field or None
        Where the header is mended; None where that cannot be done.
    is_strict : bool
        Whether libsndfile takes no header that promises more than is there.
    is_wide : bool
        Whether the size is one of 64 bits.
    is_last : bool
        Whether libsndfile needs nothing behind the sound, and would take what fills up an odd size for sound.
    block : int
        How many bytes are decoded together; of less nothing but noise would be made.
    frame : int
        Bytes per sample of all channels, of which the sound is a multiple; 1 where they are not known.
    fill : int
        Up to a multiple of how many bytes the sound is filled up.
    n_samples : int or None
        How long the sound is by another field, where its bytes do not tell.
    """
    (begin, end), ends = span, sound + n_bytes
    rest, before_chunks = _rest(file, sound, ends, end, order, chunks or order, 1 if n_bytes % frame else fill)
    if before_chunks < end:
        end, is_strict = before_chunks, True
    if rest == "sound" and end - ends < block:
        rest = "junk"
    there = max(0, end - sound)
    if n_bytes > there and block > 1:
        there, end, is_strict = there - there % block, sound + there - there % block, True

    def remade() -> tuple[Piece, ...] | None:
        return None if field is None or (there >= 1 << 32 and not is_wide) else mend(begin, end, field.bytes_for(there))

    if n_bytes > there:
        pieces = remade() if is_strict else None
        if is_open_size(n_bytes, is_wide=is_wide):
            return FileLayout(container, (Stream(pieces, present_bytes=there, is_open=True),))
        return FileLayout(container, (Stream(pieces, None, n_bytes, there, n_samples),))
    if rest == "sound":
        return FileLayout(container, (Stream(remade(), Body(sound, end, endian) if endian else None, n_bytes, there),))
    whole = Stream(None, None, n_bytes, n_bytes, n_samples)
    follows = second_file(file, ends, end, order) if rest == "file" else None
    return _whole(container, (begin, ends, end), whole, rest, follows, is_last=is_last, has_chunks=bool(order))


def _whole(
    container: str,
    places: tuple[int, int, int],
    stream: Stream,
    rest: str,
    next_file: int | None,
    *,
    is_last: bool,
    has_chunks: bool,
) -> FileLayout:
    """A file whose sound ends where its header says, and what is done with the rest."""
    begin, ends, end = places
    # Some decoders take all to the end of the file for sound; chunks behind it may be needed to read it.
    behind = next_file if next_file is not None and next_file > ends + 1 and has_chunks and not is_last else ends
    pieces = ((begin, behind),) if rest not in ("nothing", "chunks") or is_last else None
    left_out = {"zeros": "zeros-after", "junk": "junk-after"}
    notices = (Notice(left_out[rest], {"n_bytes": end - ends}),) if rest in left_out else ()
    return FileLayout(container, (replace(stream, pieces=pieces),), notices, next_file)


def _rest(file: BinaryIO, sound: int, ends: int, end: int, order: str, chunks: str, fill: int) -> tuple[str, int]:
    """Return what follows what the header calls sound, and where it ends: before chunks that no size leads to."""
    rest = kind_of_rest(file, sound, ends, end, order, fill=fill)
    end = before_tags(file, ends, end) if rest == "sound" else end
    if chunks and (ends > end or rest in ("sound", "zeros", "junk")):
        at = begin_of_chunks(file, min(end, ends if ends <= end else sound), end, chunks)
        if at < end:
            return kind_of_rest(file, sound, ends, at, order, fill=fill), at
    return rest, end
