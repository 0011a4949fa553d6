"""Rule for bins that are treated as frames, and frames as bins."""

from __future__ import annotations

import re

import numpy as np

from .clips import Clip
from .findings import Finding
from .probes import Probe, widest_run
from .session import Session
from .stages import Rule, Stage

__all__ = ["RULES", "are_wider_in_time", "axes_findings"]

# Number of draws that are searched for a warp of bins.
_WARP_DRAWS = 20
# Usual frequency masks have smaller widths than these shares of the bins: on average, and at most.
_MEAN_WIDTH_SHARE = 0.25
_WIDEST_SHARE = 0.7
# Quantile over draws of the number of masked frames that is compared with the widest frequency mask.
_NARROW_DRAWS_SHARE = 0.85


def axes_findings(session: Session) -> list[Finding]:
    """Report exchanged axes, by the callable's name, by warped bins, or by widths of masks."""
    clip = session.clips[-1]
    evidence = _named_otherwise(session) or _moved_bins(session) or _as_wide_as_time(session)
    trials = session.trials_of(clip)
    return [Finding.of("axes-swapped", evidence, str(clip), trials[0].seed if trials else 0)] if evidence else []


def are_wider_in_time(session: Session) -> bool:
    """Return whether the widest time mask is at least as wide as the widest frequency mask, as in usual policies."""
    effects = [trial.effect for trial in session.all_trials if not trial.effect.is_all_masked]
    widest_in_time = max((widest_run(effect.masked_frames) for effect in effects), default=0)
    return widest_in_time >= max((widest_run(effect.masked_bins) for effect in effects), default=0)


def _as_wide_as_time(session: Session) -> str | None:
    """Describe masks that look exchanged: wide over bins and narrow over frames; None if they do not."""
    n_mels = session.clips[0].mel.n_mels
    long = [clip for clip in session.clips if clip.n_frames >= 3 * n_mels]
    effects = [trial.effect for clip in long for trial in session.trials_of(clip) if not trial.effect.is_all_masked]
    widest = [widest_run(effect.masked_bins) for effect in effects]
    # If nearly all bins are masked, the probe may read frames as masked, too.
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
    """Describe a callable that masks only one axis although its name says the other; None if it does not."""
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
    """Describe a warp of bins without any warp of frames; None if there is none."""
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
    """Return whether a mel of equal bins stays unchanged, as under a warp of bins, but not under a gain per bin."""
    low, high = session.range
    alike = np.broadcast_to(np.linspace(low, high, clip.n_frames, dtype=np.float32), (clip.mel.n_mels, clip.n_frames))
    for seed in session.seeds(3, 6):
        values = session.call(session.batch(alike), seed, str(clip)).values
        if values and (np.abs(values[0] - alike) < 1e-3 * (high - low)).mean() > 0.5:
            return True
    return False


RULES = (Rule(Stage.AXES, axes_findings),)
