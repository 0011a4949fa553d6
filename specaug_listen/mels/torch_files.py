"""Tensors in files of torch: of lists and dictionaries, also within each other, and of nothing that would run code."""

from __future__ import annotations

import functools
import math
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy.typing as npt

from .._arrays import check_cells, check_total, on_cpu
from .._files import open_file, printable
from .._imports import require
from ..errors import AudioError
from .npy import NO_PICKLES
from .zip_checks import check_members, check_rest

__all__ = ["read_tensors"]

# Of values in a file, and of lists and dictionaries within each other.
_MAX_VALUES, _MAX_DEPTH = 1_000_000, 16


@functools.lru_cache(maxsize=1)
def read_tensors(path: Path, modified_ns: int) -> dict[str | None, npt.NDArray[Any]]:
    """Load all tensors of a file; the last file's are cached, because each of its tensors is read separately."""
    torch = require("torch", extra="torch", purpose="files of torch (.pt)")
    name = printable(path)
    try:
        with open_file(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, of its sparse and its quantised tensors
            n_stored = os.fstat(file.fileno()).st_size
            check_members(file, n_stored, name)
            loaded = torch.load(file, map_location="cpu", weights_only=True)
            check_rest(file, n_stored, name)
    except AudioError:
        raise
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise AudioError.of_file(
            name,
            f"not read ({first:.60}); only tensors are loaded (weights_only=True), as {NO_PICKLES}; write only the "
            "mel: torch.save(mel, path)",
        ) from None
    tensors = dict(_tensors_within(loaded, torch.Tensor, name))
    for key, value in tensors.items():
        check_cells(tuple(value.shape), name if key is None else f"{name}:{key:.80}", value.element_size())
    # The file of a sparse tensor, of one that is expanded, or of many views of one storage is short.
    n_cells = [math.prod(value.shape) for value in tensors.values()]
    n_bytes = sum(n * value.element_size() for n, value in zip(n_cells, tensors.values(), strict=True))
    check_total(sum(n_cells), n_bytes, n_stored, name)
    return {key: on_cpu(value) for key, value in tensors.items()}


def _tensors_within(loaded: Any, tensor: Any, name: str) -> Iterator[tuple[str | None, Any]]:
    """Yield the tensors of lists and dictionaries with their keys, joined by dots; None is the key of a single one."""
    if not isinstance(loaded, (tensor, dict, list, tuple)):
        raise AudioError.of_file(
            name, f"contains {type(loaded).__name__}; expected a tensor, or a dictionary or list of tensors"
        )
    waiting: list[tuple[tuple[str, ...], Any]] = [((), loaded)]
    keys, n_values = set(), 0
    while waiting:
        path, value = waiting.pop()
        n_values += 1
        # A list may hold itself, or one list a million times.
        if len(path) > _MAX_DEPTH or n_values > _MAX_VALUES:
            raise AudioError.of_file(
                name, f"more than {_MAX_VALUES} values, or more than {_MAX_DEPTH} lists within each other; save a part"
            )
        if isinstance(value, tensor) and getattr(value, "is_nested", False):
            value = list(value.unbind())
        if isinstance(value, tensor):
            key = ".".join(path) if path else None
            if value.is_meta:
                raise AudioError.of_file(
                    name if key is None else f"{name}:{key:.80}",
                    "a tensor of the device meta, which has a shape and no values; save one with its values",
                )
            if key in keys:
                raise AudioError.of_file(name, f"two arrays have the name {key!r:.80}; write it again")
            keys.add(key)
            yield key, value
        elif isinstance(value, (dict, list, tuple)):
            parts = list(value.items() if isinstance(value, dict) else enumerate(value))
            waiting += [((*path, str(key)), part) for key, part in reversed(parts)]
