"""The default vocoder: closer to its mel than librosa's, silent for silence, and the same bytes on any machine."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import presets
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import specaug_listen.vocoders.initial_phase as start_module
import specaug_listen.vocoders.joint as joint_module
from specaug_listen import Audio
from specaug_listen.augment import LD, Draw, TimeSpan
from specaug_listen.frontends import PRESETS, WHISPER, MelSpectrogram, MelStream
from specaug_listen.metrics import log_mel_rmse_db, spectral_convergence_db
from specaug_listen.stft import istft, stft
from specaug_listen.vocoders import Joint, Librosa, iteration
from specaug_listen.vocoders.iteration import Ends, Iteration
from specaug_listen.vocoders.mel_bins import Energies, energy_to_render, mel_bins_of, tiny

LEVEL_FRONTENDS = ("whisper", "lhotse", "nemo", "librosa", "hifigan")


def away_from_the_ends(mel, n_frames=3):
    """The frames that no padding reaches; a vocoder knows nothing of what lies beyond the clip."""
    inner = mel.values[:, n_frames:-n_frames]
    return MelSpectrogram(inner, mel.frontend, statistics=mel.statistics)


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_copy_synthesis_is_closer_to_its_mel_than_librosas(name, speechlike):
    mel = PRESETS[name](speechlike)
    ours, theirs = (mel.frontend(vocoder(mel)) for vocoder in (Joint(), Librosa()))
    # Of SpeechBrain's 40 bins and torchaudio's hop of half a window, more is lost before any phase is looked for.
    rmse_db, convergence_db = {"speechbrain": (0.2, 0.2), "torchaudio": (0.2, 3)}.get(name, (0.5, 3))
    assert log_mel_rmse_db(mel, ours) < log_mel_rmse_db(mel, theirs) - rmse_db
    mel, ours, theirs = (away_from_the_ends(m) for m in (mel, ours, theirs))
    assert spectral_convergence_db(mel, ours) < spectral_convergence_db(mel, theirs) - convergence_db
    assert spectral_convergence_db(mel, ours) < -27


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_more_iterations_are_hardly_ever_worse(name, speechlike):
    mel = PRESETS[name](speechlike)
    errors = [log_mel_rmse_db(mel, mel.frontend(Joint(n_iter=n)(mel))) for n in (4, 16, 32, 64)]
    assert np.diff(errors).max() < 0.1
    assert errors[-1] < 0.85 * errors[0]


def test_silence_gives_exact_zeros_of_the_clips_length(subtests):
    for n_iter in [0, 5]:
        with subtests.test(n_iter=n_iter):
            for name in ("librosa", "nemo"):
                frontend = PRESETS[name]
                mel = frontend(Audio(np.zeros(20_000), frontend.sample_rate))
                heard = Joint(n_iter=n_iter)(mel)
                assert heard.n_samples == 20_000
                assert not heard.samples.any()


def test_a_silent_clip_stays_inaudible(subtests):
    """Some floors stand for a little power; it must not be more than the floor's own hiss."""
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(Audio(np.zeros(30_000), frontend.sample_rate))
            assert Joint()(mel).rms_db < -60


def test_the_same_seed_gives_the_same_bytes_and_another_start_another_signal(speechlike):
    mel = WHISPER(speechlike)
    first, again, other = (Joint(start="random", seed=seed)(mel).samples for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


SCRIPT = """
import hashlib
import numpy as np
from specaug_listen import Audio, frontends, vocoders

rng = np.random.default_rng(0)
for name, frontend in frontends.PRESETS.items():
    signal = rng.standard_normal(24_000) * np.linspace(0, 0.3, 24_000)
    mel = frontend(Audio(signal, frontend.sample_rate))
    digest = hashlib.sha256(mel.values.tobytes())
    for vocoder in (vocoders.Joint(n_iter=4), vocoders.GriffinLim(n_iter=4), vocoders.OriginalPhase()):
        digest.update(vocoder(mel.with_values(mel.values * np.float32(0.9))).samples.tobytes())
    print(name, digest.hexdigest())
"""


def test_the_number_of_threads_does_not_change_a_byte():
    outputs = []
    for threads in ("1", "2"):
        limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | limits,
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(run.stdout.splitlines())
    assert sorted(line.split()[0] for line in outputs[0]) == sorted(PRESETS)
    assert outputs[0] == outputs[1]
    assert len({line.split()[1] for line in outputs[0]}) >= len(PRESETS) - 1


def test_the_length_is_that_of_the_clip_whatever_is_left_over(every_frontend, rng, subtests):
    for extra in [0, 1, 79, 159]:
        with subtests.test(extra=extra):
            n_samples = 20 * every_frontend.hop_length + every_frontend.n_fft + extra
            mel = every_frontend(Audio(0.1 * rng.standard_normal(n_samples), every_frontend.sample_rate))
            assert Joint(n_iter=1)(mel).samples.shape == (1, n_samples)


def test_a_mel_without_its_clip_is_rendered_in_the_length_of_its_frames(speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(speechlike)
            lone = MelSpectrogram(mel.values, mel.frontend, statistics=mel.statistics)
            heard = Joint(n_iter=2)(lone)
            assert frontend.framing.n_frames(heard.n_samples) == mel.n_frames
            # What lies beyond the end follows from where the end is, so the last windows differ.
            shared = min(heard.n_samples, mel.n_samples) - 6 * frontend.n_fft
            assert_allclose(heard.samples[0, :shared], Joint(n_iter=2)(mel).samples[0, :shared], atol=1e-6)


def test_auto_takes_random_phases_for_the_upper_part_of_long_windows_only(speechlike, subtests):
    for name, is_long in [("whisper", False), ("hifigan", False), ("librosa", True)]:
        with subtests.test(name=name, is_long=is_long):
            mel = PRESETS[name](speechlike)
            auto, spsi, random = (
                Joint(n_iter=3, start=start)(mel).samples.tobytes() for start in ("auto", "spsi", "random")
            )
            assert len({auto, spsi, random}) == (3 if is_long else 2)
            assert (auto == spsi) == (not is_long)


def test_clicks_come_back_where_they_were(every_frontend):
    """A mel does not tell a click's place within a hop, so the clicks stand in the middle of their frames.

    The centre of each click's energy is compared, since the sign and the phase of a click are not known either.
    """
    frontend = every_frontend
    centers = np.rint(frontend.framing.center_s([20, 45, 70, 95, 120], 1)).astype(int)
    signal = np.zeros(150 * frontend.hop_length)
    signal[centers] = 0.8
    heard = Joint()(frontend(Audio(signal, frontend.sample_rate))).samples[0].astype(float) ** 2
    reach = frontend.n_fft * 3 // 4
    sum_around = [heard[c - reach : c + reach + 1] for c in centers]
    late = [np.average(np.arange(-reach, reach + 1), weights=energy) for energy in sum_around]
    assert np.abs(np.mean(late)) < 3
    assert sum(map(np.sum, sum_around)) > 0.95 * heard.sum()


def test_a_masked_mel_is_heard_at_the_level_of_its_fill(speechlike, subtests):
    for name in LEVEL_FRONTENDS:
        for fill in ["mean", "band_mean", "frame_mean"]:
            with subtests.test(name=name, fill=fill):
                difference = masked_difference_db(PRESETS[name](speechlike), fill)
                assert np.abs(difference.mean()) < 1.5
                assert np.abs(np.median(difference)) < 0.5


def test_a_constant_fill_is_heard_at_its_level(speechlike, subtests):
    for name in LEVEL_FRONTENDS:
        with subtests.test(name=name):
            mel = PRESETS[name](speechlike)
            assert np.abs(masked_difference_db(mel, float(np.median(mel.values))).mean()) < 1.5


def test_a_time_mask_at_the_floor_is_at_the_floor_beyond_its_edges(speechlike, subtests):
    """At the edges, no signal can fall by 80 dB within one window; a window further in, it must have."""
    for name in LEVEL_FRONTENDS:
        for fill in ["min", "floor"]:
            with subtests.test(name=name, fill=fill):
                frontend = PRESETS[name]
                mel = frontend(speechlike)
                start, width = mel.n_frames // 4, mel.n_frames // 2
                masked = Draw(mel.n_mels, mel.n_frames, (TimeSpan(start, width, fill),)).apply(mel)
                heard = frontend(Joint()(masked))
                edge = -(-frontend.framing.win_length // frontend.hop_length)
                inside = slice(start + edge, start + width - edge)
                assert np.abs(db_above(mel, heard)[:, inside] - db_above(mel, masked)[:, inside]).mean() < 1.5
                assert (mel.db[:, inside] - masked.db[:, inside]).mean() > 10


def db_above(clean, mel):
    """Cells in dB, those more than 80 dB below the clean clip's loudest counting as that."""
    return 10 * np.log10(np.maximum(mel.power, clean.power.max() * 1e-8))


def masked_difference_db(mel, fill):
    """Re-analysed against wanted level in the masked cells of two LD draws."""
    differences = []
    for seed in (0, 1):
        draw = LD.with_fill(fill).draw(mel, rng=seed)
        masked = draw.apply(mel)
        heard = mel.frontend(Joint()(masked))
        cells = draw.masked_bins[:, np.newaxis] | draw.masked_frames
        assert cells.mean() > 0.1
        differences.append((db_above(mel, heard) - db_above(mel, masked))[cells])
    return np.concatenate(differences)


def test_the_qualities_are_numbers_of_iterations_and_each_is_closer_than_the_one_before(speechlike, every_frontend):
    mel = every_frontend(speechlike)
    heard = {quality: Joint(quality=quality)(mel) for quality in ("draft", "default", "best")}
    usual = 40 if every_frontend.hop_length * 4 == every_frontend.framing.win_length else 32
    for quality, n_iter in (("draft", 2), ("default", usual), ("best", 200)):
        assert heard[quality].samples.tobytes() == Joint(n_iter=n_iter)(mel).samples.tobytes()
    draft, default, best = (log_mel_rmse_db(mel, every_frontend(audio)) for audio in heard.values())
    assert best < default < draft


def test_windows_that_overlap_more_take_more_iterations(subtests):
    for hop_length, expected in [(400, 32), (160, 32), (100, 40), (50, 80), (20, 100), (1, 100)]:
        with subtests.test(hop_length=hop_length, expected=expected):
            frontend = replace(WHISPER, hop_length=hop_length)
            assert Joint().n_iterations(frontend) == expected
            assert Joint(quality="best").n_iterations(frontend) == 200
            assert Joint(n_iter=7).n_iterations(frontend) == 7


def test_a_number_of_iterations_counts_more_than_a_quality(speechlike):
    mel = PRESETS["whisper"](speechlike)
    assert Joint(quality="best", n_iter=2)(mel).samples.tobytes() == Joint(n_iter=2)(mel).samples.tobytes()


def test_working_in_blocks_changes_no_bit(speechlike, every_frontend, monkeypatch, subtests):
    for start in ["spsi", "random"]:
        with subtests.test(start=start), monkeypatch.context() as patch:
            mel = every_frontend(speechlike)
            whole = Joint(n_iter=3, start=start)(mel).samples
            patch.setattr(iteration, "_FFT_POINTS_PER_BLOCK", 1)
            patch.setattr(iteration, "_FRAMES_IN_STEP", 7)
            patch.setattr(start_module, "_FRAMES_AT_ONCE", 7)
            assert_array_equal(Joint(n_iter=3, start=start)(mel).samples, whole)


def test_segments_of_a_long_recording_fit_without_a_seam(speechlike, every_frontend, monkeypatch, subtests):
    for start in ["spsi", "random"]:
        with subtests.test(start=start), monkeypatch.context() as patch:
            mel = every_frontend(speechlike)
            whole = Joint(n_iter=6, start=start)(mel).samples
            patch.setattr(joint_module, "_FRAMES_PER_SEGMENT", 20)
            parts = list(Joint(n_iter=6, start=start).parts(Energies.of(mel)))
            assert len(parts) >= 3
            assert_allclose(np.concatenate(parts), whole[0], atol=2e-4 * np.abs(whole).max())


def test_context_that_is_cut_off_hardly_matters(speechlike, monkeypatch):
    mel = WHISPER(speechlike)
    whole = Joint(n_iter=100)(mel).samples[0]
    monkeypatch.setattr(joint_module, "_FRAMES_PER_SEGMENT", 30)
    monkeypatch.setattr(joint_module, "_MAX_CONTEXT_FRAMES", 60)
    seamed = Joint(n_iter=100)(mel).samples[0]
    assert np.abs(seamed - whole).max() > 0  # the bound is in force
    assert np.linalg.norm(seamed - whole) < 0.01 * np.linalg.norm(whole)


def test_silence_of_any_length_comes_in_parts():
    floor = WHISPER.compress(np.zeros((80, 1), np.float32))
    mel = MelStream(WHISPER, 18_750, 3_000_000, lambda begin, end: np.repeat(floor, end - begin, axis=1))
    energies = Energies(mel, 18_750, 0.0, lambda begin, end: np.zeros((end - begin, 80), np.float32))
    parts = list(Joint().parts(energies))
    assert len(parts) == 3
    assert sum(map(len, parts)) == 3_000_000
    assert not any(part.any() for part in parts)


def naive_iteration(spectrum, target, mel_bins, mel, n_iter):
    """Nenov's algorithm as it is written, on whole spectra: y projected, t = (1 - g) d + g y, c and d with inertia."""
    framing = mel.frontend.framing
    terms = None
    for _ in range(n_iter):
        stretch = istft(spectrum, framing)
        clip = framing.crop(stretch, mel.n_samples)
        projected = stft(framing.pad(clip, len(target)), framing)
        if terms is None:
            inertial = previous = relaxed = projected
        else:
            previous, inertial = terms
            relaxed = -0.25 * inertial + 1.25 * projected
        terms = relaxed, relaxed + (relaxed - previous)
        spectrum = relaxed + 0.95 * (relaxed - previous)
        per_bin = mel_bins.gain(target, mel_bins.energy(spectrum)) @ mel_bins.synthesis
        per_bin[:, : np.flatnonzero(per_bin[0])[0]] = 1  # below the lowest filter, nothing is known
        spectrum = spectrum * per_bin
    return istft(spectrum, framing)


def test_the_iteration_is_the_published_one_on_whole_spectra(speechlike, subtests):
    for name in ["whisper", "hifigan", "librosa", "nemo"]:
        with subtests.test(name=name):
            mel = PRESETS[name](speechlike)
            target, mel_bins, framing = energy_to_render(mel), mel_bins_of(mel.frontend), mel.frontend.framing
            start = np.random.default_rng(0).standard_normal(framing.padded_length(len(target)), dtype=np.float32)
            n_after = max(0, len(start) - framing.offset - mel.n_samples)
            ends = Ends(framing, framing.offset, len(start) - framing.offset - n_after, n_after)
            run = Iteration(target, mel_bins, framing, tiny(float(target.max()))).run(start, 5, ends)
            naive = naive_iteration(stft(start, framing), target, mel_bins, mel, 5)
            assert np.linalg.norm(run - naive) < 1e-3 * np.linalg.norm(naive)


def test_a_clips_offset_does_not_come_back_as_a_hum(speechlike):
    """An offset leaks into the lowest band, which once was rendered as 40 Hz."""
    frontend = PRESETS["whisper"]
    offset = Audio(speechlike.samples[0] + 0.05, speechlike.sample_rate)
    heard = Joint()(frontend(offset)).samples[0]
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    hz = np.arange(len(power)) * frontend.sample_rate / len(heard)
    assert power[hz < 20].sum() > power[(hz > 25) & (hz < 60)].sum()
