"""`Pipeline`: the common interface of what is checked, a user's callable or one of our policies."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..augment import Batch, Draw, Policy
from ..custom.adapter import Adapter, CallArguments, scaled_values, take_back
from ..custom.axes_order import Layout, MelBatch, Values
from ..custom.call import owner_module
from ..errors import SpecAugListenError
from ..frontends import MelSpectrogram
from .call_results import ArrayKind, Caller, CallResult, EarlierCalls, call_once
from .isolated_process import CallableProcess, CallEndedError, GaveUpError

__all__ = ["CallablePipeline", "FailedCall", "Outcome", "Pipeline", "PolicyPipeline", "Traits", "judge", "traits_of"]

_BY_UTTERANCE = ("paper", "wenet", "fairseq")


@dataclass(frozen=True)
class Outcome:
    """The examined result of one call on a batch.

    Parameters
    ----------
    values : tuple of np.ndarray [shape=(n_mels, n_frames)]
        Each item with its padding; empty if there is no usable result.
    error : str or None
        Description of an exception or of an unusable result.
    error_type : str
        Name of the exception's type.
    changes : dict
        Evidence by finding id, of faults that a single call shows.
    draws : tuple of Draw
        One per item, for a policy; empty for a callable.
    resized_item : np.ndarray [shape=(n_mels, any)] or None
        The first item, if its length changed.
    """

    values: tuple[Values, ...] = ()
    error: str | None = None
    error_type: str = ""
    changes: dict[str, str] = field(default_factory=dict)
    draws: tuple[Draw, ...] = ()
    resized_item: Values | None = None

    @property
    def digest(self) -> int:
        """Hash of the first item's values."""
        return hash(self.values[0].tobytes()) if self.values else 0


class FailedCall(NamedTuple):
    """A call that failed while the form of a callable's input was guessed.

    ``batch`` is None if it is known already that the same call does not fail again; ``where`` names its clip.
    """

    adapter: Adapter
    batch: MelBatch | None
    seed: int
    where: str
    outcome: Outcome


class Traits(NamedTuple):
    """Properties of a callable that are known without a call.

    ``has_modes`` says that it has a training and an evaluation mode; ``identifier_words`` are the names in its code
    that suggest its purpose.
    """

    has_modes: bool
    identifier_words: str


def traits_of(function: Any) -> Traits:
    """Inspect a callable, in the process that holds it."""
    return Traits(owner_module(function) is not None, _identifier_words(function))


def _identifier_words(function: Any) -> str:
    """Join the names of a callable, its class, and its parameters with numbers other than 0, in lower case."""
    words: list[str] = []
    values: dict[str, Any] = {}
    while isinstance(function, functools.partial):
        values |= function.keywords
        function = function.func
    owner = getattr(function, "__self__", None) or function
    if not isinstance(owner, ModuleType) and not hasattr(owner, "__code__"):
        words.append(type(owner).__name__)
        values |= {key: value for key, value in getattr(owner, "__dict__", {}).items() if not key.startswith("_")}
    words.append(getattr(function, "__name__", ""))
    code, defaults = getattr(function, "__code__", None), getattr(function, "__defaults__", None) or ()
    if code is not None and defaults:
        names: Sequence[str] = code.co_varnames[: code.co_argcount][-len(defaults) :]
        values = dict(zip(names, defaults, strict=True)) | values
    values |= getattr(function, "__kwdefaults__", None) or {}
    words += [key for key, value in values.items() if isinstance(value, (bool, int, float)) and value]
    return " ".join(filter(None, words)).lower()


class CallablePipeline:
    """A user's callable, called in its process; see `Pipeline`."""

    policy = None

    def __init__(
        self,
        name: str,
        function: Callable[..., Any] | CallableProcess,
        adapter: Adapter,
        mel: MelSpectrogram,
        traits: Traits | None = None,
    ) -> None:
        self.name, self.function, self.adapter = name, function, adapter
        self.takes_batches = "batch" in adapter.layout.names
        self.takes_channels = "channel" in adapter.layout.names
        log = mel.frontend.log if not mel.frontend.normalize else None
        scale = adapter.scale
        self.zero_is_level = scale in ("ln", "log10", "db") or (scale == "own" and log is not None)
        if traits is None:
            traits = function.run(traits_of) if isinstance(function, CallableProcess) else traits_of(function)
        self.traits = traits
        self.has_modes, self.identifier_words = traits.has_modes, traits.identifier_words
        self._earlier_calls = EarlierCalls()

    def with_adapter(self, adapter: Adapter, mel: MelSpectrogram) -> CallablePipeline:
        """Return the pipeline of the same callable with another adapter."""
        return CallablePipeline(self.name, self.function, adapter, mel, self.traits)

    def scaled(self, mel: MelSpectrogram) -> Values:
        """Return the values of a mel as the callable receives them."""
        return scaled_values(mel, self.adapter)

    def unscaled(self, values: Values, mel: MelSpectrogram) -> MelSpectrogram:
        """Convert values that the callable returned to a mel."""
        arranged = values.T if self.adapter.layout.is_turned else values
        return take_back(arranged, CallArguments((), {}, self.scaled(mel)), mel, replace(self.adapter, key=None))

    def __call__(self, batch: MelBatch, seed: int, *, training: bool = True) -> Outcome:
        """Call it once, on a copy."""
        if not isinstance(self.function, CallableProcess):
            result = Caller(self.function, self.adapter, self._earlier_calls)(batch, seed, training=training)
            return judge(result.copy(), batch, self.adapter)
        try:
            result = self.function.run(call_once, self.adapter, batch, seed, training)
        except CallEndedError as ended:
            outcome = Outcome(changes={ended.what: f"a call {ended.evidence}"})
            if self.function.is_hopeless():
                raise GaveUpError(outcome.changes) from None
            return outcome
        return judge(result if self.function.is_apart else result.copy(), batch, self.adapter)


class PolicyPipeline:
    """One of our policies, drawn as its framework draws it; see `Pipeline`."""

    takes_channels = False
    has_modes = False
    identifier_words = ""

    def __init__(self, policy: Policy, mel: MelSpectrogram) -> None:
        self.name, self.policy = policy.name, policy
        # These frameworks augment single utterances, before batches are formed.
        self.takes_batches = policy.framework not in _BY_UTTERANCE
        self.zero_is_level = mel.frontend.log is not None and not mel.frontend.normalize
        self._mel = mel

    def scaled(self, mel: MelSpectrogram) -> Values:
        """Return the values of a mel."""
        return np.array(mel.values)

    def unscaled(self, values: Values, mel: MelSpectrogram) -> MelSpectrogram:
        """Return a mel of these values."""
        return MelSpectrogram(values.astype(np.float32), mel.frontend, statistics=mel.statistics)

    def __call__(self, batch: MelBatch, seed: int, *, training: bool = True) -> Outcome:
        """Draw and apply the policy for each item."""
        values, draws = [], []
        for number, (item, padded) in enumerate(zip(batch.items, batch.padded, strict=True)):
            in_batch = Batch(len(batch.items), padded.shape[1], batch.pad_value)
            mel = self.unscaled(item, self._mel)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    draw = self.policy.draw(mel, rng=np.random.default_rng([seed, number]), batch=in_batch)
                    after = draw.apply(mel).values
                except SpecAugListenError as error:
                    return Outcome(error=str(error))
            # The framework raises an error where the draw says that rectangles are too large.
            if raised := [notice for notice in draw.notices if notice.kind == "cutout-too-large"]:
                return Outcome(error=raised[0].text)
            if draw.n_trimmed:
                line = f"{mel.n_frames} frames became {mel.n_frames - draw.n_trimmed}"
                return Outcome(changes={"length-changed": line}, draws=(draw,), resized_item=after)
            values.append(np.concatenate([after, padded[:, mel.n_frames :]], axis=1))
            draws.append(draw)
        return Outcome(tuple(values), draws=tuple(draws))


# Calling either one augments a batch. `scaled` converts a mel to the pipeline's scale, `unscaled` converts it back.
# `policy` is None for a callable. `zero_is_level` is true if 0 in that scale is neither silence nor a mean.
Pipeline: TypeAlias = CallablePipeline | PolicyPipeline


def judge(result: CallResult, batch: MelBatch, adapter: Adapter) -> Outcome:
    """Examine the result of one call, in the checking process, which the callable cannot reach."""
    layout, changes = adapter.layout, dict(result.changes)
    if result.changed_input is not None and not _is_same(result.changed_input, layout.arrange(batch)):
        changes["input-modified"] = "the input holds other values after the call"
    changes |= _changes_of_kind(*result.kinds) if result.kinds else {}
    if result.error is not None or result.array is None:
        return Outcome(error=result.error, error_type=result.error_type, changes=changes)
    array, wanted = result.array, layout.shape(batch)
    if result.rounded is not None:
        # Cells that were only rounded to another dtype count as unchanged.
        array = np.where(array == result.rounded, layout.arrange(batch), array)
    if array.ndim != len(wanted) and _without_ones(array.shape) == _without_ones(wanted):
        array = array.reshape(wanted)
    if array.shape != wanted:
        return _judge_other_shape(array, layout, batch, changes)
    if n := _n_not_finite(array):
        changes["not-finite"] = f"{n} of {array.size} cells are NaN or infinite"
    return Outcome(layout.items(array, batch, batch.n_frames), changes=changes)


def _n_not_finite(array: Values) -> int:
    """Count NaN and infinite cells; by operators, which a callable cannot replace, unlike `numpy.isnan`."""
    with np.errstate(invalid="ignore"):
        return int((array - array != 0).sum())


def _is_same(before: Values, after: Values) -> bool:
    return before.shape == after.shape and bool((before == after).all())


def _judge_other_shape(array: Values, layout: Layout, batch: MelBatch, changes: dict[str, str]) -> Outcome:
    wanted = layout.shape(batch)
    bins, frames = (layout.names.index(name) for name in ("bins", "frames"))
    swapped = list(wanted)
    swapped[bins], swapped[frames] = swapped[frames], swapped[bins]
    if array.shape == tuple(swapped):
        return Outcome(changes=changes | {"axes-swapped": f"given {wanted}, it returned {array.shape}"})
    rest = [i for i in range(len(wanted)) if i != frames]
    if array.ndim == len(wanted) and all(array.shape[i] == wanted[i] for i in rest):
        line = f"{wanted[frames]} frames became {array.shape[frames]}"
        resized_item = layout.items(array, batch, array.shape[frames])[0]
        return Outcome(changes=changes | {"length-changed": line}, resized_item=resized_item)
    return Outcome(error=f"given shape {wanted}, it returned {array.shape}", changes=changes)


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _changes_of_kind(before: ArrayKind, after: ArrayKind) -> dict[str, str]:
    """Describe changes of dtype (or library) and of device, by finding id."""
    old, new = before.dtype, after.dtype
    changes = {}
    if before.library != after.library:
        old, new = f"{before.library} {old}", f"{after.library} {new}"
    if old != new:
        changes["dtype-changed"] = f"given {old}, it returned {new}"
    if before.device != after.device:
        changes["device-changed"] = f"given on {before.device}, it returned on {after.device}"
    return changes
