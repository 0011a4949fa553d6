"""How strong each combination is, over its whole distribution."""

from __future__ import annotations

import numpy as np
import pytest
from cheap_audition import FAST, STEADY
from swept_places import strengths

from specaug_listen import sweep
from specaug_listen.augment import callable_policy
from specaug_listen.reports.strength import strength_of
from specaug_listen.sweeps.cell_draws import read_cells
from specaug_listen.sweeps.place_strengths import (
    MEASURES,
    are_above_recipes,
    changes_along,
    expected_for,
    strengths_of,
)
from specaug_listen.sweeps.records import read_sweep


def saved(made, folder):
    made.save(folder)
    record = read_sweep(folder)
    return record, read_cells(record, folder)


def test_each_combination_is_simulated_for_the_lengths_of_all_clips(speechlike, tmp_path):
    clips = [speechlike, speechlike.part(0, 0.4)]
    made = sweep(clips, vary={"T": [5, 30], "fill": ["mean", 3.0]}, policy=STEADY, vocoder=FAST, draws=2, rng=0)
    record, cells = saved(made, tmp_path / "out")
    found = strengths_of(record, cells)
    assert found.lengths_s == (0.4, 1.2)
    assert [place.values for place in found.places] == [(5, "mean"), (5, 3.0), (30, "mean"), (30, 3.0)]
    for place, cell in zip(found.places, made.cells[:4], strict=True):
        audition = cell.audition
        expected = strength_of(
            audition.policy,
            audition.frontend,
            found.lengths_s,
        )
        assert place.strength.area.mean == expected.area.mean
        # Draws at hand: two of each clip.
        assert len(place.change_db.values) == 4
    assert changes_along(found, MEASURES["area"], 0)
    assert not changes_along(found, MEASURES["area"], 1)
    assert changes_along(found, MEASURES["fill"], 1)
    assert {each.name for each in found.published} >= {"LD", "NeMo", "icefall"}


def test_a_callable_has_the_strength_of_its_draws(speechlike, tmp_path):
    def masks(mel, rng=None):
        after = np.array(mel)
        after[..., :20] = after.min()
        return after

    policy = callable_policy(masks)
    made = sweep(speechlike, vary={"vocoder": ["griffinlim:n_iter=1", "original-phase"]}, policy=policy, rng=0)
    record, cells = saved(made, tmp_path / "out")
    found = strengths_of(record, cells)
    assert all(not place.strength.is_simulated for place in found.places)
    assert found.places[0].strength.n_draws == 1


def test_combinations_are_compared_with_recipes_and_those_that_are_one_are_told(speechlike, tmp_path):
    vary = {"T": [40, 100], "fill": ["mean", "floor"]}
    record, cells = saved(sweep(speechlike, vary=vary, policy="LD", vocoder=FAST, rng=0), tmp_path / "out")
    found = strengths_of(record, cells)
    # The fill is no part of what is masked.
    assert [place.same_as for place in found.places] == [(), (), ("LD",), ("LD",)]
    assert found.by_values[((False, 100), (False, "mean"))] == 2
    gap = MEASURES["gap"]
    assert expected_for(found.places[0], gap, 1.2) == found.places[0].strength.rows[0].gap_s.mean
    assert expected_for(found.places[0], MEASURES["fill"], 1.2) is None
    invented = strengths({"T": [1, 2, 3]}, lambda width: (0.3, {1: 0.4, 2: 1.04, 3: 1.06}[width]))
    assert are_above_recipes(invented, gap) == (False, False, True)
    assert are_above_recipes(invented, MEASURES["change"]) == (False, False, False)


def test_true_and_one_are_two_values():
    found = strengths({"x": [1, True]}, lambda value: (0.1 if value is True else 0.4,))
    assert changes_along(found, MEASURES["area"], 0)


@pytest.mark.parametrize("key", ["fill", "change"])
def test_quantities_without_draws_do_not_change(key):
    found = strengths({"T": [1, 2]}, lambda width: (width / 10,))
    assert not changes_along(found, MEASURES[key], 0)
