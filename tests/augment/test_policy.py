"""Policies: the papers' tables, how much of a clip they cover, and that the seed decides all randomness."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from unmeasured import unmeasured

from specaug_listen import Audio
from specaug_listen.augment import (
    LD,
    POLICIES,
    Draw,
    FrequencyMask,
    Policy,
    TimeMask,
    TimeWarp,
)
from specaug_listen.errors import ParameterError, SpecAugListenWarning
from specaug_listen.frontends import LIBROSA, WHISPER, MelSpectrogram


@pytest.fixture(scope="module")
def mel():
    """Four seconds, enough for a warp of 80 frames; the values do not affect the positions of masks."""
    return MelSpectrogram(np.random.default_rng(1).normal(0, 0.3, (80, 400)), WHISPER)


LEVEL = {kind: {"fill_level": None} for kind in ("frequency_mask", "time_mask")}


def regions(draw):
    return [step.region for step in draw.steps if step.kind != "time_warp"]


def test_the_same_seed_gives_the_same_draw(subtests, mel):
    for name in sorted(POLICIES):
        with subtests.test(name=name):
            assert POLICIES[name].draw(mel, rng=11) == POLICIES[name].draw(mel, rng=11)


def test_other_seeds_give_other_draws(mel):
    draws = {LD.draw(mel, rng=seed).to_json() for seed in range(50)}
    assert len(draws) == 50


def test_the_largest_seed_is_accepted_and_the_next_refused(mel):
    assert LD.draw(mel, rng=2**53 - 1) == LD.draw(mel, rng=2**53 - 1)
    for wrong in (2**53, -1, 1.0, True, "7"):
        with pytest.raises(ParameterError, match=r"rng=.*: expected an integer in \[0, 2\*\*53\)"):
            LD.draw(mel, rng=wrong)


def test_a_generator_goes_on_where_the_last_draw_left_it(mel):
    generator, again = np.random.default_rng(5), np.random.default_rng(5)
    first, second = (LD.draw(mel, rng=generator) for _ in range(2))
    assert first != second
    assert [LD.draw(mel, rng=again) for _ in range(2)] == [first, second]


def test_without_a_seed_draws_differ_and_the_global_generator_is_left_alone(mel):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - that it is not used is the point
    assert LD.draw(mel) != LD.draw(mel)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_another_fill_leaves_the_masks_where_they_are(subtests, mel):
    for fill in ["band_mean", "frame_mean", "min", "floor", "noise", 0.0, -1.25]:
        with subtests.test(fill=fill):
            other = LD.with_fill(fill)
            assert {t.fill for t in other.transforms[1:]} == {fill}
            draw, drawn = LD.draw(mel, rng=3), other.draw(mel, rng=3)
            assert regions(drawn) == regions(draw)
            assert drawn.warps == draw.warps
            assert {step.fill for step in drawn.steps[1:]} == {fill}


@pytest.mark.parametrize("changed", range(3), ids=["warp", "bands", "spans"])
def test_changing_one_transform_leaves_what_the_others_draw(mel, changed):
    other = (TimeWarp(3), FrequencyMask(5, 12), TimeMask(4, 9))[changed]
    transforms = list(LD.transforms)
    transforms[changed] = other
    kinds = {t.kind for t in LD.transforms} - {other.kind}
    before, after = LD.draw(mel, rng=9), replace(LD, transforms=tuple(transforms)).draw(mel, rng=9)
    # A fill's level is relative to the warped clip, so that alone may differ.
    unmeasured = [[replace(s, **LEVEL.get(s.kind, {})) for s in draw.steps] for draw in (before, after)]
    for kept in (True, False):
        ours, theirs = ([s for s in steps if (s.kind in kinds) == kept] for steps in unmeasured)
        assert (ours == theirs) == kept


def test_a_policy_is_drawn_in_the_order_of_its_transforms(mel):
    policy = Policy([TimeMask(2), TimeWarp(9), FrequencyMask(1), TimeMask(1)])
    kinds = [step.kind for step in policy.draw(mel, rng=0).steps]
    assert kinds == ["time_mask", "time_mask", "time_warp", "frequency_mask", "time_mask"]


@pytest.mark.parametrize(("probability", "low", "high"), [(0.0, 0, 0), (0.3, 86, 154), (1.0, 400, 400)])
def test_probability_is_the_share_of_clips_that_are_touched(mel, probability, low, high):
    """For 0.3, 400 draws give 120 on average; the bounds are 3.7 standard deviations away."""
    policy = Policy((FrequencyMask(),), probability=probability)
    with unmeasured():
        draws = [policy.draw(mel, rng=seed) for seed in range(400)]
    assert low <= sum(draw.applied for draw in draws) <= high
    assert all(bool(draw.steps) == draw.applied for draw in draws)


def test_a_lower_probability_does_not_move_the_masks_of_those_that_stay(mel):
    always, often = LD, replace(LD, probability=0.9)
    for seed in range(20):
        draw = often.draw(mel, rng=seed)
        assert not draw.applied or draw.steps == always.draw(mel, rng=seed).steps


def test_an_untouched_clip_is_said_to_be_untouched_by_name(mel):
    draw = replace(LD, probability=0.0).draw(mel, rng=0)
    assert (draw.applied, draw.steps, draw.policy) == (False, (), "LD")
    assert draw.apply(mel) is mel


def test_warnings_are_issued_and_recorded():
    short = WHISPER(Audio(np.zeros(8000), 16000))
    policy = Policy((TimeWarp(80), FrequencyMask(max_bins=100), TimeMask(max_ratio=0.001), TimeMask(1, 10)))
    with pytest.warns(SpecAugListenWarning) as caught:
        draw = policy.draw(short, rng=0)
    assert tuple(str(warning.message) for warning in caught) == draw.warnings
    assert [line.split(".")[0].split(" ")[0] for line in draw.warnings] == [
        "time_warp",
        "frequency_mask",
        "time_mask",
    ]
    assert caught[0].filename == __file__
    assert Draw.from_json(draw.to_json()).warnings == draw.warnings


def test_a_policy_that_does_as_asked_warns_of_nothing(mel):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert LD.draw(mel, rng=0).warnings == ()


def test_a_constant_that_the_scale_does_not_have_is_refused_by_name():
    power = LIBROSA(Audio(np.sin(np.arange(22050) * 0.2), 22050))
    with pytest.raises(ParameterError, match=r"policy 'LD': a cell of -1 is not a power .*'librosa'"):
        replace(LD.with_fill(-1.0), transforms=LD.with_fill(-1.0).transforms[1:]).draw(power, rng=0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"transforms": (), "probability": 1.2}, r"probability=1\.2: should be less than or equal to 1"),
        ({"transforms": (), "probability": -0.1}, r"probability=-0\.1: should be greater than or equal to 0"),
        ({"transforms": (), "probability": float("nan")}, r"probability=nan: should be less than or equal to 1"),
        ({"transforms": 3}, r"transforms=3: should be a valid tuple"),
        ({"transforms": (), "name": 7}, r"name=7: should be a valid string"),
        ({"transforms": (), "name": ""}, r"name='': "),
        ({"transforms": ["time_mask"]}, r"transforms\[0\]='time_mask'"),
        ({"transforms": (TimeMask(),) * 101}, r"transforms=.*"),
        (
            {"transforms": (), "p": 0.5},
            r"unknown key 'p'.*\(allowed: .*transforms.*\)",
        ),
    ],
)
def test_a_policy_out_of_range_is_refused(fields, message):
    with pytest.raises(ParameterError, match=rf"^Policy: {message}"):
        Policy(**fields)
