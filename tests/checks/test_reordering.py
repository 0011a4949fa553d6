"""Reordered frames and bins are found, also beside masks; a roll or a warp is no reordering."""

from __future__ import annotations

import numpy as np
import pytest
from checked import quick_check
from pipelines import moved

from specaug_listen import frontends
from specaug_listen.checks.clips import speech_clips
from specaug_listen.checks.pipelines import CallablePipeline
from specaug_listen.checks.probes import Probe
from specaug_listen.checks.rules_warps import order_findings
from specaug_listen.checks.session import Session
from specaug_listen.custom.adapter import Adapter

ALONE = Adapter(axes="bins, frames", container="numpy")
R = np.random


def masked(mel):
    after, (n, t) = mel.copy(), mel.shape
    for size, at in ((n, 0), (t, 1), (t, 1)):
        width = int(R.randint(0, size // 6 + 1))
        start = int(R.randint(0, size - width + 1))
        after[(slice(start, start + width), slice(None))[:: -1 if at else 1]] = mel.mean()
    return after


ODD = {
    "backwards": (lambda mel: masked(mel)[:, ::-1].copy(), "frames"),
    "backwards now and then": (lambda mel: masked(mel)[:, :: -1 if R.rand() < 0.3 else 1].copy(), "frames"),
    "shuffled": (lambda mel: masked(mel)[:, R.permutation(mel.shape[1])], "frames"),
    "upside down": (lambda mel: masked(mel)[::-1].copy(), "bins"),
    "upside down now and then": (lambda mel: masked(mel)[:: -1 if R.rand() < 0.3 else 1].copy(), "bins"),
    "shuffled bins": (lambda mel: masked(mel)[R.permutation(len(mel))], "bins"),
}
CALM = {
    "masks": masked,
    "roll": lambda mel: np.roll(masked(mel), R.randint(mel.shape[1]), axis=1),
    "roll of bins": lambda mel: np.roll(masked(mel), R.randint(len(mel)), axis=0),
    "warp": lambda mel: moved(masked(mel), mel.shape[1] // 2, R.randint(-2, 3)),
    "noise": lambda mel: mel.mean() + R.normal(size=mel.shape).astype(mel.dtype) * mel.std(),
    "turned sign": lambda mel: -masked(mel),
    "a part backwards": lambda mel: np.concatenate(
        [mel[:, : len(mel[0]) // 6][:, ::-1], mel[:, len(mel[0]) // 6 :]], 1
    ),
    "many masks": lambda mel: masked(masked(masked(masked(mel)))),
}


@pytest.fixture(scope="module")
def clips():
    return speech_clips(frontends.WHISPER)[:3]


def findings_of(function, clips, seed=0):
    return order_findings(Session(CallablePipeline("augment", function, ALONE, clips[0].mel), clips, seed, 100))


@pytest.mark.parametrize("name", ODD)
def test_another_order_is_found(name, clips):
    function, what = ODD[name]
    (finding,) = findings_of(function, clips)
    assert finding.id == "order-changed"
    assert f"draws reverse or shuffle {what}, on" in finding.evidence


@pytest.mark.parametrize("name", CALM)
def test_the_same_order_is_none(name, clips):
    assert [findings_of(CALM[name], clips, seed) for seed in range(2)] == [[], []]


def test_a_clip_that_runs_backwards_is_that_finding_alone():
    report = quick_check(ODD["backwards"][0], adapter=ALONE).report
    assert report.ids == ("order-changed",)


@pytest.mark.parametrize(("n_mels", "n_frames"), [(40, 20), (80, 57), (128, 200), (40, 1500), (80, 1500)])
def test_any_probe_shows_what_stands_elsewhere(n_mels, n_frames):
    probe = Probe(n_mels, n_frames, -80.0, 0.0)
    shuffled = np.random.default_rng(n_frames).permutation(n_frames)
    for after, expected in (
        (probe.values[:, ::-1], "frames"),
        (probe.values[:, ::-1].astype(np.float16).astype(np.float32), "frames"),
        (probe.values[:, shuffled], "frames"),
        (probe.values[::-1], "bins"),
        (np.roll(probe.values, n_frames // 3, axis=1), ""),
        (np.roll(probe.values, n_mels // 3, axis=0), ""),
    ):
        assert probe.read(after).out_of_order == expected
