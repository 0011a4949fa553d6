"""The times of Ogg's pages, beside those of the packets in them: decoders drop what a page says is not there.

A page tells how many samples are complete at its end (its granule position). Where that is less than its packets hold,
at the end of a stream or at its beginning, a decoder takes the difference off, as encoders fill up their last packet,
and what cuts a stream may have to begin before the sound. No more than a page can be meant so. How long a packet lasts
is told by its first byte or two, whatever the page says.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

__all__ = ["CODEC_MARKS", "PAGE_HEADER_BYTES", "OggTrack", "PageTime", "mend_times"]

PAGE_HEADER_BYTES = 27
_CONTINUED_FLAG, _LAST_PAGE_FLAG = 1, 4
_FLAGS_OFFSET, _GRANULE_OFFSET = 5, 6
_MOST_HEADER_BYTES = 1 << 20
# Of a packet of sound; Opus tells the number of its frames in the second one.
_HEAD_BYTES = 2
# What the first packet of a track of sound begins with.
CODEC_MARKS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
_OPUS_RATE_HZ = 48000
# What opusenc writes is 312, and RFC 7845 proposes 3840; a file that was cut elsewhere than at a packet has up to a
# packet more. Above, it is a number that means nothing, and so much is dropped in its place.
_MOST_PRE_SKIP, _USUAL_PRE_SKIP, _PRE_SKIP_OFFSET = 12000, 3840, 10
# By how many seconds the times of pages may differ from those of their packets, as some writers round them; and where
# they count at the beginning.
_TOLERANCE_S, _ROUNDING_S = 0.25, 0.01


class PageTime(NamedTuple):
    """A page in which packets of sound end, or the track.

    Parameters
    ----------
    at : int
        Where it is in the file.
    granule : int
        Its time, as it is written.
    n_samples : int
        How long the packets last that end in it.
    is_end : bool
        Whether it is marked as the last one.
    """

    at: int
    granule: int
    n_samples: int
    is_end: bool


@dataclass
class OggTrack:
    """One track of a stream: its pages, taken in one by one.

    Parameters
    ----------
    first : int
        Where its first page is in the file.
    pages : list of PageTime
        Those that tell a time.
    ends : dict of int to int
        The flags of pages that are marked as the last one, by where they are.
    flags : dict of int to int
        What the flags of pages must be that say to go on with a packet of a page before, which has ended there.
    last, number : int
        Where the page is that was taken in last, and its number.
    rate_hz : int
        Of its times; 0 of FLAC and Speex, whose decoders do not look at them.
    """

    first: int
    pages: list[PageTime] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    flags: dict[int, int] = field(default_factory=dict)
    last: int = -1
    number: int = -1
    rate_hz: int = 0
    _headers: list[bytes] = field(default_factory=list)
    _n_headers: int = 1
    _open: bytes | None = None
    _block: int = 0
    _lengths: Sequence[int] = ()

    @property
    def has_end(self) -> bool:
        """Whether its last page is marked so."""
        return self.last in self.ends

    @property
    def is_sound(self) -> bool:
        """Whether it is of a codec of sound."""
        return bool(self._headers) and self._headers[0].startswith(CODEC_MARKS)

    @property
    def marks(self) -> dict[int, int]:
        """The flags that a page must have, by where it is, of all those whose own cannot be true."""
        within = [at for at in self.ends if at != self.last]
        return self.flags | {at: self.flags.get(at, self.ends[at]) & ~_LAST_PAGE_FLAG for at in within}

    @property
    def skips_too_much(self) -> bool:
        """Whether the header of Opus tells to drop more at the beginning than can be meant."""
        first = self._headers[0] if self._headers else b""
        is_opus = first.startswith(b"OpusHead") and len(first) >= _PRE_SKIP_OFFSET + 2
        return is_opus and struct.unpack_from("<H", first, _PRE_SKIP_OFFSET)[0] > _MOST_PRE_SKIP

    @cached_property
    def _times(self) -> tuple[dict[int, int], int]:
        return mend_times(self.pages, self.last, self.rate_hz)

    @property
    def n_wrong_times(self) -> int:
        """How many pages tell of a time that cannot be true, and headers of a beginning."""
        return len(self._times[0]) + self.skips_too_much

    @property
    def skip_samples(self) -> int:
        """How many samples of Vorbis lie before its time 0; libsndfile drops others in their place."""
        return 0 if self._lengths is _FRAMES_OF_OPUS else max(0, -self._times[1])

    def mended_fields(self) -> dict[int, dict[int, bytes]]:
        """Return what is to stand in pages, by where they are in the file, and by where it is in them.

        Opus is to begin at its time 0: libsndfile leaves the beginning in of one that begins later, and reads none that
        begins earlier.
        """
        mended: dict[int, dict[int, bytes]] = {}
        for at, flags in self.marks.items():
            mended.setdefault(at, {})[_FLAGS_OFFSET] = bytes([flags])
        times, begin = self._times
        if (self._lengths is _FRAMES_OF_OPUS and begin) or begin < 0:
            times = {page.at: times.get(page.at, page.granule) - begin for page in self.pages}
        for at, time in times.items():
            mended.setdefault(at, {})[_GRANULE_OFFSET] = struct.pack("<q", time)
        if self.skips_too_much:  # the first page holds one packet, in one segment of its table
            place = PAGE_HEADER_BYTES + 1 + _PRE_SKIP_OFFSET
            mended.setdefault(self.first, {})[place] = struct.pack("<H", _USUAL_PRE_SKIP)
        return mended

    def take(self, at: int, page: bytes) -> None:
        """Take in the next page of the track."""
        flags, granule, number = struct.unpack_from("<Bq4xI", page, _FLAGS_OFFSET)
        if flags & _CONTINUED_FLAG and self._open == b"" and number == self.number + 1:
            self.flags[at] = flags = flags & ~_CONTINUED_FLAG
        self.last, self.number = at, number
        if flags & _LAST_PAGE_FLAG:
            self.ends[at] = flags
        if not flags & _CONTINUED_FLAG:
            self._open = b""
        begin = end = PAGE_HEADER_BYTES + page[26]
        n_sound = n_samples = 0
        for size in page[PAGE_HEADER_BYTES:end]:
            end += size
            if size == 255:
                continue
            if self._open is not None:
                packet = self._open + page[begin:end] if self._open else page[begin:end]
                if len(self._headers) < self._n_headers:
                    self._take_header(packet)
                else:
                    n_sound += 1
                    n_samples += self._length(packet)
            self._open, begin = b"", end
        if begin < end and self._open is not None:
            most = _MOST_HEADER_BYTES if len(self._headers) < self._n_headers else _HEAD_BYTES
            self._open = (self._open + page[begin:end])[:most]
        is_end = bool(flags & _LAST_PAGE_FLAG)
        if self._lengths and (n_sound or (is_end and granule != -1)):
            self.pages.append(PageTime(at, granule, n_samples, is_end))

    def _take_header(self, packet: bytes) -> None:
        self._headers.append(packet)
        first = self._headers[0]
        if first.startswith(b"\x01vorbis") and len(first) >= 30:
            self._n_headers, self.rate_hz = 3, struct.unpack_from("<I", first, 12)[0]
            if len(self._headers) == self._n_headers:
                self._lengths = _blocks_of_vorbis(first[28], packet)
        elif first.startswith(b"OpusHead") and len(first) >= 19:
            self._n_headers, self.rate_hz = 2, _OPUS_RATE_HZ
            self._lengths = _FRAMES_OF_OPUS

    def _length(self, packet: bytes) -> int:
        """Return how many samples a packet of sound adds."""
        if not packet or not self._lengths:
            return 0
        length = self._lengths[packet[0]]
        if self._n_headers == 2:  # Opus
            n_frames = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[packet[0] & 3]
            return n_frames * length
        if not length:  # no packet of sound
            return 0
        before, self._block = self._block, length
        return (before + length) // 4 if before else 0


def _blocks_of_vorbis(sizes: int, setup: bytes) -> tuple[int, ...]:
    """Return the size of a block for each first byte that its packet may have, 0 where it is none of sound.

    The modes stand at the end of the setup header, which is read from there on, as FFmpeg does: before the last bit
    that is set, for each mode 8 bits of its mapping, 2 times 16 that are 0, and whether its blocks are long; before all
    of them, 6 bits of their number. Numbers are written with their lowest bit first.
    """
    bits = int.from_bytes(setup, "little")
    end = bits.bit_length() - 1
    flags: list[bool] = []
    n_modes = 0
    while len(flags) < 64 and end - 41 * len(flags) >= 97:
        at = end - 41 * (len(flags) + 1)
        mode = bits >> at & (1 << 41) - 1
        if mode >> 33 > 63 or mode >> 1 & 0xFFFFFFFF:
            break
        flags.append(bool(mode & 1))
        if (bits >> (at - 6) & 63) + 1 == len(flags):
            n_modes = len(flags)
    if not n_modes:
        return ()
    is_long = flags[:n_modes][::-1]
    mask = (1 << (n_modes - 1).bit_length()) - 1
    short, long = 1 << (sizes & 15), 1 << (sizes >> 4)
    modes = [byte >> 1 & mask for byte in range(256)]
    return tuple(
        0 if byte & 1 or mode >= n_modes else long if is_long[mode] else short for byte, mode in enumerate(modes)
    )


def _frame_of_opus(byte: int) -> int:
    config = byte >> 3
    if config < 12:
        return (480, 960, 1920, 2880)[config & 3]
    return (480, 960)[config & 1] if config < 16 else (120, 240, 480, 960)[config & 3]


_FRAMES_OF_OPUS = tuple(map(_frame_of_opus, range(256)))


def mend_times(pages: Sequence[PageTime], last: int, rate_hz: int) -> tuple[dict[int, int], int]:
    """Return the time that a page must have, of all those whose own cannot be true, and that of the beginning.

    Parameters
    ----------
    pages : sequence of PageTime
        Of one track.
    last : int
        Where the last page of the track is.
    rate_hz : int

    Returns
    -------
    dict of int to int
        By where the pages are in the file.
    int
        Of the first sample.

    Examples
    --------
    >>> pages = [PageTime(0, 960, 960, False), PageTime(99, 50000, 960, False), PageTime(200, 2500, 960, True)]
    >>> mend_times(pages, 200, 48000)
    ({99: 1920}, 0)
    """
    totals = accumulate(page.n_samples for page in pages)
    offsets = [page.granule - total for page, total in zip(pages, totals, strict=True)]
    # How far the time may lie behind that of the packets: at the end by a page, where the last one holds no packet by
    # the one before it.
    lengths = [page.n_samples for page in pages if page.n_samples]
    slacks = [lengths[-1] if lengths and page.is_end and page.at == last else 0 for page in pages]
    # At the beginning, too; then all pages lie behind by as much.
    first = pages[0].n_samples if pages else 0
    possible = [i for i, page in enumerate(pages) if page.granule >= 0 and (slacks[i] or offsets[i] >= -first)]
    if len(pages) > 1 and offsets[0] < 0 and offsets[1] - offsets[0] > _ROUNDING_S * rate_hz:
        possible = [i for i in possible if i]
    rise = set(_longest_rise([offset + slack for offset, slack in zip(offsets, slacks, strict=True)], possible))
    begin = before = next((offsets[i] for i in sorted(rise) if not slacks[i]), 0)
    wrong = {}
    for i, page in enumerate(pages):
        most = (_TOLERANCE_S if i else _ROUNDING_S) * rate_hz
        is_near = page.granule >= 0 and abs(offsets[i] - before) <= most
        if offsets[i] + slacks[i] < before if slacks[i] else not (is_near or i in rise):
            wrong[page.at] = page.granule - offsets[i] + before  # as many as its packets hold, and all before it
        elif i in rise:
            before = offsets[i]
    return wrong, begin


def _longest_rise(values: Sequence[int], places: Sequence[int]) -> list[int]:
    """Return as many of some places as can be, of which no value is below the one before."""
    ends: list[int] = []  # the lowest value that so many in a row can end with, and where that is
    at_ends: list[int] = []
    before: dict[int, int | None] = {}
    for place in places:
        n = bisect_right(ends, values[place])
        before[place] = at_ends[n - 1] if n else None
        ends[n : n + 1], at_ends[n : n + 1] = [values[place]], [place]
    rise: list[int] = []
    at = at_ends[-1] if at_ends else None
    while at is not None:
        rise.append(at)
        at = before[at]
    return rise[::-1]
