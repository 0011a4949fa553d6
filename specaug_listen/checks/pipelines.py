"""What is checked, behind one face: a callable of others that is really called, or a policy of ours that is drawn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from ..augment import Batch, Policy
from ..custom.adapter import Adapter, Handed, hand_over, take_back
from ..errors import SpecAugListenError
from ..frontends import MelSpectrogram
from .answers import Called, Returned, call_once
from .inputs import Given, Values
from .memory import Held
from .process import Apart, CallEndedError, GaveUpError
from .traits import Traits, traits_of
from .verdicts import Outcome, judged

__all__ = ["CallableSubject", "Given", "Outcome", "PolicySubject", "Subject"]

_BY_UTTERANCE = ("paper", "wenet", "fairseq")


class Subject(Protocol):
    """What is checked.

    Parameters
    ----------
    name : str
    takes_batches, takes_channels, has_modes : bool
    zero_is_level : bool
        Whether 0 in its scale is neither silence nor a mean.
    words : str
        Names in it that say what it is for, e.g. of its class and parameters.
    """

    name: str
    takes_batches: bool
    takes_channels: bool
    has_modes: bool
    zero_is_level: bool
    words: str

    def scaled(self, mel: MelSpectrogram) -> Values:
        """The values of a mel in the subject's scale."""
        ...

    def unscaled(self, values: Values, mel: MelSpectrogram) -> MelSpectrogram:
        """The mel of such values, which came of ``mel``."""
        ...

    def __call__(self, given: Given, seed: int) -> Outcome:
        """What comes of a batch under a seed."""
        ...


class CallableSubject:
    """A callable of others; see `Subject`."""

    def __init__(
        self,
        name: str,
        function: Callable[..., Any] | Apart,
        adapter: Adapter,
        mel: MelSpectrogram,
        traits: Traits | None = None,
    ) -> None:
        self.name, self.function, self.adapter = name, function, adapter
        self.takes_batches = "batch" in (adapter.axes or "")
        self.takes_channels = "channel" in (adapter.axes or "")
        log = mel.frontend.log if not mel.frontend.normalize else None
        scale = adapter.scale
        self.zero_is_level = scale in ("ln", "log10", "db") or (scale == "own" and log is not None)
        if traits is None:
            traits = function.run(traits_of) if isinstance(function, Apart) else traits_of(function)
        self.traits = traits
        self.has_modes, self.words = traits.has_modes, traits.words
        self._held = Held()

    def scaled(self, mel: MelSpectrogram) -> Values:
        """As it is handed over."""
        return hand_over(mel, replace(self.adapter, container="numpy")).values

    def unscaled(self, values: Values, mel: MelSpectrogram) -> MelSpectrogram:
        """As it is taken back."""
        turned = values.T if self.adapter.is_turned else values
        return take_back(turned, Handed((), {}, self.scaled(mel)), mel, replace(self.adapter, key=None))

    def __call__(self, given: Given, seed: int) -> Outcome:
        """Call it once, on a copy."""
        if not isinstance(self.function, Apart):
            returned = Called(self.function, self.adapter, self._held)(given, seed)
            return judged(_copied(returned), given, self.adapter)
        try:
            returned = self.function.run(call_once, self.adapter, given, seed)
        except CallEndedError as ended:
            outcome = Outcome(changes={ended.what: f"a call {ended.evidence}"})
            if self.function.is_hopeless():
                raise GaveUpError(outcome.changes) from None
            return outcome
        return judged(returned if self.function.is_apart else _copied(returned), given, self.adapter)


def _copied(returned: Returned) -> Returned:
    """What a call in this process returned, out of the callable's reach, as what comes from another process is."""
    return returned if returned.array is None else replace(returned, array=returned.array.copy())


class PolicySubject:
    """A policy of ours, drawn as its framework draws it; see `Subject`."""

    takes_channels = False
    has_modes = False
    words = ""

    def __init__(self, policy: Policy, mel: MelSpectrogram) -> None:
        self.name, self.policy = policy.name, policy
        # The others draw for each utterance, before there is a batch.
        self.takes_batches = policy.framework not in _BY_UTTERANCE
        self.zero_is_level = mel.frontend.log is not None and not mel.frontend.normalize
        self._mel = mel

    def scaled(self, mel: MelSpectrogram) -> Values:
        """Its values."""
        return np.array(mel.values)

    def unscaled(self, values: Values, mel: MelSpectrogram) -> MelSpectrogram:
        """A mel of these values."""
        return MelSpectrogram(values.astype(np.float32), mel.frontend, statistics=mel.statistics)

    def __call__(self, given: Given, seed: int) -> Outcome:
        """Draw and apply it for each item by itself."""
        values, draws = [], []
        for number, (item, padded) in enumerate(zip(given.items, given.padded, strict=True)):
            batch = Batch(len(given.items), padded.shape[1], given.pad_value)
            mel = self.unscaled(item, self._mel)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    draw = self.policy.draw(mel, rng=np.random.default_rng([seed, number]), batch=batch)
                    after = draw.apply(mel).values
                except SpecAugListenError as error:
                    return Outcome(error=str(error))
            # The framework raises an error where the draw says that rectangles are too large.
            if raised := [notice for notice in draw.notices if notice.kind == "cutout-too-large"]:
                return Outcome(error=raised[0].text)
            if draw.n_trimmed:
                line = f"{mel.n_frames} frames became {mel.n_frames - draw.n_trimmed}"
                return Outcome(changes={"length-changed": line}, draws=(draw,), odd=after)
            values.append(np.concatenate([after, padded[:, mel.n_frames :]], axis=1))
            draws.append(draw)
        return Outcome(tuple(values), draws=tuple(draws))
