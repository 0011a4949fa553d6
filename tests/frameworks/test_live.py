"""The comparison with the real frameworks, live where they are installed: the same seed, the same mel, cell by cell."""

from __future__ import annotations

import dataclasses
import importlib
import random
import warnings

import numpy as np
import pytest

from specaug_listen.augment import Batch, Policy
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks import (
    espnet_policy,
    hf_policy,
    lhotse_policy,
    nemo_policy,
    speechbrain_drop,
    speechbrain_warp,
    torchaudio_policy,
)
from specaug_listen.frameworks.registry import exact_streams
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


def assert_same(torch, policy, theirs, n_frames, batch=None, seeds=SEEDS):
    """``theirs`` takes and gives a tensor of shape (n_mels, n_frames), or with the padding of the batch."""
    padded = n_frames if batch is None else batch.n_frames
    draws = []
    for seed in seeds:
        values = np.random.default_rng(seed).normal(-5, 2, (80, n_frames)).astype(np.float32)
        row = np.full((80, padded), 0.0 if batch is None else batch.pad_value, np.float32)
        row[:, :n_frames] = values
        mel = MelSpectrogram(values, LHOTSE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            policy = dataclasses.replace(policy, batch=batch)
            drawn = policy.draw(mel, rng=0, streams=exact_streams(policy, seed))
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002 - what they draw from
            torch.manual_seed(seed)
            with torch.no_grad():
                wanted = theirs(torch.tensor(row)).numpy()[:, :n_frames]
        np.testing.assert_allclose(drawn.apply(mel).values, wanted, atol=1e-5 * np.abs(values).max())
        draws.append(drawn)
    return draws


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
    policy = Policy((*drops, speechbrain_warp()), "live", framework="speechbrain")
    assert_same(torch, policy, theirs, 300)


def changed_by(torch, policy, theirs, n_frames, batch, seeds):
    """Which cells ours and theirs change, and which they leave at 0, for each seed; of the first example of a batch."""
    for seed in seeds:
        values = np.random.default_rng(seed).normal(-5, 2, (80, n_frames)).astype(np.float32)
        rows = np.full((batch.size, batch.n_frames, 80), batch.pad_value, np.float32)
        rows[:, :n_frames] = values.T
        policy = dataclasses.replace(policy, batch=batch)
        mel = MelSpectrogram(values, LHOTSE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = policy.draw(mel, rng=0, streams=exact_streams(policy, seed))
        random.seed(seed)
        torch.manual_seed(seed)
        with torch.no_grad():
            wanted = theirs(torch.tensor(rows)).numpy()[0, :n_frames].T
        ours = drawn.apply(mel).values
        yield (ours != values, ours == 0, ours), (wanted != values, wanted == 0, wanted)


RAND = [("rand", 1), ("zeros", 2), ("rand", 2), ("zeros", 1)]


@pytest.mark.parametrize("batch", [Batch(1, 300), Batch(3, 420, -23.0)])
@pytest.mark.parametrize("has_augmenter", [True, False])
def test_speechbrains_noise_takes_its_numbers_from_the_draws_behind_it(torch, batch, has_augmenter):
    domain, module_ = module("speechbrain.augment.freq_domain"), module("speechbrain.augment.augmenter")
    stages = [domain.SpectrogramDrop(replace=replace, dim=dim) for replace, dim in RAND]
    drops = tuple(speechbrain_drop(replace=replace, dim=dim) for replace, dim in RAND)
    policy = Policy(drops, "live", framework="speechbrain")
    built = torch.nn.Sequential(*stages)
    if has_augmenter:
        policy = dataclasses.replace(policy, n_applied=(2, 4), is_shuffled=True)
        of_recipe = module_.Augmenter(
            augmentations=stages, min_augmentations=2, max_augmentations=4, shuffle_augmentations=True
        )

        def built(rows):
            return of_recipe(rows, rows.new_ones(len(rows)))[0]

    for ours, theirs in changed_by(torch, policy, lambda x: built(x.clone()), 300, batch, range(12)):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])


def augmenter(domain, module, **parameters):
    """The recipe's three stages, narrower, in an Augmenter; as a function of one row."""
    drops = [domain.SpectrogramDrop(drop_length_high=12, replace="mean", dim=dim) for dim in (1, 2)]
    built = module.Augmenter(augmentations=[*drops, domain.Warping()], **parameters)
    return lambda x: built(x.T[None].clone(), built_lengths(x))[0][0].T


def built_lengths(x):
    return x.new_ones(1)


STAGES = (
    speechbrain_drop(drop_length_high=12, replace="mean"),
    speechbrain_drop(drop_length_high=12, replace="mean", dim=2),
    speechbrain_warp(),
)


# Where the clip ends within the batch: padding nearly all over, a little of it, and a clip that alone is too short.
@pytest.mark.parametrize(("n_frames", "padded"), [(40, 400), (290, 300), (8, 60)])
@pytest.mark.parametrize("replace", ["zeros", "mean", "swap"])
def test_speechbrain_in_a_padded_batch(torch, replace, n_frames, padded):
    domain = module("speechbrain.augment.freq_domain")
    stages = [domain.SpectrogramDrop(replace=replace, dim=dim) for dim in (1, 2)] + [domain.Warping()]

    def theirs(x):
        batch = x.T[None].clone()
        for stage in stages:
            batch = stage(batch)
        return batch[0].T

    drops = [speechbrain_drop(replace=replace, dim=dim) for dim in (1, 2)]
    policy = Policy((*drops, speechbrain_warp()), "live", framework="speechbrain")
    draws = assert_same(torch, policy, theirs, n_frames, Batch(1, padded, -23.0), range(12))
    assert all(draw.warps and draw.is_over_padding for draw in draws)


@pytest.mark.parametrize("window", [5, 30])
def test_speechbrains_warp_is_drawn_over_the_padding(torch, window):
    """A warp whose frame lies in the padding draws it into the clip, or the clip out of itself."""
    warp = module("speechbrain.augment.freq_domain").Warping(warp_window=window)
    policy = Policy((speechbrain_warp(warp_window=window),), "live", framework="speechbrain")
    draws = assert_same(torch, policy, lambda x: warp(x.T[None].clone())[0].T, 100, Batch(4, 220, -23.0), range(12))
    assert any(draw.warps[0].center_frame > 100 for draw in draws)
    assert any(draw.warps[0].center_frame < 100 for draw in draws)


@pytest.mark.parametrize("least", [1, 2, 3])
@pytest.mark.parametrize("is_shuffled", [True, False])
def test_speechbrains_augmenter_picks_and_shuffles(torch, least, is_shuffled):
    domain, module_ = module("speechbrain.augment.freq_domain"), module("speechbrain.augment.augmenter")
    parameters = {"min_augmentations": least, "max_augmentations": 3, "augment_prob": 0.8}
    theirs = augmenter(domain, module_, shuffle_augmentations=is_shuffled, **parameters)
    policy = Policy(STAGES, "live", 0.8, framework="speechbrain", n_applied=(least, 3), is_shuffled=is_shuffled)
    draws = assert_same(torch, policy, theirs, 200, seeds=range(20))
    kinds = {tuple(dict.fromkeys(step.kind for step in draw.steps)) for draw in draws}
    assert len(kinds) >= (5 if is_shuffled else 4 - least)


@pytest.mark.parametrize("enabled", [[True, False, True], [False, True, True]])
def test_speechbrain_counts_augmentations_that_are_switched_off(torch, enabled):
    domain, module_ = module("speechbrain.augment.freq_domain"), module("speechbrain.augment.augmenter")
    theirs = augmenter(domain, module_, enable_augmentations=enabled)
    kept = tuple(stage for stage, is_on in zip(STAGES, enabled, strict=True) if is_on)
    policy = Policy(kept, "live", framework="speechbrain", n_applied=(1, 3))
    draws = assert_same(torch, policy, theirs, 200, seeds=range(20))
    # One of three draws applies one of the two.
    assert 2 <= sum(len({step.kind for step in draw.steps}) == 1 for draw in draws) <= 12


@pytest.mark.parametrize("p", [0.5, 0.9])
@pytest.mark.parametrize(("n_frames", "lengths"), [(500, (500,)), (300, (300, 400, 250)), (300, (300,))])
def test_lhotse_with_supervisions_tosses_twice(torch, p, n_frames, lengths):
    transform = module("lhotse.dataset").SpecAugment(p=p)
    padded = max(500, *lengths)
    segments = torch.tensor([[i, 0, n] for i, n in enumerate(lengths)], dtype=torch.int32)

    def theirs(x):
        return transform(x.T[None].repeat(len(lengths), 1, 1), segments)[0].T

    policy = lhotse_policy(p=p, supervisions=True)
    draws = assert_same(torch, policy, theirs, n_frames, Batch(len(lengths), padded, -23.0), range(40))
    did = {(bool(draw.warps), any(step.kind != "time_warp" for step in draw.steps)) for draw in draws}
    assert did >= ({(True, True), (True, False), (False, True)} if p == 0.9 else {(False, False), (True, False)})


def test_lhotse_without_supervisions_warps_the_padding_too(torch):
    transform = module("lhotse.dataset").SpecAugment(p=0.5)
    policy = lhotse_policy(p=0.5)
    draws = assert_same(torch, policy, lambda x: transform(x.T[None])[0].T, 300, Batch(1, 500, -23.0), range(20))
    assert {draw.applied for draw in draws} == {True, False}
    assert {bool(draw.warps) for draw in draws if not draw.applied} == {False}
    assert sum(draw.is_over_padding for draw in draws) >= 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"features_mask_size": 0},
        {"frames_mask_size": 0},
        {"num_frame_masks": 0},
        {"max_frames_mask_fraction": 0.0},
    ],
)
def test_where_lhotse_raises_its_policy_is_refused(torch, wrong):
    dataset = module("lhotse.dataset")
    with pytest.raises((AssertionError, ZeroDivisionError)):
        dataset.SpecAugment(**wrong, p=1.0)(torch.zeros(1, 300, 80))
    with pytest.raises(ParameterError, match=f"{next(iter(wrong))}=0.*: allowed is more than 0; lhotse raises"):
        lhotse_policy(**wrong)


@pytest.mark.parametrize("freq_width", [80, 81, 200])
def test_where_nemos_legacy_masks_raise_a_draw_is_refused(torch, freq_width):
    submodule = module("nemo.collections.asr.parts.submodules.spectr_augment")
    transform = submodule.SpecAugment(freq_masks=1, freq_width=freq_width, use_vectorized_code=False)
    policy = nemo_policy(freq_masks=1, freq_width=freq_width, use_vectorized_spec_augment=False)
    mel = MelSpectrogram(np.ones((80, 50), np.float32), LHOTSE)

    def theirs():
        return transform(input_spec=torch.ones(1, 80, 50), length=torch.tensor([50]))

    if freq_width <= 80:
        theirs()
        assert len(policy.draw(mel, rng=0).steps) == 1
        return
    with pytest.raises(ValueError, match="empty range"):
        theirs()
    with pytest.raises(ParameterError, match=f"max_width={freq_width}: the mel has 80 bins, and NeMo raises here"):
        policy.draw(mel, rng=0)


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


@pytest.mark.parametrize("row", [3000, 400])
@pytest.mark.parametrize("least", [0, 1, 2, 5])
def test_transformers_with_an_attention_mask(subtests, torch, row, least):
    """Starts of the clip, numbers bounded by its row; masks of features follow, from the same generator."""
    whisper = module("transformers.models.whisper.modeling_whisper")
    for n_frames in (1, 5, 9, 10, 11, 12, 15, 19, 20, 35, 400):
        with subtests.test(n_frames=n_frames):
            compare_with_an_attention_mask(torch, whisper, n_frames, row, least)


def compare_with_an_attention_mask(torch, whisper, n_frames, row, least):
    attention = (torch.arange(row) < n_frames)[None].long()

    def theirs(x):
        masked = x.clone()
        options = {"mask_prob": 0.05, "mask_length": 10, "min_masks": least}
        time = whisper._compute_mask_indices((1, row), attention_mask=attention, **options)
        masked[:, torch.tensor(time[0])] = 0
        frequency = whisper._compute_mask_indices((1, x.shape[0]), mask_prob=0.1, mask_length=10, min_masks=0)
        masked[torch.tensor(frequency[0])] = 0
        return masked

    policy = hf_policy(apply_spec_augment=True, mask_time_min_masks=least, mask_feature_prob=0.1)
    draws = assert_same(torch, policy, theirs, n_frames, Batch(1, row, 0.0), range(8))
    if least == 2 and n_frames in (11, 12, 15, 19):
        assert {sum(step.kind == "time_mask" for step in draw.steps) for draw in draws} == {2}


def test_a_draw_of_whispers_masks_without_a_batch_is_that_of_30_s(torch):
    policy = hf_policy(apply_spec_augment=True)
    mel = MelSpectrogram(np.zeros((80, 15), np.float32), LHOTSE)
    alone, padded = (policy.draw(mel, rng=3, batch=batch) for batch in (None, Batch(1, 3000)))
    assert alone.steps == padded.steps
    assert len(alone.steps) == 2


def test_other_chance_is_seen(torch):
    """The comparison itself: another seed is another draw."""
    policy = dataclasses.replace(lhotse_policy(), probability=1.0)
    mel = MelSpectrogram(np.zeros((80, 500), np.float32), LHOTSE)
    first, second = (policy.draw(mel, rng=0, streams=exact_streams(policy, seed)) for seed in (1, 2))
    assert first.steps != second.steps
