"""What decides in SpeechBrain's configurations, and what only seems to."""

from __future__ import annotations

import configs
import pytest

from specaug_listen import frameworks


def test_speechbrains_order_is_that_of_the_augmenter(imported):
    turned = configs.SPEECHBRAIN.replace(
        "!ref <time_drop>,\n        !ref <freq_drop>,\n        !ref <time_warp>", "!ref <time_warp>, !ref <freq_drop>"
    )
    assert [type(t).__name__ for t in imported(turned).policy.transforms] == ["Warp", "Mask"]


def test_what_else_the_augmenter_does_is_said(subtests, imported):
    for line, note, n in [
        (
            "parallel_augment: true",
            "parallel_augment: each augmentation is applied to its own copy; a draw here is one",
            3,
        ),
        ("concat_original: true", "concat_original: the unchanged clip", 3),
        ("augment_start_index: 2", "augment_start_index: examples of the batch on one side of it are not augmented", 3),
        ("augment_end_index: 2", "augment_end_index: examples of the batch on one side of it are not augmented", 3),
        ("repeat_augment: 0", "repeat_augment: 0: nothing is augmented", 0),
        ("repeat_augment: 2", "repeat_augment: 2 copies", 3),
    ]:
        with subtests.test(line=line, note=note, n=n):
            found = imported(
                configs.SPEECHBRAIN.replace("    augment_prob: 0.75", f"    augment_prob: 0.75\n    {line}")
            )
            assert any(note in said for said in found.notes)
            assert len(found.policy.transforms) == n


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
    assert any("uses the first 1 more often" in note for note in found.notes) == (least == 1)


def test_speechbrain_applies_one_or_more_where_the_file_says_nothing(imported):
    lines = [line for line in configs.SPEECHBRAIN.splitlines() if "_augmentations:" not in line]
    found = imported("\n".join(lines))
    assert found.policy.n_applied == (1, 3)
    assert "fea_augment.min_augmentations: null" in found.defaults


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
    assert (
        imported(text + configs.SPEECHBRAIN).policy.transforms
        == frameworks.ALL_POLICIES["speechbrain-conformer"].transforms
    )


def test_nothing_of_a_recipe_is_executed(imported, tmp_path):
    text = (
        f"a: !apply:os.mkdir ['{tmp_path}/made']\nb: !new:subprocess.Popen\n    args: [touch, {tmp_path}/made]\n"
        f"c: !include:{tmp_path}/other.yaml\nd: !name:os.system\ne: !ref <a>.__class__\n" + configs.SPEECHBRAIN
    )
    assert imported(text).policy.transforms == frameworks.ALL_POLICIES["speechbrain-conformer"].transforms
    assert not (tmp_path / "made").exists()
