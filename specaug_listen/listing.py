"""Tables of what there is to choose from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from .augment import POLICIES, FrequencyMask, Policy, TimeMask, TimeWarp
from .frontends import PRESETS, MelFrontend
from .vocoders import VOCODERS

__all__ = ["table"]


def table(what: str) -> str:
    """A table in plain text.

    Parameters
    ----------
    what : {"frontends", "policies", "vocoders"}

    Examples
    --------
    >>> print(table("vocoders").splitlines()[0])
    name            what it is
    """
    makers: dict[str, Callable[[], list[Sequence[str]]]] = {
        "frontends": _frontends,
        "policies": _policies,
        "vocoders": _vocoders,
    }
    return _aligned(makers[what]())


def _frontends() -> list[Sequence[str]]:
    head = (
        "name",
        "Hz",
        "n_fft",
        "win",
        "hop",
        "mels",
        "range (Hz)",
        "scale",
        "sum of",
        "values",
        "window, padding",
    )
    return [head, *(_frontend_row(f) for f in PRESETS.values())]


def _frontend_row(f: MelFrontend) -> Sequence[str]:
    values = {None: "power" if f.power == 2 else "magnitude", "ln": "ln", "log10": "log10", "db": "dB"}[f.log]
    if f.dynamic_range is not None:
        values += f", top {f.dynamic_range:g}"
    if (f.shift, f.scale) != (0.0, 1.0):
        values += f", (x {f.shift:+g}) * {f.scale:g}"
    if f.normalize:
        values += f", {f.normalize}"
    window = f.window + (f", pre-emphasis {f.preemphasis:g}" if f.preemphasis else "")
    padding = f"{f.padding} {f.pad_mode}" + (", last frame dropped" if f.drop_last_frame else "")
    return (
        f.name,
        str(f.sample_rate),
        str(f.n_fft),
        str(f.framing.win_length),
        str(f.hop_length),
        str(f.n_mels),
        f"{f.fmin_hz:g}-{f.top_hz:g}",
        f.mel_scale,
        "powers" if f.power == 2 else "magnitudes",
        values,
        f"{window}; {padding}",
    )


def _policies() -> list[Sequence[str]]:
    return [
        ("name", "time warp", "frequency masks", "time masks"),
        *(_policy_row(p) for p in POLICIES.values()),
    ]


def _policy_row(policy: Policy) -> Sequence[str]:
    words = {"time_warp": "-", "frequency_mask": "-", "time_mask": "-"}
    for t in policy.transforms:
        if isinstance(t, TimeWarp):
            words[t.kind] = f"up to {t.max_frames} frames"
        elif isinstance(t, FrequencyMask):
            words[t.kind] = f"{t.count} x up to {t.max_bins} bins"
        elif isinstance(t, TimeMask):
            words[t.kind] = _time_mask_words(t)
    return (policy.name, *words.values())


def _time_mask_words(mask: TimeMask) -> str:
    count = str(mask.count)
    if mask.count_ratio is not None:
        count = f"{mask.count_ratio:g} of the frames, at most {mask.max_count},"
    width = [] if mask.max_frames is None else [f"{mask.max_frames} frames"]
    width += [f"{mask.max_ratio:g} of the clip"] if mask.max_ratio < 1 or not width else []
    return f"{count} x up to {' and '.join(width)}"


def _vocoders() -> list[Sequence[str]]:
    about = {name: (type(v).__doc__ or "").strip().splitlines()[0] for name, v in VOCODERS.items()}
    # The marks of references in docstrings mean nothing here.
    return [("name", "what it is"), *((name, re.sub(r",? \[\d\]_", "", text)) for name, text in about.items())]


def _aligned(rows: list[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
