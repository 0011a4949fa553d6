"""The frameworks' real modules; skipped if a library is not installed."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Draw, frontends
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.inspection import inspect_change

pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def drawn(module, mel, seed=0):
    """What a module does to a mel, after it was seen that a stored draw does the same."""
    draw = get_policy(module).draw(mel, rng=seed)
    after = draw.apply(mel)
    again = Draw.from_json(draw.to_json()).with_callable(module).apply(mel)
    np.testing.assert_array_equal(again.values, after.values)
    assert "as it is known of this module" in draw.warnings[0]
    return inspect_change(mel, after)


def test_torchaudio(mel):
    transforms = pytest.importorskip("torchaudio.transforms")
    seeds = range(6)
    times = [drawn(transforms.TimeMasking(30), mel, seed) for seed in seeds]
    bands = [drawn(transforms.FrequencyMasking(20), mel, seed) for seed in seeds]
    assert any(change.spans for change in times)
    assert not any(change.bands for change in times)
    assert any(change.bands for change in bands)
    assert not any(change.spans for change in bands)
    both = [drawn(transforms.SpecAugment(2, 20, 2, 15), mel, seed) for seed in seeds]
    assert {band.fill.kind for change in both for band in change.bands} == {"mean"}
    assert max(change.unexplained_ratio for change in times + bands + both) == 0


def test_lhotse(mel):
    transforms = pytest.importorskip("lhotse.dataset.signal_transforms")
    module = transforms.SpecAugment(p=1.0, time_warp_factor=10, frames_mask_size=20)
    changes = [drawn(module, mel, seed) for seed in range(6)]
    warps = [change.warp for change in changes if change.warp]
    assert len(warps) >= 4
    assert {warp.reading for warp in warps} == {"bicubic"}
    assert all(abs(warp.displacement_frames) <= 10 for warp in warps)
    assert max(change.masked_frames.mean() for change in changes) <= 0.15
    assert max(change.unexplained_ratio for change in changes) < 0.001


def test_espnet(mel):
    specaug = pytest.importorskip("espnet2.asr.specaug.specaug")
    module = specaug.SpecAug(time_warp_window=8, time_mask_width_range=(0, 20), freq_mask_width_range=(0, 15))
    changes = [drawn(module, mel, seed) for seed in range(6)]
    assert {band.fill.kind for change in changes for band in change.bands} == {"zero"}
    assert {change.warp.reading for change in changes if change.warp} == {"bicubic"}
    assert max(change.unexplained_ratio for change in changes) < 0.001


def test_speechbrain(mel):
    domain = pytest.importorskip("speechbrain.augment.freq_domain")
    spans = drawn(domain.SpectrogramDrop(drop_count_low=1, drop_count_high=2), mel)
    bands = drawn(domain.SpectrogramDrop(drop_count_low=1, drop_count_high=2, dim=2), mel)
    assert spans.spans
    assert not spans.bands
    assert bands.bands
    assert not bands.spans
    warp = drawn(domain.Warping(), mel).warp
    assert warp is not None
    assert warp.reading == "bicubic, corners aligned"


@pytest.mark.parametrize(
    "arguments",
    [
        {"freq_masks": 2, "time_masks": 2, "freq_width": 10, "time_width": 0.1},
        {"freq_masks": 2, "time_masks": 2, "freq_width": 10, "time_width": 10, "use_vectorized_spec_augment": False},
        {"rect_masks": 3, "rect_time": 20, "rect_freq": 10},
    ],
)
def test_nemo(speechlike, arguments):
    modules = pytest.importorskip("nemo.collections.asr.modules")
    mel = frontends.NEMO(speechlike)
    change = drawn(modules.SpectrogramAugmentation(**arguments), mel)
    assert not change.is_nothing
    assert change.unexplained_ratio == 0
    masks = [*change.bands, *change.spans, *change.rectangles]
    assert {mask.fill.kind for mask in masks} <= {"zero", "mean"}
