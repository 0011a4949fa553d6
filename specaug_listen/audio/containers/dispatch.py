"""Finds the parser for a file by its first bytes."""

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
from .magic import format_by_head
from .sound_layout import MAX_FILES, FileLayout, left_unread, unknown_layout
from .tags import skip_id3, sound_within

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
# longest header, and how many bytes identify a copy.
_COPIED_HEADERS = {
    b"caff": (4096, 20), b"riff": (512, 20), b"PVF1": (64, 5), b"\xf0\x7e": (21, 5), b"MATL": (512, 20),
    b"\0\0\0\0": (128, 20), b"\0\0\3\xe8": (128, 20),
}  # fmt: skip
# Offset of the name of the sound chunk from the end of such a header; without it, this is a short file twice.
_SOUND_NAME_OFFSETS = {b"caff": 16, b"riff": 24}
# Copies differ in two sizes of 8 bytes, and a time.
_MAX_DIFFERENT_BYTES = 24
# How far MPEG frames are searched behind other content.
_SEARCH_BYTES = 1 << 20


def layout_of(path: str | os.PathLike[str]) -> FileLayout:
    """Find the streams of a file that is not empty.

    A container without a known length has one stream, the file as it is.

    Raises
    ------
    OSError
    """
    with open_file(path, buffering=1 << 16) as file:
        end = os.fstat(file.fileno()).st_size
        layout = _layout(file, 0, end)
        streams, notices = list(layout.streams), list(layout.notices)
        next_file = layout.next_file
        while next_file is not None:
            if len(streams) >= MAX_FILES:
                notices.append(left_unread(next_file, end))
                break
            appended = _layout(file, next_file, end)
            streams += appended.streams
            notices += appended.notices
            next_file = appended.next_file
    all_files = FileLayout(layout.container, tuple(streams), tuple(notices))
    if (not layout.container and not _has_second_file(path)) or os.fsdecode(path).lower().endswith(".raw"):
        # Opened without a name, as libsndfile takes anything for mu-law, GSM or ADPCM by its extension, and soundfile
        # any .raw for samples without a header.
        return all_files.within(0, end)
    return all_files


def _has_second_file(path: str | os.PathLike[str]) -> bool:
    """Whether the resource fork with the header of an SD2 file is where libsndfile looks for it."""
    folder, name = os.path.split(os.fsdecode(path))
    places = (os.path.join(name, "..namedfork", "rsrc"), f"._{name}", os.path.join(".AppleDouble", name))
    return any(os.path.isfile(os.path.join(folder, place)) for place in places)


def _layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    size = end
    at = tags_end = skip_id3(file, begin, end)
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
            return layout if (at, end) == (0, size) else layout.within(at, end)
    if small_formats.is_htk(head, end - at):
        layout = small_formats.htk(file, at, end)
        return layout.within(at, end) if at else layout
    if matlab.is_mat4(head):
        return matlab.mat4_of_other_kind(file, at, end)
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and bool(head[1] & 6)
    if not is_mpeg and format_by_head(head) is None:
        # A tag may be longer than its size field says.
        is_mpeg = (at > begin or begin == 0) and mpeg.begins_within(
            file, at, end if at > begin else min(end, _SEARCH_BYTES)
        )
    frames = _parse(mpeg.mpeg_layout, file, begin, end) if is_mpeg else None
    # Truncation of unknown formats cannot be detected: SD2, for example, whose header is in another file.
    return frames or (unknown_layout("").within(at, end) if at else unknown_layout(""))


def _parse(parser: _Parser, file: BinaryIO, begin: int, end: int) -> FileLayout | None:
    """Run a parser; None for a truncated or impossible header, which the decoder will refuse."""
    try:
        return parser(file, begin, end)
    except (struct.error, LookupError, ValueError, ArithmeticError):
        return None


def _without_copies(file: BinaryIO, begin: int, end: int) -> tuple[int, int, bool]:
    """Return begin and end of a file without copies of its header, and whether there is one behind the sound.

    The preliminary header is repeated before the sound, and the final one, with its length, is behind it; if that is
    present, so is all of the sound.
    """
    head = read_at(file, begin, 2 * 4096)
    longest, n_mark = next((sizes for mark, sizes in _COPIED_HEADERS.items() if head.startswith(mark)), (0, 0))
    length = head.find(head[:n_mark], 1, longest + n_mark) if longest else -1
    differ = sum(byte != other for byte, other in zip(head[:length], head[length : 2 * length], strict=False))
    before = length - _SOUND_NAME_OFFSETS.get(head[:4], length)
    if (
        length <= 0
        or length > longest
        or differ > _MAX_DIFFERENT_BYTES
        or (before and head[before : before + 4] != b"data")
    ):
        return begin, end, False
    is_closed = read_at(file, max(begin + 2 * length, end - length), n_mark) == head[:n_mark]
    return begin + length, end - length * is_closed, is_closed
