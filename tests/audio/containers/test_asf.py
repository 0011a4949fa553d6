"""How long a Windows Media file of sound alone lasts by its header is compared with what is heard."""

from __future__ import annotations

import numpy as np
import pytest
from oddfiles import written_by_ffmpeg
from readings import RATE

from specaug_listen import load
from specaug_listen.audio.containers.asf import seconds_of_asf
from specaug_listen.errors import AudioError

pytest.importorskip("av")
LONG = np.sin(np.arange(3 * RATE) ** 2 / 4e5).astype("f4") / 2
FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf11")


def seconds(path):
    with path.open("rb") as file:
        return seconds_of_asf(file, 0)


def test_a_whole_file_lasts_as_long_as_it_says(tmp_path):
    path = tmp_path / "a.wma"
    written_by_ffmpeg(path, "wmav2", LONG)
    assert abs(seconds(path) - 3) < 0.1
    assert [notice.kind for notice in load(path, strict=True).notices] == ["decoded-by"]


@pytest.mark.parametrize("how", [{"n_pictures": 3}, {"pipe_as": "asf"}])
def test_a_file_of_pictures_or_from_a_pipe_says_nothing_of_its_sound(tmp_path, how):
    path = tmp_path / "a.wma"
    written_by_ffmpeg(path, "wmav2", LONG, **how)
    assert seconds(path) is None


@pytest.mark.parametrize("place", [92, 93, 96, 97])
def test_a_damaged_size_of_packets_takes_no_sound_away_in_silence(tmp_path, place):
    path = tmp_path / "a.wma"
    data = bytearray(written_by_ffmpeg(path, "wmav2", LONG))
    data[data.index(FILE_PROPERTIES) + place] ^= 0x41
    path.write_bytes(data)
    with pytest.raises(AudioError):
        load(path, strict=True)
