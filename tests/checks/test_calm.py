"""No false alarms for gains, noise, rolls and rounding, which look similar to masks, fills or warps."""

from __future__ import annotations

import numpy as np
import pytest
from checked import CLIPS, quick_check
from hypothesis import given
from hypothesis import strategies as st
from pipelines import ADAPTER, Reference, Still, moved, noise

from specaug_listen._arrays import runs
from specaug_listen.checks.probes import Probe
from specaug_listen.custom.adapter import Adapter

NORMAL = np.random.normal
SEEDS = st.integers(0, 2**32 - 1)
SHORT = CLIPS[:2]


def one(mel):
    return Still()(mel[np.newaxis], [mel.shape[1]])[0]


CALM = {
    "faint noise": lambda mel: noise(mel, 1e-4),
    "noise": lambda mel: noise(mel, 0.005),
    "more noise": lambda mel: noise(mel, 0.03),
    "loud noise": lambda mel: noise(mel, 0.3),
    "masks and noise": lambda mel: noise(one(mel), 0.005),
    "noise now and then": lambda mel: noise(mel, 0.03) if NORMAL() > 0 else one(mel),
    "gain": lambda mel: mel + np.float32(NORMAL()),
    "little gain": lambda mel: mel + np.float32(0.02 * NORMAL()),
    "masks and gain": lambda mel: one(mel) + np.float32(0.02 * NORMAL()),
    "roll": lambda mel: np.roll(mel, int(20 * NORMAL()), axis=1),
    "any roll": lambda mel: np.roll(mel, np.random.randint(mel.shape[1]), axis=1),  # noqa: NPY002
    "roll of bins": lambda mel: np.roll(mel, int(3 * NORMAL()), axis=0),
    "two parts that change places": lambda mel: np.concatenate(np.split(mel, [mel.shape[1] // 3], axis=1)[::-1], 1),
    "masks and roll": lambda mel: one(np.roll(mel, int(20 * NORMAL()), axis=1)),
}


# Other amounts of what stands beside them.
AMOUNTS = ("faint noise", "more noise", "loud noise", "little gain", "any roll")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in AMOUNTS else n for n in CALM])
def test_what_is_no_mask_and_no_warp_is_no_finding(name):
    assert quick_check(CALM[name], clips=SHORT).report.ids == ()


@pytest.mark.parametrize(("made", "dtype"), [(Reference, np.float16), (Still, np.float64)])
def test_another_dtype_is_that_finding_alone(made, dtype):
    def converts(mels, lengths):
        return made()(mels, lengths).astype(dtype)

    assert quick_check(converts, adapter=ADAPTER, clips=SHORT).report.ids == ("dtype-changed",)


def test_rounding_alone_applies_nothing():
    assert quick_check(lambda mel: mel.astype(np.float16), clips=SHORT).report.ids == (
        "dtype-changed",
        "nothing-applied",
    )


def test_a_declared_dtype_of_half_precision_is_clean():
    adapter = Adapter(axes="batch, bins, frames", container="numpy", lengths="frames", dtype="float16")
    assert quick_check(Still(), adapter=adapter).report.ids == ()


@given(SEEDS, st.floats(1e-4, 0.005), st.floats(-3, 3), st.integers(20, 600))
def test_masks_are_read_under_noise_and_gain(seed, deviation, gain, n_frames):
    rng = np.random.default_rng(seed)
    probe = Probe(80, n_frames, -1.0, 1.5)
    after = probe.values.copy()
    after[10:25] = after[:, n_frames // 2 : n_frames // 2 + n_frames // 5] = after.mean()
    seen = probe.read(after + rng.normal(0, deviation, after.shape) + gain)
    assert runs(seen.masked_bins) == [(10, 15)]
    assert runs(seen.masked_frames) == [(n_frames // 2, n_frames // 5)]
    assert seen.moved == 0
    assert not seen.is_resampled


@given(st.integers(20, 2000), st.integers(1, 1999))
def test_whole_frames_that_move_are_no_warp_and_no_reading_between(n_frames, shift):
    probe = Probe(80, n_frames, -1.0, 1.5)
    for after in (np.roll(probe.values, shift, axis=1), probe.values[:, ::-1]):
        seen = probe.read(after)
        assert seen.moved == 0
        assert not seen.is_resampled
        assert not seen.masked_frames.any()


@given(SEEDS, st.integers(100, 600), st.sampled_from([-1, 1]))
def test_a_warp_is_read_in_half_precision(seed, n_frames, side):
    probe = Probe(80, n_frames, -1.0, 1.5)
    after = moved(probe.values, n_frames // 2, side * (n_frames // 8)).astype(np.float16)
    assert probe.read(after).moved == pytest.approx(side * (n_frames // 8), abs=1.5)


def test_a_disturbance_is_told_by_its_gain_and_its_deviation():
    probe = Probe(80, 200, -1.0, 1.5)
    rng = np.random.default_rng(5)
    gain, deviation = probe.disturbance(probe.values + 0.4 + rng.normal(0, 0.01, probe.values.shape))
    assert gain == pytest.approx(0.4, abs=0.005)
    assert deviation == pytest.approx(0.01, rel=0.15)
    assert probe.disturbance(probe.values) == (0.0, 0.0)
    assert probe.disturbance(moved(probe.values, 100, 20)) == (0.0, 0.0)
    masked = probe.values.copy()
    masked[:70] = 0.0
    assert probe.disturbance(masked) == (0.0, 0.0)


def test_a_batch_of_a_filter_is_no_finding_either():
    assert quick_check(lambda mels, lengths: mels - 1, adapter=ADAPTER).report.ids == ()
