"""Clips, and a run over them."""

from __future__ import annotations

import shutil

import configs
import numpy as np
import pytest
from commandline import run

from specaug_listen import Audio, save


def save_clips(folder, speechlike):
    folder.mkdir()
    save(folder / "b.wav", Audio(speechlike.samples[:, :9600], 16000))
    save(folder / "a.wav", Audio(speechlike.samples[:, 3000:12000], 16000))
    return folder


@pytest.fixture
def clips(tmp_path, speechlike):
    """A folder with two clips, both under other names than their order."""
    return save_clips(tmp_path / "in", speechlike)


@pytest.fixture(scope="module")
def written_once(tmp_path_factory, speechlike):
    folder = tmp_path_factory.mktemp("app")
    save_clips(folder / "in", speechlike)
    assert run("audition", folder / "in", "-o", folder / "out", "--vocoder", "original-phase", "--draws", 2).code == 0
    return folder / "out"


@pytest.fixture
def out(tmp_path, clips, written_once):
    """What a run with the defaults but a quick vocoder wrote."""
    return shutil.copytree(written_once, tmp_path / "out")


@pytest.fixture
def few_seconds_are_long(monkeypatch):
    """So that a clip of 0.6 s is rendered in parts, in four segments."""
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 0.58)
    monkeypatch.setattr("specaug_listen.cli.console._LEAST_S_BETWEEN_LINES", 0.0)
    monkeypatch.setattr("specaug_listen.vocoders.joint._FRAMES_PER_SEGMENT", 15)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.wav"
    noise = np.random.default_rng(7).standard_normal(16000) * np.hanning(16000)
    Audio((noise / 8).astype(np.float32), 16000).save(path)
    return path


@pytest.fixture
def written(tmp_path):
    """The path of an example configuration."""

    def write(framework):
        name, text = configs.ALL[framework]
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write
