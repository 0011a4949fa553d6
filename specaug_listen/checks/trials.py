"""`Session`: where a pipeline is called again and again, and what can be seen on single calls is written down."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._rng import MAX_SEED
from ..augment import Draw, Rectangle
from ..custom.layout import MelBatch
from ..errors import ParameterError
from .clips import Clip, reference_of
from .padding import n_in_padding
from .pipelines import Outcome, Pipeline
from .probes import Effect, Probe

__all__ = ["FULL_EFFORT", "Effort", "Observation", "Pair", "Session", "Trial", "effect_of"]

# Share of the cells above which a draw changed all of them.
_ALL_CHANGED_SHARE = 0.98


class Effort(NamedTuple):
    """How many calls a check makes, beyond which ``--draws`` bounds what needs many.

    Parameters
    ----------
    n_frames, fewest, most : int
        Draws on a probe of each clip's length: as many as make about so many frames, but at least and at most these.
    n_pairs, n_pairs_of_others : int
        Of these, how many are drawn once more, and on the clip itself: of the clip of about 200 frames, and of others.
    n_padded : int
        Draws in a padded batch, each with two values in the padding.
    n_places, n_places_of_others : int
        Draws that a test of places may take on the clip of about 200 frames, and on any other.
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
    """One draw on a probe: its seed, what it did, and whether it left next to no cell as it was."""

    seed: int
    effect: Effect
    digest: int
    is_all_changed: bool = False


@dataclass(frozen=True)
class Pair:
    """A draw on a probe, what came of the same once more, and of the clip itself under the same seed."""

    trial: Trial
    again: Outcome
    of_clip: Outcome

    @property
    def is_same(self) -> bool:
        """Whether the seed brought the draw back."""
        return bool(self.again.values) and self.again.digest == self.trial.digest


@dataclass
class Observation:
    """What was seen on single calls: how often, and where first."""

    evidence: str
    clip: str
    seed: int
    times: int = 1


@dataclass
class Session:
    """A pipeline, clips, and what its calls have shown.

    Parameters
    ----------
    pipeline : Pipeline
    clips : tuple of Clip
        The shortest first.
    seed : int
    most_draws : int
        For what needs many.
    effort : Effort
    share : float
        Of a short clip's frames, which masks may cover.
    max_time_share : float or None
        Of a clip, which one run of masked frames may cover, where that was promised.
    """

    pipeline: Pipeline
    clips: tuple[Clip, ...]
    seed: int
    most_draws: int
    effort: Effort = FULL_EFFORT
    share: float = 0.5
    max_time_share: float | None = None
    n_calls: int = 0
    n_items: int = 1
    n_channels: int = 1
    changes: dict[str, Observation] = field(default_factory=dict)
    errors: dict[tuple[str, str], Observation] = field(default_factory=dict)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    _probes: dict[int, Probe] = field(default_factory=dict)
    _trials: dict[str, list[Trial]] = field(default_factory=dict)
    _more: dict[str, list[Trial | None]] = field(default_factory=dict)
    _pairs: dict[str, list[Pair]] = field(default_factory=dict)

    @cached_property
    def reference(self) -> Clip:
        """The clip on which most is tried: of about 200 frames."""
        return reference_of(self.clips)

    @cached_property
    def range(self) -> tuple[float, float]:
        """Nearly lowest and highest value of the longest clip, in the pipeline's scale."""
        low, high = np.percentile(self.pipeline.scaled(self.clips[-1].mel).astype(np.float64), [1, 99])
        return (float(low), float(high)) if high > low else (float(low), float(low) + 1.0)

    @cached_property
    def pads(self) -> tuple[float, float]:
        """Two values of padding that no probe holds."""
        low, high = self.range
        pads = (low - 0.3 * (high - low) if low < 0 else 0.5 * low), high + 0.3 * (high - low)
        rounded = np.array(pads).astype(self._dtype).astype(np.float64)
        return float(rounded[0]), float(rounded[1])

    @cached_property
    def _dtype(self) -> str:
        """The dtype in which the pipeline is given its values."""
        return str(self.pipeline.scaled(self.clips[0].mel).dtype)

    def seeds(self, n: int, purpose: int) -> list[int]:
        """Draw ``n`` seeds, others for each purpose."""
        rng = np.random.default_rng([self.seed % 2**32, self.seed // 2**32, purpose])
        return [int(seed) for seed in rng.integers(0, MAX_SEED, n)]

    def probe(self, n_frames: int) -> Probe:
        """Return the probe of this length in the pipeline's scale."""
        if n_frames not in self._probes:
            self._probes[n_frames] = Probe(self.clips[0].mel.n_mels, n_frames, *self.range, self._dtype)
        return self._probes[n_frames]

    def call(self, batch: MelBatch, seed: int, where: str, kind: str = "clip", *, training: bool = True) -> Outcome:
        """Call the pipeline, and note what is odd."""
        self.n_calls += 1
        self.calls[kind, where] += 1
        outcome = self.pipeline(replace(batch, n_channels=self.n_channels), seed, training=training)
        if outcome.error is not None:
            self._note(self.errors, (kind, where), outcome.error, where, seed)
        for what, evidence in outcome.changes.items():
            self._note(self.changes, what, evidence, where, seed)
        return outcome

    def batch(self, values: npt.NDArray[Any]) -> MelBatch:
        """Put one clip into the smallest batch that the pipeline takes."""
        return MelBatch((values.astype(self._dtype),) * self.n_items)

    def trial(self, n_frames: int, seed: int, where: str, *, training: bool = True) -> Trial | None:
        """Draw once on a probe; None where nothing came of it."""
        probe = self.probe(n_frames)
        return self.read(self.call(self.batch(probe.values), seed, where, training=training), probe, seed)

    def read(self, outcome: Outcome, probe: Probe, seed: int) -> Trial | None:
        """Read off what was done to the first item of a batch."""
        if not outcome.values:
            return None
        values = outcome.values[0]
        is_all_changed = bool((values[:, : probe.n_frames] != probe.values).mean() > _ALL_CHANGED_SHARE)
        return Trial(seed, effect_of(outcome, probe, self.pads[0]), outcome.digest, is_all_changed)

    def trials_of(self, clip: Clip) -> list[Trial]:
        """Return draws on a probe of a clip's length, which are drawn once."""
        if clip.name not in self._trials:
            n = min(max(self.effort.n_frames // clip.n_frames, self.effort.fewest), self.effort.most)
            seeds = self.seeds(n, 100 + self.clips.index(clip))
            trials = (self.trial(clip.n_frames, seed, str(clip)) for seed in seeds)
            self._trials[clip.name] = [trial for trial in trials if trial is not None]
        return self._trials[clip.name]

    def more_trials_of(self, clip: Clip, n: int) -> list[Trial]:
        """Return at least ``n`` draws on a probe of a clip's length, as far as they work; each is drawn once."""
        trials = self.trials_of(clip)
        more = self._more.setdefault(clip.name, [])
        seeds = self.seeds(min(max(0, n), self.most_draws), 1000 + self.clips.index(clip))
        for seed in seeds[len(more) : max(0, n - len(trials))]:
            more.append(self.trial(clip.n_frames, seed, str(clip)))
        return [*trials, *(trial for trial in more if trial is not None)]

    def pairs_of(self, clip: Clip) -> list[Pair]:
        """Repeat some draws of `trials_of`, those with masks first, on the probe and on the clip itself."""
        if clip.name not in self._pairs:
            n = self.effort.n_pairs if clip is self.reference else self.effort.n_pairs_of_others
            probe, values = self.batch(self.probe(clip.n_frames).values), self.batch(self.pipeline.scaled(clip.mel))
            self._pairs[clip.name] = [
                Pair(trial, self.call(probe, trial.seed, str(clip)), self.call(values, trial.seed, str(clip)))
                for trial in sorted(self.trials_of(clip), key=_of_little_use)[:n]
            ]
        return self._pairs[clip.name]

    def brings_back(self, clip: Clip) -> bool:
        """Say whether a seed brings its draw on a clip back."""
        return all(pair.is_same for pair in self.pairs_of(clip))

    @property
    def all_trials(self) -> list[Trial]:
        """Of all clips."""
        return [trial for clip in self.clips for trial in self.trials_of(clip)]

    def find_working_batch(self) -> dict[str, str]:
        """Find the smallest batch that works; what does not is a finding.

        Raises
        ------
        ParameterError
            When nothing works.
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
                    which = "batch" if name == "n_items" else "mono"
                    alone = "a batch of one" if name == "n_items" else "one channel"
                    return {f"crash-{which}": f"{alone} fails ({first}), two do not"}
                setattr(self, name, before)
        if not any(self.trial(clip.n_frames, seed, str(clip)) for clip in self.clips for seed in self._first_seeds):
            raise ParameterError(f"{self.pipeline.name} fails on every clip: {first}")
        return {}

    @property
    def _first_seeds(self) -> list[int]:
        """More than one: what fails now and then does not fail always."""
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


def _of_little_use(trial: Trial) -> int:
    """Return 0 for a draw with masks beside which something is left, 1 for another change, 2 for none."""
    cells = trial.effect.masked_cells
    is_worth = trial.effect.is_changed and not trial.effect.is_all_masked
    return 0 if is_worth and cells.any() else 1 if is_worth else 2


def effect_of(outcome: Outcome, probe: Probe, pad_value: float) -> Effect:
    """Say what was done to the first item: of a policy as its draw says, of a callable as the probe shows."""
    clip, n_masked = outcome.values[0][:, : probe.n_frames], n_in_padding(outcome, probe, pad_value)
    if outcome.draws:
        return _effect_of_draw(outcome.draws[0], n_masked, is_changed=bool((clip != probe.values).any()))
    return probe.read(clip, n_masked)


def _effect_of_draw(draw: Draw, n_masked: int, *, is_changed: bool) -> Effect:
    moved = float(sum(warp.displacement_frames for warp in draw.warps))
    boxes = tuple(
        (step.start_bin, step.n_bins, step.start_frame, min(step.n_frames, draw.n_frames - step.start_frame))
        for step in draw.steps
        if isinstance(step, Rectangle) and step.n_bins and step.n_frames and step.start_frame < draw.n_frames
    )
    return Effect(draw.masked_bins, draw.masked_frames, n_masked, moved, is_changed, boxes=boxes)
