"""What decides in a Whisper model's configurations, and what only seems to."""

from __future__ import annotations

import json
from dataclasses import replace

import configs
import pytest

from specaug_listen import frameworks, frontends
from specaug_listen.augment import Batch
from specaug_listen.frameworks.read import import_policy


def test_a_whisper_encoder_masks_whispers_mel_by_its_own_section(imported):
    found = imported(configs.WHISPER)
    expected = frameworks.espnet_policy(
        apply_time_warp=False, freq_mask_width_range=30, time_mask_width_range=(0, 40), num_time_mask=2
    )
    assert found.policy.transforms == expected.transforms
    assert found.frontend == frontends.WHISPER


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
    assert any(f"over the padded clip, {seconds} s ({n_frames} frames)" in note for note in found.notes)


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
    assert note.endswith(f"gives {20 * 16000 if key == 'n_samples' else 2000} in transformers")


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
