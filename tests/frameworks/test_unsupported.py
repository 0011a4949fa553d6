"""Files of frameworks that are not read: refused by name, with what differs and what was tried."""

from __future__ import annotations

import json
import re

from specaug_listen import frameworks
from specaug_listen.frameworks.read import import_policy, readable_frameworks
from specaug_listen.frameworks.registry import spelling

MASKS = "{num_t_mask: 1, num_f_mask: 2, max_t: 15, max_f: 9}"
WEKWS = (
    "dataset_conf: {resample_conf: {resample_rate: 16000}, feature_extraction_conf: {feature_type: fbank, "
    f"num_mel_bins: 32, frame_shift: 12, frame_length: 30}}, spec_aug: true, spec_aug_conf: {MASKS}}}\nmodel: {{a: 1}}"
)
STRANGERS = {
    "wekws": (WEKWS, r"wekws' configuration \(dataset_conf\.feature_extraction_conf\).* 23 bins.*; tried as WeNet's"),
    "wekws's skipped frames": (
        f"dataset_conf: {{frame_skip: 3, fbank_conf: {{num_mel_bins: 80}}, spec_aug_conf: {MASKS}}}",
        r"wekws' configuration \(dataset_conf\.frame_skip\)",
    ),
    "wespeaker": (
        "dataset_args: {num_frms: 100, fbank_args: {num_mel_bins: 64}, spec_aug: false, spec_aug_args: {prob: 0.3}}",
        r"wespeaker's configuration \(dataset_args\..*spec_aug_args.*the same for the whole batch.*"
        r"no supported framework has such keys \(tried: espnet, .*wenet\)",
    ),
    "FunASR, stacked": (
        "frontend: WavFrontendOnline\nspecaug: SpecAugLFR\nspecaug_conf: {lfr_rate: 6, time_mask_width_range: 12}",
        r"FunASR's configuration \(specaug_conf\.lfr_rate, frontend: WavFrontendOnline, specaug: SpecAugLFR\).*lfr_m",
    ),
    "FunASR, plain": (
        "frontend_conf: {fs: 16000, lfr_m: 5, lfr_n: 3}\nspecaug: SpecAug\nspecaug_conf: {time_mask_width_range: 9}",
        r"FunASR's configuration \(frontend_conf\.lfr_m, frontend_conf\.lfr_n\).*tried as ESPnet's",
    ),
    "FunASR's data": ("dataset_conf: {index_ds: IndexDSJsonl}\nspecaug: null", r"FunASR's .*dataset_conf\.index_ds"),
    "PPASR": (
        "spec_aug: {prob: 1.0, max_f_ratio: 0.2, n_freq_masks: 1, max_t_ratio: 0.1}\nencoder_conf: {output_size: 1}",
        r"PPASR's or MASR's configuration \(spec_aug\.max_f_ratio, spec_aug\.max_t_ratio\).*shares",
    ),
    "MASR": ("preprocess_conf: {feature_method: fbank, n_mels: 80}", r"PPASR's or MASR's .*feature_method"),
    "MASR's list": (
        '[{"type": "specaug", "aug_type": "feature", "params": {}}]',
        r"PPASR's or MASR's .*aug_type: f",
    ),
    "PaddleSpeech's list": (
        json.dumps([{"type": "specaug", "params": {"F": 10, "T": 50}, "prob": 1.0}]),
        r"PaddleSpeech's configuration \(type: specaug\)",
    ),
    "PaddleSpeech": (
        "process:\n- {type: fbank_kaldi, n_mels: 80}\n- {type: time_mask, T: 40}",
        r"PaddleSpeech's configuration \(process\.type: fbank_kaldi\)",
    ),
    "PaddleSpeech's training": (
        "preprocess_config: conf/preprocess.yaml\nencoder_conf: {output_size: 256}\nbatch_bins: 3",
        r"PaddleSpeech's configuration \(preprocess_config\)",
    ),
    "ESPnet 1": (
        "process:\n- {type: time_warp, max_time_warp: 5}\n- {type: freq_mask, F: 30, n_mask: 2}\nmode: sequential",
        r"ESPnet 1's list of steps \(process\.type: time_warp, process\.type: freq_mask\)",
    ),
    "s3prl": (
        "specaug: {apply_time_warp: true, adaptive: true}",
        r"s3prl's .*specaug\.adaptive\).*includes the upper bound",
    ),
    "neural_sp": (
        "freq_width: 27\nn_freq_masks: 2\ntime_width: 100\nn_time_masks: 2",
        r"neural_sp's .*NeMo's freq_wid",
    ),
    "wav2vec": (
        "task: {_name: audio_finetuning}\nmodel: {_name: wav2vec_ctc, mask_prob: 0.65}",
        r"fairseq's .*wav2v",
    ),
    "PANNs": ("time_drop_width: 64\ntime_stripes_num: 2\nfreq_drop_width: 8", r"torchlibrosa's SpecAugmentation"),
    "AST": ("freqm: 48\ntimem: 192\nmixup: 0.5", r"AST's arguments \(freqm\)"),
    "Espresso": ("specaugment_config: \"{'W': 80}\"", r"Espresso's configuration"),
    "TensorFlowASR": ("augmentation_config: {feature_augment: {time_masking: {}}}", r"TensorFlowASR's configuration"),
}


def test_a_framework_that_is_not_read_is_refused_by_its_name(subtests, refusal):
    for name, (text, said) in STRANGERS.items():
        with subtests.test(name=name):
            assert re.search(r"looks like " + said, refusal(text))


def test_it_is_refused_also_where_another_framework_is_told(subtests, refusal):
    for name in [name for name, (text, _) in STRANGERS.items() if not text.startswith("[")]:
        for framework in sorted(readable_frameworks()):
            with subtests.test(framework=framework, name=name):
                assert "which is not supported yet: " in refusal(STRANGERS[name][0], framework=framework)
                assert f"tried as {spelling(framework)}'s" in refusal(STRANGERS[name][0], framework=framework)


def test_a_stranger_further_down_is_named_too(refusal):
    line = refusal("train: {dataset_args: {spec_aug_args: {prob: 0.5}, fbank_args: {}}}")
    assert "; what is below 'train' looks like wespeaker's configuration" in line


def test_a_class_that_both_espnet_and_funasr_have_is_nobodys_until_told(tmp_path, refusal):
    text = "specaug: SpecAug\nspecaug_conf: {time_mask_width_range: 9}"
    line = refusal(text)
    assert "FunASR's class" in line
    assert line.endswith("; if it is ESPnet's, give --framework espnet")
    # What is advised is right: ESPnet reads the name in lower case.
    found = import_policy(tmp_path / "train.yaml", "espnet")
    assert found.policy.transforms == frameworks.espnet_policy(time_mask_width_range=9).transforms
    assert "--framework" not in refusal("specaug: SpecAug\nspecaug_conf: {}")


def test_a_sections_name_is_no_proof_of_wenet(refusal):
    assert "holds no key of a framework's SpecAugment" in refusal("dataset_conf: {batch_size: 4}\nmodel: x")


# -- a hint ends in a reading that is right, or is not given -------------------------------------------

WENET = "dataset_conf: {spec_aug: true, fbank_conf: {num_mel_bins: 40}}\n"
NO_ESPNET = "specaug: specaug\nspecaug_conf: {num_freq_mask: two}\n"


def test_of_several_frameworks_those_are_advised_that_can_be_read(tmp_path, refusal):
    line = refusal(WENET + NO_ESPNET)
    assert "WeNet's (dataset_conf) and ESPnet's (specaug, specaug_conf)" in line
    assert "name the one that uses it for training: --framework wenet (framework=" in line
    assert import_policy(tmp_path / "train.yaml", "wenet").frontend.n_mels == 40
    assert refusal(NO_ESPNET + "model: {spec_augment: {freq_masks: x}}").endswith("; none of them can read it")


def test_another_frameworks_file_is_advised_to_be_read_as_theirs_only_where_it_can(refusal):
    assert refusal(WENET, framework="espnet").endswith("not ESPnet's; give framework 'wenet', or none")
    assert refusal(NO_ESPNET, framework="wenet").endswith("not WeNet's, and it cannot be read as theirs either")


def test_what_stands_below_is_advised_only_where_it_can_be_read(refusal):
    assert refusal("train: {specaug: specaug, specaug_conf: {}}").count("give a file") == 0


def test_nobodys_file_gets_no_advice_to_name_a_framework(refusal):
    line = refusal("alpha: 1\nbeta: 2")
    assert "give the framework" not in line
    assert "tried: espnet, fairseq, hf, lhotse" in line


def test_hydras_list_is_said_where_nothing_else_is_known(refusal):
    assert "merged by hydra from other files" in refusal("defaults: [model: conformer]\nseed: 1")
    text = "defaults: [base]\nmodel: {preprocessor: {features: 80}}"
    assert "spec_augment is missing, and `defaults` names files that hydra merges" in refusal(text)
