"""What a path holds: repeated keys, encodings, model folders, and files that are no configurations."""

from __future__ import annotations

import json

import pytest

from specaug_listen import frameworks
from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frontends import PRESETS

ESPNET = "specaug: specaug\nspecaug_conf: {time_mask_width_range: 9, %s}\nnormalize: null\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="train.yaml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refusal(path):
    with pytest.raises(PolicyError) as caught:
        import_policy(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


# -- keys that stand twice -----------------------------------------------------------------------------


def test_of_a_key_that_stands_twice_the_last_one_counts_and_both_are_told(write):
    found = import_policy(write(ESPNET % "num_freq_mask: 1, num_freq_mask: 3" + "seed: 1\nseed: 2\nseed: 3\n"))
    expected = frameworks.espnet_policy(time_mask_width_range=9, num_freq_mask=3)
    assert found.policy.transforms == expected.transforms
    assert found.notes[:3] == (
        "specaug_conf.num_freq_mask: repeated, and the last one counts: 3 (before: 1)",
        "seed: repeated, and the last one counts: 2 (before: 1)",
        "seed: repeated, and the last one counts: 3 (before: 2)",
    )
    assert found.policy.notes[1:4] == found.notes[:3]


def test_a_section_that_stands_twice_is_the_last_one(write):
    found = import_policy(write("model: {spec_augment: {freq_masks: 9}}\nmodel: {spec_augment: {time_masks: 2}}"))
    assert found.policy.transforms == frameworks.nemo_policy(time_masks=2).transforms
    assert found.notes[0].startswith("model: repeated, and the last one counts: {'spec_augment'")
    assert len(found.notes[0]) < 220


def test_json_repeats_as_yaml_does(write):
    text = '{"state_dict": {"p": 1.0, "p": 0.5, "features_mask_size": 5}, "x": {"a": 1, "a": 2}, "x": 3}'
    found = import_policy(write(text, "x.json"))
    assert found.policy.probability == 0.5
    assert found.notes[:2] == (
        "state_dict.p: repeated, and the last one counts: 0.5 (before: 1.0)",
        "x: repeated, and the last one counts: 3 (before: {'a': 2})",
    )


def test_repeated_keys_are_bounded_and_printable(write):
    found = import_policy(write("specaug: null\n" + "".join(f'"k{i}\\n": {"x" * 90}\n' * 2 for i in range(20))))
    assert found.notes[0] == f"k0\\n: repeated, and the last one counts: {'x' * 57}... (before: {'x' * 57}...)"
    assert found.notes[8] == "12 more keys are repeated; the last one of each counts"


def test_what_an_alias_repeats_is_told_at_its_own_place(write):
    found = import_policy(write("specaug: null\na: &a {k: 1, k: 2}\nb: *a\n"))
    assert [note.split(":")[0] for note in found.notes[:2]] == ["a.k", "b.k"]


# -- encodings -----------------------------------------------------------------------------------------


def test_a_file_with_a_mark_of_its_encoding_is_read(subtests, write):
    for text in [ESPNET % "num_freq_mask: 1", json.dumps({"features_mask_size": 5, "p": 1.0})]:
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
            with subtests.test(encoding=encoding, text=text):
                mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
                plain = import_policy(write(text)).policy
                assert import_policy(write(mark + text.encode(encoding))).policy == plain


@pytest.mark.parametrize("text", ["specaug: specaug\n\tspecaug_conf: {}", "specaug_conf:\n\tnum_freq_mask: 1"])
def test_a_tab_is_called_a_tab(write, text):
    said = refusal(write(text))
    assert "not valid YAML (a tab stands before a name or value; YAML is indented by spaces only, line 2)" in said


# -- what is no configuration --------------------------------------------------------------------------


def test_a_file_that_is_no_configuration_is_called_what_it_seems_to_be(subtests, write):
    for name, text, said in [
        (
            "train.py",
            "import torch\nfrom lhotse import SpecAugment\n\nx = SpecAugment(features_mask_size=27,\n    p=0.9)\n",
            "looks like Python, which is never run; it creates a SpecAugment that looks like lhotse's: give its argu",
        ),
        ("nemo.py", "from nemo import x\ny = SpectrogramAugmentation(freq_masks=2)\n", "looks like NeMo's: give its"),
        (
            "other.py",
            "def augment(mel):\n    return mel\n",
            "looks like Python, which is never run; for a callable in it",
        ),
        ("noending", "import os\nx: [\n", "looks like Python"),
        ("run.sh", "#!/usr/bin/env bash\nset -e\npython train.py --lr 1\n", "looks like a shell script, which is ne"),
        (
            "fbank.conf",
            "--sample-frequency=16000\n# bins\n--num-mel-bins=40\n",
            "looks like options of a command line (Kaldi's or",
        ),
        ("flags.cfg", "--saug_fmaskf=27\n--saug_tmaskt=100\n", "looks like options of a command line (Kaldi's or"),
        ("page.yaml", "<!DOCTYPE html>\n<html><body>x</body></html>\n", "looks like a web page; download the file"),
        ("a.yaml", "", "holds nothing; a policy file is a YAML mapping of names to values"),
        ("a.yaml", "# only a comment\n", "holds nothing; a policy file is a YAML mapping"),
        ("a.yaml", "- a\n- b\n", "holds a list; a policy file is a YAML mapping"),
        ("a.yaml", "just a text\n", "holds 'just a text'; a policy file is a YAML mapping"),
        ("a.yaml", "words " * 20, f"holds the text '{'words ' * 10}'...; a policy file is a YAML"),
        ("weights.pt", b"\x80\x02\xff", "looks like weights, without a configuration in it"),
    ]:
        with subtests.test(name=name, text=text, said=said):
            assert said in refusal(write(text, name))


def test_what_is_advised_of_python_is_right(write):
    text = "import torch\nx = SpecAugment(features_mask_size=5, frames_mask_size=9)\n"
    assert "`name: value` per line" in refusal(write(text, "train.py"))
    found = import_policy(write("features_mask_size: 5\nframes_mask_size: 9\n"))
    assert (
        found.policy.transforms[1:]
        == (frameworks.lhotse_policy(features_mask_size=5, frames_mask_size=9, supervisions=True).transforms[1:])
    )


# -- model folders -------------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path):
    def model(**files):
        for name, data in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(data))
        return tmp_path

    return model


WHISPER = {"model_type": "whisper", "apply_spec_augment": True, "num_mel_bins": 128}
EXTRACTOR = {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128, "hop_length": 160}


@pytest.mark.parametrize("key", ["feature_extractor", "audio_processor"])
def test_a_processor_may_hold_the_feature_extractor(model, key):
    folder = model(config=WHISPER, processor_config={"processor_class": "WhisperProcessor", key: EXTRACTOR})
    found = import_policy(folder)
    assert found.frontend.n_mels == 128
    assert f"processor_config.json.{key}.sampling_rate: 16000" in found.defaults
    assert not any("preprocessor_config" in note for note in found.notes)
    assert import_policy(folder / "config.json").policy == found.policy


def test_the_processors_comes_before_the_file_of_its_own(model):
    old = {**EXTRACTOR, "feature_size": 80, "chunk_length": 20}
    new = {**EXTRACTOR, "chunk_length": 10, "return_attention_mask": True}
    found = import_policy(model(config=WHISPER, preprocessor_config=old, processor_config={"feature_extractor": new}))
    assert (found.frontend.n_mels, found.policy.transforms[0].row_frames) == (128, 1000)
    (note,) = [note for note in found.notes if "ignored, because" in note]
    assert note.endswith("they differ in chunk_length, feature_size, return_attention_mask")


def test_a_processor_without_one_leaves_the_file_of_its_own(model):
    folder = model(config=WHISPER, preprocessor_config=EXTRACTOR, processor_config={"processor_class": "x"})
    assert import_policy(folder).frontend.n_mels == 128


def test_a_feature_extractors_file_alone_sends_to_the_folder(model):
    folder = model(config=WHISPER, processor_config={"feature_extractor": EXTRACTOR})
    said = refusal(folder / "processor_config.json")
    assert said.endswith(f"are in the config.json beside it, so give the folder, {folder}")
    assert import_policy(folder).frontend.n_mels == 128


def test_a_link_to_itself_is_named_where_it_is_the_models_and_else_passed_over(tmp_path):
    (tmp_path / "x.yaml").symlink_to("x.yaml")
    assert refusal(tmp_path).startswith("a folder without config.json; ")
    (tmp_path / "mine.yaml").write_text(ESPNET % "num_time_mask: 1")
    assert refusal(tmp_path).endswith("it holds mine.yaml: give a file")
    (tmp_path / "config.json").symlink_to("config.json")
    with pytest.raises(PolicyError, match=r"config\.json: the policy file cannot be read \(Too many levels"):
        import_policy(tmp_path)


def test_arguments_that_wav2vec_has_too_need_a_model_type(write):
    said = refusal(write('{"apply_spec_augment": true, "mask_time_prob": 0.05, "freeze_wav2vec": true}', "x.json"))
    assert "model_type is missing, and freeze_wav2vec is not an argument of Whisper's masks" in said
    found = import_policy(write('{"apply_spec_augment": true, "mask_time_prob": 0.05}', "x.json"))
    assert found.frontend == PRESETS["whisper"]
