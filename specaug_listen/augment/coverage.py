"""Coverage of a policy's masks, estimated from many draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._records import record
from .._rng import as_seed
from ..custom.transform import CallableTransform
from ..errors import ParameterError
from .draw import Draw
from .framework_masks import Mask
from .framework_transforms import Cutout, Warp
from .paper_transforms import TimeWarp
from .policy import Policy, applied_transforms
from .random_streams import OwnStream
from .steps import Batch, Step

__all__ = ["N_DRAWS", "Coverage", "Shares", "enough_draws", "expected_shares", "least_mels", "simulate_coverage"]

# Draws for an estimate, unless there is reason for another number.
N_DRAWS = 1000
# In all draws together: the more masks in a draw, the fewer draws are needed.
_MAX_MASKS, _MIN_DRAWS = 50_000, 10
Real = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coverage:
    """What the masks of many draws cover of a clip of one size; each array has one value for each draw.

    Parameters
    ----------
    n_frames : int > 0
        Length of the clip.
    area, time, frequency : ndarray (n_draws,) of float in [0, 1]
        Masked shares of its cells, frames and bins.
    longest_gap_frames : ndarray (n_draws,) of float [frames]
        Length of the longest run of masked frames.
    """

    n_frames: int
    area: Real = field(repr=False)
    time: Real = field(repr=False)
    frequency: Real = field(repr=False)
    longest_gap_frames: Real = field(repr=False)


@record
class Shares:
    """Mean shares of a clip that masks cover when the policy is applied.

    Parameters
    ----------
    n_frames : int > 0
        Length of the clip.
    time, frequency, area : float in [0, 1]
        Mean masked share of its frames, bins and cells.
    time_p95 : float in [0, 1]
        The 95th percentile over draws of the share of its frames.
    """

    n_frames: Annotated[int, Field(gt=0)]
    time: float
    frequency: float
    area: float
    time_p95: float


def expected_shares(
    policy: Policy,
    n_mels: int,
    n_frames: int,
    *,
    n_draws: int = N_DRAWS,
    rng: int = 0,
    batch: Batch | None = None,
) -> Shares:
    """Draw a policy many times for a clip of this size, and average the shares that its masks cover.

    Fewer than ``n_draws`` draws are made if the policy has many masks; see `enough_draws`. ``batch`` replaces the
    policy's own; its first example counts. Raises a ParameterError for a size below 1, and for a policy with callables,
    which need a clip.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> shares = expected_shares(LB, 80, 500, n_draws=200)
    >>> 0.05 < shares.time < 0.15
    True
    """
    coverage = simulate_coverage(policy, n_mels, n_frames, n_draws=n_draws, rng=rng, batch=batch, is_certain=True)
    time, frequency, area = coverage.time, coverage.frequency, coverage.area
    return Shares(
        n_frames, float(time.mean()), float(frequency.mean()), float(area.mean()), float(np.quantile(time, 0.95))
    )


def simulate_coverage(
    policy: Policy,
    n_mels: int,
    n_frames: int,
    *,
    n_draws: int = N_DRAWS,
    rng: int = 0,
    batch: Batch | None = None,
    is_certain: bool = False,
    max_steps: int | None = None,
) -> Coverage:
    """Draw a policy many times for a clip of this size, and return what the masks of each draw cover.

    Parameters
    ----------
    policy : Policy
    n_mels, n_frames : int > 0
        Size of the clip.
    n_draws : int > 0
        Fewer are made if the policy has many masks; see `enough_draws`.
    rng : int >= 0
        Seed.
    batch : Batch or None
        Replaces the policy's own; its first example counts.
    is_certain : bool
        Whether all draws are made as if the policy's ``probability`` were 1. Otherwise, draws that leave the clip
        unchanged cover nothing.
    max_steps : int or None
        After the draw that exceeds this number of steps in all, no more are made, though at least 10: a bound of the
        cost on long clips.

    Raises
    ------
    ParameterError
        For a size below 1; for a policy with callables, which need a clip; for a mel on which the framework raises.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> coverage = simulate_coverage(LB, 80, 500, n_draws=200)
    >>> bool(coverage.longest_gap_frames.max() <= 100)
    True
    """
    sizes = {"n_mels": n_mels, "n_frames": n_frames, "n_draws": n_draws}
    if any(not isinstance(size, int) or isinstance(size, bool) or size < 1 for size in sizes.values()):
        sizes_text = ", ".join(f"{name}={size!r:.40}" for name, size in sizes.items())
        raise ParameterError(f"{sizes_text}: allowed is 1 or more of each")
    generator = np.random.default_rng(as_seed(rng))
    batch = batch or policy.batch
    rows: list[tuple[float, float, float, float]] = []
    n_steps = 0
    while len(rows) < enough_draws(policy, n_draws):
        draw = Draw(n_mels, n_frames, _steps(policy, n_mels, n_frames, generator, batch), batch=batch)
        shares = draw.masked_area_ratio, draw.masked_time_ratio, draw.masked_frequency_ratio
        rows.append((*shares, float(draw.longest_gap_frames)))
        n_steps += len(draw.steps)
        if max_steps is not None and n_steps > max_steps and len(rows) >= _MIN_DRAWS:
            break
    values = np.array(rows)
    if not is_certain and policy.probability < 1:
        # Decided after all draws, so that these are the same for every probability.
        values[generator.random(len(values)) >= policy.probability] = 0
    return Coverage(n_frames, *values.T.copy())


def enough_draws(policy: Policy, n_draws: int) -> int:
    """Return how many of ``n_draws`` draws are needed to estimate what a policy masks.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> enough_draws(LB, 1000), enough_draws(LB.with_parameters(mT=1000), 1000)
    (1000, 49)
    """
    n_masks = sum(max(getattr(t, "count", 1), getattr(t, "max_count", 0) or 0) for t in policy.transforms)
    return min(n_draws, max(_MIN_DRAWS, _MAX_MASKS // max(n_masks, 1)))


def least_mels(policy: Policy) -> int:
    """Return the minimum number of bins, where a framework raises for masks wider than the mel; otherwise 0.

    Examples
    --------
    >>> least_mels(Policy((Cutout(max_bins=50),)))
    50
    """
    cutouts = [t.max_bins for t in policy.transforms if isinstance(t, Cutout) and t.count]
    masks = [t for t in policy.transforms if isinstance(t, Mask) and t.axis == "frequency" and t.count]
    return max([0, *cutouts, *(t.max_width or 0 for t in masks if t.start_rule == "below_limit")])


def _steps(
    policy: Policy, n_mels: int, n_frames: int, generator: np.random.Generator, batch: Batch | None
) -> tuple[Step, ...]:
    stream, steps = OwnStream(generator), list[Step]()
    is_warped = policy.warp_probability is None or generator.random() < policy.warp_probability
    for transform in applied_transforms(policy, n_mels, generator):
        if isinstance(transform, TimeWarp | Warp) and not is_warped:
            continue
        if isinstance(transform, CallableTransform):
            raise ParameterError(
                f"{transform.call:.80} is a callable, whose coverage can only be measured on a clip; use "
                "'specaug-listen audition CLIP --policy ...'"
            )
        steps += transform.draw(n_mels, n_frames, stream, batch)[0]
    return tuple(steps)
