"""Configurations of the frameworks: the policy is the framework's own, the front-end the file's, the rest is said."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import configs
import pytest

from specaug_listen import augment, frameworks, frontends
from specaug_listen.augment import Batch
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


@pytest.fixture
def file(tmp_path):
    """Write a text as a file, and give its path."""

    def write(text, name="train.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def imported(file):
    """Import a text as a configuration."""

    def imported(text, name="train.yaml", framework=None):
        return import_policy(file(text, name), framework)

    return imported


def needs(*names):
    return pytest.mark.skipif(not set(names) <= set(PRESETS), reason=f"no front-end {', '.join(names)}")


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
        f"filled in, as the file does not say: {', '.join(found.defaults)}",
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
        pytest.param("espnet", "espnet", {"hop_length": 160}, marks=needs("espnet")),
        ("nemo", "nemo", {}),
        pytest.param(
            "speechbrain", "speechbrain", {"n_mels": 80, "win_length": 400}, marks=needs("speechbrain")
        ),
        pytest.param("wenet", "wenet", {}, marks=needs("wenet")),
        ("hf", "whisper", {}),
        pytest.param("fairseq", "fairseq", {}, marks=needs("fairseq")),
        ("lhotse", "lhotse", {}),
        pytest.param(
            "torchaudio",
            "torchaudio",
            {"n_mels": 80, "hop_length": 160, "log": "db", "floor": 1e-10, "dynamic_range": 80.0},
            marks=needs("torchaudio"),
        ),
        pytest.param("lingvo", "lingvo", {}, marks=needs("lingvo")),
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


# -- what is filled in, and what has no effect ---------------------------------------------------------


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


def test_lhotses_arguments_in_full_leave_nothing_to_fill_in(imported):
    assert imported(configs.LHOTSE, "x.json").defaults == ()


def test_what_has_no_effect_or_is_not_as_it_seems_is_said(subtests, imported):
    for text, name, note in [
        (configs.ESPNET, "x.yaml", "normalize: utterance_mvn comes after the masks"),
        (configs.WHISPER, "x.yaml", "pull request 5206"),
        (configs.WENET, "x.yaml", "spec_aug_conf.max_w: without effect"),
        (configs.WENET, "x.yaml", "spec_trim_conf: without effect, spec_trim is false"),
        (configs.FAIRSEQ, "x.yaml", "time_wrap_W: 80: misspelt by fairseq's own tool"),
        (configs.SPEECHBRAIN, "x.yaml", "not executed, .*: !apply:torch.manual_seed"),
        (configs.NEMO, "x.yaml", "dither: noise in training, left out"),
        (configs.HF, "config.json", "no preprocessor_config.json"),
    ]:
        with subtests.test(text=text, name=name, note=note):
            notes = imported(text, name).notes
            assert any(re.search(note, line) for line in notes), notes


# -- ESPnet --------------------------------------------------------------------------------------------


def test_a_whisper_encoder_masks_whispers_mel_by_its_own_section(imported):
    found = imported(configs.WHISPER)
    expected = frameworks.espnet_policy(
        apply_time_warp=False, freq_mask_width_range=30, time_mask_width_range=(0, 40), num_time_mask=2
    )
    assert found.policy.transforms == expected.transforms
    assert found.frontend == frontends.WHISPER


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


@needs("espnet")
@pytest.mark.parametrize(("fs", "hz"), [("16k", 16000), ("'8000'", 8000), ("22.05k", 22050), (48000, 48000)])
def test_espnets_rate_may_be_a_text(imported, fs, hz):
    found = imported(f"frontend_conf: {{fs: {fs}, n_fft: 1024}}")
    assert (found.frontend.sample_rate, found.frontend.n_fft) == (hz, 1024)


# -- NeMo ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "expected", "note"),
    [(1, 1, "1 is a number of frames"), (1.0, 1.0, "1.0 is a share"), (70, 70, ""), (0.05, 0.05, "")],
)
def test_nemos_frames_and_shares_are_kept_apart(imported, width, expected, note):
    found = imported(configs.NEMO.replace("time_width: 0.05", f"time_width: {width}"))
    made = frameworks.nemo_policy(freq_masks=2, time_masks=10, freq_width=27, time_width=expected)
    assert found.policy.transforms == made.transforms
    assert any(f"time_width: {note}" in line for line in found.notes) == bool(note)


def test_nemos_patches_are_another_class(imported):
    text = configs.NEMO.split("  spec_augment:")[0] + (
        "  spec_augment:\n    _target_: nemo.collections.asr.modules.MaskedPatchAugmentation\n"
        "    freq_masks: 3\n    freq_width: 20\n    patch_size: 48\n    mask_patches: 0.5\n"
    )
    assert imported(text).policy.transforms == frameworks.ALL_POLICIES["nemo-ssl"].transforms


@pytest.mark.parametrize("flag", ["use_vectorized_spec_augment: false", "use_numba_spec_augment: true"])
def test_nemos_other_kernels_are_frameworks_of_their_own(imported, flag):
    found = imported(configs.NEMO.replace("    freq_masks: 2", f"    freq_masks: 2\n    {flag}"))
    assert found.framework == {"use_v": "nemo-legacy", "use_n": "nemo-numba"}[flag[:5]]


def test_references_of_omegaconf_are_followed(subtests, imported):
    for reference in ("${model.mels}", "${..mels}", "${.bands}", "${model.twice}", "${lists.0}"):
        with subtests.test(reference=reference):
            inside = f"mels: 40, twice: '${{.mels}}', preprocessor: {{bands: 40, features: '{reference}'}}"
            assert imported(f"lists: [40]\nmodel: {{{inside}}}").frontend.n_mels == 40


def test_what_is_not_needed_need_not_be_resolved(imported):
    assert "${oc.env:HOME}" in configs.NEMO
    assert "???" in configs.NEMO
    assert imported(configs.NEMO).policy.transforms


# -- SpeechBrain ---------------------------------------------------------------------------------------


def test_speechbrains_order_is_that_of_the_augmenter(imported):
    turned = configs.SPEECHBRAIN.replace(
        "!ref <time_drop>,\n        !ref <freq_drop>,\n        !ref <time_warp>", "!ref <time_warp>, !ref <freq_drop>"
    )
    assert [type(t).__name__ for t in imported(turned).policy.transforms] == ["Warp", "Mask"]


def test_what_else_the_augmenter_does_is_said(subtests, imported):
    for line, note, n in [
        (
            "parallel_augment: true",
            "parallel_augment: each augmentation goes to a copy of its own; a draw here is one",
            3,
        ),
        ("concat_original: true", "concat_original: the clip as it was", 3),
        ("augment_start_index: 2", "augment_start_index: examples of the batch on one side of it are left out", 3),
        ("augment_end_index: 2", "augment_end_index: examples of the batch on one side of it are left out", 3),
        ("repeat_augment: 0", "repeat_augment: 0: nothing is done", 0),
        ("repeat_augment: 2", "repeat_augment: 2 copies", 3),
    ]:
        with subtests.test(line=line, note=note, n=n):
            found = imported(
                configs.SPEECHBRAIN.replace("    augment_prob: 0.75", f"    augment_prob: 0.75\n    {line}")
            )
            assert any(note in said for said in found.notes)
            assert len(found.policy.transforms) == n


def test_augmentations_beyond_the_most_never_run(imported):
    text = configs.SPEECHBRAIN.replace("min_augmentations: 3", "min_augmentations: 1").replace(
        "max_augmentations: 3", "max_augmentations: 2"
    )
    found = imported(text)
    assert found.policy.n_applied == (1, 2)
    assert any("those after the first 2 never run" in note for note in found.notes)


def test_augmentations_are_shuffled_where_the_file_says_so(imported):
    text = configs.SPEECHBRAIN.replace(
        "    augment_prob: 0.75", "    shuffle_augmentations: true\n    augment_prob: 0.75"
    )
    found = imported(text.replace("min_augmentations: 3", "min_augmentations: 1"))
    assert found.policy.is_shuffled
    assert found.policy.n_applied == (1, 3)
    assert not imported(configs.SPEECHBRAIN).policy.is_shuffled


@pytest.mark.parametrize("least", [1, 3])
def test_of_parallel_augmentations_a_draw_is_one_copy(imported, least):
    text = configs.SPEECHBRAIN.replace("    augment_prob: 0.75", "    augment_prob: 1.0\n    parallel_augment: true")
    found = imported(text.replace("min_augmentations: 3", f"min_augmentations: {least}"))
    assert (found.policy.n_applied, found.policy.is_shuffled) == ((1, 1), True)
    assert any("the first 1 are there more often" in note for note in found.notes) == (least == 1)


def test_an_augmentation_of_sound_keeps_its_place_where_it_matters(imported):
    """Of (shift, drop, warp), one to two are applied: the shift alone, or the shift and the drop."""
    text = configs.SPEECHBRAIN.replace("!ref <time_drop>", "!ref <shift>").replace(
        "max_augmentations: 3", "max_augmentations: 2"
    )
    text = "shift: !new:speechbrain.augment.freq_domain.RandomShift\n    dim: 1\n" + text
    some = imported(text.replace("min_augmentations: 3", "min_augmentations: 1")).policy
    assert [getattr(t, "count", None) for t in some.transforms] == [0, 4, None]
    assert some.n_applied == (1, 2)
    all_of_them = imported(text.replace("augmentations: 2", "augmentations: 3")).policy
    assert [type(t).__name__ for t in all_of_them.transforms] == ["Mask", "Warp"]
    assert all_of_them.n_applied == (2, 2)


def test_augmentations_that_are_switched_off_still_count(imported):
    text = configs.SPEECHBRAIN.replace("min_augmentations: 3", "min_augmentations: 1")
    silent = text.replace("    max_augmentations: 3\n", "")
    assert imported(silent + "    enable_augmentations: [true, false, true]\n").policy.n_applied == (1, 3)
    found = imported(text + "    enable_augmentations: [true, false, true]\n")
    assert found.policy.n_applied == (1, 3)
    assert any("max_augmentations: 3, with those that are switched off; 2 to 3 are all 2" in n for n in found.notes)


def test_speechbrain_applies_one_or_more_where_the_file_says_nothing(imported):
    lines = [line for line in configs.SPEECHBRAIN.splitlines() if "_augmentations:" not in line]
    found = imported("\n".join(lines))
    assert found.policy.n_applied == (1, 3)
    assert "fea_augment.min_augmentations: null" in found.defaults


def test_augmentations_that_are_switched_off_are_left_out(imported):
    found = imported(configs.SPEECHBRAIN + "    enable_augmentations: [true, false, true]\n")
    assert [t.kind for t in found.policy.transforms] == ["mask", "warp"]
    assert "fea_augment.enable_augmentations: freq_drop is switched off" in found.notes


def test_a_most_below_the_least_is_raised_as_speechbrain_does(imported):
    found = imported(configs.SPEECHBRAIN.replace("max_augmentations: 3", "max_augmentations: 2"))
    assert found.policy.n_applied == (3, 3)
    assert any("SpeechBrain raises it to 3" in note for note in found.notes)


def test_lingvos_dynamic_warp_is_a_share(imported):
    found = imported("time_warp_bound: dynamic\ntime_warp_max_ratio: 0.1")
    assert (
        found.policy.transforms
        == frameworks.lingvo_policy(time_warp_bound="dynamic", time_warp_max_ratio=0.1).transforms
    )


@pytest.mark.parametrize("width", ["!tuple (0, 30)", "(0, 30)", "[0, 30]", "30"])
def test_the_old_speechbrain_class_is_read(imported, width):
    arguments = f"    freq_mask_width: {width}\n    n_time_mask: 3\n"
    found = imported(f"augmentation: !new:speechbrain.lobes.augment.SpecAugment\n{arguments}")
    expected = frameworks.speechbrain_legacy_policy(freq_mask_width=(0, 30), n_time_mask=3)
    assert (found.framework, found.policy.transforms) == ("speechbrain-legacy", expected.transforms)


def test_whatever_else_a_recipe_makes_is_left_alone(imported):
    text = """
data_folder: !PLACEHOLDER  # a path
activation: !name:torch.nn.GELU
cnn: !new:torch.nn.Conv2d
    kernel_size: (3, 3)
model: !new:torch.nn.ModuleList
    - [!ref <cnn>, !ref <activation>]
tokenizer: !new:sentencepiece.SentencePieceProcessor
copied: !copy <cnn>
shapes: !list [1, 2]
"""
    assert imported(text + configs.SPEECHBRAIN).policy.transforms == EXPECTED["speechbrain"].transforms


def test_nothing_of_a_recipe_is_executed(imported, tmp_path):
    text = (
        f"a: !apply:os.mkdir ['{tmp_path}/made']\nb: !new:subprocess.Popen\n    args: [touch, {tmp_path}/made]\n"
        f"c: !include:{tmp_path}/other.yaml\nd: !name:os.system\ne: !ref <a>.__class__\n" + configs.SPEECHBRAIN
    )
    assert imported(text).policy.transforms == EXPECTED["speechbrain"].transforms
    assert not (tmp_path / "made").exists()


# -- WeNet, HF, fairseq, torchaudio --------------------------------------------------------------------


def test_wenet_masks_where_a_configuration_does_not_say(imported):
    found = imported("dataset_conf: {fbank_conf: {num_mel_bins: 80}}")
    assert found.policy.transforms == frameworks.wenet_policy().transforms
    assert "dataset_conf.spec_aug: true" in found.defaults


def test_wenets_whisper_features_are_whispers(imported):
    found = imported("dataset_conf: {feats_type: log_mel_spectrogram, log_mel_spectrogram_conf: {num_mel_bins: 128}}")
    assert replace(found.frontend, name="x") == replace(frontends.WHISPER_128, name="x")


def whisper(tmp_path, config, preprocessor):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "whisper", **config}))
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return import_policy(tmp_path)


def test_a_model_folder_holds_both_files(tmp_path):
    found = whisper(tmp_path, {"apply_spec_augment": True, "num_mel_bins": 128}, {"feature_size": 128})
    assert replace(found.frontend, name="x") == replace(frontends.WHISPER_128, name="x")
    assert found.policy.batch is None


def test_without_an_attention_mask_the_batch_is_of_30_s(tmp_path):
    found = whisper(tmp_path, {"apply_spec_augment": True}, {"return_attention_mask": False})
    assert found.policy.transforms[0].over == "padded"
    assert found.policy.batch == Batch(n_frames=3000)


@pytest.mark.parametrize(
    ("preprocessor", "n_frames"),
    [
        ({}, 3000),
        ({"chunk_length": 20}, 2000),
        ({"chunk_length": 10, "hop_length": 80}, 2000),
        ({"chunk_length": 20, "n_samples": 320000, "nb_max_frames": 2000}, 2000),
    ],
)
def test_whispers_rows_are_as_long_as_its_feature_extractor_pads_them(tmp_path, preprocessor, n_frames):
    config = {"apply_spec_augment": True, "max_source_positions": n_frames // 2}
    found = whisper(tmp_path, config, {"return_attention_mask": True, **preprocessor})
    assert found.policy.transforms[0].row_frames == n_frames
    assert ("preprocessor_config.json.chunk_length: 30" in found.defaults) == ("chunk_length" not in preprocessor)
    assert not any("without effect, chunk_length" in note for note in found.notes)
    found = whisper(tmp_path, config, {"return_attention_mask": False, **preprocessor})
    assert found.policy.batch == Batch(n_frames=n_frames)
    seconds = preprocessor.get("chunk_length", 30)
    assert any(f"over the {seconds} s ({n_frames} frames) that a clip" in note for note in found.notes)


def test_without_a_second_file_whispers_30_s_are_a_default(imported):
    found = imported(configs.HF, "config.json")
    assert "preprocessor_config.json.chunk_length: 30" in found.defaults
    assert found.policy.transforms[0].row_frames == 3000


@pytest.mark.parametrize("key", ["n_samples", "nb_max_frames"])
def test_what_transformers_counts_itself_has_no_effect(tmp_path, key):
    found = whisper(tmp_path, {"apply_spec_augment": True}, {"chunk_length": 20, key: 7})
    assert found.policy.transforms[0].row_frames == 2000
    (note,) = [note for note in found.notes if key in note]
    assert f"{key}: 7: without effect, chunk_length of 20 s" in note
    assert note.endswith(f"makes it {20 * 16000 if key == 'n_samples' else 2000} in transformers")


@pytest.mark.parametrize(
    ("lengths", "widths"),
    [({"mask_time_length": 3000}, [3000, 10]), ({"mask_feature_length": 80}, [10, 80])],
)
def test_whispers_masks_may_be_as_long_as_their_axis(tmp_path, lengths, widths):
    found = whisper(tmp_path, {"apply_spec_augment": True, "mask_feature_prob": 0.1, **lengths}, {})
    assert [mask.max_width for mask in found.policy.transforms] == widths


@pytest.mark.parametrize("off", [{"apply_spec_augment": False}, {"mask_time_prob": 0.0, "mask_feature_prob": 0.0}])
def test_a_length_of_masks_that_are_never_drawn_is_let_be(tmp_path, off):
    lengths = {"mask_time_length": 4000, "mask_feature_length": 81}
    config = {"apply_spec_augment": True, "mask_time_prob": 0.1, "mask_feature_prob": 0.1, **lengths, **off}
    assert whisper(tmp_path, config, {}).policy.transforms == ()


def test_published_whisper_configurations_mask_nothing(tmp_path):
    found = whisper(tmp_path, {"apply_spec_augment": False, "mask_time_prob": 0.05}, {})
    assert found.policy.transforms == ()
    assert any("apply_spec_augment is false" in note and "mask_time_prob" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "n", "note"),
    [
        (("_train: [utterance_cmvn, specaugment]", "_train: [utterance_cmvn]"), 0, "not among the transforms"),
        (("_train: [utterance_cmvn, specaugment]", "_eval: [specaugment]"), 0, "not among the transforms"),
        (("time_mask_p: 1.0", "time_mask_p: 0"), 3, "time_mask_p is 0"),
        (("specaugment:\n", "other:\n"), 0, "specaugment is missing"),
    ],
)
def test_fairseq_masks_only_what_its_transforms_say(imported, change, n, note):
    found = imported(configs.FAIRSEQ.replace(*change))
    assert len(found.policy.transforms) == n
    assert any(note in line for line in found.notes)


@needs("fairseq")
@pytest.mark.parametrize(
    ("steps", "normalize"),
    [("specaugment", None), ("utterance_cmvn, specaugment", "utterance_cmvn"), ("specaugment, utterance_cmvn", None)],
)
def test_fairseqs_masks_come_after_the_normalisation_where_it_says_so(imported, steps, normalize):
    found = imported(configs.FAIRSEQ.replace("_train: [utterance_cmvn, specaugment]", f"_train: [{steps}]"))
    assert found.frontend.normalize == normalize


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fairseqs_masks_are_drawn_as_often_as_they_are_listed(imported, n):
    once = imported(configs.FAIRSEQ)
    listed = "utterance_cmvn" + ", specaugment" * n
    found = imported(configs.FAIRSEQ.replace("_train: [utterance_cmvn, specaugment]", f"_train: [{listed}]"))
    assert found.policy.transforms == once.policy.transforms * n
    note = f"transforms: specaugment is listed {n} times, and runs {n} times; the mean that is filled in is that of "
    assert any(note in line for line in found.notes) == (n > 1)


def test_torchaudios_specaugment_is_its_own_policy(imported):
    text = "n_time_masks: 2\ntime_mask_param: 40\nn_freq_masks: 2\nfreq_mask_param: 27\nzero_masking: true"
    expected = frameworks.torchaudio_policy(
        n_time_masks=2, time_mask_param=40, n_freq_masks=2, freq_mask_param=27, zero_masking=True
    )
    assert (
        imported(text).policy.transforms
        == imported(f"SpecAugment: {{{text.replace(chr(10), ', ')}}}").policy.transforms
    )
    assert imported(text).policy.transforms == expected.transforms


def test_lhotses_state_may_stand_below_a_key(imported):
    assert imported(f'{{"state_dict": {configs.LHOTSE}}}', "x.json").policy.transforms == EXPECTED["lhotse"].transforms


# -- our own -------------------------------------------------------------------------------------------


def test_our_own_file_may_hold_the_frameworks_transforms(imported):
    text = """
dialect: wenet
transforms:
  - mask: {axis: time, count: 2, min_width: 1, max_width: 50, width_rule: inclusive, start_rule: anywhere}
  - cutout: {count: 1}
  - copy: {max_frames: 30}
  - trim_tail
  - warp: {max_frames: 5}
"""
    found = imported(text)
    assert [t.kind for t in found.policy.transforms] == ["mask", "cutout", "copy", "trim_tail", "warp"]
    assert (found.policy.framework, found.frontend) == ("wenet", None)


def test_our_own_file_may_be_told(imported):
    assert imported("transforms: [time_mask]", framework="paper").policy.transforms == (augment.TimeMask(),)
