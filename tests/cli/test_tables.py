"""`list`: the tables, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import run

from specaug_listen.augment import POLICIES
from specaug_listen.cli.tables import frontend_differences, table
from specaug_listen.frameworks import ALL_POLICIES, FRAMEWORKS
from specaug_listen.frontends import PRESETS, MelFrontend
from specaug_listen.vocoders import VOCODERS

LISTED = [("frontends", PRESETS), ("policies", ALL_POLICIES), ("vocoders", VOCODERS), ("frameworks", FRAMEWORKS)]


@pytest.mark.parametrize(("what", "names"), LISTED)
def test_list_names_everything_the_options_take_in_a_table(what, names):
    ran = run("list", what)
    assert (ran.code, ran.err) == (0, "")
    head, *rows = ran.out.splitlines()
    assert head.startswith("name ")
    assert [row.split()[0] for row in rows] == list(names)
    assert all(line == line.rstrip() for line in ran.out.splitlines())


@pytest.mark.parametrize(("what", "names"), LISTED)
def test_list_prints_the_same_names_as_json_with_all_that_is_needed_to_make_them_again(what, names):
    ran = run("list", what, "--json")
    assert (ran.code, ran.err) == (0, "")
    entries = json.loads(ran.out)
    assert [entry["name"] for entry in entries] == list(names)
    if what == "frontends":
        assert [MelFrontend(**entry) for entry in entries] == list(PRESETS.values())


def test_the_table_of_front_ends_tells_each_from_every_other():
    rows = table("frontends").splitlines()[1:]
    assert len({row.split("  ", 1)[1] for row in rows}) == len(PRESETS)
    lingvo = next(row for row in rows if row.startswith("lingvo"))
    for words in ("160 t + 201", "no frame", "x 32768, pre-emphasis 0.97", "80 kaldi, 125-7600 Hz", "ln(max(E, 1))"):
        assert words in lingvo
    assert "10 log10(max(E, 1e-10)), top 80" in next(row for row in rows if row.startswith("speechbrain"))
    assert "128 htk, 0-8000 Hz, 4 empty" in next(row for row in rows if row.startswith("torchaudio"))
    assert "ln(E + 5.96e-08)" in next(row for row in rows if row.startswith("nemo"))


def test_the_page_about_front_ends_holds_the_table():
    page = (Path(__file__).parents[2] / "docs" / "frontends.md").read_text(encoding="utf-8")
    for frontend in PRESETS.values():
        assert "| " + " | ".join(frontend_differences(frontend).values()) + " |\n" in page


def test_every_listed_vocoder_and_policy_is_taken_by_audition(tmp_path, clips):
    for policy in POLICIES:
        ran = run(
            "audition", clips / "a.wav", "-o", tmp_path / policy, "--policy", policy, "--vocoder", "original-phase"
        )
        assert (ran.code, ran.err) == (0, ""), policy
