"""How far the length of a decoded track may be from what its header promises, though nothing is missing."""

from __future__ import annotations

from typing import Any

__all__ = ["LengthSlack"]

# Times in a header are rounded to milliseconds. Those of containers that record the times of packets, as a camera or a
# browser does, follow another clock than that of the samples.
_ROUNDING_S, _CLOCK_ROUNDING_S = 0.003, 0.1
_CLOCK_FORMATS = frozenset({"matroska", "mov"})
# Containers that count the samples, of codecs without padding.
_EXACT_FORMATS = frozenset({"ape", "tak", "tta", "wv"})
# A header may count whole packets, of which the last one is not full. The header of a Windows Media may count one more,
# as does FFmpeg's of FLAC in AVI.
_N_PACKETS, _MORE_PACKETS = 1, 2
# Encoders pad the end so that a decoder with a delay returns all.
_N_PADDING_PACKETS = 3
# What is skipped of the beginning at most, and no slack is larger than these. A packet of Windows Media usually holds a
# quarter of a second.
_MAX_SKIPPED_S, _MAX_S, _MAX_ASF_S = 0.1, 0.25, 0.15


class LengthSlack:
    """The slack by the codec, its packets and the container, after all packets were added.

    Parameters
    ----------
    sample_rate : int > 0 [Hz]
    container, codec : str
        FFmpeg's names.
    is_counted_in_bytes : bool
        Whether the container counts bytes, which are compared elsewhere, so that its time is a mere guess.

    Examples
    --------
    >>> slack = LengthSlack(16000, "avi", "pcm_s16le")
    >>> slack.n_missing, slack.n_extra
    (48, 48)
    """

    def __init__(self, sample_rate: int, container: str, codec: str, *, is_counted_in_bytes: bool = False) -> None:
        self._rate, self._container, self._codec = sample_rate, container, codec
        self._is_counted_in_bytes = is_counted_in_bytes
        self._largest = self._n_skipped = 0

    def add(self, packet: Any, n_samples: int) -> None:
        """Add a packet of FFmpeg's, and how many samples were decoded from it."""
        if not self._largest and packet.duration and packet.time_base:
            # A codec's delay at the beginning is in packets, but not in what is decoded.
            length = round(float(packet.duration * packet.time_base) * self._rate)
            self._n_skipped += max(0, length - n_samples)
        self._largest = max(self._largest, n_samples)

    @property
    def n_missing(self) -> int:
        """How many samples a whole file may be short of its promise."""
        more = self._container == "asf" or (self._container, self._codec) == ("avi", "flac")
        n_skipped = min(self._n_skipped, round(_MAX_SKIPPED_S * self._rate))
        return self._slack((_MORE_PACKETS if more else _N_PACKETS) * self._largest + n_skipped)

    @property
    def n_extra(self) -> int:
        """How many samples a whole file may hold beyond its promise."""
        return self._slack(_N_PADDING_PACKETS * self._largest)

    def _slack(self, n_of_packets: int) -> int:
        most = round((_MAX_ASF_S if self._container == "asf" else _MAX_S) * self._rate)
        if self._is_counted_in_bytes:
            return most
        is_exact = self._codec.startswith("pcm_") or self._container in _EXACT_FORMATS
        rounding = round((_CLOCK_ROUNDING_S if self._container in _CLOCK_FORMATS else _ROUNDING_S) * self._rate)
        return min(most, rounding + (0 if is_exact else n_of_packets))
