"""Whose configuration a file is, and what is done about one that is of several frameworks."""

from __future__ import annotations

import configs
import pytest
from commandline import run

from specaug_listen import frameworks
from specaug_listen._yaml import Tagged
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks.detect import claims, framework_of_keys, short_list
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.registry import spelling

WENET = "dataset_conf: {spec_aug: true, spec_aug_conf: {num_t_mask: 3}, fbank_conf: {num_mel_bins: 40}}\n"
ESPNET = "specaug: specaug\nspecaug_conf: {time_mask_width_range: 40}\nfrontend_conf: {hop_length: 160}\n"
NEMO = "model: {width: 9, spec_augment: {freq_masks: 2, freq_width: '${model.width}'}}\n"
FAIRSEQ = "specaugment: {freq_mask_N: 2, freq_mask_F: 9}\ntransforms: {_train: [specaugment]}\n"
DROP = "drop: !new:speechbrain.augment.freq_domain.SpectrogramDrop\n    dim: !ref <axis>\naxis: 2\n"
LISTED = "fea_augment: !new:speechbrain.augment.augmenter.Augmenter\n    augmentations: [!ref <drop>]\n"
TORCHAUDIO = "TimeMasking: {time_mask_param: 40}\n"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "train.yaml"
        path.write_text(text)
        return path

    return write


def test_a_framework_is_known_by_keys_that_no_other_has(subtests):
    for data, expected in [
        ({"dataset_conf": {"fbank_conf": {}}, "encoder_conf": {}, "model": "whisper"}, {"wenet": ["dataset_conf"]}),
        ({"collate_conf": {}, "dataset_conf": {}}, {"wenet": ["collate_conf"]}),
        ({"collate_conf": {}, "dataset_conf": {"feats_type": "x"}}, {"wenet": ["collate_conf", "dataset_conf"]}),
        ({"dataset_conf": {"batch_size": 1}}, {}),
        ({"encoder_conf": {"output_size": 1}}, {}),
        ({"encoder_conf": {"output_size": 1}, "batch_bins": 1}, {"espnet": ["encoder_conf"]}),
        ({"model": {"speech_encoder": {"spec_augment_config": {}}}}, {"nemo": ["model"]}),
        ({"encoder_conf": {"use_specaug": True}, "specaug": 1}, {"espnet": ["encoder_conf", "specaug"]}),
        ({"model_type": "whisper"}, {"hf": ["model_type"]}),
        ({"model_type": "x", "specaug": None}, {"espnet": ["specaug"]}),
        ({"spec_augment": None}, {"nemo": ["spec_augment"]}),
        ({"spec_augment": {"features_mask_size": 2}}, {"lhotse": ["spec_augment"]}),
        ({"model": {"perception": {"spec_augment": {}}}}, {"nemo": ["model"]}),
        ({"model": {"perception": 3}}, {}),
        ({"preprocessor": {"_target_": "x"}}, {"nemo": ["preprocessor"]}),
        ({"preprocessor": {"steps": 2}}, {}),
        ({"feature_transforms": {"*": []}}, {"fairseq": ["feature_transforms"]}),
        ({"state_dict": {"p": 1, "features_mask_size": 2}}, {"lhotse": ["p", "features_mask_size"]}),
        ({"transforms": [], "specaug": None}, {}),
        ({}, {}),
    ]:
        with subtests.test(data=data, expected=expected):
            assert claims(data) == expected


def test_an_ordinary_configuration_is_that_of_one_framework(subtests, written):
    for framework in configs.ALL:
        with subtests.test(framework=framework):
            _, text = configs.ALL[framework]
            assert import_policy(written(text)).framework == framework


def test_a_file_with_keys_of_several_frameworks_is_refused_with_their_names(subtests, written):
    for read in [import_policy, lambda path: get_policy(str(path))]:
        for text, said in [
            (
                WENET + ESPNET,
                r"WeNet's \(dataset_conf\) and ESPnet's \(specaug, specaug_conf, frontend_conf\); name the ",
            ),
            (
                ESPNET + NEMO,
                r"ESPnet's \(.*\) and NeMo's \(model\); .*: --framework espnet or --framework nemo \(fr",
            ),
            (NEMO + FAIRSEQ, r"NeMo's \(model\) and fairseq's \(specaugment, transforms\)"),
            (DROP + WENET, r"SpeechBrain's \(drop\) and WeNet's"),
            (WENET + ESPNET + NEMO, r"WeNet's .* and ESPnet's .* and NeMo's .*; name the one"),
        ]:
            with subtests.test(text=text, said=said, read=read):
                with pytest.raises(
                    PolicyError, match=r"train\.yaml: holds keys of several frameworks: " + said
                ) as caught:
                    read(written(text))
                assert "\n" not in str(caught.value)


def test_the_framework_that_is_told_is_read_and_the_keys_of_others_are_listed(subtests, written):
    for framework, expected in [
        ("wenet", frameworks.wenet_policy(num_t_mask=3)),
        ("espnet", frameworks.espnet_policy(time_mask_width_range=40)),
        ("nemo", frameworks.nemo_policy(freq_masks=2, freq_width=9)),
        ("fairseq", frameworks.fairseq_policy(freq_mask_N=2, freq_mask_F=9)),
        ("torchaudio", None),
    ]:
        with subtests.test(framework=framework, expected=expected):
            found = import_policy(written(WENET + ESPNET + NEMO + FAIRSEQ + TORCHAUDIO), framework)
            assert found.framework == framework
            if expected is not None:
                assert found.policy.transforms == expected.transforms
            for other, keys in {
                "wenet": "dataset_conf",
                "espnet": "specaug, specaug_conf, frontend_conf",
                "nemo": "model",
                "fairseq": "specaugment, transforms",
                "torchaudio": "TimeMasking",
            }.items():
                assert (
                    f"{keys}: {spelling(other)}'s, ignored, because the file is read as {spelling(framework)}'s"
                    in found.notes
                ) == (other != framework)


def test_references_are_followed_into_what_is_left_alone(written):
    found = import_policy(written(DROP + LISTED + WENET + "width: !ref <axis>\n"), "speechbrain")
    assert found.policy.transforms[0].axis == "frequency"
    assert (
        import_policy(written(DROP + WENET), "wenet").notes[0]
        == "drop: SpeechBrain's, ignored, because the file is read as WeNet's"
    )


def test_a_third_framework_is_refused_with_the_names_of_both(written):
    with pytest.raises(
        PolicyError, match=r"looks like WeNet's and ESPnet's configuration, not Hugging Face's; .* 'wenet' or 'espnet'$"
    ):
        import_policy(written(WENET + ESPNET), "hf")


def test_the_command_line_takes_the_one_that_is_told(written):
    path = written(WENET + ESPNET)
    refused = run("policy", "show", path)
    assert (refused.code, refused.out) == (1, "")
    assert "--framework wenet or --framework espnet" in refused.err
    shown = run("policy", "show", path, "--framework", "espnet")
    assert shown.code == 0
    assert "dataset_conf: WeNet's, ignored, because the file is read as ESPnet's" in shown.out
    assert run("policy", "convert", path, "--from", "espnet", "--to", "nemo").code == 0


def test_keys_of_strangers_are_shown_printable_and_not_all_of_them():
    assert short_list(["a\n", *"bcdefg"]) == "a\\n, b, c, d, e, f, ..."
    with pytest.raises(ParameterError, match=r"SpeechBrain's \(x\\x1b\)"):
        framework_of_keys({"specaug": None, "x\x1b": Tagged("!ref", "<a>")}, lambda data, name: True)


MIXED = "freq_mask_F: 27\ntime_mask_param: 20\nfeatures_mask_size: 3\n"


def test_bare_arguments_of_several_frameworks_are_refused_with_the_names_of_all(written):
    said = r"fairseq's \(freq_mask_F\) and lhotse's \(features_mask_size\) and torchaudio's \(time_mask_param\); name"
    with pytest.raises(PolicyError, match=r"holds keys of several frameworks: " + said):
        import_policy(written(MIXED))
    found = import_policy(written(MIXED), "fairseq")
    assert found.policy.transforms == import_policy(written("freq_mask_F: 27\n"), "fairseq").policy.transforms
    assert "time_mask_param: torchaudio's, ignored, because the file is read as fairseq's" in found.notes


def test_what_the_framework_that_is_told_shares_with_others_is_read(written):
    found = import_policy(
        written("mask_value: 3\nfreq_masks: 1\nfreq_width: 9\nfreq_mask_F: 1\nfreq_mask_N: 1\n"), "nemo"
    )
    assert found.policy.transforms[0].fill == 3
    assert "freq_mask_F, freq_mask_N: fairseq's, ignored, because the file is read as NeMo's" in found.notes


def test_bare_arguments_are_those_of_the_framework_that_knows_most_of_them(subtests):
    for data, expected in [
        ({"freq_mask_F": 1, "mask_value": 0}, {"fairseq": ["freq_mask_F", "mask_value"]}),
        ({"time_warp_window": 5}, {"espnet": ["time_warp_window"], "speechbrain-legacy": ["time_warp_window"]}),
        ({"p": 0.9}, {"lhotse": ["p"], "torchaudio": ["p"]}),
        ({"x": Tagged("!Ref", "a")}, {}),
        ({"x": Tagged("!ref", "<a>")}, {"speechbrain": ["x"]}),
        ({"model_type": "gpt", "seed": 1}, {}),
        ({"freq_mask_F": 1, "freq_mask_N": 1, "time_mask_param": 9}, {"fairseq": ["freq_mask_F", "freq_mask_N"]}),
        ({"freq_mask_F": 1, "freq_masks": 1}, {"nemo": ["freq_masks"], "fairseq": ["freq_mask_F"]}),
        (
            {"mask_value": 0, "freq_masks": 1, "freq_mask_F": 1},
            {"nemo": ["mask_value", "freq_masks"], "fairseq": ["mask_value", "freq_mask_F"]},
        ),
    ]:
        with subtests.test(data=data, expected=expected):
            assert claims(data) == expected
