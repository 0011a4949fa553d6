"""What decides in WeNet's configurations, and what only seems to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from configs import noted

from specaug_listen import frameworks, frontends


def test_wenet_masks_where_a_configuration_does_not_say(imported):
    found = imported("dataset_conf: {fbank_conf: {num_mel_bins: 80}}")
    assert found.policy.transforms == frameworks.wenet_policy().transforms
    assert "dataset_conf.spec_aug: true" in found.defaults


def test_wenets_whisper_features_are_whispers(imported):
    found = imported("dataset_conf: {feats_type: log_mel_spectrogram, log_mel_spectrogram_conf: {num_mel_bins: 128}}")
    assert replace(found.frontend, name="x") == replace(frontends.WHISPER_128, name="x")


DATASET = "dataset_conf: {fbank_conf: {num_mel_bins: 40}, spec_aug_conf: {num_t_mask: 3, max_t: 20}}\n"


@pytest.mark.parametrize(
    "old", ["{spec_aug: false}", "{feature_extraction_conf: {feature_type: mfcc}}", "{spec_aug: true}"]
)
def test_todays_wenet_reads_dataset_conf_alone(imported, old):
    found = imported(f"collate_conf: {old}\n{DATASET}")
    assert found.policy.transforms == frameworks.wenet_policy(num_t_mask=3, max_t=20).transforms
    assert found.frontend.n_mels == 40
    assert noted(found, "collate_conf: ignored, because only WeNet 1 reads it")
