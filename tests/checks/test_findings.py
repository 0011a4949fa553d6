"""The table of findings: completeness, order, and which kinds silence others."""

from __future__ import annotations

import re
from pathlib import Path

from checked import ids_of
from historical_bugs import BUGS
from pipelines import FAULTS

from specaug_listen.checks import FINDINGS


def test_two_faults_are_both_found_errors_first():
    class Both(FAULTS["zero"][0], FAULTS["in-place"][0]):
        pass

    assert ids_of(Both()) == ("input-modified", "zero-fill-in-log")


def test_a_finding_can_be_left_out():
    assert ids_of(FAULTS["zero"][0](), ignore=["zero-fill-in-log"]) == ()


def test_every_finding_has_a_test_with_that_fault():
    # Modules and devices: test_modules.py; bugs: test_historical_bugs.py; calls that do not come back, or fork:
    # test_isolated_process.py, tests/attack; order, places, batches: test_reordering.py, test_rules_places.py,
    # test_rules_batches.py.
    elsewhere = {
        "order-changed", "items-left-out",
        "applied-in-eval", "device-changed", "call-hangs", "process-ended", "process-forked",
        "masks-only-at-end", "masks-stop-early", "frames-unevenly-masked", "bins-unevenly-masked",
        "starts-on-grid", "stronger-than-published",
        "masks-follow-shortest", *(bug.finding for bug in BUGS.values()),
    }  # fmt: skip
    assert {expected for _, expected, _ in FAULTS.values()} | elsewhere == set(FINDINGS)


def test_the_page_states_the_reason_and_the_fix_of_every_finding_as_a_check_prints_them():
    text = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    tables = text.partition("### Errors")[2].partition("### How certain")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| (.*) \| (.*) \|$", tables, flags=re.M)
    assert rows == [(name, kind.why, kind.fix) for name, kind in FINDINGS.items()]
    n_errors = tables.partition("### Warnings")[0].count("\n| `")
    assert [kind.severity for kind in FINDINGS.values()] == ["error"] * n_errors + ["warning"] * (len(rows) - n_errors)
