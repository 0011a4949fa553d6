"""A vocoder is added by one file: a copy of the package with one more is heard, written down and replayed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import specaug_listen

HUM = '''
"""A tone as loud as the clip."""

from typing import ClassVar, Literal

import numpy as np

from .._records import record
from ..audio.audio_in_memory import Audio
from ..frontends import MelSpectrogram


@record
class Hum:
    """A tone of ``hz`` whatever the mel."""

    hz: float = 100.0
    kind: Literal["hum"] = "hum"
    about: ClassVar[str] = "A tone whatever the mel."

    def __call__(self, mel: MelSpectrogram) -> Audio:
        rate = mel.frontend.sample_rate
        return Audio(0.1 * np.sin(2 * np.pi * self.hz * np.arange(mel.n_samples) / rate), rate)
'''


@pytest.fixture
def run_with_hum(tmp_path):
    """Run the command line of a package that has one file more."""
    package = tmp_path / "package" / "specaug_listen"
    shutil.copytree(Path(specaug_listen.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "vocoders" / "hum.py").write_text(HUM)

    def run(*arguments):
        command = [sys.executable, "-m", "specaug_listen", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(package.parent), "COLUMNS": "200"}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path).stdout

    return run


def test_a_file_more_is_a_vocoder_more(run_with_hum, tmp_path):
    assert "A tone whatever the mel." in run_with_hum("list", "vocoders")
    clip = np.random.default_rng(0).normal(size=8000) * 0.1
    soundfile.write(tmp_path / "clip.wav", clip, 16000)
    run_with_hum("audition", "clip.wav", "-o", "out", "--vocoder", "hum:hz=250")
    rendering = (tmp_path / "out" / "clip" / "draw-1.wav").read_bytes()
    samples, rate = soundfile.read(tmp_path / "out" / "clip" / "draw-1.wav")
    assert np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples) == pytest.approx(250)
    run_with_hum("replay", "out/clip/draw-1.json", "-o", "again.wav")
    assert (tmp_path / "again.wav").read_bytes() == rendering
