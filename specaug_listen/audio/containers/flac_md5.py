"""The MD5 that a FLAC's header holds of its samples: where it differs, some of them are not those that were encoded.

A decoder checks each frame by itself, and not all of them tell when one is missing or stands there twice.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import numpy.typing as npt

__all__ = ["LENGTH_OF_HEADER", "FlacMd5"]

# Marker and STREAMINFO, of which rate, channels and bits stand in bytes 18 to 25, and the MD5 in the last 16.
LENGTH_OF_HEADER, _FIELDS = 42, 18
_BYTES_PER_SAMPLE = {8: 1, 16: 2, 24: 3}


class FlacMd5:
    """The MD5 of samples as they are decoded, beside that of the header.

    Parameters
    ----------
    header : bytes
        The first 42 bytes of the stream; without an MD5 in them, or with samples of other widths, nothing differs.
    """

    def __init__(self, header: bytes) -> None:
        self._expected, self._bits = b"", 0
        if len(header) == LENGTH_OF_HEADER and header[:4] == b"fLaC":
            (fields,) = struct.unpack(">Q", header[_FIELDS : _FIELDS + 8])
            self._expected, self._bits = header[-16:], (fields >> 36 & 31) + 1
        self._is_known = any(self._expected) and self._bits in _BYTES_PER_SAMPLE
        self._md5 = hashlib.md5(usedforsecurity=False)

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Samples that follow, shape (n, n_channels), full scale 1."""
        if self._is_known:
            # Whole numbers of up to 24 bits, which single precision holds exactly.
            numbers = (block * np.float32(1 << (self._bits - 1))).astype("<i4")
            width = _BYTES_PER_SAMPLE[self._bits]
            self._md5.update(np.ascontiguousarray(numbers.reshape(-1, 1).view(np.uint8)[:, :width]).tobytes())

    @property
    def differs(self) -> bool:
        """Whether the samples are not those that were encoded."""
        return self._is_known and self._md5.digest() != self._expected
