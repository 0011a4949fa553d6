"""Which container a file is, and what is in it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from ..._files import open_file
from ..._notices import Notice
from . import flac, matlab, mpeg, ogg, riff, small_formats, voc
from .file_view import read_at
from .fixed_headers import FIXED
from .layout import MOST_FILES, FileLayout, left_unread, unknown_layout
from .magic import format_by_head
from .tags import length_of_id3, sound_within

__all__ = ["layout_of"]

_Parser = Callable[[BinaryIO, int, int], FileLayout | None]
_PARSERS: tuple[tuple[str, bytes, int, bytes, _Parser], ...] = (
    ("WAV", b"RIFF", 8, b"WAVE", riff.wav),
    ("WAV", b"RIFX", 8, b"WAVE", riff.wav),
    ("WAV", b"RF64", 8, b"WAVE", riff.wav),
    ("WAV", b"BW64", 8, b"WAVE", riff.wav),
    ("AIFF", b"FORM", 8, b"AIF", riff.aiff),
    ("SVX", b"FORM", 8, b"8SVX", small_formats.svx),
    ("SVX", b"FORM", 8, b"16SV", small_formats.svx),
    ("W64", b"riff", 24, b"wave", riff.w64),
    ("AU", b".snd", 0, b"", small_formats.au),
    ("AU", b"dns.", 0, b"", small_formats.au),
    ("NIST", b"NIST", 0, b"", small_formats.nist),
    ("CAF", b"caff", 0, b"", small_formats.caf),
    ("VOC", b"Creative Voice File", 0, b"", voc.voc_layout),
    ("SDS", b"\xf0\x7e", 3, b"\x01", small_formats.sds),
    ("FLAC", b"fLaC", 0, b"", flac.flac_layout),
    ("Ogg", b"OggS", 0, b"", ogg.ogg_layout),
    *FIXED,
)
# Containers whose header libsndfile writes more than once into a pipe (`sox ... -t caf -`), by their first bytes: the
# longest header, and how much of it tells a copy.
_COPIED_HEADERS = {
    b"caff": (4096, 20), b"riff": (512, 20), b"PVF1": (64, 5), b"\xf0\x7e": (21, 5), b"MATL": (512, 20),
    b"\0\0\0\0": (128, 20), b"\0\0\3\xe8": (128, 20),
}  # fmt: skip
# Where the name of the chunk of sound stands from the end of such a header; else it is a short file, twice.
_SOUND_NAME_OFFSETS = {b"caff": 16, b"riff": 24}
# Bytes of two sizes of 8 bytes, and a time.
_MOST_DIFFERENT_BYTES = 24
# How far MPEG's frames are looked for, behind something else.
_SEARCH_BYTES = 1 << 20


def layout_of(path: str | os.PathLike[str]) -> FileLayout:
    """Find the streams of a file; of a container without a known length it is the file as it is.

    Parameters
    ----------
    path : str or path-like
        Of a file that is not empty.

    Returns
    -------
    FileLayout

    Raises
    ------
    OSError
    """
    with open_file(path, buffering=1 << 16) as file:
        end = os.fstat(file.fileno()).st_size
        layout = _layout(file, 0, end)
        streams, notices = list(layout.streams), list(layout.notices)
        follows = layout.next_file
        while follows is not None:
            if len(streams) >= MOST_FILES:
                notices.append(left_unread(follows, end))
                break
            other = _layout(file, follows, end)
            streams += other.streams
            notices += other.notices
            follows = other.next_file
    if (not layout.container and not _has_second_file(path)) or os.fsdecode(path).lower().endswith(".raw"):
        # Without a name, as libsndfile would take anything for mu-law, GSM or ADPCM by its ending, and soundfile all
        # that is named .raw for samples without a header.
        streams = [stream if stream.pieces else replace(stream, pieces=((0, end),)) for stream in streams]
    return FileLayout(layout.container, tuple(streams), tuple(notices))


def _has_second_file(path: str | os.PathLike[str]) -> bool:
    """Whether Apple's second file is where libsndfile looks for it, which holds SD2's header."""
    folder, name = os.path.split(os.fsdecode(path))
    places = (os.path.join(name, "..namedfork", "rsrc"), f"._{name}", os.path.join(".AppleDouble", name))
    return any(os.path.isfile(os.path.join(folder, place)) for place in places)


def _layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    size = end
    at = tags_end = _behind_id3(file, begin, end)
    head = read_at(file, at, 512)
    for container, name, place, kind, parser in _PARSERS:
        if head.startswith(name) and head[place:].startswith(kind):
            at, end, is_closed = _without_copies(file, at, end)
            layout = _parse(parser, file, at, end) or unknown_layout(container)
            if is_closed:
                whole = [replace(stream, promised_bytes=None, promised_samples=None) for stream in layout.streams]
                layout = replace(layout, streams=tuple(whole))
            if sound_within(file, begin, tags_end) is not None:
                hidden = Notice("junk-before", {"n_bytes": tags_end - begin})
                layout = replace(layout, notices=(*layout.notices, hidden))
            return _within(layout, at, end, size)
    if small_formats.is_htk(head, end - at):
        return _within(small_formats.htk(file, at, end), at, end)
    if matlab.is_mat4(head):
        return matlab.mat4_of_other_kind(file, at, end)
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and bool(head[1] & 6)
    if not is_mpeg and format_by_head(head) is None:
        # A tag may be longer than it says.
        is_mpeg = (at > begin or begin == 0) and mpeg.begins_within(
            file, at, end if at > begin else min(end, _SEARCH_BYTES)
        )
    frames = _parse(mpeg.mpeg_layout, file, begin, end) if is_mpeg else None
    # Of what is not known here, nobody can tell whether it is whole: SD2, say, whose header is in another file.
    return frames or _within(unknown_layout(""), at, end)


def _within(layout: FileLayout, begin: int, end: int, size: int | None = None) -> FileLayout:
    """The layout of a file that does not begin at the first byte, or ends before the last."""
    if begin == 0 and size in (None, end):
        return layout
    streams = [stream if stream.pieces else replace(stream, pieces=((begin, end),)) for stream in layout.streams]
    return replace(layout, streams=tuple(streams))


def _parse(parser: _Parser, file: BinaryIO, begin: int, end: int) -> FileLayout | None:
    """Return what a parser finds; None for a header that ends too early, which its decoder will refuse."""
    try:
        return parser(file, begin, end)
    except (struct.error, LookupError, ValueError, ArithmeticError):
        return None


def _behind_id3(file: BinaryIO, begin: int, end: int) -> int:
    """Return where the file begins behind tags of ID3, which may precede anything."""
    at = begin
    while True:
        n_bytes = length_of_id3(read_at(file, at, 10))
        if not n_bytes or at + n_bytes >= end:
            return at
        at += n_bytes


def _without_copies(file: BinaryIO, begin: int, end: int) -> tuple[int, int, bool]:
    """Return where a file begins and ends without the copies of its header before and behind it.

    The header that is written first is followed by the same one, and the sound by one that tells its length; where that
    one is there, so is all of the sound.

    Returns
    -------
    int
    int
    bool
        Whether a header stands behind the sound.
    """
    head = read_at(file, begin, 2 * 4096)
    longest, n_mark = next((sizes for mark, sizes in _COPIED_HEADERS.items() if head.startswith(mark)), (0, 0))
    length = head.find(head[:n_mark], 1, longest + n_mark) if longest else -1
    differ = sum(byte != other for byte, other in zip(head[:length], head[length : 2 * length], strict=False))
    before = length - _SOUND_NAME_OFFSETS.get(head[:4], length)
    if (
        length <= 0
        or length > longest
        or differ > _MOST_DIFFERENT_BYTES
        or (before and head[before : before + 4] != b"data")
    ):
        return begin, end, False
    is_closed = read_at(file, max(begin + 2 * length, end - length), n_mark) == head[:n_mark]
    return begin + length, end - length * is_closed, is_closed
