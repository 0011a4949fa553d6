"""Configurations of the frameworks: the policy is the framework's own, the front-end the file's, the rest is said."""

from __future__ import annotations

import re
from dataclasses import replace

import configs
import pytest

from specaug_listen import augment, frameworks
from specaug_listen.frameworks.read import import_policy, read_policy
from specaug_listen.frameworks.unread import unread_in_words
from specaug_listen.frontends import PRESETS

EXPECTED = {
    "espnet": frameworks.espnet_policy(
        freq_mask_width_range=(0, 27), time_mask_width_ratio_range=(0.0, 0.05), num_time_mask=10
    ),
    "nemo": frameworks.nemo_policy(freq_masks=2, time_masks=10, freq_width=27, time_width=0.05),
    "speechbrain": replace(frameworks.ALL_POLICIES["speechbrain-conformer"], probability=0.75),
    "wenet": frameworks.wenet_policy(spec_sub=True, sub_max_t=30),
    "hf": frameworks.hf_policy(apply_spec_augment=True, mask_time_prob=0.08, mask_feature_prob=0.05),
    "fairseq": frameworks.ALL_POLICIES["fairseq-ld"],
    "lhotse": frameworks.lhotse_policy(supervisions=True),
    "torchaudio": augment.Policy(
        (frameworks.torchaudio_mask("frequency", 27), frameworks.torchaudio_mask("time", 40, p=0.2, iid_masks=True)),
        framework="torchaudio",
    ),
    "lingvo": frameworks.ALL_POLICIES["lingvo-conformer"],
}


def test_a_configuration_is_the_policy_of_its_arguments(subtests, imported):
    for framework in configs.ALL:
        for guessed in (True, False):
            with subtests.test(guessed=guessed, framework=framework):
                name, text = configs.ALL[framework]
                found = imported(text, name, None if guessed else framework)
                expected = EXPECTED[framework]
                assert replace(found.policy, name="x") == replace(expected, name="x")
                assert found.framework == framework


def test_a_file_read_for_its_policy_alone_gives_the_same(subtests, file):
    for framework in configs.ALL:
        with subtests.test(framework=framework):
            name, text = configs.ALL[framework]
            path = file(text, name)
            assert read_policy(path) == import_policy(path).policy == frameworks.get_policy(str(path))


def test_a_policy_carries_what_its_configuration_leaves_open(file):
    path = file(configs.ESPNET)
    found = import_policy(path)
    assert read_policy(path).notes == found.policy.notes
    assert found.policy.notes == (
        f"defaults, not in the file: {', '.join(found.defaults)}",
        *found.notes,
        *unread_in_words(found.unread),
    )
    bare = replace(found.policy, notes=())
    assert (bare, hash(bare)) == (found.policy, hash(found.policy))
    assert frameworks.espnet_policy(time_mask_width_range=4).notes == ()


def test_a_file_without_an_ending_is_read_too(file):
    expected = import_policy(file(configs.ESPNET)).policy.transforms
    assert frameworks.get_policy(str(file(configs.ESPNET, "train.conf"))).transforms == expected
    assert frameworks.get_policy(str(file(configs.ESPNET, "folder/train"))).transforms == expected


def test_a_policys_name_comes_before_a_file_that_is_called_so(file, monkeypatch, tmp_path):
    file(configs.ESPNET, "LD")
    monkeypatch.chdir(tmp_path)
    assert frameworks.get_policy("LD") is augment.LD


def test_a_policy_is_named_after_its_file_and_a_model_after_its_folder(imported):
    assert imported(configs.ESPNET, "my run.yaml").policy.name == "my run"
    assert imported(configs.HF, "whisper-tiny/config.json").policy.name == "whisper-tiny"


@pytest.mark.parametrize(
    ("framework", "base", "different"),
    [
        ("espnet", "espnet", {"hop_length": 160}),
        ("nemo", "nemo", {}),
        ("speechbrain", "speechbrain", {"n_mels": 80, "win_length": 400}),
        ("wenet", "wenet", {}),
        ("hf", "whisper", {}),
        ("fairseq", "fairseq", {}),
        ("lhotse", "lhotse", {}),
        ("torchaudio", "torchaudio",
            {"n_mels": 80, "hop_length": 160, "log": "db", "floor": 1e-10, "dynamic_range": 80.0}),
        ("lingvo", "lingvo", {}),
    ],
)  # fmt: skip
def test_the_front_end_is_the_one_of_the_file(imported, framework, base, different):
    name, text = configs.ALL[framework]
    found = imported(text, name).frontend
    assert replace(found, name="x") == replace(PRESETS[base], name="x", **different)


def test_a_front_end_that_is_missing_is_said_and_the_policy_is_read(imported, monkeypatch):
    monkeypatch.delitem(PRESETS, "nemo")
    found = imported(configs.NEMO)
    assert found.frontend is None
    assert found.policy.transforms == EXPECTED["nemo"].transforms
    assert any("no front-end 'nemo'" in note for note in found.notes)


def test_a_default_is_listed_where_the_file_says_nothing(subtests, imported):
    for framework, line in [
        ("espnet", "specaug_conf.replace_with_zero: true"),
        ("nemo", "model.spec_augment.use_vectorized_spec_augment: true"),
        ("speechbrain", "time_warp.warp_window: 5"),
        ("wenet", "dataset_conf.feats_type: fbank"),
        ("hf", "mask_time_length: 10"),
        ("fairseq", "specaugment.mask_value: null"),
        ("torchaudio", "FrequencyMasking.iid_masks: false"),
        ("lingvo", "time_mask_max_frames: 50"),
    ]:
        with subtests.test(framework=framework, line=line):
            name, text = configs.ALL[framework]
            assert line in imported(text, name).defaults


def test_nothing_that_the_file_says_is_called_a_default(subtests, imported):
    for framework in configs.ALL:
        with subtests.test(framework=framework):
            name, text = configs.ALL[framework]
            keys = {line.split(":")[0].rsplit(".", 1)[-1] for line in imported(text, name).defaults}
            given = {
                "freq_mask_width_range",
                "freq_masks",
                "num_t_mask",
                "mask_time_prob",
                "freq_mask_F",
                "p",
                "freq_mask_count",
            }
            assert not keys & given - ({"p"} if framework != "lhotse" else set())


def test_what_has_no_effect_or_is_not_as_it_seems_is_said(subtests, imported):
    for text, name, note in [
        (configs.ESPNET, "x.yaml", "normalize: utterance_mvn is applied after the masks"),
        (configs.WHISPER, "x.yaml", "pull request 5206"),
        (configs.WENET, "x.yaml", "spec_aug_conf.max_w: without effect"),
        (configs.WENET, "x.yaml", "spec_trim_conf: without effect, spec_trim is false"),
        (configs.FAIRSEQ, "x.yaml", "time_wrap_W: 80: a typo of fairseq's own tool"),
        (configs.SPEECHBRAIN, "x.yaml", "not executed, .*: !apply:torch.manual_seed"),
        (configs.NEMO, "x.yaml", "dither: noise in training, left out"),
        (configs.HF, "config.json", "no preprocessor_config.json"),
    ]:
        with subtests.test(text=text, name=name, note=note):
            notes = imported(text, name).notes
            assert any(re.search(note, line) for line in notes), notes
