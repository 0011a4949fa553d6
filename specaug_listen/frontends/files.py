"""Front-ends by name or from a YAML file."""

from __future__ import annotations

import os
from pathlib import Path

from .._files import printable
from .._record import from_plain, nearest, to_plain
from .._yaml import read_mapping
from ..errors import ParameterError, PolicyError
from .mel import MelFrontend
from .presets import PRESETS

__all__ = ["get", "read_frontend"]


def get(name: str | os.PathLike[str] | MelFrontend) -> MelFrontend:
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
    if isinstance(name, os.PathLike):
        return read_frontend(name)
    if not isinstance(name, str):
        raise ParameterError(f"frontend={name!r}: expected a MelFrontend, a name, or a .yaml file")
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
    name = printable(path)
    data = read_mapping(path, "front-end")
    base = data.pop("base", None)
    if base is not None and (not isinstance(base, str) or base not in PRESETS):
        raise PolicyError(f"{name}: base={base!r}: allowed is one of {', '.join(sorted(PRESETS))}")
    data.setdefault("name", Path(name).stem)
    inherited = {} if base is None else to_plain(PRESETS[base])
    try:
        frontend = from_plain(MelFrontend, {**inherited, **data})
        frontend.filterbank()
    except ParameterError as error:
        raise PolicyError(f"{name}: {error}") from None
    return frontend
