"""Masked mels through the default vocoder: fills at their level, no ringing beside a band, no clicks beside a gap."""

from __future__ import annotations

import numpy as np
import presets
import pytest
from numpy.testing import assert_array_equal

from specaug_listen import Audio
from specaug_listen.augment import Draw, FrequencySpan, TimeSpan
from specaug_listen.frontends import PRESETS
from specaug_listen.stft import overlap_add
from specaug_listen.vocoders import Joint
from specaug_listen.vocoders import initial_phase as start_module
from specaug_listen.vocoders import joint as joint_module
from specaug_listen.vocoders.fill_areas import flat_areas, lone_areas
from specaug_listen.vocoders.mel_bins import Energies, mel_bins_of

FRONTENDS = ("whisper", "lhotse", "nemo", "hifigan", "librosa-db")
STEADY_FILLS = "mean", "band_mean", "frame_mean", "min", "floor"
# Further below the loudest cell lie the side lobes of the front-ends' windows.
RANGE_DB = 60.0


def voice(rate, seconds=1.2):
    """Syllables: pulses of a gliding pitch through three formants, over a little noise."""
    times = np.arange(round(seconds * rate)) / rate
    turns = np.cumsum(117 + 25 * np.sin(2 * np.pi * 1.3 * times)) / rate
    pulses = np.diff(np.floor(turns), prepend=0)
    signal = np.zeros(len(times))
    decay_s = np.arange(rate // 20) / rate
    for hz, share in ((600, 0.3), (1300, 0.15), (2700, 0.1)):
        formant = share * np.exp(-300 * decay_s) * np.cos(2 * np.pi * hz * decay_s)
        signal += np.convolve(pulses, formant)[: len(times)]
    syllables = np.exp(-14 * (times % 0.3))
    return signal * syllables + 3e-4 * np.random.default_rng(5).standard_normal(len(times))


def chirp(rate, seconds=1.2):
    times = np.arange(round(seconds * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * 150 * (np.exp(2.5 * times) - 1) / 2.5)


def noise(rate, seconds=1.2):
    return 0.1 * np.random.default_rng(6).standard_normal(round(seconds * rate))


def tone(rate, seconds=1.2):
    return 0.4 * np.sin(2 * np.pi * 443 * np.arange(round(seconds * rate)) / rate)


def clicks(rate, seconds=1.2):
    signal = np.zeros(round(seconds * rate))
    signal[np.random.default_rng(7).integers(0, len(signal), 25)] = 0.7
    return signal


def train(rate, seconds=1.2):
    """Clicks of which most windows hold exactly one."""
    signal = np.zeros(round(seconds * rate))
    signal[:: rate // 40] = 0.7
    return signal


SOUNDS = voice, chirp, noise, tone, clicks, train


def mel_of(sound, frontend):
    return frontend(Audio(sound(frontend.sample_rate), frontend.sample_rate))


def band_mask(mel, fill="floor"):
    """Over a quarter of the mel bins, in the middle."""
    return FrequencySpan(mel.n_mels * 2 // 5, mel.n_mels // 4, fill, noise_seed=3)


def time_mask(mel, fill="floor"):
    """Over a third of the frames, in the middle."""
    return TimeSpan(mel.n_frames // 3, mel.n_frames // 3, fill, noise_seed=3)


def masked(mel, *masks):
    return Draw(mel.n_mels, mel.n_frames, masks).apply(mel)


def power_db(mel, like):
    """Cells in dB; those far below the loudest of another mel count as equally quiet."""
    return 10 * np.log10(np.maximum(mel.power, like.power.max() * 10 ** (-RANGE_DB / 10)))


def mean_power_db(mel, cells, like):
    return 10 * np.log10(max(mel.power[cells].mean(dtype=float), like.power.max() * 10 ** (-RANGE_DB / 10)))


def away_from_the_ends(mel):
    """Frames that reach over no end of the clip."""
    framing = mel.frontend.framing
    first = np.arange(mel.n_frames) * framing.hop_length - framing.offset
    return (first >= 0) & (first + framing.win_length <= mel.n_samples)


def beside_band(mel, mask):
    """Which mel bins share an FFT bin with a masked one, once the window's main lobe has widened both."""
    bank = mel.frontend.filterbank() > 0
    lobe = np.ones(2 * round(2 * mel.frontend.n_fft / mel.frontend.framing.win_length) + 1)
    wide = np.array([np.convolve(row, lobe, "same") > 0 for row in bank])
    is_masked = np.zeros(mel.n_mels, bool)
    is_masked[mask.region[0]] = True
    outside = wide[~is_masked].any(axis=0)
    inside = wide[is_masked].any(axis=0)
    hears_other = np.where(is_masked, (wide & outside).any(axis=1), (wide & inside).any(axis=1))
    return is_masked, hears_other


def beside_gap(mel, mask):
    """Which frames share a sample with one on the other side of the mask's edges."""
    is_masked = np.zeros(mel.n_frames, bool)
    is_masked[mask.region[1]] = True
    reach = 2 * (-(-mel.frontend.framing.win_length // mel.frontend.hop_length) - 1) + 1
    others = np.convolve(~is_masked, np.ones(reach), "same") > 0, np.convolve(is_masked, np.ones(reach), "same") > 0
    return is_masked, np.where(is_masked, *others)


def cells_within(mel, mask):
    """Masked cells that hear nothing from beside the mask."""
    if isinstance(mask, TimeSpan):
        is_masked, hears_other = beside_gap(mel, mask)
        return np.broadcast_to(is_masked & ~hears_other, mel.values.shape)
    is_masked, hears_other = beside_band(mel, mask)
    return (is_masked & ~hears_other)[:, np.newaxis] & away_from_the_ends(mel)


def cells_beyond(mel, mask):
    """Unmasked cells that hear nothing of the mask."""
    if isinstance(mask, TimeSpan):
        is_masked, hears_other = beside_gap(mel, mask)
        return np.broadcast_to(~is_masked & ~hears_other & away_from_the_ends(mel), mel.values.shape)
    is_masked, hears_other = beside_band(mel, mask)
    return (~is_masked & ~hears_other)[:, np.newaxis] & away_from_the_ends(mel)


@pytest.mark.parametrize("name", FRONTENDS)
def test_a_fill_is_heard_at_its_level_where_nothing_leaks_in(name, subtests):
    mel = mel_of(voice, PRESETS[name])
    for fill in [*STEADY_FILLS, "median"] if name == "whisper" else ["band_mean", "min", "median"]:
        with subtests.test(fill=fill):
            value = float(np.median(mel.values)) if fill == "median" else fill
            for mask in (band_mask(mel, value), time_mask(mel, value)):
                augmented = masked(mel, mask)
                heard = mel.frontend(Joint()(augmented))
                cells = cells_within(mel, mask)
                assert cells.sum() > 200
                assert level_error_db(heard, augmented, cells) == pytest.approx(0, abs=0.3)
                assert rmse_db(heard, augmented, cells) < 1.6


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_a_fill_of_noise_is_heard_at_its_mean_power(name):
    """Cell by cell no signal can have it; without help it comes out 1 to 5 dB low."""
    mel = mel_of(voice, PRESETS[name])
    for mask in (band_mask(mel, "noise"), time_mask(mel, "noise")):
        augmented = masked(mel, mask)
        heard = mel.frontend(Joint()(augmented))
        # Noise in wide mel bins leaves fewer cells to put right.
        few = 0.8 if mel.n_mels < 40 else 0.5
        assert level_error_db(heard, augmented, mask.region) == pytest.approx(0, abs=few)


def test_the_level_of_noise_is_right_from_the_first_iteration_on(subtests):
    for name in ["whisper", "hifigan"]:
        with subtests.test(name=name):
            mel = mel_of(voice, PRESETS[name])
            mask = time_mask(mel, "noise")
            augmented = masked(mel, mask)
            for n_iter in (0, 4):
                heard = mel.frontend(Joint(n_iter=n_iter)(augmented))
                assert level_error_db(heard, augmented, mask.region) == pytest.approx(0, abs=1)


def test_a_flat_patch_is_found_in_the_frames_of_the_rendering(subtests):
    """Those begin before the mel's own where edges are snipped."""
    for name in ["lhotse", "wenet"]:
        with subtests.test(name=name):
            mel = mel_of(voice, PRESETS[name])
            flat = masked(mel, TimeSpan(30, 20, float(np.median(mel.values))))
            energies = Energies.of(flat)
            found = flat_areas(energies, 0, energies.n_frames).all(axis=1)
            n_lead = mel.frontend.framing.with_lead_in.n_lead_in
            assert n_lead == (name == "wenet")
            assert np.flatnonzero(found).tolist() == list(range(n_lead + 30, n_lead + 50))


def test_a_patch_is_flat_over_time_or_over_the_bins(subtests):
    """A mask of a few bins that is filled with each frame's mean is flat over the bins alone."""
    mel = mel_of(voice, PRESETS["whisper"])
    for mask in (FrequencySpan(30, 20, "frame_mean"), FrequencySpan(30, 20, "band_mean"), FrequencySpan(30, 20, 0.4)):
        with subtests.test(fill=mask.fill):
            energies = Energies.of(masked(mel, mask))
            flat = flat_areas(energies, 0, energies.n_frames)
            assert flat[:, 30:50].mean() > 0.9
            assert flat[:, :30].mean() == flat[:, 50:].mean() == 0


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_the_mel_of_a_sound_has_nothing_to_put_right(name, monkeypatch):
    """So that copy-synthesis is what it would be without any care for masks, to the bit."""
    for sound in SOUNDS:
        mel = mel_of(sound, PRESETS[name])
        assert not flat_areas(Energies.of(mel), 0, mel.n_frames).any(), sound.__name__
        heard = mel.power[mel_bins_of(mel.frontend).audible]
        assert not lone_areas(np.ascontiguousarray(heard.T), float(heard.max())).any(), sound.__name__
    with_care = Joint(n_iter=2)(mel).samples
    monkeypatch.setattr(
        start_module, "flat_areas", lambda energies, begin, end: np.zeros((end - begin, mel.n_mels), bool)
    )
    monkeypatch.setattr(joint_module, "restore_levels", lambda stretch, *_: stretch)
    assert_array_equal(Joint(n_iter=2)(mel).samples, with_care)


def test_the_level_of_noise_changes_nothing_further_away_than_a_window(monkeypatch):
    mel = mel_of(voice, PRESETS["whisper"])
    mask = TimeSpan(mel.n_frames // 3, 20, "noise", noise_seed=3)
    with_care = Joint()(masked(mel, mask)).samples[0]
    monkeypatch.setattr(joint_module, "restore_levels", lambda stretch, *_: stretch)
    changed = np.flatnonzero(Joint()(masked(mel, mask)).samples[0] != with_care)
    framing = mel.frontend.framing
    # Four frames to either side may count as part of the noise.
    first = (mask.start_frame - 4) * framing.hop_length - framing.offset
    assert changed[0] >= first
    assert changed[-1] < first + (mask.n_frames + 7) * framing.hop_length + framing.win_length


@pytest.mark.parametrize("name", FRONTENDS)
def test_a_flat_patch_is_heard_as_noise_and_not_as_a_chord_of_the_bins(name, subtests):
    """White noise has a spectral flatness of -2.5 dB, tones at the bins' middles one of -20 to -70 dB."""
    for fill in ["mean", "band_mean", "median"]:
        with subtests.test(fill=fill):
            frontend = PRESETS[name]
            mel = mel_of(voice, frontend)
            mask = time_mask(mel, float(np.median(mel.values)) if fill == "median" else fill)
            heard = Joint()(masked(mel, mask)).samples[0]
            framing = frontend.framing
            first, last = framing.center_s([mask.start_frame, mask.start_frame + mask.n_frames - 1], 1)
            inner = heard[round(first) + framing.win_length // 2 : round(last) - framing.win_length // 2]
            assert spectral_flatness_db(inner, frontend) > -4


def test_noise_in_a_flat_patch_follows_the_seed():
    mel = mel_of(voice, PRESETS["whisper"])
    augmented = masked(mel, time_mask(mel, "mean"))
    first, again, other = (Joint(n_iter=2, seed=seed)(augmented).samples.tobytes() for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", FRONTENDS)
def test_beyond_a_masks_edges_the_mel_is_met_as_well_as_without_a_mask(name, subtests):
    """No ringing from a masked band into those whose filters do not touch it, nor from a gap beyond a window."""
    for sound in [voice, chirp, noise] if name in ("whisper", "hifigan") else [voice]:
        mel = mel_of(sound, PRESETS[name])
        plain = mel.frontend(Joint()(mel))
        for fill in ["floor", "mean"]:
            with subtests.test(sound=sound.__name__, fill=fill):
                for mask in (band_mask(mel, fill), time_mask(mel, fill)):
                    augmented = masked(mel, mask)
                    heard = mel.frontend(Joint()(augmented))
                    cells = cells_beyond(mel, mask)
                    assert cells.sum() > 1000
                    assert rmse_db(heard, augmented, cells) < rmse_db(plain, mel, cells) + 0.2


@pytest.mark.parametrize("name", [*FRONTENDS, "librosa"])
def test_a_tone_at_a_gaps_edge_bends_no_more_than_under_its_windows_fade(name):
    """The second difference hears a click that a mel of long windows would not show; a plain cut has it 20-fold."""
    frontend = PRESETS[name]
    mel = mel_of(tone, frontend)
    mask = time_mask(mel)
    heard = Joint()(masked(mel, mask)).samples[0].astype(float)
    faded = Joint()(mel).samples[0] * fade(mel, mask)
    edges, _, steady = around_gap(mel, mask)
    bend = np.abs(np.diff(heard, 2, prepend=[0, 0]))
    usual = np.abs(np.diff(faded, 2, prepend=[0, 0]))
    assert bend[edges].max() < 1.4 * max(usual[edges].max(), usual[steady].max())


@pytest.mark.parametrize("name", [*FRONTENDS, "librosa"])
def test_at_a_gaps_edge_nothing_swells_and_in_it_is_silence(name, subtests):
    """The last windows before a gap keep their power, of which half a window is all there is; so some dB are due."""
    for sound in [voice, noise]:
        with subtests.test(sound=sound):
            frontend = PRESETS[name]
            mel = mel_of(sound, frontend)
            mask = time_mask(mel)
            heard, plain = (Joint()(m).samples[0].astype(float) for m in (masked(mel, mask), mel))
            edges, inside, steady = around_gap(mel, mask)
            assert 10 * np.log10(loudest(heard, edges, frontend) / loudest(plain, edges, frontend)) < 3.5
            assert 10 * np.log10(np.mean(heard[inside] ** 2) / np.mean(plain[steady] ** 2)) < -45


def level_error_db(heard, augmented, cells):
    return mean_power_db(heard, cells, augmented) - mean_power_db(augmented, cells, augmented)


def rmse_db(heard, augmented, cells):
    return np.sqrt(np.mean((power_db(heard, augmented) - power_db(augmented, augmented))[cells] ** 2))


def spectral_flatness_db(signal, frontend):
    """Mean over stretches of 200 Hz, within which the front-end's own slope is small."""
    power = np.abs(np.fft.rfft(signal * np.hanning(len(signal)))) ** 2
    size = 200 * len(signal) // frontend.sample_rate
    low, high = 2, int((frontend.top_hz - 800) * len(signal) / frontend.sample_rate) // size
    stretches = power[: high * size].reshape(-1, size)[low:]
    return np.mean(10 * np.log10(np.exp(np.log(stretches).mean(axis=1)) / stretches.mean(axis=1)))


def around_gap(mel, mask):
    """Samples within a window of the mask's edges, further inside, and further outside."""
    framing, length = mel.frontend.framing, mel.frontend.framing.win_length
    at = np.arange(mel.n_samples)
    first, last = framing.center_s([mask.start_frame - 0.5, mask.start_frame + mask.n_frames - 0.5], 1)
    edges = np.minimum(np.abs(at - first), np.abs(at - last)) <= length
    inside = (at > first) & (at < last) & ~edges
    return edges, inside, ~edges & ~inside & (at > length) & (at < mel.n_samples - length)


def fade(mel, mask):
    """What is left of a steady sound when the masked frames are left out of the overlapping windows."""
    framing = mel.frontend.framing
    kept = np.ones((mel.n_frames, 1), np.float32)
    kept[mask.region[1]] = 0
    share = overlap_add(kept * framing.window_float32() ** 2, framing.hop_length) / framing.norm(mel.n_frames)
    share = share[framing.offset : framing.offset + mel.n_samples]
    return np.pad(share, (0, mel.n_samples - len(share)), mode="edge")


def loudest(signal, samples, frontend):
    """Largest mean power over a quarter of a window."""
    size = frontend.framing.win_length // 4
    return np.convolve(signal**2, np.ones(size) / size, "same")[samples].max()
