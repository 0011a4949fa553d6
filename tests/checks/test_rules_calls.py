"""Errors and changes of single calls."""

from __future__ import annotations

import random
import re

from specaug_listen.augment import Policy, TrimTail
from specaug_listen.checks import check
from specaug_listen.custom.adapter import Adapter


def test_a_cut_tail_changes_the_length():
    ids = check(Policy((TrimTail(30),), "trim"), draws=100).report.ids
    assert ids == ("length-changed",)


def test_clips_of_a_length_that_is_never_augmented_are_named(subtests):
    for low, high, named in [(0, 1200, "15 s"), (300, 10**9, "0.2 s")]:
        with subtests.test(low=low, high=high):

            def some(mel, low=low, high=high):
                begin = random.randrange(mel.shape[1])
                changed = mel.copy()
                changed[10:20, begin : begin + 10] = mel.mean()
                return changed if low <= mel.shape[1] <= high else mel

            report = check(some, adapter=Adapter(axes="bins, frames"), draws=100).report
            (finding,) = [finding for finding in report.findings if finding.id == "clips-left-out"]
            assert re.match(rf"none of \d+ draws changes {named} .*, and 100% of those on .* do", finding.evidence)


def test_a_crash_names_the_longest_of_the_short_clips():
    (finding,) = check("nemo-quartznet", frontend="nemo", draws=100).findings
    assert finding.id == "crash-short-clip"
    assert finding.evidence.startswith("0.5 s (50 frames), and 5 more: ")
    assert finding.evidence.endswith("NeMo raises here")
