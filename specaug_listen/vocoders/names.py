"""Vocoders by name."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from .._record import nearest
from ..audio import Audio
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from .griffinlim import GriffinLim, Librosa
from .joint import Joint
from .original_phase import OriginalPhase

__all__ = ["VOCODERS", "AnyVocoder", "Vocoder", "get"]

AnyVocoder: TypeAlias = Joint | GriffinLim | OriginalPhase | Librosa


class Vocoder(Protocol):
    """Anything that turns a mel spectrogram into audio."""

    def __call__(self, mel: MelSpectrogram, /) -> Audio:
        """Render a mel spectrogram at its front-end's rate, in its clip's length."""
        ...


VOCODERS: dict[str, AnyVocoder] = {v.kind: v for v in (Joint(), GriffinLim(), OriginalPhase(), Librosa())}


def get(name: str | AnyVocoder) -> AnyVocoder:
    """The vocoder of a name, with its defaults.

    Raises
    ------
    ParameterError
        For an unknown name; the nearest known one is named.

    Examples
    --------
    >>> get("joint").n_iter
    32
    """
    if isinstance(name, (Joint, GriffinLim, OriginalPhase, Librosa)):
        return name
    if not isinstance(name, str):
        raise ParameterError(f"vocoder={name!r}: expected one of the vocoders here, or a name")
    if name in VOCODERS:
        return VOCODERS[name]
    known = sorted(VOCODERS)
    raise ParameterError(f"unknown vocoder {name!r}{nearest(name, known)} (allowed: {', '.join(known)})")
