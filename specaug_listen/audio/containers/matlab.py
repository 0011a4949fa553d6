"""MATLAB's files, which may hold any data: clips are those as libsndfile writes, ``samplerate``, then ``wavedata``.

libsndfile itself takes the first numbers for sound, whatever their name. All other files are refused here.
"""

from __future__ import annotations

import functools
import re
import struct
from typing import BinaryIO

from ..._notices import Notice
from .file_view import read_at
from .header_sizes import Field, sized_layout
from .sound_layout import FileLayout

__all__ = ["is_mat4", "mat4", "mat4_of_other_kind", "mat5"]

_HEAD_BYTES = 512
_MAX_CHANNELS = 256
_MAX_NAME_BYTES = 64
# Bytes of a number by its type, in version 4.
_NUMBER_BYTES = (8, 4, 4, 2, 2, 1)
# Types of a variable in version 5, plain and compressed.
_MATRIX_KIND, _COMPRESSED_KIND = 14, 15


def mat4(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Version 4: two matrices, each behind a header of 20 bytes and its name."""
    head = read_at(file, begin, _HEAD_BYTES)
    order = _order_of_mat4(head) or "<"
    at = 20 + struct.unpack_from(f"{order}I", head, 16)[0] + 8
    kind, channels, _, is_complex, n_name = struct.unpack_from(f"{order}5I", head, at)
    if head[at + 20 : at + 20 + n_name] != b"wavedata\0" or is_complex or not 1 <= channels <= _MAX_CHANNELS:
        return _refusal("MAT4")
    field = Field(begin + at + 8, f"{order}I", channels * _NUMBER_BYTES[kind % 1000 // 10])
    return _clip("MAT4", file, (begin, end), begin + at + 20 + n_name, field, order)


def mat5(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Version 5: two matrices, each of elements with type and size: flags, dimensions, name, and values."""
    head = read_at(file, begin, _HEAD_BYTES)
    if len(head) < 128:
        raise ValueError("cut off within the text at its beginning")
    order = ">" if head[126:128] == b"MI" else "<"
    header = _header_of_mat5(order).match(head, 128)
    if header is None or not 1 <= struct.unpack(f"{order}I", header[1])[0] <= _MAX_CHANNELS:
        return _refusal("MAT5")
    return _clip("MAT5", file, (begin, end), begin + header.end(), Field(begin + header.end() - 4, f"{order}I"), order)


def mat4_of_other_kind(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Refuse a matrix that is not the sample rate of a clip."""
    return _refusal("MAT4")


def is_mat4(head: bytes) -> bool:
    """Whether these bytes are the header of a matrix of version 4."""
    return bool(_order_of_mat4(head))


def _refusal(container: str) -> FileLayout:
    return FileLayout(container, notices=(Notice("variables"),))


def _clip(container: str, file: BinaryIO, span: tuple[int, int], sound: int, field: Field, order: str) -> FileLayout:
    n_bytes = field.n_bytes(file)
    if _is_variable(file, container, span[0], sound + n_bytes, order):
        return _refusal(container)
    endian = "BIG" if order == ">" else "LITTLE"
    return sized_layout(
        container, file, span, sound, n_bytes, endian=endian, is_strict=container == "MAT4", field=field, alignment=8
    )


def _is_variable(file: BinaryIO, container: str, begin: int, at: int, order: str) -> bool:
    """Whether another variable follows, or another file."""
    if container == "MAT4":
        return is_mat4(read_at(file, at, _HEAD_BYTES))
    head = read_at(file, begin + (at - begin + 7) // 8 * 8, 8)
    is_matrix = len(head) == 8 and struct.unpack(f"{order}I", head[:4])[0] in (_MATRIX_KIND, _COMPRESSED_KIND)
    return is_matrix or head.startswith(b"MATLAB ")


@functools.cache
def _header_of_mat5(order: str) -> re.Pattern[bytes]:
    """Return a pattern of all bytes from the first variable to the samples; its group is the number of channels."""

    def numbers(*values: int) -> bytes:
        return re.escape(struct.pack(f"{order}{len(values)}I", *values))

    real = b"(?:" + b"|".join(numbers(kind) for kind in range(6, 14)) + b").{4}"  # without a flag, as of complex ones
    rate = b"(?:" + numbers(9, 8) + b".{8}|.{8})"  # a double, or what is packed with its type and size
    before = numbers(_MATRIX_KIND) + b".{4}" + numbers(6, 8) + real + numbers(5, 8)
    first = before + numbers(1, 1, 1, 10) + rb"samplerate\0{6}" + rate
    return re.compile(first + before + b"(.{4}).{4}" + numbers(1, 8) + b"wavedata.{8}", re.DOTALL)


def _order_of_mat4(head: bytes) -> str:
    for order, thousands in (("<", 0), (">", 1)):
        if len(head) < 22:
            break
        kind, _, _, is_complex, n_name = struct.unpack_from(f"{order}5I", head)
        *name, last = head[20 : 20 + min(n_name, _MAX_NAME_BYTES)] or b"\1"
        is_kind = kind // 1000 == thousands and kind % 1000 < 60 and kind % 10 < 3
        if is_kind and is_complex < 2 and last == 0 and bytes(name).decode("latin-1").isidentifier():
            return order
    return ""
