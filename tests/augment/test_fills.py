"""Fills: a part of a mask has the values of the whole, for mels in memory and for streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import presets
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import FILLS, mels, policies, seeds
from streams import as_stream, in_parts

from specaug_listen import Audio
from specaug_listen.augment import Draw, TimeSpan, fills
from specaug_listen.augment.draw import with_fill_levels
from specaug_listen.augment.fills import fill_level, fill_values
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import LIBROSA, PRESETS, WHISPER, MelSpectrogram, MelStream

ANY_FILL = (*FILLS, 0.25)
LONG = MelSpectrogram(np.random.default_rng(5).uniform(-0.5, 1.0, (80, 900)), WHISPER)


def filled(fill, clean, bins, begin, end, seed=3):
    """The values of a region, spread over all of it."""
    shape = len(range(*bins.indices(clean.n_mels))), end - begin
    return np.broadcast_to(fill_values(fill, clean, (bins, slice(begin, end)), seed), shape)


def test_every_named_fill_has_one_row_in_the_table_and_one_in_the_docs():
    rows = [
        line
        for line in (Path(__file__).parents[2] / "docs/policies.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    for name in fills.FILLS:
        assert sum(f"`{name}`" in row.split("|")[1] for row in rows) == 1, name


@given(
    fill=st.sampled_from(ANY_FILL),
    bins=st.sampled_from((slice(None), slice(3, 4), slice(20, 61))),
    cuts=st.lists(st.integers(0, 900), min_size=4, max_size=4, unique=True).map(sorted),
    seed=seeds(),
)
@example(fill="noise", bins=slice(None), cuts=[0, 256, 512, 900], seed=0)
@example(fill="noise", bins=slice(3, 4), cuts=[200, 255, 257, 700], seed=0)
@example(fill="noise", bins=slice(None), cuts=[255, 256, 257, 900], seed=0)
def test_a_part_of_a_fill_is_the_part_of_the_fill(fill, bins, cuts, seed):
    begin, first, last, end = cuts
    whole = filled(fill, LONG, bins, begin, end, seed)
    part = filled(fill, LONG, bins, first, last, seed)
    assert_array_equal(part, whole[:, first - begin : last - begin])
    assert_array_equal(filled(fill, as_stream(LONG), bins, first, last, seed), part)


def test_noise_does_not_come_again_in_another_block_or_band():
    noise = filled("noise", LONG, slice(None), 0, 900)
    blocks = [noise[:, i : i + 256].ravel() for i in (0, 256, 512)]
    assert np.abs(np.corrcoef(blocks) - np.eye(3)).max() < 0.05
    assert np.abs(np.corrcoef(noise) - np.eye(80)).max() < 0.3


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_the_level_of_a_long_fill_is_measured_in_parts(subtests, speechlike, name, monkeypatch):
    mel = PRESETS[name](speechlike)
    region = slice(5, 30), slice(3, mel.n_frames - 2)
    for fill in ANY_FILL:
        whole = fill_level(fill, mel, region, 7)
        with subtests.test(fill=fill), monkeypatch.context() as patch:
            patch.setattr("specaug_listen.augment.fills.FRAMES_PER_BLOCK", 11)
            assert fill_level(fill, mel, region, 7) == whole
            assert fill_level(fill, as_stream(mel), region, 7) == whole


@pytest.mark.parametrize("region", [(slice(4, 4), slice(None)), (slice(None), slice(9, 9))], ids=["bins", "frames"])
def test_an_empty_region_and_a_silent_stream_have_no_level(region):
    silent = as_stream(WHISPER(Audio(np.zeros(8000), 16000)))
    assert fill_level("mean", as_stream(LONG), region, 0) is None
    assert fill_level("noise", silent, (slice(0, 5), slice(None)), 0) is None


def test_a_fill_that_does_not_exist_in_the_scale_is_refused_where_it_is_measured():
    stream = as_stream(LIBROSA(Audio(np.ones(30000) / 2, 22050)))
    with pytest.raises(ParameterError, match=r"a cell of -1 is not a power \(front-end 'librosa' takes no log"):
        fill_level(-1.0, stream, (slice(None), slice(2, 9)), None)


@given(mel=mels(), policy=policies(), seed=seeds(), size=st.integers(1, 61))
def test_a_draw_on_a_stream_read_in_any_parts_gives_the_bits_of_the_mel(mel, policy, seed, size):
    draw, stream = policy.draw(mel, rng=seed), as_stream(mel)
    applied = draw.apply(stream)
    assert isinstance(applied, MelStream)
    assert_array_equal(in_parts(applied, size), draw.apply(mel).values)
    assert with_fill_levels(draw, stream) == with_fill_levels(draw, mel) == draw
    assert policy.draw(stream, rng=seed) == draw


def test_applying_a_draw_to_a_stream_leaves_the_stream():
    stream = as_stream(LONG)
    draw = Draw(80, 900, (TimeSpan(100, 700, "noise", noise_seed=1),))
    applied = draw.apply(stream)
    assert not np.array_equal(applied.values_at(0, 900), LONG.values)
    assert_array_equal(stream.values_at(0, 900), LONG.values)
    assert_array_equal(applied.values_at(800, 900), LONG.values[:, 800:])


def test_a_draw_for_a_stream_of_another_size_is_refused():
    with pytest.raises(ParameterError, match="made for 80 bins x 899 frames, the mel has 80 x 900; draw again"):
        Draw(80, 899).apply(as_stream(LONG))
