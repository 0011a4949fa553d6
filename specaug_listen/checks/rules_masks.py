"""Findings of where masks lie: axes, ends, padding, caps, and short clips."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arrays import runs
from .clips import Clip
from .false_alarms import ENDS
from .findings import Finding
from .probes import Probe
from .rules import Rule, Stage
from .trials import Session

__all__ = [
    "RULES",
    "are_wider_in_time",
    "axes_findings",
    "cap_findings",
    "end_findings",
    "is_readable",
    "share_findings",
]

# Draws in which a warp of bins is looked for.
_WARP_DRAWS = 20
# Shares of the bins that masks of frequency do not reach: on average, and of the widest.
_MEAN_WIDTH_SHARE = 0.25
_WIDEST_SHARE = 0.7
# Share of the draws of which the masked frames are compared with the widest mask of bins.
_NARROW_DRAWS_SHARE = 0.85
# Shortest clip [frames] on which ends of frames are judged.
_SHORTEST_CLIP_FRAMES = 50


def is_readable(session: Session) -> bool:
    """Say whether it masks or warps, so that something of the probes is left; a filter or a noise leaves nothing."""
    trials = [trial for trial in session.all_trials if trial.effect.is_changed]
    return not trials or sum(trial.effect.is_all_masked or trial.effect.is_everywhere for trial in trials) < 0.9 * len(
        trials
    )


def axes_findings(session: Session) -> list[Finding]:
    """Report bins that are treated as frames, and frames as bins."""
    clip = session.clips[-1]
    evidence = _named_otherwise(session) or _moved_bins(session) or _as_wide_as_time(session)
    trials = session.trials_of(clip)
    return [Finding.of("axes-swapped", evidence, str(clip), trials[0].seed if trials else 0)] if evidence else []


def are_wider_in_time(session: Session) -> bool:
    """Say whether the widest mask of frames is as wide as the widest of bins, as policies have them."""
    effects = [trial.effect for trial in session.all_trials if not trial.effect.is_all_masked]
    widest_in_time = max((_widest(effect.masked_frames) for effect in effects), default=0)
    return widest_in_time >= max((_widest(effect.masked_bins) for effect in effects), default=0)


def _widest(flags: npt.NDArray[np.bool_]) -> int:
    return max((n for _, n in runs(flags)), default=0)


def _as_wide_as_time(session: Session) -> str | None:
    """Describe masks of bins as wide as those of time, where masks of frames are as narrow as those of bins."""
    n_mels = session.clips[0].mel.n_mels
    long = [clip for clip in session.clips if clip.n_frames >= 3 * n_mels]
    effects = [trial.effect for clip in long for trial in session.trials_of(clip) if not trial.effect.is_all_masked]
    widest = [_widest(effect.masked_bins) for effect in effects]
    # Of bins that are nearly all masked, a probe may take frames for masked as well.
    frames = int(np.quantile([effect.masked_frames.sum() for effect in effects] or [0], _NARROW_DRAWS_SHARE))
    if not 0 < frames < max(widest, default=0):
        return None
    if np.mean(widest) <= _MEAN_WIDTH_SHARE * n_mels or max(widest) <= _WIDEST_SHARE * n_mels:
        return None
    return (
        f"masks over {np.mean(widest):.0f} of {n_mels} bins on average and {max(widest)} at most, but in "
        f"{_NARROW_DRAWS_SHARE:.0%} of the draws over {frames} frames or fewer, of {long[0].n_frames} and more"
    )


def _named_otherwise(session: Session) -> str | None:
    """Describe a callable for one axis, by its name, that masks the other only."""
    first = session.pipeline.identifier_words.split(" ")[0]
    if not re.search(r"mask|drop|cut", first):
        return None
    of_time, of_bins = bool(re.search(r"time|frame|temporal", first)), bool(re.search(r"freq|band|bin(?!ary)", first))
    if of_time == of_bins:
        return None
    changed = [t for t in session.trials_of(session.reference) if t.effect.is_changed and not t.effect.is_all_masked]
    n_bins = sum(bool(t.effect.masked_bins.any()) for t in changed)
    n_frames = sum(bool(t.effect.masked_frames.any()) for t in changed)
    wrong, right = (n_bins, n_frames) if of_time else (n_frames, n_bins)
    if wrong and not right:
        meant, masked = ("frames", "bins") if of_time else ("bins", "frames")
        return f"{first} masks {masked} in {wrong} of {len(changed)} draws, and {meant} in none"
    return None


def _moved_bins(session: Session) -> str | None:
    """Describe a warp of bins where none of frames is to be seen."""
    if re.search(r"freq\w*warp|warp\w*freq|vtlp", session.pipeline.identifier_words):
        return None
    if any(trial.effect.moved for trial in session.all_trials):
        return None
    clip, n_mels = session.reference, session.clips[0].mel.n_mels
    turned = Probe(clip.n_frames, n_mels, *session.range)
    moves = []
    for seed in session.seeds(_WARP_DRAWS, 5):
        values = session.call(session.batch(turned.values.T), seed, str(clip)).values
        if values:
            moves.append(turned.read(values[0].T).moved)
    n = sum(move != 0 for move in moves)
    if n <= len(moves) / 2 or not _keeps_what_is_alike_in_all_bins(session, clip):
        return None
    return f"{n} of {len(moves)} draws warp the bins, by up to {max(map(abs, moves)):.0f}, and none the frames"


def _keeps_what_is_alike_in_all_bins(session: Session, clip: Clip) -> bool:
    """Say whether cells that are alike in all bins stay so, as under a warp of bins, and no gain of each bin."""
    low, high = session.range
    alike = np.broadcast_to(np.linspace(low, high, clip.n_frames, dtype=np.float32), (clip.mel.n_mels, clip.n_frames))
    for seed in session.seeds(3, 6):
        values = session.call(session.batch(alike), seed, str(clip)).values
        if values and (np.abs(values[0] - alike) < 1e-3 * (high - low)).mean() > 0.5:
            return True
    return False


def end_findings(session: Session) -> list[Finding]:
    """Report first and last bins and frames that are never masked, as far as draws can tell.

    Where every place is as likely as any other, a mask of w of n bins touches an end with probability 1 / (n - w + 1).
    An end counts as never masked where no mask touched it, and masks of the widths that were seen would have left it
    alone with a probability below `ENDS`.
    """
    findings = []
    for axis in ("bins", "frames"):
        clip = _telling_clip(session, axis)
        tally = _ends_of(session, clip, axis)
        untouched = [name for name, n in zip(("first", "last"), tally.touches, strict=True) if n == 0]
        if untouched and tally.log_probability < math.log(ENDS):
            line = (
                f"none of {tally.n} masks touched the {' or the '.join(untouched)} {axis[:-1]}; with all places alike, "
                f"the chance of that is {math.exp(tally.log_probability):.0e}"
            )
            seed = session.trials_of(clip)[0].seed
            findings.append(Finding.of(f"end-{axis}-unmasked", line, str(clip), seed, masks=tally.n))
    return findings


def _telling_clip(session: Session, axis: str) -> Clip:
    """Choose the clip that needs the fewest draws: for bins that of most, for frames one that masks fill well."""
    if axis == "bins":
        return session.reference
    long = [clip for clip in session.clips if _SHORTEST_CLIP_FRAMES <= clip.n_frames <= session.reference.n_frames]
    probabilities = {}
    for clip in long or [session.reference]:
        tally = _Ends()
        for trial in session.trials_of(clip):
            tally.add(trial.effect.masked_frames)
        probabilities[clip] = tally.log_probability / max(1, len(session.trials_of(clip)))
    return min(probabilities, key=lambda clip: probabilities[clip])


def _ends_of(session: Session, clip: Clip, axis: str) -> _Ends:
    """Count masks at the ends in as many draws as it takes."""
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
    """A count of masks along one axis: all, those at each end, and how improbable it is that none touches an end."""

    def __init__(self) -> None:
        self.n, self.touches, self.log_probability = 0, [0, 0], 0.0

    @property
    def is_decided(self) -> bool:
        return min(self.touches) > 0 or self.log_probability < math.log(ENDS)

    def add(self, flags: npt.NDArray[np.bool_]) -> None:
        if flags.all():
            return
        self.touches[0] += int(flags[0])
        self.touches[1] += int(flags[-1])
        for _, width in runs(flags):
            # Wider runs are mostly several masks, of which their whole width would say too much.
            width = min(width, len(flags) // 2)
            self.n += 1
            self.log_probability += math.log1p(-1 / (len(flags) - width + 1))


def cap_findings(session: Session) -> list[Finding]:
    """Report masks wider than was declared."""
    max_time_share = session.max_time_share
    for clip in reversed(session.clips):
        for trial in session.trials_of(clip):
            widest = _widest(trial.effect.masked_frames)
            if max_time_share is not None and widest > max_time_share * clip.n_frames:
                line = (
                    f"a mask of {widest} of {clip.n_frames} frames, {widest / clip.n_frames:.0%} where "
                    f"{max_time_share:.0%} were declared"
                )
                return [Finding.of("cap-exceeded", line, str(clip), trial.seed, widest=widest)]
    return _declared_findings(session)


def _declared_findings(session: Session) -> list[Finding]:
    """Report a policy of one time mask beyond its share: on clips so short that it is given a least width."""
    policy = session.pipeline.policy
    masks = [t for t in (policy.transforms if policy else ()) if _is_time_mask(t)]
    share = getattr(masks[0], "max_ratio", None) if len(masks) == 1 else None
    if share is None or share >= 1:
        return []
    for clip in reversed(session.clips):
        for trial in session.trials_of(clip):
            outcome = session.pipeline(session.batch(session.probe(clip.n_frames).values), trial.seed)
            steps = [step for draw in outcome.draws[:1] for step in draw.steps if step.kind == "time_mask"]
            widest = max((step.n_frames for step in steps), default=0)
            if widest > share * clip.n_frames + 1e-9:
                line = f"a mask of {widest} of {clip.n_frames} frames, where the policy declares {share:.0%}"
                return [Finding.of("cap-exceeded", line, str(clip), trial.seed, widest=widest)]
    return []


def _is_time_mask(transform: Any) -> bool:
    return transform.kind == "time_mask" or getattr(transform, "axis", None) == "time"


def share_findings(session: Session) -> list[Finding]:
    """Report the longest of the short clips of which masks leave little."""
    share = session.share
    for clip in reversed(session.clips[:-1]):
        trials = session.trials_of(clip)
        over = [trial for trial in trials if trial.effect.time_share > share]
        if over:
            most = max(over, key=lambda trial: trial.effect.time_share)
            line = (
                f"{len(over)} of {len(trials)} draws mask more than {share:.0%} of {clip}, up to "
                f"{most.effect.time_share:.0%}"
            )
            numbers = {"draws": len(trials), "over": len(over), "most": round(most.effect.time_share, 4)}
            return [Finding.of("short-clip-mostly-masked", line, str(clip), most.seed, **numbers)]
    return []


RULES = (
    Rule(Stage.AXES, axes_findings),
    Rule(Stage.MASKS, end_findings),
    Rule(Stage.MASKS, cap_findings),
    Rule(Stage.MASKS, share_findings),
)
