"""What the table of draws knows of its columns and rows."""

from __future__ import annotations

from specaug_listen.metrics import SCORES
from specaug_listen.pages.table_values import Column, Row, Table


def test_the_worst_of_a_column_follows_from_its_score_and_a_fill_is_worst_where_it_is_loudest():
    worst = {key: Column(SCORES[key], True, 0.0, 1.0).worst for key in ("longest_gap_ms", "stoi", "level_change_db")}
    assert worst == {"longest_gap_ms": "high", "stoi": "low", "level_change_db": "far"}
    assert Column(SCORES["loudest_fill_vs_p95_db"], True, -80.0, 0.0, base=-80.0).worst == "high"


def test_a_table_says_whether_there_are_warnings_and_further_columns():
    columns = tuple(Column(SCORES[key], key == "stoi", 0.0, 1.0) for key in ("stoi", "pesq"))
    plain, warned = (Row("a", f"draw-{n}", "v", ((0.5, "1"),), badges) for n, badges in ((1, ()), (2, ("cut",))))
    assert not Table(columns, (plain,)).has_warnings
    assert Table(columns, (plain, warned)).has_warnings
    assert Table(columns, ()).has_more
    assert not Table(columns[:1], ()).has_more


def test_draws_are_counted_by_run_in_the_order_of_the_labels():
    def table(*runs):
        return Table((), tuple(Row("a", "draw-1", "v", (), run=run) for run in runs))

    assert list(table("B", "AA", "A", "B").n_draws_of_runs.items()) == [("A", 1), ("B", 2), ("AA", 1)]
    assert table("", "").n_draws_of_runs == {}
