"""The draws in the cells of a saved sweep."""

from __future__ import annotations

import pytest

from specaug_listen.errors import PolicyError
from specaug_listen.sweeps.cell_draws import read_cells, scores_of, spread_of
from specaug_listen.sweeps.records import read_sweep


def test_cells_are_read_with_their_values_and_draws(made, tmp_path):
    made.save(tmp_path / "out")
    cells = read_cells(read_sweep(tmp_path / "out"), tmp_path / "out")
    assert [cell.values for cell in cells] == [dict(cell.values) for cell in made.cells]
    assert [cell.id for cell in cells] == [f"cell-{number}" for number in range(8)]
    scores = [row["masked_area_ratio"] for row in made.cells[0].audition.scores]
    assert scores_of(cells[:1], "masked_area_ratio") == scores
    spread = spread_of(cells[:1], "masked_area_ratio")
    assert spread.mean == pytest.approx(sum(scores) / 2)


def test_scores_that_no_draw_has_have_no_spread(made, tmp_path):
    made.save(tmp_path / "out")
    cells = read_cells(read_sweep(tmp_path / "out"), tmp_path / "out")
    assert spread_of(cells, "warp_displacement_ms") is None


def test_a_draw_that_is_missing_is_named(made, tmp_path):
    made.save(tmp_path / "out")
    record = read_sweep(tmp_path / "out")
    (tmp_path / "out" / record.cells[3].folder / "draw-2.json").unlink()
    with pytest.raises(PolicyError, match=r"draw-2\.json: is listed in the index, but missing"):
        read_cells(record, tmp_path / "out")
