"""`Adapter`: the form of mel that a callable expects, and the conversion to and from it."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field, PlainSerializer

from .._arrays import on_cpu
from .._imports import require
from .._records import record
from ..errors import ParameterError, error_context
from ..frontends import MelSpectrogram
from .axes_order import Layout, MelBatch, Values

__all__ = [
    "Adapter",
    "CallArguments",
    "OtherShapeError",
    "as_array",
    "hand_over",
    "hand_over_batch",
    "mel_within",
    "scaled_values",
    "take_back",
    "with_defaults",
]

Scale: TypeAlias = Literal["own", "ln", "log10", "db", "power", "normalised"]
Name = Annotated[str, Field(min_length=1, max_length=100)]
# Records have bands, the former name of mel channels.
Axes: TypeAlias = Annotated[
    str | None, PlainSerializer(lambda axes: axes and axes.replace("bins", "bands"), return_type=str | None)
]
# A reference to numpy's own function, which a callable may replace.
_as_array = np.asarray


class OtherShapeError(ParameterError):
    """The callable returned an unexpected shape; another order of axes may fit."""


@record
class Adapter:
    """The form of mel that a Mel -> Mel callable expects.

    Fields that are None are guessed from the callable, and the draw has a notice that says so.

    Parameters
    ----------
    axes : str or None
        Names of the axes in order, e.g. "bins, frames" or "batch, frames, bins". ``bins`` and ``frames`` are required;
        ``batch`` and ``channel`` are optional, and have length 1. ``bands``, the former name of ``bins``, is accepted.
    container : {"numpy", "torch"} or None
    dtype : {"float16", "float32", "float64"}
    scale : {"own", "ln", "log10", "db", "power", "normalised"}
        ``own`` is the front-end's scale. ``ln`` and ``log10`` are logarithms of what the front-end sums (powers or
        magnitudes), ``db`` is 10 log10 of powers, ``power`` powers, ``normalised`` the front-end's scale with zero mean
        and unit standard deviation of each bin over the clip.
    mel_argument : str or None
        Keyword for the mel; None passes it as the first argument.
    lengths : {"none", "frames", "ratio"} or None
        What to pass beside the mel: nothing, the number of frames of each item of the batch, or its share of the
        padded length (1.0 for a single item).
    lengths_argument : str or None
        Keyword for the lengths; None passes them as the second argument.
    key : str or None
        The mel's key, if the callable takes and returns a dictionary.

    Raises
    ------
    ParameterError
        If a value is not allowed.

    Examples
    --------
    >>> Adapter(axes="batch, frames, bins", container="torch").axes
    'batch, frames, bins'
    """

    axes: Axes = None
    container: Literal["numpy", "torch"] | None = None
    dtype: Literal["float16", "float32", "float64"] = "float32"
    scale: Scale = "own"
    mel_argument: Name | None = None
    lengths: Literal["none", "frames", "ratio"] | None = None
    lengths_argument: Name | None = None
    key: Name | None = None

    def __post_init__(self) -> None:
        """Check and normalise the names of the axes."""
        if self.axes is not None:
            object.__setattr__(self, "axes", str(self.layout))

    @functools.cached_property
    def layout(self) -> Layout:
        """The order of axes; by default one mel, bins first."""
        return Layout.of(self.axes)

    def __str__(self) -> str:
        scale = "the front-end's own scale" if self.scale == "own" else self.scale
        lengths = "" if self.lengths in (None, "none") else f", with lengths in {self.lengths}"
        return f"({self.axes}) as {self.dtype} of {self.container} in {scale}{lengths}"


class CallArguments(NamedTuple):
    """The arguments of one call, and what is needed to interpret its result.

    ``values`` are those of the first mel in the callable's scale, shape (n_mels, n_frames); ``mels`` is the array or
    tensor object that is passed.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    values: Values
    mels: Any = None


def hand_over(mel: MelSpectrogram, adapter: Adapter, device: Any = None) -> CallArguments:
    """Convert a mel to the arguments of a call; ``adapter`` must be complete, ``device`` is that of a torch module.

    Raises a `ParameterError` if a value overflows the adapter's dtype.
    """
    return hand_over_batch(MelBatch((scaled_values(mel, adapter),)), adapter, device)


def scaled_values(mel: MelSpectrogram, adapter: Adapter) -> Values:
    """Return the values of a mel in the scale and dtype that a callable expects."""
    with np.errstate(over="ignore"):
        values = _to_scale(mel, adapter.scale).astype(adapter.dtype)
    if not np.isfinite(values).all():
        raise ParameterError(f"dtype={adapter.dtype!r}: the mel in {adapter.scale} holds values beyond it; use float32")
    return values


def hand_over_batch(batch: MelBatch, adapter: Adapter, device: Any = None) -> CallArguments:
    """Convert a batch to the arguments of a call; see `hand_over`."""
    mels: Any = adapter.layout.arrange(batch)
    lengths: Any = batch.lengths(adapter.lengths)
    if adapter.container == "torch":
        torch = require("torch", extra="torch", purpose="a callable that takes tensors")
        mels, lengths = torch.from_numpy(mels).to(device), torch.from_numpy(lengths).to(device)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    values = [(mels if adapter.key is None else {adapter.key: mels}, adapter.mel_argument)]
    if adapter.lengths in ("frames", "ratio"):
        values.append((lengths, adapter.lengths_argument))
    for value, name in values:
        if name is None:
            args.append(value)
        else:
            kwargs[name] = value
    return CallArguments(tuple(args), kwargs, batch.items[0], mels)


def take_back(
    result: Any, arguments: CallArguments, mel: MelSpectrogram, adapter: Adapter, *, to_hear: bool = False
) -> MelSpectrogram:
    """Convert the result of a callable to a mel; unchanged cells equal those of ``mel`` to the bit.

    Raises a `ParameterError` unless it is a finite mel of the same size, and, with ``to_hear``, one that has energies.
    """
    array = as_array(mel_within(result, adapter))
    values = _in_order(array, mel, adapter)
    is_left = values == arguments.values
    integers = f"integers ({array.dtype}) " if array.dtype.kind in "iu" else ""
    with np.errstate(over="ignore"), error_context(f"what it returned, {integers}in {adapter.scale}"):
        own = np.where(is_left, mel.values, _from_scale(values.astype(np.float64), mel, adapter.scale))
        after = mel.with_values(own.astype(np.float32))
        if to_hear:
            # Raises an error for impossible levels here, where the message can name the callable.
            _ = after.energy
        return after


def mel_within(result: Any, adapter: Adapter) -> Any:
    """Extract the mel from the result of a callable, which may be a dictionary or a tuple."""
    if isinstance(result, Mapping):
        if adapter.key is None or adapter.key not in result:
            keys = ", ".join(map(str, result))
            raise ParameterError(f"it returned a dictionary ({keys:.80}): declare the mel's key, e.g. key={keys:.20}")
        result = result[adapter.key]
    if isinstance(result, (tuple, list)) and len(result) and hasattr(result[0], "shape") and np.ndim(result[0]) > 1:
        result = result[0]
    if result is None:
        raise ParameterError("it returned None: a callable must return the mel, even if it changes it in place")
    if inspect.iscoroutine(result):
        result.close()  # otherwise Python warns that it was never awaited
        raise ParameterError("it returned a coroutine: wrap the async function in one that runs it (asyncio.run)")
    if inspect.isgenerator(result):
        raise ParameterError("it returned a generator: return the mel in place of yielding it")
    return result


def as_array(result: Any) -> npt.NDArray[Any]:
    """Convert a tensor, or anything that numpy can convert, to an array of real numbers."""
    if isinstance(result, np.ma.MaskedArray):
        raise ParameterError("it returned a masked array, whose mask would be lost: fill it, .filled(value)")
    try:
        array = _as_array(on_cpu(result))
    except Exception as error:
        raise ParameterError(f"it returned {_kind(result)}, not an array ({error!s:.80}): return the mel") from None
    if array.dtype.kind not in "fiu" or array.ndim == 0:
        raise ParameterError(f"it returned {_kind(result)}: expected the mel, an array or tensor of real numbers")
    return array


def _in_order(array: npt.NDArray[Any], mel: MelSpectrogram, adapter: Adapter) -> npt.NDArray[Any]:
    """Transpose a result to (n_mels, n_frames); axes of length 1 may be missing or added."""
    wanted = (mel.n_frames, mel.n_mels) if adapter.layout.is_turned else (mel.n_mels, mel.n_frames)
    got = array.shape
    while array.ndim > 2 and 1 in array.shape:
        array = array.squeeze(axis=array.shape.index(1))
    if array.shape != wanted:
        while array.ndim < 2:
            array = array[np.newaxis]
        advice = _shape_advice(array.shape, wanted, adapter)
        raise (ParameterError if advice else OtherShapeError)(
            f"it returned shape {got} for ({adapter.layout}) of {mel.n_mels} bins and {mel.n_frames} frames: "
            f"{advice or 'expected the shape of the input'}"
        )
    if not np.isfinite(array).all():
        n_bad = int((~np.isfinite(array)).sum())
        raise ParameterError(f"it returned {n_bad} cells that are NaN or infinite; return finite values")
    return array.T if adapter.layout.is_turned else array


def _shape_advice(got: tuple[int, ...], wanted: tuple[int, ...], adapter: Adapter) -> str:
    if got == wanted[::-1]:
        return "bins and frames are exchanged; return the mel with its axes in the order of the input"
    of_frames, of_bins = (0, 1) if adapter.layout.is_turned else (1, 0)
    if len(got) == 2 and got[of_bins] == wanted[of_bins]:
        return (
            f"the length changed from {wanted[of_frames]} to {got[of_frames]} frames, so before and after cannot be "
            "compared; keep the length, or pad to it"
        )
    if 0 in got:
        return "it is empty; return a mel of the same size as the input"
    if math.prod(got) > math.prod(wanted) and len(got) > 2 and "batch" in adapter.layout.names:
        return "the batch or its channels have grown; return one mel for each that is given (no concat_original)"
    return ""


def _kind(value: Any) -> str:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    dtype = f" of {value.dtype}" if hasattr(value, "dtype") else ""
    length = f" of {len(value)}" if isinstance(value, (tuple, list, str)) else ""
    return f"a {name}{length}{dtype}"


def _ln_per_unit(mel: MelSpectrogram) -> float:
    """Return the size of one unit of the front-end's logarithm, in natural logarithms of its energies."""
    units = {"ln": 1.0, "log10": math.log(10), "db": math.log(10) * mel.frontend.power / 20}
    return units[mel.frontend.log or "ln"]


def _to_scale(mel: MelSpectrogram, scale: Scale) -> npt.NDArray[np.float64]:
    own = mel.values.astype(np.float64)
    if scale == "own":
        return own
    if scale == "normalised":
        mean, std = _moments(mel)
        return (own - mean) / std
    frontend = mel.frontend
    # For samples as large as the framework has them, as in its logarithms.
    if scale == "power":
        powers: npt.NDArray[np.float64] = mel.power.astype(np.float64) * frontend.input_scale**2
        return powers
    if frontend.log is None:
        gain = frontend.input_scale**frontend.power
        logs: npt.NDArray[np.float64] = np.log(np.maximum(mel.energy.astype(np.float64) * gain, 1e-10))
    else:
        raw = own if mel.statistics is None else own * mel.statistics.std + mel.statistics.mean
        logs = (raw / frontend.scale - frontend.shift) * _ln_per_unit(mel)
    return logs * _units_per_ln(mel, scale)


def _units_per_ln(mel: MelSpectrogram, scale: Scale) -> float:
    return {"ln": 1.0, "log10": 1 / math.log(10), "db": 20 / mel.frontend.power / math.log(10)}[scale]


def _from_scale(values: npt.NDArray[np.float64], mel: MelSpectrogram, scale: Scale) -> npt.NDArray[Any]:
    if scale == "own":
        return values
    if scale == "normalised":
        mean, std = _moments(mel)
        return values * std + mean
    frontend = mel.frontend
    if scale == "power":
        if values.min() < 0:
            raise ParameterError(f"a cell of {values.min():.4g}: powers are 0 or more")
        energy = np.power(values / frontend.input_scale**2, frontend.power / 2)
        raw: npt.NDArray[Any] = frontend.compress(energy.astype(np.float32), float(mel.energy.max()))
    elif frontend.log is None:
        raw = (np.exp(values / _units_per_ln(mel, scale)) + frontend.shift) * frontend.scale
    else:
        raw = (values / _units_per_ln(mel, scale) / _ln_per_unit(mel) + frontend.shift) * frontend.scale
    return raw if mel.statistics is None else (raw - mel.statistics.mean) / mel.statistics.std


def _moments(mel: MelSpectrogram) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the mean and the standard deviation of each bin, shape (n_mels, 1)."""
    own = mel.values.astype(np.float64)
    return own.mean(axis=1, keepdims=True), own.std(axis=1, keepdims=True) + 1e-5


def with_defaults(adapter: Adapter) -> Adapter:
    """Replace each None by its default."""
    return dataclasses.replace(
        adapter,
        axes=str(adapter.layout),
        container=adapter.container or "numpy",
        lengths=adapter.lengths or ("frames" if adapter.lengths_argument else "none"),
    )
