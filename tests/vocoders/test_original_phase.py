"""What the augmentation changed, and nothing else, on the original's own phase."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import presets
import pytest

from specaug_listen import Audio
from specaug_listen.augment import Draw, FrequencySpan, TimeSpan, WarpPath
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import PRESETS, WHISPER, MelSpectrogram
from specaug_listen.vocoders import OriginalPhase, original_phase

LOW_HZ, HIGH_HZ = 440.0, 2500.0


@pytest.fixture(scope="module")
def two_tones():
    turns = 2 * np.pi * np.arange(16000) / 16000
    return Audio(0.3 * np.sin(LOW_HZ * turns) + 0.3 * np.sin(HIGH_HZ * turns), 16000)


@pytest.fixture(scope="module")
def gliding_voice():
    """A voice that swells and fades over faint noise, without any onset but its beginning."""
    seconds = np.arange(2 * 16000) / 16000
    turns = 2 * np.pi * (120 * seconds + 15 * seconds**2)
    voice = sum(np.sin(harmonic * turns) / harmonic for harmonic in range(1, 31))
    noise = 0.003 * np.random.default_rng(440).standard_normal(len(seconds))
    return Audio(0.1 * (1.3 + np.sin(2 * np.pi * 3 * seconds)) * voice + noise, 16000)


def drawn(mel, *steps):
    return Draw(mel.n_mels, mel.n_frames, steps).apply(mel)


def level_db(signal, hz, rate):
    """Level of a sinusoid, away from the ends of the clip."""
    inner = signal[rate // 5 : -rate // 5]
    turns = np.exp(-2j * np.pi * hz * np.arange(len(inner)) / rate)
    return 20 * np.log10(np.abs(np.sum(inner * np.hanning(len(inner)) * turns)) + 1e-30)


def sine(hz, rate, seconds=1.0):
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def mean_db(power, cells):
    return 10 * np.log10(power[cells].mean(dtype=float) + 1e-20)


def relative_db(a, b):
    return 20 * np.log10(np.linalg.norm(a.astype(float) - b) / np.linalg.norm(b.astype(float)) + 1e-30)


def window_inside(mel, start, width):
    """Samples that frames ``start`` to ``start + width - 1`` cover and no other frame does."""
    framing = mel.frontend.framing
    first = start * framing.hop_length - framing.offset
    return slice(first + framing.win_length, first + (width - 1) * framing.hop_length)


def test_an_empty_draw_gives_the_clip_back_to_its_last_sample(speechlike, tone, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            for audio in (speechlike, tone):
                mel = frontend(audio)
                heard = OriginalPhase()(drawn(mel)).samples
                assert heard.shape == mel.audio.samples.shape
                assert relative_db(heard, mel.audio.samples) < -100
                assert np.abs(heard - mel.audio.samples)[:, -50:].max() < 1e-5


def test_the_tail_behind_the_last_whole_hop_comes_out_as_it_went_in(every_frontend, rng, subtests):
    """Whisper and NeMo leave out the last frame, so that hardly a window reaches the tail."""
    for share in [0.01, 0.5, 0.99]:
        with subtests.test(share=share):
            n_samples = 40 * every_frontend.hop_length + round(share * every_frontend.hop_length)
            mel = every_frontend(Audio(0.1 * rng.standard_normal(n_samples), every_frontend.sample_rate))
            tail = slice(-every_frontend.hop_length, None)
            heard, before = OriginalPhase()(mel).samples[0, tail], mel.audio.samples[0, tail]
            assert relative_db(heard, before) < -80


def test_an_empty_draw_does_not_depend_on_the_gain_limit(speechlike, subtests):
    for max_gain_db in [0.0, 20.0, 120.0]:
        with subtests.test(max_gain_db=max_gain_db):
            mel = WHISPER(speechlike)
            assert relative_db(OriginalPhase(max_gain_db=max_gain_db)(mel).samples, mel.audio.samples) < -100


def test_a_warp_that_moves_nothing_gives_the_clip_back(speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(speechlike)
            heard = OriginalPhase()(drawn(mel, WarpPath(mel.n_frames // 2, 0)))
            assert relative_db(heard.samples, mel.audio.samples) < -60


def test_a_floor_in_a_band_takes_its_tone_and_leaves_the_other(two_tones, every_frontend):
    mel = every_frontend(two_tones)
    nearest = int(np.argmin(np.abs(every_frontend.center_hz() - HIGH_HZ)))
    heard = OriginalPhase()(drawn(mel, FrequencySpan(nearest - 8, 17, "floor"))).samples[0]
    before, rate = mel.audio.samples[0], every_frontend.sample_rate
    assert level_db(heard, HIGH_HZ, rate) < level_db(before, HIGH_HZ, rate) - 40
    assert level_db(heard, LOW_HZ, rate) == pytest.approx(level_db(before, LOW_HZ, rate), abs=0.5)


def test_a_floor_in_a_band_takes_the_tone_at_its_middle_and_leaves_those_beyond(every_frontend, subtests):
    """Three mel bins beyond either edge a tone stays as it is."""
    for width in [5, 9, 17]:
        with subtests.test(width=width):
            center_hz, rate = every_frontend.center_hz(), every_frontend.sample_rate
            start = every_frontend.n_mels // 2 - width // 2
            changes = []
            for band in (start + width // 2, start - 3, start + width + 2):
                mel = every_frontend(Audio(sine(center_hz[band], rate), rate))
                heard = OriginalPhase()(drawn(mel, FrequencySpan(start, width, "floor"))).samples[0]
                changes.append(
                    level_db(heard, center_hz[band], rate) - level_db(mel.audio.samples[0], center_hz[band], rate)
                )
            assert changes[0] < -45
            assert changes[1:] == pytest.approx([0, 0], abs=0.5)


def test_a_floor_in_a_band_cuts_a_piece_out_of_a_chirp_and_leaves_its_course(every_frontend):
    rate, center_hz = every_frontend.sample_rate, every_frontend.center_hz()
    seconds = np.arange(4 * rate) / rate
    mel = every_frontend(Audio(0.3 * np.sin(2 * np.pi * 100 / 1.0 * (np.exp(seconds) - 1)), rate))
    start, width = every_frontend.n_mels // 2, min(17, every_frontend.n_mels // 3)
    heard = every_frontend(OriginalPhase()(drawn(mel, FrequencySpan(start, width, "floor"))))
    # The mel bins that the chirp crosses within one window, half of it to each side.
    now_hz = 100 * np.exp(mel.times_s)
    half_s = every_frontend.framing.win_length / rate / 2
    low, high = (np.searchsorted(center_hz, now_hz * np.exp(sign * half_s)) for sign in (-1, 1))
    ends = (mel.times_s > 0.3) & (mel.times_s < 3.7)
    outside = ends & ((high < start - 4) | (low > start + width + 4))
    inside = ends & (low > start + 2) & (high < start + width - 2)
    assert outside.sum() > 50 * inside.any()
    change = 10 * np.log10(heard.power.sum(axis=0) / mel.power.sum(axis=0))
    assert np.abs(change[outside]).max() < 0.5
    assert change[inside].max() < -30
    assert np.array_equal(heard.power.argmax(axis=0)[outside], mel.power.argmax(axis=0)[outside])


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


def test_a_fill_is_heard_at_its_own_level(speechlike, every_frontend, subtests):
    """Under a fill at the floor one hears what leaks in from beside the mask; no other fill comes out below that.

    Power is averaged before the logarithm: cells of noise scatter, and the mean of their dB is up to 2.5 dB low.
    """
    for region in [FrequencySpan, TimeSpan]:
        for fill in ["loud", "mean", "band_mean", "frame_mean", "noise", "min", "floor"]:
            with subtests.test(region=region, fill=fill):
                mel = every_frontend(speechlike)
                fill = float(mel.values.max()) if fill == "loud" else fill
                first = min(20, mel.n_mels // 2)
                step = region(first, first, fill, 7 if fill == "noise" else None)
                masked, floored = drawn(mel, step), drawn(mel, replace(step, fill="floor", noise_seed=None))
                heard, leaked = (every_frontend(OriginalPhase()(m)).power for m in (masked, floored))
                wanted = masked.power[step.region].mean(dtype=float) + leaked[step.region].mean(dtype=float)
                assert mean_db(heard, step.region) == pytest.approx(10 * np.log10(wanted + 1e-20), abs=1)


def test_a_fill_far_louder_than_what_it_replaces_is_heard_at_its_own_level(speechlike, every_frontend, subtests):
    """Most cells are raised by far more than the gain limit, so this is mostly the added noise; nothing leaks."""
    for region in [FrequencySpan, TimeSpan]:
        with subtests.test(region=region):
            mel = every_frontend(speechlike)
            first = min(20, mel.n_mels // 2)
            masked = drawn(mel, region(first, first, float(mel.values.max())))
            heard = every_frontend(OriginalPhase()(masked))
            cells = region(first, first).region
            assert mean_db(heard.power, cells) == pytest.approx(mean_db(masked.power, cells), abs=0.5)
            assert mean_db(masked.power, cells) > mean_db(mel.power, cells) + 3


def test_a_change_of_all_cells_within_the_limit_is_a_gain(tone, subtests):
    """Whisper's cells are log10(power) / 4 + 1, so 40 dB are 1."""
    for change_db in [-30.0, -6.0, 6.0, 19.0]:
        with subtests.test(change_db=change_db):
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
    assert level_db(beyond, 440, 16000) - level_db(before, 440, 16000) < 8
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


def error_db(masked, cells):
    """Of the rendering's own mel, over these cells, in dB."""
    quiet = 1e-6 * masked.power.max()
    power = masked.frontend(OriginalPhase()(masked)).power
    return np.sqrt(np.mean(np.square(10 * np.log10((power + quiet) / (masked.power + quiet))[cells])))


def test_a_warped_clip_follows_the_warped_mel_closely(gliding_voice, every_frontend, monkeypatch, subtests):
    for displacement in [-9, 9]:
        with subtests.test(displacement=displacement), monkeypatch.context() as patch:
            mel = every_frontend(gliding_voice)
            warped = drawn(mel, WarpPath(mel.n_frames // 2, displacement))
            error = error_db(warped, ...)
            assert error < 0.9
            patch.setattr(original_phase, "_N_REFINEMENTS", 0)
            assert error < 0.95 * error_db(warped, ...)


def test_refining_brings_the_cells_of_a_fill_closer(gliding_voice, every_frontend, monkeypatch, subtests):
    for region in [FrequencySpan, TimeSpan]:
        with subtests.test(region=region), monkeypatch.context() as patch:
            mel = every_frontend(gliding_voice)
            first = min(20, mel.n_mels // 2)
            step = region(first, first, float(np.percentile(mel.values, 99)))
            error = error_db(drawn(mel, step), step.region)
            patch.setattr(original_phase, "_N_REFINEMENTS", 0)
            # Where only two windows overlap, most of a change over time is beyond any of them.
            factor = 0.8 if every_frontend.framing.win_length > 2 * every_frontend.hop_length else 0.98
            assert error < factor * error_db(drawn(mel, step), step.region)


def test_a_warped_click_train_keeps_its_clicks(every_frontend, subtests):
    for displacement in [-12, 12]:
        with subtests.test(displacement=displacement):
            framing, rate = every_frontend.framing, every_frontend.sample_rate
            period = max(rate // 16, round(1.6 * framing.win_length)) + 7
            clicks = np.arange(1, 2 * rate // period) * period
            signal = np.zeros(2 * rate + period)
            signal[clicks] = 0.9
            mel = every_frontend(Audio(signal, rate))
            warped = drawn(mel, WarpPath(mel.n_frames // 2, displacement))
            heard = OriginalPhase()(warped).samples[0]
            middle = framing.center_s(0, 1)
            moved = np.interp((clicks - middle) / framing.hop_length, warped.warp, np.arange(mel.n_frames))
            loud = np.flatnonzero(np.abs(heard) > 0.05)
            assert len(loud) == len(clicks)  # none is lost, doubled or smeared
            np.testing.assert_allclose(heard[loud], 0.9, atol=0.02)
            np.testing.assert_allclose(loud, moved * framing.hop_length + middle, atol=2)


def test_a_warped_tone_keeps_its_pitch_and_its_level(every_frontend):
    rate = every_frontend.sample_rate
    mel = every_frontend(Audio(sine(997, rate, 2.0), rate))
    for displacement in (-15, 15):
        heard = OriginalPhase()(drawn(mel, WarpPath(mel.n_frames // 2, displacement))).samples[0][
            rate // 4 : -rate // 4
        ]
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 1 << 20))
        assert 1200 * np.log2(np.argmax(spectrum) * rate / (1 << 20) / 997) == pytest.approx(0, abs=3)
        blocks = heard[: len(heard) // (rate // 40) * (rate // 40)].reshape(-1, rate // 40)
        level = 20 * np.log10(np.sqrt(2 * np.mean(blocks.astype(float) ** 2, axis=1)) / 0.3)
        assert np.abs(level).max() < 0.5


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_only_the_cells_of_a_mask_are_corrected(name, rng):
    """The frames whose windows a time mask does not reach come out to the bit of the signal's own rounding."""
    frontend = PRESETS[name]
    mel = frontend(Audio(0.1 * rng.standard_normal(frontend.sample_rate * 2), frontend.sample_rate))
    heard = OriginalPhase()(drawn(mel, TimeSpan(mel.n_frames // 2, 5, float(mel.values.max())))).samples[0]
    framing = frontend.framing
    first = mel.n_frames // 2 * framing.hop_length - framing.offset
    reach = slice(first, first + 4 * framing.hop_length + framing.win_length)
    change = np.abs(heard - mel.audio.samples[0])
    assert change[reach].max() > 0.1
    change[reach] = 0
    assert change.max() < 2e-5


def test_silence_stays_silent(subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(Audio(np.zeros(30_000), frontend.sample_rate))
            assert not OriginalPhase()(mel).samples.any()
            assert not OriginalPhase()(drawn(mel, WarpPath(mel.n_frames // 2, 9))).samples.any()


def test_a_mel_without_its_clip_is_refused(speechlike):
    with pytest.raises(ParameterError, match=r"this mel carries no audio; compute it with frontend\(audio\)"):
        OriginalPhase()(replace(WHISPER(speechlike), audio=None))
    with pytest.raises(ParameterError, match=r"carries no audio"):
        OriginalPhase()(MelSpectrogram(np.zeros((80, 20)), WHISPER))


def test_what_only_the_tails_of_windows_cover_comes_out_as_it_went_in(subtests):
    for hop_length in [350, 380, 400]:
        with subtests.test(hop_length=hop_length):
            frontend = replace(WHISPER, hop_length=hop_length)
            clip = Audio(np.random.default_rng(0).standard_normal(9000) / 10, 16000)
            np.testing.assert_array_equal(OriginalPhase()(frontend(clip)).samples, clip.samples)
