"""Containers with magic bytes and, at a fixed offset, perhaps a length: AVR, WVE, MPC2K, XI, PAF, PVF, IRCAM."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from . import matlab
from .file_view import read_at
from .header_sizes import Field, is_open_size, sized_layout
from .layout import FileLayout, Stream

__all__ = ["FIXED"]


class _Size(NamedTuple):
    """Where the sound begins, place and format of the length field, bytes per unit of it, and byte order of samples."""

    sound: int
    place: int
    form: str
    unit: int
    endian: str


def _by_size(container: str, read_size: Callable[[bytes], _Size]) -> Callable[[BinaryIO, int, int], FileLayout]:
    def layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
        head = read_at(file, begin, 512)
        size = read_size(head)
        count = struct.unpack_from(size.form, head, size.place)[0]
        n_bytes = count if is_open_size(count) else count * size.unit
        return sized_layout(
            container, file, (begin, end), begin + size.sound, n_bytes, endian=size.endian,
            field=Field(begin + size.place, size.form, size.unit), alignment=1,
        )  # fmt: skip

    return layout


def _avr(head: bytes) -> _Size:
    channels = 2 if head[12:14] == b"\xff\xff" else 1
    return _Size(128, 26, ">I", channels * (head[15] // 8), "BIG")


def _mpc2k(head: bytes) -> _Size:
    return _Size(42, 30, "<I", 4 if head[21] else 2, "LITTLE")


def _wve(head: bytes) -> _Size:
    return _Size(32, 18, ">I", 1, "BIG")


def _xi(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """FastTracker's instruments: the size of their one sample; libsndfile itself writes 0."""
    n_bytes = struct.unpack("<I", read_at(file, begin + 298, 4))[0]
    if n_bytes == 0:
        return FileLayout("XI", (Stream(present_bytes=end - begin - 338, is_open=True),))
    return sized_layout("XI", file, (begin, end), begin + 338, n_bytes, alignment=1)


def _without_size(container: str, sound: Callable[[bytes], int]) -> Callable[[BinaryIO, int, int], FileLayout]:
    def layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
        return FileLayout(
            container, (Stream(present_bytes=end - begin - sound(read_at(file, begin, 512)), is_open=True),)
        )

    return layout


def _paf(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Ensoniq's PARIS: no length; 24 bits come in blocks of ten samples in 32 bytes."""
    head = read_at(file, begin, 28)
    order = "<" if head[:4] == b"fap " else ">"
    kind, channels = struct.unpack_from(f"{order}II", head, 16)
    n_bytes = end - begin - 2048
    if kind != 1:
        return FileLayout("PAF", (Stream(present_bytes=n_bytes, is_open=True),))
    block = 32 * max(1, channels)
    within = "sample" if n_bytes % block else None
    return FileLayout("PAF", (Stream(most_samples=n_bytes // block * 10, is_open=True, ends_within=within),))


def _pvf_sound(head: bytes) -> int:
    header = re.match(rb"PVF1\n[^\n]*\n", head)
    return header.end() if header else len(head)


# Name, magic bytes, offset and value of more magic bytes, and the parser.
FIXED: tuple[tuple[str, bytes, int, bytes, Callable[[BinaryIO, int, int], FileLayout]], ...] = (
    ("AVR", b"2BIT", 0, b"", _by_size("AVR", _avr)),
    ("WVE", b"ALawSoundFile**", 0, b"", _by_size("WVE", _wve)),
    ("MPC2K", b"\1\4", 0, b"", _by_size("MPC2K", _mpc2k)),
    ("MAT4", b"\0\0\0\0\1\0\0\0\1\0\0\0", 20, b"samplerate", matlab.mat4),
    ("MAT4", b"\0\0\3\xe8\0\0\0\1\0\0\0\1", 20, b"samplerate", matlab.mat4),
    ("MAT5", b"MATLAB ", 0, b"", matlab.mat5),
    ("XI", b"Extended Instrument: ", 0, b"", _xi),
    ("PAF", b" paf", 0, b"", _paf),
    ("PAF", b"fap ", 0, b"", _paf),
    ("PVF", b"PVF1", 0, b"", _without_size("PVF", _pvf_sound)),
    ("IRCAM", b"\x64\xa3", 0, b"", _without_size("IRCAM", lambda head: 1024)),
    *(("IRCAM", bytes([0, n, 0xA3, 0x64]), 0, b"", _without_size("IRCAM", lambda head: 1024)) for n in range(4)),
)
