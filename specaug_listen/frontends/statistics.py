"""Statistics that a normalisation removes from a mel: those of each clip, or the same for all clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field

from .._arrays import kind_of, on_cpu
from .._records import record, short_repr
from ..errors import ParameterError
from .cell_statistics import CellStatistics

__all__ = ["GlobalStatistics", "Statistics", "global_statistics"]

Real = npt.NDArray[np.float32]


def _plain(value: Any) -> Any:
    """Convert arrays and lists to tuples of floats, and scalars to floats.

    Other values are returned unchanged, so that validation refuses them.
    """
    value = on_cpu(value)
    if isinstance(value, (np.ndarray, np.generic, list, tuple)):
        array = np.asarray(value)
        if array.dtype.kind in "fiu":
            flat = array.astype(np.float64).reshape(-1)
            return float(flat[0]) if array.ndim == 0 else tuple(map(float, flat))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


Finite = Annotated[float, Field(ge=-1e9, le=1e9)]
AboveZero = Annotated[float, Field(gt=0, le=1e9)]
PerBin = Annotated[Finite | tuple[Finite, ...], BeforeValidator(_plain)]
PerBinAboveZero = Annotated[AboveZero | tuple[AboveZero, ...], BeforeValidator(_plain)]


@record
class GlobalStatistics:
    """A mean and a divisor that are the same for every clip, as a front-end's ``normalize``.

    The model's input is ``(values - mean) / std``.

    Parameters
    ----------
    mean, std : float, or sequence of n_mels floats
        For all bins, or for each; ``std`` is the divisor. AST divides by twice the standard deviation of its data set:
        ``mean=-4.2677393, std=2 * 4.5689974``.

    Raises
    ------
    ParameterError
        For values that are not finite, or a ``std`` of 0 or less.

    Examples
    --------
    >>> GlobalStatistics(-4.2677393, 2 * 4.5689974).for_mel(128, None).std.shape
    (128, 1)
    """

    mean: PerBin
    std: PerBinAboveZero

    def check(self, n_mels: int) -> None:
        """Raise a ParameterError unless there is one number, or one for each bin."""
        for name in ("mean", "std"):
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != n_mels:
                raise ParameterError(f"{name} of {len(value)} numbers: expected one, or {n_mels}, one for each mel bin")

    def for_mel(self, n_mels: int, largest: float | None) -> Statistics:
        """Return the `Statistics` of a mel; ``largest`` is its maximum before normalisation."""
        mean, std = (
            np.broadcast_to(np.asarray(value, np.float32).reshape(-1, 1), (n_mels, 1)).copy()
            for value in (self.mean, self.std)
        )
        return Statistics(mean, std, largest)

    def __str__(self) -> str:
        def few(value: float | tuple[float, ...]) -> str:
            return f"{value:.4g}" if isinstance(value, float) else f"{len(value)} values"

        return f"mean {few(self.mean)}, std {few(self.std)}"


def global_statistics(value: Any) -> GlobalStatistics:
    """Convert a pair, a mapping with ``mean`` and ``std``, or `Statistics`; raise a ParameterError for anything else.

    Examples
    --------
    >>> global_statistics((-4.0, 2.0)).std
    2.0
    """
    if isinstance(value, GlobalStatistics):
        return value
    if isinstance(value, Statistics):
        return GlobalStatistics(value.mean, value.std)  # type: ignore[arg-type]
    if isinstance(value, Mapping) and set(value) == {"mean", "std"}:
        return GlobalStatistics(value["mean"], value["std"])
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return GlobalStatistics(value[0], value[1])
    raise ParameterError(
        f"statistics={kind_of(value)}: expected (mean, std), or a mapping with both; one number each, or one per bin"
    )


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean and standard deviation that were removed from a mel, for undoing the normalisation.

    Parameters
    ----------
    mean, std : np.ndarray [shape=(n_mels, 1), float32]
        Of each bin, or of all bins together; ``std`` is the divisor, including any added constant.
    largest : float or None
        The clip's maximum before normalisation, to which a ``dynamic_range`` is relative.
    """

    mean: Real
    std: Real
    largest: float | None = None

    def __repr__(self) -> str:
        return short_repr(self)

    @classmethod
    def of(cls, cells: CellStatistics, rule: str | GlobalStatistics = "per_feature") -> Statistics:
        """Compute the statistics of a clip.

        Parameters
        ----------
        cells : CellStatistics
            Of the values before normalisation.
        rule : {"per_feature", "all_features", "utterance_cmvn", "sentence"} or GlobalStatistics
            ``per_feature``: the unbiased standard deviation, to which 1e-5 is always added (NeMo, ``normalize_batch``).
            ``all_features``: the same over the cells of all bins at once.
            ``utterance_cmvn``: the root of the variance, which is at least 1e-10 (fairseq, ``UtteranceCMVN``).
            ``sentence``: the root of the variance, at least 1e-10 itself (SpeechBrain, ``InputNormalization``).
        """
        if isinstance(rule, GlobalStatistics):
            return rule.for_mel(len(cells.bin_mean), cells.largest)
        mean = cells.bin_mean
        if rule == "per_feature":
            std = np.sqrt(cells.bin_squares / max(1, cells.n_frames - 1)) + 1e-5
        elif rule == "all_features":
            n_cells = cells.bin_mean.size * cells.n_frames
            mean = np.full_like(mean, cells.mean)
            std = np.full_like(mean, cells.std * np.sqrt(n_cells / max(1, n_cells - 1)) + 1e-5)
        elif rule == "utterance_cmvn":
            std = np.sqrt(np.maximum(cells.bin_squares / cells.n_frames, 1e-10))
        else:
            std = np.maximum(np.sqrt(cells.bin_squares / cells.n_frames), 1e-10)
        return cls(mean.astype(np.float32), std.astype(np.float32), cells.largest)

    def normalise(self, values: Real) -> Real:
        """Subtract the mean and divide by the standard deviation."""
        return (values - self.mean) / self.std
