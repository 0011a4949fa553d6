"""Parsers of AU, NIST Sphere, Core Audio (CAF), HTK, Amiga SVX, and MIDI sample dumps (SDS)."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import BinaryIO

from ..._notices import Notice
from .chunks import CAF, IFF, walk_chunks
from .file_view import Piece, end_of_run, mend, read_at, tail
from .header_sizes import Field, is_open_size, sized_layout
from .sound_layout import FileLayout, Stream, dropped_notices, unknown_layout
from .trailing import classify_trailing, end_of_chunks, second_file

__all__ = ["au", "caf", "htk", "is_htk", "nist", "sds", "svx"]

_NIST_FIELD = re.compile(rb"^(\w+) -(?:i|s\d+) (.+?)\s*$", re.MULTILINE)
_MAX_SIZE = (1 << 64) - 1
# Bytes that G.721 and G.723, by their numbers, decode together.
_AU_BLOCK_BYTES = {23: 60, 25: 45, 26: 75}
_CAF_LINEAR_CODECS = frozenset({b"lpcm", b"ulaw", b"alaw"})
# Of ALAC in CAF: the flags for each number of bits.
_ALAC_FLAGS = {16: 1, 20: 2, 24: 3, 32: 4}
_ALAC_CONFIGURATION_BYTES = 24
# The values of CHAN for one channel: none named, left, right.
_SVX_MONO = frozenset(struct.pack(">I", value) for value in (0, 2, 4))
_SDS_HEADER_BYTES, _SDS_PACKET_BYTES = 21, 127


def au(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Sun's AU: a size of the sound, or -1 if it is open."""
    head = read_at(file, begin, 24)
    if len(head) < 24:
        return unknown_layout("AU")
    order, endian = (">", "BIG") if head[:4] == b".snd" else ("<", "LITTLE")
    offset, size = struct.unpack(f"{order}II", head[4:12])
    return sized_layout(
        "AU", file, (begin, end), begin + offset, size, endian=endian, is_strict=True,
        field=Field(begin + 8, f"{order}I"), block=_AU_BLOCK_BYTES.get(struct.unpack(f"{order}I", head[12:16])[0], 1),
        alignment=1,
    )  # fmt: skip


def nist(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """NIST Sphere: the number of samples in a text header."""
    head = read_at(file, begin, 1024)
    fields = dict(_NIST_FIELD.findall(head))
    coding = fields.get(b"sample_coding", b"pcm").decode("ascii", "replace")
    if "," in coding:
        return FileLayout("NIST", notices=(Notice("coded", {"coding": coding[:40]}),))
    count, length = fields.get(b"sample_count", b""), head[8:16].strip()
    if not count.isdigit() or not length.isdigit():
        return FileLayout("NIST", (Stream(is_open=True),))
    rate = _number(fields, b"sample_rate", 0)
    if rate and b"end_head" in head and end - begin < int(length):
        # FFmpeg would take the padding of the header for sound.
        values = {"n_present": 0, "n_promised": int(count), "sample_rate": rate}
        return FileLayout("NIST", notices=(Notice("cut", values),))
    frame = _number(fields, b"channel_count", 1) * _number(fields, b"sample_n_bytes", 2 if coding == "pcm" else 1)
    n_bytes = int(count) if is_open_size(int(count)) else int(count) * frame
    endian = "LITTLE" if fields.get(b"sample_byte_format", b"01").startswith(b"01") else "BIG"
    return sized_layout("NIST", file, (begin, end), begin + int(length), n_bytes, endian=endian, alignment=1)


def _number(fields: dict[bytes, bytes], name: bytes, default: int) -> int:
    value = fields.get(name, b"")
    return int(value) if value.isdigit() else default


def caf(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Apple's Core Audio, whose first chunk describes the samples."""
    layout = _caf_layout(file, begin, end)
    codec, n_bytes, n_samples, n_channels, bits = struct.unpack(">4s4xIIII", read_at(file, begin + 28, 24))
    n_expected = n_samples * n_channels * (-(-bits // 8) if codec == b"lpcm" else 1)
    if codec in _CAF_LINEAR_CODECS and n_bytes != n_expected:
        layout = layout.with_notice(Notice("header-disagrees", {"what": "bytes per sample, bits and channels"}))
    if codec != b"alac":
        return layout
    # In damaged packets, the decoder depends on what it decoded before.
    layout = replace(layout, streams=tuple(replace(stream, is_seekable=False) for stream in layout.streams))
    return _mended_alac(file, (begin, end), layout, n_samples)


def _mended_alac(file: BinaryIO, span: tuple[int, int], layout: FileLayout, per_packet: int) -> FileLayout:
    """Return the layout with the fields of ALAC's own configuration, where the header contradicts it.

    libsndfile refuses flags that stand for no width, and FFmpeg drops the padding of the last packet twice. Both lose
    samples if those of a packet are wrong, which is said.
    """
    begin, end = span
    configuration = _alac_configuration(file, begin, end)
    if configuration is None:
        return layout
    own_per_packet, bits, own_channels = struct.unpack_from(">IxB3xB", configuration)
    flags = _ALAC_FLAGS.get(bits)
    if flags is not None and struct.unpack(">I", read_at(file, begin + 32, 4))[0] not in _ALAC_FLAGS.values():
        layout = layout.with_bytes(span, begin + 32, struct.pack(">I", flags))
    if own_per_packet != per_packet:
        layout = layout.with_bytes(span, begin + 40, struct.pack(">I", own_per_packet))
        layout = layout.with_notice(Notice("header-disagrees", {"what": "samples per packet"}))
    if own_channels and struct.unpack(">I", read_at(file, begin + 44, 4))[0] != own_channels:
        layout = layout.with_bytes(span, begin + 44, struct.pack(">I", own_channels))
        layout = layout.with_notice(Notice("header-disagrees", {"what": "channels"}))
    return layout


def _alac_configuration(file: BinaryIO, begin: int, end: int) -> bytes | None:
    """Return the configuration of ALAC's decoder in a CAF; None if there is none."""
    for chunk in walk_chunks(file, begin + 8, end, CAF):
        if chunk.name == b"kuki" and chunk.size == _ALAC_CONFIGURATION_BYTES:
            configuration = read_at(file, chunk.begin, chunk.size)
            return configuration if len(configuration) == chunk.size else None
        if chunk.size < 0:
            break
    return None


def _caf_layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Return the layout of chunks with sizes of 8 bytes; a size of -1 stands for sound up to the end of the file."""
    is_little, n_samples, n_packed = False, None, None
    for chunk in walk_chunks(file, begin + 8, end, CAF):
        at, size = chunk.begin, chunk.size
        if chunk.name == b"desc":
            is_little = bool(struct.unpack(">I", read_at(file, at, 16)[12:])[0] & 2)
        if chunk.name == b"pakt" and size >= 24:
            n_samples, n_packed = _packet_table(file, at, min(size, end - at))
        if chunk.name == b"data":
            if size - 4 == n_packed and chunk.end <= end:
                return _packed_caf(file, (begin, chunk.end, end), at, n_samples)
            if 0 <= size < end - at and (chunks_end := end_of_chunks(file, chunk.end, end, CAF)):
                n_bytes, pieces = max(0, size - 4), ((begin, chunks_end),) if chunks_end < end else None
                stream = Stream(pieces, promised_bytes=n_bytes, present_bytes=n_bytes)
                return FileLayout("CAF", (stream,), next_file=chunks_end if chunks_end < end else None)
            return sized_layout(
                "CAF", file, (begin, end), at + 4, max(0, size - 4) if size >= 0 else _MAX_SIZE,
                endian="LITTLE" if is_little else "BIG", is_wide=True, is_strict=True, chunks=CAF,
                field=Field(at - 8, ">q", before=4), n_samples=n_samples,
            )  # fmt: skip
        if not 0 <= size < end - at:
            break
    return unknown_layout("CAF")


def _packet_table(file: BinaryIO, at: int, size: int) -> tuple[int, int]:
    """Return the numbers of samples and bytes in a table of the lengths of all packets."""
    n_packets, n_samples = struct.unpack(">qq8x", read_at(file, at, 24))
    n_bytes = length = 0
    for byte in file.read(size - 24):
        length = (length << 7 | byte & 0x7F) & _MAX_SIZE
        if byte < 0x80 and n_packets > 0:
            n_bytes, length, n_packets = n_bytes + length, 0, n_packets - 1
    return n_samples, n_bytes


def _packed_caf(file: BinaryIO, places: tuple[int, int, int], sound: int, n_samples: int | None) -> FileLayout:
    """Return the layout of a file whose packet table says where its sound ends, so that nothing behind it is sound."""
    begin, ends, end = places
    chunks_end = end_of_chunks(file, ends, end, CAF)
    next_file = chunks_end if 0 < chunks_end < end else second_file(file, ends, end)
    stream = Stream(((begin, next_file or chunks_end or ends),), promised_samples=n_samples)
    rest = "chunks" if chunks_end else classify_trailing(file, sound, ends, end, None)
    if rest in ("nothing", "chunks", "file", "padding"):
        return FileLayout("CAF", (stream,), next_file=next_file)
    kind = "zeros" if end_of_run(file, ends, end) == (end, 0) else "junk"
    return FileLayout("CAF", (stream,), dropped_notices(kind, end - ends))


def is_htk(head: bytes, n_bytes: int) -> bool:
    """Whether a file seems to begin with HTK's header of a waveform; libsndfile requires a correct length, too."""
    if len(head) < 12 or head[8:12] != b"\0\2\0\0":
        return False
    count, period = struct.unpack(">II", head[:8])
    return 0 <= count < 1 << 32 and 50 <= period <= 5000 and n_bytes > 12


def htk(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """HTK: a number of samples, which libsndfile compares with the file's size."""
    field, span = Field(begin, ">I", unit=2), (begin, end - (end - begin) % 2)
    layout = sized_layout("HTK", file, span, begin + 12, field.n_bytes(file), is_strict=True, field=field)
    return layout.within(begin, end - 1) if (end - begin) % 2 else layout


def svx(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Amiga's 8SVX and 16SV: chunks, one of which is the sound.

    libsndfile reads forever in files of thousands of chunks, so it gets only those that it needs.
    """
    needed, missing = [(begin, begin + 12)], {b"VHDR", b"CHAN"}
    for chunk in walk_chunks(file, begin + 12, end, IFF):
        if chunk.name == b"BODY":
            layout = sized_layout(
                "SVX", file, (begin, end), chunk.begin, chunk.size, endian="BIG", chunks=IFF, is_last=True,
                field=Field(chunk.begin - 4, ">I"),
            )  # fmt: skip
            if needed[-1][1] == chunk.at and all(at == ends for (_, at), (ends, _) in pairwise(needed)):
                return layout
            return layout.within(begin, end).with_pieces(partial(_replace_start, needed, chunk.at - begin))
        if chunk.name == b"CHAN" and read_at(file, chunk.begin, 4) not in _SVX_MONO:
            # Each channel follows the one before as a whole, but libsndfile reads interleaved samples.
            return FileLayout("SVX", notices=(Notice("one-by-one"),))
        if chunk.name in missing:
            missing.remove(chunk.name)
            needed.append((chunk.at, min(chunk.next, end)))
    return unknown_layout("SVX").with_pieces(lambda _: needed)


def _replace_start(start: list[tuple[int, int]], n_bytes: int, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    return (*start, *tail(pieces, n_bytes))


def sds(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """MIDI's sample dump: packets of 120 bytes of 7 bits and a checksum."""
    head = read_at(file, begin, _SDS_HEADER_BYTES)
    if len(head) < _SDS_HEADER_BYTES or not 8 <= head[6] <= 28:
        return unknown_layout("SDS")
    promised = head[10] | head[11] << 7 | head[12] << 14
    per_packet = 120 // -(-head[6] // 7)
    n_packets = -(-promised // per_packet)
    sound = begin + _SDS_HEADER_BYTES
    n_present = (end - sound) // _SDS_PACKET_BYTES
    ends = sound + min(n_present, n_packets) * _SDS_PACKET_BYTES
    rest = classify_trailing(file, sound, ends, end, None) if n_present >= n_packets else ""
    if dropped := dropped_notices(rest, end - ends):
        return FileLayout("SDS", (Stream(((begin, ends),)),), (*dropped, *_damaged_packets(file, sound, n_packets)))
    notices = _damaged_packets(file, sound, n_present)
    if n_present < n_packets:
        return FileLayout("SDS", (Stream(promised_samples=promised, most_samples=n_present * per_packet),), notices)
    if rest != "sound" or n_present == n_packets:
        return FileLayout("SDS", notices=notices)
    total = n_present * per_packet
    count = bytes([total & 127, total >> 7 & 127, total >> 14 & 127])
    pieces = mend(begin, sound + n_present * _SDS_PACKET_BYTES, (begin + 10, count))
    return FileLayout("SDS", (Stream(pieces, promised_samples=promised),), notices)


def _damaged_packets(file: BinaryIO, sound: int, n_packets: int) -> tuple[Notice, ...]:
    file.seek(sound)
    packets = (file.read(_SDS_PACKET_BYTES) for _ in range(n_packets))
    n_damaged = sum(packet[:1] != b"\xf0" or _checksum(packet[1:125]) != packet[125] for packet in packets)
    return (Notice("packets-damaged", {"n_packets": n_damaged}),) if n_damaged else ()


def _checksum(data: bytes) -> int:
    """Return the exclusive or of all bytes."""
    number = int.from_bytes(data, "big")
    for shift in (512, 256, 128, 64, 32, 16, 8):
        number ^= number >> shift
    return number & 0x7F
