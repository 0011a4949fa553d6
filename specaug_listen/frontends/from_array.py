"""Conversion of arrays from other pipelines: order of axes, batch, statistics, and plausibility."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import MAX_CELLS, real_array
from .._notices import Notice
from ..errors import ParameterError
from .mel import MelSpectrogram
from .plausibility import implausible_notices, typical_statistics
from .statistics import Statistics, global_statistics

if TYPE_CHECKING:
    from .frontend import MelFrontend

__all__ = ["PER_UTTERANCE", "MelFormat", "mel_format", "mel_from_array", "mels_from_array", "parse_axes"]

PER_UTTERANCE = "per-utterance"
_ORDERS = {"bins,frames": False, "frames,bins": True}
_ALIASES = {"bands": "bins", "mels": "bins", "freq": "bins", "time": "frames"}


class MelFormat(NamedTuple):
    """A front-end for mels from another pipeline.

    Parameters
    ----------
    frontend : MelFrontend
        With the statistics as its ``normalize``, if they are the same for all clips.
    statistics : Statistics or None
        Those of one clip, if the front-end normalises each clip separately.
    notices : tuple of Notice
    """

    frontend: MelFrontend
    statistics: Statistics | None = None
    notices: tuple[Notice, ...] = ()


def parse_axes(axes: str | None) -> Literal["bins,frames", "frames,bins"] | None:
    """Parse an order of axes, ``bins,frames`` or ``frames,bins``.

    Parameters
    ----------
    axes : str or None
        Other names of the axes, blanks, and a ``batch`` axis are accepted; None stays None.

    Raises
    ------
    ParameterError
        For other texts.

    Examples
    --------
    >>> parse_axes("frames, bins")
    'frames,bins'
    """
    if axes is None:
        return None
    words = [word for word in str(axes).lower().replace(",", " ").split() if word != "batch"]
    order = ",".join(_ALIASES.get(word, word) for word in words)
    if order not in _ORDERS:
        raise ParameterError(f"axes={axes!r:.80}: allowed is 'bins,frames' or 'frames,bins'")
    return "frames,bins" if _ORDERS[order] else "bins,frames"


def mel_format(frontend: MelFrontend, statistics: Any = None) -> MelFormat:
    """Combine a front-end with the statistics that a mel was normalised with.

    Parameters
    ----------
    frontend : MelFrontend
    statistics : Statistics, GlobalStatistics, pair, mapping, "per-utterance" or None
        As in `MelFrontend.mel`.

    Raises
    ------
    ParameterError
        For other values, and for None if the front-end normalises each clip.
    """
    if isinstance(statistics, MelFormat):
        return statistics
    is_per_clip = isinstance(frontend.normalize, str)
    if statistics is None:
        if is_per_clip:
            raise ParameterError(
                f"front-end {frontend.name!r} normalises each clip (normalize={frontend.normalize!r}), and the mel "
                "does not contain the clip's statistics: give them (--stats FILE or mean=..,std=..; in Python "
                f"statistics=), or {PER_UTTERANCE!r} for those of typical speech"
            )
        return MelFormat(frontend)
    notices: tuple[Notice, ...] = ()
    if isinstance(statistics, str):
        if statistics != PER_UTTERANCE:
            raise ParameterError(
                f"statistics={statistics!r:.80}: expected (mean, std), or {PER_UTTERANCE!r}; read a file with "
                "frontends.read_statistics(path)"
            )
        known_statistics = typical_statistics(frontend)
        notices = (Notice("typical_statistics", {"rule": str(frontend.normalize or PER_UTTERANCE)}),)
    else:
        known_statistics = global_statistics(statistics)
    known_statistics.check(frontend.n_mels)
    if not is_per_clip:
        return MelFormat(replace(frontend, normalize=known_statistics), None, notices)
    largest = statistics.largest if isinstance(statistics, Statistics) else None
    return MelFormat(frontend, known_statistics.for_mel(frontend.n_mels, largest), notices)


def mel_from_array(
    values: Any, frontend: MelFrontend, *, axes: str | None = None, statistics: Any = None
) -> MelSpectrogram:
    """Convert an array with one mel; see `MelFrontend.mel`."""
    mels = mels_from_array(values, mel_format(frontend, statistics), axes=axes)
    if len(mels) > 1:
        raise ParameterError(f"a batch of {len(mels)} mels: expected one, e.g. values[0]")
    return mels[0]


def mels_from_array(values: Any, ready: MelFormat, *, axes: str | None = None) -> list[MelSpectrogram]:
    """Return the mel in an array, or all mels of a batch, each with its notices.

    Parameters
    ----------
    values : array or tensor [shape=([batch,] n_mels, n_frames) or ([batch,] n_frames, n_mels)]
    ready : MelFormat
    axes : {"bins,frames", "frames,bins"} or None
        None detects the order if only one axis has as many entries as the front-end has bins.

    Raises
    ------
    ParameterError
        When the array is not a mel of this front-end, or its axes are ambiguous.
    """
    array = real_array(values, "a mel")
    batch, is_turned = _in_order(array, ready.frontend, parse_axes(axes))
    sizes = {"n_frames": batch.shape[2], "n_mels": batch.shape[1]}
    notices = (Notice("axes_turned", sizes),) if is_turned and axes is None else ()
    return [_mel(item, ready, notices) for item in batch]


def _mel(item: npt.NDArray[Any], ready: MelFormat, notices: tuple[Notice, ...]) -> MelSpectrogram:
    statistics = ready.statistics
    if statistics is not None and statistics.largest is None:
        with np.errstate(over="ignore", invalid="ignore"):
            largest = (item.astype(np.float32) * statistics.std + statistics.mean).max()
        statistics = replace(statistics, largest=float(largest))
    mel = MelSpectrogram(item, ready.frontend, statistics=statistics)
    doubts = implausible_notices(mel)
    try:
        _ = mel.energy
    except ParameterError as error:
        if not doubts:
            raise
        raise ParameterError(f"{doubts[0].text}; no sound has such levels") from error
    return replace(mel, notices=(*ready.notices, *notices, *doubts))


def _in_order(array: npt.NDArray[Any], frontend: MelFrontend, axes: str | None) -> tuple[npt.NDArray[Any], bool]:
    """Return the array as (batch, n_mels, n_frames), and whether it was transposed."""
    shape, n_mels = array.shape, frontend.n_mels
    if array.ndim not in (2, 3):
        advice = "select a channel, e.g. mel[:, 0]" if array.ndim > 3 else "one frame is not a mel"
        raise ParameterError(
            f"an array of {array.ndim} axes, shape {shape}: expected 2, (n_mels, n_frames) with n_mels={n_mels} of "
            f"front-end {frontend.name!r}, or 3 for a batch; {advice}"
        )
    if 0 in shape:
        raise ParameterError(f"an empty array, shape {shape}: expected at least one frame of {n_mels} mel bins")
    if math.prod(shape) > MAX_CELLS:
        raise ParameterError(f"an array of shape {shape}: allowed are {MAX_CELLS} cells; use a part of it")
    batch = array[np.newaxis] if array.ndim == 2 else array
    is_turned = _is_turned(batch.shape[1:], shape, frontend, axes)
    return (batch.transpose(0, 2, 1) if is_turned else batch), is_turned


def _is_turned(sides: tuple[int, ...], shape: tuple[int, ...], frontend: MelFrontend, axes: str | None) -> bool:
    n_mels = frontend.n_mels
    if axes is not None:
        is_turned = _ORDERS[axes]
        if sides[1 if is_turned else 0] == n_mels:
            return is_turned
    elif n_mels in sides:
        if sides[0] == sides[1]:
            raise ParameterError(
                f"an array of shape {shape}: bins and frames are ambiguous, as both are {n_mels}; give their order "
                "(--axes bins,frames or frames,bins; in Python axes=)"
            )
        return sides[1] == n_mels
    order = f" with axes {axes}" if axes is not None else ""
    other = _fitting_frontends(sides, frontend.presets)
    raise ParameterError(
        f"an array of shape {shape}{order}: front-end {frontend.name!r} has {n_mels} mel bins; {other}"
    )


def _fitting_frontends(sides: tuple[int, ...], presets: Mapping[str, MelFrontend]) -> str:
    fitting = {side: [name for name, preset in presets.items() if preset.n_mels == side] for side in sides}
    parts = [f"{', '.join(names)} have {side}" for side, names in fitting.items() if names]
    if parts:
        return f"of the presets, {'; '.join(parts)}"
    sizes = " or ".join(map(str, fitting))
    return f"no preset has {sizes}; describe your front-end in a YAML file (base: NAME, n_mels: N)"
