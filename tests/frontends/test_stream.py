"""A mel that is read in parts is the mel at hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mels
from streams import as_stream, in_parts

from specaug_listen import Audio
from specaug_listen.errors import AudioError, OutputError
from specaug_listen.frontends import NEMO, WHISPER, MelStream, mel_stream


@pytest.fixture
def clip(speechlike, every_frontend):
    return speechlike.resample(every_frontend.sample_rate)


def test_the_values_on_disk_are_those_of_the_front_end(subtests, tmp_path, clip, every_frontend):
    for size in (1, 7, 50, 4096):
        with subtests.test(size=size):
            mel, stream = every_frontend(clip), mel_stream(every_frontend, clip, tmp_path)
            assert (stream.n_mels, stream.n_frames, stream.n_samples) == (mel.n_mels, mel.n_frames, mel.n_samples)
            assert stream.duration_s == mel.duration_s
            np.testing.assert_array_equal(stream.times_s, mel.times_s)
            np.testing.assert_array_equal(in_parts(stream, size), mel.values)
            assert (stream.statistics is None) is (mel.statistics is None)
            if mel.statistics is not None:
                np.testing.assert_array_equal(stream.statistics.mean, mel.statistics.mean)
                np.testing.assert_array_equal(stream.statistics.std, mel.statistics.std)


def test_what_is_known_of_a_mel_is_known_of_its_stream(subtests, tmp_path, clip, every_frontend, monkeypatch):
    for size in (7, 4096):
        with subtests.test(size=size):
            monkeypatch.setattr(MelStream.parts, "__defaults__", (size,))
            mel, stream = every_frontend(clip), mel_stream(every_frontend, clip, tmp_path)
            assert stream.range_db == mel.range_db
            assert stream.percentiles_db == pytest.approx(mel.percentiles_db, abs=1e-9)
            assert stream.summary[:3] == mel.summary[:3]
            assert stream.summary.mean == pytest.approx(mel.summary.mean, rel=1e-9, abs=1e-9)
            assert stream.summary.std == pytest.approx(mel.summary.std, rel=1e-9)
            np.testing.assert_allclose(stream.summary.bin_mean, mel.summary.bin_mean, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(stream.summary.bin_squares, mel.summary.bin_squares, rtol=1e-9)


def test_the_dynamic_range_counts_from_the_loudest_cell_of_the_whole_clip(tmp_path, rng):
    samples = 1e-4 * rng.standard_normal(32000)
    samples[30000:] *= 1e4
    clip = Audio(samples / 10, 16000)
    quiet = mel_stream(WHISPER, clip, tmp_path).part(0, 50)
    np.testing.assert_array_equal(quiet.values, WHISPER(clip).values[:, :50])
    assert quiet.values.min() == WHISPER(clip).values.max() - 2.0


def test_parts_cover_every_frame_once_and_carry_the_statistics(speechlike, tmp_path):
    stream = mel_stream(NEMO, speechlike, tmp_path)
    parts = list(stream.parts(50))
    assert [part.n_frames for part in parts] == [50, 50, 20]
    assert all(part.statistics is stream.statistics for part in parts)
    assert stream.part(110, 999).n_frames == 10


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
    before = stream.summary.mean, stream.percentiles_db, stream.range_db
    still = stream.with_warp(np.full(stream.n_frames, 70.5))
    assert still.range_db == WHISPER(speechlike).with_warp(np.full(stream.n_frames, 70.5)).range_db
    assert (still.summary.mean, still.percentiles_db, still.range_db) != before
    assert (stream.summary.mean, stream.percentiles_db, stream.range_db) == before


def test_a_mel_of_one_frame_is_streamed_and_warped(tmp_path):
    frontend = replace(NEMO, hop_length=400)
    clip = Audio(np.sin(np.arange(500) * 0.3), 16000)
    mel, stream = frontend(clip), mel_stream(frontend, clip, tmp_path)
    assert stream.n_frames == 1
    np.testing.assert_array_equal(in_parts(stream, 1), mel.values)
    np.testing.assert_array_equal(in_parts(stream.with_warp(np.zeros(1)), 1), mel.with_warp(np.zeros(1)).values)


def test_a_clip_shorter_than_a_window_and_a_folder_that_is_gone_are_told(tmp_path):
    with pytest.raises(AudioError, match="100 samples are less than one window of the front-end"):
        mel_stream(WHISPER, Audio(np.zeros(100), 16000), tmp_path)
    with pytest.raises(OutputError, match=r"energies\.f32: cannot be written \(No such file or directory\)"):
        mel_stream(WHISPER, Audio(np.zeros(1000), 16000), tmp_path / "gone")
