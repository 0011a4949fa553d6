"""Vocoders by name.

They are collected, not listed: every record with ``kind`` and ``about`` in a module of this package is one.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Union

from .._preset_lookup import names_file
from .._records import from_plain, to_plain
from .._yaml import scalar
from ..audio.audio_in_memory import Audio
from ..errors import ParameterError, error_context, unknown_name
from ..frontends import MelSpectrogram
from .neural import read_neural

__all__ = ["VOCODERS", "VOCODER_TYPES", "AnyVocoder", "Vocoder", "get_vocoder", "to_spec"]


class Vocoder(Protocol):
    """Anything that turns a mel spectrogram into audio."""

    def __call__(self, mel: MelSpectrogram, /) -> Audio:
        """Render a mel spectrogram at its front-end's rate, in its clip's length."""
        ...


if TYPE_CHECKING:

    class AnyVocoder(Vocoder, Protocol):
        """One of `VOCODER_TYPES`."""

        about: ClassVar[str]

        @property
        def kind(self) -> str:
            """Its name."""


def _vocoder_types() -> Iterator[type[Any]]:
    """Yield the vocoder classes of this package, some of them repeatedly."""
    package = importlib.import_module(__name__.rpartition(".")[0])
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and hasattr(value, "kind") and hasattr(value, "about"):
                yield value


def _vocoders_with_defaults() -> Iterator[tuple[str, Any]]:
    """Yield name and instance of vocoders without required parameters; the default comes first."""
    for vocoder in sorted(set(_vocoder_types()), key=lambda vocoder: (vocoder.kind != "joint", vocoder.kind)):
        if all(field.default is not dataclasses.MISSING for field in dataclasses.fields(vocoder)):
            yield vocoder.kind, vocoder()


VOCODER_TYPES: tuple[type[AnyVocoder], ...] = tuple(dict.fromkeys(_vocoder_types()))
if not TYPE_CHECKING:
    AnyVocoder = Union[VOCODER_TYPES]  # noqa: UP007
VOCODERS: dict[str, AnyVocoder] = dict(_vocoders_with_defaults())


def get_vocoder(name: str | os.PathLike[str] | AnyVocoder) -> AnyVocoder:
    """Return a vocoder by name, with its defaults or given parameters, or the neural one of a YAML file.

    Parameters
    ----------
    name : str, path-like or vocoder
        A name, with parameters as in ``joint:quality=best,n_iter=40``; or a path that ends in ``.yaml``, ``.yml`` or
        ``.json``; a vocoder is returned unchanged.

    Raises
    ------
    ParameterError
        For an unknown name (the message suggests the nearest), or an unknown parameter or one out of range.
    PolicyError
        For a file that cannot be read, or that names a model that cannot.

    Examples
    --------
    >>> get_vocoder("joint").quality
    'default'
    >>> get_vocoder("griffinlim:n_iter=8").n_iter
    8
    """
    if isinstance(name, VOCODER_TYPES):
        return name
    if isinstance(name, os.PathLike):
        return read_neural(name)
    if not isinstance(name, str):
        raise ParameterError(f"vocoder={name!r:.80}: expected one of the vocoders here, a name, or a .yaml file")
    kind, colon, parameters = name.partition(":")
    if kind in VOCODERS:
        return _with_parameters(VOCODERS[kind], parameters, name) if colon else VOCODERS[kind]
    if names_file(name):
        return read_neural(name)
    raise unknown_name("vocoder", name, VOCODERS, "a .yaml file for a neural one")


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
    """Return the name, with parameters, that `get_vocoder` reads as this vocoder.

    Raises
    ------
    ParameterError
        For neural vocoders and the user's own.

    Examples
    --------
    >>> from specaug_listen.vocoders import GriffinLim
    >>> to_spec(GriffinLim(n_iter=8))
    'griffinlim:n_iter=8'
    """
    default = VOCODERS.get(vocoder.kind) if isinstance(vocoder, VOCODER_TYPES) else None
    if default is None:
        raise ParameterError(f"{vocoder!r:.80} has no name; give the path of its YAML file")
    defaults, values = to_plain(default), to_plain(vocoder)
    changed = [f"{key}={json.dumps(value).strip(chr(34))}" for key, value in values.items() if value != defaults[key]]
    return f"{vocoder.kind}:{','.join(changed)}" if changed else vocoder.kind
