"""What is checked, behind one face: a callable of others that is really called, or a policy of ours that is drawn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .._optional import require
from .._random import seeded_chance
from ..augment import Adapter, Batch, Cutout, Draw, Policy
from ..augment.adapter import Handed, as_array, hand_over, mel_within, take_back
from ..augment.calling import device_of, generators_of, in_mode, in_words, owner_module, without_gradients
from ..errors import ParameterError, SpecAugListenError
from ..frontends import MelSpectrogram
from .apart import Apart, CallEndedError, GaveUpError
from .held import Held
from .traits import Traits, traits_of

__all__ = ["CallableSubject", "Called", "Given", "Outcome", "PolicySubject", "Subject"]

Values = npt.NDArray[Any]
# Of the callable that was called last in this process.
_HELD = Held()
_BY_UTTERANCE = ("paper", "wenet", "fairseq")


@dataclass(frozen=True)
class Given:
    """A batch as it is given.

    Parameters
    ----------
    items : tuple of np.ndarray [shape=(n_mels, n_frames)]
        In the scale of the subject.
    n_padded : int or None
        Frames of each with its padding; None is those of the longest.
    pad_value : float
    n_channels : int
    training : bool
        The mode of a module.
    """

    items: tuple[Values, ...]
    n_padded: int | None = None
    pad_value: float = 0.0
    n_channels: int = 1
    training: bool = True

    @property
    def padded(self) -> tuple[Values, ...]:
        """All items at one length."""
        n = self.n_padded or max(item.shape[1] for item in self.items)
        pads = (((0, 0), (0, n - item.shape[1])) for item in self.items)
        return tuple(
            np.pad(item, pad, constant_values=self.pad_value).astype(item.dtype)
            for item, pad in zip(self.items, pads, strict=True)
        )


@dataclass(frozen=True)
class Outcome:
    """What came of a batch.

    Parameters
    ----------
    values : tuple of np.ndarray [shape=(n_mels, n_frames)]
        Each item with its padding; empty where nothing usable came.
    error : str or None
        In words, where it raised one or gave no mel.
    changes : dict
        Id of a finding -> evidence, of what can be seen on one call.
    draws : tuple of Draw
        Of a policy.
    odd : np.ndarray [shape=(n_mels, any)] or None
        The first item, where its length changed.
    """

    values: tuple[Values, ...] = ()
    error: str | None = None
    changes: dict[str, str] = field(default_factory=dict)
    draws: tuple[Draw, ...] = ()
    odd: Values | None = None

    @property
    def digest(self) -> int:
        """The same for the same values of the first item."""
        return hash(self.values[0].tobytes()) if self.values else 0


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
            return Called(self.function, self.adapter, self._held)(given, seed)
        try:
            outcome: Outcome = self.function.run(call_once, self.adapter, given, seed)
        except CallEndedError as ended:
            outcome = Outcome(changes={ended.what: f"a call {ended.evidence}"})
            if self.function.is_hopeless():
                raise GaveUpError(outcome.changes) from None
        return outcome


def call_once(function: Any, adapter: Adapter, given: Given, seed: int) -> Outcome:
    """One call of a callable, in the process that holds it."""
    return Called(function, adapter, _HELD, is_apart=True)(given, seed)


class Called:
    """A callable that is called in this process.

    Parameters
    ----------
    function : callable
    adapter : Adapter
    held : Held
        Of earlier calls.
    is_apart : bool
        Whether this process holds nothing but the callable: then an interrupt is the callable's own.
    """

    def __init__(self, function: Callable[..., Any], adapter: Adapter, held: Held, *, is_apart: bool = False) -> None:
        self.function, self.adapter, self._held, self._is_apart = function, adapter, held, is_apart
        self._module, self._generators = owner_module(function), generators_of(function)

    def __call__(self, given: Given, seed: int) -> Outcome:
        """Call it once, on a copy, under a seed."""
        args, kwargs, tensor, before = self._arguments(given)
        guards = seeded_chance(seed, self._generators), in_mode(self._module, training=given.training)
        with guards[0], guards[1], without_gradients(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                result = self.function(*args, **kwargs)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and not self._is_apart:
                    raise
                return Outcome(error=in_words(error), changes=self._held.changes())
        changes = self._held.changes()
        if not np.array_equal(as_array(tensor), before, equal_nan=True):
            changes["input-modified"] = "what was given holds other values after the call"
        return self._outcome(result, tensor, before, given, changes)

    def _arguments(self, given: Given) -> tuple[list[Any], dict[str, Any], Any, Values]:
        adapter = self.adapter
        padded = np.stack(given.padded)[:, np.newaxis].repeat(given.n_channels, axis=1)
        array = np.ascontiguousarray(padded.transpose(self._order(padded.shape)).reshape(self._shape(padded.shape)))
        ratios = adapter.lengths == "ratio"
        frames = np.array([item.shape[1] for item in given.items])
        lengths: Any = (frames / padded.shape[-1]).astype(np.float32) if ratios else frames.astype(np.int64)
        tensor: Any = array.copy()
        if adapter.container == "torch":
            torch = require("torch", extra="torch", purpose="a callable that takes tensors")
            device = device_of(self._module)
            tensor, lengths = torch.from_numpy(tensor).to(device), torch.from_numpy(lengths).to(device)
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        mel = tensor if adapter.key is None else {adapter.key: tensor}
        for value, name in ((mel, adapter.mel_argument), (lengths, adapter.lengths_argument)):
            if value is lengths and adapter.lengths not in ("frames", "ratio"):
                continue
            if name is None:
                args.append(value)
            else:
                kwargs[name] = value
        return args, kwargs, tensor, array

    def _names(self) -> list[str]:
        return (self.adapter.axes or "bands, frames").split(", ")

    def _order(self, shape: tuple[int, ...]) -> list[int]:
        """Of the axes (batch, channel, bands, frames): those that are wanted, as wanted, behind those that are not."""
        every = ["batch", "channel", "bands", "frames"]
        return [i for i, name in enumerate(every) if name not in self._names()] + [
            every.index(name) for name in self._names()
        ]

    def _shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(shape[i] for i in self._order(shape)[4 - len(self._names()) :])

    def _outcome(self, result: Any, tensor: Any, before: Values, given: Given, changes: dict[str, str]) -> Outcome:
        try:
            mel = mel_within(result, self.adapter)
            changes |= _other_kind(mel, tensor)
            if "device-changed" in changes:
                return Outcome(changes=changes)
            array = _as_exact(as_array(mel), mel, before)
            self._held.keep(self.function, tensor, mel)
        except ParameterError as error:
            return Outcome(error=str(error), changes=changes)
        wanted = tuple(tensor.shape)
        if array.ndim != len(wanted) and _without_ones(array.shape) == _without_ones(wanted):
            array = array.reshape(wanted)
        if array.shape != wanted:
            return self._of_other_shape(array, wanted, given, changes)
        if not np.isfinite(array).all():
            n = int((~np.isfinite(array)).sum())
            changes["not-finite"] = f"{n} of {array.size} cells are NaN or infinite"
        return Outcome(self._items(array, given, given.padded[0].shape[1]), changes=changes)

    def _of_other_shape(self, array: Values, wanted: tuple[int, ...], given: Given, changes: dict[str, str]) -> Outcome:
        bands, frames = (self._names().index(name) for name in ("bands", "frames"))
        swapped = list(wanted)
        swapped[bands], swapped[frames] = swapped[frames], swapped[bands]
        if array.shape == tuple(swapped):
            return Outcome(changes=changes | {"axes-swapped": f"given {wanted}, it gave {array.shape}"})
        kept = [i for i in range(len(wanted)) if i != frames]
        if array.ndim == len(wanted) and all(array.shape[i] == wanted[i] for i in kept):
            line = f"{wanted[frames]} frames became {array.shape[frames]}"
            odd = self._items(array, given, array.shape[frames])[0]
            return Outcome(changes=changes | {"length-changed": line}, odd=odd)
        return Outcome(error=f"given shape {wanted}, it gave {array.shape}", changes=changes)

    def _items(self, array: Values, given: Given, n_frames: int) -> tuple[Values, ...]:
        """Each item as (n_mels, n_frames), of its first channel."""
        n, n_mels = len(given.items), given.items[0].shape[0]
        every = (n, given.n_channels, n_mels, n_frames)
        order = self._order(every)
        whole = array.reshape([every[i] for i in order]).transpose(np.argsort(order))
        return tuple(whole[i, 0] for i in range(n))


class PolicySubject:
    """A policy of ours, drawn as its framework draws it; see `Subject`."""

    takes_channels = False
    has_modes = False
    words = ""

    def __init__(self, policy: Policy, mel: MelSpectrogram) -> None:
        self.name, self.policy = policy.name, policy
        # The others draw for each utterance, before there is a batch.
        self.takes_batches = policy.dialect not in _BY_UTTERANCE
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
            if raised := self._raised(draw, padded):
                return Outcome(error=raised)
            if draw.n_trimmed:
                line = f"{mel.n_frames} frames became {mel.n_frames - draw.n_trimmed}"
                return Outcome(changes={"length-changed": line}, draws=(draw,), odd=after)
            values.append(np.concatenate([after, padded[:, mel.n_frames :]], axis=1))
            draws.append(draw)
        return Outcome(tuple(values), draws=tuple(draws))

    def _raised(self, draw: Draw, padded: Values) -> str:
        """The error that the framework raises in place of what was drawn; empty where it raises none."""
        cutouts = (one for one in self.policy.transforms if isinstance(one, Cutout))
        return next((why for one in cutouts if (why := one.why_nothing(*padded.shape)) in draw.warnings), "")


def _as_exact(array: Values, result: Any, before: Values) -> Values:
    """What came back, with cells that were only rounded to another dtype as they were given."""
    dtype = getattr(result, "dtype", array.dtype)
    if array.shape != before.shape or dtype == before.dtype:
        return array
    if isinstance(dtype, np.dtype):
        with np.errstate(all="ignore"):
            rounded = before.astype(dtype)
    elif type(result).__module__.split(".")[0] == "torch":
        torch = require("torch", extra="torch", purpose="a callable that takes tensors")
        rounded = as_array(torch.from_numpy(before.copy()).to(dtype))
    else:
        return array
    return np.where(array == rounded, before, array)


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _other_kind(result: Any, given: Any) -> dict[str, str]:
    """How the type, the dtype and the device of two arrays or tensors differ."""
    before, after = str(given.dtype), str(getattr(result, "dtype", type(result).__name__))
    changes = {}
    if type(result).__module__.split(".")[0] != type(given).__module__.split(".")[0]:
        before, after = (f"{type(x).__module__.split('.')[0]} {text}" for x, text in ((given, before), (result, after)))
    if before != after:
        changes["dtype-changed"] = f"given {before}, it gave {after}"
    devices = [str(getattr(x, "device", "cpu")) for x in (given, result)]
    if devices[0] != devices[1]:
        changes["device-changed"] = f"given on {devices[0]}, it gave on {devices[1]}"
    return changes
