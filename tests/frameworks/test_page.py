"""docs/frameworks.md says what the code does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from specaug_listen.augment.describe import aspects, subject
from specaug_listen.frameworks import ALL_POLICIES, FRAMEWORKS
from specaug_listen.frameworks.read import readable_frameworks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "frameworks.md").read_text()


def test_every_oddity_of_a_framework_and_no_other_is_on_the_page(subtests):
    for name in FRAMEWORKS:
        with subtests.test(name=name):
            section = PAGE.split(f"### `{name}`\n", 1)[1].split("\n#", 1)[0]
            lines = section.replace("\n  ", " ")
            assert re.findall(r"^- (.*)$", lines, re.MULTILINE) == list(FRAMEWORKS[name].oddities)
            assert FRAMEWORKS[name].source in " ".join(section.split())


def test_every_reader_is_on_the_page():
    table = PAGE.split("| framework | what is read |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE)) == set(readable_frameworks()) - {
        "speechbrain-legacy"
    }


def test_every_policy_is_on_the_page_with_its_numbers(subtests):
    for name in ALL_POLICIES:
        with subtests.test(name=name):
            policy = ALL_POLICIES[name]
            (row,) = re.findall(rf"^\| `{re.escape(name)}` \| {policy.framework} \| (.*) \|$", PAGE, re.MULTILINE)
            for transform in policy.transforms:
                said = aspects(transform)
                if said.get("moves") != "none" and said.get("count") != "0":
                    assert subject(transform) in row
                    assert said.get("width", "") in row


def test_the_page_holds_the_table_of_shares_that_is_tested():
    table = runpy.run_path(str(ROOT / "tests" / "augment" / "test_coverage.py"))["TABLE"]
    for name, rows in table.items():
        cells = " | ".join(" / ".join(f"{share:.2f}" for share in row) for row in rows)
        assert f"| `{name}` | {cells} |" in PAGE
