"""Errors and changes of single calls."""

from __future__ import annotations

from specaug_listen.augment import Policy, TrimTail
from specaug_listen.checks import check


def test_a_cut_tail_changes_the_length():
    ids = check(Policy((TrimTail(30),), "trim"), draws=100).report.ids
    assert ids == ("length-changed",)


def test_a_crash_names_the_longest_of_the_short_clips():
    (finding,) = check("nemo-quartznet", frontend="nemo", draws=100).findings
    assert finding.id == "crash-short-clip"
    assert finding.evidence.startswith("0.5 s (50 frames), and 5 more: ")
    assert finding.evidence.endswith("NeMo raises here")
