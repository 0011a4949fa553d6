"""The comparison with the real frameworks, live where they are installed: the same seed, the same mel, cell by cell."""

from __future__ import annotations

import dataclasses
import importlib
import random
import warnings

import numpy as np
import pytest

from specaug_listen.augment import Policy, exact_sources
from specaug_listen.augment.dialects import (
    espnet_policy,
    hf_policy,
    lhotse_policy,
    nemo_policy,
    speechbrain_drop,
    speechbrain_warp,
    torchaudio_policy,
)
from specaug_listen.frontends import LHOTSE, MelSpectrogram

pytestmark = pytest.mark.live
# The frameworks warn about themselves.
SEEDS = range(4)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def module(name):
    """A framework's module, whatever it needs to be imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            pytest.skip(f"{name} cannot be imported: {error}")


def assert_same(torch, policy, theirs, n_frames):
    """``theirs`` takes and gives a tensor of shape (n_mels, n_frames)."""
    for seed in SEEDS:
        values = np.random.default_rng(seed).normal(-5, 2, (80, n_frames)).astype(np.float32)
        mel = MelSpectrogram(values, LHOTSE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = policy.draw(mel, rng=0, sources=exact_sources(policy, seed))
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002 - what they draw from
            torch.manual_seed(seed)
            with torch.no_grad():
                wanted = theirs(torch.tensor(values.copy())).numpy()
        np.testing.assert_allclose(drawn.apply(mel).values, wanted, atol=1e-5 * np.abs(values).max())


@pytest.mark.parametrize("n_frames", [150, 500, 1500])
def test_lhotse(torch, n_frames):
    transform = module("lhotse.dataset").SpecAugment()
    assert_same(torch, lhotse_policy(), lambda x: transform(x.T[None])[0].T, n_frames)


ESPNET = {"freq_mask_width_range": (0, 27), "time_mask_width_ratio_range": (0.0, 0.05), "num_time_mask": 10}


@pytest.mark.parametrize("replace_with_zero", [True, False])
def test_espnet(torch, replace_with_zero):
    parameters = ESPNET | {"replace_with_zero": replace_with_zero}
    transform = module("espnet2.asr.specaug.specaug").SpecAug(**parameters)
    lengths = torch.tensor([500])
    assert_same(torch, espnet_policy(**parameters), lambda x: transform(x.T[None].clone(), lengths)[0][0].T, 500)


@pytest.mark.parametrize("replace", ["zeros", "mean", "swap"])
def test_speechbrain(torch, replace):
    domain = module("speechbrain.augment.freq_domain")
    stages = [domain.SpectrogramDrop(replace=replace, dim=dim) for dim in (1, 2)] + [domain.Warping()]

    def theirs(x):
        batch = x.T[None].clone()
        for stage in stages:
            batch = stage(batch)
        return batch[0].T

    drops = [speechbrain_drop(replace=replace, dim=dim) for dim in (1, 2)]
    policy = Policy((*drops, speechbrain_warp()), "live", dialect="speechbrain")
    assert_same(torch, policy, theirs, 300)


@pytest.mark.parametrize("iid_masks", [True, False])
@pytest.mark.parametrize("zero_masking", [True, False])
def test_torchaudio(torch, iid_masks, zero_masking):
    parameters = {"n_time_masks": 2, "time_mask_param": 40, "n_freq_masks": 2, "freq_mask_param": 27, "p": 0.2}
    parameters |= {"iid_masks": iid_masks, "zero_masking": zero_masking}
    transform = module("torchaudio.transforms").SpecAugment(**parameters)
    assert_same(torch, torchaudio_policy(**parameters), lambda x: transform(x[None].clone())[0], 300)


@pytest.mark.parametrize("is_vectorised", [True, False])
@pytest.mark.parametrize("time_width", [0.05, 40])
def test_nemo(torch, is_vectorised, time_width):
    submodule = module("nemo.collections.asr.parts.submodules.spectr_augment")
    parameters = {"freq_masks": 2, "time_masks": 10, "freq_width": 27, "time_width": time_width}

    def theirs(x):
        rng = random.Random(torch.initial_seed())
        transform = submodule.SpecAugment(**parameters, rng=rng, use_vectorized_code=is_vectorised)
        return transform(input_spec=x[None].clone(), length=torch.tensor([x.shape[1]]))[0]

    assert_same(torch, nemo_policy(**parameters, use_vectorized_spec_augment=is_vectorised), theirs, 500)


def test_transformers(torch):
    whisper = module("transformers.models.whisper.modeling_whisper")

    def theirs(x):
        masked = x.clone()
        time = whisper._compute_mask_indices((1, x.shape[1]), mask_prob=0.05, mask_length=10, min_masks=2)
        masked[:, torch.tensor(time[0])] = 0
        frequency = whisper._compute_mask_indices((1, x.shape[0]), mask_prob=0.1, mask_length=10, min_masks=0)
        masked[torch.tensor(frequency[0])] = 0
        return masked

    assert_same(torch, hf_policy(apply_spec_augment=True, mask_feature_prob=0.1), theirs, 500)


def test_other_chance_is_seen(torch):
    """The comparison itself: another seed is another draw."""
    policy = dataclasses.replace(lhotse_policy(), probability=1.0)
    mel = MelSpectrogram(np.zeros((80, 500), np.float32), LHOTSE)
    first, second = (policy.draw(mel, rng=0, sources=exact_sources(policy, seed)) for seed in (1, 2))
    assert first.steps != second.steps
