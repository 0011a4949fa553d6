"""What decides in ESPnet's configurations, and what only seems to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from commandline import run
from configs import noted

from specaug_listen import frameworks
from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.summary import show_policy
from specaug_listen.frontends import PRESETS


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("specaug: null\nspecaug_conf: {num_freq_mask: 2}", "specaug_conf has no effect"),
        ("frontend_conf: {hop_length: 160}", "nothing is masked"),
        ("encoder_conf: {use_specaug: false, specaug_conf: {num_freq_mask: 2}}", "use_specaug is false"),
    ],
)
def test_espnet_without_specaug_masks_nothing_and_says_so(imported, text, note):
    found = imported(text)
    assert found.policy.transforms == ()
    assert any(note in line for line in found.notes)


def test_bare_arguments_of_espnets_class_are_its_policy(imported):
    found = imported("freq_mask_width_range: 20\ntime_mask_width_range: [5, 40]\nreplace_with_zero: false")
    expected = frameworks.espnet_policy(
        freq_mask_width_range=20, time_mask_width_range=(5, 40), replace_with_zero=False
    )  # fmt: skip
    assert (found.framework, found.policy.transforms) == ("espnet", expected.transforms)


@pytest.mark.parametrize(("fs", "hz"), [("16k", 16000), ("'8000'", 8000), ("22.05k", 22050), (48000, 48000)])
def test_espnets_rate_may_be_a_text(imported, fs, hz):
    found = imported(f"frontend_conf: {{fs: {fs}, n_fft: 1024}}")
    assert (found.frontend.sample_rate, found.frontend.n_fft) == (hz, 1024)


SPECAUG = "specaug: specaug\nspecaug_conf: {time_mask_width_range: 9}\nnormalize: null\n"


def test_wenet_1s_features_that_were_made_elsewhere_are_not_put_in_place(imported):
    found = imported("collate_conf: {spec_aug: true}\nraw_wav: false")
    assert len(found.policy.transforms) == 2
    assert "raw_wav is false: the features were computed elsewhere" in found.why_irreplaceable


def test_espnets_words_for_null_are_null(subtests, imported):
    for null in ("none", "None", "nil", "NIL", "'null'", "' None '", "null", "~", ""):
        with subtests.test(null=null):
            found = imported(
                f"specaug: {null}\nfrontend_conf: {{hop_length: 160}}\nnormalize: {null}\ninput_size: {null}"
            )
            assert found.policy.transforms == ()
            assert (found.frontend.hop_length, found.why_irreplaceable) == (160, "")
            assert not noted(found, "comes after the masks")


@pytest.mark.parametrize("name", ["SPECAUG", "SpecAug", "specaug"])
def test_espnet_reads_names_in_lower_case(imported, name):
    found = imported(
        f"{SPECAUG.replace('specaug: s', 'specaug: ' + name + ' #s', 1)}frontend: DEFAULT", framework="espnet"
    )
    assert len(found.policy.transforms) == 3
    assert found.frontend == PRESETS["espnet"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("frontend: null\ninput_size: 83", "frontend: null: 83 features were computed elsewhere"),
        ("frontend: Nil", "frontend: null: the features were computed elsewhere"),
        ("input_size: 80", "input_size: ESPnet then reads features that were computed elsewhere"),
        ("frontend: melspec_torch", "frontend: melspec_torch: not supported"),
    ],
)
def test_features_that_were_made_elsewhere_are_not_heard_without_a_front_end(imported, tmp_path, more, why):
    found = imported(SPECAUG + more)
    assert (found.frontend, len(found.policy.transforms)) == (None, 3)
    assert why in found.why_irreplaceable
    with pytest.raises(PolicyError, match=r"there is no default for it: name the front-end that computed the features"):
        choose_frontend(None, found.policy)
    path = tmp_path / "train.yaml"
    assert show_policy(path, n_draws=2).frontend is None
    assert "front-end: none; shares are those of 80 bins" in run("policy", "show", path).out


def test_audition_refuses_such_features_until_a_front_end_is_given(tmp_path, imported):
    import soundfile

    imported(SPECAUG + "frontend: null")
    soundfile.write(tmp_path / "x.wav", 0.1 * np.sin(np.arange(8000) / 5), 16000)
    options = ("audition", tmp_path / "x.wav", "-o", tmp_path / "out", "--policy", tmp_path / "train.yaml")
    refused = run(*options)
    assert refused.code == 1
    assert "frontend: null: the features were computed elsewhere; there is no default for it" in refused.err
    assert not (tmp_path / "out").exists()
    assert run(*options, "--frontend", "espnet", "--draws", "1").code == 0


def test_espnets_masks_on_what_is_no_mel_are_refused(subtests, imported):
    for more in [
        *(
            f"frontend: {name}"
            for name in ("embed", "patch", "s3prl", "fused", "wav2vec_cnn", "whisper", "Sliding_Window")
        ),
        *(
            f"frontend: {name}"
            for name in ("hubert_large", "codec", "discrete_token", "mert_encoder", "asteroid_frontend")
        ),
        "encoder_conf: {input_layer: embed}",
        *(f"encoder: {name}\ninput_size: 1" for name in ("torchaudiohubert", "wav2vec2", "avhubert", "wavlm")),
    ]:
        with (
            subtests.test(more=more),
            pytest.raises(PolicyError, match=r"not a mel spectrogram, so the masks cannot be heard"),
        ):
            imported(SPECAUG + more)


def test_espnets_training_without_specaug_masks_nothing(imported):
    found = imported("encoder: rnn\nencoder_conf: {num_layers: 2}\nbatch_bins: 4\nkeep_nbest_models: 3")
    assert (found.framework, found.policy.transforms) == ("espnet", ())
    assert noted(found, "specaug is missing: nothing is masked")
    assert [each.path for each in found.unread] == ["encoder", "encoder_conf", "batch_bins", "keep_nbest_models"]


def test_a_policy_that_was_read_is_heard_with_its_own_front_end(imported):
    found = imported(SPECAUG + "frontend_conf: {hop_length: 160}")
    expected = replace(PRESETS["espnet"], hop_length=160, name=found.frontend.name)
    assert choose_frontend(None, found.policy).frontend == expected
