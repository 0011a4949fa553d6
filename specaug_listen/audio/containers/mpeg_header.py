"""Headers of frames of MPEG audio and AAC (ADTS), which tell the frame's length and number of samples."""

from __future__ import annotations

import functools
from typing import NamedTuple

__all__ = ["Format", "adts_length", "parse_header"]

# kbit/s by 4 bits of the header: MPEG 1 layers I, II, III; MPEG 2 and 2.5 layer I, layers II and III.
_KBITS = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = (44100, 48000, 32000)


class Format(NamedTuple):
    """The fields of a header that are constant within a stream."""

    version: int  # 1, 2, or 3 for 2.5
    layer: int
    rate_hz: int
    is_mono: bool

    @property
    def samples_per_frame(self) -> int:
        """Samples of a frame in each channel."""
        return 384 if self.layer == 1 else 576 if self.layer == 3 and self.version > 1 else 1152


def adts_length(head: bytes) -> int:
    """Return the length of a frame of AAC by its first 7 bytes; 0 if they are no ADTS header."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


@functools.lru_cache(maxsize=4096)
def parse_header(header: bytes) -> tuple[Format, int] | None:
    r"""Return format and length of a frame: None if this is no header, a length of 0 if the bit rate is free.

    Examples
    --------
    >>> parse_header(b"\xff\xfb\x90\x00")
    (Format(version=1, layer=3, rate_hz=44100, is_mono=False), 417)
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = (3, 0, 2, 1)[header[1] >> 3 & 3], 4 - (header[1] >> 1 & 3)
    kbits, rate = header[2] >> 4, header[2] >> 2 & 3
    if version == 0 or layer == 4 or kbits == 15 or rate == 3 or header[3] & 3 == 2:
        return None
    rate_hz = _RATES_HZ[rate] >> (version - 1)
    form = Format(version, layer, rate_hz, header[3] >> 6 == 3)
    bits = 1000 * _KBITS[min(version, 2), layer][kbits]
    if bits == 0:
        return form, 0
    padding = header[2] >> 1 & 1
    if layer == 1:
        return form, (12 * bits // rate_hz + padding) * 4
    return form, form.samples_per_frame // 8 * bits // rate_hz + padding
