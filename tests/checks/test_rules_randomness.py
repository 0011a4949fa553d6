"""Draws that are always the same."""

from __future__ import annotations

import numpy as np
import pytest
from checked import CLIPS, notes_of, quick_check

from specaug_listen.checks.session import FULL_EFFORT

SHORT = CLIPS[:2]


FILTERS = {
    "normalised": lambda mel: (mel - mel.mean()) / (mel.std() + 1e-6),
    "normalised by bands": lambda mel: (mel - mel.mean(axis=1, keepdims=True)) / (mel.std() + 1e-6),
    "without its mean": lambda mel: mel - mel.mean(),
    "quieter": lambda mel: mel - 1,
    "bent": lambda mel: np.sign(mel) * np.abs(mel) ** np.float32(0.7),
}


@pytest.mark.parametrize("name", FILTERS)
def test_what_does_the_same_to_all_cells_is_no_augmentation_that_was_drawn_once(name):
    result = quick_check(FILTERS[name], clips=SHORT)
    assert result.report.ids == ()
    assert any("does the same to all cells in every draw" in note for note in notes_of(result))


def with_one_mask(mel):
    mel = mel.copy()
    mel[:, 10:30] = mel.mean()
    return mel


def with_one_rectangle(mel):
    mel = mel.copy()
    mel[3:9, 10:30] = mel.mean()
    return mel


@pytest.mark.parametrize(
    "same",
    [with_one_mask, with_one_rectangle, lambda mel: with_one_mask(mel) - 1, lambda mel: np.zeros_like(mel)],
)
def test_a_mask_that_is_always_the_same_is_found_whatever_is_added(same):
    assert "same-draw-every-time" in quick_check(same, clips=SHORT).report.ids


def reversed_now_and_then(mel):
    """mel: (bins, frames)."""
    return mel[:, ::-1].copy() if np.random.rand() < 0.5 else mel  # noqa: NPY002


def test_one_change_that_some_draws_make_is_told_of_these_alone():
    report = quick_check(reversed_now_and_then, clips=None, effort=FULL_EFFORT).report
    finding = next(finding for finding in report.findings if finding.id == "same-draw-every-time")
    n, changed = (int(finding.numbers[key]) for key in ("seeds", "changed"))
    assert 0.2 * n < changed < 0.8 * n
    assert finding.evidence.startswith(f"{changed} of {n} seeds changed a cell, and these gave one and the same result")
    assert "mask" not in finding.why
