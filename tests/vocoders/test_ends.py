"""The ends of a clip: what no frame is centred near must not come out as a click."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Audio
from specaug_listen.vocoders import GriffinLim, Joint, OriginalPhase
from specaug_listen.vocoders.bands import rendered_energy


@pytest.mark.parametrize("vocoder", [Joint(), GriffinLim(), OriginalPhase()], ids=lambda v: v.kind)
def test_the_last_samples_are_no_louder_than_the_sound_before_them(vocoder, every_frontend):
    """Steady noise, cut at every place within a hop: the end has to sound like the rest."""
    rng = np.random.default_rng(3)
    noise = 0.1 * rng.standard_normal(every_frontend.sample_rate)
    for cut in range(0, every_frontend.hop_length, every_frontend.hop_length // 5):
        clip = Audio(noise[: len(noise) - cut], every_frontend.sample_rate)
        heard = vocoder(every_frontend(clip)).samples[0]
        inside = heard[2000:-2000]
        assert np.abs(heard[-60:]).max() < 2.0 * np.abs(inside).max()
        assert np.abs(heard[:60]).max() < 2.0 * np.abs(inside).max()


def test_the_last_frame_goes_on_to_the_end_of_the_clip(every_frontend, speechlike):
    mel = every_frontend(speechlike)
    energy = rendered_energy(mel)
    framing = every_frontend.framing
    beyond = mel.n_samples - framing.center_s(len(energy) - 1, 1)
    assert beyond <= 0.6 * framing.hop_length
    np.testing.assert_array_equal(energy[: mel.n_frames], mel.energy.T)
    for extra in energy[mel.n_frames :]:
        np.testing.assert_array_equal(extra, mel.energy[:, -1])
