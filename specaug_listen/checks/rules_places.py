"""Findings of where masks fall along a clip and along its bins: at one end only, on a grid, too rarely, too often."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arrays import runs
from .clips import Clip
from .laws import FALSE_ALARM, Masked
from .probes import Effect
from .report import Finding
from .trials import Bench, Trial

__all__ = ["place_findings"]

# Draws that are added at once while one end of a clip is free.
_STEP = 20
_SEVERAL_WIDTHS = 3
_LEAST_FREE = 0.4
_LEAST_FRAMES = 60
_LIKE_A_RULE = 0.6

Runs = tuple[tuple[int, int], ...]


class _Kind(NamedTuple):
    """Masks of one kind, and how to read them off a draw."""

    axis: str
    what: str
    runs_of: Callable[[Effect], Runs]


_TIME = _Kind("frames", "time masks", lambda effect: tuple(runs(effect.masked_frames)))
_FREQUENCY = _Kind("bins", "frequency masks", lambda effect: tuple(runs(effect.masked_bins)))
_BOXES_IN_TIME = _Kind("frames", "rectangles", lambda effect: tuple((box[2], box[3]) for box in effect.boxes))
_BOXES_IN_FREQUENCY = _Kind("bins", "rectangles", lambda effect: tuple((box[0], box[1]) for box in effect.boxes))


def place_findings(bench: Bench) -> list[Finding]:
    """Report masks that fall in some places only, on every length of clip."""
    turned = _turned(bench)
    if turned:
        return turned
    findings = []
    for kind in (_TIME, _FREQUENCY, _BOXES_IN_TIME, _BOXES_IN_FREQUENCY):
        one_sided = _one_sided(bench, kind) if kind.axis == "frames" else []
        findings += one_sided or _uneven(bench, kind)
        findings += _widths(bench, kind)
    return findings


def _masked(trials: list[Trial], clip: Clip, kind: _Kind) -> Masked:
    n = clip.n_frames if kind.axis == "frames" else clip.mel.n_mels
    draws = (kind.runs_of(trial.effect) for trial in trials if not trial.effect.is_all_masked)
    # Where all places are masked, nothing says how.
    return Masked(n, tuple(draw for draw in draws if draw != ((0, n),)))


# --- only at one end ---


class _Reach(NamedTuple):
    """How far masks reach on a clip: how many places at the end (or the start) no mask reaches."""

    clip: Clip
    free: int
    masked: Masked


def _one_sided(bench: Bench, kind: _Kind) -> list[Finding]:
    odd: dict[bool, list[_Reach]] = {}
    reached: dict[bool, list[Clip]] = {}
    for at_end in (True, False):
        for clip in (clip for clip in bench.clips if clip.n_frames >= _LEAST_FRAMES):
            masked, free = _reach(bench, clip, kind, at_end=at_end)
            if free is not None:
                odd.setdefault(at_end, []).append(_Reach(clip, free, masked))
            elif masked.runs:
                reached.setdefault(at_end, []).append(clip)
    if len(odd) != 1:  # at neither end, or in the middle alone
        return []
    ((at_end, cases),) = odd.items()
    longest = cases[-1]
    n = longest.clip.n_frames
    shorter = [clip for clip in reached.get(at_end, []) if clip.n_frames < longest.clip.n_frames]
    is_local = n - longest.free <= _SEVERAL_WIDTHS * longest.masked.widest
    if not is_local and at_end and shorter and len(cases) < len(bench.clips):
        return [_stopping(bench, kind, longest, shorter[-1])]
    if is_local or all(case.free >= _LEAST_FREE * case.clip.n_frames for case in cases):
        return [_at_one_end(bench, kind, cases, at_end=at_end)]
    return []


def _reach(bench: Bench, clip: Clip, kind: _Kind, *, at_end: bool) -> tuple[Masked, int | None]:
    """Draw on while one end is free, and that may be an accident."""
    n = len(bench.trials_of(clip))
    masked = _masked(bench.trials_of(clip), clip, kind)
    while masked.runs:
        free = masked.unreached(at_end=at_end)
        edge = clip.n_frames - max(a + b for a, b in masked.runs) if at_end else min(a for a, _ in masked.runs)
        if free is not None or edge <= masked.slack or n >= bench.effort.n_places_of_others:
            return masked, free
        n += _STEP
        masked = _masked(bench.more_trials_of(clip, n), clip, kind)
    return masked, None


def _at_one_end(bench: Bench, kind: _Kind, cases: list[_Reach], *, at_end: bool) -> Finding:
    longest = cases[-1]
    side, what = ("first", "masks-only-at-start") if at_end else ("last", "masks-only-at-end")
    covers = ", ".join(f"{case.clip.n_frames - case.free} of {case.clip.n_frames}" for case in cases)
    line = f"all {len(longest.masked.runs)} {kind.what} lie within the {side} frames of a clip: {covers}"
    alike = [start == width for start, width in longest.masked.runs]
    if at_end and np.mean(alike) >= _LIKE_A_RULE:
        line += f"; {sum(alike)} of them start at the frame that their own width says"
    seed = bench.trials_of(longest.clip)[0].seed
    numbers = {"masks": len(longest.masked.runs), "reached": longest.clip.n_frames - longest.free}
    return Finding.of(what, line, str(longest.clip), seed, **numbers)


def _stopping(bench: Bench, kind: _Kind, longest: _Reach, shorter: Clip) -> Finding:
    reach = longest.clip.n_frames - longest.free
    frontend = longest.clip.mel.frontend
    seconds = reach * frontend.hop_length / frontend.sample_rate
    line = (
        f"none of {len(longest.masked.runs)} {kind.what} reaches beyond frame {reach} ({seconds:.3g} s) of "
        f"{longest.clip.n_frames}, and those of {shorter} reach its end"
    )
    seed = bench.trials_of(longest.clip)[0].seed
    return Finding.of("masks-stop-early", line, str(longest.clip), seed, reached=reach)


# --- uneven ---


def _uneven(bench: Bench, kind: _Kind) -> list[Finding]:
    clip = bench.reference
    trials = bench.trials_of(clip)
    if not any(kind.runs_of(trial.effect) for trial in trials):
        return []
    masked = _masked(bench.more_trials_of(clip, bench.effort.n_places), clip, kind)
    if (step := masked.step()) is not None:
        on_grid = f"all {len(masked.runs)} {kind.what} start on every {_ordinal(step)} of the {kind.axis} alone"
        return [Finding.of("starts-on-grid", on_grid, str(clip), trials[0].seed, step=step, masks=len(masked.runs))]
    line = _uneven_line(masked, kind)
    if line is None and masked.may_be_uneven:
        masked = _masked(bench.more_trials_of(clip, bench.most_draws), clip, kind)
        line = _uneven_line(masked, kind)
    if line is None:
        return []
    return [Finding.of(f"{kind.axis}-unevenly-masked", line, str(clip), trials[0].seed, draws=len(masked.draws))]


def _uneven_line(masked: Masked, kind: _Kind) -> str | None:
    """Say in words what is uneven, where starts should be uniform, whichever way a framework draws them."""
    for region, how in ((masked.rare(), "only "), (masked.often(), "")):
        if region is not None:
            where = f"{kind.axis[:-1]} {region.first} is"
            if region.last > region.first:
                where = f"{kind.axis} {region.first} to {region.last} of {masked.n} are"
            return (
                f"{where} masked {_share_in_words(region.share, how, len(masked.draws))}, where starts with all places "
                f"alike give {region.expected:.1%} ({kind.what})"
            )
    for at_end, edge in ((True, "last"), (False, "first")):
        if (free := masked.unreached(at_end=at_end)) is not None:
            return f"none of {len(masked.runs)} {kind.what} reaches the {edge} {free} of {masked.n} {kind.axis}"
    distance = masked.distance()
    if distance is None:
        return None
    centre = np.mean([start + width / 2 for start, width in masked.runs]) / masked.n
    return (
        f"starts of {len(masked.runs)} {kind.what} are not uniform: {distance:.2f} from the nearest law of starts "
        f"(a chance below {FALSE_ALARM:.0e}), with centres at {centre:.0%} of the {kind.axis} on average"
    )


def _share_in_words(share: float, how: str, n_draws: int) -> str:
    if share == 0:
        return "never"
    # Several rectangles of a draw may lie above each other.
    return f"{share:.1f} times a draw, in {n_draws} draws" if share > 1 else f"in {how}{share:.1%} of {n_draws} draws"


def _widths(bench: Bench, kind: _Kind) -> list[Finding]:
    clip = bench.reference
    if not any(kind.runs_of(trial.effect) for trial in bench.trials_of(clip)):
        return []
    masked = _masked(bench.more_trials_of(clip, bench.effort.n_places), clip, kind)
    if masked.may_be_skewed and masked.skew() is None:
        masked = _masked(bench.more_trials_of(clip, bench.most_draws), clip, kind)
    skew = masked.skew()
    if skew is None:
        return []
    line = (
        f"half of {skew.n} {kind.what} are of {skew.median} {kind.axis} or fewer, where the widest has {skew.widest}: "
        "widths are spread as the product of two random numbers, as of a mask that is cut at a second random place"
    )
    return [Finding.of("widths-cut-twice", line, str(clip), bench.trials_of(clip)[0].seed, masks=skew.n)]


# --- rectangles ---


def _turned(bench: Bench) -> list[Finding]:
    """Report rectangles whose starts keep the width of one side from the end of the other axis."""
    clip = bench.reference
    if not any(trial.effect.boxes for trial in bench.trials_of(clip)):
        return []
    boxes = [box for trial in bench.more_trials_of(clip, bench.effort.n_places) for box in trial.effect.boxes]
    first_bin, n_bins, first_frame, n_frames = np.array(boxes).T
    free_bins, free_frames = clip.mel.n_mels - first_bin.max() - 1, clip.n_frames - first_frame.max() - 1
    widest = int(n_bins.max()), int(n_frames.max())
    if len(boxes) < _LEAST_FRAMES or not (_is_near(free_bins, widest[1]) and _is_near(free_frames, widest[0])):
        return []
    if max(widest) < 1.3 * min(widest):
        return []
    line = (
        f"{len(boxes)} rectangles of up to {widest[0]} bins and {widest[1]} frames start no later than {free_bins} "
        f"bins and {free_frames} frames before the end: each side is as long as the other was meant"
    )
    numbers = {"bins": widest[0], "frames": widest[1], "masks": len(boxes)}
    seed = next(trial.seed for trial in bench.trials_of(clip) if trial.effect.boxes)
    return [Finding.of("rectangles-turned", line, str(clip), seed, **numbers)]


def _is_near(free: int, widest: int) -> bool:
    """Say whether what is left free at an end is a side of a rectangle: a few draws short of its limit."""
    return abs(int(free) - widest) <= max(2, 0.15 * widest)


def _ordinal(n: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{n}{'th' if n % 100 in (11, 12, 13) else ends.get(n % 10, 'th')}"
