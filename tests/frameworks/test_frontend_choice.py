"""Which front-end goes with a configuration, and which configurations leave none."""

from __future__ import annotations

import re

import pytest

from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.summary import show_policy

DROP = "a: !new:speechbrain.augment.freq_domain.SpectrogramDrop\n    %s\n"


CONTRADICTIONS = {
    "espnet": (
        "specaug: specaug\nspecaug_conf: {time_mask_width_range: 4}\nfrontend_conf: {n_fft: 512, win_length: 600}",
        "frontend_conf.win_length=600: allowed is at most n_fft=512",
    ),
    "espnet, out of range": (
        "specaug: specaug\nspecaug_conf: {time_mask_width_range: 4}\nfrontend_conf: {fmax: 9000}",
        "frontend_conf.fmax (fmax_hz=9000.0): allowed is at most sample_rate / 2 = 8000.0",
    ),
    "nemo": (
        "model: {spec_augment: {freq_masks: 1}, preprocessor: {n_fft: 256, window_size: 0.025}}",
        "model.preprocessor.window_size (win_length=400): allowed is at most n_fft=256",
    ),
    "nemo, in samples": (
        "model: {spec_augment: {freq_masks: 1}, preprocessor: {n_fft: 256, window_size: null, n_window_size: 400}}",
        "model.preprocessor.n_window_size (win_length=400): allowed is at most n_fft=256",
    ),
    "speechbrain": (
        DROP % "dim: 2" + "f: !new:speechbrain.lobes.features.Fbank\n    n_fft: 256\n",
        "f.win_length=400: allowed is at most n_fft=256",
    ),
    "torchaudio": (
        "TimeMasking: {time_mask_param: 4}\nMelSpectrogram: {f_min: 9000}",
        "MelSpectrogram.f_min (fmin_hz=9000.0): allowed is less than fmax_hz=8000.0",
    ),
    "wenet": (
        "dataset_conf: {fbank_conf: {frame_shift: 30}}",
        "dataset_conf.fbank_conf.frame_shift (hop_length=480): allowed is at most win_length=400",
    ),
    "wenet, log mel": (
        "dataset_conf: {feats_type: log_mel_spectrogram, log_mel_spectrogram_conf: {hop_length: 500}}",
        "dataset_conf.log_mel_spectrogram_conf.hop_length=500: allowed is at most win_length=400",
    ),
    "fairseq": (
        "specaugment: {freq_mask_N: 1}\ninput_feat_per_channel: 5000",
        "input_feat_per_channel (n_mels=5000): should be less than or equal to 4096",
    ),
    "hf": (
        '{"model_type": "whisper", "num_mel_bins": 5000}',
        "num_mel_bins (n_mels=5000): should be less than or equal to 4096",
    ),
}


def test_numbers_that_no_front_end_can_have_are_an_error_and_none_is_put_in_their_place(subtests, tmp_path):
    for name, (text, said) in CONTRADICTIONS.items():
        with subtests.test(name=name):
            path = tmp_path / ("config.json" if text.startswith("{") else "train.yaml")
            path.write_text(text)
            found = import_policy(path)
            said = f"{said}; change the numbers, or give --frontend"
            assert found.frontend is None
            assert found.frontend_error == f"{path}: {said}"
            assert f"error: {said}" in found.notes
            with pytest.raises(PolicyError, match=re.escape(said)):
                choose_frontend(None, found.policy)
            page = show_policy(path, n_draws=10)
            assert page.frontend is None
            assert f"  error: {said}" in page.text.splitlines()


@pytest.mark.parametrize("given", ["window: flattop", "center: false", "n_mels: 400"])
def test_a_front_end_that_cannot_be_had_here_is_no_error(tmp_path, given):
    path = tmp_path / "train.yaml"
    path.write_text(f"specaug: specaug\nspecaug_conf: {{time_mask_width_range: 4}}\nfrontend_conf: {{{given}}}")
    found = import_policy(path)
    assert (found.frontend, found.frontend_error) == (None, "")
    assert "not supported" in found.why_irreplaceable
    with pytest.raises(PolicyError, match=r"not supported.*; there is no default for it: name the front-end"):
        choose_frontend(None, found.policy)
    assert show_policy(path, n_draws=10).frontend is None
