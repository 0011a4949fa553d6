"""One damaged byte in the tables of an M4A or QuickTime file is never silent where it takes sound away."""

from __future__ import annotations

import re
import struct
import warnings

import numpy as np
import pytest
from oddfiles import written_by_ffmpeg
from readings import RATE, VOICE

from specaug_listen import load
from specaug_listen.audio.containers.mp4 import disagreement_of_mp4
from specaug_listen.errors import AudioError

pytest.importorskip("av")
FILES = [("a.m4a", "aac"), ("b.m4a", "alac"), ("c.mov", "pcm_s16le")]
BOXES = (b"mvhd", b"tkhd", b"mdhd", b"elst", b"stts", b"stsz", b"stsc", b"stco")


def disagreement(path):
    with path.open("rb") as file:
        return disagreement_of_mp4(file, 0, path.stat().st_size)


@pytest.mark.parametrize(("name", "codec"), FILES)
def test_a_whole_file_agrees_with_itself(tmp_path, name, codec):
    path = tmp_path / name
    for samples, how in ((VOICE, {}), (VOICE, {"n_pictures": 2}), (VOICE[:3000], {}), (VOICE, {"begin": 4000})):
        written_by_ffmpeg(path, codec, samples, **how)
        assert disagreement(path) is None
        assert [notice for notice in load(path).notices if notice.is_doubt] == []


@pytest.mark.parametrize(("place", "bit"), [(5, 0x40), (8, 0x40), (20, 0x01), (22, 0x40), (26, 0x80)])
@pytest.mark.parametrize(("name", "codec"), FILES)
def test_a_damaged_time_scale_or_length_is_said_and_strictly_refused(tmp_path, name, codec, place, bit):
    path = tmp_path / name
    data = bytearray(written_by_ffmpeg(path, codec))
    data[data.index(b"mdhd") - 4 + place] ^= bit
    path.write_bytes(data)
    with pytest.raises(AudioError):
        load(path, strict=True)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("name", "codec"), FILES)
def test_no_byte_of_a_table_takes_sound_away_in_silence(tmp_path, name, codec, seed):
    path = tmp_path / name
    data = written_by_ffmpeg(path, codec)
    whole = load(path).n_samples
    places = []
    for box in BOXES:
        at = data.find(box) - 4
        places += range(at + 8, at + min(60, struct.unpack(">I", data[at : at + 4])[0])) if at > 0 else ()
    silent = []
    for place in np.random.default_rng(seed).choice(places, 60, replace=False):
        for bits in (0x40, 0xFF):
            changed = bytearray(data)
            changed[place] ^= bits
            path.write_bytes(changed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    clip = load(path)
                except AudioError:
                    continue
            is_said = any(notice.is_doubt for notice in clip.notices)
            if not is_said and (clip.sample_rate != RATE or abs(clip.n_samples - whole) > 0.035 * whole):
                silent.append((int(place), bits, clip.n_samples))
    assert silent == []


def test_sound_that_is_cut_out_by_an_edit_is_no_damage(tmp_path):
    path = tmp_path / "a.m4a"
    data = bytearray(written_by_ffmpeg(path, "aac"))
    at = data.index(b"elst") + 12
    tkhd = data.index(b"tkhd") + 24
    data[at : at + 4] = data[tkhd : tkhd + 4] = struct.pack(">I", 1200)
    path.write_bytes(data)
    assert disagreement(path) is None
    assert abs(load(path, strict=True).n_samples - 1.2 * RATE) < 1100


def test_boxes_of_other_sizes_and_fragments_are_left_alone(tmp_path):
    path = tmp_path / "a.m4a"
    data = written_by_ffmpeg(path, "aac")
    assert re.search(rb"stts", data)
    path.write_bytes(data[: data.index(b"moov") - 4])
    assert disagreement(path) is None
    path.write_bytes(data + struct.pack(">I4s", 8, b"moof"))
    assert disagreement(path) is None


@pytest.mark.parametrize("name", [b"trak", b"mdia", b"stbl"])
def test_boxes_within_boxes_without_end_are_not_followed(tmp_path, name):
    path = tmp_path / "a.m4a"
    boxes = b""
    for _ in range(5000):
        boxes = struct.pack(">I4s", 8 + len(boxes), name) + boxes[:80_000]
    path.write_bytes(struct.pack(">I8sI", 16, b"ftypM4A ", 0) + struct.pack(">I4s", 8 + len(boxes), b"moov") + boxes)
    assert disagreement(path) in ("boxes", None)
    with pytest.raises(AudioError):
        load(path)
