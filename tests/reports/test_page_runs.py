"""Runs of a page."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from specaug_listen.auditions.records import Configuration
from specaug_listen.augment import LD
from specaug_listen.frontends import WHISPER
from specaug_listen.reports.page_runs import PageRun, clips_in_words, name_of_run, run_label
from specaug_listen.vocoders import GriffinLim


def run(*sounds):
    clips = [SimpleNamespace(entry=SimpleNamespace(audio=SimpleNamespace(fingerprint=sound))) for sound in sounds]
    return PageRun("run", tuple(clips), (), {})


def test_labels_are_letters():
    assert [run_label(i) for i in (0, 1, 25, 26, 27, 52)] == ["A", "B", "Z", "AA", "AB", "BA"]


def test_a_run_is_named_by_its_policy_and_by_a_front_end_that_was_chosen():
    run = Configuration(WHISPER, LD, GriffinLim(), draws=1, seed=0, frontend_reason="named")
    assert name_of_run(run) == name_of_run(replace(run, frontend_reason=None)) == "LD on whisper"
    assert name_of_run(replace(run, frontend_reason="recipe")) == "LD"


def test_clips_that_runs_do_not_share_are_told():
    assert clips_in_words([run("a", "b")]) == ""
    assert clips_in_words([run("a", "b"), run("b", "a", "a")]) == ""
    assert clips_in_words([run("a", "b"), run("c")]).startswith("A and B have no clip in common: ")
    assert clips_in_words([run("a"), run("b"), run("c")]).startswith("The runs have no clip in common: ")
    assert clips_in_words([run("a", "b"), run("a", "c", "c"), run("d")]).startswith("1 of 4 clips is in several runs: ")
