"""What the size in a header makes of a file: whole, truncated, open, or with trailing bytes behind the sound."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from .chunks import IFF, RIFF, ChunkForm
from .file_view import Piece, mend, read_at
from .sound_layout import Body, FileLayout, Stream, dropped_notices
from .tags import strip_tags
from .trailing import begin_of_chunks, classify_trailing, second_file

__all__ = ["Field", "is_open_size", "sized_layout"]

_OPEN_MARGIN_BYTES = 1 << 20
# What SoX writes into an AIFF's header if it cannot seek back: as many samples of all channels as fit into so many
# bytes, plus what precedes them.
_OPEN_SIZE_OF_SOX, _SOX_HEADER_BYTES, _MAX_FRAME_BYTES = 0x7F000000, 1 << 12, 64
_TAG_HEAD_BYTES = 32


def is_open_size(size: int, *, is_wide: bool = False) -> bool:
    """Whether a size stands for an unknown one, as programs write that cannot seek back to fill it in.

    `is_wide` says that the field has 64 bits, so a size above 4 GiB can be true.

    Examples
    --------
    >>> [is_open_size(size) for size in (0xFFFFFFFF, 0x7FFFF000, 0x80000000, 0x7F000000, 0x40000000)]
    [True, True, True, True, False]
    >>> [is_open_size(size, is_wide=True) for size in (0xFFFFFFFF, 5 << 32, 1 << 63)]
    [True, False, True]
    """
    if -_MAX_FRAME_BYTES < size - _OPEN_SIZE_OF_SOX < _SOX_HEADER_BYTES:
        return True
    if is_wide and size >= (1 << 63) - _OPEN_MARGIN_BYTES:
        return True
    is_near_4_gib = size >= (1 << 32) - _OPEN_MARGIN_BYTES and not (is_wide and size > 1 << 32)
    return (1 << 31) - _OPEN_MARGIN_BYTES <= size <= (1 << 31) + _SOX_HEADER_BYTES or is_near_4_gib


class Field(NamedTuple):
    """A field of a header that holds the size of the sound.

    `place` is its offset in the file, `form` its `struct` format. The field counts in units of `unit` bytes, and also
    counts `before` units in front of the sound.
    """

    place: int
    form: str
    unit: int = 1
    before: int = 0

    def n_bytes(self, file: BinaryIO) -> int:
        """Read the field; return the size of the sound in bytes, or an open size as it is."""
        count = int(struct.unpack(self.form, read_at(file, self.place, struct.calcsize(self.form)))[0])
        return count if is_open_size(count) else count * self.unit

    def bytes_for(self, n_bytes: int) -> tuple[int, bytes]:
        """Return its place, and its bytes for so much sound."""
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
    chunks: ChunkForm | None = None,
    field: Field | None = None,
    is_strict: bool = False,
    is_wide: bool = False,
    is_last: bool = False,
    block: int = 1,
    frame: int = 1,
    alignment: int = 2,
    n_samples: int | None = None,
) -> FileLayout:
    """Compare the size in a header with the file.

    Parameters
    ----------
    container : str
    file : binary file
    span : (int, int)
        Where the file begins and ends.
    sound, n_bytes : int
        Where the sound begins, and its size by the header.
    endian : {"LITTLE", "BIG", ""}
        Byte order of samples; empty if they cannot be read without their header.
    chunks : ChunkForm or None
        Of chunks that may follow the sound. Behind CAF and W64, only those that no size leads to are looked for here.
    field : Field or None
        The size field to correct; None if it cannot be corrected.
    is_strict : bool
        Whether a decoder refuses a header that promises more than the file holds.
    is_wide : bool
        Whether the size field has 64 bits.
    is_last : bool
        Whether libsndfile needs nothing behind the sound, and would take the padding of an odd size for sound.
    block : int [bytes]
        The unit that the codec decodes; a part of it would become noise.
    frame : int [bytes]
        One sample of all channels, of which the sound is a multiple; 1 if unknown.
    alignment : int [bytes]
        The sound is padded to a multiple of this.
    n_samples : int or None
        The length by another field, if the bytes do not tell it.
    """
    (begin, end), ends = span, sound + n_bytes
    rest, before_chunks = _rest(file, sound, ends, end, chunks, 1 if n_bytes % frame else alignment)
    if before_chunks < end:
        end, is_strict = before_chunks, True
    if rest == "sound" and end - ends < block:
        rest = "junk"
    present = max(0, end - sound)
    if n_bytes > present and block > 1:
        present, end, is_strict = present - present % block, sound + present - present % block, True

    def corrected() -> tuple[Piece, ...] | None:
        is_too_large = present >= 1 << 32 and not is_wide
        return None if field is None or is_too_large else mend(begin, end, field.bytes_for(present))

    if n_bytes > present:
        pieces = corrected() if is_strict else None
        if is_open_size(n_bytes, is_wide=is_wide):
            return FileLayout(container, (Stream(pieces, present_bytes=present, is_open=True),))
        return FileLayout(container, (Stream(pieces, None, n_bytes, present, n_samples),))
    if rest == "sound":
        body = Body(sound, end, endian) if endian else None
        return FileLayout(container, (Stream(corrected(), body, n_bytes, present),))
    whole = Stream(None, None, n_bytes, n_bytes, n_samples)
    return _whole(container, file, (begin, ends, end), whole, rest, _riff_or_none(chunks), is_last=is_last)


def _whole(
    container: str,
    file: BinaryIO,
    places: tuple[int, int, int],
    stream: Stream,
    rest: str,
    riff: ChunkForm | None,
    *,
    is_last: bool,
) -> FileLayout:
    """Return the layout of a file whose sound ends where its header says, without its trailing bytes."""
    begin, ends, end = places
    next_file = second_file(file, ends, end, riff) if rest == "file" else None
    if rest not in ("nothing", "chunks") or is_last:  # some decoders take all to the end of the file for sound
        # Chunks behind the sound may be needed to decode it.
        has_chunks = next_file is not None and next_file > ends + 1 and riff is not None
        stream = replace(stream, pieces=((begin, next_file if next_file and has_chunks and not is_last else ends),))
    return FileLayout(container, (stream,), dropped_notices(rest, end - ends), next_file)


def _riff_or_none(chunks: ChunkForm | None) -> ChunkForm | None:
    return chunks if chunks in (RIFF, IFF) else None


def _rest(file: BinaryIO, sound: int, ends: int, end: int, chunks: ChunkForm | None, alignment: int) -> tuple[str, int]:
    """Classify what follows the promised sound; also return where the sound ends.

    If chunks follow in another place than the sizes in the header lead to, the sound ends before them.
    """
    riff = _riff_or_none(chunks)
    rest = classify_trailing(file, sound, ends, end, riff, alignment=alignment)
    end = strip_tags(file, ends, end) if rest == "sound" else end
    if chunks is not None and (ends > end or rest in ("sound", "zeros", "junk")):
        at = begin_of_chunks(file, min(end, ends if ends <= end else sound), end, chunks)
        if at < end:
            return classify_trailing(file, sound, ends, at, riff, alignment=alignment), at
    return rest, end
