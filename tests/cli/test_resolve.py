"""The front-end that a neural vocoder is checked against before any work."""

from __future__ import annotations

import pytest
import soundfile
from commandline import run
from neural_models import HOP, N_MELS, onnx_model

from specaug_listen.frontends import HIFIGAN


@pytest.fixture
def vocoder(tmp_path):
    """A neural vocoder for the front-end ``hifigan``, as a file."""
    assert (HIFIGAN.n_mels, HIFIGAN.hop_length) == (N_MELS, HOP)
    onnx_model(tmp_path / "model.onnx")
    (tmp_path / "vocoder.yaml").write_text("model: model.onnx\nbase: hifigan\n")
    return tmp_path / "vocoder.yaml"


@pytest.fixture
def clip(tmp_path, speechlike):
    soundfile.write(tmp_path / "clip.wav", speechlike.samples[0, :8000], speechlike.sample_rate)
    return tmp_path / "clip.wav"


def test_an_audition_refuses_a_vocoder_of_another_front_end_before_any_work(tmp_path, clip, vocoder):
    ran = run("audition", clip, "-o", tmp_path / "out", "--frontend", "whisper", "--vocoder", vocoder)
    assert ran.code == 2
    assert "whisper" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_sweep_over_front_ends_holds_a_vocoder_to_those_that_it_varies(tmp_path, clip, vocoder):
    ran = run(
        "sweep",
        clip,
        "-o",
        tmp_path / "out",
        "--frontend",
        "whisper",
        "--vary",
        "frontend=hifigan",
        "--vocoder",
        vocoder,
    )
    assert ran.code == 0, ran.err
    assert (tmp_path / "out" / "sweep.json").is_file()
