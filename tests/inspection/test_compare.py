"""What was done is recovered from before and after."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Draw, MelSpectrogram, Policy, frontends
from specaug_listen.augment import FrequencyBand, FrequencyMask, TimeMask, TimeSpan, TimeWarp, WarpPath
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.inspection import Change, inspect_change
from specaug_listen.inspection.resampling import READINGS, Knee

FILLS = ("mean", "band_mean", "frame_mean", "min", "floor", "noise", 0.0, 0.5)


def seeds(some, of):
    """The first of them, and the others in ``make test-all``."""
    return [pytest.param(seed, marks=() if seed < some else pytest.mark.slow) for seed in range(of)]


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def expected(draw: Draw, mel: MelSpectrogram) -> tuple[np.ndarray, np.ndarray, list[WarpPath]]:
    """What a draw did, as far as it can be seen: a fill may be what stood there before."""
    after = draw.apply(mel).values
    warps = [warp for warp in draw.warps if warp.displacement_frames]
    warped = Draw(draw.n_mels, draw.n_frames, draw.warps).apply(mel).values
    changed = after != warped
    bins, frames = draw.masked_bins, draw.masked_frames
    # A cell that a band has changed says nothing of a span across it, and the other way round.
    return bins & changed[:, ~frames].any(axis=1), frames & changed[~bins].any(axis=0), warps


def check(draw: Draw, mel: MelSpectrogram) -> Change:
    bins, frames, warps = expected(draw, mel)
    change = inspect_change(mel, draw.apply(mel))
    np.testing.assert_array_equal(change.masked_bins, bins)
    np.testing.assert_array_equal(change.masked_frames, frames)
    assert (change.warp is not None) == bool(warps)
    if change.warp is not None:
        assert abs(change.warp.center_frame - warps[0].center_frame) <= 2
        assert abs(change.warp.displacement_frames - warps[0].displacement_frames) <= 2
    return change


@pytest.mark.parametrize("seed", seeds(2, 6))
def test_masks_of_every_fill_are_recovered_to_the_bin_and_frame(every_frontend, speechlike, seed):
    """Unions where masks overlap; the fills of both kinds are drawn among all."""
    mel = every_frontend(speechlike)
    rng = np.random.default_rng(seed)
    fills = [FILLS[i] for i in rng.integers(0, len(FILLS), 2)]
    masks = FrequencyMask(count=2, max_bins=20, fill=fills[0]), TimeMask(count=2, max_frames=25, fill=fills[1])
    check(Policy(masks[:: rng.choice([-1, 1])]).draw(mel, rng=rng), mel)


@pytest.mark.parametrize("seed", seeds(2, 4))
def test_a_warp_is_recovered(every_frontend, speechlike, seed):
    mel = every_frontend(speechlike)
    most = mel.n_frames // 6
    change = check(Policy((TimeWarp(1 + seed % most),)).draw(mel, rng=seed), mel)
    assert change.warp is None or change.warp.reading == "linear"


@pytest.mark.parametrize("seed", range(10))
def test_a_warp_below_masks_is_recovered_with_them(speechlike, seed):
    mel = frontends.LHOTSE(speechlike)
    fill = FILLS[seed % len(FILLS)]
    policy = Policy((TimeWarp(15), FrequencyMask(count=2, max_bins=20, fill=fill), TimeMask(max_frames=25, fill=fill)))
    change = check(policy.draw(mel, rng=100 + seed), mel)
    assert change.unexplained_ratio == 0


KNEES = Knee(60, 50), Knee(40, 52), Knee(71, 70)
FIRST = next(iter(READINGS))


@pytest.mark.parametrize(
    ("reading", "knee"),
    [
        pytest.param(reading, knee, marks=() if knee == KNEES[0] or reading == FIRST else pytest.mark.slow)
        for reading in READINGS
        for knee in KNEES
    ],
)
def test_the_way_a_framework_reads_between_frames_is_told(mel, reading, knee):
    after = mel.with_values(READINGS[reading](mel.values, knee))
    warp = inspect_change(mel, after).warp
    assert warp is not None
    assert (warp.center_frame, warp.displacement_frames, warp.reading) == (
        knee.source,
        knee.target - knee.source,
        reading,
    )


def test_a_warp_that_is_read_in_another_way_is_estimated(speechlike):
    mel = frontends.LHOTSE(speechlike)
    smooth = np.interp(np.arange(120), [0, 30, 60, 90, 119], [0, 24, 50, 85, 119])
    warp = inspect_change(mel, mel.with_values(mel.at_frames(smooth))).warp
    assert warp is not None
    assert np.abs(warp.source_frames(120) - smooth).max() < 4


def test_the_map_of_a_warp_never_falls_and_keeps_the_ends(mel):
    draw = Draw(80, 120, (WarpPath(40, 12),))
    warp = inspect_change(mel, draw.apply(mel)).warp
    assert warp is not None
    source = warp.source_frames(120)
    assert (source[0], source[-1]) == (0, 119)
    assert (np.diff(source) > 0).all()


@pytest.mark.parametrize("fill", ["mean", "band_mean", "frame_mean", "min", "noise", 0.0, 0.5])
def test_the_kind_of_a_fill_is_told_and_how_loud_it_is(mel, fill):
    draw = Policy((FrequencyMask(max_bins=9, fill=fill), TimeMask(max_frames=9, fill=fill))).draw(mel, rng=11)
    change = inspect_change(mel, draw.apply(mel))
    # Where the clip reaches the floor, its least value is the floor.
    kinds = {0.0: {"zero"}, 0.5: {"constant"}, "min": {"min", "floor"}}.get(fill, {fill})
    (band,), (span,) = change.bands, change.spans
    assert {band.fill.kind, span.fill.kind} <= kinds
    for found, step in ((band, draw.steps[0]), (span, draw.steps[1])):
        assert found.fill.level is not None
        # The level is over the cells that no other mask holds.
        assert found.fill.level.vs_p95_db == pytest.approx(step.fill_level.vs_p95_db, abs=1.5)
    if not isinstance(fill, str):
        assert (band.fill.value, span.fill.value) == (fill, fill)


def test_a_least_value_above_the_floor_is_the_least_value(tone):
    mel = frontends.LHOTSE(tone)
    draw = Draw(80, 100, (TimeSpan(20, 10, "min"),))
    fill = inspect_change(mel, draw.apply(mel)).spans[0].fill
    assert fill.kind == ("min" if mel.values.min() > mel.frontend.floor_value(0.0).min() else "floor")


def test_frames_that_stand_elsewhere_are_called_copied(mel):
    values = mel.values.copy()
    values[:, 70:80] = mel.values[:, 10:20]
    (span,) = inspect_change(mel, mel.with_values(values)).spans
    assert (span.start_frame, span.n_frames, span.fill.kind) == (70, 10, "copied")


def test_rectangles_are_recovered(mel):
    values = mel.values.copy()
    values[10:30, 20:50] = 0
    values[60:70, 5:15] = 0.5
    change = inspect_change(mel, mel.with_values(values))
    boxes = {(b.start_bin, b.n_bins, b.start_frame, b.n_frames, b.fill.kind) for b in change.rectangles}
    assert boxes == {(10, 20, 20, 30, "zero"), (60, 10, 5, 10, "constant")}
    assert (change.bands, change.spans, change.unexplained_ratio) == ((), (), 0)


def test_cells_that_nothing_explains_are_counted(mel, rng):
    values = mel.values.copy()
    cells = rng.choice(values.size, 96, replace=False)
    values.flat[cells] += 1
    change = inspect_change(mel, mel.with_values(values))
    assert change.unexplained_ratio == pytest.approx(0.01, abs=0.001)
    assert change.changed_ratio == pytest.approx(0.01)
    assert "1 % of the cells changed for another reason" in str(change)


def test_nothing_is_nothing(mel):
    change = inspect_change(mel, mel)
    assert change.is_nothing
    assert str(change) == "nothing changed"


def test_everything_masked_is_one_span(mel):
    change = inspect_change(mel, mel.with_values(np.zeros_like(mel.values)))
    assert [(s.start_frame, s.n_frames, s.fill.kind) for s in change.spans] == [(0, 120, "zero")]


def test_another_level_of_all_cells_is_no_warp(mel):
    change = inspect_change(mel, mel.with_values(mel.values - 1))
    assert change.warp is None
    assert change.changed_ratio == 1


@pytest.mark.parametrize(
    ("change_frames", "length"),
    [
        (lambda v: v[:, :-7], "cut at the end"),
        (lambda v: v[:, 7:], "cut at the start"),
        (lambda v: np.pad(v, ((0, 0), (0, 7)), mode="edge"), "longer at the end"),
        (lambda v: np.pad(v, ((0, 0), (7, 0)), mode="edge"), "longer at the start"),
        (lambda v: v[:, np.linspace(0, 119, 140).round().astype(int)], "stretched"),
    ],
)
def test_a_change_of_length_is_told(speechlike, change_frames, length):
    mel = frontends.LHOTSE(speechlike)
    after = MelSpectrogram(change_frames(mel.values), mel.frontend)
    change = inspect_change(mel, after)
    assert (change.length, change.n_frames_before, change.n_frames) == (length, 120, after.n_frames)
    assert change.bands == ()


def test_a_mask_in_a_clip_that_was_cut_is_recovered(mel):
    values = mel.values[:, :-9].copy()
    values[:, 30:40] = 0
    change = inspect_change(mel, MelSpectrogram(values, mel.frontend))
    assert change.length == "cut at the end"
    assert [(s.start_frame, s.n_frames) for s in change.spans] == [(30, 10)]


def test_a_clip_of_one_frame_can_be_compared():
    mel = MelSpectrogram(np.linspace(-1, 1, 80)[:, None], frontends.WHISPER)
    assert inspect_change(mel, mel).is_nothing
    assert not inspect_change(mel, mel.with_values(mel.values * 0)).is_nothing


def test_a_change_is_json_both_ways_and_a_draw_to_be_shown(mel):
    draw = Draw(80, 120, (WarpPath(40, 9), FrequencyBand(3, 5, 0.0), TimeSpan(50, 9, 0.0)))
    change = inspect_change(mel, draw.apply(mel))
    assert Change.from_json(change.to_json()) == change
    shown = change.as_draw("mine")
    assert [step.kind for step in shown.steps] == ["time_warp", "frequency_mask", "time_mask"]
    np.testing.assert_array_equal(shown.apply(mel).values, draw.apply(mel).values)
    assert str(change).splitlines()[0] == "frame 40 moved by +9 frames, linear"
    with pytest.raises(PolicyError, match="change: bands"):
        Change.from_json(change.to_json().replace('"start_bin":3', '"start_bin":-3'))


def test_rectangles_stand_in_the_draw_to_be_shown(mel):
    after = mel.values.copy()
    after[10:30, 40:70] = 0.0
    change = inspect_change(mel, mel.with_values(after))
    shown = change.as_draw()
    assert shown.rectangles == [((10, 30), (39.5, 69.5))]
    np.testing.assert_array_equal(shown.apply(mel).values, after)
    assert shown.steps[0].fill_level == change.rectangles[0].fill.level


def test_mels_of_two_front_ends_are_refused(mel, speechlike):
    with pytest.raises(ParameterError, match="mels of front-ends 'whisper' and 'lhotse': expected two of one"):
        inspect_change(mel, frontends.LHOTSE(speechlike))
    with pytest.raises(ParameterError, match="after is ndarray: expected a MelSpectrogram"):
        inspect_change(mel, mel.values)
