"""Front-ends by name or from a YAML file."""

from __future__ import annotations

import dataclasses
import os

from .._record import from_plain, nearest, to_plain
from .._yaml import read_mapping
from ..errors import ParameterError, PolicyError
from .mel import MelFrontend
from .presets import PRESETS

__all__ = ["get", "read_frontend"]


def get(name: str | MelFrontend) -> MelFrontend:
    """The front-end of a name, or of a YAML file's path.

    Parameters
    ----------
    name : str or MelFrontend
        A preset, or a path that ends in ``.yaml``, ``.yml`` or ``.json``; a front-end is returned as it is.

    Raises
    ------
    ParameterError
        For an unknown name; the nearest known one is named.
    PolicyError
        For a file that cannot be read.

    Examples
    --------
    >>> get("whisper").hop_length
    160
    """
    if isinstance(name, MelFrontend):
        return name
    if name in PRESETS:
        return PRESETS[name]
    if name.lower().endswith((".yaml", ".yml", ".json")):
        return read_frontend(name)
    known = sorted(PRESETS)
    raise ParameterError(
        f"unknown front-end {name!r}{nearest(name, known)} (allowed: {', '.join(known)}, or a .yaml file)"
    )


def read_frontend(path: str | os.PathLike[str]) -> MelFrontend:
    """Read a front-end from YAML: the fields of `MelFrontend`, and ``base``, a preset that gives the others.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.

    Examples
    --------
    ::

        base: librosa
        name: librosa-16k
        sample_rate: 16000
        n_fft: 512
        hop_length: 160
        n_mels: 64
    """
    name = os.fspath(path)
    data = read_mapping(path, "front-end")
    base = data.pop("base", None)
    if base is not None and base not in PRESETS:
        raise PolicyError(f"{name}: base={base!r}: allowed is one of {', '.join(sorted(PRESETS))}")
    fields = {f.name for f in dataclasses.fields(MelFrontend)}
    data.setdefault("name", os.path.splitext(os.path.basename(name))[0])
    inherited = {} if base is None else to_plain(PRESETS[base])
    if not fields.issuperset(data):
        inherited = {}
    try:
        frontend = from_plain(MelFrontend, {**inherited, **data})
        frontend.filterbank()
    except ParameterError as error:
        raise PolicyError(f"{name}: {error}") from None
    return frontend
