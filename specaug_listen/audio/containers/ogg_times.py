"""Times of Ogg's pages (granule positions), compared with the duration of their packets.

The granule position of a page is the number of samples that are complete at its end. If it is less than its packets
hold, at the end or the beginning of a stream, a decoder drops the difference: encoders pad the last packet, and a
stream that was cut out of another may begin before its sound. More than one page cannot be meant. The duration of a
packet follows from its first byte or two, whatever the page says.
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
_MAX_HEADER_BYTES = 1 << 20
# Bytes of a packet that tell its duration; the second one is Opus's number of frames.
_HEAD_BYTES = 2
# First bytes of a track of sound.
CODEC_MARKS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
_OPUS_RATE_HZ = 48000
# opusenc writes a pre-skip of 312, and RFC 7845 proposes 3840; a file that was cut within a packet has up to a packet
# more. A larger value is taken for damage, and the usual one is used in its place.
_MAX_PRE_SKIP, _USUAL_PRE_SKIP, _PRE_SKIP_OFFSET = 12000, 3840, 10
# How far the times of pages may differ from those of their packets, as some writers round them; and at the beginning.
_TOLERANCE_S, _ROUNDING_S = 0.25, 0.01


class PageTime(NamedTuple):
    """A page in which packets of sound end, or the track.

    Parameters
    ----------
    at : int
        Its place in the file.
    granule : int
        The granule position, as written.
    n_samples : int
        Duration of the packets that end in it.
    is_end : bool
        Whether it is marked as the last page.
    """

    at: int
    granule: int
    n_samples: int
    is_end: bool


@dataclass
class OggTrack:
    """One track of a stream, built page by page.

    Parameters
    ----------
    first : int
        The place of its first page in the file.
    pages : list of PageTime
        The pages that have a time.
    ends : dict of int to int
        Flags of the pages that are marked as the last one, by their place.
    flags : dict of int to int
        Corrected flags of pages that claim to continue a packet that had ended, by their place.
    last, number : int
        Place and number of the latest page.
    rate_hz : int
        Of the times; 0 for FLAC and Speex, whose decoders ignore them.
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
        """Whether its last page is marked as such."""
        return self.last in self.ends

    @property
    def is_sound(self) -> bool:
        """Whether its codec is one of sound."""
        return bool(self._headers) and self._headers[0].startswith(CODEC_MARKS)

    @property
    def marks(self) -> dict[int, int]:
        """Corrected flags of all pages whose own cannot be true, by their place."""
        within = [at for at in self.ends if at != self.last]
        return self.flags | {at: self.flags.get(at, self.ends[at]) & ~_LAST_PAGE_FLAG for at in within}

    @property
    def skips_too_much(self) -> bool:
        """Whether the pre-skip of an Opus header is too large to be true."""
        first = self._headers[0] if self._headers else b""
        is_opus = first.startswith(b"OpusHead") and len(first) >= _PRE_SKIP_OFFSET + 2
        return is_opus and struct.unpack_from("<H", first, _PRE_SKIP_OFFSET)[0] > _MAX_PRE_SKIP

    @cached_property
    def _times(self) -> tuple[dict[int, int], int]:
        return mend_times(self.pages, self.last, self.rate_hz)

    @property
    def n_wrong_times(self) -> int:
        """Number of pages whose time cannot be true, and of headers whose pre-skip cannot."""
        return len(self._times[0]) + self.skips_too_much

    @property
    def skip_samples(self) -> int:
        """Number of Vorbis samples before time 0; libsndfile would drop others in their place."""
        return 0 if self._lengths is _FRAMES_OF_OPUS else max(0, -self._times[1])

    def mended_fields(self) -> dict[int, dict[int, bytes]]:
        """Return corrected fields of pages, by the page's place in the file and the field's place in the page.

        Opus has to begin at time 0: libsndfile keeps the pre-skip of a stream that begins later, and refuses one that
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
        """Add the next page of the track."""
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
            most = _MAX_HEADER_BYTES if len(self._headers) < self._n_headers else _HEAD_BYTES
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
        """Return the number of samples that a packet of sound adds."""
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
    """Return the block size for each possible first byte of a packet; 0 for packets without sound.

    The modes are at the end of the setup header, which is read backwards, as FFmpeg does: before the last set bit, 8
    bits of mapping for each mode, twice 16 zero bits, and one bit for long blocks; before all modes, 6 bits of their
    number. Numbers are written least significant bit first.
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
    """Return corrected times of the pages of one track whose own cannot be true, by place, and the time of its start.

    `last` is the place of the track's last page.

    Examples
    --------
    >>> pages = [PageTime(0, 960, 960, False), PageTime(99, 50000, 960, False), PageTime(200, 2500, 960, True)]
    >>> mend_times(pages, 200, 48000)
    ({99: 1920}, 0)
    """
    totals = accumulate(page.n_samples for page in pages)
    offsets = [page.granule - total for page, total in zip(pages, totals, strict=True)]
    # How far a time may be before that of the packets: at the end by a page, or by the one before if the last page
    # holds no packet.
    lengths = [page.n_samples for page in pages if page.n_samples]
    slacks = [lengths[-1] if lengths and page.is_end and page.at == last else 0 for page in pages]
    # At the beginning, too; then all pages are early by as much.
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
            wrong[page.at] = page.granule - offsets[i] + before  # the duration of its packets and of all before
        elif i in rise:
            before = offsets[i]
    return wrong, begin


def _longest_rise(values: Sequence[int], places: Sequence[int]) -> list[int]:
    """Return the longest subsequence of places whose values do not decrease."""
    ends: list[int] = []  # the lowest last value of a subsequence of each length, and its place
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
