"""What decides in fairseq's configurations, and what only seems to."""

from __future__ import annotations

import configs
import pytest


@pytest.mark.parametrize(
    ("change", "n", "note"),
    [
        (("_train: [utterance_cmvn, specaugment]", "_train: [utterance_cmvn]"), 0, "not among the training transforms"),
        (("_train: [utterance_cmvn, specaugment]", "_eval: [specaugment]"), 0, "not among the training transforms"),
        (("time_mask_p: 1.0", "time_mask_p: 0"), 3, "time_mask_p is 0"),
        (("specaugment:\n", "other:\n"), 0, "specaugment is missing"),
    ],
)
def test_fairseq_masks_only_what_its_transforms_say(imported, change, n, note):
    found = imported(configs.FAIRSEQ.replace(*change))
    assert len(found.policy.transforms) == n
    assert any(note in line for line in found.notes)


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
    note = f"transforms: specaugment is listed {n} times, and runs {n} times; a mean fill is the mean of "
    assert any(note in line for line in found.notes) == (n > 1)
