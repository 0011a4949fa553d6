"""Timestamps of packets: the gaps of a recorder that pauses, and the order of the packets."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["PacketGaps", "opus_seconds"]

# Timestamps are rounded, and those of packets before an edit or of a live recorder overlap a little.
_BACKWARDS_S = 0.1
# Opus: the duration of a frame [ms] by the mode and the length in the first byte of a packet.
_SILK_MS, _HYBRID_MS, _CELT_MS = (10.0, 20.0, 40.0, 60.0), (10.0, 20.0), (2.5, 5.0, 10.0, 20.0)
_FIRST_HYBRID, _FIRST_CELT = 12, 16
# A packet may differ so much from the duration that the container gives it.
_ROUNDING_S = 0.002


def opus_seconds(packet: bytes) -> float:
    """Return the duration of a packet of Opus by its first two bytes; 0 without them.

    Examples
    --------
    >>> opus_seconds(bytes([0xFC])), opus_seconds(bytes([0x03, 0x02]))
    (0.02, 0.02)
    """
    if not packet or (packet[0] & 3 == 3 and len(packet) < 2):
        return 0.0
    mode = packet[0] >> 3
    if mode >= _FIRST_CELT:
        frame_ms = _CELT_MS[mode & 3]
    else:
        frame_ms = _HYBRID_MS[mode & 1] if mode >= _FIRST_HYBRID else _SILK_MS[mode & 3]
    n_frames = (1, 2, 2)[packet[0] & 3] if packet[0] & 3 < 3 else packet[1] & 63
    return n_frames * frame_ms / 1000


class PacketGaps:
    """Compares the time from the first to the last packet of a track with the sound in them, in samples.

    Attributes
    ----------
    n_backwards : int
        How many packets are earlier than the one before them, by more than a tenth of a second.
    n_other : int
        How many packets of Opus, before the last one, tell another duration than the container.
    """

    def __init__(self, sample_rate: int, *, is_opus: bool = False) -> None:
        self._rate, self._end, self._is_opus = sample_rate, 0.0, is_opus
        self.n_other, self._is_other = 0, False
        self._begin: float | None = None
        self._previous = -math.inf
        self.n_backwards = 0
        self._n_samples = self._n_of_last = self._n_unknown = 0

    def add(self, packet: Any, n_samples: int) -> None:
        """Add a packet of FFmpeg's, and how many samples were decoded from it: 0 if it is damaged."""
        self._n_of_last = n_samples or self._n_of_last
        if packet.pts is None or not packet.time_base or not packet.size:
            return
        if self._is_opus and packet.duration:
            self.n_other += self._is_other  # of the last packet, a part is padding
            length_s = float(packet.duration * packet.time_base)
            self._is_other = abs(opus_seconds(bytes(packet)[:2]) - length_s) > _ROUNDING_S
        at = float(packet.pts * packet.time_base) * self._rate
        self.n_backwards += at < self._previous - _BACKWARDS_S * self._rate
        self._previous = at
        self._begin = at if self._begin is None else min(self._begin, at)
        self._end = max(self._end, at + self._n_of_last)
        self._n_unknown += 1  # damaged packets before the first intact one count as long as that
        if self._n_of_last:
            self._n_samples += self._n_unknown * self._n_of_last
            self._n_unknown = 0

    @property
    def n_missing(self) -> int:
        """How much longer the time is than the sound."""
        if self._begin is None or not self._n_of_last:
            return 0
        return max(0, round(self._end - self._begin - self._n_samples))
