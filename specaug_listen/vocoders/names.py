"""Vocoders by name."""

from __future__ import annotations

import os
from typing import Protocol, TypeAlias

from .._record import nearest
from ..audio import Audio
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from .griffinlim import GriffinLim, Librosa
from .joint import Joint
from .neural import Neural, read_neural
from .original_phase import OriginalPhase

__all__ = ["VOCODERS", "AnyVocoder", "Vocoder", "get"]

AnyVocoder: TypeAlias = Joint | GriffinLim | OriginalPhase | Librosa | Neural


class Vocoder(Protocol):
    """Anything that turns a mel spectrogram into audio."""

    def __call__(self, mel: MelSpectrogram, /) -> Audio:
        """Render a mel spectrogram at its front-end's rate, in its clip's length."""
        ...


VOCODERS: dict[str, AnyVocoder] = {v.kind: v for v in (Joint(), GriffinLim(), OriginalPhase(), Librosa())}


def get(name: str | os.PathLike[str] | AnyVocoder) -> AnyVocoder:
    """The vocoder of a name, with its defaults, or the neural one of a YAML file's path.

    Parameters
    ----------
    name : str, path-like or vocoder
        A name, or a path that ends in ``.yaml``, ``.yml`` or ``.json``; a vocoder is returned as it is.

    Raises
    ------
    ParameterError
        For an unknown name; the nearest known one is named.
    PolicyError
        For a file that cannot be read, or names a model that cannot.

    Examples
    --------
    >>> get("joint").quality
    'default'
    """
    if isinstance(name, (Joint, GriffinLim, OriginalPhase, Librosa, Neural)):
        return name
    if isinstance(name, os.PathLike):
        return read_neural(name)
    if not isinstance(name, str):
        raise ParameterError(f"vocoder={name!r}: expected one of the vocoders here, a name, or a .yaml file")
    if name in VOCODERS:
        return VOCODERS[name]
    if name.lower().endswith((".yaml", ".yml", ".json")):
        return read_neural(name)
    known = sorted(VOCODERS)
    hint = nearest(name, known)
    raise ParameterError(
        f"unknown vocoder {name!r}{hint} (allowed: {', '.join(known)}); a .yaml file names a neural one"
    )
