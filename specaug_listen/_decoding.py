"""Decoders: one stream of sound, from its beginning to its end, in blocks; where it stops is noted, not guessed."""

from __future__ import annotations

import functools
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ._notices import Notice
from ._optional import require
from .containers import Stream, View

__all__ = ["BLOCK", "Decoder", "Ending", "SndfileDecoder"]

Real = npt.NDArray[np.float32]
BLOCK = 1 << 16
# libsndfile gives 2^63 - 1 where a stream does not say how long it is.
_MOST_FRAMES = 1 << 48
_WIDTHS = {
    "PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8, "ULAW": 1, "ALAW": 1,
}  # fmt: skip
_COMPRESSED = {"FLAC", "OGG", "MP3"}


class Ending(NamedTuple):
    """How decoding came to its end.

    Parameters
    ----------
    n_samples : int
        From the beginning of the stream.
    reason : str or None
        What the decoder complains of.
    ran_out : bool
        Whether it complains because the file ends.
    """

    n_samples: int
    reason: str | None = None
    ran_out: bool = False


class Decoder(ABC):
    """One stream of a file.

    Parameters
    ----------
    sample_rate, n_channels : int
    n_exact : int or None
        Its length where it is known for certain; None where only decoding tells.
    name : str
        Of the library, with its version.
    """

    sample_rate: int
    n_channels: int
    n_exact: int | None
    name: str

    @abstractmethod
    def blocks(self, begin: int) -> Iterator[Real]:
        """Samples from ``begin`` to the end, shape (n, n_channels), in blocks; `ending` is known behind the last."""

    @property
    @abstractmethod
    def ending(self) -> Ending | None:
        """How decoding ended; None before."""

    @abstractmethod
    def notices(self) -> list[Notice]:
        """What is known by now of a header and a content that disagree."""


class SndfileDecoder(Decoder):
    """A stream that libsndfile reads.

    Parameters
    ----------
    path : str or path-like
    stream : Stream

    Raises
    ------
    soundfile.LibsndfileError
        When it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], stream: Stream) -> None:
        self._path, self._stream = path, stream
        self._ending: Ending | None = None
        sf = require("soundfile", purpose="reading audio")
        self._raw: dict[str, Any] | None = None
        with self._open()[0] as file:
            self.sample_rate, self.n_channels = int(file.samplerate), int(file.channels)
            self._frames, subtype = int(file.frames), file.subtype
            self._is_linear = subtype in _WIDTHS and file.format not in _COMPRESSED
            self._is_mpeg = file.format == "MP3"
            self._may_seek = stream.is_seekable and sf.SoundFile.seekable(file)
        self.name = f"libsndfile {sf.__libsndfile_version__}"
        if stream.body is not None and self._is_linear:
            self._raw = {
                "format": "RAW", "subtype": subtype, "endian": stream.body.endian,
                "samplerate": self.sample_rate, "channels": self.n_channels,
            }  # fmt: skip
            with self._open()[0] as file:
                self._frames = int(file.frames)
        if stream.most_samples is not None:
            self._frames = min(self._frames, stream.most_samples)
        self._frame_bytes = self.n_channels * _WIDTHS.get(subtype, 1)
        self.n_exact = self._frames if self._is_linear else None

    def _open(self) -> tuple[Any, View | None]:
        stream = self._stream
        if self._raw is not None and stream.body is not None:
            view = View(self._path, [(stream.body.begin, stream.body.end)])
            return _forward()(view, **self._raw), view
        if stream.pieces is None:
            return _forward()(os.fsencode(os.path.abspath(self._path))), None
        view = View(self._path, stream.pieces, is_endless=stream.is_endless)
        return _forward()(view), view

    @property
    def ending(self) -> Ending | None:
        """How decoding ended; None before."""
        return self._ending

    def blocks(self, begin: int) -> Iterator[Real]:
        """Samples from ``begin`` to the end."""
        file, view = self._open()
        try:
            at = self._sought(file, begin)
            if at < 0:
                file.close()
                file, view = self._open()
                at = 0
            yield from self._read(file, view, at, begin)
        finally:
            file.close()
            if view is not None:
                view.close()

    def _sought(self, file: Any, begin: int) -> int:
        """Where the file is afterwards; -1 where it is lost."""
        if not (self._is_linear or self._may_seek) or begin >= self._frames:
            return 0
        if begin == 0 and not self._is_mpeg:  # mpg123 gives other last bits where nothing has been sought
            return 0
        try:
            file.seek(begin)
        except (RuntimeError, ValueError):
            return -1
        return begin

    def _read(self, file: Any, view: View | None, at: int, begin: int) -> Iterator[Real]:
        sf = require("soundfile", purpose="reading audio")
        most = self._stream.most_samples
        reason = None
        while reason is None:
            wanted = BLOCK if most is None else min(BLOCK, most - at)
            block = np.full((wanted, self.n_channels), np.nan, np.float32)
            if view is not None:
                view.is_exhausted = False
            try:
                n = len(file.read(out=block)) if wanted else 0
            except sf.LibsndfileError as error:
                reason = str(error.error_string).strip().rstrip(".")
                blank = np.isnan(block).any(axis=1)
                n = int(blank.argmax()) if blank.any() else wanted
            at += n
            if (kept := min(n, at - begin)) > 0:
                yield block[n - kept : n]
            if n < BLOCK:
                break
        self._ending = Ending(at, reason, view is not None and view.is_exhausted)

    def notices(self) -> list[Notice]:
        """What is known by now of a header and a content that disagree."""
        found = []
        present = self._present()
        promised, expected = self._promised(present), self._expected()
        stopped = self._ending is not None and self._ending.reason is not None and not self._ending.ran_out
        values = {"n_present": present, "n_promised": promised, "sample_rate": self.sample_rate}
        if promised is not None and present is not None:
            if promised == 0 and present:
                found.append(Notice("no-length", values))
            elif present < promised and not stopped:
                found.append(Notice("cut", values))
            elif present > promised:
                found.append(Notice("longer", values))
        if self._stream.ends_within is not None:
            within = {"n_present": present, "within": self._stream.ends_within, "sample_rate": self.sample_rate}
            found.append(Notice("cut-within", within))
        elif present is not None and self._ending is not None and not any(one.kind == "cut" for one in found):
            ending, whole = self._ending, expected if promised is None else promised
            if ending.reason is not None or (whole is not None and present < whole):
                more = {"n_promised": whole, "reason": ending.reason}
                found.append(Notice("stopped", values | more))
        return found

    def _present(self) -> int | None:
        if self._ending is not None:
            return self._ending.n_samples
        if self.n_exact is not None:
            return self.n_exact
        return self._frames if self._stream.promised_bytes is not None and self._frames < _MOST_FRAMES else None

    def _promised(self, present: int | None) -> int | None:
        stream = self._stream
        if stream.promised_bytes is None or stream.present_bytes is None:
            return stream.promised_samples
        if self._is_linear:
            return stream.promised_bytes // self._frame_bytes
        if stream.promised_bytes in (0, stream.present_bytes) or not stream.present_bytes or present is None:
            return None if stream.promised_bytes else 0
        return round(present * stream.promised_bytes / stream.present_bytes)

    def _expected(self) -> int | None:
        if self._stream.expected_samples is not None:
            return self._stream.expected_samples
        return self._frames if self._frames < _MOST_FRAMES else None


@functools.cache
def _forward() -> Any:
    """The class of soundfile, which else seeks before and behind whatever it reads."""
    sf = require("soundfile", purpose="reading audio")

    class Forward(sf.SoundFile):  # type: ignore[misc, name-defined]
        def seekable(self) -> bool:
            return False

    return Forward
