"""Runs of a page."""

from __future__ import annotations

from dataclasses import replace

from specaug_listen.auditions.records import Configuration
from specaug_listen.augment import LD
from specaug_listen.frontends import WHISPER
from specaug_listen.reports.page_runs import name_of_run, run_label
from specaug_listen.vocoders import GriffinLim


def test_labels_are_letters():
    assert [run_label(i) for i in (0, 1, 25, 26, 27, 52)] == ["A", "B", "Z", "AA", "AB", "BA"]


def test_a_run_is_named_by_its_policy_and_by_a_front_end_that_was_chosen():
    run = Configuration(WHISPER, LD, GriffinLim(), draws=1, seed=0, frontend_reason="named")
    assert name_of_run(run) == name_of_run(replace(run, frontend_reason=None)) == "LD on whisper"
    assert name_of_run(replace(run, frontend_reason="recipe")) == "LD"
