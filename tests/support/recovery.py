"""What a draw did to a mel, as far as it can be seen, and whether an inspection finds it."""

from __future__ import annotations

import numpy as np

from specaug_listen import Draw, MelSpectrogram
from specaug_listen.inspection import Change, inspect_change

__all__ = ["FILLS", "FRONTENDS", "check_recovered"]

FILLS = ("mean", "band_mean", "frame_mean", "min", "floor", "noise", 0.0, 0.5)
# Logarithms with a floor that follows the clip, and with a fixed one; powers; normalised bins.
FRONTENDS = ("whisper", "lhotse", "librosa", "nemo")


def check_recovered(draw: Draw, mel: MelSpectrogram) -> Change:
    """Inspect what a draw does to a mel; a fill may be what stood there before, which cannot be seen."""
    after = draw.apply(mel).values
    warps = [warp for warp in draw.warps if warp.displacement_frames]
    changed = after != Draw(draw.n_mels, draw.n_frames, draw.warps).apply(mel).values
    bins, frames = draw.masked_bins, draw.masked_frames
    change = inspect_change(mel, draw.apply(mel))
    # A cell that a band has changed says nothing of a span across it, and the other way round.
    np.testing.assert_array_equal(change.masked_bins, bins & changed[:, ~frames].any(axis=1))
    np.testing.assert_array_equal(change.masked_frames, frames & changed[~bins].any(axis=0))
    assert (change.warp is not None) == bool(warps)
    if change.warp is not None:
        assert abs(change.warp.center_frame - warps[0].center_frame) <= 2
        assert abs(change.warp.displacement_frames - warps[0].displacement_frames) <= 2
    return change
