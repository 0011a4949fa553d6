"""Signals that every room's tests listen to; all of them the same on every run."""

from __future__ import annotations

import numpy as np
import presets
import pytest
from hypothesis import settings

from specaug_listen import Audio, frontends, save

# Loops are compiled at their first use, within whichever example comes first.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

RATE = 16000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(440)


@pytest.fixture(scope="session")
def tone() -> Audio:
    """One second of a 440 Hz sine at half of full scale."""
    seconds = np.arange(RATE) / RATE
    return Audio(0.5 * np.sin(2 * np.pi * 440.0 * seconds), RATE)


@pytest.fixture(scope="session")
def speechlike() -> Audio:
    """1.2 s of a gliding harmonic voice over faint noise, with two pauses of exact silence."""
    seconds = np.arange(round(1.2 * RATE)) / RATE
    pitch_hz = 210.0 * (110.0 / 210.0) ** (seconds / seconds[-1])
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 31))
    syllables = np.exp(-10.0 * (seconds % 0.2))
    signal = 0.2 * syllables * voice + 0.001 * np.random.default_rng(2019).standard_normal(len(seconds))
    for start_s, end_s in ((0.4, 0.55), (0.9, 1.0)):
        signal[round(start_s * RATE) : round(end_s * RATE)] = 0.0
    return Audio(signal, RATE)


@pytest.fixture(params=presets.EACH_GEOMETRY)
def every_frontend(request: pytest.FixtureRequest) -> frontends.MelFrontend:
    """One of each geometry; of the tests of front-ends themselves all."""
    return frontends.PRESETS[request.param]


@pytest.fixture
def without_figures(monkeypatch):
    """Figures take most of the time of a run, and are files as others are."""
    monkeypatch.setattr("specaug_listen.auditions.Audition.plot", lambda self, draw: None)
    monkeypatch.setattr("specaug_listen.auditions.save.encode_png", lambda figure: b"a figure")


@pytest.fixture
def beside_a_clip(tmp_path, monkeypatch):
    """The working folder holds a recording, which nobody asks for."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "mine.wav", Audio([0.1] * 4000, 16000))
