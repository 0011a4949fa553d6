"""Reading audio files: what `load` and `Recording` have in common."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ._containers import promised_and_present
from ._files import printable
from ._optional import require
from .errors import AudioError, ParameterError

__all__ = ["MAX_CHANNELS", "Span", "opened"]

MAX_CHANNELS = 8
# libsndfile gives 2^63 - 1 where a stream was written without going back to its header.
_MOST_FRAMES = 1 << 48


class Span(NamedTuple):
    """A part of a file, ready to be read from its beginning.

    Parameters
    ----------
    file : soundfile.SoundFile
    begin, n_samples : int
        Where it begins in the file, and how long it is.
    sha256 : str
        Hash of the whole file's bytes.
    """

    file: Any
    begin: int
    n_samples: int
    sha256: str

    def blocks(self, size: int) -> Iterator[npt.NDArray[np.float32]]:
        """The samples from the beginning, in blocks of shape (n, n_channels).

        Raises
        ------
        AudioError
            When the file ends too early.
        """
        self.file.seek(self.begin)
        for done in range(0, self.n_samples, size):
            wanted = min(size, self.n_samples - done)
            block = self.file.read(wanted, dtype="float32", always_2d=True)
            if len(block) < wanted:
                there = done + len(block)
                raise AudioError(
                    f"truncated: {self.n_samples} samples are promised, {there} are there; copy the file again"
                )
            yield block


@contextmanager
def opened(path: str | os.PathLike[str], start_s: float, duration_s: float | None) -> Iterator[Span]:
    """Open a part of an audio file; whatever is wrong with it, also in the body of the ``with``, is said in one line.

    Raises
    ------
    AudioError
    ParameterError
        When ``start_s`` or ``duration_s`` are out of range.
    """
    _check_span(start_s, duration_s)
    name = printable(path)
    sha256 = _hash(path, name)
    sf = require("soundfile", purpose="reading audio")
    try:
        with sf.SoundFile(os.fsencode(os.path.abspath(path))) as file:
            yield Span(file, *_span(file, path, start_s, duration_s), sha256)
        _check_whole(path)
    except (AudioError, ParameterError) as error:
        raise AudioError(f"{name}: {error}") from None
    except (sf.LibsndfileError, RuntimeError, TypeError) as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        raise AudioError(
            f"{name}: not readable as audio ({reason}); allowed are whole WAV, FLAC, OGG, MP3 and AIFF files"
        ) from None


def _check_span(start_s: float, duration_s: float | None) -> None:
    if not (np.isfinite(start_s) and start_s >= 0):
        raise ParameterError(f"start={start_s!r}: expected seconds >= 0")
    if duration_s is not None and not (np.isfinite(duration_s) and duration_s > 0):
        raise ParameterError(f"duration={duration_s!r}: expected seconds > 0, or nothing for all")


def _hash(path: str | os.PathLike[str], name: str) -> str:
    digest = hashlib.sha256()
    try:
        if not stat.S_ISREG(mode := os.stat(path).st_mode) and not stat.S_ISDIR(mode):
            raise AudioError(f"{name}: is a device or a pipe; give a file")
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
            if file.tell() == 0:
                raise AudioError(f"{name}: the file is empty (0 bytes)")
    except FileNotFoundError:
        raise AudioError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise AudioError(f"{name}: is a folder; load() takes one file") from None
    except OSError as error:
        raise AudioError(f"{name}: cannot be read ({error.strerror}); check its permissions") from None
    except ValueError as error:
        raise AudioError(f"{name}: no path of a file ({error})") from None
    return digest.hexdigest()


def _span(file: Any, path: str | os.PathLike[str], start_s: float, duration_s: float | None) -> tuple[int, int]:
    if file.channels > MAX_CHANNELS:
        raise AudioError(f"{file.channels} channels; allowed are 1 to {MAX_CHANNELS}; select or mix channels first")
    if file.frames == 0:
        sizes = promised_and_present(path)
        follows = f" (its header says 0 bytes, {sizes[1]} follow: write it again)" if sizes and sizes[1] else ""
        raise AudioError(f"the file holds no samples{follows}")
    if start_s * file.samplerate >= file.frames:
        raise AudioError(f"start={start_s} s lies behind the end; the clip lasts {file.frames / file.samplerate:.3f} s")
    if duration_s is None and file.frames > _MOST_FRAMES:
        raise AudioError(
            "its header does not say how long it is; write it again, or take a part of it with --duration (duration_s=)"
        )
    begin = min(round(start_s * file.samplerate), file.frames - 1)
    n_samples = file.frames - begin
    if duration_s is not None:
        n_samples = max(1, round(min(n_samples, duration_s * file.samplerate)))
    return begin, n_samples


def _check_whole(path: str | os.PathLike[str]) -> None:
    sizes = promised_and_present(path)
    if sizes is not None and sizes[1] < sizes[0]:
        raise AudioError(
            f"truncated: its header promises {sizes[0]} bytes of sound, {sizes[1]} are there; copy the file again"
        )
