"""The frames of MPEG audio: finding them, and parsing the first one, which may describe the rest (Xing, VBRI)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from .file_view import end_of_run, read_at, search
from .mpeg_header import Format, parse_header
from .tags import MAX_REFUSED_TAGS, is_begun_tag, skip_tags

__all__ = ["MAX_PADDING_BYTES", "Run", "Scan", "Tag", "read_runs"]

_HEAD_BYTES = 52  # header, side information, and the name of a Xing tag
_SHORTEST_FREE_BYTES, _MAX_FREE_BYTES = 24, 4096
_VBRI_OFFSET = 36  # of Fraunhofer's tag, in any frame
MAX_PADDING_BYTES = 512
# The search for a first frame ends after so many false headers. Random data of 100 MB have as many.
_MAX_FALSE_HEADERS = 1 << 16
_FRAME_SYNC = re.compile(rb"\xff[\xe2-\xff][\0-\xef]|ID3|TAG|APETAGEX|LYRICSBEGIN")
_MAX_MARK_BYTES = 11


class Tag(NamedTuple):
    """The tag in the first frame of a file: the number of frames, and the encoder's delay and padding in samples.

    The frame holds no sound. `frame` has its bytes if it is a Xing tag, which decoders understand. It is empty for a
    VBRI tag (Fraunhofer), because decoders would play that frame as silence.
    """

    frame: bytes
    place: int
    n_frames: int
    delay: int
    padding: int

    def mend(self, n_frames: int, n_bytes: int, padding: int) -> bytes:
        """Return the frame with other numbers, in the fields that it has."""
        frame = bytearray(self.frame)
        flags, at = frame[self.place + 7], self.place + 8
        if flags & 1:
            frame[at : at + 4] = struct.pack(">I", n_frames)
            at += 4
        if flags & 2:
            frame[at : at + 4] = struct.pack(">I", n_bytes)
        place = _place_of_padding(self.place, flags)
        if padding != self.padding and place + 3 <= len(frame):
            frame[place + 1] = frame[place + 1] & 0xF0 | padding >> 8
            frame[place + 2] = padding & 0xFF
        return bytes(frame)


@dataclass
class Run:
    """Frames of one format, as byte ranges."""

    format: Format
    header: bytes
    tag: Tag | None
    begin: int
    ranges: list[tuple[int, int]] = field(default_factory=list)
    n_frames: int = 0

    @property
    def layer(self) -> int:
        """MPEG layer: 1, 2 or 3."""
        return self.format.layer

    @property
    def samples_per_frame(self) -> int:
        """Samples of a frame in each channel."""
        return self.format.samples_per_frame

    @property
    def is_free(self) -> bool:
        """Whether the bit rate is free, not one of the table."""
        return self.header[2] >> 4 == 0

    @property
    def n_bytes(self) -> int:
        """Total length of its frames."""
        return sum(end - begin for begin, end in self.ranges)

    def append(self, begin: int, end: int) -> None:
        """Add a frame."""
        if self.ranges and self.ranges[-1][1] == begin:
            self.ranges[-1] = (self.ranges[-1][0], end)
        else:
            self.ranges.append((begin, end))
        self.n_frames += 1


@dataclass
class Scan:
    """All frames; byte ranges that are neither frames nor tags; zeros behind them; whether the last frame is cut."""

    runs: list[Run] = field(default_factory=list)
    foreign: list[tuple[int, int]] = field(default_factory=list)
    n_zeros: int = 0
    is_truncated: bool = False
    most_padding: int = MAX_PADDING_BYTES


def read_runs(file: BinaryIO, begin: int, end: int, most_padding: int = MAX_PADDING_BYTES) -> Scan:
    """Find the frames between two places of a file; fewer than `most_padding` zeros around them are padding."""
    scan, at = Scan(most_padding=most_padding), begin
    is_lost, lost_from, n_false, n_refused = True, begin, 0, 0
    while at + 4 <= end:
        head = read_at(file, at, min(_HEAD_BYTES, end - at))
        if _may_be_tag(head) and n_refused < MAX_REFUSED_TAGS:
            if (tags_end := skip_tags(file, at, end, is_leading=not scan.runs)) > at:
                _note_foreign(scan, file, lost_from, at)
                at = lost_from = tags_end
                is_lost = True
                continue
            n_refused += 1
        may_be_free = scan.runs[-1].is_free if scan.runs else at == lost_from
        frame = _frame(file, head, at, end, may_be_free)
        same = bool(scan.runs) and frame is not None and frame[0] == scan.runs[-1].format
        if frame is None or not ((same and not is_lost) or _is_followed(file, at + frame[1], end, frame[0])):
            at = next(search(file, _FRAME_SYNC, at + 1, end, _MAX_MARK_BYTES), end)
            is_lost, n_false = True, n_false + 1
            if n_false > _MAX_FALSE_HEADERS and not scan.runs:
                break
            continue
        if at + frame[1] > end:
            scan.is_truncated = True
            _note_foreign(scan, file, lost_from, at)
            return scan
        _note_foreign(scan, file, lost_from, at, is_within=True)
        _take(scan, file, head, at, *frame)
        at += frame[1]
        is_lost, lost_from = False, at
    if scan.runs and _is_frame_start(file, lost_from, end, scan.runs[-1].header):
        scan.is_truncated = True
    else:
        _note_foreign(scan, file, lost_from, end)
    return scan


def _is_frame_start(file: BinaryIO, begin: int, end: int, header: bytes) -> bool:
    """Whether the last bytes are the beginning of another frame, too short to tell its length."""
    n = end - begin
    return 0 < n < len(header) and read_at(file, begin, min(n, 2)) == header[: min(n, 2)]


def _take(scan: Scan, file: BinaryIO, head: bytes, at: int, form: Format, length: int) -> None:
    tag = _tag(file, head, at, form, length) if form.layer == 3 else None
    if tag is not None or not scan.runs or scan.runs[-1].format != form:
        scan.runs.append(Run(form, head[:4], tag, at))
    if tag is None:
        scan.runs[-1].append(at, at + length)


def _frame(file: BinaryIO, head: bytes, at: int, end: int, may_be_free: bool) -> tuple[Format, int] | None:
    frame = parse_header(head[:4])
    if frame is not None and frame[1] == 0:
        if not may_be_free:  # samples of quiet sound often look like such a header
            return None
        length = _free_length(file, head[:4], at, end)
        return (frame[0], length) if length else None
    return frame


def _free_length(file: BinaryIO, header: bytes, at: int, end: int) -> int:
    """Return the length of a frame of free bit rate, up to the next one; 0 if none follows."""
    following = read_at(file, at + 4, min(_MAX_FREE_BYTES, end - at - 4))
    place = following.find(header[:2], _SHORTEST_FREE_BYTES - 4)
    while place >= 0:
        other = following[place : place + 4]
        if len(other) == 4 and other[2] & 0xFC == header[2] & 0xFC and other[3] >> 6 == header[3] >> 6:
            return place + 4
        place = following.find(header[:2], place + 1)
    return 0


def _is_followed(file: BinaryIO, at: int, end: int, form: Format) -> bool:
    """Whether another frame of this format, a tag, or the end of the file follows."""
    if at >= end - 3:
        return True
    head = read_at(file, at, min(_HEAD_BYTES, end - at))
    if _may_be_tag(head):
        return True
    sync = parse_header(head[:4])
    return sync is not None and sync[0] == form


def _may_be_tag(head: bytes) -> bool:
    return head[:1] != b"\xff" and (head.startswith(b"TAG") or is_begun_tag(head))  # of frames, there are many


def _note_foreign(scan: Scan, file: BinaryIO, begin: int, end: int, *, is_within: bool = False) -> None:
    """Note bytes that are neither frames, tags, nor padding (zeros before or behind all frames)."""
    if end <= begin:
        return
    is_padding = not (is_within and scan.runs) and end_of_run(file, begin, end) == (end, 0)
    if is_padding and (scan.runs or end - begin < scan.most_padding):
        scan.n_zeros += end - begin if end - begin >= scan.most_padding else 0
    else:
        scan.foreign.append((begin, end))


def _place_of_tag(form: Format) -> int:
    return 4 + ((17 if form.is_mono else 32) if form.version == 1 else (9 if form.is_mono else 17))


def _place_of_padding(place: int, flags: int) -> int:
    sizes = (4, 4, 100, 4)
    return place + 8 + sum(size for i, size in enumerate(sizes) if flags >> i & 1) + 21


def _tag(file: BinaryIO, head: bytes, at: int, form: Format, length: int) -> Tag | None:
    place = _place_of_tag(form)
    for where in (place, place + 2):
        if head[where : where + 4] in (b"Xing", b"Info"):
            return _xing(read_at(file, at, length), where)
    if head[_VBRI_OFFSET : _VBRI_OFFSET + 4] == b"VBRI" and length >= _VBRI_OFFSET + 18:
        return Tag(b"", _VBRI_OFFSET, struct.unpack(">I", read_at(file, at + _VBRI_OFFSET + 14, 4))[0], 0, 0)
    return None


def _xing(frame: bytes, place: int) -> Tag:
    flags = frame[place + 7]
    n_frames = struct.unpack(">I", frame[place + 8 : place + 12])[0] if flags & 1 else 0
    at = _place_of_padding(place, flags)
    if at + 3 > len(frame) or not any(frame[at - 21 : at - 12]):
        return Tag(frame, place, n_frames, 0, 0)
    delay = frame[at] << 4 | frame[at + 1] >> 4
    padding = (frame[at + 1] & 15) << 8 | frame[at + 2]
    return Tag(frame, place, n_frames, delay, padding)
