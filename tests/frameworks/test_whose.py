"""Files near what is read: whose they seem to be, and readings that hang on one key."""

from __future__ import annotations

import re

import pytest

from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.read import import_policy

MASKS = "time_mask_width_range: 9"
LOG_MEL = "dataset_conf:\n  feats_type: log_mel_spectrogram\n  log_mel_spectrogram_conf: "
NEMO_MASKS = "{freq_masks: 2, freq_width: 9}"
DROP = "!new:speechbrain.augment.freq_domain.SpectrogramDrop {drop_length_low: 1}"


def test_a_refusal_says_whose_it_seems_and_where_it_lies(subtests, tmp_path):
    for text, said in [
        ("augment: {freq_mask_para: 27, freq_mask_num: 2}", "openspeech's or KoSpeech's"),
        ("input_train: {spec_augment: {freq_masks: 2, max_freq: 20}}", "NVIDIA's Jasper"),
        ("dataset_config: {spectral_augmentation: {num_t_mask: 2, max_t: 50}}", "Athena's"),
        ("learning_config: {augmentations: {after: {time_masking: {}}}}", "TensorFlowASR's"),
        ("enable_spec_aug: true\nspec_aug_time_warp_factor: 80", "icefall's options.*--policy icefall"),
        ("--enable-spec-aug 1\n--spec-aug-time-warp-factor 80", "icefall recipe.*--policy icefall"),
        ("input name=a dim=4\nspec-augment-layer name=b freq-max-proportion=0.5", "Kaldi network .xconfig"),
        ("--augment frequency_mask[n=1:3,size=1:5]", "DeepSpeech or Coqui"),
        ("[specaug_conf]\nnum_freq_mask = 2\n", "TOML or INI"),
        ("specaug: specaug\0", "not a text file in UTF-8"),
        ("transformers: [a]\nkind: b", "holds no key of a framework"),
        ("x: !Ref a", "holds no key of a framework"),
        ("p: 0.9", "several frameworks: lhotse's .p. and torchaudio's .p."),
        (f"specaug: specaug\nencoder: whisper\nspecaug_conf: {{{MASKS}}}", "specaug would mask the waveform"),
        ("specaug: null\nencoder: beats\nencoder_conf: {specaug_config: {a: 1}}", "its own filterbank"),
        (f"specaug: specaug\nspecaug_conf: {{{MASKS}, time_warp_mode: {'x' * 500}}}", "time_warp_mode='x{60,80}"),
        (
            f"a: {DROP}\nb: !new:speechbrain.augment.augmenter.Augmenter {{augmentations: [!ref <a>, !ref <c>]}}",
            r"b\.augmentations\.1=!ref '<c>': the file has no 'c'",
        ),
    ]:
        with subtests.test(text=text, said=said):
            (tmp_path / "x.conf").write_text(text)
            with pytest.raises(PolicyError, match=said) as caught:
                import_policy(tmp_path / "x.conf")
            assert len(str(caught.value)) < len(str(tmp_path)) + 700


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (LOG_MEL + "{pad_or_trim: true, max_duration: 10}", "10 s .1000 frames.*--batch 1x1000"),
        (LOG_MEL + "{padding: 8000}", "padding: 8000 zero samples"),
        ("model: {spec_augment: {freq_masks: 0, freq_width: 9}}", "freq_width: without effect, freq_masks is 0"),
        (
            "separator: rnn\nencoder: stft\nencoder_conf: {}\nbest_model_criterion: a",
            "separator: .*without a front-end",
        ),
    ],
)
def test_what_changes_nothing_or_is_left_out_is_noted(tmp_path, text, note):
    (tmp_path / "x.yaml").write_text(text)
    found = import_policy(tmp_path / "x.yaml")
    assert any(re.search(note, each) for each in found.notes), found.notes


def test_masks_below_a_model_keep_the_preprocessor_beside_it(tmp_path):
    (tmp_path / "x.yaml").write_text(
        f"model: {{encoder: {{spec_augment: {NEMO_MASKS}}}, preprocessor: {{features: 40}}}}"
    )
    assert import_policy(tmp_path / "x.yaml").frontend.n_mels == 40


def test_torchaudios_mel_reflects_the_ends(tmp_path):
    (tmp_path / "x.yaml").write_text(
        f"model: {{spec_augment: {NEMO_MASKS}, preprocessor: {{features: 40, use_torchaudio: true}}}}"
    )
    assert import_policy(tmp_path / "x.yaml").frontend.pad_mode == "reflect"


def test_what_is_listed_by_way_of_references_counts_as_read(tmp_path):
    (tmp_path / "x.yaml").write_text(
        f"a: {DROP}\nb: !ref <a>\nlst: [!ref <b>]\n"
        "c: !new:speechbrain.augment.augmenter.Augmenter\n  augmentations: !ref <lst>\n"
    )
    found = import_policy(tmp_path / "x.yaml")
    assert len(found.policy.transforms) == 1
    assert not any(each.is_near for each in found.unread)
