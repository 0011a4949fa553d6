"""The part of a sweep's page above and below its clips."""

from __future__ import annotations

import pytest
from cheap_audition import FAST, STEADY

from specaug_listen import get_policy, sweep
from specaug_listen.reports.page_writing import PageOptions
from specaug_listen.sweeps.cell_draws import read_cells
from specaug_listen.sweeps.head import page_head
from specaug_listen.sweeps.place_strengths import strengths_of
from specaug_listen.sweeps.records import read_sweep


@pytest.fixture
def head_of(made, tmp_path):
    made.save(tmp_path / "out")
    record = read_sweep(tmp_path / "out")
    cells = read_cells(record, tmp_path / "out")

    def head(**options):
        form = PageOptions(**options)
        return page_head(record, cells, strengths_of(record, cells, form.compare, form.lengths_s), form)

    return head


def test_the_head_says_what_is_varied_what_is_not_and_gives_advice(head_of):
    head = head_of()
    assert head.title == "Sweep of clip: time_mask.max_frames × frequency_mask.max_bins × fill"
    assert head.sweep.varied == (
        ("time_mask.max_frames", "5, 30"), ("frequency_mask.max_bins", "4, 20"), ("fill", "mean, floor"),
    )  # fmt: skip
    assert not {name for name, _ in head.sweep.varied} & {name for name, _ in head.sweep.fixed}
    assert head.sweep.head.startswith("Too strong")
    assert [panel.title for panel in head.sweep.panels] == ["cells masked", "longest gap", "level of the masks"]
    assert len(head.sweep.numbers) == 8
    assert head.sweep.columns[:3] == ("max_frames", "max_bins", "fill")
    (lines,) = (lines for _, lines in head.words)
    assert lines[0] == "varied: time_mask.max_frames = 5, 30"
    assert "--vary time_mask.max_frames=5,30" in head.rerun_codes[0].command


def test_the_users_title_note_policies_and_lengths_are_on_the_page(head_of):
    head = head_of(title="Mine", note="First.\n\nSecond.", compare=(get_policy("LB"),), lengths_s=(20.0,))
    assert (head.title, head.note) == ("Mine", ("First.", "Second."))
    area = head.sweep.panels[0]
    assert ["LB" in mark.text for mark in area.yardsticks if not mark.is_published] == [True]
    assert "for clips of 1.2 s to 20.0 s" in head.sweep.caption


def test_a_sweep_of_several_clips_is_named_after_their_number_and_warnings_are_counted(speechlike, tmp_path):
    clips = [speechlike.part(0, 0.3), speechlike.part(0.3, 0.3)]
    made = sweep(clips, vary={"fill": ["mean", 3.0]}, policy=STEADY, vocoder=FAST, draws=2, rng=0)
    made.save(tmp_path / "out", title="")
    record = read_sweep(tmp_path / "out")
    cells = read_cells(record, tmp_path / "out")
    head = page_head(record, cells, strengths_of(record, cells), PageOptions())
    assert head.title == "Sweep of 2 clips: fill"
    assert head.warnings
    assert all(line.endswith(" of 8 draws)") for line in head.warnings)
    assert "louder than speech" in head.sweep.head
