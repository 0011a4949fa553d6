"""`MelClip`: a clip that is a mel, without the audio it was made from."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from .._files import printable, require_unchanged, sha256_of
from .._notices import Notice
from .._rng import fingerprint_head, fingerprint_words
from ..errors import AudioError, ParameterError, error_context
from ..frontends import MelFormat, MelSpectrogram, mels_from_array
from .files import MelFile, list_mels

Axes: TypeAlias = Literal["bins,frames", "frames,bins"]

__all__ = ["MelClip", "MelSource", "clip_of_file", "clips_of_file", "mel_clip", "mel_part"]


@dataclass(frozen=True)
class MelSource:
    """The origin of a mel, from which it can be read again.

    Parameters
    ----------
    path : str
        Absolute path of the file.
    sha256 : str
        Hash of the whole file.
    key : str or None
    item : int or None
        As in `MelFile`.
    axes : str or None
        Order of axes as the caller gave it.
    start_s, duration_s : float or None [s]
        The part that was read, in whole frames.
    """

    path: str
    sha256: str
    key: str | None = None
    item: int | None = None
    axes: Axes | None = None
    start_s: float = 0.0
    duration_s: float | None = None


@dataclass(frozen=True, eq=False)
class MelClip:
    """A clip that is a mel.

    Parameters
    ----------
    mel : MelSpectrogram
    source : MelSource or None
        None for a mel that was made in memory.
    name : str
    """

    mel: MelSpectrogram = field(repr=False)
    source: MelSource | None = None
    name: str = "mel"

    @property
    def sample_rate(self) -> int:
        """Sample rate of its front-end in Hz."""
        return self.mel.frontend.sample_rate

    @property
    def n_channels(self) -> int:
        """Always 1."""
        return 1

    @property
    def n_samples(self) -> int:
        """Number of samples of its rendering."""
        return self.mel.n_samples

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Remarks about the mel."""
        return self.mel.notices

    @property
    def mix_notices(self) -> tuple[Notice, ...]:
        """Always empty: a mel is not mixed down."""
        return ()

    @property
    def choice(self) -> None:
        """Always None: the channel is unknown."""
        return None

    @cached_property
    def fingerprint(self) -> tuple[int, ...]:
        """Four 32-bit words that identify the mel by its values."""
        values = self.mel.values
        digest = hashlib.sha256(b"mel" + fingerprint_head(values.shape, self.sample_rate))
        digest.update(np.ascontiguousarray(values, dtype="<f4").tobytes())
        return fingerprint_words(digest.digest())


def mel_clip(mel: MelSpectrogram, name: str | None = None) -> MelClip:
    """Make a clip from a mel in memory."""
    return MelClip(mel, None, "mel" if name is None else name)


def clip_of_file(
    file: MelFile, ready: MelFormat, *, axes: Axes | None = None, start_s: float = 0.0, duration_s: float | None = None
) -> MelClip:
    """Read one mel of a file.

    Parameters
    ----------
    file : MelFile
    ready : MelFormat
        Its front-end, with the statistics that it was normalised with.
    axes : str or None
    start_s, duration_s : float [s]
        The part to read, in whole frames.

    Raises
    ------
    AudioError
        When it cannot be read, or is not a mel of this front-end.
    """
    try:
        with require_unchanged(file.path), error_context(printable(file), AudioError):
            mels = mels_from_array(file.read(), ready, axes=axes or file.axes)
            if len(mels) > 1:
                raise ParameterError(f"a batch of {len(mels)} mels in one array; save each by itself")
            mel = replace(mels[0], notices=(*file.notices(ready.frontend), *mels[0].notices))
            mel = mel_part(mel, start_s, duration_s)
            path = os.path.abspath(file.path)
            sha256 = _hash(path, os.stat(path).st_mtime_ns)
    except OSError as error:
        raise AudioError.of_file(printable(file), f"cannot be read ({error.strerror or str(error)[:80]})") from None
    return MelClip(mel, MelSource(path, sha256, file.key, file.item, axes, start_s, duration_s), file.name)


def clips_of_file(
    path: str | os.PathLike[str], ready: MelFormat, *, key: str | None = None, **options: Any
) -> list[MelClip]:
    """Read all mels of a file, or the one with ``key``; other parameters as in `clip_of_file`."""
    return [clip_of_file(file, ready, **options) for file in list_mels(Path(path), key)]


def mel_part(mel: MelSpectrogram, start_s: float, duration_s: float | None) -> MelSpectrogram:
    """Return a part of a mel, in whole frames; its audio is kept only if the part is the whole mel.

    Raises
    ------
    ParameterError
        For a part that does not exist.
    """
    if not (np.isfinite(start_s) and start_s >= 0):
        raise ParameterError(f"start={start_s!r}: expected seconds >= 0")
    if duration_s is not None and not (np.isfinite(duration_s) and duration_s > 0):
        raise ParameterError(f"duration={duration_s!r}: expected seconds > 0, or nothing for all")
    if not start_s and duration_s is None:
        return mel
    frames_per_s = mel.frontend.sample_rate / mel.frontend.hop_length
    begin = round(start_s * frames_per_s)
    if begin >= mel.n_frames:
        raise ParameterError(f"start={start_s} s is after the end; the mel lasts {mel.duration_s:.3f} s")
    end = mel.n_frames if duration_s is None else begin + max(1, round(duration_s * frames_per_s))
    return replace(mel, values=mel.values[:, begin:end], audio=None, warp=None, warps=())


@lru_cache(maxsize=8)
def _hash(path: str, modified_ns: int) -> str:
    """Return the hash of a file, which is read again only after a change."""
    return sha256_of(path)
