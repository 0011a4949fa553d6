"""The tables of frameworks and of their recipes."""

from __future__ import annotations

from specaug_listen.frameworks import ALL_POLICIES, FRAMEWORKS, MAIN_RECIPES
from specaug_listen.frameworks.registry import collect_frameworks, owners, spelling


def test_frameworks_come_by_name_after_the_papers():
    names = list(FRAMEWORKS)
    assert names[0] == "paper"
    families = [FRAMEWORKS[name].family for name in names[1:]]
    assert families == sorted(families)
    assert all(name == framework.name for name, framework in FRAMEWORKS.items())


def test_no_two_frameworks_share_a_name_a_recipe_or_a_mark():
    for what in ("recipes", "main_recipes", "marks"):
        names = [getattr(each, "name", each) for framework in FRAMEWORKS.values() for each in getattr(framework, what)]
        assert len(names) == len(set(names)), what


def test_recipes_are_those_of_the_frameworks_and_draw_by_their_rules():
    assert list(ALL_POLICIES) == [policy.name for framework in FRAMEWORKS.values() for policy in framework.recipes]
    for framework in FRAMEWORKS.values():
        assert {policy.framework for policy in framework.recipes} <= {framework.name}
        assert set(framework.main_recipes.values()) <= {policy.name for policy in framework.recipes}
    assert set(MAIN_RECIPES.values()) <= set(ALL_POLICIES)


def test_a_variant_is_one_of_a_framework_that_is_written_in_its_place():
    for framework in FRAMEWORKS.values():
        family = FRAMEWORKS[framework.family]
        assert family.write is not None
        assert framework.name == family.name or framework.name.startswith(f"{family.name}-")


def test_collecting_again_changes_nothing():
    before = dict(FRAMEWORKS), dict(ALL_POLICIES), dict(MAIN_RECIPES)
    collect_frameworks()
    assert before == (FRAMEWORKS, ALL_POLICIES, MAIN_RECIPES)
    assert [list(table) for table in (FRAMEWORKS, ALL_POLICIES)] == [list(table) for table in before[:2]]


def test_arguments_belong_to_the_framework_with_most_of_them_first():
    assert owners(["freq_masks", "freq_width", "mask_value"]) == ["nemo", "fairseq"]
    assert owners(["p"]) == ["lhotse", "torchaudio"]
    assert owners(["max_w", "row_frames", "name"]) == []


def test_a_sentence_spells_a_framework_as_the_framework_does():
    assert [spelling(name) for name in ("wenet", "espnet", "nemo", "speechbrain", "hf", "fairseq", "unknown")] == [
        "WeNet", "ESPnet", "NeMo", "SpeechBrain", "Hugging Face", "fairseq", "unknown",
    ]  # fmt: skip
