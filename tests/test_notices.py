"""A notice is data; its sentence is made at the very end, and it goes wherever its clip goes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from specaug_listen import Audio, audition, replay
from specaug_listen._notices import Notice
from specaug_listen.auditions.records import read_record

CUT = Notice("cut", {"n_present": 8000, "n_promised": 16000, "sample_rate": 16000})
TEXT = "cut: 8000 of 16000 samples are there (0.50 of 1.00 s); copy the file again"


@pytest.fixture
def heard():
    clip = Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000, notices=(CUT,))
    return audition(clip, frontend="whisper", policy="SM", vocoder="original-phase", rng=0)


def test_a_kind_has_a_sentence():
    assert CUT.text == TEXT


@pytest.mark.parametrize(
    ("notice", "text"),
    [
        (Notice("of a later version", {"n": 3, "why": "x"}), "of a later version: n 3, why x"),
        (Notice("of a later version"), "of a later version"),
        (Notice("cut", {"n": 3}), "cut: n 3"),
    ],
)
def test_what_another_version_wrote_is_still_told(notice, text):
    assert notice.text == text


def test_the_same_kind_and_values_are_the_same_notice():
    assert Notice("cut", dict(CUT.values)) == CUT
    assert Notice("cut") != CUT


def test_notices_go_through_mono_and_resampling():
    clip = Audio(np.zeros((2, 800)), 8000, notices=(CUT,))
    assert clip.to_mono().resample(16000).notices == (CUT,)


def test_a_notice_is_a_badge_and_stands_in_the_text(heard):
    assert heard.badges[0] == TEXT
    assert f"  ! {TEXT}" in str(heard)


def test_a_notice_is_written_as_data_and_read_again(heard, tmp_path):
    folder = heard.save(tmp_path)
    written = json.loads((folder / "draw-1.json").read_text())
    assert written["audio"]["notices"][0] == {"kind": "cut", "values": dict(CUT.values)}
    assert read_record(folder / "draw-1.json").audio.notices == heard.notices


def test_a_record_without_notices_is_read_as_before(heard, tmp_path):
    path = heard.save(tmp_path) / "draw-1.json"
    written = json.loads(path.read_text())
    del written["audio"]["notices"]
    path.write_text(json.dumps(written))
    assert read_record(path).audio.notices == ()


def test_a_draw_that_is_made_again_has_the_clips_notices(heard, tmp_path):
    folder = heard.save(tmp_path)
    assert replay(folder / "draw-1.json", audio=heard.clip).badges[0] == TEXT
