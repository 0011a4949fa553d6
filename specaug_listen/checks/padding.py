"""When a mask counts as lying in a clip's padding, of a batch in which a longer clip stands beside it.

Of a policy, its draw says so: it knows the length up to which starts were drawn, and counts masks of which no frame is
left in the clip (`specaug_listen.augment.steps.n_in_padding`). Of a callable, the padding that comes back is looked at:
a frame is masked if it holds neither the padding that was given nor what a warp has moved there, over more frames than
a warp mixes at the seam or all alike (`Probe.masked_padding`). What the clip itself was added (a gain, a noise), its
padding may have, too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .pipelines import Outcome
from .probes import Probe

__all__ = ["masked_padding", "n_in_padding"]


def n_in_padding(outcome: Outcome, probe: Probe, pad_value: float) -> int:
    """Count what is masked in the padding of the first item: masks of a policy, frames of a callable."""
    if outcome.draws:
        return outcome.draws[0].n_masks_in_padding
    return int(masked_padding(outcome, probe, pad_value).sum())


def masked_padding(outcome: Outcome, probe: Probe, pad_value: float) -> npt.NDArray[np.bool_]:
    """Say which frames of the padding of the first item are masked, shape (any,)."""
    clip, padding = np.split(outcome.values[0], [probe.n_frames], axis=1)
    if not padding.size:
        return np.zeros(0, bool)
    return probe.masked_padding(padding, pad_value, *probe.disturbance(clip))
