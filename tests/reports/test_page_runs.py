"""Runs of a page."""

from __future__ import annotations

from specaug_listen.reports.page_runs import run_label


def test_labels_are_letters():
    assert [run_label(i) for i in (0, 1, 25, 26, 27, 52)] == ["A", "B", "Z", "AA", "AB", "BA"]
