"""Conversion between audiomentations transforms and their names and parameters."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import math
import traceback
import warnings
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import Field, JsonValue

from .._imports import require
from .._records import record
from .._standard_streams import hold_prints, silence_c_output
from ..errors import ParameterError, nearest

__all__ = [
    "DrawnTransform",
    "WaveformTransform",
    "build_stage",
    "describe",
    "failing_transform",
    "last_parameters",
    "parse_entry",
]

Json: TypeAlias = Annotated[dict[str, JsonValue], Field(strict=False)]
_NESTS = ("Compose", "OneOf", "SomeOf")
# A Lambda would need a function from the file.
_NOT_ALLOWED = frozenset({"Lambda"})
_NO_PARAMETERS = ("self", "transforms", "args", "kwargs")
_MAX_LIST_LENGTH = 64
_DEEPEST = 8


@record
class WaveformTransform:
    """An audiomentations transform by name; ``Compose``, ``OneOf`` and ``SomeOf`` contain others."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    parameters: Json = dataclasses.field(default_factory=dict)
    transforms: Annotated[tuple[WaveformTransform, ...], Field(strict=False, max_length=100)] = ()


@record
class DrawnTransform:
    """The parameters that one transform drew, with audiomentations' own names."""

    name: str
    parameters: Json


def parse_entry(entry: Any, where: str, depth: int) -> WaveformTransform:
    """Parse one transform of a file; ``where`` is its position, ``depth`` its nesting depth."""
    entry = {entry: {}} if isinstance(entry, str) else entry
    if not isinstance(entry, dict) or len(entry) != 1 or depth > _DEEPEST:
        raise ParameterError(
            f"transforms{where}={entry!r:.80}: allowed is one transform with its parameters, e.g. TimeMask: {{p: 1.0}}"
        )
    name, parameters = next(iter(entry.items()))
    parameters = {} if parameters is None else parameters
    if isinstance(parameters, list) and name in _NESTS:
        parameters = {"transforms": parameters}
    if not isinstance(name, str) or not isinstance(parameters, dict) or not all(isinstance(k, str) for k in parameters):
        raise ParameterError(f"transforms{where}.{name}={parameters!r:.80}: allowed is a mapping of its parameters")
    inner = parameters.get("transforms", []) if name in _NESTS else []
    if not isinstance(inner, list):
        raise ParameterError(f"transforms{where}.{name}.transforms={inner!r:.80}: allowed is a list of transforms")
    if name in _NESTS and not inner:
        raise ParameterError(f"transforms{where}.{name}: holds no transforms; list one or more, or leave it out")
    own = {key: value for key, value in parameters.items() if not (name in _NESTS and key == "transforms")}
    nested = tuple(parse_entry(each, f"{where}.{name}[{i}]", depth + 1) for i, each in enumerate(inner))
    return WaveformTransform(name, own, nested)


def build_stage(transforms: tuple[WaveformTransform, ...]) -> Any:
    """Build an ``audiomentations.Compose`` of the transforms."""
    audiomentations = require("audiomentations", purpose="waveform augmentation")
    return audiomentations.Compose([_build_transform(each, audiomentations) for each in transforms])


def _build_transform(transform: WaveformTransform, audiomentations: Any) -> Any:
    allowed = _allowed(audiomentations)
    if transform.name not in allowed:
        why = " (its function would have to come from the file)" if transform.name in _NOT_ALLOWED else ""
        raise ParameterError(
            f"unknown transform {transform.name!r:.80}{why}{nearest(transform.name, allowed)} (allowed: those of "
            f"audiomentations {audiomentations.__version__})"
        )
    cls = getattr(audiomentations, transform.name)
    allowed_parameters = [name for name in inspect.signature(cls.__init__).parameters if name not in _NO_PARAMETERS]
    if unknown := sorted(set(transform.parameters) - set(allowed_parameters)):
        raise ParameterError(
            f"{transform.name}: unknown parameter {unknown[0]!r:.80}{nearest(unknown[0], allowed_parameters)} "
            f"(allowed: {', '.join(allowed_parameters)})"
        )
    nested = [_build_transform(each, audiomentations) for each in transform.transforms]
    # Files have no tuples, and SomeOf rejects a list as its range.
    parameters = {
        k: tuple(v) if k == "num_transforms" and isinstance(v, list) else v for k, v in transform.parameters.items()
    }
    inner: dict[str, Any] = {"transforms": nested} if transform.name in _NESTS else {}
    try:
        return _instantiate(cls, inner | parameters)
    except Exception as error:
        refused = _refused_parameters(cls, inner, parameters, error)
        raise ParameterError(
            f"{transform.name}: audiomentations refuses {refused!r:.120} ({_reason(error):.160})"
        ) from None


def _instantiate(cls: Any, parameters: dict[str, Any]) -> Any:
    with hold_prints(), silence_c_output(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cls(**parameters)


def _refused_parameters(
    cls: Any, inner: dict[str, Any], parameters: dict[str, Any], error: Exception
) -> dict[str, Any]:
    """Return the parameters that cause an error (it does not occur without them); all if none does alone."""
    refused = {}
    for name in parameters:
        try:
            _instantiate(cls, inner | {key: value for key, value in parameters.items() if key != name})
        except Exception as other:
            if _reason(other) == _reason(error):
                continue
        refused[name] = parameters[name]
    return refused or parameters


def _reason(error: Exception) -> str:
    """Return the text of an error, or the asserted condition of an assertion without text."""
    text = " ".join(str(error).split())
    if text:
        return text
    last = traceback.extract_tb(error.__traceback__)[-1:]
    asserted = last[0].line if last and last[0].line else ""
    return asserted.replace("assert ", "it asserts ", 1).replace("self.", "") or "a value is out of its range"


def _allowed(audiomentations: Any) -> list[str]:
    interface = require("audiomentations.core.transforms_interface", purpose="waveform augmentation")
    names = [
        name
        for name, value in vars(audiomentations).items()
        if isinstance(value, type) and issubclass(value, interface.BaseWaveformTransform)
    ]
    return sorted({*names, *_NESTS} - _NOT_ALLOWED)


def failing_transform(stage: Any, error: BaseException) -> str:
    """Return the name of the transform that raised an error, or of the stage itself."""
    name = type(stage).__name__
    step = error.__traceback__
    while step is not None:
        owner = step.tb_frame.f_locals.get("self")
        if hasattr(owner, "transforms") or hasattr(owner, "randomize_parameters"):
            name = type(owner).__name__
        step = step.tb_next
    return name


def last_parameters(stage: Any) -> list[DrawnTransform]:
    """List the parameters that the transforms of a stage drew last, in order."""
    if hasattr(stage, "transforms"):
        return [parameters for inner in stage.transforms for parameters in last_parameters(inner)]
    parameters = {str(key): _plain(value) for key, value in stage.parameters.items()}
    return [DrawnTransform(type(stage).__name__, parameters)]


def _plain(value: Any) -> Any:
    """Convert a value to plain JSON types; long arrays become their shape, dtype and hash."""
    if isinstance(value, np.ndarray):
        if value.size > _MAX_LIST_LENGTH:
            digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
            return {"shape": list(value.shape), "dtype": str(value.dtype), "sha256": digest}
        value = value.tolist()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)


def describe(stage: Any, audiomentations: Any) -> tuple[WaveformTransform, bool]:
    """Describe an audiomentations object by names and parameters, and return whether these are complete."""
    name = type(stage).__name__
    is_known = getattr(audiomentations, name, None) is type(stage) and name not in _NOT_ALLOWED
    inner = [describe(each, audiomentations) for each in stage.transforms] if hasattr(stage, "transforms") else []
    parameters: dict[str, Any] = {}
    for key in inspect.signature(type(stage).__init__).parameters:
        if key not in _NO_PARAMETERS:
            is_known = is_known and hasattr(stage, key) and _is_plain(getattr(stage, key))
            parameters[key] = _plain(getattr(stage, key, None))
    nested = tuple(each for each, _ in inner)
    return WaveformTransform(name, parameters, nested), is_known and all(ok for _, ok in inner)


def _is_plain(value: Any) -> bool:
    """Return whether a value can be written to a file."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str, np.generic))
