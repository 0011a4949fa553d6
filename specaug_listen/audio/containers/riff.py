"""WAV in all its forms (RIFF, RIFX, RF64, BW64), Sonic Foundry's W64, and AIFF: chunks, one of which is the sound."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from ..._notices import Notice
from . import mpeg
from .chunks import IFF, RIFF, W64, Chunk, ChunkForm, read_chunk, walk_chunks
from .file_view import Piece, read_at, tail
from .header_sizes import Field, is_open_size, sized_layout
from .sound_layout import MAX_FILES, FileLayout, Stream, impossible_layout, left_unread, unknown_layout
from .trailing import end_of_chunks, is_beginning
from .wav_format import FMT_BYTES, GSM_CODEC, WavFormat, parse_wav_format, sub_format

__all__ = ["aiff", "w64", "wav"]

# So few zeros behind MPEG frames are not lost frames.
_MAX_PADDING_BYTES = 8
_MPEG_CODECS = {0x50, 0x55}
# Chunks that may follow one of an odd size, where the padding byte may be missing.
_CHUNK_NAMES = frozenset({b"data", b"fmt ", b"fact", b"LIST", b"bext", b"cue ", b"JUNK", b"junk", b"id3 "})
# An appended file may begin within the promised size of a truncated one, near its end; its chunks would be taken for
# those of the first file. Searched are as many bytes as chunks before the sound usually have.
_FILE_WITHIN = re.compile(rb"(?:RIFF|RIFX|RF64|BW64)....WAVE|FORM....AIF[FC]", re.DOTALL)
_MAX_HEADER_BYTES = 1 << 12
_FILE_NAME_BYTES = 12
# Bytes of AIFF's COMM without a codec.
_PLAIN_COMM_BYTES = 18
# Codecs of AIFF-C whose name says how many bits a sample has; some programs write 16 into the field that libsndfile
# reads.
_AIFF_CODEC_BITS = {b"in24": 24, b"in32": 32}
_SAMPLE_BYTES = frozenset({1, 2, 3, 4, 8})
_GSM_BYTES, _GSM_SAMPLES = 33, 160
# Other codecs of AIFF-C: the bytes of a block of one channel, and how many of the samples that are counted it holds.
_AIFF_BLOCKS = {
    **dict.fromkeys((b"ulaw", b"ULAW", b"alaw", b"ALAW", b"raw "), (1, 1)), b"fl32": (4, 1), b"FL32": (4, 1),
    b"fl64": (8, 1), b"FL64": (8, 1), b"in24": (3, 1), b"in32": (4, 1), b"ima4": (34, 1),
    b"GSM ": (_GSM_BYTES, _GSM_SAMPLES),
}  # fmt: skip
# The header of a W64 file of these codecs differs from that of PCM in the codec's number only.
_PCM, _W64_CODECS = 0x01, frozenset({0x03, 0x06, 0x07})

_TWO_FORMATS = Notice("header-disagrees", {"what": "two descriptions of samples"})


class _SoundChunk(NamedTuple):
    """The chunk of sound: where it begins, its size and where that is written, its samples, the length if bytes do not
    tell it, and where padding bytes of chunks are missing.
    """

    begin: int
    size: int
    field: int
    samples: WavFormat = WavFormat()
    is_wide: bool = False
    n_samples: int | None = None
    unfilled: tuple[int, ...] = ()


def wav(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Find the sound of a WAV file between two places of a file."""
    form = IFF if read_at(file, begin, 4) == b"RIFX" else RIFF
    chunk = _data_of_wav(file, begin, end, form)
    if chunk is None:
        return unknown_layout("WAV")
    if chunk.samples.refusal is not None:
        return FileLayout("WAV", notices=(chunk.samples.refusal,))
    if (place := _file_within(file, chunk, end)) is not None:
        return _cut_before(wav, file, begin, place)
    layout = _chunk_layout("WAV", file, (begin, end), chunk, "LITTLE" if form == RIFF else "BIG", form)
    layout = layout.with_notice(chunk.samples.doubt)
    if chunk.samples.tag not in _MPEG_CODECS:
        more, left_out = _more_chunks(file, (begin, end), chunk, form)
        if more:
            return replace(layout, streams=more).with_notice(left_out)
    if chunk.samples.tag in _MPEG_CODECS and (inside := _mpeg_in_wav(file, chunk.begin, layout, end)) is not None:
        return inside
    if chunk.samples.tag == GSM_CODEC:  # libsndfile decodes the padding behind an odd number of blocks, too
        (stream,) = layout.streams
        n_bytes = stream.present_bytes or 0
        layout = replace(layout, streams=(replace(stream, most_samples=n_bytes // 65 * 320),))
    if read_at(file, begin, 4) == b"BW64":  # which differs from RF64 in chunks for loudspeakers only
        layout = layout.within(begin, end).with_pieces(lambda pieces: (b"RF64", *tail(pieces, 4)))
    if chunk.unfilled:
        layout = layout.within(begin, end).with_pieces(lambda pieces: _fill_gaps(pieces, chunk.unfilled))
    return layout


def _fill_gaps(pieces: tuple[Piece, ...], places: tuple[int, ...]) -> Iterator[Piece]:
    """Insert the padding bytes that are missing behind chunks of an odd size."""
    for piece in pieces:
        for place in places:
            if not isinstance(piece, bytes) and piece[0] < place < piece[1]:
                yield from ((piece[0], place), b"\0")
                piece = (place, piece[1])
        yield piece


def _mpeg_in_wav(file: BinaryIO, begin: int, layout: FileLayout, end: int) -> FileLayout | None:
    """Return the layout of MPEG frames in a WAV or W64 file, whose size is that of all of them; None without any."""
    (outer,) = layout.streams
    sound_end = begin + (outer.present_bytes or 0)
    is_open = outer.is_open and sound_end == end
    inside = mpeg.mpeg_layout(file, begin, sound_end, is_whole_file=is_open, most_padding=_MAX_PADDING_BYTES)
    if inside is None:
        is_cut = not outer.is_open and (outer.promised_bytes or 0) > (outer.present_bytes or 0) > 0
        # Truncated within its first frame, which FFmpeg would turn into sound if the WAV header preceded it.
        return FileLayout("MP3 in WAV", (Stream(((begin, sound_end),)),)) if is_cut else None
    *first_streams, last = inside.streams
    if last.is_endless and outer.is_open:
        last = replace(last, is_open=True)
    elif last.is_endless and outer.promised_bytes is not None:  # no Xing frame counts the others
        promised = _promised_samples(last, begin + outer.promised_bytes, sound_end)
        last = replace(last, promised_samples=promised if outer.promised_bytes else 0)
    notices = (*layout.notices, *inside.notices)
    return FileLayout("MP3 in WAV", (*first_streams, last), notices, layout.next_file)


def _promised_samples(stream: Stream, promised_end: int, present_end: int) -> int | None:
    """Estimate the promised samples from those per byte of the frames; None if nothing is missing."""
    ranges = [piece for piece in stream.pieces or () if not isinstance(piece, bytes)]
    n_bytes = promised_end - ranges[-1][1]
    if promised_end == present_end or (promised_end < present_end and n_bytes >= 0):
        return None
    n_samples = stream.expected_samples or 0
    return max(1, n_samples + round(n_bytes * n_samples / sum(end - begin for begin, end in ranges)))


def _data_of_wav(file: BinaryIO, begin: int, end: int, form: ChunkForm) -> _SoundChunk | None:
    long_size, long_field, samples = 0, 0, WavFormat()
    formats: set[bytes] = set()
    unfilled: tuple[int, ...] = ()
    at = begin + 12
    while (chunk := read_chunk(file, at, end, form)) is not None:
        if chunk.name == b"data":
            if long_field and is_open_size(chunk.size):  # the size of 64 bits in ``ds64`` applies
                return _SoundChunk(chunk.begin, long_size, long_field, samples, True, unfilled=unfilled)
            return _SoundChunk(chunk.begin, chunk.size, chunk.begin - 4, samples, unfilled=unfilled)
        if chunk.name == b"ds64" and chunk.size >= 16:
            long_size, long_field = struct.unpack("<Q", read_at(file, chunk.begin, 16)[8:])[0], chunk.begin + 8
        if chunk.name == b"fmt " and chunk.size >= 16:
            formats.add(fmt := read_at(file, chunk.begin, min(chunk.size, FMT_BYTES)))
            if len(formats) == 1:
                samples = parse_wav_format(fmt, "<" if form == RIFF else ">")
            else:  # FFmpeg takes the first one
                samples = samples._replace(doubt=_TWO_FORMATS)
        at = chunk.next
        if chunk.size % 2 and _is_name_of_wav(file, at - 1) and not _is_name_of_wav(file, at):
            at, unfilled = at - 1, (*unfilled, at - 1)
    return None


def _is_name_of_wav(file: BinaryIO, at: int) -> bool:
    return read_at(file, at, 4) in _CHUNK_NAMES


class _Comm(NamedTuple):
    """AIFF's chunk ``COMM``: byte order and width of samples, their number, whether each takes as many bits as it
    needs (DWVW), where to write which number of bits, if that field is wrong, the bytes that so many samples take
    (None if unknown), and where the chunk's content begins.
    """

    endian: str = "BIG"
    samples: WavFormat = WavFormat()
    n_channels: int = 1
    n_samples: int = 0
    is_packed: bool = False
    bits: tuple[int, bytes] | None = None
    n_bytes: int | None = None
    at: int = 0

    def doubt(self, n_bytes: int, n_skipped: int) -> Notice | None:
        """Why the sound may begin too late: it is shorter than its samples, which fit without the skipped bytes."""
        if self.n_bytes is None or not n_skipped or not n_bytes < self.n_bytes <= n_bytes + n_skipped:
            return None
        return Notice("header-disagrees", {"what": "offset of the sound and number of samples"})

    def refusal(self, n_bytes: int) -> Notice | None:
        """Why so many bytes of sound cannot be read: the number of samples is right, but not their width."""
        n, frame = self.n_samples * self.n_channels, self.samples.frame
        if frame == 1 or not n or n_bytes % n or n_bytes == self.n_samples * frame or n_bytes // n not in _SAMPLE_BYTES:
            return None
        values = {"n_bits": 8 * frame // self.n_channels, "n_bytes": n_bytes // self.n_samples}
        return Notice("sample-bytes", {**values, "n_channels": self.n_channels})


def _comm(file: BinaryIO, at: int, size: int) -> _Comm:
    common = read_at(file, at, 22)
    n_channels, n_samples, n_bits = struct.unpack_from(">HIH", common)
    codec = common[18:]
    block = {b"ima4": 34 * n_channels, b"GSM ": _GSM_BYTES}.get(codec, 1)
    codec_bits = _AIFF_CODEC_BITS.get(codec, n_bits)
    bits = None if codec_bits == n_bits else (at + 6, struct.pack(">H", codec_bits))
    is_linear = codec in (b"", b"NONE", b"twos", b"sowt") or size == _PLAIN_COMM_BYTES
    samples = WavFormat(0, block, max(1, n_channels * -(-n_bits // 8)) if is_linear else 1)
    endian = "LITTLE" if codec == b"sowt" else "BIG"
    n_block, n_counted = _AIFF_BLOCKS.get(codec, (0, 1)) if not is_linear else (-(-n_bits // 8), 1)
    n_bytes = -(-n_samples // n_counted) * n_block * n_channels if n_block else None
    return _Comm(endian, samples, n_channels, n_samples, codec == b"DWVW", bits, n_bytes, at)


def _channels_and_rate(file: BinaryIO, at: int) -> tuple[int, float]:
    """Return the channels and the rate in a ``COMM`` chunk, a float of 80 bits; infinite if it is huge."""
    n_channels, exponent, mantissa = struct.unpack(">H6xHQ", read_at(file, at, _PLAIN_COMM_BYTES))
    is_negative, power = exponent >> 15, (exponent & 0x7FFF) - 16383 - 63
    rate = math.ldexp(mantissa, power) if power < 1 else math.inf * bool(mantissa)
    return n_channels, -rate if is_negative else rate


def aiff(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """AIFF and AIFF-C between two places of a file."""
    comm = _Comm()
    for chunk in walk_chunks(file, begin + 12, end, IFF):
        if chunk.name == b"COMM":
            if (refused := impossible_layout("AIFF", *_channels_and_rate(file, chunk.begin))) is not None:
                return refused
            comm = _comm(file, chunk.begin, chunk.size)
        if chunk.name == b"SSND":
            return _ssnd_layout(file, (begin, end), chunk, comm)
    return unknown_layout("AIFF")


def _ssnd_layout(file: BinaryIO, span: tuple[int, int], ssnd: Chunk, comm: _Comm) -> FileLayout:
    begin, end = span
    n_skipped = struct.unpack(">I", read_at(file, ssnd.begin, 8)[:4])[0]
    sound = ssnd.begin + 8 + n_skipped
    n_bytes = max(0, ssnd.end - sound)
    doubt = comm.doubt(n_bytes, min(n_skipped, ssnd.size - 8))
    is_last = sound + n_bytes in (end, end - 1)  # else the chunk's size may be what is wrong
    if is_last and (refusal := comm.refusal(n_bytes)) is not None:
        return FileLayout("AIFF", notices=(refusal,))
    n_samples = comm.n_samples if comm.is_packed else None
    chunk = _SoundChunk(sound, n_bytes, ssnd.begin - 4, comm.samples, n_samples=n_samples)
    if (place := _file_within(file, chunk, end)) is not None:
        return _cut_before(aiff, file, begin, place)
    layout = _chunk_layout("AIFF", file, span, chunk, comm.endian, IFF).with_notice(doubt)
    more, left_out = _more_chunks(file, span, chunk, IFF)
    layout = replace(layout, streams=more or layout.streams).with_notice(left_out)
    if comm.samples.block == _GSM_BYTES and comm.n_bytes is not None:
        layout = _with_all_of_gsm(layout, span, comm, n_bytes - n_bytes % _GSM_BYTES)
    return layout if comm.bits is None else layout.with_bytes(span, *comm.bits)


def _with_all_of_gsm(layout: FileLayout, span: tuple[int, int], comm: _Comm, n_bytes: int) -> FileLayout:
    """Return the layout with the number of samples that its blocks hold, which libsndfile reads no further than."""
    if comm.n_bytes == n_bytes or not n_bytes:
        return layout
    n_samples = struct.pack(">I", n_bytes // _GSM_BYTES * _GSM_SAMPLES)
    doubt = Notice("header-disagrees", {"what": "number of samples and size of the sound"})
    return layout.with_bytes(span, comm.at + 2, n_samples).with_notice(doubt)


def _file_within(file: BinaryIO, chunk: _SoundChunk, end: int) -> int | None:
    """Return where an appended file begins shortly before the promised end of a truncated one; None if none does."""
    ends = min(chunk.begin + chunk.size, end)
    start = max(chunk.begin, chunk.begin + chunk.size - _MAX_HEADER_BYTES)
    if start >= ends:  # an open size, which may be beyond any offset of a file
        return None
    within = _FILE_WITHIN.search(read_at(file, start, ends - start + _FILE_NAME_BYTES))
    place = ends if within is None else start + within.start()
    return place if chunk.begin < place < ends else None


def _cut_before(
    parser: Callable[[BinaryIO, int, int], FileLayout], file: BinaryIO, begin: int, place: int
) -> FileLayout:
    """Return the layout of a truncated file with another one behind it."""
    layout = parser(file, begin, place).within(begin, place)
    return replace(layout, next_file=layout.next_file or place)


def _more_chunks(
    file: BinaryIO, span: tuple[int, int], chunk: _SoundChunk, form: ChunkForm
) -> tuple[tuple[Stream, ...], Notice | None]:
    """Return a stream for each chunk of sound: the header of the file, and the chunk. Empty if there is only one chunk.

    libsndfile refuses such a file, and FFmpeg reads one of them. Also return a notice if there are too many.
    """
    begin, end = span
    first = chunk.field - 4
    before = chunk.begin - first  # the chunk's header, and in AIFF two more fields
    name = read_at(file, first, 4)
    sounds: list[tuple[int, int]] = []
    left_out = None
    for other in walk_chunks(file, first, end, form):
        if chunk.is_wide or is_beginning(file, other.at):
            break
        if other.name == name and before - 8 <= other.size and other.end <= end:
            if len(sounds) == MAX_FILES:
                left_out = left_unread(other.at, end)
                break
            sounds.append((other.at, other.end))
    if len(sounds) < 2:
        return (), None
    sizes = [sound_end - at - before for at, sound_end in sounds]
    streams = (Stream(((begin, first), sound), None, n, n) for sound, n in zip(sounds, sizes, strict=True))
    return tuple(streams), left_out


def w64(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Sonic Foundry's W64: chunks with names of 16 bytes and sizes of 8."""
    samples, formats = WavFormat(), set()
    tag: tuple[int, bytes] | None = None
    for chunk in walk_chunks(file, begin + 40, end, W64):
        if chunk.name.startswith(b"fmt "):
            fmt = read_at(file, chunk.begin, FMT_BYTES)
            samples, codec = parse_wav_format(fmt, "<"), sub_format(fmt)
            formats.add(fmt[: max(0, chunk.size)])
            samples = samples if len(formats) == 1 else samples._replace(doubt=_TWO_FORMATS)
            if codec is not None and codec != _PCM:  # libsndfile takes all of EXTENSIBLE for PCM
                tag = (chunk.begin, struct.pack("<H", codec if codec in _W64_CODECS else 0))
        if chunk.name.startswith(b"data"):
            if samples.refusal is not None:
                return FileLayout("W64", notices=(samples.refusal,))
            layout = _w64_layout(file, (begin, end), chunk, samples).with_notice(samples.doubt)
            if samples.tag in _MPEG_CODECS and (inside := _mpeg_in_wav(file, chunk.begin, layout, end)) is not None:
                return inside  # FFmpeg would complain about its own padding to 8 bytes
            return layout if tag is None else layout.with_bytes((begin, end), *tag)
    return unknown_layout("W64")


def _w64_layout(file: BinaryIO, span: tuple[int, int], data: Chunk, samples: WavFormat) -> FileLayout:
    (begin, end), n_bytes = span, max(0, data.size)
    if data.begin + n_bytes < end and (chunks_end := end_of_chunks(file, data.next, end, W64)):
        # libsndfile takes all to the end of the file for sound.
        stream = Stream(((begin, data.begin + n_bytes),), promised_bytes=n_bytes, present_bytes=n_bytes)
        return FileLayout("W64", (stream,), next_file=chunks_end if chunks_end < end else None)
    # As FFmpeg, not libsndfile, refuses an open size.
    return sized_layout(
        "W64", file, span, data.begin, n_bytes, endian="LITTLE", is_wide=True, is_strict=True,
        field=Field(data.at + 16, "<Q", before=W64.n_counted), block=samples.block, frame=samples.frame,
        alignment=W64.alignment, chunks=W64,
    )  # fmt: skip


def _chunk_layout(
    container: str, file: BinaryIO, span: tuple[int, int], chunk: _SoundChunk, endian: str, form: ChunkForm
) -> FileLayout:
    # In AIFF, fields of its own precede the samples.
    field = Field(chunk.field, form.size_form, before=chunk.begin - chunk.field - 4)
    if chunk.is_wide:
        field = Field(chunk.field, "<Q")
    return sized_layout(
        container, file, span, chunk.begin, chunk.size,
        endian=endian, chunks=form, field=field, is_wide=chunk.is_wide, is_strict=chunk.is_wide,
        block=chunk.samples.block, frame=chunk.samples.frame, n_samples=chunk.n_samples,
    )  # fmt: skip
