"""A mel that is read in parts equals the mel in memory."""

from __future__ import annotations

import numpy as np
import pytest
from streams import in_parts

from specaug_listen import Audio
from specaug_listen.errors import AudioError, OutputError, ParameterError
from specaug_listen.frontends import NEMO, WHISPER, MelStream, mel_stream
from specaug_listen.frontends.mel_streams import mel_in_memory


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
            assert stream.cell_statistics[:3] == mel.cell_statistics[:3]
            assert stream.cell_statistics.mean == pytest.approx(mel.cell_statistics.mean, rel=1e-9, abs=1e-9)
            assert stream.cell_statistics.std == pytest.approx(mel.cell_statistics.std, rel=1e-9)
            np.testing.assert_allclose(
                stream.cell_statistics.bin_mean, mel.cell_statistics.bin_mean, rtol=1e-9, atol=1e-9
            )
            np.testing.assert_allclose(stream.cell_statistics.bin_squares, mel.cell_statistics.bin_squares, rtol=1e-9)


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


def test_a_clip_shorter_than_a_window_and_a_folder_that_is_gone_are_told(tmp_path):
    with pytest.raises(AudioError, match="100 samples are less than one window of the front-end"):
        mel_stream(WHISPER, Audio(np.zeros(100), 16000), tmp_path)
    with pytest.raises(OutputError, match=r"energies\.f32: cannot be written \(No such file or directory\)"):
        mel_stream(WHISPER, Audio(np.zeros(1000), 16000), tmp_path / "gone")


def test_a_mel_that_is_read_in_parts_is_not_taken_for_one_in_memory(speechlike, tmp_path):
    mel = WHISPER(speechlike)
    assert mel_in_memory(mel) is mel
    with pytest.raises(ParameterError, match=r"a mel of \d s that is read in parts: expected one in memory"):
        mel_in_memory(mel_stream(WHISPER, speechlike, tmp_path))
