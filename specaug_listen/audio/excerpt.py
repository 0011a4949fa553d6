"""A part of a file: the concatenated samples of its streams, from one time to another."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Sequence

import numpy as np

from .._notices import Notice
from ..errors import AudioError, ParameterError
from .decoder import Decoder, Real
from .sound import after_end, check_length

__all__ = ["Excerpt", "check_excerpt"]

# The densest sound: silence in FLAC, where 11 bytes hold 65535 samples.
_MAX_SAMPLES_PER_BYTE = 1 << 13


class Excerpt:
    """A part of a file, ready to be read from its beginning.

    Parameters
    ----------
    decoders : sequence of Decoder
        Of the file's streams, all of one rate and number of channels.
    file_notices : sequence of Notice
        Known before the file is decoded.
    start_s, duration_s : float [s]
    n_bytes : int
        Size of the file.

    Attributes
    ----------
    sample_rate, n_channels : int
    begin : int
        Its first sample in the file.
    sha256 : str
        Hash of the whole file's bytes; empty until the caller sets it.
    """

    def __init__(
        self,
        decoders: Sequence[Decoder],
        file_notices: Sequence[Notice],
        start_s: float,
        duration_s: float | None,
        *,
        n_bytes: int = 0,
    ) -> None:
        self._decoders, self._file_notices, self._start_s, self._n_bytes = decoders, file_notices, start_s, n_bytes
        self.sha256 = ""
        self.sample_rate, self.n_channels = decoders[0].sample_rate, decoders[0].n_channels
        self.begin = round(start_s * self.sample_rate)
        self._wanted = None if duration_s is None else max(1, round(duration_s * self.sample_rate))
        self._n_samples: int | None = None
        exact = [decoder.n_exact for decoder in decoders]
        if None not in exact:
            total = sum(n for n in exact if n is not None)
            self._check_start(total)
            self.begin = min(self.begin, total - 1)
            self._n_samples = total - self.begin if self._wanted is None else min(total - self.begin, self._wanted)

    @property
    def n_exact(self) -> int | None:
        """The length, if it is known before anything is decoded."""
        return self._n_samples

    @property
    def n_samples(self) -> int:
        """The length; if it is unknown, all is decoded once to count it.

        Raises
        ------
        AudioError
            If there is nothing, or far too much.
        """
        if self._n_samples is None:
            n_samples = 0
            for block in self._decode():
                n_samples += len(block)
                check_length(n_samples, self.sample_rate, self.sample_rate)
            self._n_samples = n_samples
        return self._n_samples

    def check_length(self, sample_rate: int) -> None:
        """Raise if the excerpt would be too long at a rate, as far as that is known before decoding.

        Raises
        ------
        AudioError
        """
        n_samples = self._n_samples
        if n_samples is None and None not in (likely := [decoder.n_likely for decoder in self._decoders]):
            total = sum(n for n in likely if n is not None)
            # More than the file could hold comes from a wrong header: the file is read as far as possible.
            n_samples = max(0, total - self.begin) if total <= _MAX_SAMPLES_PER_BYTE * self._n_bytes else None
            if n_samples is not None and self._wanted is not None:
                n_samples = min(n_samples, self._wanted)
        if n_samples is not None:
            check_length(n_samples, self.sample_rate, sample_rate)

    @property
    def decoder(self) -> str:
        """Name and version of the decoder."""
        return self._decoders[0].name

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is known so far of the file; complete after the excerpt has been read, or after `n_samples`."""
        return (*self._file_notices, *(notice for decoder in self._decoders for notice in decoder.notices()))

    def blocks(self, size: int) -> Iterator[Real]:
        """Yield the samples in blocks of shape (n, n_channels); each call starts at the beginning.

        Raises
        ------
        AudioError
            If there is nothing.
        """
        waiting: list[Real] = []
        n_waiting = 0
        for block in self._decode():
            while len(block):
                part, block = block[: size - n_waiting], block[size - n_waiting :]
                waiting.append(part)
                n_waiting += len(part)
                if n_waiting == size:
                    yield waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
                    waiting, n_waiting = [], 0
        if waiting:
            yield np.concatenate(waiting)

    def _decode(self) -> Iterator[Real]:
        skip, done = self.begin, 0
        for decoder in self._decoders:
            if decoder.n_exact is not None and skip >= decoder.n_exact:
                skip -= decoder.n_exact
                continue
            for block in decoder.blocks(skip):
                part = block if self._wanted is None else block[: self._wanted - done]
                done += len(part)
                if len(part):
                    yield part
                if done == self._wanted:
                    return
            skip = max(0, skip - (decoder.ending.n_samples if decoder.ending else 0))
        if done == 0:
            self._check_start(sum(decoder.ending.n_samples for decoder in self._decoders if decoder.ending))
            raise AudioError("the file holds no samples that can be decoded; use another clip")

    def _check_start(self, total: int) -> None:
        if total == 0:
            cut = next((notice.text for notice in self.notices if notice.kind in ("cut", "cut-within")), None)
            raise AudioError(cut or "the file holds no samples")
        if self._start_s * self.sample_rate >= total:
            raise after_end(self._start_s, total / self.sample_rate)


def check_excerpt(start_s: float, duration_s: float | None) -> None:
    """Raise unless a start and a duration are valid.

    Raises
    ------
    ParameterError
        For a negative start, a duration of 0 or less, or anything but finite seconds.
    """
    if not (_is_finite(start_s) and start_s >= 0):
        raise ParameterError(f"start={start_s!r:.80}: expected seconds >= 0")
    if duration_s is not None and not (_is_finite(duration_s) and duration_s > 0):
        raise ParameterError(f"duration={duration_s!r:.80}: expected seconds > 0, or nothing for all")


def _is_finite(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
