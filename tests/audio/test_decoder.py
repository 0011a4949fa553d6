"""Any decoder of the same form takes the same way, is named in the record, and keeps streams of one rate."""

from __future__ import annotations

import json

import numpy as np
import pytest
from commandline import run
from ffmpegfiles import M4A
from oddfiles import written_by_ffmpeg
from readings import RATE, VOICE, heard

from specaug_listen._notices import Notice
from specaug_listen.audio.decoder import Decoder, Ending


class StandIn(Decoder):
    """A decoder in place of FFmpeg's: the voice, twice as loud, told with a notice."""

    sample_rate, n_channels, n_exact, name = RATE, 1, None, "stand-in 1"

    def __init__(self, path, known=None, **how):
        pass

    @property
    def n_likely(self):
        return None

    def blocks(self, begin):
        for at in range(0, len(VOICE), 7000):
            if (part := 2 * VOICE[max(begin, at) : at + 7000, None]).size:
                yield part
        self.ending = Ending(len(VOICE))

    def notices(self):
        return [Notice("decoded-by", {"decoder": self.name, "codec": "aac", "container": "mp4"})]


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: True)
    monkeypatch.setattr("specaug_listen.audio.file_search.has_ffmpeg", lambda: True)
    monkeypatch.setattr("specaug_listen.audio.ffmpeg_files.FfmpegDecoder", StandIn)


def test_what_another_decoder_gives_takes_the_same_way(tmp_path, stand_in):
    samples, notices = heard(tmp_path, M4A)
    np.testing.assert_array_equal(samples, 2 * VOICE)
    assert list(notices) == ["decoded-by"]
    part, _ = heard(tmp_path, M4A, start_s=0.6, duration_s=0.5)
    np.testing.assert_array_equal(part, samples[9600:17600])


def test_the_record_says_who_decoded_it(tmp_path, stand_in):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "talk.M4A").write_bytes(M4A)
    (tmp_path / "in" / "notes.txt").write_text("words")
    ran = run(
        "audition", tmp_path / "in", "-o", tmp_path / "out", "--vocoder", "original-phase", "--frontend", "whisper"
    )
    assert ran.code == 0
    assert "! decoded by FFmpeg: aac in mp4, by stand-in 1" in ran.out
    assert "no sound (.txt 1)" in ran.err
    index = json.loads((tmp_path / "out" / "audition.json").read_text())
    assert index["clips"][0]["audio"]["decoder"] == "stand-in 1"
    assert [notice["kind"] for notice in index["notices"]] == ["left-out"]
    written = json.loads((tmp_path / "out" / "talk" / "draw-1.json").read_text())
    assert written["audio"]["decoder"] == "stand-in 1"
    assert written["audio"]["notices"][0]["kind"] == "decoded-by"


def test_a_file_of_another_rate_behind_one_that_ffmpeg_reads_is_left_out_with_a_word(tmp_path):
    pytest.importorskip("av")
    first, second = (written_by_ffmpeg(tmp_path / f"{codec}.mka", codec) for codec in ("flac", "ac3"))
    alone, _ = heard(tmp_path, first, "clip.mka")
    samples, notices = heard(tmp_path, first + second, "clip.mka")
    np.testing.assert_array_equal(samples, alone)
    assert notices["other-streams"] == {"n_streams": 1, "n_read": 1}
