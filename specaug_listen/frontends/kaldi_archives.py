"""Kaldi archives (ark) and their lists (scp), binary and text, without ever running a command from a list.

Only headers are read until a matrix is requested. Compressed matrices are decoded by kaldi_native_io.
"""

from __future__ import annotations

import codecs
import math
import os
import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import check_cells, check_total
from .._files import open_file, printable, read_file
from .._imports import require
from ..errors import AudioError

__all__ = ["Place", "ark_places", "read_place", "scp_places"]

_MAX_KEY_LENGTH, _MAX_LIST_LENGTH, _MAX_TEXT_BYTES = 4096, 1 << 28, 1 << 26
# A range may exceed the matrix by this many rows.
_TOLERANCE = 3
_MAX_ROWS, _MAX_ROW_BYTES = 1 << 20, 1 << 20
# So many lines for one matrix are allowed without a look at its size.
_FEW_LINES = 50
_WHOLE = (slice(None), slice(None))
_RANGE = re.compile(r"\[(\d*):(\d*)(?:,(\d*):(\d*))?\]$")
# What separates the words of a list in Kaldi.
_BLANKS = " \t\r\n\f\v"
_BLANK = re.compile(f"[{_BLANKS}]+")
_OFFSET = re.compile(r":(\d{1,18})$")
_OTHER_CONTENTS = {
    b"RIFF": "audio", b"AUDIO": "audio", b"fLaC": "audio", b"PKL": "a Python pickle, which is never loaded",
    b"NPY": "an array of numpy inside a Kaldi archive, which Kaldi itself cannot read",
}  # fmt: skip
_SIZES = {"FM": 4, "DM": 8, "CM": 1, "CM2": 2, "CM3": 1}


class Place(NamedTuple):
    """Location of a matrix.

    Parameters
    ----------
    key : str
    path : Path
    offset : int
        Of the first byte after the key.
    part : tuple of slice
        Rows and columns of the matrix that the list selects.
    """

    key: str
    path: Path
    offset: int
    part: tuple[slice, ...] = ()


class _Header(NamedTuple):
    kind: str
    rows: int
    columns: int
    begin: int
    end: int


def ark_places(path: Path) -> list[Place]:
    """List the keys of an archive, in its order, and the locations of their matrices.

    Raises an AudioError for a truncated archive, or a file that is not an archive of matrices.
    """
    with open_file(path) as file:
        return [Place(key, path, offset) for key, offset in _walk(file, printable(path))]


def _walk(file: IO[bytes], name: str) -> Iterator[tuple[str, int]]:
    while key := _key(file, name):
        offset = file.tell()
        header = _header(file, f"{name}:{key}")
        yield key, offset
        file.seek(header.end)


def _key(file: IO[bytes], name: str) -> str:
    read = bytearray()
    while (byte := file.read(1)) not in (b"", b" "):
        if not (byte.isspace() and not read):
            read += byte
        if len(read) > _MAX_KEY_LENGTH or byte == b"\0" or (byte.isspace() and read):
            raise AudioError.of_file(name, f"not a Kaldi archive: expected a key at byte {file.tell()}")
    if byte == b"" and read:
        raise AudioError.of_file(name, f"truncated after the key {bytes(read)!r:.60}; copy the file again")
    return read.decode("utf-8", "backslashreplace")


def _header(file: IO[bytes], name: str) -> _Header:
    """Read type and size of the matrix at the file's position, and the byte range of its numbers."""
    begin = file.tell()
    head = file.read(64)
    for magic, contents in _OTHER_CONTENTS.items():
        if head.startswith(magic):
            raise AudioError.of_file(name, f"contains {contents}; expected a feature matrix")
    if not head.startswith(b"\0B"):
        return _text_header(file, begin, name)
    kind = head[2:6].split(b" ")[0].decode("ascii", "replace")
    if kind in ("FV", "DV") or head[2:3] == b"\x04":
        raise AudioError.of_file(name, "contains a vector; expected a feature matrix")
    if kind not in _SIZES:
        raise AudioError.of_file(name, f"contains {head[2:6]!r}; expected a matrix (FM, DM, CM, CM2 or CM3)")
    data = begin + 3 + len(kind)
    try:
        if kind in ("FM", "DM"):
            row_bytes, rows, column_bytes, columns = struct.unpack_from("<BiBi", head, data - begin)
            data, is_valid = data + 10, row_bytes == column_bytes == 4
        else:
            _, _, rows, columns = struct.unpack_from("<ffii", head, data - begin)
            data, is_valid = data + 16, True
    except struct.error:
        raise AudioError.of_file(name, "truncated within a header; copy the file again") from None
    if not is_valid or rows < 0 or columns < 0:
        raise AudioError.of_file(name, f"invalid header of a matrix of {rows} by {columns}; the file is damaged")
    size = rows * columns * _SIZES[kind] + (8 * columns if kind == "CM" else 0)
    present = os.fstat(file.fileno()).st_size - data
    if size > present:
        raise AudioError.of_file(
            name, f"truncated: {rows} by {columns} cells are {size} bytes, the file has {present}; copy it again"
        )
    return _Header(kind, rows, columns, data, data + size)


def _text_header(file: IO[bytes], begin: int, name: str) -> _Header:
    file.seek(begin)
    n_read = start = 0
    while (end := (more := file.read(1 << 16)).find(b"]")) < 0:
        if not n_read:
            start = _bracket(more, name)
        n_read += len(more)
        if not more:
            raise AudioError.of_file(name, "truncated: a text matrix without closing bracket; copy the file again")
        if n_read > _MAX_TEXT_BYTES:
            raise AudioError.of_file(
                name, f"a text matrix of more than {_MAX_TEXT_BYTES} bytes; write it in binary form"
            )
    start = start if n_read else _bracket(more, name)
    return _Header("text", 0, 0, begin + start + 1, begin + n_read + end + 1)


def _bracket(text: bytes, name: str) -> int:
    """Return the index of the opening bracket of a text matrix."""
    if not text.lstrip().startswith(b"["):
        raise AudioError.of_file(name, f"{text[:20]!r} is not a matrix; expected Kaldi's binary or text format")
    return text.index(b"[")


def read_place(place: Place) -> npt.NDArray[Any]:
    """Read a matrix, shape (n_frames, n_mels).

    Raises an AudioError if it is missing or damaged, and a MissingDependencyError if it is compressed and
    kaldi_native_io is not installed.
    """
    name = f"{printable(place.path)}:{place.key}"
    with open_file(place.path) as file:
        file.seek(place.offset)
        header = _header(file, name)
        check_cells((header.rows, header.columns), name, _SIZES.get(header.kind, 4))
        file.seek(header.begin)
        if header.kind in ("FM", "DM"):
            data = file.read(header.end - header.begin)
            dtype = np.dtype("<f4" if header.kind == "FM" else "<f8")
            matrix: npt.NDArray[Any] = np.frombuffer(data, dtype).reshape(header.rows, header.columns)
        elif header.kind == "text":
            matrix = _text_matrix(file.read(header.end - header.begin - 1), name)
        else:
            kaldi = require("kaldi_native_io", extra="kaldi", purpose="compressed matrices of Kaldi")
            # Kaldi reads an absolute path with an offset as a file, never as a command.
            matrix = np.array(kaldi.FloatMatrix.read(f"{os.path.abspath(place.path)}:{place.offset}").numpy())
    return _cut_out(matrix, place)


def _cut_out(matrix: npt.NDArray[Any], place: Place) -> npt.NDArray[Any]:
    """Return the range that a line of the list selects; as in Kaldi, it may exceed the matrix by a few rows."""
    for size, part in zip(matrix.shape, place.part, strict=False):
        if (part.start or 0) >= size or (part.stop or 0) > size + _TOLERANCE:
            raise AudioError(
                f"{printable(place.path)}: {place.key!r:.60}: a range up to {(part.stop or size) - 1}, but the matrix "
                f"has {size} rows or columns, counted from 0; write the list again"
            )
    return matrix[place.part] if place.part else matrix


def _text_matrix(text: bytes, name: str) -> npt.NDArray[Any]:
    lines = text.split(b"\n", _MAX_ROWS + 1)
    if len(lines) > _MAX_ROWS or max(map(len, lines)) > _MAX_ROW_BYTES:
        size = f"more than {_MAX_ROWS} rows" if len(lines) > _MAX_ROWS else f"a row of more than {_MAX_ROW_BYTES} bytes"
        raise AudioError.of_file(name, f"{size}; write a matrix of this size in binary form")
    rows: list[list[float]] = []
    for words in filter(None, map(bytes.split, lines)):
        rows.append([_number(word, f"{name}: row {len(rows) + 1}") for word in words])
        if len(words) != len(rows[0]):
            raise AudioError.of_file(
                name,
                f"{len(words)} numbers in row {len(rows)}: expected {len(rows[0])} numbers in every row; the text is "
                "damaged: copy or write it again",
            )
    return np.array(rows, np.float32)


def _number(word: bytes, name: str) -> float:
    try:
        return float(word)
    except ValueError:
        text = word.decode("utf-8", "backslashreplace")
        raise AudioError.of_file(
            name, f"{text!r:.60}: expected numbers only; the text is no matrix, or damaged"
        ) from None


def scp_places(path: Path) -> list[Place]:
    """List the keys of a list, in its order, and the locations of their matrices.

    Raises an AudioError for an empty list, and for a line that names a command (never run), standard input, or no file.
    """
    name = printable(path)
    places = []
    text = read_file(path, _MAX_LIST_LENGTH).removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.splitlines(), 1):
        if line := line.strip(_BLANKS):
            key, target = [*_BLANK.split(line, maxsplit=1), ""][:2]
            places.append(_scp_place(key, target, path, f"{name}, line {number}"))
    if not places:
        raise AudioError.of_file(name, "an empty list; expected lines of a key and FILE.ark:OFFSET")
    _check_lines(places, name)
    return places


def _check_lines(places: Iterable[Place], name: str) -> None:
    """Raise an AudioError if the lines of a list select the cells of one matrix many times over."""
    parts_of: dict[tuple[Path, int], list[tuple[slice, ...]]] = defaultdict(list)
    for place in places:
        parts_of[place.path, place.offset].append(place.part)
    for (path, offset), parts in parts_of.items():
        if len(parts) <= _FEW_LINES:
            continue
        try:
            with open_file(path) as file:
                file.seek(offset)
                header = _header(file, name)
        except (AudioError, OSError):
            continue  # each of its lines will say so
        n_bytes = header.end - header.begin
        rows, columns = header.rows, header.columns
        if header.kind == "text":  # Its shape, and so the size of a range, is unknown; a number has two bytes or more.
            rows, columns, parts = n_bytes // 2, 1, [part for part in parts if not part]
        n_cells = sum(
            math.prod(len(range(size)[part]) for size, part in zip((rows, columns), (*selected, *_WHOLE), strict=False))
            for selected in parts
        )
        check_total(
            n_cells, n_cells * n_bytes // max(1, rows * columns), n_bytes, f"{name}: {printable(path)}:{offset}"
        )


def _scp_place(key: str, target: str, scp: Path, name: str) -> Place:
    if target.endswith("|") or target.startswith("|"):
        raise AudioError.of_file(
            name, f"{target!r:.60} is a command, and commands in files are never run; write its output to an ark"
        )
    if target in ("", "-"):
        raise AudioError.of_file(
            name, f"{target!r:.80} behind {key!r:.60} names no file; expected a key and FILE.ark:OFFSET"
        )
    part: tuple[slice, ...] = ()
    if range_match := _RANGE.search(target):
        target = target[: range_match.start()]
        numbers = [int(text) if text else None for text in range_match.groups()]
        # Kaldi's ranges include both ends.
        part = tuple(
            slice(low, None if high is None else high + 1)
            for low, high in zip(numbers[::2], numbers[1::2], strict=True)
        )
    offset = _OFFSET.search(target)
    file = Path(target[: offset.start()] if offset else target)
    if not file.is_absolute() and not file.exists() and (scp.parent / file).exists():
        file = scp.parent / file
    if not file.is_file():
        places = "" if file.is_absolute() else f" (searched here and beside {printable(scp.name)})"
        raise AudioError.of_file(name, f"{printable(file)} does not exist or is not a file{places}")
    if file.suffix.lower() in (".wav", ".flac", ".sph", ".mp3", ".ogg"):
        raise AudioError.of_file(name, f"{printable(file)} is a recording; pass the recordings, not their list")
    return Place(key, file, int(offset.group(1)) if offset else 0, part)
