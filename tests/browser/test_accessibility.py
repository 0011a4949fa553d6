"""WCAG 2.1 AA, as far as axe-core can tell, on every kind of page, light and dark."""

from __future__ import annotations

import pytest
from webpages import STEADY, folder_of

from specaug_listen import write_report

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def comparison(folder, tmp_path_factory):
    other = folder_of(tmp_path_factory.mktemp("other") / "out", ["first", "second"], STEADY, draws=1)
    return write_report([folder, other], tmp_path_factory.mktemp("comparison") / "both.html")


def serious(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    violations = axe.Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']} {node['html'][:200]}"
        for one in violations
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["report", "sheet", "comparison"])
def test_a_page_has_no_serious_finding(opened, request, kind, scheme):
    page = opened(request.getfixturevalue(kind), color_scheme=scheme)
    assert serious(page.page) == []
    # What is folded away at first is held to the same rules.
    page.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert serious(page.page) == []


def test_a_page_that_breaks_the_rules_is_found(opened, report):
    page = opened(report)
    page.run("document.querySelector('.play').textContent = ''; document.documentElement.removeAttribute('lang')")
    assert {"button-name", "html-has-lang"} <= {line.partition(":")[0] for line in serious(page.page)}
