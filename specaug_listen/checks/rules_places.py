"""Rules for the positions and widths of masks: ends never masked, masks at one end only, grids, uneven places."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import runs
from .clips import Clip
from .findings import Finding
from .mask_places import MaskPlaces
from .probes import Effect
from .session import Session, Trial
from .significance import ENDS_SIGNIFICANCE, PLACES_SIGNIFICANCE
from .stages import Rule, Stage

__all__ = ["RULES", "end_findings", "place_findings"]

# Number of draws that are added at a time while an end of a clip is unmasked.
_DRAWS_ADDED = 20
# Masks are at one end only if they reach at most this far [widths of the widest mask] from it,
_LOCAL_WIDTHS = 3
# or if at least this share of every clip is unmasked.
_LEAST_FREE_SHARE = 0.4
# Shortest clips [frames] for the tests of masks at one end, and of unmasked first and last frames.
_SHORTEST_CLIP_FRAMES = 60
_SHORTEST_END_CLIP_FRAMES = 50
# With fewer rectangles, it is not tested whether their height and width are exchanged.
_FEWEST_RECTANGLES = 60
# Share of the masks that start at their own width from which the evidence mentions it.
_START_IS_WIDTH_SHARE = 0.6

Runs = tuple[tuple[int, int], ...]


class _MaskKind(NamedTuple):
    """A kind of mask, and the function that extracts its runs (start, width) from an effect."""

    axis: str
    what: str
    runs_of: Callable[[Effect], Runs]


_TIME = _MaskKind("frames", "time masks", lambda effect: tuple(runs(effect.masked_frames)))
_FREQUENCY = _MaskKind("bins", "frequency masks", lambda effect: tuple(runs(effect.masked_bins)))
_BOXES_IN_TIME = _MaskKind("frames", "rectangles", lambda effect: tuple((box[2], box[3]) for box in effect.boxes))
_BOXES_IN_FREQUENCY = _MaskKind("bins", "rectangles", lambda effect: tuple((box[0], box[1]) for box in effect.boxes))


def place_findings(session: Session) -> list[Finding]:
    """Report exchanged sides of rectangles, or else masks with uneven places or widths, on clips of every length."""
    turned = _turned(session)
    if turned:
        return turned
    findings = []
    for kind in (_TIME, _FREQUENCY, _BOXES_IN_TIME, _BOXES_IN_FREQUENCY):
        one_sided = _one_sided(session, kind) if kind.axis == "frames" else []
        findings += one_sided or _uneven(session, kind)
        findings += _widths(session, kind)
    return findings


def _places_of(trials: list[Trial], clip: Clip, kind: _MaskKind) -> MaskPlaces:
    n = clip.n_frames if kind.axis == "frames" else clip.mel.n_mels
    draws = (kind.runs_of(trial.effect) for trial in trials if not trial.effect.is_all_masked)
    # A draw that masks all places says nothing about positions.
    return MaskPlaces(n, tuple(draw for draw in draws if draw != ((0, n),)))


# --- first and last places never masked ---


def end_findings(session: Session) -> list[Finding]:
    """Report first and last bins and frames that are never masked.

    If all places are equally likely, a mask of w of n bins touches an end with probability 1 / (n - w + 1). An end
    counts as never masked if no mask touched it although masks of the observed widths would have missed it only with a
    probability below `ENDS_SIGNIFICANCE`.
    """
    findings = []
    for axis in ("bins", "frames"):
        clip = _telling_clip(session, axis)
        tally = _ends_of(session, clip, axis)
        untouched = [name for name, n in zip(("first", "last"), tally.touches, strict=True) if n == 0]
        if untouched and tally.log_probability < math.log(ENDS_SIGNIFICANCE):
            line = (
                f"none of {tally.n} masks touched the {' or the '.join(untouched)} {axis[:-1]}; with uniform starts, "
                f"the probability of that is {math.exp(tally.log_probability):.0e}"
            )
            seed = session.trials_of(clip)[0].seed
            findings.append(Finding.of(f"end-{axis}-unmasked", line, str(clip), seed, masks=tally.n))
    return findings


def _telling_clip(session: Session, axis: str) -> Clip:
    """Choose the clip that needs the fewest draws. For frames, it is short, so that masks cover much of it."""
    if axis == "bins":
        return session.reference
    long = [clip for clip in session.clips if _SHORTEST_END_CLIP_FRAMES <= clip.n_frames <= session.reference.n_frames]
    probabilities = {}
    for clip in long or [session.reference]:
        tally = _Ends()
        for trial in session.trials_of(clip):
            tally.add(trial.effect.masked_frames)
        probabilities[clip] = tally.log_probability / max(1, len(session.trials_of(clip)))
    return min(probabilities, key=lambda clip: probabilities[clip])


def _ends_of(session: Session, clip: Clip, axis: str) -> _Ends:
    """Count masks at the ends of an axis, with further draws until it is decided whether they avoid an end."""
    tally = _Ends()
    trials = session.trials_of(clip)
    for trial in trials:
        tally.add(getattr(trial.effect, f"masked_{axis}"))
    if not tally.n:
        return tally
    for seed in session.seeds(max(0, session.most_draws - len(trials)), 6):
        if tally.is_decided:
            break
        more = session.trial(clip.n_frames, seed, str(clip))
        if more is not None:
            tally.add(getattr(more.effect, f"masked_{axis}"))
    return tally


class _Ends:
    """Counts of masks along one axis, in all and at each end, and the probability that none touches a given end."""

    def __init__(self) -> None:
        self.n, self.touches, self.log_probability = 0, [0, 0], 0.0

    @property
    def is_decided(self) -> bool:
        return min(self.touches) > 0 or self.log_probability < math.log(ENDS_SIGNIFICANCE)

    def add(self, flags: npt.NDArray[np.bool_]) -> None:
        if flags.all():
            return
        self.touches[0] += int(flags[0])
        self.touches[1] += int(flags[-1])
        for _, width in runs(flags):
            # Wider runs are mostly several masks; their whole width would make the probability too small.
            width = min(width, len(flags) // 2)
            self.n += 1
            self.log_probability += math.log1p(-1 / (len(flags) - width + 1))


# --- only at one end ---


class _Reach(NamedTuple):
    """A clip, and the number of places at its end (or start) that no mask reaches."""

    clip: Clip
    free: int
    places: MaskPlaces


def _one_sided(session: Session, kind: _MaskKind) -> list[Finding]:
    unreached: dict[bool, list[_Reach]] = {}
    reached: dict[bool, list[Clip]] = {}
    for at_end in (True, False):
        for clip in (clip for clip in session.clips if clip.n_frames >= _SHORTEST_CLIP_FRAMES):
            places, free = _reach(session, clip, kind, at_end=at_end)
            if free is not None:
                unreached.setdefault(at_end, []).append(_Reach(clip, free, places))
            elif places.runs:
                reached.setdefault(at_end, []).append(clip)
    if len(unreached) != 1:  # both ends are reached, or only the middle is masked
        return []
    ((at_end, cases),) = unreached.items()
    longest = cases[-1]
    n = longest.clip.n_frames
    shorter = [clip for clip in reached.get(at_end, []) if clip.n_frames < longest.clip.n_frames]
    is_local = n - longest.free <= _LOCAL_WIDTHS * longest.places.widest
    if not is_local and at_end and shorter and len(cases) < len(session.clips):
        return [_stopping(session, kind, longest, shorter[-1])]
    if is_local or all(case.free >= _LEAST_FREE_SHARE * case.clip.n_frames for case in cases):
        return [_at_one_end(session, kind, cases, at_end=at_end)]
    return []


def _reach(session: Session, clip: Clip, kind: _MaskKind, *, at_end: bool) -> tuple[MaskPlaces, int | None]:
    """Return the places of masks, and how many places at an end stay free; None if that may be a coincidence.

    Draws are added until it is none.
    """
    n = len(session.trials_of(clip))
    places = _places_of(session.trials_of(clip), clip, kind)
    while places.runs:
        free = places.free_places(at_end=at_end)
        edge = clip.n_frames - max(a + b for a, b in places.runs) if at_end else min(a for a, _ in places.runs)
        if free is not None or edge <= places.slack or n >= session.effort.n_places_of_others:
            return places, free
        n += _DRAWS_ADDED
        places = _places_of(session.more_trials_of(clip, n), clip, kind)
    return places, None


def _at_one_end(session: Session, kind: _MaskKind, cases: list[_Reach], *, at_end: bool) -> Finding:
    longest = cases[-1]
    side, what = ("first", "masks-only-at-start") if at_end else ("last", "masks-only-at-end")
    covers = ", ".join(f"{case.clip.n_frames - case.free} of {case.clip.n_frames}" for case in cases)
    line = f"all {len(longest.places.runs)} {kind.what} are in the {side} frames of a clip: {covers}"
    alike = [start == width for start, width in longest.places.runs]
    if at_end and np.mean(alike) >= _START_IS_WIDTH_SHARE:
        line += f"; {sum(alike)} of them have a start equal to their width"
    seed = session.trials_of(longest.clip)[0].seed
    numbers = {"masks": len(longest.places.runs), "reached": longest.clip.n_frames - longest.free}
    return Finding.of(what, line, str(longest.clip), seed, **numbers)


def _stopping(session: Session, kind: _MaskKind, longest: _Reach, shorter: Clip) -> Finding:
    reach = longest.clip.n_frames - longest.free
    frontend = longest.clip.mel.frontend
    seconds = reach * frontend.hop_length / frontend.sample_rate
    line = (
        f"none of {len(longest.places.runs)} {kind.what} reaches beyond frame {reach} ({seconds:.3g} s) of "
        f"{longest.clip.n_frames}, and those of {shorter} reach its end"
    )
    seed = session.trials_of(longest.clip)[0].seed
    return Finding.of("masks-stop-early", line, str(longest.clip), seed, reached=reach)


# --- uneven ---


def _uneven(session: Session, kind: _MaskKind) -> list[Finding]:
    clip = session.reference
    trials = session.trials_of(clip)
    if not any(kind.runs_of(trial.effect) for trial in trials):
        return []
    places = _places_of(session.more_trials_of(clip, session.effort.n_places), clip, kind)
    if (step := places.step()) is not None:
        on_grid = f"all {len(places.runs)} {kind.what} start on a grid of {step} {kind.axis}"
        return [Finding.of("starts-on-grid", on_grid, str(clip), trials[0].seed, step=step, masks=len(places.runs))]
    line = _uneven_line(places, kind)
    if line is None and places.may_be_uneven:
        places = _places_of(session.more_trials_of(clip, session.most_draws), clip, kind)
        line = _uneven_line(places, kind)
    if line is None:
        return []
    return [Finding.of(f"{kind.axis}-unevenly-masked", line, str(clip), trials[0].seed, draws=len(places.draws))]


def _uneven_line(places: MaskPlaces, kind: _MaskKind) -> str | None:
    """Describe where masks are uneven under every law of starts; None if they are even."""
    for region, how in ((places.rare_region(), "only "), (places.frequent_region(), "")):
        if region is not None:
            where = f"{kind.axis[:-1]} {region.first} is"
            if region.last > region.first:
                where = f"{kind.axis} {region.first} to {region.last} of {places.n} are"
            return (
                f"{where} masked {_share_in_words(region.share, how, len(places.draws))}; uniform starts would give "
                f"{region.expected:.1%} ({kind.what})"
            )
    for at_end, edge in ((True, "last"), (False, "first")):
        if (free := places.free_places(at_end=at_end)) is not None:
            return f"none of {len(places.runs)} {kind.what} reaches the {edge} {free} of {places.n} {kind.axis}"
    distance = places.distance()
    if distance is None:
        return None
    centre = np.mean([start + width / 2 for start, width in places.runs]) / places.n
    return (
        f"starts of {len(places.runs)} {kind.what} are not uniform: {distance:.2f} from the nearest law of starts "
        f"(a probability below {PLACES_SIGNIFICANCE:.0e}), with centres at {centre:.0%} of the {kind.axis} on average"
    )


def _share_in_words(share: float, how: str, n_draws: int) -> str:
    if share == 0:
        return "never"
    # Several rectangles of a draw may have the same frames.
    return f"{share:.1f} times a draw, in {n_draws} draws" if share > 1 else f"in {how}{share:.1%} of {n_draws} draws"


def _widths(session: Session, kind: _MaskKind) -> list[Finding]:
    clip = session.reference
    if not any(kind.runs_of(trial.effect) for trial in session.trials_of(clip)):
        return []
    places = _places_of(session.more_trials_of(clip, session.effort.n_places), clip, kind)
    if places.may_be_skewed and places.skew() is None:
        places = _places_of(session.more_trials_of(clip, session.most_draws), clip, kind)
    skew = places.skew()
    if skew is None:
        return []
    line = (
        f"half of {skew.n} {kind.what} have at most {skew.median} {kind.axis}, and the widest has {skew.widest}: "
        "widths are distributed like the product of two random numbers, as if a mask were drawn within a mask"
    )
    return [Finding.of("widths-cut-twice", line, str(clip), session.trials_of(clip)[0].seed, masks=skew.n)]


# --- rectangles ---


def _turned(session: Session) -> list[Finding]:
    """Report rectangles whose starts are bounded by the size of the other side."""
    clip = session.reference
    if not any(trial.effect.boxes for trial in session.trials_of(clip)):
        return []
    boxes = [box for trial in session.more_trials_of(clip, session.effort.n_places) for box in trial.effect.boxes]
    first_bin, n_bins, first_frame, n_frames = np.array(boxes).T
    free_bins, free_frames = clip.mel.n_mels - first_bin.max() - 1, clip.n_frames - first_frame.max() - 1
    widest = int(n_bins.max()), int(n_frames.max())
    if len(boxes) < _FEWEST_RECTANGLES or not (_is_near(free_bins, widest[1]) and _is_near(free_frames, widest[0])):
        return []
    if max(widest) < 1.3 * min(widest):
        return []
    line = (
        f"{len(boxes)} rectangles of up to {widest[0]} bins and {widest[1]} frames start no later than {free_bins} "
        f"bins and {free_frames} frames before the end: the two sizes are exchanged"
    )
    numbers = {"bins": widest[0], "frames": widest[1], "masks": len(boxes)}
    seed = next(trial.seed for trial in session.trials_of(clip) if trial.effect.boxes)
    return [Finding.of("rectangles-turned", line, str(clip), seed, **numbers)]


def _is_near(free: int, widest: int) -> bool:
    """Return whether the free places at an end match a side of a rectangle, up to what few draws leave open."""
    return abs(int(free) - widest) <= max(2, 0.15 * widest)


RULES = (Rule(Stage.MASKS, end_findings), Rule(Stage.MASKS, place_findings))
