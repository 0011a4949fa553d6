"""A time warp between two mels is recovered, and the way in which it reads between frames."""

from __future__ import annotations

import numpy as np
import pytest
from recovery import FILLS, FRONTENDS, check_recovered

from specaug_listen import Draw, Policy, frontends
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp, WarpPath
from specaug_listen.inspection import inspect_change
from specaug_listen.inspection.warp_search import _READINGS, Knee, read_warped


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


@pytest.mark.parametrize("frontend", FRONTENDS)
def test_a_warp_is_recovered(frontend, speechlike):
    mel = frontends.PRESETS[frontend](speechlike)
    for seed in range(4):
        change = check_recovered(Policy((TimeWarp(1 + seed % (mel.n_frames // 6)),)).draw(mel, rng=seed), mel)
        assert change.warp is None or change.warp.reading == "linear"


def test_a_warp_below_masks_is_recovered_with_them(speechlike):
    mel = frontends.LHOTSE(speechlike)
    for seed, fill in enumerate(FILLS):
        masks = FrequencyMask(count=2, max_bins=20, fill=fill), TimeMask(max_frames=25, fill=fill)
        change = check_recovered(Policy((TimeWarp(15), *masks)).draw(mel, rng=100 + seed), mel)
        assert change.unexplained_ratio == 0


@pytest.mark.parametrize("reading", _READINGS)
def test_the_way_a_framework_reads_between_frames_is_told(mel, reading):
    for knee in (Knee(60, 50), Knee(40, 52), Knee(71, 70)):
        warp = inspect_change(mel, mel.with_values(read_warped(mel.values, knee, reading))).warp
        assert warp is not None
        moved = knee.target - knee.source
        assert (warp.center_frame, warp.displacement_frames, warp.reading) == (knee.source, moved, reading)


def test_a_warp_that_is_read_in_another_way_is_estimated(speechlike):
    mel = frontends.LHOTSE(speechlike)
    smooth = np.interp(np.arange(120), [0, 30, 60, 90, 119], [0, 24, 50, 85, 119])
    warp = inspect_change(mel, mel.with_values(mel.with_warp(smooth).values)).warp
    assert warp is not None
    assert np.abs(warp.source_frames(120) - smooth).max() < 4


def test_the_map_of_a_warp_never_falls_and_keeps_the_ends(mel):
    draw = Draw(80, 120, (WarpPath(40, 12),))
    warp = inspect_change(mel, draw.apply(mel)).warp
    assert warp is not None
    source = warp.source_frames(120)
    assert (source[0], source[-1]) == (0, 119)
    assert (np.diff(source) > 0).all()


def test_another_level_of_all_cells_is_no_warp(mel):
    change = inspect_change(mel, mel.with_values(mel.values - 1))
    assert change.warp is None
    assert change.changed_ratio == 1
