"""Bugs that people reported are found by name, and their corrections are clean."""

from __future__ import annotations

import pytest
from checked import quick_check
from historical_bugs import BUGS

from specaug_listen.checks import check
from specaug_listen.checks.session import FULL_EFFORT


@pytest.mark.parametrize("report", BUGS)
def test_a_bug_is_found_by_name(report):
    bug = BUGS[report]
    assert bug.finding in quick_check(bug.broken, adapter=bug.adapter, effort=FULL_EFFORT, **bug.more).report.ids


@pytest.mark.parametrize("fixed", {bug.fixed: bug for bug in BUGS.values()}.values(), ids=lambda bug: bug.report)
def test_its_correction_raises_nothing(fixed):
    assert quick_check(fixed.fixed, adapter=fixed.adapter, **fixed.more).report.ids == ()


def test_there_are_fifteen_and_more():
    assert len(BUGS) >= 15


def test_augmentation_in_evaluation_is_found():
    """Whisper-Finetune#11."""
    torch = pytest.importorskip("torch")

    class SpecAugment(torch.nn.Module):
        def __init__(self, looks=False):
            super().__init__()
            self.looks = looks

        def forward(self, x):
            """Mask x of shape (batch, frequency, time)."""
            x = x.clone()
            if self.training or not self.looks:
                for item in x:
                    n = item.shape[-1]
                    width = int(torch.randint(0, n // 5 + 1, ()))
                    start = int(torch.randint(0, n - width + 1, ()))
                    item[:, start : start + width] = item.mean()
            return x

    assert "applied-in-eval" in check(SpecAugment(), draws=100).report.ids
    assert "applied-in-eval" not in check(SpecAugment(looks=True), draws=100).report.ids
