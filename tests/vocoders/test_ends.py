"""The ends of a clip: what no frame is centred near must not come out as a click."""

from __future__ import annotations

import numpy as np
import presets
import pytest

from specaug_listen import Audio
from specaug_listen.frontends import PRESETS
from specaug_listen.vocoders import VOCODERS, GriffinLim, Joint, OriginalPhase
from specaug_listen.vocoders.mel_bins import energy_to_render


def test_the_last_samples_are_no_louder_than_the_sound_before_them(every_frontend, subtests):
    """Steady noise, cut at every place within a hop: the end has to sound like the rest."""
    for vocoder in [Joint(), GriffinLim(), OriginalPhase()]:
        with subtests.test(vocoder=vocoder):
            rng = np.random.default_rng(3)
            noise = 0.1 * rng.standard_normal(every_frontend.sample_rate)
            for cut in range(0, every_frontend.hop_length, every_frontend.hop_length // 5):
                clip = Audio(noise[: len(noise) - cut], every_frontend.sample_rate)
                heard = vocoder(every_frontend(clip)).samples[0]
                inside = heard[2000:-2000]
                # Over a window of 2048 samples, the last hop hangs on one frame: up to 3.1, by the noise's seed.
                most = 3.5 if vocoder.kind == "joint" and every_frontend.framing.win_length == 2048 else 2.0
                assert np.abs(heard[-60:]).max() < most * np.abs(inside).max()
                assert np.abs(heard[:60]).max() < 2.0 * np.abs(inside).max()


def test_the_first_and_the_last_frame_go_on_to_the_ends_of_the_clip(speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(speechlike)
            energy = energy_to_render(mel)
            framing = frontend.framing.with_lead_in
            assert framing.center_s(0, 1) <= 0.6 * framing.hop_length
            assert mel.n_samples - framing.center_s(len(energy) - 1, 1) <= 0.6 * framing.hop_length
            last = framing.n_lead_in + mel.n_frames
            np.testing.assert_array_equal(energy[framing.n_lead_in : last], mel.energy.T)
            for extra in energy[: framing.n_lead_in]:
                np.testing.assert_array_equal(extra, mel.energy[:, 0])
            for extra in energy[last:]:
                np.testing.assert_array_equal(extra, mel.energy[:, -1])


def test_what_no_frame_of_snipped_edges_reaches_sounds_like_what_is_beside_it(subtests):
    """Noise, whose last 150 samples are in no frame: nothing fades out, and nothing grows, at either end."""
    for vocoder in VOCODERS.values():
        for name in ["kaldi", "lingvo"]:
            with subtests.test(vocoder=vocoder.kind, name=name):
                frontend = PRESETS[name]
                noise = 0.1 * np.random.default_rng(5).standard_normal(frontend.framing.n_samples(100) + 150)
                mel = frontend(Audio(noise, frontend.sample_rate))
                assert mel.n_frames == 100
                heard = vocoder(mel).samples[0].astype(float)
                # Away from the bass, of which short pieces of noise hold more or less.
                treble = np.diff(heard)
                inside = np.sqrt(np.mean(treble[2000:-2000] ** 2))
                # Griffin-Lim is some dB low wherever a frame was made up.
                most_db = 2.5 if vocoder.kind in ("joint", "original-phase") else 6.5
                for end in (treble[:150], treble[-150:]):
                    assert 20 * np.log10(np.sqrt(np.mean(end**2)) / inside) == pytest.approx(0, abs=most_db)
