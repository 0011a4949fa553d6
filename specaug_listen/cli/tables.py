"""Tables of the front-ends, policies, vocoders and frameworks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._records import to_plain
from ..augment import Policy, TimeWarp, Warp
from ..augment.describe import aspects, moves, subject
from ..frameworks import ALL_POLICIES, FRAMEWORKS, MAIN_RECIPES
from ..frontends import PRESETS, MelFrontend
from ..vocoders import VOCODERS

__all__ = ["entries", "frontend_differences", "table"]


def table(what: str) -> str:
    """Format the table of "frontends", "policies", "vocoders" or "frameworks" as plain text.

    Examples
    --------
    >>> print(table("vocoders").splitlines()[0])
    name            what it is
    """
    makers: dict[str, Callable[[], list[Sequence[str]]]] = {
        "frontends": _frontends,
        "policies": _policies,
        "vocoders": _vocoders,
        "frameworks": _frameworks,
    }
    return _aligned(makers[what]())


def entries(what: str) -> list[dict[str, Any]]:
    """Return the rows of `table` as data, with all fields of each front-end and policy.

    Examples
    --------
    >>> [entry["name"] for entry in entries("vocoders")][0]
    'joint'
    """
    if what == "vocoders":
        head, *rows = _vocoders()
        return [dict(zip(head, row, strict=True)) for row in rows]
    if what == "policies":
        return [{**to_plain(policy), "also_called": _names_of(policy)} for policy in ALL_POLICIES.values()]
    if what == "frameworks":
        return [framework.facts() for framework in FRAMEWORKS.values()]
    return [to_plain(frontend) for frontend in PRESETS.values()]


def _frontends() -> list[Sequence[str]]:
    rows = [frontend_differences(f) for f in PRESETS.values()]
    return [tuple(rows[0]), *(tuple(row.values()) for row in rows)]


def frontend_differences(f: MelFrontend) -> dict[str, str]:
    """Describe the properties in which front-ends differ, by column.

    Examples
    --------
    >>> from specaug_listen.frontends import WENET
    >>> row = frontend_differences(WENET)
    >>> row["frame t at"], row["before the STFT"]
    ('160 t + 200', 'x 32768, frame mean removed, pre-emphasis 0.97 by frame')
    """
    framing = f.framing
    offset = framing.center_s(0, sample_rate=1)
    return {
        "name": f.name,
        "Hz": str(f.sample_rate),
        "n_fft": str(f.n_fft),
        "win": str(framing.win_length),
        "window": f.window,
        "frame t at": f"{f.hop_length} t" + (f" + {offset:g}" if offset else ""),
        "beyond the ends": _beyond(f),
        "before the STFT": _before(f),
        "filters": _filters(f),
        "sum of": ("powers" if f.power == 2 else "magnitudes")
        + (f" + {f.magnitude_epsilon:g}" if f.magnitude_epsilon else ""),
        "values": _values(f),
        "normalised": str(f.normalize or "-"),
    }


def _beyond(f: MelFrontend) -> str:
    words = {"reflect": "reflected", "constant": "zeros", "mirror": "mirrored"}[f.pad_mode]
    words = "no frame" if f.padding == "snip" else words
    return words + (", last frame dropped" if f.drop_last_frame else "")


def _before(f: MelFrontend) -> str:
    words = [f"x {f.input_scale:g}"] if f.input_scale != 1 else []
    words += ["frame mean removed"] if f.remove_dc_offset else []
    if f.preemphasis:
        words.append(f"pre-emphasis {f.preemphasis:g}" + (" by frame" if f.preemphasis_per_frame else ""))
    return ", ".join(words) or "-"


def _filters(f: MelFrontend) -> str:
    norm = f", {f.mel_norm} norm" if f.mel_norm else ""
    n_empty = int((~f.filterbank().any(axis=1)).sum())
    return f"{f.n_mels} {f.mel_scale}, {f.fmin_hz:g}-{f.top_hz:g} Hz{norm}" + (f", {n_empty} empty" if n_empty else "")


def _values(f: MelFrontend) -> str:
    if f.log is None:
        words = "E"
    else:
        floored = f"E + {f.floor:.3g}" if f.floor_mode == "add" else f"max(E, {f.floor:.3g})"
        words = {"ln": "ln", "log10": "log10", "db": f"{20 / f.power:g} log10"}[f.log] + f"({floored})"
    if f.dynamic_range is not None:
        words += f", top {f.dynamic_range:g}"
    if (f.shift, f.scale) != (0.0, 1.0):
        words += f", then (v {f.shift:+g}) * {f.scale:g}"
    return words


def _policies() -> list[Sequence[str]]:
    return [
        ("name", "rules of", "time warp", "frequency masks", "time masks", "more", "also called"),
        *(_policy_row(p) for p in ALL_POLICIES.values()),
    ]


def _policy_row(policy: Policy) -> Sequence[str]:
    words = {"time warp": "-", "frequency masks": "-", "time masks": "-"}
    more = [f"probability {policy.probability:g}"] if policy.probability < 1 else []
    for t in policy.transforms:
        is_idle = getattr(t, "is_idle", False)
        if isinstance(t, TimeWarp | Warp):
            words["time warp"] = "-" if is_idle else moves(t)
        elif subject(t) in words:
            words_of = aspects(t)
            words[subject(t)] = "-" if is_idle else f"{words_of['count']} x {words_of['width']}"
        else:
            more.append(subject(t))
    return (policy.name, policy.framework, *words.values(), ", ".join(more) or "-", ", ".join(_names_of(policy)) or "-")


def _names_of(policy: Policy) -> list[str]:
    """Return other names of a policy: those of the frameworks whose main recipe it is."""
    return [name for name, recipe in MAIN_RECIPES.items() if recipe == policy.name != name]


def _frameworks() -> list[Sequence[str]]:
    return [
        ("name", "front-ends", "replays", "read from"),
        *(
            (d.name, ", ".join(d.frontends) or "any", "yes" if d.is_replayable else "-", d.source)
            for d in FRAMEWORKS.values()
        ),
    ]


def _vocoders() -> list[Sequence[str]]:
    return [("name", "what it is"), *((name, vocoder.about) for name, vocoder in VOCODERS.items())]


def _aligned(rows: list[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
