"""Interpolation between frames, in parts or at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import mels
from streams import as_stream, in_parts

from specaug_listen import Audio
from specaug_listen.frontends import NEMO, WHISPER, mel_stream


@given(mel=mels(max_frames=40), seed=st.integers(0, 1000), size=st.integers(1, 41))
def test_a_warped_stream_read_in_any_parts_is_the_warped_mel(mel, seed, size):
    rng = np.random.default_rng(seed)
    once, twice = (np.sort(rng.uniform(0, mel.n_frames - 1, mel.n_frames)) for _ in range(2))
    once[0], once[-1] = 0, mel.n_frames - 1
    stream, stays = as_stream(mel).with_warp(once), np.arange(mel.n_frames, dtype=float)
    np.testing.assert_array_equal(in_parts(stream, size), mel.with_warp(once).values)
    np.testing.assert_array_equal(in_parts(stream.with_warp(twice), size), mel.with_warp(once).with_warp(twice).values)
    np.testing.assert_array_equal(in_parts(as_stream(mel).with_warp(stays), size), mel.values)


def test_what_was_known_before_a_warp_is_not_taken_for_what_is_after_it(speechlike):
    stream = as_stream(WHISPER(speechlike))
    before = stream.cell_statistics.mean, stream.percentiles_db, stream.range_db
    still = stream.with_warp(np.full(stream.n_frames, 70.5))
    assert still.range_db == WHISPER(speechlike).with_warp(np.full(stream.n_frames, 70.5)).range_db
    assert (still.cell_statistics.mean, still.percentiles_db, still.range_db) != before
    assert (stream.cell_statistics.mean, stream.percentiles_db, stream.range_db) == before


def test_a_mel_of_one_frame_is_streamed_and_warped(tmp_path):
    frontend = replace(NEMO, hop_length=400)
    clip = Audio(np.sin(np.arange(500) * 0.3), 16000)
    mel, stream = frontend(clip), mel_stream(frontend, clip, tmp_path)
    assert stream.n_frames == 1
    np.testing.assert_array_equal(in_parts(stream, 1), mel.values)
    np.testing.assert_array_equal(in_parts(stream.with_warp(np.zeros(1)), 1), mel.with_warp(np.zeros(1)).values)
