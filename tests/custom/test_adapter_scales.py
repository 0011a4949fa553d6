"""A callable has the same effect in another scale than the front-end's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specaug_listen.custom.adapter import Adapter, hand_over, take_back, with_defaults
from specaug_listen.frontends import TORCHAUDIO

FOUR_TIMES = {
    "own": lambda values: 4 * values,
    "power": lambda values: 4 * values,
    "ln": lambda values: values + np.log(4),
    "log10": lambda values: values + np.log10(4),
    "db": lambda values: values + 10 * np.log10(4),
}


@pytest.mark.parametrize("scale", FOUR_TIMES)
def test_four_times_the_power_is_four_times_the_power_in_every_scale(speechlike, scale):
    for input_scale in (1.0, 32768.0):
        mel = replace(TORCHAUDIO, input_scale=input_scale)(speechlike)
        adapter = with_defaults(Adapter(scale=scale))
        arguments = hand_over(mel, adapter)
        louder = take_back(FOUR_TIMES[scale](arguments.values), arguments, mel, adapter)
        loud = mel.energy > 1e-8
        np.testing.assert_allclose(louder.energy[loud], 4 * mel.energy[loud], rtol=1e-4)
