"""Converts a clip in any form to `Audio`: a path, samples with their rate in either order, tensors, integers."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arrays import kind_of, on_cpu
from .._notices import Notice
from ..errors import AudioError, ParameterError, error_context
from .audio_in_memory import Audio, load
from .reading import MAX_CHANNELS

__all__ = ["as_audio", "is_audio_input"]

_EXPECTED = "expected a path, Audio, or (samples, sample_rate), e.g. (samples, 16000)"
_FULL_SCALES = {"uint8": 128, "int8": 128, "int16": 1 << 15, "int32": 1 << 31}
_MAX_TUPLE_LENGTH = 2


def as_audio(clip: Any, *, what: str = "audio", start_s: float = 0.0, duration_s: float | None = None) -> Audio:
    """Convert a clip in any form to `Audio`.

    Parameters
    ----------
    clip : Audio, str, path-like, (samples, sample_rate), (sample_rate, samples) or mapping
        Samples are an array, a list or a tensor of any device and dtype, of shape (n_samples,), (n_channels, n_samples)
        or (n_samples, n_channels): of two axes, the one of at most 8 entries holds the channels. Integers of 8, 16 and
        32 bits are divided by their full scale, which becomes a notice. A mapping is one of a data set, with ``array``
        and ``sampling_rate``.
    what : str
        Name of the argument for messages.
    start_s : float >= 0 [s]
        Where to begin.
    duration_s : float > 0 [s] or None
        How much to take; None takes the rest.

    Returns
    -------
    Audio

    Raises
    ------
    ParameterError
        For anything else, for an array without its rate, or for ambiguous axes or order.
    AudioError
        If a file cannot be read, or the samples are empty, NaN or infinite.

    Examples
    --------
    >>> as_audio((16000, np.zeros(8000, np.int16))).duration_s
    0.5
    >>> as_audio((np.zeros((8000, 2)), 16000)).n_channels
    2
    """
    if isinstance(clip, (str, os.PathLike)):
        return load(clip, start_s=start_s, duration_s=duration_s)
    if isinstance(clip, Audio):
        audio = clip
    elif isinstance(clip, Mapping):
        audio = _from_mapping(clip, what)
    else:
        audio = _from_pair(clip, what)
    return audio.part(start_s, duration_s) if start_s or duration_s is not None else audio


def is_audio_input(value: Any) -> bool:
    """Whether a value is one clip, not several: a path, Audio, samples with their rate, or a mapping of these."""
    if isinstance(value, (str, os.PathLike, Audio)):
        return True
    if isinstance(value, Mapping):
        return "array" in value
    if not _is_pair(value) or sum(_rate(each) is not None for each in value) != 1:
        return False
    (samples,) = (each for each in value if _rate(each) is None)
    return hasattr(samples, "shape") or isinstance(samples, (list, tuple))


def _from_mapping(value: Mapping[Any, Any], what: str) -> Audio:
    """Convert an entry of the ``audio`` column of a Hugging Face data set."""
    rate = _rate(value.get("sampling_rate"))
    if "array" not in value or rate is None:
        raise ParameterError(
            f"{what} is a {kind_of(value)}: {_EXPECTED}, or a mapping with 'array' and 'sampling_rate'"
        )
    return _from_samples(value["array"], rate, what)


def _from_pair(value: Any, what: str) -> Audio:
    if not _is_pair(value):
        raise ParameterError(_no_pair_message(value, what))
    first, second = (_rate(each) for each in value)
    if first is not None and second is None:
        return _from_samples(value[1], first, what)
    if second is not None and first is None:
        return _from_samples(value[0], second, what)
    both = first is not None
    raise ParameterError(
        f"{what} is a {kind_of(value)} {'whole numbers' if both else 'values, none of them a sample rate'}: {_EXPECTED}"
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == _MAX_TUPLE_LENGTH


def _no_pair_message(value: Any, what: str) -> str:
    is_array = hasattr(value, "shape") and hasattr(value, "dtype")
    if is_array or (isinstance(value, (tuple, list)) and value and all(isinstance(x, (int, float)) for x in value)):
        return (
            f"{what} is a bare {kind_of(value)}, without its sample rate: give (samples, sample_rate), e.g. "
            "(samples, 16000)"
        )
    if type(value).__name__ == "MelSpectrogram":
        return f"{what} is a MelSpectrogram, which is no sound: {_EXPECTED}"
    return f"{what} is {kind_of(value)}: {_EXPECTED}"


def _rate(value: Any) -> int | None:
    """Return a value as an integer, if it can be a sample rate; else None."""
    if isinstance(value, (bool, np.bool_, str, bytes)) or value is None:
        return None
    if isinstance(value, (float, np.floating)):
        return int(value) if float(value).is_integer() else None
    if hasattr(value, "shape"):
        value = on_cpu(value)
        if np.shape(value) != () or np.asarray(value).dtype.kind not in "iu":
            return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _from_samples(value: Any, rate: int, what: str) -> Audio:
    with error_context(what):
        array = _numbers(value)
        notices: tuple[Notice, ...] = ()
        if array.dtype.name in _FULL_SCALES and array.dtype.kind in "iu":
            full_scale = _FULL_SCALES[array.dtype.name]
            offset = full_scale if array.dtype.kind == "u" else 0
            notices = (Notice("integers", {"dtype": array.dtype.name, "full_scale": full_scale}),)
            array = ((array.astype(np.float64) - offset) / full_scale).astype(np.float32)
        return Audio(_channels_first(array), rate, notices=notices)


def _numbers(value: Any) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.asarray(on_cpu(value))
    except Exception:  # other objects can fail in any way
        raise ParameterError(f"samples are {kind_of(value)}: expected floating-point numbers in [-1, 1]") from None
    if array.dtype.kind == "f" or array.dtype.name in _FULL_SCALES:
        return array
    if array.size == 0:
        raise AudioError("no samples; use a clip that holds sound")
    raise ParameterError(
        f"samples of dtype {array.dtype!s:.40}: expected floating-point numbers in [-1, 1], or integers of 8, 16 or 32 "
        "bits; divide others by their full scale"
    )


def _channels_first(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    shape = array.shape
    while array.ndim > 2 and array.shape[0] == 1:  # a batch of one
        array = array[0]
    if array.ndim == 1:
        return array
    if array.ndim != 2:
        raise ParameterError(
            f"samples of shape {shape}: expected (n_samples,), (n_channels, n_samples) or (n_samples, n_channels); "
            "give one clip at a time"
        )
    few = [size <= MAX_CHANNELS for size in array.shape]
    if few == [True, False]:
        return array
    if few == [False, True]:
        turned: npt.NDArray[Any] = array.T
        return turned
    raise ParameterError(
        f"samples of shape {shape}: which axis is that of the channels cannot be told, as "
        f"{'both have' if all(few) else 'neither has'} at most {MAX_CHANNELS} entries; "
        + ("give Audio(samples, sample_rate), which takes (n_channels, n_samples)" if all(few) else "give one clip")
    )
