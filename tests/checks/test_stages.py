"""Rules are collected from their modules, and run stage by stage."""

from __future__ import annotations

import pytest
from checked import quick_check

from specaug_listen.checks import checker, rules_fills
from specaug_listen.checks.findings import Finding
from specaug_listen.checks.stages import Rule, Stage


@pytest.fixture
def collected_anew():
    checker.all_rules.cache_clear()
    yield
    checker.all_rules.cache_clear()


def test_rules_are_asked_stage_by_stage_and_each_once():
    rules = checker.all_rules()
    assert [rule.stage for rule in rules] == sorted(rule.stage for rule in rules)
    assert {rule.stage for rule in rules} == set(Stage)
    assert len({rule.find for rule in rules}) == len(rules)


def test_every_function_that_reports_findings_is_a_rule():
    rules = {rule.find.__name__ for rule in checker.all_rules()}
    modules = {rule.find.__module__ for rule in checker.all_rules()}
    public = {name for module in modules for name in vars(__import__(module, fromlist=["RULES"])) if name[0] != "_"}
    # Findings of single calls are a part of those of `contract_findings`.
    assert {name for name in public if name.endswith("_findings")} == rules - {"try_hard_cases"} | {"call_findings"}


def test_a_rule_is_asked_without_being_named_elsewhere(monkeypatch, collected_anew):
    def found(session):
        return [Finding.of("fill-loud", "a rule that stands in its module alone", str(session.reference))]

    monkeypatch.setattr(rules_fills, "RULES", (*rules_fills.RULES, Rule(Stage.MASKS, found)))
    (finding,) = [finding for finding in quick_check("LD").findings if finding.id == "fill-loud"]
    assert finding.evidence == "a rule that stands in its module alone"
