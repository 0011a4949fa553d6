"""Scores that compare before and after."""

from __future__ import annotations

import numpy as np
import pytest
from streams import as_stream

from specaug_listen import Audio, Policy, audition
from specaug_listen.audio.recording import SpooledAudio
from specaug_listen.augment import TimeMask, TimeWarp
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import HIFIGAN, LIBROSA, WHISPER, MelSpectrogram, MelStream
from specaug_listen.metrics import SCORES, log_mel_rmse_db, perceptual, score, spectral_convergence_db
from specaug_listen.vocoders import GriffinLim


@pytest.fixture
def power(rng):
    return MelSpectrogram(rng.uniform(0.5, 1.0, (128, 30)).astype(np.float32), LIBROSA)


@pytest.mark.parametrize("metric", [log_mel_rmse_db, spectral_convergence_db])
def test_mels_of_two_sizes_are_refused(metric, power):
    other = power.with_values(power.values[:, :-1])
    with pytest.raises(ParameterError, match=r"\(128, 30\) and \(128, 29\): expected two of one size"):
        metric(power, other)


def test_equal_mels_are_no_distance_apart(speechlike, every_frontend):
    mel = every_frontend(speechlike)
    assert log_mel_rmse_db(mel, mel) == 0
    assert spectral_convergence_db(mel, mel) == -200


@pytest.mark.parametrize("change_db", [-12.0, 3.0, 40.0])
def test_a_change_of_level_is_its_own_rmse(power, change_db):
    louder = power.with_values(power.values * np.float32(10 ** (change_db / 10)))
    assert log_mel_rmse_db(power, louder) == pytest.approx(abs(change_db), rel=1e-4)


@pytest.mark.parametrize("gain", [0.5, 1.1, 3.0])
def test_a_gain_of_the_signal_is_a_convergence_of_its_difference_to_one(power, gain):
    louder = power.with_values(power.values * np.float32(gain**2))
    assert spectral_convergence_db(power, louder) == pytest.approx(20 * np.log10(abs(gain - 1)), abs=1e-3)


def test_a_magnitude_counts_as_its_power(rng):
    """HiFi-GAN's cells are ln of magnitudes: a mistake would give half as many decibels."""
    logs = rng.uniform(-2, 0, (80, 20)).astype(np.float32)
    before, after = MelSpectrogram(logs, HIFIGAN), MelSpectrogram(logs + np.float32(np.log(10)), HIFIGAN)
    assert log_mel_rmse_db(before, after) == pytest.approx(20, rel=1e-4)


def test_cells_eighty_decibels_below_the_loudest_do_not_count(power):
    values = power.values.copy()
    values[0, 0] = 1.0
    values[5:, :] = 1e-9
    quieter = values.copy()
    quieter[5:, :] = 1e-14
    louder = values.copy()
    louder[5:, :] = 1e-7
    before = power.with_values(values)
    assert log_mel_rmse_db(before, power.with_values(quieter)) == 0
    assert log_mel_rmse_db(before, power.with_values(louder)) == pytest.approx(10 * np.sqrt(123 / 128), rel=1e-4)


def test_the_floor_is_that_of_the_mel_before(power):
    silent = power.with_values(np.zeros_like(power.values))
    assert 75 < log_mel_rmse_db(power, silent) <= 80
    assert log_mel_rmse_db(silent, power) > 200


def test_silence_gives_finite_figures(power):
    silent = power.with_values(np.zeros_like(power.values))
    assert log_mel_rmse_db(silent, silent) == 0
    assert spectral_convergence_db(silent, silent) == -200
    assert spectral_convergence_db(silent, power) == 200
    assert spectral_convergence_db(power, silent) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("gain", [0.25, 1.0, 2.0])
def test_levels_and_peaks_are_after_less_before(tone, gain):
    scores = score(tone, Audio(gain * tone.samples, tone.sample_rate))
    assert scores == pytest.approx(dict.fromkeys(scores, 20 * np.log10(gain)), abs=1e-4)
    assert list(scores) == ["level_change_db", "peak_change_db"]


def test_level_and_peak_are_two_things(tone):
    spiked = tone.samples.copy()
    spiked[0, 5000] = 1.0
    scores = score(tone, Audio(spiked, tone.sample_rate))
    assert scores["peak_change_db"] == pytest.approx(20 * np.log10(2), abs=1e-3)
    assert 0 < scores["level_change_db"] < 0.01


def test_two_silences_differ_by_nothing_and_silence_by_something_finite(tone):
    silent = Audio(np.zeros_like(tone.samples), tone.sample_rate)
    assert score(silent, silent) == {"level_change_db": 0.0, "peak_change_db": 0.0}
    scores = score(tone, silent)
    assert all(np.isfinite(value) and value < -100 for value in scores.values())


def test_two_renderings_of_different_clips_are_refused(tone):
    for other in (Audio(tone.samples[:, 1:], 16000), Audio(tone.samples, 8000)):
        with pytest.raises(ParameterError, match=r"16000 samples at 16000 Hz against .*two renderings of one clip"):
            score(tone, other)


def test_figures_are_plain_floats(tone, speechlike):
    a, b = WHISPER(speechlike), WHISPER(Audio(speechlike.samples[:, ::-1], 16000))
    assert type(log_mel_rmse_db(a, b)) is float
    assert type(spectral_convergence_db(a, b)) is float
    assert {type(value) for value in score(tone, tone).values()} == {float}


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_mel_that_is_read_in_parts_is_as_far_apart_as_the_mel_at_hand(speechlike, every_frontend, size, monkeypatch):
    monkeypatch.setattr(MelStream.parts, "__defaults__", (size,))
    before = every_frontend(speechlike)
    after = before.with_values(np.roll(before.values, 9, axis=1))
    expected = log_mel_rmse_db(before, after)
    assert expected > 1
    assert log_mel_rmse_db(as_stream(before), as_stream(after)) == pytest.approx(expected, rel=1e-9)
    assert log_mel_rmse_db(as_stream(before), as_stream(before)) == 0


def test_the_floor_of_a_stream_counts_from_the_loudest_cell_of_all_parts(power, monkeypatch):
    monkeypatch.setattr(MelStream.parts, "__defaults__", (4,))
    values = np.full((128, 30), 1e-9, np.float32)
    values[:, -1] = 1.0
    quieter = np.where(values < 1, np.float32(1e-12), values)
    assert log_mel_rmse_db(*(as_stream(power.with_values(v)) for v in (values, quieter))) == 0


def test_streams_of_two_sizes_are_refused(power):
    with pytest.raises(ParameterError, match=r"\(128, 30\) and \(128, 29\): expected two of one size"):
        log_mel_rmse_db(as_stream(power), as_stream(power.with_values(power.values[:, :-1])))


def test_two_signals_on_disk_score_like_those_in_memory(tmp_path, speechlike, tone):
    clips = [Audio(clip.samples[:, :16000], 16000) for clip in (speechlike, tone)]
    spooled = [SpooledAudio(tmp_path / str(number), 16000) for number in range(2)]
    for sound, clip in zip(spooled, clips, strict=True):
        sound.append(clip.samples[0])
    assert score(*spooled) == score(*clips)
    with pytest.raises(ParameterError, match="16000 samples at 16000 Hz against 19200 at 16000 Hz"):
        score(spooled[0], speechlike)


# -- the table of scores --------------------------------------------------------------------------------


def test_every_score_of_a_draw_is_in_the_table():
    """A clip of 8 kHz on a front-end of 16 kHz has empty bins, so all but the optional measures are there."""
    rng = np.random.default_rng(0)
    clip = Audio(rng.uniform(-0.5, 0.5, 16000).astype(np.float32), 8000).resample(16000)
    policy = Policy([TimeMask(max_frames=20), TimeWarp(10)], "both")
    (scores,) = audition(clip, policy=policy, vocoder=GriffinLim(n_iter=1), rng=0).scores
    assert set(scores) - {"draw"} <= set(SCORES)
    assert set(SCORES) - set(scores) <= {"stoi", "pesq"}


def test_a_row_stands_under_its_own_key_and_says_how_a_value_is_written():
    assert all(row.key == key and row.title and row.tolerance > 0 for key, row in SCORES.items())
    assert [SCORES["masked_area_ratio"].text(value) for value in (0.0, 0.004, 0.5, 1.0)] == [
        "0%",
        "0.4%",
        "50%",
        "100%",
    ]
    assert [SCORES["warp_displacement_ms"].text(value) for value in (-41.6, 0, 70)] == ["-42 ms", "+0 ms", "+70 ms"]
    assert SCORES["log_mel_rmse_db"].text(3.04) == "3.0 dB RMS"
    assert SCORES["stoi"].text(0.98765) == "0.988"


# -- measures that compare moment by moment -------------------------------------------------------------


def test_a_sound_is_wholly_intelligible_against_itself_and_less_so_with_gaps(speechlike):
    pytest.importorskip("pystoi")
    gaps = speechlike.samples.copy()
    gaps[:, 3000:6000] = 0
    assert perceptual(speechlike, speechlike)["stoi"] == pytest.approx(1.0, abs=1e-3)
    assert perceptual(speechlike, Audio(gaps, 16000))["stoi"] < 0.99


def test_clips_of_no_window_of_stoi_have_none(subtests):
    pytest.importorskip("pystoi")
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 500).astype(np.float32)
    for n_samples in (1, 100, 400, 409, 410, 500):
        with subtests.test(n_samples=n_samples):
            clip = Audio(noise[:n_samples], 16000)
            assert perceptual(clip, Audio(clip.samples * 0.5, 16000))["stoi"] is None


def test_pesq_falls_with_noise(speechlike):
    pytest.importorskip("pesq")
    noisy = Audio(speechlike.samples + 0.02 * np.random.default_rng(0).standard_normal(speechlike.n_samples), 16000)
    assert perceptual(speechlike, speechlike)["pesq"] > 4.5 > perceptual(speechlike, noisy)["pesq"]


@pytest.mark.parametrize("what", ["warped", "silent", "short", "long"])
def test_what_cannot_be_compared_has_no_figure(speechlike, what):
    pytest.importorskip("pystoi")
    one = {
        "warped": speechlike,
        "silent": Audio(np.zeros(16000), 16000),
        "short": Audio(speechlike.samples[:, :2000], 16000),
        "long": Audio(np.tile(speechlike.samples, 90), 16000),
    }[what]
    assert set(perceptual(one, one, comparable=what != "warped").values()) == {None}


def test_what_is_not_installed_has_no_column(speechlike, monkeypatch):
    monkeypatch.setattr("specaug_listen.metrics.is_installed", lambda package: False)
    assert perceptual(speechlike, speechlike) == {}


def test_a_warped_draw_has_no_stoi_and_a_masked_one_has(speechlike):
    pytest.importorskip("pystoi")
    options = {"vocoder": GriffinLim(n_iter=1), "rng": 0}
    warped = audition(speechlike, policy=Policy([TimeWarp(10)], "w"), **options).scores[0]
    masked = audition(speechlike, policy=Policy([TimeMask(max_frames=20)], "m"), **options).scores[0]
    assert warped["stoi"] is None
    assert 0 < masked["stoi"] <= 1
