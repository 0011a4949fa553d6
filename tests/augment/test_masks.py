"""The frameworks' transforms: what they refuse, what they draw on clips of any size, how draws are applied."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from streams import as_stream, in_parts

from specaug_listen.augment import (
    ALL_POLICIES,
    Batch,
    Copied,
    Copy,
    Cutout,
    Draw,
    FrequencyBand,
    Mask,
    Policy,
    Rectangle,
    TimeSpan,
    Trimmed,
    TrimTail,
    Warp,
    WarpPath,
)
from specaug_listen.augment.sources import OwnSource
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import LHOTSE, WHISPER, MelSpectrogram


def source(seed=0):
    return OwnSource(np.random.default_rng(seed))


def mel_of(n_frames, seed=0, frontend=LHOTSE):
    values = np.random.default_rng(seed).normal(-5, 2, (frontend.n_mels, n_frames)).astype(np.float32)
    return MelSpectrogram(values, frontend)


def drawn(policy, mel, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return policy.draw(mel, **named)


@pytest.mark.parametrize("name", ALL_POLICIES)
@pytest.mark.parametrize("n_frames", [1, 2, 5, 11, 40, 161, 700])
@pytest.mark.parametrize("batch", [None, Batch(4), Batch(2, 900, -23.0)])
def test_every_policy_draws_within_a_clip_of_any_length_and_its_draw_is_data(name, n_frames, batch):
    mel = mel_of(n_frames)
    policy = dataclasses.replace(ALL_POLICIES[name], probability=1.0)
    for seed in range(3):
        draw = drawn(policy, mel, rng=seed, batch=batch)
        assert Draw.from_json(draw.to_json()) == draw
        after = draw.apply(mel)
        assert np.isfinite(after.values).all()
        assert after.n_frames == n_frames - draw.n_trimmed
        for share in (draw.masked_time_ratio, draw.masked_frequency_ratio, draw.masked_area_ratio):
            assert 0 <= share <= 1
        assert drawn(policy, mel, rng=seed, batch=batch) == draw


@pytest.mark.parametrize("name", ALL_POLICIES)
def test_a_draw_makes_the_same_of_a_stream_as_of_a_mel_in_memory(name):
    mel = mel_of(300)
    policy = dataclasses.replace(ALL_POLICIES[name], probability=1.0)
    draw = drawn(policy, mel, rng=3, batch=Batch(2, 400, -23.0))
    whole, stream = draw.apply(mel), draw.apply(as_stream(mel))
    assert stream.n_frames == whole.n_frames
    assert_allclose(in_parts(stream, 37), whole.values, atol=1e-5)


@given(
    n_mels=st.integers(1, 40),
    n_frames=st.integers(1, 60),
    axis=st.sampled_from(["time", "frequency"]),
    count=st.integers(0, 4),
    widths=st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted),
    width_rule=st.sampled_from(["inclusive", "exclusive", "scaled", "fixed"]),
    start_rule=st.sampled_from(
        ["all", "last_left_out", "last_left_out_scaled", "float_width", "below_widest", "below_limit", "anywhere"]
    ),
    order=st.sampled_from(["mask_by_mask", "start_first", "widths_first"]),
    ratio=st.none() | st.floats(0, 1),
    ratio_rule=st.sampled_from(["bounds", "replaces", "scales", "at_least_one", "clamps", "total"]),
    batch=st.builds(Batch, st.integers(1, 4), st.none() | st.integers(60, 90)),
)
@settings(max_examples=400)
def test_whatever_rules_are_put_together_masks_lie_within_the_mel(n_mels, n_frames, axis, batch, widths, **fields):
    low, high = widths
    ratio, count = fields.pop("ratio"), fields.pop("count")
    if axis == "time" and ratio is not None and fields["ratio_rule"] == "total":
        fields["count_rule"] = "total"
    if fields["start_rule"] in ("last_left_out", "float_width", "all"):
        fields["order"] = "mask_by_mask"
    mask = Mask(axis, count, min_width=low, max_width=high, max_ratio=ratio, over="padded", together=True, **fields)
    steps, said = mask.draw(n_mels, n_frames, source(), batch)
    assert all(isinstance(line, str) for line in said)
    Draw(n_mels, n_frames, tuple(steps), batch=batch)  # checks every step
    assert len(steps) <= count


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"axis": "time"}, "max_width and max_ratio are both missing"),
        ({"axis": "time", "min_width": 5, "max_width": 4}, "min_width=5: allowed is at most max_width=4"),
        ({"axis": "time", "max_width": 4, "count_rule": "floor"}, "count_rule='floor' needs count_ratio"),
        ({"axis": "bins", "max_width": 4}, "axis='bins'"),
        ({"axis": "time", "max_width": 4, "fill": "loud"}, "fill"),
        ({"axis": "time", "max_width": -1}, "max_width=-1"),
        ({"axis": "time", "max_width": 4, "start_rule": "somewhere"}, "start_rule='somewhere'"),
    ],
)
def test_a_mask_that_makes_no_sense_is_refused(fields, why):
    with pytest.raises(ParameterError, match=why):
        Mask(**fields)


def test_a_clip_longer_than_its_batch_is_refused():
    with pytest.raises(ParameterError, match=r"batch\.n_frames=200: the clip has 300 frames; allowed is that or more"):
        drawn(ALL_POLICIES["espnet-conformer10"], mel_of(300), rng=0, batch=Batch(2, 200))


def test_masks_in_the_padding_are_counted_and_said():
    policy = ALL_POLICIES["espnet-conformer10"]
    with pytest.warns(UserWarning, match="of 10 time masks lie in the padding, beyond the clip's 100 frames"):
        draw = policy.draw(mel_of(100), rng=0, batch=Batch(2, 1000))
    assert draw.batch == Batch(2, 1000)
    assert any("lie in the padding" in line for line in draw.warnings)


def test_a_mean_over_a_padded_batch_has_the_padding_in_it():
    mel = mel_of(100)
    step = TimeSpan(10, 20, "mean")
    alone = Draw(80, 100, (step,)).apply(mel).values[0, 15]
    padded = Draw(80, 100, (step,), batch=Batch(1, 300, -23.0)).apply(mel).values[0, 15]
    mean = float(mel.values.mean())
    assert alone == pytest.approx(mean, abs=1e-5)
    assert padded == pytest.approx((mean * 100 - 23.0 * 200) / 300, abs=1e-4)


def test_a_mean_that_is_taken_as_things_stand_has_the_masks_before_it_in_it_but_not_its_own_group():
    mel = mel_of(50)
    first = FrequencyBand(0, 40, 0.0, over="current", is_first=True)
    group = TimeSpan(0, 10, "mean", over="current", is_first=True), TimeSpan(20, 10, "mean", over="current")
    after = Draw(80, 50, (first, *group)).apply(mel).values
    masked = mel.values.copy()
    masked[:40] = 0
    assert_allclose(after[:, :10], masked.mean(), rtol=1e-5)
    assert_allclose(after[:, 20:30], masked.mean(), rtol=1e-5)


def test_a_mean_from_before_the_warp_is_that_of_the_clip_as_it_came():
    mel = mel_of(50)
    warp = WarpPath(30, 15, "linear_halves")
    after = Draw(80, 50, (warp, TimeSpan(0, 5, "mean", over="unwarped"))).apply(mel).values
    assert_allclose(after[:, :5], mel.values.mean(), rtol=1e-5)
    assert abs(float(warp.taps(50).read(mel.values_at, 0, 50).mean()) - float(mel.values.mean())) > 1e-3


def test_a_rectangle_fills_its_cells_and_no_others():
    mel = mel_of(30)
    draw = Draw(80, 30, (Rectangle(5, 10, 7, 9, -1.0),))
    after = draw.apply(mel).values
    inside = np.zeros((80, 30), bool)
    inside[5:15, 7:16] = True
    assert (after[inside] == -1).all()
    assert_array_equal(after[~inside], mel.values[~inside])
    assert draw.masked_area_ratio == pytest.approx(90 / 2400)
    assert draw.rectangles == [((5, 15), (6.5, 15.5))]
    assert (draw.masked_time_ratio, draw.masked_frequency_ratio) == (0, 0)


@given(start=st.integers(0, 29), n=st.integers(0, 30), come_from=st.integers(0, 29))
def test_copies_come_from_the_mel_before_them_and_go_round_its_end(start, n, come_from):
    n = min(n, 30 - start)
    mel = mel_of(30)
    after = Draw(80, 30, (Copied(start, n, come_from, is_first=True),)).apply(mel).values
    assert_array_equal(after[:, start : start + n], np.roll(mel.values, -come_from, axis=1)[:, :n])
    kept = np.ones(30, bool)
    kept[start : start + n] = False
    assert_array_equal(after[:, kept], mel.values[:, kept])


def test_copies_of_one_group_do_not_copy_each_other():
    mel = mel_of(30)
    steps = Copied(10, 5, 0, is_first=True), Copied(20, 5, 10)
    after = Draw(80, 30, steps).apply(mel).values
    assert_array_equal(after[:, 20:25], mel.values[:, 10:15])
    again = Draw(80, 30, (steps[0], dataclasses.replace(steps[1], is_first=True))).apply(mel).values
    assert_array_equal(again[:, 20:25], mel.values[:, 0:5])


def test_a_cut_tail_takes_the_audio_along(speechlike):
    mel = WHISPER(speechlike)
    after = Draw(80, mel.n_frames, (Trimmed(20),)).apply(mel)
    assert after.n_frames == mel.n_frames - 20
    assert_array_equal(after.values, mel.values[:, :-20])
    assert WHISPER.framing.n_frames(after.audio.n_samples) == after.n_frames
    assert_array_equal(after.audio.samples, mel.audio.samples[:, : after.audio.n_samples])


def test_a_tail_is_cut_only_where_most_of_the_clip_stays():
    lengths = [TrimTail(20).draw(80, 30, source(seed))[0] for seed in range(200)]
    cut = [steps[0].n_frames for steps in lengths if steps]
    assert set(cut) == set(range(1, 15))
    assert 0.6 < len(cut) / 200 < 0.8


def test_rectangles_that_do_not_fit_are_said_and_left_out():
    steps, said = Cutout(5, max_bins=50, max_frames=120).draw(80, 100, source())
    assert steps == []
    assert said == ["cutout did nothing: rectangles of 50 bins x 120 frames do not fit into 80 x 100; NeMo raises here"]


def test_wenets_copies_come_from_before():
    for seed in range(50):
        for step in Copy(3, 20).draw(80, 60, source(seed))[0]:
            assert 0 <= step.source_frame <= step.start_frame
            assert 1 <= step.n_frames <= 20


@pytest.mark.parametrize(("warp", "least"), [(Warp(5), 11), (Warp(80, shortest=2), 162), (Warp(5, anywhere=True), 3)])
def test_a_warp_needs_so_many_frames_and_says_so(warp, least):
    steps, said = warp.draw(80, least - 1, source())
    assert steps == []
    assert said == [
        f"time_warp did nothing: max_frames={warp.max_frames} needs at least {least} frames, the clip has {least - 1}"
    ]
    assert warp.draw(80, least, source())[1] == []


def test_a_policy_may_apply_some_of_its_transforms():
    masks = Mask("time", 1, max_width=5, min_width=1), Mask("frequency", 1, max_width=5, min_width=1)
    policy = Policy(masks, "some", n_applied=(0, 2))
    counts = [len(drawn(policy, mel_of(50), rng=seed).steps) for seed in range(300)]
    assert all(80 < counts.count(n) < 120 for n in (0, 1, 2))
    with pytest.raises(ParameterError, match=r"n_applied=\(1, 3\): allowed is \(least, most\), .* transforms, 2"):
        Policy(masks, "some", n_applied=(1, 3))


def test_a_mel_of_fewer_bands_than_a_mask_may_be_left_alone():
    policy = ALL_POLICIES["fairseq-ld"]
    narrow = dataclasses.replace(LHOTSE, n_mels=20)
    with pytest.warns(UserWarning, match="nothing was done: a mask of 27 bins is wider than the mel's 20"):
        assert policy.draw(mel_of(300, frontend=narrow), rng=0).steps == ()
    assert drawn(policy, mel_of(300), rng=0).steps


@pytest.mark.parametrize(
    "step",
    [
        Rectangle(75, 6, 0, 1),
        Rectangle(0, 1, 45, 6),
        Copied(45, 6, 0),
        Copied(0, 5, 50),
        Trimmed(50),
        Copied(0, 1, 0, 79, 2),
    ],
)
def test_steps_beyond_the_mel_are_refused(step):
    with pytest.raises(ParameterError, match="reaches beyond the"):
        Draw(80, 50, (step,))
