"""Configurations after the frameworks' published recipes: their odd corners, read as the framework reads them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from specaug_listen import frameworks
from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frontends import PRESETS

MEL = "_target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor, window_size: 0.025, n_fft: 512"
MASKS = (
    "spec_augment: {_target_: nemo.collections.asr.modules.SpectrogramAugmentation, freq_masks: 2, time_width: 0.05}"
)


@pytest.fixture
def imported(tmp_path):
    def imported(text, name="train.yaml", framework=None):
        (tmp_path / name).write_text(text)
        return import_policy(tmp_path / name, framework)

    return imported


def of_nemo(preprocessor):
    return f"model: {{preprocessor: {{{MEL}, {preprocessor}}}, {MASKS}}}"


def noted(found, text):
    return [line for line in found.notes if text in line]


def left_unread(found, text):
    return [each for each in found.unread if each.words == text]


# -- NeMo ----------------------------------------------------------------------------------------------


def test_nemos_normalisation_is_the_one_of_the_file(subtests, imported):
    for normalize, expected, note in [
        ("per_feature", "per_feature", None),
        ("all_features", "all_features", "all_features: a fill of 0 is the mean over all bins, not of each"),
        ("NA", None, "NA is not a rule of NeMo's, so nothing is normalised: fill values are in the scale"),
        ("per_utterance", None, "per_utterance is not a rule of NeMo's, so nothing is normalised"),
        ("null", None, "normalize: fill values are in the scale of features without normalisation"),
        ("false", None, "normalize: fill values are in the scale of features without normalisation"),
        ("{fixed_mean: [1], fixed_std: [2]}", None, "fixed_mean and fixed_std are left out; fill levels differ"),
    ]:
        with subtests.test(normalize=normalize, expected=expected, note=note):
            found = imported(of_nemo(f"features: 80, normalize: {normalize}"))
            assert found.frontend.normalize == expected
            said = noted(found, "preprocessor.normalize")
            assert (note in said[0] and len(said) == 1) if note else not said


def test_nemos_all_features_are_nemos_in_all_else(imported):
    found = imported(of_nemo("features: 80, normalize: all_features"))
    assert replace(found.frontend, name="nemo") == replace(PRESETS["nemo"], normalize="all_features")


@pytest.mark.parametrize("given", ["normalize: true", "normalize: 1", "normalize: [per_feature]"])
def test_nemos_normalisation_is_a_name(imported, given):
    with pytest.raises(PolicyError, match=r"normalize=.*: allowed is per_feature, all_features, a mapping, or null"):
        imported(of_nemo(given))


def test_nemos_windows_may_be_given_in_samples(imported):
    given = "features: 80, window_size: null, n_window_size: 320, window_stride: null, n_window_stride: 200"
    found = imported(of_nemo(given).replace("window_size: 0.025, ", "", 1))
    assert (found.frontend.win_length, found.frontend.hop_length) == (320, 200)


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ("exact_pad: true", "exact_pad: this framing is not supported; choose a front-end"),
        (
            "nb_augmentation_prob: 0.5",
            "nb_augmentation_prob: some clips lose all above nb_max_freq in training, left out",
        ),
    ],
)
def test_what_nemos_preprocessor_does_besides_is_said(imported, given, note):
    found = imported(of_nemo(given))
    assert noted(found, f"model.preprocessor.{note}")
    assert (found.frontend is None) == given.startswith("exact_pad")


def test_nemos_filters_may_be_without_a_norm(imported):
    assert imported(of_nemo("mel_norm: null")).frontend.mel_norm is None
    assert imported(of_nemo("features: 64")).frontend.mel_norm == "slaney"


def test_the_configuration_inside_a_nemo_file_has_no_model_around_it(imported):
    inside = imported(f"preprocessor: {{{MEL}, features: 128}}\n{MASKS}\ntarget: nemo.collections.asr.models.X")
    assert (inside.framework, inside.frontend.n_mels) == ("nemo", 128)
    assert imported(f"preprocessor: {{{MEL}, features: 128}}").policy.transforms == ()


def test_a_speech_language_models_masks_stand_below_perception(imported):
    found = imported(f"model: {{llm: x, perception: {{n: 128, preprocessor: {{features: '${{..n}}'}}, {MASKS}}}}}")
    assert found.policy.transforms == frameworks.nemo_policy(freq_masks=2, time_width=0.05).transforms
    assert found.frontend.n_mels == 128
    assert any(line.startswith("model.perception.spec_augment.time_masks") for line in found.defaults)


def test_a_null_section_masks_nothing(imported):
    found = imported(f"model: {{preprocessor: {{{MEL}}}, spec_augment: null}}")
    assert found.policy.transforms == ()
    assert noted(found, "model.spec_augment is missing or null: nothing is masked")


# -- ESPnet --------------------------------------------------------------------------------------------

SPECAUG = "specaug: specaug\nspecaug_conf: {time_mask_width_ratio_range: [0., 0.05]}\n"


def test_espnets_own_normalisation_is_that_of_the_utterance(imported):
    """``espnet2/tasks/asr.py``: ``normalize_choices = ClassChoices(..., default="utterance_mvn")``."""
    found = imported(SPECAUG)
    assert "normalize: utterance_mvn" in found.defaults
    (note,) = noted(found, "normalize:")
    assert note.startswith("normalize: utterance_mvn (ESPnet's default; the recipes' asr.sh sets global_mvn ")


@pytest.mark.parametrize("kind", ["global_mvn", "utterance_mvn"])
def test_espnets_normalisation_that_is_named_is_no_default(imported, kind):
    found = imported(f"{SPECAUG}normalize: {kind}")
    assert not any("normalize" in line for line in found.defaults)
    assert noted(found, "normalize:")[0].startswith(f"normalize: {kind} is applied after the masks")


def test_without_espnets_normalisation_nothing_is_said(imported):
    found = imported(f"{SPECAUG}normalize: null")
    assert not noted(found, "normalize")
    assert not any("normalize" in line for line in found.defaults)


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ("input_size: 83", "input_size: ESPnet then reads features that were computed elsewhere"),
        ("frontend: null", "frontend: null: the features were computed elsewhere"),
        ("frontend: melspec", "frontend: melspec: not supported"),
    ],
)
def test_espnets_features_that_are_not_its_own_give_no_front_end(imported, more, note):
    found = imported(SPECAUG + more)
    assert found.frontend is None
    assert noted(found, f"{note}; choose a front-end")


def test_espnet_makes_features_where_the_input_size_is_null(imported):
    assert imported(f"{SPECAUG}input_size: null").frontend == PRESETS["espnet"]


@pytest.mark.parametrize("padded", [True, False])
def test_a_whisper_encoder_that_pads_to_30_s_says_so(imported, padded):
    conf = {"use_specaug": True, "do_pad_trim": padded, "specaug_conf": {"time_mask_width_range": 40}}
    found = imported(json.dumps({"encoder": "whisper", "encoder_conf": conf}), "train.json")
    assert bool(noted(found, "encoder_conf.do_pad_trim: clips are 30 s (3000 frames) when")) == padded


def test_a_misspelt_key_of_a_front_end_is_said(imported):
    found = imported(f"{SPECAUG}frontend_conf: {{n_mel: 40, htk: true}}")
    assert left_unread(found, "frontend_conf.n_mel (did you mean 'n_mels'?)")
    assert found.frontend.n_mels == 80


def test_a_file_of_funasr_is_not_taken_for_espnets(imported):
    text = f"frontend: WavFrontend\n{SPECAUG.replace(': specaug', ': SpecAugLFR', 1)}dataset_conf: {{batch_size: 1}}"
    for framework in (None, "espnet"):
        with pytest.raises(PolicyError, match=r"looks like FunASR's .*SpecAugLFR\), .*; tried as ESPnet's, whose keys"):
            imported(text, framework=framework)


# -- WeNet ---------------------------------------------------------------------------------------------

OLD = """
encoder_conf: {output_size: 256}
raw_wav: true
collate_conf:
    speed_perturb: true
    feature_extraction_conf: {feature_type: fbank, mel_bins: 40, frame_shift: 12, frame_length: 20, using_pitch: false}
    spec_aug: true
    spec_aug_conf: {warp_for_time: False, num_t_mask: 3, num_f_mask: 2, max_t: 40, max_f: 10, max_w: 80}
dataset_conf: {max_length: 40960, batch_type: static}
"""


def test_wenet_1_masked_as_it_collated(imported):
    found = imported(OLD)
    assert found.policy.transforms == frameworks.wenet_policy(num_t_mask=3, max_t=40).transforms
    changes = {"n_mels": 40, "win_length": 320, "hop_length": 192}
    assert replace(found.frontend, name="wenet") == replace(PRESETS["wenet"], **changes)
    assert noted(found, "collate_conf.spec_aug_conf.max_w: without effect, warp_for_time is false")


def test_wenet_1_masked_nothing_unless_it_was_asked_to(imported):
    found = imported(OLD.replace("    spec_aug: true\n", ""))
    assert found.policy.transforms == ()
    assert "collate_conf.spec_aug: false" in found.defaults


def test_wenet_1_may_have_read_kaldis_features(imported):
    found = imported(OLD.replace("raw_wav: true", "raw_wav: false"))
    assert noted(found, "raw_wav is false: the features were computed elsewhere")


@pytest.mark.parametrize(
    ("window", "expected"), [("povey", "povey"), ("hamming", "hamming_symmetric"), ("hanning", "hann_symmetric")]
)
def test_wenets_windows_are_kaldis(imported, window, expected):
    found = imported(f"dataset_conf: {{fbank_conf: {{num_mel_bins: 80, window_type: {window}}}}}")
    assert found.frontend.window == expected


def test_a_window_that_is_not_had_gives_no_front_end(imported):
    found = imported("dataset_conf: {fbank_conf: {num_mel_bins: 80, window_type: blackman}}")
    assert found.frontend is None
    assert noted(found, "window='blackman'")


def test_wenets_padding_to_30_s_is_said(imported):
    conf = "feats_type: log_mel_spectrogram, log_mel_spectrogram_conf: {num_mel_bins: 80, pad_or_trim: true}"
    assert noted(
        imported(f"dataset_conf: {{{conf}}}"), "pad_or_trim: clips are 30 s (3000 frames) when they are masked"
    )


# -- fairseq, SpeechBrain, lingvo, lhotse, HF -------------------------------------------------------------

FAIRSEQ = "specaugment: {freq_mask_N: 2, freq_mask_F: 27}\n"


def test_fairseqs_feature_transforms_come_after_its_transforms(subtests, imported):
    for steps, n, normalize in [
        ("feature_transforms: {_train: [utterance_cmvn, specaugment]}", 3, "utterance_cmvn"),
        ("transforms: {'*': [utterance_cmvn]}\nfeature_transforms: {_train: [specaugment]}", 3, "utterance_cmvn"),
        ("transforms: {_train: null, '*': [specaugment]}", 3, None),
        ("feature_transforms: {'*': [utterance_cmvn]}", 0, "utterance_cmvn"),
        ("transforms: {_eval: [x]}\nfeature_transforms: {'*': [specaugment]}", 3, None),
    ]:
        with subtests.test(steps=steps, n=n, normalize=normalize):
            found = imported(FAIRSEQ + steps)
            assert len(found.policy.transforms) == n
            assert found.frontend.normalize == normalize


def test_fairseqs_transforms_of_the_waveform_are_said(imported):
    found = imported(FAIRSEQ + "transforms: {_train: [specaugment]}\nwaveform_transforms: {_train: [noiseaugment]}")
    assert noted(found, "waveform_transforms: applied to the waveform; left out")


def test_speechbrains_changes_of_the_waveform_are_said(imported):
    found = imported("""
features: !new:speechbrain.lobes.features.Fbank
    n_mel: 40
augmentation: !new:speechbrain.lobes.augment.TimeDomainSpecAugment
    speeds: [95, 100, 105]
env_corrupt: !new:speechbrain.lobes.augment.EnvCorrupt
""")
    assert found.policy.transforms == ()
    assert noted(found, "applied to the waveform, left out: EnvCorrupt, TimeDomainSpecAugment")
    assert left_unread(found, "features.n_mel (did you mean 'n_mels'?)")


def test_lingvos_domains_that_agree_are_one(imported):
    found = imported("freq_mask_max_bins: [27, 27]\nuse_noise: [false, false]\ndomain_ids: [0, 1]")
    assert found.policy.transforms == frameworks.lingvo_policy(freq_mask_max_bins=27).transforms
    assert noted(found, "freq_mask_max_bins: 27 in every domain")


def test_icefalls_arguments_as_json_are_its_policy(imported):
    """``egs/librispeech/ASR/*/asr_datamodule.py``."""
    arguments = {"num_frame_masks": 10, "features_mask_size": 27, "num_feature_masks": 2, "frames_mask_size": 100}
    found = imported(json.dumps({"time_warp_factor": 80, **arguments}), "augment.json")
    assert (
        found.policy.transforms
        == frameworks.lhotse_policy(**arguments, time_warp_factor=80, supervisions=True).transforms
    )
    assert "p: 0.9" in found.defaults
