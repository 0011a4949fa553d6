"""What is checked, behind one face: a callable that is really called, or a policy of ours that is drawn."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..augment import Batch, Draw, Policy
from ..custom.adapter import Adapter, CallArguments, scaled_values, take_back
from ..custom.call import owner_module
from ..custom.layout import Layout, MelBatch, Values
from ..errors import SpecAugListenError
from ..frontends import MelSpectrogram
from .call_results import ArrayKind, Caller, CallResult, EarlierCalls, call_once
from .isolated_process import CallableProcess, CallEndedError, GaveUpError

__all__ = ["CallablePipeline", "Outcome", "Pipeline", "PolicyPipeline", "Traits", "judge", "traits_of"]

_BY_UTTERANCE = ("paper", "wenet", "fairseq")


@dataclass(frozen=True)
class Outcome:
    """What came of a batch.

    Parameters
    ----------
    values : tuple of np.ndarray [shape=(n_mels, n_frames)]
        Each item with its padding; empty where nothing usable came.
    error : str or None
        In words, where it raised one or gave no mel.
    error_type : str
        Name of the type of an error that a callable raised.
    changes : dict
        Id of a finding -> evidence, of what can be seen on one call.
    draws : tuple of Draw
        Of a policy.
    resized_item : np.ndarray [shape=(n_mels, any)] or None
        The first item, where its length changed.
    """

    values: tuple[Values, ...] = ()
    error: str | None = None
    error_type: str = ""
    changes: dict[str, str] = field(default_factory=dict)
    draws: tuple[Draw, ...] = ()
    resized_item: Values | None = None

    @property
    def digest(self) -> int:
        """The same for the same values of the first item."""
        return hash(self.values[0].tobytes()) if self.values else 0


class Pipeline(Protocol):
    """What is checked.

    Parameters
    ----------
    name : str
    takes_batches, takes_channels, has_modes : bool
    zero_is_level : bool
        Whether 0 in its scale is neither silence nor a mean.
    identifier_words : str
        Names in it that say what it is for, e.g. of its class and parameters.
    """

    name: str
    takes_batches: bool
    takes_channels: bool
    has_modes: bool
    zero_is_level: bool
    identifier_words: str

    @property
    def policy(self) -> Policy | None:
        """The policy that is drawn; None where a callable is called."""
        ...

    def scaled(self, mel: MelSpectrogram) -> Values:
        """Return the values of a mel in the pipeline's scale."""
        ...

    def unscaled(self, values: Values, mel: MelSpectrogram) -> MelSpectrogram:
        """Return the mel of such values, which came of ``mel``."""
        ...

    def __call__(self, batch: MelBatch, seed: int, *, training: bool = True) -> Outcome:
        """Augment a batch under a seed, in training mode or not."""
        ...


class Traits(NamedTuple):
    """What is known of a callable without calling it.

    Parameters
    ----------
    has_modes : bool
        Whether it is a module, or a method of one.
    identifier_words : str
        Names of it, of its class, and of parameters that are neither empty nor zero.
    """

    has_modes: bool
    identifier_words: str


def traits_of(function: Any) -> Traits:
    """Look at a callable, in the process that holds it."""
    return Traits(owner_module(function) is not None, _identifier_words(function))


def _identifier_words(function: Any) -> str:
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
    """A user's callable; see `Pipeline`."""

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
        """Return the same callable, called in another form."""
        return CallablePipeline(self.name, self.function, adapter, mel, self.traits)

    def scaled(self, mel: MelSpectrogram) -> Values:
        """Return the values of a mel as they are handed over."""
        return scaled_values(mel, self.adapter)

    def unscaled(self, values: Values, mel: MelSpectrogram) -> MelSpectrogram:
        """Return the mel of values that came back."""
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
    """A policy of ours, drawn as its framework draws it; see `Pipeline`."""

    takes_channels = False
    has_modes = False
    identifier_words = ""

    def __init__(self, policy: Policy, mel: MelSpectrogram) -> None:
        self.name, self.policy = policy.name, policy
        # The others draw for each utterance, before there is a batch.
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
        """Draw and apply it for each item by itself."""
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


def judge(result: CallResult, batch: MelBatch, adapter: Adapter) -> Outcome:
    """Say what is wrong with what one call did, in the process that checks, which the callable does not reach."""
    layout, changes = adapter.layout, dict(result.changes)
    if result.changed_input is not None and not _is_same(result.changed_input, layout.arrange(batch)):
        changes["input-modified"] = "what was given holds other values after the call"
    changes |= _changes_of_kind(*result.kinds) if result.kinds else {}
    if result.error is not None or result.array is None:
        return Outcome(error=result.error, error_type=result.error_type, changes=changes)
    array, wanted = result.array, layout.shape(batch)
    if result.rounded is not None:
        # Cells that were only rounded to another dtype are as they were given.
        array = np.where(array == result.rounded, layout.arrange(batch), array)
    if array.ndim != len(wanted) and _without_ones(array.shape) == _without_ones(wanted):
        array = array.reshape(wanted)
    if array.shape != wanted:
        return _judge_other_shape(array, layout, batch, changes)
    if n := _n_not_finite(array):
        changes["not-finite"] = f"{n} of {array.size} cells are NaN or infinite"
    return Outcome(layout.items(array, batch, batch.n_frames), changes=changes)


def _n_not_finite(array: Values) -> int:
    """Count cells that are no numbers; by operators, which a callable cannot replace as it can `numpy.isnan`."""
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
        return Outcome(changes=changes | {"axes-swapped": f"given {wanted}, it gave {array.shape}"})
    rest = [i for i in range(len(wanted)) if i != frames]
    if array.ndim == len(wanted) and all(array.shape[i] == wanted[i] for i in rest):
        line = f"{wanted[frames]} frames became {array.shape[frames]}"
        resized_item = layout.items(array, batch, array.shape[frames])[0]
        return Outcome(changes=changes | {"length-changed": line}, resized_item=resized_item)
    return Outcome(error=f"given shape {wanted}, it gave {array.shape}", changes=changes)


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _changes_of_kind(before: ArrayKind, after: ArrayKind) -> dict[str, str]:
    """Say how the library, the dtype and the device of two arrays or tensors differ."""
    old, new = before.dtype, after.dtype
    changes = {}
    if before.library != after.library:
        old, new = f"{before.library} {old}", f"{after.library} {new}"
    if old != new:
        changes["dtype-changed"] = f"given {old}, it gave {new}"
    if before.device != after.device:
        changes["device-changed"] = f"given on {before.device}, it gave on {after.device}"
    return changes
