"""What a sweep varies, and what is the same in all of its cells: two lists, and nothing is in both.

Both come from the records of the draws, so they say what was heard: a parameter that another one changes, too (the
front-end of each policy), is not called the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from .._files import printable
from .._records import to_plain
from ..auditions.records import CustomVocoder, DrawRecord, vocoder_name
from ..augment.describe import aspects, prefix_of, subject
from ..augment.parameters import split_name
from ..frameworks.frontend_choice import reason_in_words
from ..frontends import MelFrontend
from ..reports.rerun_text import is_on_own_frontends
from ..vocoders import Neural, to_spec
from .axes import Axis, value_text
from .cell_draws import CellDraws, key_in_words
from .records import SweepRecord

__all__ = ["Facts", "fixed_facts", "frontend_lines", "varied_facts"]

Facts = tuple[tuple[str, str], ...]
T = TypeVar("T")
# Fields of a transform, and the aspect that describes them.
_ASPECTS = {
    "count": "count", "max_count": "count", "count_ratio": "count", "min_width": "width", "max_width": "width",
    "max_bins": "width", "max_frames": "width", "min_ratio": "width", "max_ratio": "width",
}  # fmt: skip


def varied_facts(record: SweepRecord) -> Facts:
    """Return each varied parameter with its values, and that each policy has its own front-end, if so."""
    facts = [(key_in_words(axis.key), ", ".join(map(value_text, axis.values))) for axis in record.axes]
    if is_on_own_frontends(record.configuration, (axis.key for axis in record.axes)):
        facts.append(("front-end", "each policy's own"))
    return tuple((printable(name), printable(text)) for name, text in facts)


def frontend_lines(record: SweepRecord) -> tuple[str, ...]:
    """Return a line for the front-end of each policy or framework, if each has its own."""
    keys = [axis.key for axis in record.axes]
    if not is_on_own_frontends(record.configuration, keys):
        return ()
    lines = []
    for cell in record.cells_of(0):
        pairs = zip(record.axes, cell.values, strict=True)
        which = ", ".join(
            f"{axis.key} {value_text(value)}" for axis, value in pairs if axis.key in ("policy", "framework")
        )
        why = reason_in_words(cell.frontend_reason)
        lines.append(printable(f"{which} on {cell.frontend}" + (f" ({why})" if why else "")))
    return tuple(dict.fromkeys(lines))


def fixed_facts(record: SweepRecord, cells: Sequence[CellDraws]) -> Facts:
    """Return what all cells have in common."""
    run = record.configuration
    draws = [cell.draws[0] for cell in cells]
    facts = [
        *_of_policy(draws, is_changed=any(map(_changes_policy, record.axes))),
        *_of_frontend(draws, record),
        *_of_vocoder(draws),
    ]
    if run.channel != "mean":
        facts.append(("channel", str(run.channel)))
    facts += [("seed", f"{run.seed}, so each cell draws the same random numbers")]
    facts += [("draws", f"{run.draws} of each clip in each cell")]
    return tuple((name, printable(text)) for name, text in facts)


def _common(draws: Iterable[DrawRecord], part: Callable[[DrawRecord], T]) -> T | None:
    """Return a part that all draws have in common; None if it differs."""
    parts = iter(draws)
    first = part(next(parts))
    return first if all(part(draw) == first for draw in parts) else None


def _changes_policy(axis: Axis) -> bool:
    return axis.key.partition(".")[0] not in ("policy", "frontend", "vocoder")


def _of_policy(draws: Sequence[DrawRecord], *, is_changed: bool) -> Iterable[tuple[str, str]]:
    # Parameters in the name may be those that are varied.
    name = _common(draws, lambda draw: split_name(draw.policy.name)[0])
    if name is not None:
        yield "policy", f"{name}, but for what is varied" if is_changed else name
    framework = _common(draws, lambda draw: draw.policy.framework)
    if name is not None and framework is not None:
        yield "framework", "the paper's rules" if framework == "paper" else framework
    batch = _common(draws, lambda draw: (draw.policy.batch,))
    if batch and batch[0]:
        padded = f", padded to {batch[0].n_frames} frames" if batch[0].n_frames else ""
        yield "batch", f"each clip as one of {batch[0].size}{padded}"
    probability = _common(draws, lambda draw: draw.policy.probability)
    if name is not None and probability is not None and probability < 1:
        yield "applied with probability", f"{probability:g}"
    if name is None or framework is None:  # what policies or frameworks share by chance
        return
    kinds = _common(draws, lambda draw: [prefix_of(transform) for transform in draw.policy.transforms])
    for place in range(len(kinds or ())):
        transforms = [draw.policy.transforms[place] for draw in draws]
        text = "; ".join(_common_aspects(transforms))
        if text:
            yield subject(transforms[0]), text


def _common_aspects(transforms: Sequence[Any]) -> list[str]:
    """Return the aspects of a transform that are the same in all cells, and the same parts of the others."""
    if all(getattr(transform, "is_idle", False) for transform in transforms):
        return ["none"]
    words = [aspects(transform) for transform in transforms]
    common = {key for key in words[0] if all(each.get(key) == words[0][key] for each in words)}
    lines = [text for key, text in words[0].items() if key in common]
    fields = [to_plain(transform) for transform in transforms]
    for name, aspect in _ASPECTS.items():
        value = fields[0].get(name)
        is_idle = name == "max_count" and fields[0].get("count_ratio") is None
        is_idle |= name == "max_ratio" and value == 1  # bounds nothing
        is_lost = aspect in words[0] and aspect not in common and not is_idle
        if is_lost and value is not None and all(each.get(name) == value for each in fields):
            lines.append(f"{name} {value_text(value)}")
    return lines


def _of_frontend(draws: Sequence[DrawRecord], record: SweepRecord) -> Iterable[tuple[str, str]]:
    frontend = _common(draws, lambda draw: draw.frontend)
    if frontend is not None:
        run = record.configuration
        why = "" if run.frontend_reason == "named" else reason_in_words(run.frontend_reason, run.policy)
        yield "front-end", "; ".join(filter(None, [f"{frontend.name}: {_geometry([frontend])}", why]))
    elif geometry := _geometry([draw.frontend for draw in draws]):
        yield "of the front-ends", geometry


def _geometry(frontends: Sequence[MelFrontend]) -> str:
    """Describe what front-ends have in common."""
    first = frontends[0]
    parts = {
        "n_mels": f"{first.n_mels} {first.mel_scale} bins", "sample_rate": f"{first.sample_rate} Hz",
        "n_fft": f"n_fft {first.n_fft}", "hop_length": f"hop {first.hop_length}",
    }  # fmt: skip
    return ", ".join(
        text for key, text in parts.items() if len({(getattr(each, key), each.mel_scale) for each in frontends}) == 1
    )


def _of_vocoder(draws: Sequence[DrawRecord]) -> Iterable[tuple[str, str]]:
    vocoder = _common(draws, lambda draw: draw.vocoder)
    kind = _common(draws, lambda draw: vocoder_name(draw.vocoder))
    if vocoder is not None and not isinstance(vocoder, (CustomVocoder, Neural)):
        yield "vocoder", to_spec(vocoder)
    elif kind is not None:
        yield "vocoder", kind
