"""The axes of a sweep. An axis varies one parameter, or a policy, framework, front-end or vocoder as a whole."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field

from .. import frontends, vocoders
from .._records import from_plain, record
from .._yaml import scalar
from ..auditions import Configuration
from ..augment import Policy
from ..augment.parameters import Value, canonical_key, check_each_once, split_name, with_field
from ..augment.policy import with_policy_parameter
from ..custom.adapter import Adapter
from ..errors import ParameterError, PolicyError, error_context
from ..frameworks import ALL_POLICIES
from ..frameworks.convert import convert_policy
from ..frameworks.frontend_choice import choose_frontend
from ..frameworks.policies import get_policy, is_policy_name
from ..frontends import MelFrontend

__all__ = ["Axis", "Value", "check_not_replaced", "differing_part", "read_axes", "value_text", "with_values"]

# Applied in this order: a policy is selected, then converted, then its numbers are changed.
_WHOLE = ("policy", "framework", "frontend", "vocoder")
_MAX_VALUES = 50
_MAX_AXES = 50


def _key_of_today(key: Any) -> Any:
    """Replace the key ``dialect`` of earlier versions."""
    return "framework" if key == "dialect" else key


@record
class Axis:
    """One parameter and its values.

    Parameters
    ----------
    key : str
        ``policy``, ``framework``, ``frontend``, ``vocoder``; ``probability``; ``fill`` (of all masks); one of the
        paper's letters ``F``, ``T``, ``W``, ``mF``, ``mT``, ``p``; a parameter of a transform, such as
        ``time_mask.max_frames``; ``vocoder.n_iter``; ``frontend.n_mels``.
    values : sequence of bool, int, float, str or None
        At least one, all different.

    Raises
    ------
    ParameterError
        If there is no value, or one is repeated.

    Examples
    --------
    >>> Axis("time_mask.max_frames", (10, 40)).label(40)
    'time_mask.max_frames = 40'
    """

    key: Annotated[str, BeforeValidator(_key_of_today), Field(min_length=1, max_length=200)]
    values: Annotated[tuple[Value, ...], Field(strict=False, min_length=1, max_length=_MAX_VALUES)]

    def __post_init__(self) -> None:
        """Check that no value is repeated."""
        # 1 and 1.0 are the same value, 1 and true are not.
        if len({(isinstance(value, bool), value) for value in self.values}) < len(self.values):
            raise ParameterError(
                f"{self.key:.80}={','.join(map(str, self.values)):.80}: a value is repeated; give each once"
            )

    def label(self, value: Value) -> str:
        """Return the parameter with one of its values as text."""
        return f"{self.key} = {value_text(value)}"


def value_text(value: Value) -> str:
    """Return a value as text for a table."""
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def read_axes(vary: Iterable[str] | Mapping[str, Sequence[Value]]) -> tuple[Axis, ...]:
    """Read axes from texts ``KEY=VALUE,VALUE,...``, or from a mapping of keys to values.

    Parameters
    ----------
    vary : mapping, or iterable of str

    Raises
    ------
    ParameterError
        For an invalid text, no axis, or a repeated key.

    Examples
    --------
    >>> [axis.values for axis in read_axes(["time_mask.max_frames=10,40", "fill=mean,-4.5"])]
    [(10, 40), ('mean', -4.5)]
    """
    if isinstance(vary, (str, bytes, bytearray)) or not isinstance(vary, Iterable):
        raise ParameterError(f"vary={vary!r:.80}: expected a mapping from keys to values, or texts KEY=VALUE,...")
    if isinstance(vary, Mapping):
        axes = [_axis(str(key), values) for key, values in itertools.islice(vary.items(), _MAX_AXES + 1)]
    else:
        axes = [_read(text) for text in itertools.islice(vary, _MAX_AXES + 1)]
    if len(axes) > _MAX_AXES:
        raise ParameterError(f"more than {_MAX_AXES} parameters to vary; give fewer")
    if not axes:
        raise ParameterError("nothing to vary: expected KEY=VALUE,VALUE,..., e.g. time_mask.max_frames=10,40,100")
    keys = [axis.key for axis in axes]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise ParameterError(f"{twice[0]} is varied twice; give all of its values at once")
    check_each_once(dict.fromkeys(keys))
    return tuple(axes)


def _read(text: str) -> Axis:
    if not isinstance(text, str):
        raise ParameterError(f"vary holds {text!r:.80}: expected KEY=VALUE,VALUE,..., e.g. fill=mean,floor")
    key, equals, values = text.partition("=")
    parts = [part.strip() for part in values.split(",")]
    if not equals or not key.strip() or not all(parts):
        raise ParameterError(f"--vary {text:.100}: expected KEY=VALUE,VALUE,..., e.g. time_mask.max_frames=10,40,100")
    return _axis(key.strip(), [scalar(part) for part in parts])


def _axis(key: str, values: Any) -> Axis:
    if isinstance(values, str) or not isinstance(values, Iterable):
        values = [values]
    key = _key_of_today(canonical_key(key))
    with error_context(f"{key:.80}"):
        values = list(itertools.islice(values, _MAX_VALUES + 1))
        if len(values) > _MAX_VALUES:
            raise ParameterError(f"more than {_MAX_VALUES} values; give fewer")
        axis = from_plain(Axis, {"key": key, "values": [_plain(value) for value in values]})
        if key in _WHOLE:
            _check_different(axis)
        return axis


def _check_different(axis: Axis) -> None:
    """Raise a ParameterError for two names or paths of the same policy, framework, front-end or vocoder."""
    first: dict[str, Value] = {}
    for value in axis.values:
        text = str(value)
        is_file = not _is_of_package(axis.key, value) and os.path.exists(text)
        earlier = first.setdefault(os.path.realpath(text) if is_file else text.lower(), value)
        if earlier is not value:
            raise ParameterError(f"{text:.80} is repeated: it is the same as {earlier!s:.80}; give each once")


def _plain(value: Any) -> Any:
    """Return a value that can be saved: the name of a preset or vocoder.

    Raise a ParameterError for a policy or a front-end without a name.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (Policy, MelFrontend)):
        presets = ALL_POLICIES if isinstance(value, Policy) else frontends.PRESETS
        if presets.get(value.name) != value or _frontend_of(value) != _frontend_of(presets[value.name]):
            raise ParameterError(
                f"{value.name!r} differs from the preset of that name; save it as a YAML file, and give its path"
            )
        return value.name
    return vocoders.to_spec(value) if hasattr(value, "kind") else value


def _frontend_of(value: Any) -> MelFrontend | None:
    return value.frontend if isinstance(value, Policy) else None


def check_not_replaced(
    axes: Sequence[Axis], framework: str | None, adapter: Adapter | None, parameters: Sequence[str]
) -> None:
    """Raise a ParameterError for arguments about one policy if policies are varied.

    Examples
    --------
    >>> check_not_replaced(read_axes(["policy=LD,SS"]), None, None, ["T=3"])
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: T=3 changes one policy, and several are varied; vary T=3, too
    """
    if all(axis.key != "policy" for axis in axes):
        return
    if framework is not None:
        raise ParameterError(
            f"framework {framework!r:.80} is for one file, and policies are varied, whose frameworks are detected; "
            "leave it out"
        )
    if adapter is not None:
        raise ParameterError("an adapter is for one callable, and policies are varied; leave the adapter out")
    if parameters:
        first = f"{parameters[0]:.80}"
        raise ParameterError(f"{first} changes one policy, and several are varied; vary {first}, too")


def with_values(run: Configuration, values: Mapping[str, Value]) -> Configuration:
    """Return a configuration with other values.

    Raise a ParameterError for a value out of range, or a key that the policy, front-end or vocoder does not have; it
    lists the keys.
    """
    if "frontend" in values:
        run = dataclasses.replace(run, frontend_reason="named")
    for key in sorted(values, key=lambda key: _WHOLE.index(key) if key in _WHOLE else len(_WHOLE)):
        with error_context(f"{key}={value_text(values[key])}"):
            run = _with(run, key, values[key])
    return run


def differing_part(
    run: Configuration, values: Mapping[str, Value], cell: Configuration, *, is_same_version: bool = True
) -> str | None:
    """Return what of a cell is not the run's with the cell's values; None if nothing is known to differ.

    Parameters
    ----------
    run : Configuration
        Of the sweep.
    values : mapping from key to value
        Of the cell, as its index has them.
    cell : Configuration
        The run with the policy, front-end and vocoder of the cell's record.
    is_same_version : bool
        Whether this version of the package wrote it, so that names mean the same.

    Returns
    -------
    str or None
        A key of ``values``, or policy, front-end or vocoder. Files cannot be read again, so their contents are taken
        as the record has them, as are presets of another version.

    Examples
    --------
    >>> from ..augment import SM
    >>> run = Configuration(frontends.WHISPER, SM, vocoders.get_vocoder("joint"), 1, 0)
    >>> differing_part(run, {"T": 9}, with_values(run, {"T": 9}))
    >>> differing_part(run, {"T": 10}, with_values(run, {"T": 9}))
    'T'
    >>> differing_part(run, {"T": 9}, with_values(run, {"T": 9, "F": 5}))
    'policy'
    """
    if (key := _differing_key(values, cell)) is not None:
        return key
    unknown = {key for key in _WHOLE if key in values and not (is_same_version and _is_of_package(key, values[key]))}
    try:
        start = _with_parts_of(cell, unknown, run, is_same_version=is_same_version)
        expected = with_values(start, {key: value for key, value in values.items() if key not in unknown})
    except (ParameterError, PolicyError):  # a key of another version
        return None
    pairs = {
        "policy": (expected.policy, cell.policy),
        "front-end": (expected.frontend, cell.frontend),
        "vocoder": (expected.vocoder, cell.vocoder),
    }
    return next((part for part, (one, other) in pairs.items() if one != other), None)


def _differing_key(values: Mapping[str, Value], cell: Configuration) -> str | None:
    """Return the first key whose value is not the cell's; None if none is known to differ."""
    names = {
        "policy": cell.policy.name if values.get("policy") in ALL_POLICIES and "framework" not in values else None,
        "framework": cell.policy.framework,
        "frontend": cell.frontend.name if values.get("frontend") in frontends.PRESETS else None,
        "vocoder": cell.vocoder.kind if _is_of_package("vocoder", values.get("vocoder")) else None,
    }
    for key in _WHOLE:
        value = str(values.get(key)).partition(":")[0]
        if key in values and names[key] is not None and value != names[key]:
            return key
    numbers = {key: value for key, value in values.items() if key not in _WHOLE}
    try:
        again = with_values(cell, numbers)
    except ParameterError:
        return None
    # The values are compared together first: a key may override part of another (time_mask.fill part of fill).
    if again == cell:
        return None
    return next((key for key in numbers if with_values(cell, {key: numbers[key]}) != cell), "values")


def _is_of_package(key: str, value: Value) -> bool:
    """Whether the value of a whole names something of the package, not a file."""
    if key == "policy":
        return is_policy_name(split_name(str(value))[0])
    name = str(value).partition(":")[0].lower()
    return name in frontends.PRESETS if key == "frontend" else key != "vocoder" or name in vocoders.VOCODERS


def _with_parts_of(
    cell: Configuration, keys: Collection[str], run: Configuration, *, is_same_version: bool
) -> Configuration:
    """Return the run with the parts of a cell that some of its keys stand for."""
    if "policy" in keys or "framework" in keys:
        run = _with_policy(run, cell.policy)
        run = run if is_same_version else dataclasses.replace(run, frontend=cell.frontend)
    if "frontend" in keys:
        run = dataclasses.replace(run, frontend=cell.frontend, frontend_reason="named")
    return dataclasses.replace(run, vocoder=cell.vocoder) if "vocoder" in keys else run


def _with(run: Configuration, key: str, value: Value) -> Configuration:
    if key in _WHOLE and not isinstance(value, str):
        raise ParameterError("allowed is a name")
    if key == "policy":
        return _with_policy(run, get_policy(str(value)))
    if key == "framework":
        return _with_policy(run, _converted(run.policy, str(value)))
    if key == "frontend":
        return dataclasses.replace(run, frontend=frontends.get_frontend(str(value)))
    if key == "vocoder":
        return dataclasses.replace(run, vocoder=vocoders.get_vocoder(str(value)))
    head, _, field = key.partition(".")
    if head in ("frontend", "vocoder") and field:
        return dataclasses.replace(run, **{head: with_field(getattr(run, head), field, value)})
    also = (*_WHOLE, "frontend.…", "vocoder.…")
    return dataclasses.replace(run, policy=with_policy_parameter(run.policy, key, value, also))


def _with_policy(run: Configuration, policy: Policy) -> Configuration:
    """Return the run with another policy in its batch, and with that policy's front-end unless the user named one."""
    policy = get_policy(policy, batch=run.policy.batch, exact_rng=run.policy.exact_rng)
    if run.frontend_reason in ("named", None):
        return dataclasses.replace(run, policy=policy)
    frontend, reason = choose_frontend(None, policy)
    return dataclasses.replace(run, policy=policy, frontend=frontend, frontend_reason=reason)


def _converted(policy: Policy, framework: str) -> Policy:
    return policy if policy.framework == framework else convert_policy(policy, framework).policy
