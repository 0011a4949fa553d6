"""Containers whose header is of a fixed form: Sun's AU, NIST Sphere, Core Audio, Creative Voice, HTK and others."""

from __future__ import annotations

import re
import struct
from typing import BinaryIO

from .._notices import Notice
from .layout import Body, Layout, Stream
from .trailing import kind_of_rest
from .view import mended

__all__ = ["au", "avr", "caf", "htk", "is_htk", "nist", "sds", "svx", "voc"]

_NIST_FIELD = re.compile(rb"^(\w+) -(?:i|s\d+) (.+?)\s*$", re.MULTILINE)
_OPEN = 0xFFFFFFFF
# Blocks of sound, and what they hold before it.
_VOC_HEADERS = {1: 2, 2: 0, 9: 12}
_SDS_HEADER, _SDS_PACKET = 21, 127


def au(file: BinaryIO, begin: int, end: int) -> Layout:
    """Sun's AU: the size of the sound, or that it is open."""
    file.seek(begin)
    head = file.read(24)
    if len(head) < 24:
        return Layout("AU")
    order, endian = (">", "BIG") if head[:4] == b".snd" else ("<", "LITTLE")
    offset, size = struct.unpack(f"{order}II", head[4:12])
    sound = begin + offset
    there = end - sound
    if size in (_OPEN, there):
        return Layout("AU")
    if size > there:
        return Layout("AU", (Stream(promised_bytes=size, present_bytes=max(0, there)),))
    rest = kind_of_rest(file, sound + size, end, "")
    if rest == "file":
        return Layout("AU", (Stream(((begin, sound + size),)),), next_file=sound + size)
    if rest == "zeros":
        return Layout("AU", (Stream(),), (Notice("zeros-after", {"n_bytes": there - size}),))
    pieces = mended(begin, end, (begin + 8, struct.pack(f"{order}I", _OPEN)))
    return Layout("AU", (Stream(pieces, Body(sound, end, endian), promised_bytes=size, present_bytes=there),))


def nist(file: BinaryIO, begin: int, end: int) -> Layout:
    """NIST Sphere: the number of samples in a header of text."""
    file.seek(begin)
    fields = dict(_NIST_FIELD.findall(file.read(1024)))
    coding = fields.get(b"sample_coding", b"pcm").decode("ascii", "replace")
    if "," in coding:
        return Layout("NIST", notices=(Notice("coded", {"coding": coding[:40]}),))
    count = fields.get(b"sample_count", b"")
    return Layout("NIST", (Stream(promised_samples=int(count) if count.isdigit() else None),))


def caf(file: BinaryIO, begin: int, end: int) -> Layout:
    """Apple's Core Audio: chunks with sizes of 8 bytes, the sound's of -1 where it goes on to the end."""
    file.seek(begin + 8)
    is_little = False
    while len(header := file.read(12)) == 12:
        at = file.tell()
        size = struct.unpack(">q", header[4:])[0]
        if header[:4] == b"desc":
            is_little = bool(struct.unpack(">I", file.read(16)[12:])[0] & 2)
        if header[:4] == b"data":
            body = Body(at + 4, end, "LITTLE" if is_little else "BIG")
            there = end - at
            if size < 0:  # libsndfile takes no size that is open, either
                return Layout("CAF", (Stream(mended(begin, end, (at - 8, struct.pack(">q", there)))),))
            if size > there:
                # libsndfile takes no chunk that is longer than the file.
                pieces = mended(begin, end, (at - 8, struct.pack(">q", there)))
                return Layout("CAF", (Stream(pieces, None, max(0, size - 4), max(0, there - 4)),))
            if size < there and not _are_caf_chunks(file, at + size, end):
                pieces = mended(begin, end, (at - 8, struct.pack(">q", there)))
                return Layout("CAF", (Stream(pieces, body, max(0, size - 4), there - 4),))
            return Layout("CAF")
        file.seek(at + size)
    return Layout("CAF")


def _are_caf_chunks(file: BinaryIO, at: int, end: int) -> bool:
    while at < end:
        file.seek(at)
        header = file.read(12)
        if len(header) < 12 or not header[:4].isascii():
            return not any(header)
        at += 12 + max(0, struct.unpack(">q", header[4:])[0])
    return at == end


def voc(file: BinaryIO, begin: int, end: int) -> Layout:
    """Creative Voice: blocks with sizes of 3 bytes, of which the first with sound tells of its coding.

    libsndfile takes all behind its header for sound, the headers of the blocks that continue it, too.
    """
    bodies: list[tuple[int, int]] = []
    promised, first, n_before, at = 0, begin, 0, _first_block_of_voc(file, begin)
    while at + 4 <= end:
        file.seek(at)
        kind, low, high = struct.unpack("<BHB", file.read(4))
        n_header = _VOC_HEADERS.get(kind)
        if kind == 0 or kind > 9 or (bodies and kind in (1, 8, 9)):  # the end, no block, or another coding
            break
        size = low + (high << 16)
        if n_header is not None:
            sound, n_bytes = at + 4 + n_header, size - n_header
            if kind == 9 and end - sound - n_bytes in (8, 9):  # SoX counts 4 of the header's 12 bytes
                n_bytes += 8
            if not bodies:
                first, n_before = at, n_header
            bodies.append((sound, min(end, sound + n_bytes)))
            promised += n_bytes
        at += 4 + size
    if not bodies:
        return Layout("VOC")
    present = sum(stop - start for start, stop in bodies)
    size = struct.pack("<I", min(present + n_before, 0xFFFFFF))[:3]
    head = mended(begin, bodies[0][0], (first + 1, size))
    pieces = (*head, *bodies, b"\0")
    if present == promised:
        return Layout("VOC", (Stream(pieces),))
    return Layout("VOC", (Stream(pieces, None, promised, present),))


def _first_block_of_voc(file: BinaryIO, begin: int) -> int:
    file.seek(begin + 20)
    return begin + int(struct.unpack("<H", file.read(2))[0])


def avr(file: BinaryIO, begin: int, end: int) -> Layout:
    """Audio Visual Research: the number of samples at a fixed place."""
    file.seek(begin + 26)
    field = file.read(4)
    return Layout("AVR", (Stream(promised_samples=struct.unpack(">I", field)[0] if len(field) == 4 else None),))


def is_htk(head: bytes, n_bytes: int) -> bool:
    """Whether a file seems to begin with HTK's header of a waveform; libsndfile wants the length to be right, too."""
    if len(head) < 12 or head[8:12] != b"\0\2\0\0":
        return False
    count, period = struct.unpack(">II", head[:8])
    return 0 < count < 1 << 31 and 50 <= period <= 5000 and n_bytes > 12


def htk(file: BinaryIO, begin: int, end: int) -> Layout:
    """HTK: the number of samples, which must be that of the file."""
    file.seek(begin)
    count = struct.unpack(">I", file.read(4))[0]
    there = (end - begin - 12) // 2
    if count == there and (end - begin) % 2 == 0:
        return Layout("HTK")
    pieces = mended(begin, begin + 12 + 2 * there, (begin, struct.pack(">I", there)))
    return Layout("HTK", (Stream(pieces, promised_samples=count),))


def svx(file: BinaryIO, begin: int, end: int) -> Layout:
    """Amiga's 8SVX and 16SV: chunks, one of which is the sound."""
    file.seek(begin + 12)
    while len(header := file.read(8)) == 8:
        size, at = struct.unpack(">I", header[4:])[0], file.tell()
        if header[:4] == b"BODY":
            # libsndfile takes the byte that fills up an odd size for sound.
            pieces = ((begin, min(end, at + size)),)
            return Layout("SVX", (Stream(pieces, promised_bytes=size, present_bytes=min(size, end - at)),))
        file.seek(at + size + size % 2)
    return Layout("SVX")


def sds(file: BinaryIO, begin: int, end: int) -> Layout:
    """MIDI's sample dump: packets of 120 bytes of 7 bits."""
    file.seek(begin)
    head = file.read(_SDS_HEADER)
    if len(head) < _SDS_HEADER or not 8 <= head[6] <= 28:
        return Layout("SDS")
    promised = head[10] | head[11] << 7 | head[12] << 14
    there = (end - begin - _SDS_HEADER) // _SDS_PACKET * (120 // -(-head[6] // 7))
    if there >= promised:
        return Layout("SDS")
    return Layout("SDS", (Stream(promised_samples=promised, most_samples=there),))
