"""What follows the sound that a header promises: more sound, another file, or something else."""

from __future__ import annotations

import codecs
import math
import re
import string
import struct
import zlib
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from .file_view import end_of_run, read_at
from .tags import before_tags, behind_tags, is_begun_tag, sound_within

__all__ = [
    "begin_of_chunks", "end_of_chunks", "is_beginning", "is_open_size", "kind_of_rest", "second_file",
]  # fmt: skip

# Of a second file that was put behind the first one.
_BEGINNINGS = (
    b"RIFF", b"RIFX", b"RF64", b"FORM", b".snd", b"fLaC", b"OggS", b"caff", b"NIST_1A", b"Creative",
    b"riff\x2e\x91\xcf\x11",
)  # fmt: skip
# Chunks that may be cut without loss of sound; others count as chunks where they fit into the file to the byte.
_USUAL_NAMES = (
    b"LIST INFO id3  ID3  fact cue  plst smpl inst acid bext iXML axml aXML chna cart PEAK afsp JUNK junk PAD  FLLR "
    b"fllr minf elm1 regn umid DISP levl _PMX ResU strc MARK COMT NAME AUTH ANNO APPL AESD MIDI (c)  CHAN LGWV "
    b"SAUR basc trns AFAn note labl ltxt DGDA Fake bpm  "
)
_USUAL_CHUNKS = frozenset(_USUAL_NAMES[i : i + 4] for i in range(0, len(_USUAL_NAMES), 5))
# Of these, some hold a text, and some nothing that counts.
_TEXT_CHUNKS = frozenset({b"_PMX", b"iXML", b"axml", b"aXML"})
_IDLE_CHUNKS = frozenset({b"JUNK", b"junk", b"PAD ", b"FLLR", b"fllr", b"Fake"})
# Of which nothing is known but their names, and which hold sound that is read elsewhere.
_OPAQUE_CHUNKS = _USUAL_CHUNKS - _TEXT_CHUNKS - _IDLE_CHUNKS - {b"LIST", b"id3 ", b"ID3 "} | {b"data", b"SSND"}
# Of a chunk that may hide sound, and in how many places it is looked at.
_SHORTEST_HIDDEN_BYTES, _N_PROBES = 1 << 12, 4
# How much of a file's end is searched for chunks where no size tells of them.
_TAIL_BYTES = 1 << 22
# Where chunks are looked for by their names: these, length of a header, where their size is in it and its form, what
# it counts of the header, and up to a multiple of how many bytes they are filled up.
_RIFF_CHUNK = re.compile(b"|".join(map(re.escape, sorted(_USUAL_CHUNKS))))
_CAF_CHUNK = re.compile(b"info|uuid|free|mark|regn|peak|strg|edct|umid|ovvw|midi|inst|chan")
_W64_CHUNK = re.compile(b"list|fact|bext|levl|junk")
_CHUNK_FORMS = {
    "<": (_RIFF_CHUNK, 8, 4, "<I", 0, 2),
    ">": (_RIFF_CHUNK, 8, 4, ">I", 0, 2),
    "caf": (_CAF_CHUNK, 12, 4, ">Q", 0, 1),
    "w64": (_W64_CHUNK, 24, 16, "<Q", 24, 8),
}
_PRINTABLE = frozenset(string.printable.encode())
_OPEN_MARGIN_BYTES = 1 << 20
# What SoX writes into an AIFF's header where it cannot go back, plus what precedes the samples.
_OPEN_SIZE_OF_SOX, _SOX_HEADER_BYTES = 0x7F000000, 1 << 12
_TAG_HEAD_BYTES = 32
# Pictures, archives, documents.
_OTHER_BEGINNINGS = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"PK\3\4",
    b"\x1f\x8b\x08",
    b"Rar!",
    b"7z\xbc\xaf",
    b"%PDF",
    b"APETAGEX",
)
# Of less nobody can tell that it is no sound.
_SHORTEST_REST_BYTES = 8
# How much of a file is looked at to tell sound from something else, and how little tells nothing.
_PROBE_BYTES, _FEWEST_PROBE_BYTES = 1 << 15, 1 << 10
# By how much bytes of anything dense change on average, and how that varies; of sound, the highest ones change less.
_RANDOM_STEP, _RANDOM_STEP_SPREAD, _STEADY_STEP, _CERTAIN_STEP = 64, 37, 48, 24
# Samples of all channels: 8 of 32 bits. How many are surely no coincidence, and how many tell anything.
_LONGEST_SAMPLE_BYTES, _SURE_SAMPLES, _FEWEST_SAMPLES = 32, 200, 4


def is_open_size(size: int, *, is_wide: bool = False) -> bool:
    """Whether a size stands for an unknown one, as programs write it that cannot go back to fill it in.

    Parameters
    ----------
    size : int
    is_wide : bool
        Whether it is written in 64 bits, so that one above 4 GiB can be meant.

    Examples
    --------
    >>> [is_open_size(size) for size in (0xFFFFFFFF, 0x7FFFF000, 0x80000000, 0x7F000000, 0x40000000)]
    [True, True, True, True, False]
    >>> [is_open_size(size, is_wide=True) for size in (0xFFFFFFFF, 5 << 32, 1 << 63)]
    [True, False, True]
    """
    if 0 <= size - _OPEN_SIZE_OF_SOX < _SOX_HEADER_BYTES:
        return True
    if is_wide and size >= (1 << 63) - _OPEN_MARGIN_BYTES:
        return True
    is_near_4_gib = size >= (1 << 32) - _OPEN_MARGIN_BYTES and not (is_wide and size > 1 << 32)
    return (1 << 31) - _OPEN_MARGIN_BYTES <= size <= (1 << 31) + _SOX_HEADER_BYTES or is_near_4_gib


def kind_of_rest(file: BinaryIO, sound: int, begin: int, end: int, order: str, *, fill: int = 2) -> str:
    """Return what lies between the end of the sound and the end of the file.

    Parameters
    ----------
    file : binary file
    sound : int
        Where the sound begins.
    begin, end : int
        Of the rest.
    order : {"<", ">"}
        Of the bytes of chunks' sizes; empty where the container has no chunks behind its sound.
    fill : int
        Up to a multiple of how many bytes the sound is filled up.

    Returns
    -------
    {"nothing", "chunks", "file", "zeros", "padding", "junk", "sound"}
    """
    if begin >= end:
        return "nothing"
    end = before_tags(file, begin, end)
    if begin >= end:
        return "padding"
    if second_file(file, begin, end, order) is not None:
        return "file"
    if kind := _kind_of_tags(file, begin, end, fill):
        return kind
    for at in (begin, begin + 1) if order else ():
        if _behind_chunks(file, at, end, order):
            return "junk" if _hides_sound(file, begin, at, end, order) else "chunks"
    n_filled = (sound - begin) % fill
    if end <= begin + n_filled:
        return "padding"
    if end - begin < _SHORTEST_REST_BYTES:  # the size is odd, as the zero that fills it up tells, and not too small
        is_filled = bool(n_filled) and not any(read_at(file, begin, n_filled))
        return "junk" if is_filled or not read_at(file, begin, end - begin).strip() else "sound"
    behind_run, byte = end_of_run(file, begin, end)
    if behind_run == end:
        last = read_at(file, max(sound, begin - _SHORTEST_REST_BYTES), _SHORTEST_REST_BYTES)
        is_pause = last == bytes([byte]) * _SHORTEST_REST_BYTES
        return ("sound" if is_pause else "junk") if byte else "zeros"
    return "junk" if _is_junk(file, sound, begin, behind_run, end) else "sound"


def _kind_of_tags(file: BinaryIO, begin: int, end: int, fill: int) -> str:
    """Return what the rest is that begins with a tag, or with what fills up the sound before one; nothing of others."""
    for at in range(begin, min(end, begin + max(2, fill))):
        if (behind := behind_tags(file, at, end)) > at:
            return "padding" if behind == end or end_of_run(file, behind, end) == (end, 0) else "junk"
        if is_begun_tag(read_at(file, at, _TAG_HEAD_BYTES)):
            return "junk"
    return ""


def begin_of_chunks(file: BinaryIO, begin: int, end: int, kind: str) -> int:
    """Return where those chunks begin that reach to the end of the file to the byte, by their names and sizes alone.

    Parameters
    ----------
    file : binary file
    begin, end : int
        Where to look for them.
    kind : {"<", ">", "caf", "w64"}
        Of RIFF, of AIFF, or of another container.

    Returns
    -------
    int
        ``end`` where there are none.
    """
    names, n_header, place, form, n_counted, fill = _CHUNK_FORMS[kind]
    start = max(begin, end - _TAIL_BYTES)
    data = read_at(file, start, end - start)
    ends = {len(data) + missing for missing in range(fill)}  # what fills up the last one may be missing
    for at in reversed([name.start() for name in names.finditer(data)]):
        if at + n_header <= len(data):
            size = struct.unpack_from(form, data, at + place)[0] - n_counted
            if size >= 0 and at + n_header + size + -size % fill in ends:
                ends.add(at)
    place = start + min(ends)
    return end if _hides_sound(file, begin, place, end, kind) else place


def end_of_chunks(file: BinaryIO, begin: int, end: int, kind: str) -> int:
    """Find where chunks of CAF or W64 end, at another file or at the end; 0 where no chain of them leads there.

    Parameters
    ----------
    file : binary file
    begin, end : int
        Where they begin, and where the file ends.
    kind : {"caf", "w64"}
    """
    _, n_header, place, form, n_counted, fill = _CHUNK_FORMS[kind]
    at = begin
    while at < end and not is_beginning(file, at):
        header = read_at(file, at, n_header)
        if len(header) < n_header or not any(header) or not (kind == "w64" or header[:4].isascii()):
            return 0
        size = struct.unpack_from(form, header, place)[0] - n_counted
        if not 0 <= size <= end - at - n_header:
            return 0
        at += n_header + size + -size % fill
    return 0 if _hides_sound(file, begin, begin, min(at, end), kind) else min(at, end)


def _hides_sound(file: BinaryIO, sound_end: int, begin: int, end: int, kind: str) -> bool:
    """Whether a file of sound is in chunks, or something else is in one than its name says.

    That is sound in place of a tag, a list, a text or padding, or in a chunk of a name that nobody knows, which goes on
    as the sound before does.
    """
    if sound_within(file, begin, end) is not None:
        return True
    _, n_header, place, form, n_counted, fill = _CHUNK_FORMS[kind]
    start = max(0, sound_end - _PROBE_BYTES)
    before = read_at(file, start, sound_end - start)
    at = begin
    while at + n_header <= end:
        header = read_at(file, at, n_header)
        size = max(0, struct.unpack_from(form, header, place)[0] - n_counted)
        content = at + n_header
        if _is_of_other_kind(file, header[:4], content, min(end, content + size), before):
            return True
        at = content + size + -size % fill
    return False


def _is_of_other_kind(file: BinaryIO, name: bytes, begin: int, end: int, before: bytes) -> bool:
    """Whether a chunk cannot hold what its name says."""
    if end - begin < _SHORTEST_HIDDEN_BYTES or name in _OPAQUE_CHUNKS:
        return False
    places = [begin + i * (end - begin) // _N_PROBES for i in range(_N_PROBES)]
    probes = [read_at(file, at, min(_PROBE_BYTES, end - at)) for at in places]
    if name.lower() == b"id3 ":
        return any(probes[0]) and not is_begun_tag(probes[0])
    if name == b"LIST":
        return not _PRINTABLE.issuperset(probes[0][:4] + probes[0][12:16])
    if name in _TEXT_CHUNKS:
        return any(sum(byte in _PRINTABLE or byte == 0 for byte in probe) < len(probe) // 4 * 3 for probe in probes)
    probes = [probe for probe in probes if len(set(probe)) > 1 and not _is_text(probe)]
    if name in _IDLE_CHUNKS or len(before) < _FEWEST_PROBE_BYTES:
        return name in _IDLE_CHUNKS and bool(probes)
    return any(_goes_on(before, probe, is_sure=True) for probe in probes)


def _is_junk(file: BinaryIO, sound: int, begin: int, behind_run: int, end: int) -> bool:
    """Whether the rest is text, or dense as compressed data, which the sound is not.

    One byte again and again at its beginning may be a pause: what follows it tells.
    """
    at = max(sound, begin - _PROBE_BYTES)
    before = read_at(file, at, begin - at)
    for place in (begin, behind_run):
        rest = read_at(file, place, min(_PROBE_BYTES, end - place))
        if rest.startswith(_OTHER_BEGINNINGS) or (_is_text(rest) and not (before and _is_text(before))):
            return True
    if len(before) < _FEWEST_PROBE_BYTES:
        return False
    goes_on = _goes_on(before, read_at(file, begin, min(_PROBE_BYTES, end - begin)))
    return _is_dense(rest) and not _is_dense(before) if goes_on is None else not goes_on


def _goes_on(before: bytes, rest: bytes, *, is_sure: bool = False) -> bool | None:
    """Whether some of the bytes of each sample change as little from one to the next as in the sound before.

    Those that count most do, also where all others are as dense as compressed data, of which no bytes do. None where
    those of the sound before hardly do, either, as of a codec; nor, where it has to be sure, of other bytes that change
    little, as in a table of numbers.
    """
    steps = {lag: _steps(before[len(before) % lag :], lag) for lag in _lags(before)}
    means = {lag: step.mean(axis=0) for lag, step in steps.items()}
    least = min(mean.min() for mean in means.values())
    lag = min(each for each, mean in means.items() if mean.min() <= 2 * least + 1)
    place, n = int(means[lag].argmin()), len(rest) // lag
    if n >= _FEWEST_SAMPLES:
        step = _steps(before[-lag:] + rest, lag)[:, place]
        is_less = step.mean() < min(_STEADY_STEP, _RANDOM_STEP - 3 * _RANDOM_STEP_SPREAD / math.sqrt(n))
        if is_less and step.max() <= steps[lag][:, place].max():
            return True
    if is_sure:
        return None
    if any(_steps(rest, lag).mean(axis=0).min() < _STEADY_STEP for lag in _lags(rest)):
        return True
    return False if least < _CERTAIN_STEP else None


def _lags(data: bytes) -> range:
    return range(1, min(_LONGEST_SAMPLE_BYTES, len(data) // _SURE_SAMPLES) + 1)


def _steps(data: bytes, lag: int) -> npt.NDArray[np.int16]:
    """By how much each byte of a sample of ``lag`` bytes changes from one to the next; shape (n_samples - 1, lag)."""
    rows = np.frombuffer(data[: len(data) // lag * lag], np.int8).reshape(-1, lag)
    return np.abs(np.diff(rows, axis=0).astype(np.int16))


def _is_text(data: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)


def _is_dense(data: bytes) -> bool:
    return len(zlib.compress(data, 1)) >= len(data)


def is_beginning(file: BinaryIO, at: int) -> bool:
    """Whether a file of sound seems to begin here."""
    return read_at(file, at, 8).startswith(_BEGINNINGS)


def second_file(file: BinaryIO, begin: int, end: int, order: str) -> int | None:
    """Return where another file begins behind the sound of one, at once or behind its chunks; None where there is none.

    Parameters
    ----------
    file : binary file
    begin, end : int
        Of what is behind the sound.
    order : {"<", ">", ""}
        Of the bytes of chunks' sizes; empty where there are none.
    """
    for at in (begin, begin + 1):
        at = behind_tags(file, at, end)
        place = _behind_chunks(file, at, end, order) if order and not is_beginning(file, at) else at
        if 0 < place < end and is_beginning(file, place):
            return place
    return None


def _behind_chunks(file: BinaryIO, begin: int, end: int, order: str) -> int:
    """Find where chunks end, at another file or at the end; 0 where no chain of them leads there."""
    at = begin
    while at < end - 1:
        if at > begin and is_beginning(file, at):
            return at
        header = read_at(file, at, 8)
        if len(header) < 8 or not _PRINTABLE.issuperset(header[:4]):
            return 0
        size = struct.unpack(f"{order}I", header[4:])[0]
        at += 8 + size + size % 2
        if at - size % 2 > end:
            return end if header[:4] in _USUAL_CHUNKS else 0
    return end if at > begin else 0
