"""Vocoders by name."""

from __future__ import annotations

import json
import os
from typing import Any, Protocol, TypeAlias

from .._records import from_plain, to_plain
from .._yaml import YAML_SUFFIXES, scalar
from ..audio.signal import Audio
from ..errors import ParameterError, error_context, nearest
from ..frontends import MelSpectrogram
from .griffinlim import GriffinLim, Librosa
from .joint import Joint
from .neural import Neural, read_neural
from .original_phase import OriginalPhase

__all__ = ["VOCODERS", "AnyVocoder", "Vocoder", "get_vocoder", "to_spec"]

AnyVocoder: TypeAlias = Joint | GriffinLim | OriginalPhase | Librosa | Neural


class Vocoder(Protocol):
    """Anything that turns a mel spectrogram into audio."""

    def __call__(self, mel: MelSpectrogram, /) -> Audio:
        """Render a mel spectrogram at its front-end's rate, in its clip's length."""
        ...


VOCODERS: dict[str, AnyVocoder] = {v.kind: v for v in (Joint(), GriffinLim(), OriginalPhase(), Librosa())}


def get_vocoder(name: str | os.PathLike[str] | AnyVocoder) -> AnyVocoder:
    """The vocoder of a name, with its defaults, or the neural one of a YAML file's path.

    Parameters
    ----------
    name : str, path-like or vocoder
        A name, with parameters as in ``joint:quality=best,n_iter=40``; or a path that ends in ``.yaml``, ``.yml`` or
        ``.json``; a vocoder is returned as it is.

    Raises
    ------
    ParameterError
        For an unknown name; the nearest known one is named. For a parameter that is unknown or out of range.
    PolicyError
        For a file that cannot be read, or names a model that cannot.

    Examples
    --------
    >>> get_vocoder("joint").quality
    'default'
    >>> get_vocoder("griffinlim:n_iter=8").n_iter
    8
    """
    if isinstance(name, (Joint, GriffinLim, OriginalPhase, Librosa, Neural)):
        return name
    if isinstance(name, os.PathLike):
        return read_neural(name)
    if not isinstance(name, str):
        raise ParameterError(f"vocoder={name!r:.80}: expected one of the vocoders here, a name, or a .yaml file")
    kind, colon, parameters = name.partition(":")
    if kind in VOCODERS:
        return _with_parameters(VOCODERS[kind], parameters, name) if colon else VOCODERS[kind]
    if name.lower().endswith(YAML_SUFFIXES):
        return read_neural(name)
    names = sorted(VOCODERS)
    hint = nearest(name, names)
    raise ParameterError(
        f"unknown vocoder {name!r:.80}{hint} (allowed: {', '.join(names)}); a .yaml file names a neural one"
    )


def _with_parameters(vocoder: AnyVocoder, parameters: str, name: str) -> AnyVocoder:
    changes: dict[str, Any] = {}
    for part in parameters.split(","):
        key, equals, value = part.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise ParameterError(
                f"vocoder {name!r:.100}: expected NAME:KEY=VALUE,..., e.g. joint:quality=best,n_iter=40"
            )
        if key.strip() in changes:
            raise ParameterError(f"vocoder {name!r:.100}: {key.strip()} is given twice; give it once")
        changes[key.strip()] = scalar(value)
    with error_context(f"vocoder {name!r:.100}"):
        return from_plain(type(vocoder), {**to_plain(vocoder), **changes})


def to_spec(vocoder: Any) -> str:
    """The name, with parameters, that `get_vocoder` reads as this vocoder.

    Raises
    ------
    ParameterError
        For a neural one, or one's own.

    Examples
    --------
    >>> to_spec(GriffinLim(n_iter=8))
    'griffinlim:n_iter=8'
    """
    if not isinstance(vocoder, (Joint, GriffinLim, OriginalPhase, Librosa)):
        raise ParameterError(f"{vocoder!r:.80} has no name; give the path of its YAML file")
    defaults, values = (to_plain(one) for one in (VOCODERS[vocoder.kind], vocoder))
    changed = [f"{key}={json.dumps(value).strip(chr(34))}" for key, value in values.items() if value != defaults[key]]
    return f"{vocoder.kind}:{','.join(changed)}" if changed else vocoder.kind
