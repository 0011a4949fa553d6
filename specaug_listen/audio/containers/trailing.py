"""Trailing bytes, behind the sound that a header promises: more sound, another file, chunks, tags, or junk."""

from __future__ import annotations

import codecs
import math
import re
import string
import zlib
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from .chunks import CAF, IFF, RIFF, W64, ChunkForm, walk_chunks
from .file_view import end_of_run, read_at
from .tags import is_begun_tag, skip_tags, sound_within, strip_tags

__all__ = ["begin_of_chunks", "classify_trailing", "end_of_chunks", "is_beginning", "second_file"]

# First bytes of a second file that was appended to the first one.
_BEGINNINGS = (
    b"RIFF", b"RIFX", b"RF64", b"FORM", b".snd", b"fLaC", b"OggS", b"caff", b"NIST_1A", b"Creative",
    b"riff\x2e\x91\xcf\x11",
)  # fmt: skip
# Chunks that may be truncated without loss of sound; others count as chunks if they end exactly with the file.
_USUAL_NAMES = (
    b"LIST INFO id3  ID3  fact cue  plst smpl inst acid bext iXML axml aXML chna cart PEAK afsp JUNK junk PAD  FLLR "
    b"fllr minf elm1 regn umid DISP levl _PMX ResU strc MARK COMT NAME AUTH ANNO APPL AESD MIDI (c)  CHAN LGWV "
    b"SAUR basc trns AFAn note labl ltxt DGDA Fake bpm  "
)
_USUAL_CHUNKS = frozenset(_USUAL_NAMES[i : i + 4] for i in range(0, len(_USUAL_NAMES), 5))
# Of these, chunks of text, and of padding.
_TEXT_CHUNKS = frozenset({b"_PMX", b"iXML", b"axml", b"aXML"})
_IDLE_CHUNKS = frozenset({b"JUNK", b"junk", b"PAD ", b"FLLR", b"fllr", b"Fake"})
# Chunks whose content cannot be judged, and chunks of sound, which are read elsewhere.
_OPAQUE_CHUNKS = _USUAL_CHUNKS - _TEXT_CHUNKS - _IDLE_CHUNKS - {b"LIST", b"id3 ", b"ID3 "} | {b"data", b"SSND"}
# The smallest chunk that is searched for hidden sound, and the number of places that are probed.
_SHORTEST_HIDDEN_BYTES, _N_PROBES = 1 << 12, 4
# How much of a file's end is searched for the names of chunks if no size leads to them.
_TAIL_BYTES = 1 << 22
_RIFF_CHUNK = re.compile(b"|".join(map(re.escape, sorted(_USUAL_CHUNKS))))
_CAF_CHUNK = re.compile(b"info|uuid|free|mark|regn|peak|strg|edct|umid|ovvw|midi|inst|chan")
_W64_CHUNK = re.compile(b"list|fact|bext|levl|junk")
_CHUNK_NAMES = {RIFF: _RIFF_CHUNK, IFF: _RIFF_CHUNK, CAF: _CAF_CHUNK, W64: _W64_CHUNK}
_PRINTABLE = frozenset(string.printable.encode())
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
# Fewer trailing bytes than this cannot be told from sound.
_SHORTEST_REST_BYTES = 8
_TAG_HEAD_BYTES = 32
# How much of a file is read to tell sound from other content, and how much is needed for that.
_PROBE_BYTES, _FEWEST_PROBE_BYTES = 1 << 15, 1 << 10
# Mean and spread of the change from byte to byte of random (compressed) data; the high bytes of sound change less.
_RANDOM_STEP, _RANDOM_STEP_SPREAD, _STEADY_STEP, _CERTAIN_STEP = 64, 37, 48, 24
# A sample of 8 channels of 32 bits; how many samples are conclusive, and how many are needed at all.
_MAX_SAMPLE_BYTES, _SURE_SAMPLES, _FEWEST_SAMPLES = 32, 200, 4


def classify_trailing(
    file: BinaryIO, sound: int, begin: int, end: int, chunks: ChunkForm | None, *, alignment: int = 2
) -> str:
    """Classify the trailing bytes between the end of the sound and the end of the file.

    Parameters
    ----------
    file : binary file
    sound : int
        Where the sound begins.
    begin, end : int
        Of the trailing bytes.
    chunks : {RIFF, IFF} or None
        The form of chunks that may follow; None if the container has no chunks behind its sound.
    alignment : int [bytes]
        The sound is padded to a multiple of this.

    Returns
    -------
    {"nothing", "chunks", "file", "zeros", "padding", "junk", "sound"}
    """
    if begin >= end:
        return "nothing"
    end = strip_tags(file, begin, end)
    if begin >= end:
        return "padding"
    if second_file(file, begin, end, chunks) is not None:
        return "file"
    if kind := _kind_of_tags(file, begin, end, alignment) or _kind_of_chunks(file, begin, end, chunks):
        return kind
    n_padding = (sound - begin) % alignment
    if end <= begin + n_padding:
        return "padding"
    if end - begin < _SHORTEST_REST_BYTES:  # the size is odd, as its padding shows, and therefore not too small
        is_padded = bool(n_padding) and not any(read_at(file, begin, n_padding))
        return "junk" if is_padded or not read_at(file, begin, end - begin).strip() else "sound"
    run_end, byte = end_of_run(file, begin, end)
    if run_end == end:
        last = read_at(file, max(sound, begin - _SHORTEST_REST_BYTES), _SHORTEST_REST_BYTES)
        is_pause = last == bytes([byte]) * _SHORTEST_REST_BYTES
        return ("sound" if is_pause else "junk") if byte else "zeros"
    return "junk" if _is_junk(file, sound, begin, run_end, end) else "sound"


def _kind_of_tags(file: BinaryIO, begin: int, end: int, alignment: int) -> str:
    """Classify trailing bytes that begin with a tag, perhaps behind padding; return "" for others."""
    for at in range(begin, min(end, begin + max(2, alignment))):
        if (tags_end := skip_tags(file, at, end)) > at:
            return "padding" if tags_end == end or end_of_run(file, tags_end, end) == (end, 0) else "junk"
        if is_begun_tag(read_at(file, at, _TAG_HEAD_BYTES)):
            return "junk"
    return ""


def _kind_of_chunks(file: BinaryIO, begin: int, end: int, form: ChunkForm | None) -> str:
    """Classify trailing bytes that are chunks, perhaps behind a byte of padding; return "" for others."""
    for at in (begin, begin + 1):
        if form is not None and _end_of_riff_chunks(file, at, end, form):
            return "junk" if _hides_sound(file, begin, at, end, form) else "chunks"
    return ""


def begin_of_chunks(file: BinaryIO, begin: int, end: int, form: ChunkForm) -> int:
    """Return where chunks begin that no size leads to: a chain of known names that ends exactly with the file.

    The return value is `end` if there is none, or if it hides sound.
    """
    start = max(begin, end - _TAIL_BYTES)
    data = read_at(file, start, end - start)
    ends = {len(data) + missing for missing in range(form.alignment)}  # the padding of the last one may be missing
    for at in reversed([name.start() for name in _CHUNK_NAMES[form].finditer(data)]):
        if at + form.n_header <= len(data):
            size = form.size(data, at)
            if size >= 0 and at + form.n_header + size + -size % form.alignment in ends:
                ends.add(at)
    place = start + min(ends)
    return end if _hides_sound(file, begin, place, end, form) else place


def end_of_chunks(file: BinaryIO, begin: int, end: int, form: ChunkForm) -> int:
    """Return where a chain of CAF or W64 chunks ends: at another file or at the end; 0 if it does not lead there."""
    at = begin
    for chunk in walk_chunks(file, begin, end, form):
        if is_beginning(file, at):
            break
        header = read_at(file, at, form.n_header)
        is_name = any(header) and (form == W64 or chunk.name.isascii())
        if not is_name or not 0 <= chunk.size <= end - chunk.begin:
            return 0
        at = chunk.next
    if at < end and not is_beginning(file, at):  # too short for a header
        return 0
    return 0 if _hides_sound(file, begin, begin, min(at, end), form) else min(at, end)


def _hides_sound(file: BinaryIO, sound_end: int, begin: int, end: int, form: ChunkForm) -> bool:
    """Whether chunks hold sound: a whole file, or samples in a chunk whose name does not say so.

    Such a chunk is called a tag, a list, a text or padding; or its name is unknown, and it continues the sound before.
    """
    if sound_within(file, begin, end) is not None:
        return True
    start = max(0, sound_end - _PROBE_BYTES)
    before = read_at(file, start, sound_end - start)
    return any(
        _is_of_other_kind(file, chunk.name[:4], chunk.begin, min(end, chunk.end), before)
        for chunk in walk_chunks(file, begin, end, form)
    )


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


def _is_junk(file: BinaryIO, sound: int, begin: int, run_end: int, end: int) -> bool:
    """Whether trailing bytes are text or look compressed, unlike the sound.

    A run of one byte at their beginning may be a pause, so the bytes behind it are classified, too.
    """
    at = max(sound, begin - _PROBE_BYTES)
    before = read_at(file, at, begin - at)
    for place in (begin, run_end):
        rest = read_at(file, place, min(_PROBE_BYTES, end - place))
        if rest.startswith(_OTHER_BEGINNINGS) or (_is_text(rest) and not (before and _is_text(before))):
            return True
    if len(before) < _FEWEST_PROBE_BYTES:
        return False
    goes_on = _goes_on(before, read_at(file, begin, min(_PROBE_BYTES, end - begin)))
    return _is_dense(rest) and not _is_dense(before) if goes_on is None else not goes_on


def _goes_on(before: bytes, rest: bytes, *, is_sure: bool = False) -> bool | None:
    """Whether some byte of each sample changes as little from sample to sample as in the sound before.

    In linear samples, the most significant byte does, even if all others look random. In compressed data, none does.

    None means undecided: the sound before is compressed itself. With `is_sure`, all but a clear yes is undecided.
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
    return range(1, min(_MAX_SAMPLE_BYTES, len(data) // _SURE_SAMPLES) + 1)


def _steps(data: bytes, lag: int) -> npt.NDArray[np.int16]:
    """Absolute change of each byte from one sample of `lag` bytes to the next; shape (n_samples - 1, lag)."""
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


def second_file(file: BinaryIO, begin: int, end: int, chunks: ChunkForm | None = None) -> int | None:
    """Return where an appended file begins, right behind the sound or behind its chunks; None if there is none."""
    for at in (begin, begin + 1):
        at = skip_tags(file, at, end)
        place = _end_of_riff_chunks(file, at, end, chunks) if chunks and not is_beginning(file, at) else at
        if 0 < place < end and is_beginning(file, place):
            return place
    return None


def _end_of_riff_chunks(file: BinaryIO, begin: int, end: int, form: ChunkForm) -> int:
    """Return where a chain of chunks ends: at another file or at the end; 0 if it does not lead there.

    The last chunk may be truncated if its name is a usual one.
    """
    at = begin
    for chunk in walk_chunks(file, begin, end, form):
        if at > begin and is_beginning(file, at):
            return at
        if not _PRINTABLE.issuperset(chunk.name):
            return 0
        at = chunk.next
        if chunk.end > end:
            return end if chunk.name in _USUAL_CHUNKS else 0
    return end if at > begin and at >= end - 1 else 0
