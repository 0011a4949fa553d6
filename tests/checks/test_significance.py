"""The significance levels bound the probability of a false alarm."""

from __future__ import annotations

from specaug_listen.checks import significance


def test_fewer_than_one_in_1500_checks_of_correct_pipelines_raises_a_false_alarm():
    # The number of tests on the default clips with each level; see the module's docstring.
    n_tests = {"PLACES": 216 + 40 + 4 + 8 + 1, "ENDS": 4, "WARPS": 6, "CLIPS": 6, "ITEMS": 25}
    levels = {name: getattr(significance, f"{name}_SIGNIFICANCE") for name in n_tests}
    assert sum(n * levels[name] for name, n in n_tests.items()) < 1 / 1500
    assert {f"{name}_SIGNIFICANCE" for name in n_tests} | {"CRASHES_SIGNIFICANCE", "may_be_chance"} == set(
        significance.__all__
    )
