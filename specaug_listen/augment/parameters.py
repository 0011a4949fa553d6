"""Parameters of a policy by name: the paper's letters, and names such as ``time_mask.max_frames``."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from .._records import from_plain, to_plain
from .._yaml import scalar, scalar_text
from ..errors import ParameterError, nearest
from .describe import SUBJECTS, prefix_of
from .framework_masks import Mask
from .framework_transforms import Warp
from .paper_transforms import FrequencyMask, TimeMask, TimeWarp
from .steps import MAX_COUNT

__all__ = [
    "LETTERS",
    "Value",
    "canonical_key",
    "check_each_once",
    "parameters_of",
    "parameters_text",
    "read_assignments",
    "split_name",
    "split_parameters",
    "with_field",
    "with_parameter",
]

Value: TypeAlias = bool | int | float | str | None
# As in Park et al.
LETTERS = {
    "F": "widest frequency mask, bins",
    "T": "widest time mask, frames",
    "W": "farthest time warp, frames",
    "mF": "number of frequency masks",
    "mT": "number of time masks",
    "p": "widest time mask, share of the frames",
}
_LETTER_OF = {letter.lower(): letter for letter in LETTERS}
# The paper's names for the maximum width of the frameworks' masks.
_ALIASES = {"max_frames": "max_width", "max_bins": "max_width"}
_KEY = r"[A-Za-z]\w*(?:\.\w+)?"
# No two parts of a pattern match the same characters, so matching takes linear time.
_ASSIGNMENT = re.compile(rf"\s*({_KEY})\s*=([^,()]*)")


def canonical_key(key: str) -> str:
    """Return a parameter's key with letters spelled as in the paper.

    Examples
    --------
    >>> canonical_key("m_f"), canonical_key("f"), canonical_key("time_mask.count")
    ('mF', 'F', 'time_mask.count')
    """
    return _LETTER_OF.get(key.replace("_", "").lower(), key)


def split_parameters(text: str) -> tuple[str, dict[str, Value]]:
    """Split a text into a policy's name or file, and the parameters after it.

    Raises a ParameterError if a parameter is repeated or has no value.

    Examples
    --------
    >>> split_parameters("LD,F=27,p=0.2")
    ('LD', {'F': 27, 'p': 0.2})
    >>> split_parameters("my.module:Masks(width=8, n=2)")
    ('my.module:Masks(width=8, n=2)', {})
    """
    parts = text.split(",")
    n_head = len(parts)
    while n_head > 1 and _ASSIGNMENT.fullmatch(parts[n_head - 1]):
        n_head -= 1
    head = ",".join(parts[:n_head])
    if not head or n_head == len(parts):
        return text, {}
    return head.strip(), read_assignments(parts[n_head:], text)


def split_name(name: str) -> tuple[str, dict[str, Value]]:
    """Split the name of a policy that `Policy.with_parameters` wrote; another name is returned whole.

    Examples
    --------
    >>> split_name("LD,F=27"), split_name("mine,b=")
    (('LD', {'F': 27}), ('mine,b=', {}))
    """
    try:
        return split_parameters(name)
    except ParameterError:
        return name, {}


def read_assignments(texts: Iterable[str], what: str = "--set") -> dict[str, Value]:
    """Parse parameters from texts ``KEY=VALUE``.

    Raises a ParameterError, which begins with ``what``, for other texts, missing values and repeated keys.

    Examples
    --------
    >>> read_assignments(["time_mask.max_frames=40", "F=8"])
    {'time_mask.max_frames': 40, 'F': 8}
    """
    parameters: dict[str, Value] = {}
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise ParameterError(f"{what:.80}: {texts!r:.80} is not a list of texts KEY=VALUE, e.g. ['F=27']")
    for text in texts:
        if not isinstance(text, str):
            raise ParameterError(f"{what:.80}: {text!r:.80} is not a text KEY=VALUE, e.g. 'F=27'")
        match = _ASSIGNMENT.fullmatch(text)
        if match is None or not match[2].strip():
            raise ParameterError(
                f"{what:.80}: {text.strip()!r:.80} is not KEY=VALUE, e.g. F=27 or time_mask.max_frames=40"
            )
        key = canonical_key(match[1])
        if key in parameters:
            raise ParameterError(f"{what:.80}: {key} is given twice; give it once")
        parameters[key] = scalar(match[2].strip())
    return parameters


def parameters_text(parameters: Mapping[str, Value]) -> str:
    """Write parameters as they follow a policy's name.

    Examples
    --------
    >>> parameters_text({"F": 27, "time_mask.max_frames": None})
    ',F=27,time_mask.max_frames=null'
    """
    return "".join(f",{key}={scalar_text(value)}" for key, value in parameters.items())


# --- the letters ---


@dataclasses.dataclass(frozen=True)
class _Letter:
    """The meaning of a letter: which transforms it applies to, and which field of them it sets."""

    concerns: Callable[[Any], bool]
    field_of: Callable[[Any], str | None]


def _is_mask(axis: str) -> Callable[[Any], bool]:
    paper = FrequencyMask if axis == "frequency" else TimeMask
    return lambda transform: isinstance(transform, paper) or (isinstance(transform, Mask) and transform.axis == axis)


def _width_field(transform: Any) -> str | None:
    if isinstance(transform, FrequencyMask):
        return "max_bins"
    if isinstance(transform, TimeMask):
        return "max_frames"
    # If the width is a share of the clip, there is no width in frames.
    return "max_width" if transform.max_width is not None else None


def _count_field(transform: Any) -> str | None:
    """Return the field with the number of masks, if that is not a share of the clip."""
    if isinstance(transform, Mask):
        return "count" if transform.count_rule in ("fixed", "range", "total") else None
    return "count" if getattr(transform, "count_ratio", None) is None else None


def _share_field(transform: Any) -> str | None:
    if isinstance(transform, TimeMask):
        return "max_ratio"
    # torchaudio has p, with default 1.
    return "max_ratio" if transform.max_ratio is not None or transform.start_rule == "float_width" else None


def _is_warp(transform: Any) -> bool:
    """Whether W is a number of frames in a transform, and not a share of the clip."""
    return isinstance(transform, TimeWarp | Warp) and not getattr(transform, "is_dynamic", False)


_LETTER = {
    "F": _Letter(_is_mask("frequency"), _width_field),
    "T": _Letter(_is_mask("time"), _width_field),
    "W": _Letter(_is_warp, lambda _: "max_frames"),
    "mF": _Letter(_is_mask("frequency"), _count_field),
    "mT": _Letter(_is_mask("time"), _count_field),
    "p": _Letter(_is_mask("time"), _share_field),
}


def _places_of(letter: str, transforms: Sequence[Any]) -> dict[int, str]:
    """Return the field that a letter sets in each transform it applies to, by the transform's index."""
    meaning = _LETTER[letter]
    fields = {
        place: meaning.field_of(transform) for place, transform in enumerate(transforms) if meaning.concerns(transform)
    }
    return {place: field for place, field in fields.items() if field is not None}


def parameters_of(transforms: Sequence[Any]) -> list[str]:
    """List the parameters of a policy with these transforms: letters first, then the others by name.

    Examples
    --------
    >>> parameters_of([TimeWarp(5), FrequencyMask()])
    ['F', 'W', 'mF', 'probability', 'fill', 'time_warp.max_frames', 'frequency_mask.count', 'frequency_mask.max_bins']
    """
    names = [letter for letter in LETTERS if _places_of(letter, transforms)]
    names.append("probability")
    names += ["fill"] if any(hasattr(transform, "fill") for transform in transforms) else []
    for transform in transforms:
        prefix = prefix_of(transform)
        names += [f"{prefix}.{name}" for name in _numbers_of(transform)] if prefix in SUBJECTS else []
    return list(dict.fromkeys(names))


def _numbers_of(transform: Any) -> list[str]:
    """List the numeric fields of a transform that exist in the paper or the framework."""
    names = ("count", "max_count", "count_ratio", "min_width", "max_width", "max_bins", "max_frames", "max_ratio")
    idle = ["min_width"] if getattr(transform, "min_width", 1) == 0 else []
    idle += ["max_count"] if isinstance(transform, TimeMask) and transform.count_ratio is None else []
    return [name for name in names if getattr(transform, name, None) is not None and name not in idle]


# --- changing ---


def with_parameter(
    transforms: Sequence[Any], key: str, value: Value, owner: str, also: Sequence[str] = ()
) -> tuple[Any, ...]:
    """Return the transforms with one parameter set to ``value``.

    ``key`` is a letter of `LETTERS`, ``fill``, or a name such as ``time_mask.max_frames``. Raises a ParameterError for
    a value out of range, and for an unknown parameter of ``owner``; its message lists the known ones and those in
    ``also``, which the caller accepts as well.

    Examples
    --------
    >>> with_parameter([FrequencyMask(max_bins=8)], "F", 27, "policy 'mine'")[0].max_bins
    27
    """
    if key in LETTERS:
        return _with_letter_set(transforms, key, value, owner, also)
    head, _, field = key.partition(".")
    is_fill = head == "fill" and not field
    places = [
        place
        for place, transform in enumerate(transforms)
        if (hasattr(transform, "fill") if is_fill else field and prefix_of(transform) == head and head in SUBJECTS)
    ]
    if not places:
        raise ParameterError(_has_none(key, transforms, owner, also))
    new_transforms = list(transforms)
    for place in places:
        new_transforms[place] = with_field(transforms[place], "fill" if is_fill else field, value)
    return tuple(new_transforms)


def _with_letter_set(
    transforms: Sequence[Any], letter: str, value: Value, owner: str, also: Sequence[str]
) -> tuple[Any, ...]:
    places = _places_of(letter, transforms)
    if not places:
        raise ParameterError(_has_none(letter, transforms, owner, also))
    if letter in ("mF", "mT") and len(places) > 1:
        head = "frequency_mask" if letter == "mF" else "time_mask"
        raise ParameterError(
            f"{owner} has {len(places)} sets of {SUBJECTS[head]}, so {letter} is not one number; {head}.count=N sets "
            "the number of each"
        )
    new_transforms = list(transforms)
    for place, field in (places | dict.fromkeys(_bound_with(letter, transforms), "max_ratio")).items():
        new_transforms[place] = _with_letter(transforms[place], letter, field, value)
    return tuple(new_transforms)


def _with_letter(transform: Any, letter: str, field: str, value: Value) -> Any:
    is_share = letter == "p"
    least = _least_width(transform) if letter in ("F", "T") else 0
    _check_number(value, least, 1 if is_share else MAX_COUNT, is_whole=not is_share)
    changes: dict[str, Value] = {field: value}
    if isinstance(transform, Mask) and letter in ("mF", "mT") and transform.count_rule == "range":
        changes["max_count"] = value
    if isinstance(transform, Mask) and letter == "p" and transform.max_ratio is None:
        changes["ratio_rule"] = "bounds"
    return from_plain(type(transform), {**to_plain(transform), **changes})


def _least_width(transform: Any) -> int:
    """Return the smallest maximum width for which the framework does not raise."""
    if not isinstance(transform, Mask):
        return 0
    return {"exclusive": transform.min_width + 1, "inclusive": transform.min_width, "fixed": 1}.get(
        transform.width_rule, 0
    )


def _check_number(value: Value, least: int, most: int, *, is_whole: bool) -> None:
    is_number = isinstance(value, int if is_whole else (int, float)) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:  # type: ignore[operator]
        kind = "a whole number" if is_whole else "a number"
        raise ParameterError(f"allowed is {kind} from {least} to {most}")


def _bound_with(letter: str, transforms: Sequence[Any]) -> list[int]:
    """Return indices of frequency masks that ``p`` bounds, too: those of torchaudio, whose time masks come first."""
    if letter != "p" or len(transforms) != 2 or not all(isinstance(mask, Mask) for mask in transforms):
        return []
    time, frequency = transforms
    is_torchaudio = time.start_rule == frequency.start_rule == "float_width"
    is_one = (time.axis, frequency.axis) == ("time", "frequency") and time.together == frequency.together
    return [1] if is_torchaudio and is_one and time.fill == frequency.fill else []


def with_field(thing: Any, field: str, value: Value) -> Any:
    """Return a transform, front-end or vocoder with one field set to ``value``.

    Raises a ParameterError for a value out of range, and for an unknown field; its message lists the known ones.

    Examples
    --------
    >>> with_field(FrequencyMask(), "count", 3).count
    3
    """
    fields = [each.name for each in dataclasses.fields(thing) if each.name not in ("kind", "name", "function")]
    field = _ALIASES.get(field, field) if field not in fields else field
    if field not in fields:
        raise ParameterError(f"unknown parameter{nearest(field, fields)} (allowed: {', '.join(fields)})")
    return from_plain(type(thing), {**to_plain(thing), field: value})


def _has_none(key: str, transforms: Sequence[Any], owner: str, also: Sequence[str]) -> str:
    allowed = [*parameters_of(transforms), *also]
    close = "" if key in LETTERS else nearest(key, allowed)
    meaning = f" ({LETTERS[key]})" if key in LETTERS else ""
    return f"{owner} has no {key!r:.80}{meaning}{close} (allowed: {', '.join(allowed)})"


def check_each_once(parameters: Mapping[str, Value]) -> None:
    """Raise a ParameterError if two keys set the same parameter."""
    names = {
        "F": ("frequency_mask.max_bins", "frequency_mask.max_width"),
        "T": ("time_mask.max_frames", "time_mask.max_width"),
        "W": ("time_warp.max_frames",),
        "mF": ("frequency_mask.count",),
        "mT": ("time_mask.count",),
        "p": ("time_mask.max_ratio",),
    }
    for letter, same in names.items():
        both = [key for key in (letter, *same) if key in parameters]
        if len(both) > 1:
            raise ParameterError(f"{both[0]} and {both[1]} are the same parameter; give one of them")
