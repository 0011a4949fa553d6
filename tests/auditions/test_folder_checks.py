"""Files of a run that are not as it wrote them, as notices and as badges of their clip."""

from __future__ import annotations

import pytest
from received import make_run

from specaug_listen._notices import Notice
from specaug_listen.auditions.folder_checks import Edits, with_badges
from specaug_listen.auditions.journal import read_run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def test_what_an_earlier_run_wrote_under_the_name_is_not_what_was_written_last(run):
    name = "clip/draw-1.wav"
    edits = Edits(run)
    last = edits._written._hashes[name]
    edits._written._hashes[name] = (*last, "0" * 32)
    assert [notice.text for notice in edits.notices([name], "clip")] == [
        f"{run}/clip: changed: draw-1.wav is not as written"
    ]
    edits._written._hashes[name] = ("0" * 32, *last)
    assert edits.notices([name], "clip") == ()


def test_a_clip_of_as_many_badges_as_a_record_holds_has_one_of_its_files_too(run):
    clip = read_run(run).clips[0]
    notice = Notice("edited", {"folder": "run/clip", "files": ["draw-1.wav"], "n_files": 1})
    told = with_badges(with_badges(clip, [Notice("k")] * 1000), [notice])
    assert told.badges[0] == "changed: draw-1.wav is not as written"
    assert told.badges[1].startswith("k")
    assert len(told.badges) == 1000
