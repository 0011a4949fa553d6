"""Containers with magic bytes and, at a fixed offset, perhaps a length: AVR, WVE, MPC2K, XI, PAF, PVF, IRCAM."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import BinaryIO

from . import matlab
from .file_view import read_at
from .header_sizes import Field, sized_layout
from .sound_layout import FileLayout, Stream

__all__ = ["FIXED"]


def _by_field(
    container: str, file: BinaryIO, span: tuple[int, int], sound: int, field: Field, endian: str
) -> FileLayout:
    return sized_layout(container, file, span, sound, field.n_bytes(file), endian=endian, field=field, alignment=1)


def _avr(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Audio Visual Research: a number of samples."""
    head = read_at(file, begin, 16)
    unit = (2 if head[12:14] == b"\xff\xff" else 1) * (head[15] // 8)
    return _by_field("AVR", file, (begin, end), begin + 128, Field(begin + 26, ">I", unit), "BIG")


def _mpc2k(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Akai's MPC 2000: a number of samples of 16 bits."""
    unit = 4 if read_at(file, begin, 22)[21] else 2
    return _by_field("MPC2K", file, (begin, end), begin + 42, Field(begin + 30, "<I", unit), "LITTLE")


def _wve(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Psion's WVE: a number of bytes of A-law."""
    return _by_field("WVE", file, (begin, end), begin + 32, Field(begin + 18, ">I"), "BIG")


def _xi(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """FastTracker's instruments: the size of their one sample; libsndfile itself writes 0."""
    n_bytes = struct.unpack("<I", read_at(file, begin + 298, 4))[0]
    if n_bytes == 0:
        return _open("XI", end - begin - 338)
    return sized_layout("XI", file, (begin, end), begin + 338, n_bytes, alignment=1)


def _open(container: str, n_bytes: int) -> FileLayout:
    return FileLayout(container, (Stream(present_bytes=n_bytes, is_open=True),))


def _ircam(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """IRCAM: no length."""
    return _open("IRCAM", end - begin - 1024)


def _pvf(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Portable Voice Format: two lines of text without a length."""
    head = read_at(file, begin, 512)
    header = re.match(rb"PVF1\n[^\n]*\n", head)
    return _open("PVF", end - begin - (header.end() if header else len(head)))


def _paf(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Ensoniq's PARIS: no length; 24 bits come in blocks of ten samples in 32 bytes."""
    head = read_at(file, begin, 28)
    order = "<" if head[:4] == b"fap " else ">"
    kind, channels = struct.unpack_from(f"{order}II", head, 16)
    n_bytes = end - begin - 2048
    if kind != 1:
        return _open("PAF", n_bytes)
    block = 32 * max(1, channels)
    within = "sample" if n_bytes % block else None
    return FileLayout("PAF", (Stream(most_samples=n_bytes // block * 10, is_open=True, ends_within=within),))


# Name, magic bytes, offset and value of more magic bytes, and the parser.
FIXED: tuple[tuple[str, bytes, int, bytes, Callable[[BinaryIO, int, int], FileLayout]], ...] = (
    ("AVR", b"2BIT", 0, b"", _avr),
    ("WVE", b"ALawSoundFile**", 0, b"", _wve),
    ("MPC2K", b"\1\4", 0, b"", _mpc2k),
    ("MAT4", b"\0\0\0\0\1\0\0\0\1\0\0\0", 20, b"samplerate", matlab.mat4),
    ("MAT4", b"\0\0\3\xe8\0\0\0\1\0\0\0\1", 20, b"samplerate", matlab.mat4),
    ("MAT5", b"MATLAB ", 0, b"", matlab.mat5),
    ("XI", b"Extended Instrument: ", 0, b"", _xi),
    ("PAF", b" paf", 0, b"", _paf),
    ("PAF", b"fap ", 0, b"", _paf),
    ("PVF", b"PVF1", 0, b"", _pvf),
    ("IRCAM", b"\x64\xa3", 0, b"", _ircam),
    *(("IRCAM", bytes([0, n, 0xA3, 0x64]), 0, b"", _ircam) for n in range(4)),
)
