"""The frameworks' transforms: refused parameters, draws on clips of any size, and applying them."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from streams import as_stream, in_parts
from unmeasured import unmeasured

from specaug_listen.augment import (
    Batch,
    Copy,
    Cutout,
    Draw,
    FrameCopy,
    FrequencySpan,
    Mask,
    Policy,
    Rectangle,
    TailCut,
    TimeSpan,
    TrimTail,
    Warp,
    WarpPath,
)
from specaug_listen.augment.draw import with_fill_levels
from specaug_listen.augment.random_streams import OwnStream
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks import hf_policy, lhotse_policy, nemo_policy, speechbrain_drop, speechbrain_warp
from specaug_listen.frameworks.registry import ALL_POLICIES
from specaug_listen.frontends import LHOTSE, WHISPER, MelSpectrogram


def stream(seed=0):
    return OwnStream(np.random.default_rng(seed))


def mel_of(n_frames, seed=0, frontend=LHOTSE):
    values = np.random.default_rng(seed).normal(-5, 2, (frontend.n_mels, n_frames)).astype(np.float32)
    return MelSpectrogram(values, frontend)


def drawn(policy, mel, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return policy.draw(mel, **named)


@pytest.mark.parametrize("name", ALL_POLICIES)
def test_every_policy_draws_within_a_clip_of_any_length_and_its_draw_is_data(name):
    policy = dataclasses.replace(ALL_POLICIES[name], probability=1.0)
    lengths, batches = [1, 2, 5, 11, 40, 161, 700], [None, Batch(4), Batch(2, 900, -23.0)]
    for seed, (n_frames, batch) in enumerate(itertools.product(lengths, batches)):
        mel = mel_of(n_frames)
        draw = drawn(policy, mel, rng=seed, batch=batch)
        assert Draw.from_json(draw.to_json()) == draw
        after = draw.apply(mel)
        assert np.isfinite(after.values).all()
        assert after.n_frames == n_frames - draw.n_trimmed
        for share in (draw.masked_time_ratio, draw.masked_frequency_ratio, draw.masked_area_ratio):
            assert 0 <= share <= 1
        assert drawn(policy, mel, rng=seed, batch=batch) == draw


def test_a_draw_makes_the_same_of_a_stream_as_of_a_mel_in_memory(subtests):
    for name in ALL_POLICIES:
        with subtests.test(name=name):
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
        [
            "all",
            "last_left_out",
            "last_left_out_scaled",
            "last_left_out_sliced",
            "float_width",
            "below_widest",
            "below_limit",
            "anywhere",
        ]
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
    if fields["start_rule"] == "below_limit" and high > min(n_mels, n_frames):
        return  # may be refused, as NeMo does
    steps, notices = mask.draw(n_mels, n_frames, stream(), batch)
    assert all(notice.text and notice.values["transform"] == "mask" for notice in notices)
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
    with pytest.warns(UserWarning, match="time masks lie in the padding") as said:
        draw = policy.draw(mel_of(100), rng=0, batch=Batch(2, 1000))
    assert draw.batch == Batch(2, 1000)
    n = draw.n_masks_in_padding
    assert n > 0
    line = f"{n} of 10 time masks lie in the padding, beyond the clip's 100 frames"
    assert line in draw.warnings
    assert line in [str(one.message) for one in said]


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
    first = FrequencySpan(0, 40, 0.0, over="current", is_first=True)
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
    after = Draw(80, 30, (FrameCopy(start, n, come_from, is_first=True),)).apply(mel).values
    assert_array_equal(after[:, start : start + n], np.roll(mel.values, -come_from, axis=1)[:, :n])
    kept = np.ones(30, bool)
    kept[start : start + n] = False
    assert_array_equal(after[:, kept], mel.values[:, kept])


def test_copies_of_one_group_do_not_copy_each_other():
    mel = mel_of(30)
    steps = FrameCopy(10, 5, 0, is_first=True), FrameCopy(20, 5, 10)
    after = Draw(80, 30, steps).apply(mel).values
    assert_array_equal(after[:, 20:25], mel.values[:, 10:15])
    again = Draw(80, 30, (steps[0], dataclasses.replace(steps[1], is_first=True))).apply(mel).values
    assert_array_equal(again[:, 20:25], mel.values[:, 0:5])


def test_a_cut_tail_takes_the_audio_along(speechlike):
    mel = WHISPER(speechlike)
    after = Draw(80, mel.n_frames, (TailCut(20),)).apply(mel)
    assert after.n_frames == mel.n_frames - 20
    assert_array_equal(after.values, mel.values[:, :-20])
    assert WHISPER.framing.n_frames(after.audio.n_samples) == after.n_frames
    assert_array_equal(after.audio.samples, mel.audio.samples[:, : after.audio.n_samples])


def test_a_tail_is_cut_only_where_most_of_the_clip_stays():
    lengths = [TrimTail(20).draw(80, 30, stream(seed))[0] for seed in range(200)]
    cut = [steps[0].n_frames for steps in lengths if steps]
    assert set(cut) == set(range(1, 15))
    assert 0.6 < len(cut) / 200 < 0.8


@pytest.mark.parametrize("use_numba_spec_augment", [False, True])
def test_nemos_bands_that_do_not_fit_are_refused(use_numba_spec_augment):
    """tests/reference/dialects.json has the errors that NeMo's two codes raise."""

    def policy(freq_width, freq_masks=2):
        return nemo_policy(
            freq_masks=freq_masks,
            freq_width=freq_width,
            use_vectorized_spec_augment=False,
            use_numba_spec_augment=use_numba_spec_augment,
        )

    said = "frequency masks: max_width=81: the mel has 80 bins, and NeMo raises here; allowed is at most 80, or its vec"
    with pytest.raises(ParameterError, match=said):
        policy(81).draw(mel_of(50), rng=0)
    assert len(policy(80).draw(mel_of(50), rng=0).steps) == 2
    assert drawn(policy(81, freq_masks=0), mel_of(50), rng=0).steps == ()
    assert len(drawn(nemo_policy(freq_masks=2, freq_width=81), mel_of(50), rng=0).steps) == 2


@pytest.mark.parametrize(
    "name", ["features_mask_size", "frames_mask_size", "num_frame_masks", "max_frames_mask_fraction"]
)
def test_what_makes_lhotse_raise_is_refused(name):
    """The last two by a division that only happens if masks are drawn; compared with lhotse in test_live."""
    with pytest.raises(ParameterError, match=f"{name}=0: allowed is more than 0; lhotse raises here"):
        lhotse_policy(**{name: 0})
    if name in ("num_frame_masks", "max_frames_mask_fraction"):
        assert lhotse_policy(**{name: 0}, p=0.0).probability == 0
    assert lhotse_policy(num_feature_masks=0).transforms[1].count == 0


@pytest.mark.parametrize(
    ("mask", "n_frames", "said"),
    [
        (
            Mask("time", max_width=5, count_rule="floor", count_ratio=0.05),
            5,
            "at 0.05 masks per frame, 5 frames are too few for one",
        ),
        (hf_policy(apply_spec_augment=True).transforms[0], 9, "9 frames have no room for one of 10"),
        (
            hf_policy(apply_spec_augment=True, mask_time_prob=0.01, mask_time_min_masks=0).transforms[0],
            40,
            "the number was rounded down to 0, as 0.01 of 40 frames is 0.04 masks",
        ),
    ],
)
def test_why_there_is_no_mask_is_said_in_words(mask, n_frames, said):
    steps, notices = mask.draw(80, n_frames, stream())
    assert steps == []
    assert [notice.text for notice in notices] == [f"time masks did nothing: {said}"]


def test_rectangles_of_more_bins_than_there_are_are_refused_as_by_nemo():
    with pytest.raises(ParameterError, match="cutout: max_bins=81: the mel has 80 bins, and NeMo raises here; allowed"):
        Cutout(5, max_bins=81, max_frames=10).draw(80, 100, stream())
    assert Cutout(0, max_bins=81, max_frames=10).draw(80, 100, stream()) == ([], [])


def test_rectangles_that_do_not_fit_are_said_and_left_out():
    steps, (notice,) = Cutout(5, max_bins=80, max_frames=120).draw(80, 100, stream())
    assert steps == []
    assert notice.kind == "cutout-too-large"
    line = "cutout did nothing: rectangles of 80 bins x 120 frames do not fit into 80 x 100; NeMo raises here"
    assert notice.text == line


def test_wenets_copies_come_from_before():
    for seed in range(50):
        for step in Copy(3, 20).draw(80, 60, stream(seed))[0]:
            assert 0 <= step.source_frame <= step.start_frame
            assert 1 <= step.n_frames <= 20


@pytest.mark.parametrize(("warp", "least"), [(Warp(5), 11), (Warp(80, shortest=2), 162), (Warp(5, anywhere=True), 3)])
def test_a_warp_needs_so_many_frames_and_says_so(warp, least):
    steps, (notice,) = warp.draw(80, least - 1, stream())
    assert steps == []
    assert notice.text == (
        f"time_warp did nothing: max_frames={warp.max_frames} needs at least {least} frames, the clip has {least - 1}"
    )
    assert warp.draw(80, least, stream())[1] == []


def places(policy, n_frames, n_draws):
    """Draws with successive seeds, of which only the positions matter."""
    mel = mel_of(n_frames)
    with unmeasured():
        return [policy.draw(mel, rng=seed) for seed in range(n_draws)]


def test_a_policy_may_apply_some_of_its_transforms():
    masks = Mask("time", 1, max_width=5, min_width=1), Mask("frequency", 1, max_width=5, min_width=1)
    policy = Policy(masks, "some", n_applied=(0, 2))
    counts = [len(draw.steps) for draw in places(policy, 50, 300)]
    assert all(80 < counts.count(n) < 120 for n in (0, 1, 2))
    with pytest.raises(ParameterError, match=r"n_applied=\(2, 1\): allowed is \(minimum, maximum\)"):
        Policy(masks, "some", n_applied=(2, 1))


def test_of_fewer_transforms_than_are_to_be_applied_all_are():
    masks = Mask("time", 1, max_width=5, min_width=1), Mask("frequency", 1, max_width=5, min_width=1)
    counts = [len(draw.steps) for draw in places(Policy(masks, "some", n_applied=(1, 3)), 50, 300)]
    assert 75 < counts.count(1) < 125
    assert counts.count(1) + counts.count(2) == 300


def test_shuffled_transforms_come_in_every_order_and_are_picked_evenly():
    masks = (
        Mask("time", 1, max_width=5, min_width=1),
        Mask("frequency", 1, max_width=5, min_width=1),
        Warp(5),
    )
    policy = Policy(masks, "some", n_applied=(1, 2), is_shuffled=True)
    found = Counter(tuple(s.kind for s in draw.steps) for draw in places(policy, 50, 1800))
    kinds = ("time_mask", "frequency_mask", "time_warp")
    ones, twos = [(kind,) for kind in kinds], list(itertools.permutations(kinds, 2))
    assert set(found) == {*ones, *twos}
    # 300 of each kind alone, 150 of each pair in each order: within four standard deviations.
    assert max(abs(found[one] - 300) for one in ones) < 4 * 15.9
    assert max(abs(found[two] - 150) for two in twos) < 4 * 11.8
    everything = dataclasses.replace(policy, n_applied=None)
    orders = {tuple(s.kind for s in draw.steps) for draw in places(everything, 50, 100)}
    assert orders == set(itertools.permutations(kinds))


def test_a_warp_may_have_a_chance_of_its_own():
    policy = dataclasses.replace(ALL_POLICIES["icefall"], probability=0.6, warp_probability=0.3)
    draws = places(policy, 300, 1500)
    kinds = Counter((bool(draw.warps), any(s.kind != "time_warp" for s in draw.steps)) for draw in draws)
    # One of the 161 displacements is 0, which is not a warp.
    p_warp = 0.3 * 160 / 161
    for (warped, masked), n in kinds.items():
        p = (p_warp if warped else 1 - p_warp) * (0.6 if masked else 0.4)
        assert abs(n - 1500 * p) < 4 * np.sqrt(1500 * p * (1 - p))
    assert len(kinds) == 4
    assert abs(sum(not draw.applied for draw in draws) - 1500 * 0.28) < 4 * np.sqrt(1500 * 0.28 * 0.72)


def test_without_a_warp_its_chance_applies_nothing():
    policy = dataclasses.replace(ALL_POLICIES["icefall"], probability=0.0, warp_probability=1.0)
    assert all(drawn(policy, mel_of(300), rng=seed).applied for seed in range(5))
    still = dataclasses.replace(policy, transforms=(Warp(0), *policy.transforms[1:]))
    assert not any(drawn(still, mel_of(300), rng=seed).applied for seed in range(5))


OVER_PADDING = (
    speechbrain_drop(drop_length_high=30, replace="mean", drop_count_high=6),
    speechbrain_drop(replace="swap"),
    speechbrain_warp(warp_window=20),
)


def test_of_a_padded_batch_a_draw_is_that_of_its_row_cut_to_the_clip(subtests):
    """The same numbers, drawn for a mel that includes the padding."""
    for seed in range(25):
        with subtests.test(seed=seed):
            mel, batch = mel_of(60), Batch(1, 150, -3.0)
            row = MelSpectrogram(np.pad(mel.values, ((0, 0), (0, 90)), constant_values=-3.0), LHOTSE)
            policy = Policy(OVER_PADDING, "over", framework="speechbrain")
            padded, whole = drawn(policy, mel, rng=seed, batch=batch), drawn(policy, row, rng=seed)
            assert (padded.is_over_padding, whole.is_over_padding) == (True, False)
            assert_allclose(padded.apply(mel).values, whole.apply(row).values[:, :60], atol=1e-5)
            assert Draw.from_json(padded.to_json()) == padded
            assert_allclose(in_parts(padded.apply(as_stream(mel)), 11), padded.apply(mel).values, atol=1e-5)
            assert_array_equal(padded.masked_frames, whole.masked_frames[:60])
            assert padded.masked_area_ratio <= 1
            for begin, end in padded.time_spans:
                assert -0.5 <= begin < end <= 59.5


def test_a_mask_in_the_padding_is_brought_into_the_clip():
    mel, batch = mel_of(60), Batch(1, 100, -3.0)
    steps = TimeSpan(62, 8, 1.0), WarpPath(70, -20, "bicubic_corners", 100)
    draw = Draw(80, 60, steps, batch=batch)
    assert (draw.apply(mel).values > 0.5).all(axis=0).sum() >= 3
    ((begin, end),) = draw.time_spans
    assert 40 < begin < end < 52
    assert draw.masked_frames.sum() == pytest.approx(end - begin, abs=1)


def test_a_fill_is_as_loud_beside_padding_as_without():
    mel, mask = mel_of(60), TimeSpan(5, 5, -2.0)
    alone = with_fill_levels(Draw(80, 60, (mask,)), mel).steps[0].fill_level
    steps = mask, WarpPath(70, -20, "bicubic_corners", 900)
    beside = with_fill_levels(Draw(80, 60, steps, batch=Batch(1, 900, -20.0)), mel).steps[0].fill_level
    assert alone is not None
    assert beside == alone


def test_a_warp_over_the_padding_is_remembered_as_one_of_the_clip():
    mel, path = mel_of(60), WarpPath(50, 10, "bicubic_corners", 100)
    after = Draw(80, 60, (path,), batch=Batch(1, 100, -3.0)).apply(mel)
    (taps,) = after.warps
    assert (len(taps.source), taps.frames.max(), taps.source.max()) == (60, 49, pytest.approx(49.0))
    assert after.warp is not None
    assert_allclose(after.warp, taps.source)
    back = Draw(80, 60, (WarpPath(70, -20, "bicubic_corners", 100),), batch=Batch(1, 100, -3.0)).apply(mel)
    assert back.warps[0].frames.max() == 59
    # From frame 42 on, the values of the padding.
    assert_allclose(back.values[:, 46:], -3.0, atol=1e-4)
    assert back.warps[0].source[46:] == pytest.approx(59.0)


def test_without_padding_what_is_over_it_is_over_the_clip():
    policy = Policy(OVER_PADDING, "over", framework="speechbrain")
    for batch in (None, Batch(4), Batch(4, 60)):
        steps = drawn(policy, mel_of(60), rng=0, batch=batch).steps
        assert {getattr(step, "over_frames", None) for step in steps} == {None}


def test_a_short_clip_in_a_long_batch_is_warped():
    (notice,) = Warp(20, over="padded").draw(80, 10, stream(), Batch(1, 40))[1]
    assert notice.text == "time_warp did nothing: max_frames=20 needs at least 41 frames, the padded batch has 40"
    (step,) = Warp(20, over="padded").draw(80, 10, stream(), Batch(1, 41))[0]
    assert step.over_frames == 41


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((WarpPath(5, 1, "bicubic", 90),), r"time_warp\.over_frames=90: allowed is 100, the frames of the batch"),
        ((WarpPath(5, 1, "bicubic", 100), TailCut(2)), "trim cannot be combined with a warp or copies"),
        ((WarpPath(99, 1, "bicubic", 100),), "reaches beyond the"),
        ((FrameCopy(0, 20, 100, over_frames=100),), "reaches beyond the"),
        ((TimeSpan(90, 11),), "reaches beyond the"),
    ],
)
def test_steps_that_do_not_fit_into_the_batch_are_refused(steps, why):
    with pytest.raises(ParameterError, match=why):
        Draw(80, 50, steps, batch=Batch(1, 100))


def test_a_warp_of_the_clip_leaves_the_padding_where_it_is():
    mel, batch = mel_of(60), Batch(1, 100, -3.0)
    warp, copy = WarpPath(30, 5, "bicubic"), FrameCopy(20, 10, 70, over_frames=100)
    after = Draw(80, 60, (warp, copy), batch=batch).apply(mel)
    alone = Draw(80, 60, (warp,)).apply(mel).values
    assert_array_equal(after.values[:, 20:30], np.full((80, 10), -3.0, np.float32))
    assert_array_equal(np.delete(after.values, slice(20, 30), axis=1), np.delete(alone, slice(20, 30), axis=1))


def test_draws_and_policies_of_before_still_read():
    text = Draw(80, 50, (WarpPath(20, 3), FrameCopy(0, 5, 3), TimeSpan(3, 4))).to_json()
    old = text.replace('"over_frames":null,', "").replace('"over_frames": null,', "")
    assert "over_frames" not in old
    assert Draw.from_json(old) == Draw.from_json(text)


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
        FrameCopy(45, 6, 0),
        FrameCopy(0, 5, 50),
        TailCut(50),
        FrameCopy(0, 1, 0, 79, 2),
    ],
)
def test_steps_beyond_the_mel_are_refused(step):
    with pytest.raises(ParameterError, match="reaches beyond the"):
        Draw(80, 50, (step,))
