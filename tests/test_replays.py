"""The record of a draw is enough to make the draw again."""

from __future__ import annotations

import shutil

import pytest
from received import change, make_run

from specaug_listen import replay
from specaug_listen.replays import read_written_draw


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def test_a_record_alone_is_taken_as_it_is(run, tmp_path):
    (tmp_path / "alone").mkdir()
    path = tmp_path / "alone" / "draw-1.json"
    shutil.copy(run / "clip" / "draw-1.json", path)
    change(path, gain=0.001, clip="mine")
    again = replay(path)
    assert (again.gain, again.name) == (0.001, "mine")
    assert read_written_draw(path).notices == ()
