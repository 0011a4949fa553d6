"""Masks along their axes: how wide, how far, and along which."""

from __future__ import annotations

import numpy as np
from checked import ids_of, notes_of, quick_check
from pipelines import ADAPTER, FAULTS, Reference

from specaug_listen.augment import Mask, Policy
from specaug_listen.checks import check


def test_a_longer_cap_is_kept():
    assert ids_of(FAULTS["wide"][0](), max_time_share=0.46) == ()
    assert ids_of(Reference(), max_time_share=0.4) == ()


def test_masks_of_a_filter_are_not_looked_for():
    def noisy(mels, lengths):
        return mels + np.random.uniform(-0.3, 0.3, mels.shape).astype(mels.dtype)  # noqa: NPY002

    result = quick_check(noisy, adapter=ADAPTER)
    assert result.findings == ()
    assert notes_of(result) == ("it changes all cells of a clip: what concerns masks and warps could not be checked",)


def test_an_output_with_axes_in_another_order_is_swapped():
    def turned(mels, lengths):
        return Reference()(mels, lengths).swapaxes(1, 2)

    assert ids_of(turned) == ("axes-swapped",)


def test_lingvo_reaches_both_ends():
    ids = quick_check("lingvo-conformer", frontend="nemo", draws=700).report.ids
    assert not {"end-bins-unmasked", "end-frames-unmasked"} & set(ids)


def test_a_policy_that_goes_beyond_its_own_share_is_found():
    masks = Mask(
        "time", max_width=1, max_ratio=0.02, ratio_rule="at_least_one", width_rule="inclusive", start_rule="all"
    )
    (finding,) = [f for f in check(Policy((masks,), "least"), draws=100).findings if f.id == "cap-exceeded"]
    assert "a mask of 1 of 20 frames, where the policy declares 2%" in finding.evidence
