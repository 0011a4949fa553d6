"""How the files of a clip go into a page: embedded, or beside it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._imports import require
from ..audio.signal import Audio
from ..audio.wav import BITS_PER_SAMPLE
from ..errors import PolicyError
from ..pages.model import File
from .clip_files import Files

__all__ = ["InlineAssets", "LinkedAssets"]

# Eight minutes at 16 kHz. A page holds each sound several times while it is written, and browsers choke on large ones.
_LARGEST_HELD = 16 << 20


@dataclass(frozen=True)
class InlineAssets:
    """Files as they are put into the page itself; FLAC in place of WAV where asked for."""

    files: Files = field(repr=False)
    flac: bool = False

    def read(self, name: str) -> bytes | None:
        """Read a file; None where there is none."""
        return None if self.files.size(name) is None else self.files.read(name)

    def sound(self, name: str) -> File:
        """Return a sound; the address of one that is too long to be held."""
        if (self.files.size(name) or 0) > _LARGEST_HELD and (address := self.files.address(name)) is not None:
            return File(url=address)
        data = self.files.read(name)
        return File(_as_flac(data, self.files.path_text(name)), media_type="audio/flac") if self.flac else File(data)

    def audio(self, name: str) -> Audio | None:
        """Decode a sound; None where it is too long to be held, or empty.

        Raises
        ------
        PolicyError
            When it is no sound.
        """
        if (self.files.size(name) or 0) > _LARGEST_HELD:
            return None
        samples, rate = _decode(self.files.read(name), self.files.path_text(name), "float32")
        return Audio(samples.T, rate) if samples.size else None

    def picture(self, name: str) -> File:
        """Return a picture."""
        return File(self.files.read(name), media_type="image/png")


@dataclass(frozen=True)
class LinkedAssets(InlineAssets):
    """Files as they are put beside the page: sounds into ``audio/``, pictures into ``img/``.

    Parameters
    ----------
    page : Path
        The page's folder, to which they are written.
    name : str
        The clip's folder below both.
    """

    page: Path = Path()
    name: str = ""

    def sound(self, name: str) -> File:
        """Write a sound beside the page."""
        file = super().sound(name)
        if file.data is None:
            return file
        suffix = ".flac" if self.flac else ".wav"
        return self._write(file.data, file.media_type, f"audio/{self.name}/{name.removesuffix('.wav')}{suffix}")

    def picture(self, name: str) -> File:
        """Write a picture beside the page."""
        return self._write(self.files.read(name), "image/png", f"img/{self.name}/{name}")

    def _write(self, data: bytes, media_type: str, place: str) -> File:
        path = self.page / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return File(data, quote(os.fsencode(place)), media_type)


def _decode(wav: bytes, path: str, dtype: str) -> tuple[Any, int]:
    sf = require("soundfile", purpose="reading audio")
    try:
        samples, rate = sf.read(io.BytesIO(wav), dtype=dtype, always_2d=True)
    except sf.LibsndfileError as error:
        why = str(error.error_string).rstrip(".")
        raise PolicyError(f"{path}: no sound can be read ({why}); run the audition again") from None
    return samples, rate


def _as_flac(wav: bytes, path: str) -> bytes:
    samples, rate = _decode(wav, path, f"int{BITS_PER_SAMPLE}")
    if not len(samples):
        return wav
    buffer = io.BytesIO()
    require("soundfile", purpose="FLAC").write(buffer, samples, rate, format="FLAC", subtype=f"PCM_{BITS_PER_SAMPLE}")
    return buffer.getvalue()
