"""`Session`: calls a pipeline repeatedly, caches the results, and records what single calls show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._rng import MAX_SEED
from ..augment import Draw, Rectangle
from ..custom.axes_order import MelBatch
from ..errors import ParameterError
from .clips import Clip, reference_of
from .pipelines import FailedCall, Outcome, Pipeline
from .probes import Effect, Probe

__all__ = ["FULL_EFFORT", "Effort", "Observation", "Pair", "Session", "Trial", "effect_of", "masked_padding_frames"]

# A draw with more than this share of changed cells counts as having changed all of them.
_ALL_CHANGED_SHARE = 0.98
# Masks can be read off the probes unless this share of the draws leaves nothing of them.
_UNREADABLE_SHARE = 0.9


class Effort(NamedTuple):
    """Number of calls of a check; tests that need more draws than this are bounded by ``--draws``.

    Parameters
    ----------
    n_frames, fewest, most : int
        Each clip length gets about ``n_frames / length`` draws on a probe, at least ``fewest``, at most ``most``.
    n_pairs, n_pairs_of_others : int
        How many of these are repeated, and applied to the clip itself: for the reference clip (about 200 frames), and
        for each other clip.
    n_padded : int
        Draws in a padded batch, each with two pad values.
    n_places, n_places_of_others : int
        Maximum number of draws for a test of mask places on the reference clip, and on each other clip.
    """

    n_frames: int = 12_000
    fewest: int = 12
    most: int = 60
    n_pairs: int = 10
    n_pairs_of_others: int = 2
    n_padded: int = 40
    n_places: int = 360
    n_places_of_others: int = 160


FULL_EFFORT = Effort()


@dataclass(frozen=True)
class Trial:
    """One draw on a probe; ``is_all_changed`` if hardly a cell kept its value."""

    seed: int
    effect: Effect
    digest: int
    is_all_changed: bool = False


@dataclass(frozen=True)
class Pair:
    """A draw on a probe, its repetition, and the result for the clip itself under the same seed."""

    trial: Trial
    again: Outcome
    of_clip: Outcome

    @property
    def is_same(self) -> bool:
        """Whether the seed reproduced the draw."""
        return bool(self.again.values) and self.again.digest == self.trial.digest


@dataclass
class Observation:
    """Something seen on single calls: how often, and on which clip and seed first.

    ``batch`` is what the first call was given, for errors.
    """

    evidence: str
    clip: str
    seed: int
    times: int = 1
    batch: MelBatch | None = None
    training: bool = True


@dataclass
class Session:
    """A pipeline, the clips of its check (shortest first), and what the calls so far have shown.

    Parameters
    ----------
    most_draws : int
        Upper bound of draws for one statistic.
    share : float
        Share of a short clip's frames that masks may cover.
    max_time_share : float or None
        Share of a clip that one run of masked frames may cover, if the user declared one.
    early_failures : tuple of FailedCall
        Calls that failed while the form of the input was guessed, in the form that was found.
    chance_errors : list of Observation
        Errors of calls that did not fail when they were repeated.
    """

    pipeline: Pipeline
    clips: tuple[Clip, ...]
    seed: int
    most_draws: int
    effort: Effort = FULL_EFFORT
    share: float = 0.5
    max_time_share: float | None = None
    early_failures: tuple[FailedCall, ...] = ()
    n_calls: int = 0
    n_items: int = 1
    n_channels: int = 1
    changes: dict[str, Observation] = field(default_factory=dict)
    errors: dict[tuple[str, str], Observation] = field(default_factory=dict)
    chance_errors: list[Observation] = field(default_factory=list)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    _probes: dict[int, Probe] = field(default_factory=dict)
    _trials: dict[str, list[Trial]] = field(default_factory=dict)
    _more: dict[str, list[Trial | None]] = field(default_factory=dict)
    _pairs: dict[str, list[Pair]] = field(default_factory=dict)

    @cached_property
    def reference(self) -> Clip:
        """The clip of about 200 frames, on which most tests run."""
        return reference_of(self.clips)

    @cached_property
    def range(self) -> tuple[float, float]:
        """1st and 99th percentile of the longest clip's values, in the pipeline's scale."""
        low, high = np.percentile(self.pipeline.scaled(self.clips[-1].mel).astype(np.float64), [1, 99])
        return (float(low), float(high)) if high > low else (float(low), float(low) + 1.0)

    @cached_property
    def pads(self) -> tuple[float, float]:
        """Two pad values that occur in no probe."""
        low, high = self.range
        pads = (low - 0.3 * (high - low) if low < 0 else 0.5 * low), high + 0.3 * (high - low)
        rounded = np.array(pads).astype(self._dtype).astype(np.float64)
        return float(rounded[0]), float(rounded[1])

    @cached_property
    def _dtype(self) -> str:
        """Dtype of the pipeline's input."""
        return str(self.pipeline.scaled(self.clips[0].mel).dtype)

    def seeds(self, n: int, purpose: int) -> list[int]:
        """Derive ``n`` seeds; each ``purpose`` has a stream of its own."""
        rng = np.random.default_rng([self.seed % 2**32, self.seed // 2**32, purpose])
        return [int(seed) for seed in rng.integers(0, MAX_SEED, n)]

    def probe(self, n_frames: int) -> Probe:
        """Return the probe of this length in the pipeline's scale."""
        if n_frames not in self._probes:
            self._probes[n_frames] = Probe(self.clips[0].mel.n_mels, n_frames, *self.range, self._dtype)
        return self._probes[n_frames]

    def call(self, batch: MelBatch, seed: int, where: str, kind: str = "clip", *, training: bool = True) -> Outcome:
        """Call the pipeline, and record errors and suspicious changes."""
        self.n_calls += 1
        self.calls[kind, where] += 1
        batch = replace(batch, n_channels=self.n_channels)
        outcome = self.pipeline(batch, seed, training=training)
        if outcome.error is not None:
            first = Observation(outcome.error, where, seed, 0, batch, training)
            self.errors.setdefault((kind, where), first).times += 1
        for what, evidence in outcome.changes.items():
            self._note(self.changes, what, evidence, where, seed)
        return outcome

    def batch(self, values: npt.NDArray[Any]) -> MelBatch:
        """Repeat one clip to the smallest batch that the pipeline accepts."""
        return MelBatch((values.astype(self._dtype),) * self.n_items)

    def trial(self, n_frames: int, seed: int, where: str, *, training: bool = True) -> Trial | None:
        """Make one draw on a probe; None if the call gave no usable result."""
        probe = self.probe(n_frames)
        return self.read(self.call(self.batch(probe.values), seed, where, training=training), probe, seed)

    def read(self, outcome: Outcome, probe: Probe, seed: int) -> Trial | None:
        """Determine what was done to the first item of a batch."""
        if not outcome.values:
            return None
        values = outcome.values[0]
        is_all_changed = bool((values[:, : probe.n_frames] != probe.values).mean() > _ALL_CHANGED_SHARE)
        return Trial(seed, effect_of(outcome, probe, self.pads[0]), outcome.digest, is_all_changed)

    def trials_of(self, clip: Clip) -> list[Trial]:
        """Return the draws on a probe of a clip's length (cached)."""
        if clip.name not in self._trials:
            n = min(max(self.effort.n_frames // clip.n_frames, self.effort.fewest), self.effort.most)
            seeds = self.seeds(n, 100 + self.clips.index(clip))
            trials = (self.trial(clip.n_frames, seed, str(clip)) for seed in seeds)
            self._trials[clip.name] = [trial for trial in trials if trial is not None]
        return self._trials[clip.name]

    def more_trials_of(self, clip: Clip, n: int) -> list[Trial]:
        """Return at least ``n`` draws on a probe of a clip's length (cached), less those that fail."""
        trials = self.trials_of(clip)
        more = self._more.setdefault(clip.name, [])
        seeds = self.seeds(min(max(0, n), self.most_draws), 1000 + self.clips.index(clip))
        for seed in seeds[len(more) : max(0, n - len(trials))]:
            more.append(self.trial(clip.n_frames, seed, str(clip)))
        return [*trials, *(trial for trial in more if trial is not None)]

    def pairs_of(self, clip: Clip) -> list[Pair]:
        """Repeat some draws of `trials_of`, those with masks first, on the probe and on the clip itself (cached)."""
        if clip.name not in self._pairs:
            n = self.effort.n_pairs if clip is self.reference else self.effort.n_pairs_of_others
            probe, values = self.batch(self.probe(clip.n_frames).values), self.batch(self.pipeline.scaled(clip.mel))
            self._pairs[clip.name] = [
                Pair(trial, self.call(probe, trial.seed, str(clip)), self.call(values, trial.seed, str(clip)))
                for trial in sorted(self.trials_of(clip), key=_pairing_rank)[:n]
            ]
        return self._pairs[clip.name]

    def is_reproducible(self, clip: Clip) -> bool:
        """Return whether seeds reproduce their draws on a clip."""
        return all(pair.is_same for pair in self.pairs_of(clip))

    @property
    def all_trials(self) -> list[Trial]:
        """The draws of `trials_of` for all clips."""
        return [trial for clip in self.clips for trial in self.trials_of(clip)]

    @property
    def are_masks_readable(self) -> bool:
        """Whether masks and warps leave part of the probes intact; filters and noise do not."""
        effects = [trial.effect for trial in self.all_trials if trial.effect.is_changed]
        n_unreadable = sum(effect.is_all_masked or effect.is_everywhere for effect in effects)
        return not effects or n_unreadable < _UNREADABLE_SHARE * len(effects)

    def find_working_batch(self) -> dict[str, str]:
        """Find the smallest batch that works; return evidence by finding id for sizes that fail.

        Raises
        ------
        ParameterError
            When every size fails on every clip.
        """
        where = str(self.reference)
        first = self._first_error(where)
        if first is None:
            return {}
        for name, value, may in (
            ("n_items", 2, self.pipeline.takes_batches),
            ("n_channels", 2, self.pipeline.takes_channels),
        ):
            if may:
                before = getattr(self, name)
                setattr(self, name, value)
                if self._first_error(where) is None:
                    setattr(self, name, before)
                    if self._first_error(where) is None:  # it failed in its first calls
                        return {}
                    setattr(self, name, value)
                    which = "batch" if name == "n_items" else "mono"
                    alone = "a batch of one" if name == "n_items" else "one channel"
                    return {f"crash-{which}": f"{alone} fails ({first}), two do not"}
                setattr(self, name, before)
        if not any(self.trial(clip.n_frames, seed, str(clip)) for clip in self.clips for seed in self._first_seeds):
            raise ParameterError(f"{self.pipeline.name} fails on every clip: {first}")
        return {}

    def repeat_early_failures(self) -> None:
        """Repeat the calls that failed while the form of the input was guessed."""
        for _, batch, seed, where, outcome in self.early_failures:
            for what, evidence in outcome.changes.items():
                self._note(self.changes, what, evidence, where, seed)
            if outcome.error is None or (batch is not None and not self.has_size_of(batch)):
                continue
            if batch is None or self.call(batch, seed, where).error is None:
                self.chance_errors.append(Observation(outcome.error, where, seed))

    def has_size_of(self, batch: MelBatch) -> bool:
        """Whether a batch has the numbers of items and channels of this check."""
        return len(batch.items) >= self.n_items and batch.n_channels == self.n_channels

    def fails_again(self, error: Observation) -> bool:
        """Repeat the first call that gave an error, and return whether it does so again."""
        if error.batch is None:
            return True
        self.n_calls += 1
        return self.pipeline(error.batch, error.seed, training=error.training).error is not None

    def fails_on_longest(self, error: Observation) -> bool:
        """Whether the seed of an error fails on the longest clip as well, on which other seeds work."""
        longest = self.clips[-1]
        if not self.trials_of(longest):
            return False
        self.n_calls += 1
        return self.pipeline(self.batch(self.probe(longest.n_frames).values), error.seed).error is not None

    @property
    def _first_seeds(self) -> list[int]:
        """Several seeds, because an error may occur in some draws only."""
        return [self.seed, *self.seeds(3, 0)]

    def _first_error(self, where: str) -> str | None:
        batch = self.batch(self.probe(self.reference.n_frames).values)
        errors = [self.call(batch, self.seed, where, kind="settling").error]
        for seed in self._first_seeds[1:] if errors[0] is not None else ():
            errors.append(self.call(batch, seed, where, kind="settling").error)
        return None if None in errors else errors[0]

    @staticmethod
    def _note(notes: dict[Any, Observation], key: Any, evidence: str, where: str, seed: int) -> None:
        if key in notes:
            notes[key].times += 1
        else:
            notes[key] = Observation(evidence, where, seed)


def _pairing_rank(trial: Trial) -> int:
    """Return 0 for a draw that masks a part of the clip, 1 for another partial change, 2 for none or a total one."""
    effect = trial.effect
    is_partial = effect.is_changed and not effect.is_all_masked
    return 0 if is_partial and effect.masked_cells.any() else 1 if is_partial else 2


def effect_of(outcome: Outcome, probe: Probe, pad_value: float) -> Effect:
    """Determine what was done to the first item of a batch, including masks in its padding.

    A policy's draw states it: it knows the length up to which starts were drawn, and counts masks of which no frame is
    in the clip (`specaug_listen.augment.steps.n_in_padding`). For a callable, the probe and its padding are read.
    """
    if not outcome.draws:
        effect = probe.read(outcome.values[0][:, : probe.n_frames])
        return replace(effect, n_in_padding=int(masked_padding_frames(outcome, probe, pad_value).sum()))
    is_changed = bool((outcome.values[0][:, : probe.n_frames] != probe.values).any())
    return _effect_of_draw(outcome.draws[0], is_changed=is_changed)


def masked_padding_frames(outcome: Outcome, probe: Probe, pad_value: float) -> npt.NDArray[np.bool_]:
    """Return which frames of the first item's padding a callable masked, shape (n_padding,); see `Probe`."""
    clip, padding = np.split(outcome.values[0], [probe.n_frames], axis=1)
    if not padding.size:
        return np.zeros(0, bool)
    return probe.masked_padding(padding, pad_value, *probe.disturbance(clip))


def _effect_of_draw(draw: Draw, *, is_changed: bool) -> Effect:
    moved = float(sum(warp.displacement_frames for warp in draw.warps))
    boxes = tuple(
        (step.start_bin, step.n_bins, step.start_frame, min(step.n_frames, draw.n_frames - step.start_frame))
        for step in draw.steps
        if isinstance(step, Rectangle) and step.n_bins and step.n_frames and step.start_frame < draw.n_frames
    )
    return Effect(draw.masked_bins, draw.masked_frames, draw.n_masks_in_padding, moved, is_changed, boxes=boxes)
