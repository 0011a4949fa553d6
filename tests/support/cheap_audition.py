"""Auditions whose vocoder costs nothing; `import cheap_audition` works from every room."""

from __future__ import annotations

from specaug_listen import Audio, Policy, audition
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp
from specaug_listen.vocoders import GriffinLim

__all__ = ["FAST", "MASKS", "STEADY", "WARP", "as_it_was", "heard"]

MASKS = Policy([FrequencyMask(count=2, max_bins=20), TimeMask(count=2, max_frames=40)], "masks")
STEADY = Policy([FrequencyMask(count=2), TimeMask(count=2)], "steady")
WARP = Policy([TimeWarp(10), *MASKS.transforms], "warp")
FAST = GriffinLim(n_iter=1)


def as_it_was(mel) -> Audio:
    """A vocoder that costs nothing: the clip, whatever the mel."""
    return mel.audio


def heard(clip: Audio, **more):
    return audition(clip, **{"policy": WARP, "vocoder": as_it_was, "rng": 7, **more})
