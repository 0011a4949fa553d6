"""Front-ends by name or from a YAML file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._files import printable
from .._preset_lookup import preset_or_file
from .._records import from_plain, to_plain
from .._yaml import read_mapping
from ..errors import PolicyError, error_context, unknown_name
from .frontend import MelFrontend
from .presets import PRESETS
from .statistics_files import read_statistics

__all__ = ["frontend_from_mapping", "get_frontend", "read_frontend"]


def get_frontend(name: str | os.PathLike[str] | MelFrontend) -> MelFrontend:
    """Return a front-end by its name, or from a YAML file.

    Parameters
    ----------
    name : str or MelFrontend
        A preset, or a path that ends in ``.yaml``, ``.yml`` or ``.json``; a front-end is returned unchanged.

    Raises
    ------
    ParameterError
        For an unknown name; the message suggests the nearest known one.
    PolicyError
        For a file that cannot be read.

    Examples
    --------
    >>> get_frontend("whisper").hop_length
    160
    """
    return preset_or_file(name, MelFrontend, PRESETS, "front-end", read_frontend)


def read_frontend(path: str | os.PathLike[str]) -> MelFrontend:
    """Read a front-end from YAML: the fields of `MelFrontend`, and ``base``, a preset with defaults for the others.

    Statistics that are the same for every clip are written as ``normalize: {mean: -4.27, std: 9.14}``, each a number or
    a list with one number per bin, or as ``normalize: {file: stats.npz}``, see `read_statistics`.

    Raises
    ------
    PolicyError
        One line with the file, the key, the value and what is allowed.

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
    return frontend_from_mapping(read_mapping(path, "front-end"), path)


def frontend_from_mapping(data: Mapping[str, Any], path: str | os.PathLike[str]) -> MelFrontend:
    """Make a front-end from the contents of the YAML file ``path``; errors as in `read_frontend`."""
    name = printable(path)
    fields = {"name": Path(name).stem, **data}
    base = fields.pop("base", None)
    if base is not None and (not isinstance(base, str) or base not in PRESETS):
        with error_context(name, PolicyError):
            raise unknown_name("base", base, PRESETS)
    inherited = {} if base is None else to_plain(PRESETS[base])
    normalize = fields.get("normalize")
    if isinstance(normalize, Mapping) and set(normalize) == {"file"}:
        # The path is relative to the front-end's file.
        statistics = read_statistics(Path(path).parent / str(normalize["file"]))
        fields["normalize"] = to_plain(statistics)
    with error_context(name, PolicyError):
        frontend = from_plain(MelFrontend, {**inherited, **fields})
        frontend.filterbank()
    return frontend
