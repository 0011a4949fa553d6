"""What the augmentation changed, and nothing else, on the original's own phase."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specaug_listen import Audio
from specaug_listen.augment import Draw, FrequencyBand, TimeSpan, WarpPath
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import WHISPER, MelSpectrogram
from specaug_listen.vocoders import OriginalPhase

LOW_HZ, HIGH_HZ = 440.0, 2500.0


@pytest.fixture(scope="module")
def two_tones():
    turns = 2 * np.pi * np.arange(16000) / 16000
    return Audio(0.3 * np.sin(LOW_HZ * turns) + 0.3 * np.sin(HIGH_HZ * turns), 16000)


def drawn(mel, *steps):
    return Draw(mel.n_mels, mel.n_frames, steps).apply(mel)


def level_db(signal, hz, rate):
    """Level of a sinusoid, away from the ends of the clip."""
    inner = signal[rate // 5 : -rate // 5]
    turns = np.exp(-2j * np.pi * hz * np.arange(len(inner)) / rate)
    return 20 * np.log10(np.abs(np.sum(inner * np.hanning(len(inner)) * turns)) + 1e-30)


def relative_db(a, b):
    return 20 * np.log10(np.linalg.norm(a.astype(float) - b) / np.linalg.norm(b.astype(float)) + 1e-30)


def window_inside(mel, start, width):
    """Samples that frames ``start`` to ``start + width - 1`` cover and no other frame does."""
    framing = mel.frontend.framing
    first = start * framing.hop_length - framing.offset
    return slice(first + framing.win_length, first + (width - 1) * framing.hop_length)


def test_an_empty_draw_gives_the_clip_back_to_its_last_sample(speechlike, tone, every_frontend):
    for audio in (speechlike, tone):
        mel = every_frontend(audio)
        heard = OriginalPhase()(drawn(mel)).samples
        assert heard.shape == mel.audio.samples.shape
        assert relative_db(heard, mel.audio.samples) < -100
        assert np.abs(heard - mel.audio.samples)[:, -50:].max() < 1e-5


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_the_tail_behind_the_last_whole_hop_comes_out_as_it_went_in(every_frontend, rng, share):
    """Whisper and NeMo leave out the last frame, so that hardly a window reaches the tail."""
    n_samples = 40 * every_frontend.hop_length + round(share * every_frontend.hop_length)
    mel = every_frontend(Audio(0.1 * rng.standard_normal(n_samples), every_frontend.sample_rate))
    tail = slice(-every_frontend.hop_length, None)
    heard, before = OriginalPhase()(mel).samples[0, tail], mel.audio.samples[0, tail]
    assert relative_db(heard, before) < -80


@pytest.mark.parametrize("max_gain_db", [0.0, 20.0, 120.0])
def test_an_empty_draw_does_not_depend_on_the_gain_limit(speechlike, max_gain_db):
    mel = WHISPER(speechlike)
    assert relative_db(OriginalPhase(max_gain_db=max_gain_db)(mel).samples, mel.audio.samples) < -100


def test_a_warp_that_moves_nothing_gives_the_clip_back(speechlike, every_frontend):
    mel = every_frontend(speechlike)
    heard = OriginalPhase()(drawn(mel, WarpPath(mel.n_frames // 2, 0)))
    assert relative_db(heard.samples, mel.audio.samples) < -60


def test_a_floor_in_a_band_takes_its_tone_and_leaves_the_other(two_tones, every_frontend):
    mel = every_frontend(two_tones)
    nearest = int(np.argmin(np.abs(every_frontend.center_hz() - HIGH_HZ)))
    heard = OriginalPhase()(drawn(mel, FrequencyBand(nearest - 8, 17, "floor"))).samples[0]
    before, rate = mel.audio.samples[0], every_frontend.sample_rate
    assert level_db(heard, HIGH_HZ, rate) < level_db(before, HIGH_HZ, rate) - 40
    assert level_db(heard, LOW_HZ, rate) == pytest.approx(level_db(before, LOW_HZ, rate), abs=0.5)


def test_a_time_mask_at_the_floor_is_silent_inside_and_changes_nothing_far_away(tone, every_frontend):
    mel = every_frontend(tone)
    start, width = mel.n_frames // 4, mel.n_frames // 2
    heard, before = (
        OriginalPhase()(drawn(mel, TimeSpan(start, width, "floor"))).samples[0],
        mel.audio.samples[0],
    )
    inside = window_inside(mel, start, width)
    assert inside.stop - inside.start > 1000
    assert np.sqrt(np.mean(heard[inside] ** 2)) < 1e-3 * np.sqrt(np.mean(before[inside] ** 2))
    untouched = slice(0, start * every_frontend.hop_length - every_frontend.framing.offset)
    assert np.abs(heard - before)[untouched].max() < 1e-5


@pytest.mark.parametrize("region", [FrequencyBand, TimeSpan])
def test_a_loud_fill_is_heard_at_its_own_level(speechlike, every_frontend, region):
    """Most cells are raised by far more than the gain limit, so this is mostly the added noise.

    Power is averaged before the logarithm: cells of noise scatter, and the mean of their dB is up to 2.5 dB low.
    """
    mel = every_frontend(speechlike)
    masked = drawn(mel, region(20, 20, float(mel.values.max())))
    heard = every_frontend(OriginalPhase()(masked))
    cells = region(20, 20).region
    wanted, got = (m.power[cells].mean(dtype=float) for m in (masked, heard))
    assert 10 * np.log10(got / wanted) == pytest.approx(0, abs=1.5)
    assert 10 * np.log10(wanted / mel.power[cells].mean(dtype=float)) > 3


@pytest.mark.parametrize("change_db", [-30.0, -6.0, 6.0, 19.0])
def test_a_change_of_all_cells_within_the_limit_is_a_gain(tone, change_db):
    """Whisper's cells are log10(power) / 4 + 1, so 40 dB are 1."""
    mel = WHISPER(tone)
    heard = OriginalPhase()(mel.with_values(mel.values + change_db / 40))
    gain = 10 ** (change_db / 20)
    assert relative_db(heard.samples, gain * mel.audio.samples) < -60


def test_beyond_the_limit_noise_makes_up_the_rest(tone):
    mel = WHISPER(tone)
    louder = mel.with_values(mel.values + 12 / 40)
    within, beyond = (OriginalPhase(max_gain_db=limit)(louder).samples[0] for limit in (12.0, 6.0))
    before = mel.audio.samples[0]
    assert level_db(within, 440, 16000) - level_db(before, 440, 16000) == pytest.approx(12, abs=0.1)
    assert level_db(beyond, 440, 16000) - level_db(before, 440, 16000) < 11
    assert relative_db(beyond, 2 * before.astype(float)) > -20
    rms_change = 20 * np.log10(np.sqrt(np.mean(beyond**2)) / np.sqrt(np.mean(before**2)))
    assert rms_change == pytest.approx(12, abs=1.5)


def test_the_added_noise_follows_its_seed(speechlike):
    mel = WHISPER(speechlike)
    loud = drawn(mel, TimeSpan(20, 40, 1.5))
    a, again, other = (OriginalPhase(seed=seed)(loud).samples.tobytes() for seed in (1, 1, 2))
    assert a == again
    assert a != other


def test_without_anything_louder_the_seed_does_not_matter(speechlike):
    mel = WHISPER(speechlike)
    quiet = drawn(mel, TimeSpan(20, 40, "floor"))
    a, b = (OriginalPhase(seed=seed)(quiet).samples.tobytes() for seed in (1, 2))
    assert a == b


def test_a_masked_and_warped_clip_is_masked_where_the_warp_put_it(speechlike, every_frontend):
    mel = every_frontend(speechlike)
    start, width = mel.n_frames // 3, mel.n_frames // 2
    warped = drawn(mel, WarpPath(mel.n_frames // 2, 5), TimeSpan(start, width, "floor"))
    heard = OriginalPhase()(warped).samples[0]
    inside = window_inside(mel, start, width)
    assert np.sqrt(np.mean(heard[inside] ** 2)) < 1e-2 * np.sqrt(np.mean(heard**2))


def test_silence_stays_silent(every_frontend):
    mel = every_frontend(Audio(np.zeros(30_000), every_frontend.sample_rate))
    assert not OriginalPhase()(mel).samples.any()


def test_a_mel_without_its_clip_is_refused(speechlike):
    with pytest.raises(ParameterError, match=r"this mel carries no audio; compute it with frontend\(audio\)"):
        OriginalPhase()(replace(WHISPER(speechlike), audio=None))
    with pytest.raises(ParameterError, match=r"carries no audio"):
        OriginalPhase()(MelSpectrogram(np.zeros((80, 20)), WHISPER))
