"""WAV in all its forms (RIFF, RIFX, RF64, BW64), Sonic Foundry's W64, and AIFF: chunks, one of which is the sound."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from ..._notices import Notice
from . import mpeg
from .file_view import Piece, mend, read_at, tail
from .header_sizes import Field, sized_layout
from .layout import MOST_FILES, FileLayout, Stream, unknown_layout
from .trailing import end_of_chunks, is_beginning
from .wav_format import FMT_BYTES, GSM_CODEC, WavFormat, parse_wav_format, sub_format

__all__ = ["aiff", "w64", "wav"]

# Zeros behind frames that are no lost frames.
_MOST_PADDING_BYTES = 8
_MPEG_CODECS = {0x50, 0x55}
# Chunks that may follow one of an odd size.
_CHUNK_NAMES = frozenset({b"data", b"fmt ", b"fact", b"LIST", b"bext", b"cue ", b"JUNK", b"junk", b"id3 "})
# Where the name of another file may stand that begins within what a size calls sound, from its end: its own chunks
# would be taken for those of the file that is cut. As many bytes as chunks before the sound mostly have.
_FILE_WITHIN = re.compile(rb"(?:RIFF|RIFX|RF64|BW64)....WAVE|FORM....AIF[FC]", re.DOTALL)
_LONGEST_HEADER_BYTES = 1 << 12
_FILE_NAME_BYTES = 12
_W64_CHUNK_HEADER_BYTES = 24
# Bytes of AIFF's COMM without a codec.
_PLAIN_COMM_BYTES = 18
# Codecs of AIFF-C whose name says how many bits a sample has, where some programs write 16; libsndfile goes by those.
_AIFF_CODEC_BITS = {b"in24": 24, b"in32": 32}
# W64 of these codecs differs from that of PCM in nothing but their number.
_SAMPLE_BYTES = frozenset({1, 2, 3, 4, 8})
_PCM, _W64_CODECS = 0x01, frozenset({0x03, 0x06, 0x07})


class _SoundChunk(NamedTuple):
    """The chunk of sound: where it begins, its size by its header, where that is written, what is known of its samples;
    its length where bytes do not tell; and where zeros are lacking that fill up chunks.
    """

    begin: int
    size: int
    field: int
    samples: WavFormat = WavFormat()
    is_wide: bool = False
    n_samples: int | None = None
    unfilled: tuple[int, ...] = ()


def wav(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Find the sound of a WAV file between two places of a file.

    Whether a size such as 0xFFFFFFFF stands for "unknown" is decided by `is_open_size` in `trailing`, which
    `sized_layout` asks; here, it only says that the size of 64 bits in ``ds64`` counts in its place.
    """
    order = ">" if read_at(file, begin, 4) == b"RIFX" else "<"
    chunk = _data_of_wav(file, begin, order)
    if chunk is None:
        return unknown_layout("WAV")
    if chunk.samples.refusal is not None:
        return FileLayout("WAV", notices=(chunk.samples.refusal,))
    if (place := _file_within(file, chunk, end)) is not None:
        return _cut_before(wav, file, begin, place)
    layout = _chunk_layout("WAV", file, (begin, end), chunk, "BIG" if order == ">" else "LITTLE", order)
    if chunk.samples.tag not in _MPEG_CODECS and (more := _more_chunks(file, (begin, end), chunk, order)):
        return replace(layout, streams=more)
    if chunk.samples.tag in _MPEG_CODECS and (inside := _mpeg_in_wav(file, chunk.begin, layout, end)) is not None:
        return inside
    if chunk.samples.tag == GSM_CODEC:  # of an odd number of blocks, libsndfile decodes what fills up the size
        (stream,) = layout.streams
        n_bytes = stream.present_bytes or 0
        layout = replace(layout, streams=(replace(stream, most_samples=n_bytes // 65 * 320),))
    layout = _as_rf64(file, begin, end, layout)
    if not chunk.unfilled:
        return layout
    return replace(layout, streams=tuple(_fill_gaps(stream, (begin, end), chunk.unfilled) for stream in layout.streams))


def _fill_gaps(stream: Stream, span: tuple[int, int], places: tuple[int, ...]) -> Stream:
    """A stream with the zeros that were left out behind chunks of an odd size, which decoders expect."""
    pieces: list[Piece] = []
    for piece in stream.pieces or (span,):
        for place in places:
            if not isinstance(piece, bytes) and piece[0] < place < piece[1]:
                pieces += [(piece[0], place), b"\0"]
                piece = (place, piece[1])
        pieces.append(piece)
    return replace(stream, pieces=tuple(pieces))


def _mpeg_in_wav(file: BinaryIO, begin: int, layout: FileLayout, end: int) -> FileLayout | None:
    """The frames in a WAV file, whose size in bytes tells how many there were; None where nothing begins as one."""
    (outer,) = layout.streams
    there = begin + (outer.present_bytes or 0)
    is_open = outer.is_open and there == end
    inside = mpeg.mpeg_layout(file, begin, there, is_whole_file=is_open, most_padding=_MOST_PADDING_BYTES)
    if inside is None:
        is_cut = not outer.is_open and (outer.promised_bytes or 0) > (outer.present_bytes or 0) > 0
        # Cut within its first frame, of which FFmpeg makes sound where a header precedes it.
        return FileLayout("MP3 in WAV", (Stream(((begin, there),)),)) if is_cut else None
    *first_streams, last = inside.streams
    if last.is_endless and outer.is_open:
        last = replace(last, is_open=True)
    elif last.is_endless and outer.promised_bytes is not None:  # no first frame counts the others
        promised = _promised_samples(last, begin + outer.promised_bytes, there)
        last = replace(last, promised_samples=promised if outer.promised_bytes else 0)
    notices = (*layout.notices, *inside.notices)
    return FileLayout("MP3 in WAV", (*first_streams, last), notices, layout.next_file)


def _promised_samples(stream: Stream, ends: int, there: int) -> int | None:
    """Estimate the samples that were promised from those of the frames; None where none is missing or too much."""
    ranges = [piece for piece in stream.pieces or () if not isinstance(piece, bytes)]
    n_bytes = ends - ranges[-1][1]
    if ends == there or (ends < there and n_bytes >= 0):
        return None
    n_samples = stream.expected_samples or 0
    return max(1, n_samples + round(n_bytes * n_samples / sum(end - begin for begin, end in ranges)))


def _as_rf64(file: BinaryIO, begin: int, end: int, layout: FileLayout) -> FileLayout:
    """BW64 under the name of RF64, which it is but for chunks that tell of loudspeakers."""
    file.seek(begin)
    (stream,) = layout.streams
    if file.read(4) != b"BW64":
        return layout
    pieces = (b"RF64", *tail(stream.pieces or ((begin, end),), 4))
    return replace(layout, streams=(replace(stream, pieces=pieces),))


def _data_of_wav(file: BinaryIO, begin: int, order: str) -> _SoundChunk | None:
    file.seek(begin + 12)
    long_size, long_field, samples = 0, 0, WavFormat()
    unfilled: tuple[int, ...] = ()
    while len(header := file.read(8)) == 8:
        size = struct.unpack(f"{order}I", header[4:])[0]
        at = file.tell()
        if header[:4] == b"data":
            if long_field and size >= 0xFFFFFFFF - (1 << 20):
                return _SoundChunk(at, long_size, long_field, samples, True, unfilled=unfilled)
            return _SoundChunk(at, size, at - 4, samples, unfilled=unfilled)
        if header[:4] == b"ds64" and size >= 16:
            long_size, long_field = struct.unpack("<Q", file.read(16)[8:])[0], at + 8
        if header[:4] == b"fmt " and size >= 16:
            samples = parse_wav_format(file.read(16), order)
        at += size + size % 2
        if size % 2 and _is_name_of_wav(file, at - 1) and not _is_name_of_wav(file, at):
            at, unfilled = at - 1, (*unfilled, at - 1)
        file.seek(at)
    return None


def _is_name_of_wav(file: BinaryIO, at: int) -> bool:
    return read_at(file, at, 4) in _CHUNK_NAMES


class _Comm(NamedTuple):
    """AIFF's chunk of what its samples are: their order and bytes, how many there are, whether each takes as many bits
    as it happens to need, and what is to stand in place of their bits.
    """

    endian: str = "BIG"
    samples: WavFormat = WavFormat()
    n_channels: int = 1
    n_samples: int = 0
    is_packed: bool = False
    bits: tuple[int, bytes] | None = None

    def refusal(self, n_bytes: int) -> Notice | None:
        """Why so many bytes of sound cannot be read: they are as many samples as promised, but of other bytes each."""
        n, frame = self.n_samples * self.n_channels, self.samples.frame
        if frame == 1 or not n or n_bytes % n or n_bytes == self.n_samples * frame or n_bytes // n not in _SAMPLE_BYTES:
            return None
        values = {"n_bits": 8 * frame // self.n_channels, "n_bytes": n_bytes // self.n_samples}
        return Notice("sample-bytes", {**values, "n_channels": self.n_channels})


def _comm(file: BinaryIO, at: int, size: int) -> _Comm:
    common = read_at(file, at, 22)
    n_channels, n_samples, n_bits = struct.unpack_from(">HIH", common)
    codec = common[18:]
    block = {b"ima4": 34 * n_channels, b"GSM ": 33}.get(codec, 1)
    bits = None
    if (of_codec := _AIFF_CODEC_BITS.get(codec, n_bits)) != n_bits:
        bits = (at + 6, struct.pack(">H", of_codec))
    is_linear = codec in (b"", b"NONE", b"twos", b"sowt") or size == _PLAIN_COMM_BYTES
    frame = max(1, n_channels * -(-n_bits // 8)) if is_linear else 1
    # Of DWVW, a sample takes as many bits as it happens to need.
    return _Comm(
        "LITTLE" if codec == b"sowt" else "BIG",
        WavFormat(0, block, frame),
        n_channels,
        n_samples,
        codec == b"DWVW",
        bits,
    )


def aiff(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """AIFF and AIFF-C between two places of a file."""
    file.seek(begin + 12)
    comm = _Comm()
    while len(header := file.read(8)) == 8:
        size, at = struct.unpack(">I", header[4:])[0], file.tell()
        if header[:4] == b"COMM":
            comm = _comm(file, at, size)
        if header[:4] == b"SSND":
            offset = struct.unpack(">I", read_at(file, at, 8)[:4])[0]
            n_bytes = max(0, size - 8 - offset)
            is_last = at + 8 + offset + n_bytes in (end, end - 1)  # else its size may be what is wrong
            if is_last and (refusal := comm.refusal(n_bytes)) is not None:
                return FileLayout("AIFF", notices=(refusal,))
            n_samples = comm.n_samples if comm.is_packed else None
            chunk = _SoundChunk(at + 8 + offset, n_bytes, at - 4, comm.samples, n_samples=n_samples)
            if (place := _file_within(file, chunk, end)) is not None:
                return _cut_before(aiff, file, begin, place)
            layout = _chunk_layout("AIFF", file, (begin, end), chunk, comm.endian, ">")
            layout = replace(layout, streams=_more_chunks(file, (begin, end), chunk, ">") or layout.streams)
            return layout if comm.bits is None else _mended(layout, (begin, end), *comm.bits)
        file.seek(at + size + size % 2)
    return unknown_layout("AIFF")


def _mended(layout: FileLayout, span: tuple[int, int], place: int, new: bytes) -> FileLayout:
    """A file with other bytes at a place of its header."""
    streams = [replace(stream, pieces=_with(stream.pieces or (span,), place, new)) for stream in layout.streams]
    return replace(layout, streams=tuple(streams))


def _with(pieces: tuple[Piece, ...], place: int, new: bytes) -> tuple[Piece, ...]:
    changed: list[Piece] = []
    for piece in pieces:
        is_there = not isinstance(piece, bytes) and piece[0] <= place and place + len(new) <= piece[1]
        changed += mend(*piece, (place, new)) if is_there and not isinstance(piece, bytes) else (piece,)
    return tuple(changed)


def _file_within(file: BinaryIO, chunk: _SoundChunk, end: int) -> int | None:
    """Return where another file begins shortly before the end of the sound by its size, as behind one that is cut."""
    ends = min(chunk.begin + chunk.size, end)
    start = max(chunk.begin, chunk.begin + chunk.size - _LONGEST_HEADER_BYTES)
    if start >= ends:  # as of a size that is left open, which may be beyond all places that a file can have
        return None
    within = _FILE_WITHIN.search(read_at(file, start, ends - start + _FILE_NAME_BYTES))
    place = ends if within is None else start + within.start()
    return place if chunk.begin < place < ends else None


def _cut_before(
    parser: Callable[[BinaryIO, int, int], FileLayout], file: BinaryIO, begin: int, place: int
) -> FileLayout:
    """A file that is cut, and another one behind it."""
    layout = parser(file, begin, place)
    streams = [stream if stream.pieces else replace(stream, pieces=((begin, place),)) for stream in layout.streams]
    return replace(layout, streams=tuple(streams), next_file=layout.next_file or place)


def _more_chunks(file: BinaryIO, span: tuple[int, int], chunk: _SoundChunk, order: str) -> tuple[Stream, ...]:
    """The streams of a file of several chunks of sound, each with all that precedes the first one; none of others.

    libsndfile refuses such a file, and FFmpeg hears one of them.
    """
    begin, end = span
    first = chunk.field - 4
    before = chunk.begin - first  # the chunk's header, and in AIFF two fields more
    name, at = read_at(file, first, 4), first
    sounds: list[tuple[int, int]] = []
    while not chunk.is_wide and at + 8 <= end and len(sounds) < MOST_FILES and not is_beginning(file, at):
        header = read_at(file, at, 8)
        size = struct.unpack(f"{order}I", header[4:])[0]
        if header[:4] == name and before - 8 <= size <= end - at - 8:
            sounds.append((at, at + 8 + size))
        at += 8 + size + size % 2
    if len(sounds) < 2:
        return ()
    sizes = [ends - start - before for start, ends in sounds]
    pieces = [((begin, first), span) for span in sounds]
    return tuple(Stream(parts, None, n, n) for parts, n in zip(pieces, sizes, strict=True))


def w64(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Sonic Foundry's W64: chunks with names of 16 bytes and sizes of 8."""
    at, samples = begin + 40, WavFormat()
    tag: tuple[int, bytes] | None = None
    file.seek(at)
    while len(header := file.read(_W64_CHUNK_HEADER_BYTES)) == _W64_CHUNK_HEADER_BYTES:
        size = struct.unpack("<Q", header[16:])[0]
        if header[:4] == b"fmt ":
            fmt = file.read(FMT_BYTES)
            samples, codec = parse_wav_format(fmt, "<"), sub_format(fmt)
            if codec is not None and codec != _PCM:  # for which libsndfile takes all that is EXTENSIBLE
                tag = (at + _W64_CHUNK_HEADER_BYTES, struct.pack("<H", codec if codec in _W64_CODECS else 0))
        if header[:4] == b"data":
            if samples.refusal is not None:
                return FileLayout("W64", notices=(samples.refusal,))
            layout = _w64_layout(file, (begin, end), at, samples, size)
            return layout if tag is None else _mended(layout, (begin, end), *tag)
        at += max(_W64_CHUNK_HEADER_BYTES, (size + 7) // 8 * 8)
        if at >= end:
            break
        file.seek(at)
    return unknown_layout("W64")


def _w64_layout(file: BinaryIO, span: tuple[int, int], at: int, samples: WavFormat, size: int) -> FileLayout:
    (begin, end), sound, n_bytes = span, at + _W64_CHUNK_HEADER_BYTES, max(0, size - _W64_CHUNK_HEADER_BYTES)
    follows = sound + (n_bytes + 7) // 8 * 8
    if sound + n_bytes < end and (behind := end_of_chunks(file, follows, end, "w64")):
        # libsndfile takes all to the end of the file for sound.
        stream = Stream(((begin, sound + n_bytes),), promised_bytes=n_bytes, present_bytes=n_bytes)
        return FileLayout("W64", (stream,), next_file=behind if behind < end else None)
    return sized_layout(
        "W64", file, span, sound, n_bytes, endian="LITTLE", is_wide=True,
        field=Field(at + 16, "<Q", before=_W64_CHUNK_HEADER_BYTES), block=samples.block, frame=samples.frame,
        fill=8, chunks="w64",
    )  # fmt: skip


def _chunk_layout(
    container: str, file: BinaryIO, span: tuple[int, int], chunk: _SoundChunk, endian: str, order: str
) -> FileLayout:
    # In AIFF, fields of its own precede the samples.
    field = Field(chunk.field, f"{order}I", before=chunk.begin - chunk.field - 4)
    if chunk.is_wide:
        field = Field(chunk.field, "<Q")
    return sized_layout(
        container, file, span, chunk.begin, chunk.size,
        endian=endian, order=order, field=field, is_wide=chunk.is_wide, is_strict=chunk.is_wide,
        block=chunk.samples.block, frame=chunk.samples.frame, n_samples=chunk.n_samples,
    )  # fmt: skip
