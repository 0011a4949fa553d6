"""Tags before and behind sound: ID3, APE and Lyrics3, if they are well-formed and hide no sound.

The size of a tag proves nothing about the bytes that it covers: a tag is skipped silently only if valid fields fill it
to its end, and none of them holds a file or frames of sound.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import BinaryIO

from .file_view import read_at
from .mpeg_header import adts_length, parse_header

__all__ = ["MAX_REFUSED_TAGS", "is_begun_tag", "skip_id3", "skip_tags", "sound_within", "strip_tags"]

# How many malformed tags are tried between frames, as each may be searched to the end of the file.
MAX_REFUSED_TAGS = 16
_BYTES_AT_ONCE = 1 << 20
_ID3V1_BYTES, _ID3V1_MORE_BYTES = 128, 227  # the second one is of "TAG+", before it
_APE_NAME, _APE_BYTES = b"APETAGEX", 32  # the length of its header and of its footer
_APE_HAS_HEADER = 1 << 31
_APE_IS_HEADER = 1 << 29
_LYRICS_NAME, _LYRICS_ENDS = b"LYRICSBEGIN", (b"LYRICS200", b"LYRICSEND")
_MAX_LYRICS_BYTES = 1 << 20
_ID3_FOOTER, _ID3_FOOTER_BYTES = b"3DI", 10
_ID3_EXTENDED_FLAG, _ID3_UNSYNCHRONISED_FLAG, _ID3_FOOTER_FLAG = 0x40, 0x80, 0x10
# The largest unsynchronised ID3 tag (with a zero behind each 0xFF), which has to be read whole.
_MAX_UNSYNCHRONISED_BYTES = 1 << 26
_ID3_NAME = re.compile(rb"[A-Z0-9]+ ?")
# How files of sound begin: magic bytes that are found quickly, and what follows them, so that other content hardly ever
# matches; and frames of MPEG audio and AAC.
_FILES = tuple(
    (mark, re.compile(re.escape(mark) + rest, re.DOTALL))
    for mark, rest in (
        *((name, b"....(?:WAVE|AVI |QLCM)") for name in (b"RIFF", b"RIFX", b"RF64", b"BW64")),
        (b"FORM", b"....(?:AIF[FC]|8SVX|16SV)"),
        (b"fLaC", rb"[\0\x80]\0\0\x22"),
        (b"OggS\0\2", b".{8}"),
        (b"caff\0\1\0\0", b""),
        (b"NIST_1A\n", b""),
        (b"Creative Voice File\x1a", b""),
        (b".snd\0\0", b".."),
        (b"riff\x2e\x91\xcf\x11", b""),
        (b"wvpk", rb"....[\0-\x1f]\x04"),
        (b"TTA1", rb"[\x01-\x03]\0"),
        (b"MAC ", rb"[\x80-\xa0]\x0f"),
        (b"#!AMR", b""),
        (b"ftyp", b"(?:M4[AB] |isom|iso[2-9]|mp4[12]|qt  |3gp)"),
        (b"\x1aE\xdf\xa3", rb"[\x80-\xff]"),
        (b"FLV\1", rb"[\x01\x04\x05]\0\0\0\x09"),
        (b"0&\xb2u\x8ef\xcf\x11", b""),
    )
)
_FRAME = re.compile(rb"\xff[\xe2-\xe7\xf0-\xff][\x10-\xef]")
_MAX_BEGINNING_BYTES = 20
_CERTAIN_FRAMES = 4
# How many false frame headers are tried in data without sound.
_MAX_FALSE_FRAMES = 1 << 16


def skip_id3(file: BinaryIO, begin: int, end: int) -> int:
    """Return where the file begins behind ID3v2 tags of any content, which may precede any container."""
    at = begin
    while (length := _length_of_id3(read_at(file, at, 10))) and at + length < end:
        at += length
    return at


def _length_of_id3(head: bytes) -> int:
    """Return the length of the ID3v2 tag with this header; 0 if it is none."""
    if not head.startswith(b"ID3") or len(head) < 10 or max(head[6:10]) >= 0x80:
        return 0
    n_bytes = 10 + sum(byte << 7 * i for i, byte in enumerate(reversed(head[6:10])))
    return n_bytes + (10 if head[5] & _ID3_FOOTER_FLAG else 0)


def strip_tags(file: BinaryIO, begin: int, end: int) -> int:
    """Return the place where the tags in front of `end` begin; `end` if there are none."""
    while (at := _begin_of_tag(file, begin, end)) < end and sound_within(file, at, end) is None:
        end = at
    return end


def skip_tags(file: BinaryIO, begin: int, end: int, *, is_leading: bool = False) -> int:
    """Return the place where the tags that begin at `begin` end; `begin` if there are none.

    `is_leading` is true if no sound precedes the tags. A malformed tag then counts as a tag, unless it holds sound.
    """
    at = begin
    while (ends := _end_of_tag(file, at, end, is_leading)) > at and sound_within(file, at, ends) is None:
        at = ends
    return at


def is_begun_tag(head: bytes) -> bool:
    """Whether these bytes, 32 at least, are the header of a tag, whatever follows them."""
    return bool(_length_of_id3(head) and 2 <= head[3] <= 4) or head.startswith((_APE_NAME, _LYRICS_NAME))


def sound_within(file: BinaryIO, begin: int, end: int) -> int | None:
    """Return where a file of sound, or frames of MPEG audio or AAC, begin between two places; None if none do."""
    at, n_false = begin, 0
    while at < end:
        block = read_at(file, at, min(_BYTES_AT_ONCE, end - at))
        if (place := _find_file(block)) >= 0:
            return at + place
        for sync in _FRAME.finditer(block) if n_false < _MAX_FALSE_FRAMES else ():
            if _is_row_of_frames(file, at + sync.start(), end):
                return at + sync.start()
            n_false += 1
        if len(block) < _BYTES_AT_ONCE:
            return None
        at += len(block) - _MAX_BEGINNING_BYTES
    return None


def _find_file(block: bytes) -> int:
    """Return where a file of sound begins; -1 if none does."""
    for mark, beginning in _FILES:
        place = block.find(mark)
        while place >= 0:
            if beginning.match(block, place):
                return place
            place = block.find(mark, place + 1)
    return -1


def _is_row_of_frames(file: BinaryIO, at: int, end: int) -> bool:
    """Whether consecutive frames of one format begin here."""
    first = _frame(read_at(file, at, 7))
    if first is None:
        return False
    for _ in range(_CERTAIN_FRAMES):
        frame = _frame(read_at(file, at, 7))
        if frame is None or frame[0] != first[0] or at + frame[1] > end:
            return False
        at += frame[1]
    return True


def _frame(head: bytes) -> tuple[object, int] | None:
    """Return the format and the length of a frame of MPEG audio or AAC."""
    if (frame := parse_header(head[:4])) is not None:
        return frame if frame[1] else None
    length = adts_length(head)
    return ((head[1], head[2], head[3] & 0xF0), length) if length else None


def _begin_of_tag(file: BinaryIO, begin: int, end: int) -> int:
    """Return where the tag begins that ends at `end`; `end` if there is none."""
    if end - begin >= _ID3V1_BYTES and read_at(file, end - _ID3V1_BYTES, 3) == b"TAG":
        at = end - _ID3V1_BYTES
        more = at - _ID3V1_MORE_BYTES
        return more if more >= begin and read_at(file, more, 4) == b"TAG+" else at
    foot = read_at(file, max(begin, end - _APE_BYTES), min(_APE_BYTES, end - begin))
    at = end
    if foot.startswith(_APE_NAME) and len(foot) == _APE_BYTES:
        size, _, flags = struct.unpack_from("<III", foot, 12)
        at = end - size - (_APE_BYTES if flags & _APE_HAS_HEADER else 0)
    elif foot[-_ID3_FOOTER_BYTES:].startswith(_ID3_FOOTER):
        at = end - _length_of_id3(b"ID3" + foot[-_ID3_FOOTER_BYTES + 3 :])
    elif foot.endswith(_LYRICS_ENDS):
        start = max(begin, end - _MAX_LYRICS_BYTES)
        place = read_at(file, start, end - start).rfind(_LYRICS_NAME)
        at = start + place if place >= 0 else end
    is_whole = begin <= at < end and (_end_of_tag(file, at, end) == end or _is_ape(file, at, end - _APE_BYTES, foot))
    return at if is_whole else end


def _end_of_tag(file: BinaryIO, at: int, end: int, is_leading: bool = False) -> int:
    """Return the place where the tag that begins at `at` ends; `at` if there is none."""
    head = read_at(file, at, min(_APE_BYTES, end - at))
    if head[:1] not in (b"I", b"T", b"A", b"L"):
        return at
    if length := _length_of_id3(head):
        return at + length if at + length <= end and (is_leading or _is_id3(file, at, head, length)) else at
    if head.startswith(b"TAG"):
        length = _ID3V1_BYTES + (_ID3V1_MORE_BYTES if head.startswith(b"TAG+") else 0)
        return at + length if at + length <= end else at
    if head.startswith(_APE_NAME) and len(head) == _APE_BYTES:
        return _end_of_ape(file, at, head, end, is_leading)
    if head.startswith(_LYRICS_NAME):
        return _end_of_lyrics(file, at, end)
    return at


def _is_id3(file: BinaryIO, at: int, head: bytes, length: int) -> bool:
    """Whether valid frames and zero padding fill an ID3v2 tag."""
    version, flags = head[3], head[5]
    begin, end = at + 10, at + length - (10 if flags & _ID3_FOOTER_FLAG else 0)
    if not 2 <= version <= 4:
        return False
    if flags & _ID3_UNSYNCHRONISED_FLAG and version < 4:
        if end - begin > _MAX_UNSYNCHRONISED_BYTES:
            return False
        body = read_at(file, begin, end - begin).replace(b"\xff\0", b"\xff")
        return _are_frames(lambda place, n: body[place : place + n], 0, len(body), version, flags)
    return _are_frames(lambda place, n: read_at(file, place, n), begin, end, version, flags)


def _are_frames(read: Callable[[int, int], bytes], at: int, end: int, version: int, flags: int) -> bool:
    n_name, n_head = (3, 6) if version == 2 else (4, 10)
    if version > 2 and flags & _ID3_EXTENDED_FLAG:
        size = int.from_bytes(read(at, 4), "big")
        at += size + 4 if version == 3 else size
    while at + n_head <= end:
        head = read(at, n_head)
        if not any(head[:n_name]):
            break
        if _ID3_NAME.fullmatch(head[:n_name]) is None:
            return False
        sizes = [int.from_bytes(head[n_name : 2 * n_name], "big")]
        if version == 4 and max(head[4:8]) < 0x80:  # 7 bits of each byte, or, as iTunes writes them, all 8
            sizes.insert(0, sum(byte << 7 * i for i, byte in enumerate(reversed(head[4:8]))))
        places = [at + n_head + size for size in sizes if at + n_head + size <= end]
        following = [place for place in places if _may_follow(read(place, min(n_name, end - place)))]
        if not following:
            return False
        at = following[0]
    while at < end and not any(read(at, min(_BYTES_AT_ONCE, end - at))):
        at += _BYTES_AT_ONCE
    return at >= end


def _may_follow(name: bytes) -> bool:
    return not any(name) or len(name) < 3 or _ID3_NAME.fullmatch(name) is not None


def _end_of_ape(file: BinaryIO, at: int, head: bytes, end: int, is_leading: bool) -> int:
    """Return where an APE tag ends that begins with a header; or a footer, if it stands alone before all sound."""
    size, _, flags = struct.unpack_from("<III", head, 12)
    if not flags & _APE_IS_HEADER:
        return at + _APE_BYTES if is_leading else at
    foot = at + size  # the size includes a footer, which may be missing
    if foot + _APE_BYTES <= end and read_at(file, foot, len(_APE_NAME)) == _APE_NAME:
        ends, items_end = foot + _APE_BYTES, foot
    else:
        ends = items_end = foot
    return ends if ends <= end and (is_leading or _is_ape(file, at, items_end, head)) else at


def _is_ape(file: BinaryIO, at: int, end: int, head: bytes) -> bool:
    """Whether the number of items in a header or footer fills an APE tag exactly."""
    if not head.startswith(_APE_NAME) or len(head) < _APE_BYTES:
        return False
    if read_at(file, at, len(_APE_NAME)) == _APE_NAME:
        at += _APE_BYTES
    for _ in range(struct.unpack_from("<I", head, 16)[0]):
        item = read_at(file, at, 8 + 256)
        key = item[8:].partition(b"\0")[0]
        if len(item) < 11 or not 2 <= len(key) < 256 or not all(0x20 <= byte < 0x7F for byte in key):
            return False
        at += 8 + len(key) + 1 + int.from_bytes(item[:4], "little")
        if at > end:
            return False
    return at == end


def _end_of_lyrics(file: BinaryIO, at: int, end: int) -> int:
    """Return where Lyrics3 ends: version 2 has fields (3 letters, a size of 5 digits, text), version 1 only text."""
    data = read_at(file, at, min(_MAX_LYRICS_BYTES, end - at))
    place = len(_LYRICS_NAME)
    while field := re.compile(rb"[A-Z]{3}(\d{5})").match(data, place):
        place = field.end() + int(field[1])
    if re.fullmatch(rb"\d{6}LYRICS200", data[place : place + 15]):
        return at + place + 15
    text = data[: data.find(_LYRICS_ENDS[1])] if _LYRICS_ENDS[1] in data else b"\0"
    return at if b"\0" in text else at + len(text) + len(_LYRICS_ENDS[1])
