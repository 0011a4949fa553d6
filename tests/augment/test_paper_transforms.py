"""The papers' transforms: distributions of their draws, and notices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from specaug_listen.augment import Draw, FrequencyMask, Policy, TimeMask, TimeWarp, WarpPath
from specaug_listen.augment.fills import FILLS, is_noise
from specaug_listen.augment.random_streams import OwnStream
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import WHISPER

N_DRAWS = 4000


@pytest.fixture
def stream(rng):
    return OwnStream(rng)


def spans_of(mask, n_mels, n_frames, stream, n_draws=N_DRAWS):
    """Starts and widths of many draws of one mask, each as one array."""
    steps = [step for _ in range(n_draws) for step in mask.draw(n_mels, n_frames, stream)[0]]
    if isinstance(mask, FrequencyMask):
        return np.array([(s.start_bin, s.n_bins) for s in steps]).T
    return np.array([(s.start_frame, s.n_frames) for s in steps]).T


def assert_uniform(values, n_values):
    """Chi-square test of the counts of 0 ... n_values - 1; deterministic, as the seed is fixed."""
    counts = np.bincount(values, minlength=n_values)
    assert len(counts) == n_values
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize(
    ("mask", "widest"),
    [
        (FrequencyMask(max_bins=27), 27),
        (FrequencyMask(max_bins=500), 80),
        (TimeMask(max_frames=40), 40),
        (TimeMask(max_frames=100, max_ratio=0.2), 60),
        (TimeMask(max_frames=30, max_ratio=0.2), 30),
        (TimeMask(max_frames=None, max_ratio=0.04), 12),
        (TimeMask(max_frames=None, max_ratio=0.05), 15),
    ],
    ids=str,
)
def test_widths_are_uniform_with_both_ends_included(mask, widest, stream):
    _, widths = spans_of(mask, 80, 300, stream)
    assert_uniform(widths, widest + 1)


def test_the_share_of_the_frames_is_rounded_down(subtests, stream):
    for n_frames, widest in [(299, 59), (300, 60), (301, 60), (4, 0), (5, 1), (9, 1)]:
        with subtests.test(n_frames=n_frames, widest=widest):
            _, widths = spans_of(TimeMask(max_ratio=0.2), 80, n_frames, stream, 1500)
            assert widths.max() == widest


@pytest.mark.parametrize(("mask", "size"), [(FrequencyMask(max_bins=27), 80), (TimeMask(max_frames=40), 300)], ids=str)
def test_starts_are_uniform_over_all_places_before_the_last(mask, size, stream):
    starts, widths = spans_of(mask, 80, 300, stream)
    assert (starts >= 0).all()
    assert (starts < size - widths).all()
    # For a uniform start among n places, (start + u) / n is uniform in [0, 1), whatever the width.
    within = (starts + stream.uniform((len(starts),))) / (size - widths)
    assert_uniform((20 * within).astype(int), 20)


@pytest.mark.parametrize(
    ("mask", "size"), [(FrequencyMask(max_bins=8), 8), (TimeMask(max_frames=8), 8)], ids=["bins", "frames"]
)
def test_the_last_cell_is_reached_by_full_width_only(mask, size, stream):
    starts, widths = spans_of(mask, 8, 8, stream)
    reaches_last = starts + widths == size
    assert reaches_last.any()
    assert (widths[reaches_last] == size).all()
    assert (starts[widths == size] == 0).all()
    assert (starts + widths == size - 1).any()


def test_count_is_the_number_of_masks(subtests, stream):
    for mask in [FrequencyMask, TimeMask]:
        for count in (0, 1, 2, 7):
            with subtests.test(count=count, mask=mask):
                steps, said = mask(count=count).draw(80, 300, stream)
                assert len(steps) == count
                assert said == []


def test_an_adaptive_count_is_the_rounded_down_share_up_to_twenty(subtests, stream):
    counts = {24: 0, 25: 1, 49: 1, 50: 2, 200: 8, 499: 19, 500: 20, 525: 20, 3000: 20}
    for n_frames, expected in counts.items():
        with subtests.test(n_frames=n_frames, expected=expected):
            mask = TimeMask(count=5, max_frames=None, max_ratio=0.04, count_ratio=0.04, max_count=20)
            assert len(mask.draw(80, n_frames, stream)[0]) == expected


def test_the_bound_of_an_adaptive_count_can_be_moved(stream):
    assert len(TimeMask(count_ratio=0.5, max_count=3).draw(80, 300, stream)[0]) == 3


@pytest.mark.parametrize("mask", [FrequencyMask(max_bins=0), TimeMask(max_frames=0), TimeMask(max_ratio=0.0)], ids=str)
def test_a_largest_width_of_zero_draws_empty_masks_without_a_word(mask, stream):
    _, widths = spans_of(mask, 80, 300, stream, 50)
    assert len(widths) == 50
    assert not widths.any()
    assert mask.draw(80, 300, stream)[1] == []


@pytest.mark.parametrize(
    ("transform", "line"),
    [
        (FrequencyMask(max_bins=81), "frequency_mask.max_bins=81 was clamped to the mel's 80 bins"),
        (TimeMask(max_frames=51), "time_mask.max_frames=51 was clamped to the clip's 50 frames"),
        (
            TimeMask(max_ratio=0.01),
            "time_mask did nothing: max_ratio=0.01 of 50 frames is less than 1 frame",
        ),
        (
            TimeMask(count_ratio=0.01),
            "time_mask did nothing: at count_ratio=0.01 masks per frame, 50 frames are too few for one",
        ),
        (TimeWarp(24), "time_warp did nothing: max_frames=24 needs at least 51 frames, the clip has 50"),
    ],
    ids=lambda value: value.kind if not isinstance(value, str) else "",
)
def test_what_does_not_happen_as_asked_is_said(transform, line, stream):
    assert [notice.text for notice in transform.draw(80, 50, stream)[1]] == [line]


@pytest.mark.parametrize(
    "transform",
    [
        FrequencyMask(max_bins=80),
        FrequencyMask(count=0, max_bins=81),
        TimeMask(max_frames=50),
        TimeMask(count=0, max_frames=51),
        TimeMask(max_frames=None),
        TimeMask(max_frames=20, max_ratio=0.02),
        TimeMask(max_frames=20, count_ratio=0.02),
        TimeMask(max_frames=20, count_ratio=0.0),
        TimeWarp(23),
        TimeWarp(0),
    ],
    ids=str,
)
def test_what_happens_as_asked_is_not_remarked_upon(transform, stream):
    assert transform.draw(80, 50, stream)[1] == []


def test_a_warp_draws_every_centre_inside_and_every_displacement_alike(stream):
    w, n_frames = 5, 40
    paths = [TimeWarp(w).draw(80, n_frames, stream)[0][0] for _ in range(N_DRAWS)]
    # The open interval (W, n_frames - 1 - W).
    assert_uniform(np.array([p.center_frame for p in paths]) - (w + 1), n_frames - 2 - 2 * w)
    assert_uniform(np.array([p.displacement_frames for p in paths]) + w, 2 * w + 1)


def test_a_warp_needs_two_widths_and_three_frames(subtests, stream):
    for w in (1, 2, 5, 40, 80):
        with subtests.test(w=w):
            for n_frames, expected in ((2 * w + 2, 0), (2 * w + 3, 1)):
                steps, said = TimeWarp(w).draw(80, n_frames, stream)
                assert len(steps) == expected
                assert len(said) == 1 - expected


def test_in_the_shortest_clip_the_middle_frame_is_warped(stream):
    steps, _ = TimeWarp(4).draw(80, 11, stream)
    assert isinstance(steps[0], WarpPath)
    assert steps[0].center_frame == 5


def test_a_warp_of_zero_frames_draws_no_step(stream):
    assert TimeWarp(0).draw(80, 300, stream) == ([], [])


def test_only_noise_carries_a_seed_and_each_mask_its_own(subtests, stream):
    for mask in [FrequencyMask(), TimeMask()]:
        for fill in ("noise", "mean"):
            with subtests.test(mask=mask, fill=fill):
                kind = type(mask)
                seeds = [step.noise_seed for step in kind(count=5, fill=fill).draw(80, 300, stream)[0]]
                assert len(set(seeds)) == (5 if fill == "noise" else 1)
                assert (None in seeds) == (fill != "noise")


@pytest.mark.parametrize(
    ("kind", "field", "value", "rule"),
    [
        (FrequencyMask, "count", -1, "greater than or equal to 0"),
        (FrequencyMask, "count", True, "a valid integer"),
        (FrequencyMask, "count", "2", "a valid integer"),
        (FrequencyMask, "count", 10_001, "less than or equal to 10000"),
        (FrequencyMask, "max_bins", -27, "greater than or equal to 0"),
        (FrequencyMask, "max_bins", 2.5, "a valid integer"),
        (FrequencyMask, "max_bins", 10_001, "less than or equal to 10000"),
        (FrequencyMask, "fill", "zero", "a valid number, or 'mean', 'band_mean'"),
        (FrequencyMask, "fill", float("nan"), "a finite number, or"),
        (FrequencyMask, "fill", float("-inf"), "a finite number, or"),
        (TimeMask, "fill", None, "a valid number, or"),
        (TimeMask, "count", -1, "greater than or equal to 0"),
        (TimeMask, "count", 1.0, "a valid integer"),
        (TimeMask, "max_frames", -1, "greater than or equal to 0"),
        (TimeMask, "max_frames", 1.0, "a valid integer"),
        (TimeMask, "max_ratio", -0.1, "greater than or equal to 0"),
        (TimeMask, "max_ratio", 1.5, "less than or equal to 1"),
        (TimeMask, "max_ratio", float("nan"), "less than or equal to 1"),
        (TimeMask, "count_ratio", 2.0, "less than or equal to 1"),
        (TimeMask, "count_ratio", -0.04, "greater than or equal to 0"),
        (TimeMask, "max_count", -3, "greater than or equal to 0"),
        (TimeWarp, "max_frames", -1, "greater than or equal to 0"),
        (TimeWarp, "max_frames", 3.5, "a valid integer"),
        (TimeWarp, "max_frames", 10_001, "less than or equal to 10000"),
        (TimeWarp, "kind", "time_mask", "'time_warp'"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(kind, field, value, rule):
    with pytest.raises(ParameterError, match=rf"^{kind.__name__}: {field}=.*: should be {rule}"):
        kind(**{field: value})


def test_an_unknown_parameter_is_refused_with_the_nearest_one():
    with pytest.raises(ParameterError, match=r"unknown key 'max_frame'; did you mean 'max_frames'\?"):
        TimeMask(max_frame=3)


@pytest.mark.parametrize(
    "mask",
    [
        FrequencyMask(max_bins=27),
        FrequencyMask(max_bins=0),
        TimeMask(max_frames=70, max_ratio=0.2),
        TimeMask(max_frames=None, max_ratio=0.04, count_ratio=0.04, max_count=1),
        TimeMask(max_frames=300),
    ],
)
def test_a_mask_is_the_one_that_its_rule_draws(mask):
    """Only the first mask: after each, the paper's draw a noise seed, unlike the others."""
    for n_frames in (100, 1000):
        for seed in range(50):
            streams = [OwnStream(np.random.default_rng(seed)) for _ in range(2)]
            regions = [
                [step.region for step in each.draw(80, n_frames, stream)[0]]
                for each, stream in zip((mask, mask.rule), streams, strict=True)
            ]
            assert regions[0] == regions[1]
            assert len(regions[0]) == 1


def test_a_warp_is_one_that_its_rule_draws():
    """The rule may move one more frame, at the end."""
    for n_frames, is_warped in ((162, False), (163, True), (400, True)):
        warps = [
            [step for seed in range(200) for step in each.draw(80, n_frames, OwnStream(np.random.default_rng(seed)))[0]]
            for each in (TimeWarp(80), TimeWarp(80).rule)
        ]
        assert [bool(steps) for steps in warps] == [is_warped] * 2
        for steps, more in zip(warps, (0, 1), strict=True):
            assert {step.interpolation for step in steps} <= {"linear"}
            assert all(81 <= step.center_frame <= n_frames - 82 + more for step in steps)
            assert all(-80 <= step.displacement_frames <= 80 for step in steps)


@pytest.mark.parametrize("fill", [fill for fill in FILLS if is_noise(fill)])
def test_every_kind_of_noise_is_the_same_each_time_a_draw_is_applied(fill, rng):
    mel = WHISPER.mel(rng.random((80, 300), dtype=np.float32))
    draw = Policy((FrequencyMask(max_bins=20, fill=fill), TimeMask(max_frames=30, fill=fill))).draw(mel, rng=3)
    again = Draw.from_json(draw.to_json())
    assert np.array_equal(draw.apply(mel).values, again.apply(mel).values)
