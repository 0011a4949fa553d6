"""A draw is data: applying it is exact, it survives JSON, and it touches nothing but its own cells."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import FILLS, mels, policies, seeds

from specaug_listen.augment import (
    Draw,
    FrequencyMask,
    FrequencySpan,
    Policy,
    TimeMask,
    TimeSpan,
    TimeWarp,
    WarpPath,
)
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frontends import LIBROSA, WHISPER, MelSpectrogram

MANY = Policy((TimeWarp(20), FrequencyMask(2, 27, "noise"), TimeMask(2, 30, fill="floor"), TimeMask(1, 9, fill=0.3)))


def whisper(values):
    return MelSpectrogram(values, WHISPER)


def covered(draw):
    """The cells that masks cover, marked one by one."""
    cells = np.zeros((draw.n_mels, draw.n_frames), bool)
    for step in draw.steps:
        if isinstance(step, FrequencySpan):
            cells[step.start_bin : step.start_bin + step.n_bins, :] = True
        elif isinstance(step, TimeSpan):
            cells[:, step.start_frame : step.start_frame + step.n_frames] = True
    return cells


def warps_of(draw):
    return Draw(draw.n_mels, draw.n_frames, draw.warps)


@given(mel=mels(), policy=policies(), seed=seeds())
def test_a_draw_that_went_through_json_gives_the_same_bits(mel, policy, seed):
    draw = policy.draw(mel, rng=seed)
    again = Draw.from_json(draw.to_json())
    assert again == draw
    assert again.apply(mel).values.tobytes() == draw.apply(mel).values.tobytes()


@given(fill=st.floats(-3, 3), seed=seeds())
def test_a_constant_fill_survives_json_to_the_last_digit(fill, seed):
    mel = whisper(np.linspace(-1, 1, 80 * 30).reshape(80, 30))
    draw = Policy((FrequencyMask(2, fill=fill), TimeMask(1, 20, fill=fill))).draw(mel, rng=seed)
    again = Draw.from_json(draw.to_json())
    assert [step.fill for step in again.steps] == [fill] * 3
    assert_array_equal(again.apply(mel).values, draw.apply(mel).values)


@given(mel=mels(), policy=policies(), seed=seeds())
def test_cells_outside_of_the_masks_keep_their_bits(mel, policy, seed):
    # A warp after a mask would move what the mask covered.
    ordered = sorted(policy.transforms, key=lambda transform: transform.kind != "time_warp")
    draw = replace(policy, transforms=tuple(ordered)).draw(mel, rng=seed)
    outside = ~covered(draw)
    assert_array_equal(draw.apply(mel).values[outside], warps_of(draw).apply(mel).values[outside])


@given(mel=mels(), seed=seeds())
def test_an_empty_draw_changes_nothing(mel, seed):
    for draw in (Policy(()).draw(mel, rng=seed), Policy((), probability=0.0).draw(mel, rng=seed)):
        assert draw.apply(mel) is mel


@given(mel=mels(), policy=policies(), seed=seeds())
def test_the_shares_are_those_of_the_covered_cells(mel, policy, seed):
    drawn = policy.draw(mel, rng=seed)
    draw = replace(drawn, steps=tuple(step for step in drawn.steps if not isinstance(step, WarpPath)))
    only_bins, only_frames = (
        covered(Draw(draw.n_mels, draw.n_frames, tuple(s for s in draw.steps if isinstance(s, kind))))
        for kind in (FrequencySpan, TimeSpan)
    )
    assert draw.masked_frequency_ratio == pytest.approx(only_bins.mean())
    assert draw.masked_time_ratio == pytest.approx(only_frames.mean())
    assert draw.masked_area_ratio == pytest.approx(covered(draw).mean())
    assert_array_equal(draw.masked_bins, only_bins.all(axis=1))
    assert_array_equal(draw.masked_frames, only_frames.all(axis=0))


def test_a_warp_after_a_mask_moves_what_counts_as_masked(subtests):
    for start, width in [(0, 50), (30, 20), (60, 40), (10, 80)]:
        for displacement in [20, -30, 0]:
            with subtests.test(displacement=displacement, start=start, width=width):
                path = WarpPath(50, displacement)
                draw = Draw(80, 100, (TimeSpan(start, width), path))
                source = path.source_frames(100)
                # A frame is masked when it is read from within the mask, which reaches half a frame beyond its frames.
                expected = (source > start - 0.5) & (source < start + width - 0.5)
                assert_array_equal(draw.masked_frames, expected)
                assert draw.masked_time_ratio == pytest.approx(expected.mean())


@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 12)), max_size=6))
def test_the_longest_gap_is_the_longest_run_of_masked_frames(spans):
    draw = Draw(80, 40, tuple(TimeSpan(start, min(width, 40 - start)) for start, width in spans))
    runs = "".join("x" if any(s <= t < s + w for s, w in spans) else " " for t in range(40)).split()
    assert draw.longest_gap_frames == max(map(len, runs), default=0)


def test_applying_twice_gives_the_same_bits_and_leaves_the_input(speechlike, every_frontend):
    mel = every_frontend(speechlike)
    before = mel.values.tobytes()
    draw = Policy((TimeWarp(20), *(FrequencyMask(1, 20, fill) for fill in FILLS))).draw(mel, rng=1)
    first, second = draw.apply(mel), draw.apply(mel)
    assert first.values.tobytes() == second.values.tobytes()
    assert first.values.tobytes() != before
    assert mel.values.tobytes() == before
    assert mel.warp is None


def test_what_a_draw_gives_cannot_be_written_to(speechlike):
    with pytest.raises(ValueError, match="read-only"):
        MANY.draw(WHISPER(speechlike), rng=0).apply(WHISPER(speechlike)).values[0, 0] = 1


def test_a_mask_holds_exactly_its_fill(subtests, speechlike, every_frontend):
    mel = every_frontend(speechlike)
    values = mel.values.astype(np.float64)
    expected = {
        0.37: np.float64(0.37),
        "mean": values.mean(),
        "band_mean": values.mean(axis=1, keepdims=True),
        "frame_mean": values.mean(axis=0, keepdims=True),
        "min": values.min(),
        "floor": mel.frontend.floor_value(mel.cell_statistics.largest, mel.statistics),
    }
    assert expected.keys() == {0.37, *FILLS} - {"noise"}
    for fill, region in itertools.product(expected, (FrequencySpan, TimeSpan)):
        with subtests.test(fill=fill, region=region.__name__):
            step = region(7, min(20, mel.n_mels // 2), fill)
            inside = Draw(mel.n_mels, mel.n_frames, (step,)).apply(mel).values[step.region]
            of_all = np.broadcast_to(expected[fill], values.shape)
            assert_array_equal(inside, of_all[step.region].astype(np.float32))


def test_the_floor_is_what_silence_is_at(every_frontend, speechlike):
    """The pauses of the clip are exact silence; no cell is below them, and a floor fill equals them."""
    mel = every_frontend(speechlike)
    filled = Draw(mel.n_mels, mel.n_frames, (TimeSpan(0, mel.n_frames, "floor"),)).apply(mel)
    assert (filled.values <= mel.values + 1e-6).all()
    if every_frontend.dynamic_range is None:
        assert_allclose(filled.values.min(axis=1), mel.values.min(axis=1), rtol=1e-5, atol=1e-4)


def test_noise_has_the_mean_and_deviation_of_the_clip(rng):
    mel = whisper(rng.normal(0.5, 0.05, (80, 400)) + np.linspace(-0.05, 0.05, 400))
    inside = Draw(80, 400, (TimeSpan(100, 200, "noise", noise_seed=5),)).apply(mel).values[:, 100:300]
    assert inside.mean() == pytest.approx(mel.values.mean(), abs=0.003)
    assert inside.std() == pytest.approx(mel.values.std(), rel=0.03)


def test_noise_follows_its_seed(speechlike):
    mel = WHISPER(speechlike)
    a, b, c = (
        Draw(80, mel.n_frames, (FrequencySpan(10, 20, "noise", noise_seed=seed),)).apply(mel).values[10:30]
        for seed in (1, 1, 2)
    )
    assert_array_equal(a, b)
    assert np.abs(np.corrcoef(a.ravel(), c.ravel())[0, 1]) < 0.1


def test_noise_is_never_below_the_floor(speechlike, every_frontend):
    mel = every_frontend(speechlike)
    draw = Draw(mel.n_mels, mel.n_frames, (TimeSpan(0, mel.n_frames, "noise", noise_seed=3),))
    assert (draw.apply(mel).values >= every_frontend.floor_value(mel.cell_statistics.largest, mel.statistics)).all()


def test_the_fill_of_one_mask_does_not_depend_on_another(subtests, speechlike):
    for earlier in (9.0, "floor", "noise"):
        for fill in FILLS:
            with subtests.test(fill=fill, earlier=earlier):
                mel = WHISPER(speechlike)
                last = FrequencySpan(20, 15, fill, noise_seed=4)
                alone = Draw(80, mel.n_frames, (last,)).apply(mel)
                with_others = Draw(80, mel.n_frames, (TimeSpan(5, 60, earlier, noise_seed=8), last)).apply(mel)
                assert_array_equal(with_others.values[last.region], alone.values[last.region])


def test_a_fill_is_measured_after_the_warp(subtests, speechlike):
    for fill in FILLS:
        with subtests.test(fill=fill):
            mel = WHISPER(speechlike)
            path, mask = WarpPath(40, 25), FrequencySpan(20, 15, fill, noise_seed=4)
            warped = Draw(80, mel.n_frames, (path,)).apply(mel)
            both = Draw(80, mel.n_frames, (path, mask)).apply(mel)
            assert_array_equal(both.values, Draw(80, mel.n_frames, (mask,)).apply(warped).values)


def test_a_warp_moves_its_frame_and_keeps_both_ends(subtests):
    for center, moved in [(50, 65), (50, 35), (50, 50), (1, 98), (98, 1)]:
        with subtests.test(center=center, moved=moved):
            values = np.zeros((80, 100), np.float32)
            values[:, 0], values[:, center], values[:, -1] = 0.25, 1.0, 0.5
            warped = Draw(80, 100, (WarpPath(center, moved - center),)).apply(whisper(values))
            assert (warped.values[:, moved] == 1.0).all()
            assert (warped.values[:, 0] == 0.25).all()
            assert (warped.values[:, -1] == 0.5).all()
            assert (warped.values.argmax(axis=1) == moved).all()


def test_a_ramp_warps_to_the_map_of_the_paper(subtests):
    for displacement in [-20, -1, 0, 1, 30]:
        with subtests.test(displacement=displacement):
            """x_original = w0 / (w0 + w) · t up to the moved frame, and the other straight line after it."""
            center, last = 40, 99
            moved, t = center + displacement, np.arange(100)
            expected = np.where(t <= moved, t * center / moved, last - (last - t) * (last - center) / (last - moved))
            ramp = whisper(np.tile(np.arange(100, dtype=np.float32) / 100, (80, 1)))
            warped = Draw(80, 100, (WarpPath(center, displacement),)).apply(ramp)
            assert_allclose(warped.values[3], expected / 100, atol=1e-6)
            assert_allclose(warped.warp, expected, atol=1e-9)


@given(n_frames=st.integers(3, 300), data=st.data())
def test_the_frames_that_a_warp_reads_go_strictly_forward(n_frames, data):
    inner = st.integers(1, n_frames - 2)
    center, moved = data.draw(inner), data.draw(inner)
    source = WarpPath(center, moved - center).source_frames(n_frames)
    assert (np.diff(source) > 0).all()
    assert (source[0], source[moved], source[-1]) == (0, center, n_frames - 1)


def test_two_warps_are_recorded_as_one_map():
    """On a ramp of frame numbers, the values tell where each frame came from."""
    ramp = whisper(np.tile(np.arange(100, dtype=np.float32) / 100, (80, 1)))
    warped = Draw(80, 100, (WarpPath(40, 20), WarpPath(30, -15))).apply(ramp)
    assert_allclose(warped.values[0], warped.warp / 100, atol=1e-6)
    second = WarpPath(30, -15).source_frames(100)
    assert_allclose(warped.warp, np.interp(second, np.arange(100), WarpPath(40, 20).source_frames(100)))


def test_a_mask_alone_records_no_warp(speechlike):
    mel = WHISPER(speechlike)
    assert Draw(80, mel.n_frames, (TimeSpan(3, 5),)).apply(mel).warp is None


def test_the_level_of_a_fill_is_relative_to_the_clip(rng):
    """Whisper's cells are log10(power) / 4 + 1: a cell of v is 40 v - 40 dB."""
    mel = whisper(rng.uniform(-0.5, 1.0, (80, 120)))
    level = Policy((TimeMask(1, 100, fill=0.6),)).draw(mel, rng=1).steps[0].fill_level
    cells_db = 40 * mel.values.astype(float) - 40
    assert level.vs_p95_db == pytest.approx(40 * 0.6 - 40 - np.percentile(cells_db, 95), abs=0.006)
    assert level.vs_median_db == pytest.approx(40 * 0.6 - 40 - np.median(cells_db), abs=0.006)


def test_the_level_of_an_uneven_fill_is_that_of_its_mean_power(rng):
    mel = MelSpectrogram(rng.uniform(1, 100, (128, 50)).astype(np.float32), LIBROSA)
    step = Policy((FrequencyMask(1, 60, "band_mean"),)).draw(mel, rng=1).steps[0]
    means = mel.values.mean(axis=1)[step.start_bin : step.start_bin + step.n_bins]
    expected = 10 * np.log10(means.mean()) - np.median(10 * np.log10(mel.values))
    assert step.fill_level.vs_median_db == pytest.approx(expected, abs=0.006)


def test_an_empty_mask_has_no_level(speechlike):
    draw = Policy((FrequencyMask(2, max_bins=0),)).draw(WHISPER(speechlike), rng=1)
    assert [step.fill_level for step in draw.steps] == [None, None]
    assert Draw.from_json(draw.to_json()) == draw


def test_a_draw_for_another_size_is_refused(subtests, speechlike):
    for size in [(80, 119), (79, 120), (120, 80)]:
        with subtests.test(size=size):
            message = rf"made for {size[0]} bins x {size[1]} frames, the mel has 80 x 120; draw again"
            with pytest.raises(ParameterError, match=message):
                Draw(*size).apply(WHISPER(speechlike))


@pytest.mark.parametrize(
    ("step", "limit"),
    [
        (FrequencySpan(70, 11), "80 bins"),
        (FrequencySpan(81, 0), "80 bins"),
        (TimeSpan(0, 101), "100 frames"),
        (TimeSpan(100, 1), "100 frames"),
        (WarpPath(0, 5), "99 frames"),
        (WarpPath(99, -5), "99 frames"),
        (WarpPath(50, 49), "99 frames"),
        (WarpPath(50, -50), "99 frames"),
    ],
    ids=str,
)
def test_a_step_beyond_the_mel_is_refused(step, limit):
    with pytest.raises(ParameterError, match=rf"{step.kind} reaches beyond the {limit} of the mel"):
        Draw(80, 100, (step,))


def test_a_step_up_to_the_edge_is_accepted(subtests):
    for step in [FrequencySpan(70, 10), FrequencySpan(80, 0), TimeSpan(99, 1), WarpPath(1, 97), WarpPath(98, -97)]:
        with subtests.test(step=step):
            assert Draw(80, 100, (step,)).apply(whisper(np.ones((80, 100)))).n_frames == 100


STEP = '{"n_mels": 80, "n_frames": 10, "steps": [{"kind": "time_mask", %s}]}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"the document='': invalid JSON"),
        ('{"n_mels": 80,', r"the document=.*: invalid JSON"),
        ("[]", r"the document=\[\]: should be an object"),
        ('{"n_frames": 3}', r"n_mels is missing"),
        ('{"n_mels": 3, "n_frames": 0}', r"n_frames=0: should be greater than 0"),
        ('{"n_mels": 3, "n_frames": 3, "stepz": []}', r"unknown key 'stepz'; did you mean 'steps'\?"),
        ('{"n_mels": 3, "n_frames": 3, "applied": "no"}', r"applied='no': should be a valid boolean"),
        ('{"n_mels": 3, "n_frames": 3, "steps": {}}', r"steps=\{\}: should be a valid array"),
        (
            '{"n_mels": 3, "n_frames": 3, "steps": [{"kind": "x"}]}',
            r"steps\[0\]: unknown 'x' \(allowed: 'freq",
        ),
        (STEP % '"start_frame": 1', r"steps\[0\]\.time_mask\.n_frames is missing"),
        (STEP % '"start_frame": 1, "n_frames": 1.5', r"n_frames=1\.5: should be a valid integer"),
        (STEP % '"start_frame": -1, "n_frames": 1', r"start_frame=-1: should be greater than or equal to 0"),
        (
            STEP % '"start_frame": 1, "n_frames": 1, "fill": "zero"',
            r"fill='zero': should be a valid number, or 'mean', 'band_mean', 'frame_mean'",
        ),
        (
            STEP % '"start_frame": 1, "n_frames": 1, "fill": NaN',
            r"fill=nan: should be a finite number, or 'mean', 'band_mean', 'frame_mean'",
        ),
        (STEP % '"start_frame": 1, "n_frames": 1, "fil": 1', r"time_mask\.fil'; did you mean 'fill'\?"),
        (STEP % '"start_frame": 5, "n_frames": 6', r"time_mask reaches beyond the 10 frames"),
    ],
)
def test_a_broken_draw_file_is_named_by_its_key(text, message):
    with pytest.raises(PolicyError, match=rf"^draw: .*{message}"):
        Draw.from_json(text)
