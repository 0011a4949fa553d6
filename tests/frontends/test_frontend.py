"""Each front-end against its upstream, recorded and live, and against librosa."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest

from specaug_listen import Audio, MelSpectrogram, frontends
from specaug_listen.errors import AudioError
from specaug_listen.frontends import MelFrontend
from specaug_listen.stft import stft

RECORDED = Path(__file__).parents[1] / "reference" / "frontends.npz"
SIGNALS = ("speechlike", "noise", "quiet")
FRONTENDS = {
    **frontends.PRESETS,
    "nemo-unnormalised": replace(frontends.NEMO, normalize=None),
    "speechbrain-unnormalised": replace(frontends.SPEECHBRAIN, normalize=None),
}

# Largest difference, in the front-end's own scale, from what the upstream computed (reference/make_reference.py).
# About three times what we measure; upstreams compute in float32, and their own rounding is most of it.
TOLERANCE = {
    #                      rtol    atol
    "whisper":            (0.0,    1e-4),   # a 40 000th of the scale of 4
    "whisper-128":        (0.0,    1e-4),
    "lhotse":             (0.0,    3e-4),   # in ln: 0.0013 dB
    "nemo":               (0.0,    7e-4),   # after a division by deviations down to 0.1
    "nemo-unnormalised":  (0.0,    1e-4),
    "hifigan":            (0.0,    2e-4),
    "librosa":            (2e-6,   1e-12),  # powers: relative
    "librosa-db":         (0.0,    5e-5),   # dB
    "espnet":             (0.0,    1e-3),
    "speechbrain":        (0.0,    4e-5),
    "speechbrain-unnormalised": (0.0, 7e-4),  # dB
    "kaldi":              (0.0,    1e-4),
    "wenet":              (0.0,    8e-4),
    "fairseq":            (0.0,    7e-3),   # its variance is a difference of large numbers
    "torchaudio":         (1e-3,   1e-9),   # powers: relative
    "tacotron2":          (0.0,    4e-4),
    "vocos":              (0.0,    3e-4),
    "lingvo":             (0.0,    6e-5),
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded() -> dict[str, np.ndarray]:
    arrays = {}
    for path in (RECORDED, RECORDED.with_name("lingvo.npz")):
        with np.load(path) as file:
            arrays |= {key: file[key] for key in file.files if key != "versions"}
    return arrays


def equals_upstream(frontend: MelFrontend, name: str, signal: str, recorded: dict[str, np.ndarray]) -> bool:
    audio = Audio(recorded[f"input/{frontend.sample_rate}/{signal}"], frontend.sample_rate)
    mel, expected = frontend(audio), recorded[f"{name}/{signal}"]
    rtol, atol = TOLERANCE[name]
    if mel.values.shape != expected.shape:
        return False
    shown = resolved(mel)
    return np.allclose(mel.values[shown], expected[shown], rtol=rtol, atol=atol)


# Their floors lie deeper than the rounding of single precision, in which the upstreams compute: what is 80 dB below the
# loudest cell of its frame is left out, and with it no rule but the floor, which frames of silence show.
DEEP = ("fairseq", "vocos", "wenet")


def resolved(mel: MelSpectrogram) -> np.ndarray:
    """The cells that an upstream resolves in single precision."""
    frontend = mel.frontend
    if frontend.name not in DEEP:
        return np.ones(mel.values.shape, bool)
    power = replace(frontend, floor=1e-30, normalize=None)(mel.audio).power
    return power >= 1e-8 * power.max(axis=0)


def test_every_preset_has_a_recording_and_a_tolerance(recorded):
    keys = {key for key in recorded if not key.startswith("input/")}
    assert keys == {f"{name}/{signal}" for name in FRONTENDS for signal in SIGNALS}
    assert TOLERANCE.keys() == FRONTENDS.keys()


# In fairseq's variance, a difference of means of squares, nothing but rounding is left of a tone that never moves.
CASES = [(name, signal) for name in FRONTENDS for signal in SIGNALS if (name, signal) != ("fairseq", "quiet")]


@pytest.mark.parametrize(("name", "signal"), CASES)
def test_a_front_end_equals_its_upstream(name, signal, recorded):
    assert equals_upstream(FRONTENDS[name], name, signal, recorded)


def test_the_tolerances_tell_a_front_end_from_its_neighbours(subtests, recorded):
    for name, change in [
        ("whisper", {"window": "hann_symmetric"}),
        ("whisper", {"pad_mode": "constant"}),
        ("whisper", {"drop_last_frame": False}),
        ("whisper", {"mel_scale": "htk"}),
        ("whisper", {"dynamic_range": 8.01}),
        ("lhotse", {"window": "hann_symmetric"}),
        ("lhotse", {"pad_mode": "reflect"}),
        ("lhotse", {"remove_dc_offset": False}),
        ("lhotse", {"preemphasis_per_frame": False}),
        ("lhotse", {"mel_scale": "htk"}),
        ("lhotse", {"floor": 2.0**-24}),
        ("nemo", {"window": "hann"}),
        ("nemo", {"floor_mode": "clamp"}),
        ("nemo", {"preemphasis_per_frame": True}),
        ("nemo", {"normalize": None}),
        ("hifigan", {"magnitude_epsilon": 0.0}),
        ("hifigan", {"padding": "center"}),
        ("hifigan", {"power": 2.0}),
        ("librosa", {"mel_norm": None}),
        ("librosa", {"pad_mode": "reflect"}),
        ("librosa-db", {"dynamic_range": 79.99}),
        ("espnet", {"hop_length": 160}),
        ("espnet", {"mel_scale": "htk"}),
        ("espnet", {"pad_mode": "constant"}),
        ("espnet", {"floor": 2.0**-23}),
        ("speechbrain", {"mel_scale": "htk"}),
        ("speechbrain", {"window": "hamming_symmetric"}),
        ("speechbrain", {"pad_mode": "reflect"}),
        ("speechbrain", {"normalize": "per_feature"}),
        ("speechbrain-unnormalised", {"dynamic_range": 79.99}),
        ("kaldi", {"padding": "kaldi"}),
        ("kaldi", {"first_sample": 1}),
        ("kaldi", {"fmin_hz": 0.0}),
        ("wenet", {"input_scale": 32700.0}),
        ("wenet", {"floor": 2.0**-24}),
        ("wenet", {"remove_dc_offset": False}),
        ("fairseq", {"normalize": "per_feature"}),
        ("fairseq", {"normalize": None}),
        ("fairseq", {"fmax_hz": 7600.0}),
        ("torchaudio", {"mel_norm": "slaney"}),
        ("torchaudio", {"pad_mode": "constant"}),
        ("tacotron2", {"padding": "same"}),
        ("tacotron2", {"magnitude_epsilon": 1e-9}),
        ("vocos", {"mel_scale": "slaney"}),
        ("vocos", {"floor": 1e-5}),
        ("vocos", {"power": 2.0}),
        ("lingvo", {"first_sample": 0}),
        ("lingvo", {"n_fft": 512}),
        ("lingvo", {"window": "hann_symmetric"}),
        ("lingvo", {"preemphasis": 0.96}),
        ("lingvo", {"floor": 0.5}),
        ("lingvo", {"mel_scale": "htk"}),
    ]:
        with subtests.test(name=name, change=change):
            changed = replace(FRONTENDS[name], **change)
            assert not all(equals_upstream(changed, *case, recorded) for case in CASES if case[0] == name)


# -- librosa, live -------------------------------------------------------------------------------------

GEOMETRIES = {
    "512/160": {"n_fft": 512, "hop_length": 160, "n_mels": 64},
    "400/400": {"n_fft": 400, "hop_length": 400, "n_mels": 40},
    "1024/256, window 800": {"n_fft": 1024, "hop_length": 256, "win_length": 800, "n_mels": 80},
    "odd": {"n_fft": 601, "hop_length": 149, "win_length": 333, "n_mels": 32},
    "hamming": {"n_fft": 512, "hop_length": 128, "n_mels": 40, "window": "hamming"},
    "reflect": {"n_fft": 512, "hop_length": 128, "n_mels": 40, "pad_mode": "reflect"},
    "htk": {"n_fft": 512, "hop_length": 160, "n_mels": 40, "mel_scale": "htk"},
    "htk, no norm": {"n_fft": 2048, "hop_length": 512, "n_mels": 128, "mel_scale": "htk", "mel_norm": None},
    "telephone": {"n_fft": 512, "hop_length": 160, "n_mels": 24, "fmin_hz": 300.0, "fmax_hz": 3400.0},
    "magnitude": {"n_fft": 512, "hop_length": 160, "n_mels": 40, "power": 1.0},
    "more than 4096 frames": {"n_fft": 128, "hop_length": 4, "n_mels": 8},
}


def test_a_front_end_of_ones_own_equals_librosa(subtests, speechlike):
    for name, geometry in GEOMETRIES.items():
        with subtests.test(name=name):
            defaults = {"name": "mine", "sample_rate": 16000, "pad_mode": "constant", "log": None, "floor": 0.0}
            frontend = MelFrontend(**{**defaults, **geometry})
            expected = librosa.feature.melspectrogram(
                y=speechlike.samples[0].astype(np.float64),  # in float32 librosa's quiet cells are its rounding
                sr=16000,
                n_fft=frontend.n_fft,
                hop_length=frontend.hop_length,
                win_length=frontend.win_length,
                window=frontend.window,
                pad_mode=frontend.pad_mode,
                power=frontend.power,
                n_mels=frontend.n_mels,
                fmin=frontend.fmin_hz,
                fmax=frontend.top_hz,
                htk=frontend.mel_scale == "htk",
                norm=frontend.mel_norm,
            )
            np.testing.assert_allclose(frontend(speechlike).values, expected, rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize(("power", "convert"), [(2.0, librosa.power_to_db), (1.0, librosa.amplitude_to_db)])
def test_decibels_are_librosas_for_powers_and_for_magnitudes(speechlike, power, convert):
    linear = MelFrontend(
        name="mine", sample_rate=16000, n_fft=512, hop_length=160, n_mels=40, power=power, log=None, floor=0.0
    )
    floor = 1e-10 if power == 2 else 1e-5
    mine = replace(linear, log="db", floor=floor, dynamic_range=80.0)
    expected = convert(linear(speechlike).values, ref=1.0, amin=floor, top_db=80.0)
    np.testing.assert_allclose(mine(speechlike).values, expected, atol=1e-4)


# -- what holds for every front-end --------------------------------------------------------------------


def test_identical_channels_give_the_mel_of_one(subtests, speechlike):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            stack = Audio(np.repeat(speechlike.samples, 3, axis=0), 16000)
            np.testing.assert_array_equal(frontend(stack).values, frontend(speechlike).values)


def test_channels_are_mixed_before_the_mel(subtests, speechlike, tone):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            pair = np.stack([speechlike.samples[0, :16000], tone.samples[0]])
            mixed = Audio(pair.mean(axis=0, dtype=np.float64), 16000)
            np.testing.assert_array_equal(frontend(Audio(pair, 16000)).values, frontend(mixed).values)


def test_a_clip_at_another_rate_is_resampled_and_kept_with_the_mel(subtests, speechlike):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            mel = frontend(speechlike.resample(44100))
            assert mel.audio.sample_rate == frontend.sample_rate
            assert mel.audio.n_channels == 1
            assert mel.n_frames == frontend.framing.n_frames(mel.audio.n_samples)
            # The abrupt pauses ring in a resampler, each rate in its own way: single cells differ, most do not.
            heard = frontend.center_hz() < 6000
            direct = frontend(speechlike)
            loud = (direct.db > direct.db.max() - 40)[heard]
            assert np.median(np.abs(mel.db[heard][loud] - direct.db[heard][loud])) < 0.03


def test_a_silent_clip_is_finite_and_silent(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            mel = frontend(Audio(np.zeros(8000), 8000))
            assert np.isfinite(mel.values).all()
            assert np.isfinite(mel.db).all()
            assert mel.power.max() <= 1e-6
            np.testing.assert_allclose(mel.values, np.broadcast_to(np.median(mel.values), mel.values.shape), atol=1e-6)


def test_the_same_clip_gives_the_same_bits(subtests, speechlike):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            np.testing.assert_array_equal(frontend(speechlike).values, frontend(speechlike).values)


def test_a_clip_shorter_than_a_window_is_refused_and_one_of_a_window_is_not(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            length, rate = frontend.first_sample + frontend.framing.win_length, frontend.sample_rate
            assert frontend(Audio(np.full(length, 0.1), rate)).n_frames >= 1
            with pytest.raises(AudioError, match=rf"^{length - 1} samples are less than one window of the front-end"):
                frontend(Audio(np.full(length - 1, 0.1), rate))


def test_the_stft_of_the_stretch_is_what_the_mel_was_summed_from(subtests, rng):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            if frontend.remove_dc_offset:
                frontend = replace(frontend, remove_dc_offset=False)  # Kaldi's is taken frame by frame
            audio = Audio(0.1 * rng.standard_normal(12000), frontend.sample_rate)
            n_lead = frontend.framing.with_lead_in.n_lead_in
            spectrum = stft(frontend.pad(audio.samples[0]), frontend.framing)[n_lead:]
            power = np.square(np.abs(spectrum.astype(np.complex128))) + frontend.magnitude_epsilon
            linear = np.sqrt(power) if frontend.power == 1 else power
            mel = frontend(audio)
            # Kaldi's pre-emphasis knows nothing before a frame, and the stretch has the sample before it: levels are
            # compared there.
            rtol = 0.05 if frontend.preemphasis_per_frame else 2e-3
            loud = mel.db > mel.db.max() - 30
            np.testing.assert_allclose((linear @ frontend.filterbank().T).T[loud], mel.energy[loud], rtol=rtol)


def test_the_stretch_turns_back_into_the_clip(subtests, rng):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            signal = rng.standard_normal(8000).astype(np.float32)
            stretch = frontend.pad(signal)
            back = frontend.unpad(stretch, 8000)
            reached = min(8000, len(stretch) - frontend.framing.with_lead_in.offset)
            assert reached >= 8000 - frontend.hop_length
            np.testing.assert_allclose(back[:reached], signal[:reached], atol=1e-4)


def test_kaldi_prepares_each_frame_by_itself(rng):
    # Another window than povey's, which is 0 at a frame's first sample and would hide it.
    changes = {"window": "hamming_symmetric", "log": None, "floor": 0.0}
    frontend = replace(frontends.LHOTSE, **changes)
    samples = (0.1 * rng.standard_normal(4000) + 0.05).astype(np.float32)
    frame = samples[10 * 160 - 120 :][:400].astype(np.float64)
    frame -= frame.mean()
    frame -= 0.97 * np.concatenate([frame[:1], frame[:-1]])
    power = np.square(np.abs(np.fft.rfft(frame * np.hamming(400), 512)))
    np.testing.assert_allclose(frontend(Audio(samples, 16000)).values[:, 10], frontend.filterbank() @ power, rtol=1e-5)


@pytest.mark.parametrize(("n_samples", "n_frames"), [(1600, 10), (1759, 10), (1760, 11)])
def test_the_dropped_frame_is_the_last_one(rng, n_samples, n_frames):
    all_frames = replace(frontends.WHISPER, drop_last_frame=False, dynamic_range=None)
    audio = Audio(0.1 * rng.standard_normal(n_samples), 16000)
    kept = replace(all_frames, drop_last_frame=True)(audio)
    assert kept.n_frames == n_frames
    np.testing.assert_array_equal(kept.values, all_frames(audio).values[:, :-1])


def test_frames_are_timed_as_librosa_times_them_where_it_centres(speechlike):
    for frontend in (frontends.WHISPER, frontends.NEMO, frontends.LIBROSA):
        mel = frontend(speechlike)
        expected = librosa.frames_to_time(
            np.arange(mel.n_frames), sr=frontend.sample_rate, hop_length=frontend.hop_length
        )
        np.testing.assert_allclose(mel.times_s, expected, atol=1e-12)


def test_a_click_is_heard_at_its_time(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            rate = frontend.sample_rate
            samples = np.zeros(rate)
            samples[rate // 2] = 1.0
            mel = frontend(Audio(samples, rate))
            loudest = np.argmax(mel.power.sum(axis=0))
            assert abs(mel.times_s[loudest] - 0.5) <= 0.51 * frontend.hop_length / rate


def test_a_tone_is_heard_in_its_band(subtests):
    for frontend in frontends.PRESETS.values():
        for hz in (440.0, 1000.0, 3000.0):
            with subtests.test(hz=hz, frontend=frontend.name):
                tone = Audio(0.5 * np.sin(2 * np.pi * hz * np.arange(16000) / 16000), 16000)
                band = np.argmax(frontend(tone).power.mean(axis=1))
                width_hz = max(np.diff(frontend.center_hz())[max(band - 1, 0)], 16000 / 400)
                assert abs(frontend.center_hz()[band] - hz) <= 1.5 * width_hz
