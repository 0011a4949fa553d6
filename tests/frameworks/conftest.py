"""Draws of a policy on clips of any length."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from unmeasured import unmeasured

from specaug_listen.errors import PolicyError
from specaug_listen.frameworks import convert
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frontends import LHOTSE, MelSpectrogram


@pytest.fixture
def shares_of():
    """Masked shares of time, frequency and area of many draws, without the policy's own chance."""

    def shares(policy, n_frames, n_draws, batch=None):
        values = np.random.default_rng(0).normal(-5, 2, (80, n_frames)).astype(np.float32)
        mel, found = MelSpectrogram(values, LHOTSE), []
        always = dataclasses.replace(policy, probability=1.0)
        with unmeasured():
            for seed in range(n_draws):
                draw = always.draw(mel, rng=seed, batch=batch)
                found.append((draw.masked_time_ratio, draw.masked_frequency_ratio, draw.masked_area_ratio))
        return np.array(found)

    return shares


@pytest.fixture
def refusal(tmp_path):
    """The line with which a text is refused, without the file's name."""

    def refusal(content, name="train.yaml", framework=None):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(PolicyError) as caught:
            import_policy(path, framework)
        line = str(caught.value)
        assert line.startswith(f"{path}: ")
        assert "\n" not in line
        assert len(line) < 900 + len(str(path))
        return line

    return refusal


@pytest.fixture
def file(tmp_path):
    """Write a text as a file, and give its path."""

    def write(text, name="train.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def imported(file):
    """Import a text as a configuration."""

    def imported(text, name="train.yaml", framework=None):
        return import_policy(file(text, name), framework)

    return imported


@pytest.fixture
def few_draws(monkeypatch):
    """How much is masked on average is one line of the differences, and most of the work of a conversion."""
    monkeypatch.setattr(convert, "_N_DRAWS", 40)
