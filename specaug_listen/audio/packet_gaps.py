"""Timestamps of packets: the gaps of a recorder that pauses, and the order of the packets."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["PacketGaps"]

# Timestamps are rounded, and those of packets before an edit or of a live recorder overlap a little.
_BACKWARDS_S = 0.1


class PacketGaps:
    """Compares the time from the first to the last packet of a track with the sound in them, in samples.

    Attributes
    ----------
    n_backwards : int
        How many packets are earlier than the one before them, by more than a tenth of a second.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate, self._end = sample_rate, 0.0
        self._begin: float | None = None
        self._previous = -math.inf
        self.n_backwards = 0
        self._n_samples = self._n_of_last = self._n_unknown = 0

    def add(self, packet: Any, n_samples: int) -> None:
        """Add a packet of FFmpeg's, and how many samples were decoded from it: 0 if it is damaged."""
        self._n_of_last = n_samples or self._n_of_last
        if packet.pts is None or not packet.time_base or not packet.size:
            return
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
