"""The tables of a sweep's cells: means over draws first."""

from __future__ import annotations

import pytest
from cheap_audition import FAST, STEADY

from specaug_listen import sweep
from specaug_listen.sweeps.cell_draws import read_cells
from specaug_listen.sweeps.cell_tables import facts_of_draw_in_cell, sheets_of
from specaug_listen.sweeps.place_strengths import strengths_of
from specaug_listen.sweeps.records import read_sweep


def tables(made, folder):
    made.save(folder)
    record = read_sweep(folder)
    cells = read_cells(record, folder)
    n = record.configuration.draws
    versions = {cell.number: tuple(range(n * cell.number, n * cell.number + n)) for cell in cells}
    return sheets_of(strengths_of(record, cells), cells, versions, 0, record.clip.duration_s)


def test_a_table_for_each_value_of_the_third_parameter(made, tmp_path):
    first, second = tables(made, tmp_path / "out")
    assert (first.name, second.name) == ("fill = mean", "fill = floor")
    assert [head.text for head in first.rows] == ["5", "30"]
    assert [head.about for head in first.columns] == ["frequency_mask.max_bins: 4", "frequency_mask.max_bins: 20"]
    assert [(head.text, head.about) for head in first.corner] == [
        ("max_frames", "time_mask.max_frames"), ("max_bins", "frequency_mask.max_bins"),
    ]  # fmt: skip
    assert first.cells[0][1].versions == (4, 5)
    assert second.cells[1][1].versions == (14, 15)


def test_a_cell_shows_the_mean_and_the_range_of_its_draws_and_a_bar(made, tmp_path):
    first, _ = tables(made, tmp_path / "out")
    scores = [row["masked_area_ratio"] for row in made.cells[0].audition.scores]
    low, high = (f"{100 * value:.0f}" for value in (min(scores), max(scores)))
    facts = dict(first.cells[0][0].facts)
    record = read_sweep(tmp_path / "out")
    place = strengths_of(record, read_cells(record, tmp_path / "out")).places[0]
    expected = place.strength.area.mean
    assert facts["masked"] == f"{50 * sum(scores):.0f}% ({low} to {high}), average {100 * expected:.0f}%"
    assert facts["gap"].endswith(f", average {place.strength.gap_s.mean:.2f} s")
    assert first.cells[0][0].expected == pytest.approx(expected)
    assert set(facts) == {"masked", "gap", "mel change", "level"}
    assert first.cells[0][0].amount == pytest.approx(sum(scores) / 2, abs=1e-4)
    assert first.note == (
        "Bars: cells masked, the whole width is 100%. Numbers: the 2 draws that you hear, averaged (lowest to "
        "highest); “average” and the tick on the bar: 200 simulated draws, as in the charts, for a clip of this "
        "length. Few draws may be far from it."
    )


def test_one_draw_has_no_range_and_equal_masks_show_the_change_of_the_mel(speechlike, tmp_path):
    made = sweep(speechlike, vary={"fill": ["mean", 3.0]}, policy=STEADY, vocoder=FAST, rng=0)
    (only,) = tables(made, tmp_path / "out")
    assert only.columns == ()
    assert all("to" not in text for row in only.cells for _, text in row[0].facts)
    assert only.cells[1][0].amount == 1
    assert 0 < only.cells[0][0].amount < 1
    assert only.cells[1][0].expected is None
    assert only.note.startswith("Bars: change of the mel, the whole width is ")


def test_what_is_beyond_every_recipe_is_marked_in_words(speechlike, tmp_path):
    made = sweep(speechlike, vary={"mF": [0, 8]}, policy="LD,F=60", vocoder=FAST, rng=0)
    (only,) = tables(made, tmp_path / "out")
    average = dict(only.cells[1][0].facts)["masked"].rpartition(" ")[2]
    excess = f"average of masked cells ({average}) beyond every recipe"
    assert [row[0].excesses for row in only.cells] == [(), (excess,)]


def test_the_scores_of_one_draw():
    scores = {"masked_area_ratio": 0.25, "longest_gap_ms": 1400.0, "log_mel_rmse_db": None}
    assert facts_of_draw_in_cell(scores) == (("masked", "25%"), ("gap", "1.40 s"), ("mel change", "0.0 dB"))
