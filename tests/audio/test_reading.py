"""Parts of files, block after block; what can be wrong with a file is in test_audio_files.py."""

from __future__ import annotations

import hashlib
import os
import re
import struct
from functools import partial

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import load
from specaug_listen.audio.containers import layout_of
from specaug_listen.audio.reading import channels_of, lasts_longer, open_excerpt
from specaug_listen.errors import AudioError, OutputError, ParameterError

RATE = 8000


@pytest.fixture
def path(tmp_path, rng):
    sf.write(tmp_path / "clip.wav", rng.uniform(-0.5, 0.5, (4000, 2)), RATE, subtype="FLOAT")
    return tmp_path / "clip.wav"


def test_blocks_are_the_samples_that_load_gives(subtests, path):
    for start_s, duration_s in [(0.0, None), (0.1, None), (0.1, 0.2503), (0.4999, 9.0)]:
        for size in (1, 7, 1000, 4000, 9999):
            with subtests.test(size=size, start_s=start_s, duration_s=duration_s):
                whole = load(path, start_s=start_s, duration_s=duration_s)
                with open_excerpt(path, start_s, duration_s) as excerpt:
                    assert (excerpt.n_samples, excerpt.begin) == (whole.n_samples, round(start_s * RATE))
                    blocks = list(excerpt.blocks(size))
                assert {len(block) for block in blocks[:-1]} <= {size}
                assert 0 < len(blocks[-1]) <= size
                np.testing.assert_array_equal(np.concatenate(blocks).T, whole.samples)


def test_blocks_can_be_had_again_and_begin_where_the_span_does(path):
    with open_excerpt(path, 0.1, 0.2) as excerpt:
        first = next(excerpt.blocks(100))
        next(excerpt.blocks(1000))
        again = list(excerpt.blocks(100))
    np.testing.assert_array_equal(again[0], first)
    assert sum(map(len, again)) == 1600


def test_the_hash_is_that_of_the_whole_file(path):
    with open_excerpt(path, 0.1, 0.2) as excerpt:
        assert excerpt.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("error", [AudioError, ParameterError])
def test_what_is_refused_while_it_is_read_carries_the_files_name(path, error):
    with pytest.raises(AudioError, match=r"clip\.wav: the middle is bad$"), open_excerpt(path, 0.0, None):
        raise error("the middle is bad")


def test_what_is_wrong_with_other_files_is_not_put_down_to_this_one(path):
    with pytest.raises(OutputError, match=r"^somewhere: full$"), open_excerpt(path, 0.0, None):
        raise OutputError("somewhere: full")


def test_a_stream_that_does_not_say_how_long_it_is_is_read_whole_and_in_part(tmp_path):
    path = tmp_path / "streamed.flac"
    samples = np.random.default_rng(0).standard_normal(16000) / 10
    sf.write(path, samples, 16000)
    raw = bytearray(path.read_bytes())
    # The last 36 bits of 8 bytes in STREAMINFO: 4 bits and 4 bytes.
    raw[21] &= 0xF0
    raw[22:26] = bytes(4)
    path.write_bytes(raw)
    whole = load(path)
    assert (whole.n_samples, [notice.kind for notice in whole.notices]) == (16000, ["open-length"])
    part = load(path, start_s=0.25, duration_s=0.5)
    np.testing.assert_array_equal(part.samples, whole.samples[:, 4000:12000])


def test_a_length_that_must_be_counted_is_that_of_the_blocks(tmp_path):
    sf.write(tmp_path / "clip.flac", np.random.default_rng(0).standard_normal(70000) / 10, RATE)
    with open_excerpt(tmp_path / "clip.flac", 0.5, None) as excerpt:
        assert excerpt.n_exact is None
        assert excerpt.n_samples == sum(map(len, excerpt.blocks(999))) == 66000
    with open_excerpt(tmp_path / "clip.flac", 0.5, 0.25) as excerpt:
        assert excerpt.n_samples == sum(map(len, excerpt.blocks(999))) == 2000


@pytest.mark.parametrize(("settled_s", "n_parsed"), [(-1, [1, 2]), (3, [2, 4])])
def test_a_file_is_parsed_once_until_it_changes_unless_it_is_too_young(tmp_path, monkeypatch, settled_s, n_parsed):
    sf.write(tmp_path / "clip.mp3", np.sin(np.arange(2 * RATE)) / 2, RATE)
    parsed = []
    monkeypatch.setattr("specaug_listen.audio.reading.layout_of", lambda path: parsed.append(path) or layout_of(path))
    monkeypatch.setattr("specaug_listen.audio.reading._SETTLED_S", settled_s)
    assert lasts_longer(tmp_path / "clip.mp3", 1.0)
    before = load(tmp_path / "clip.mp3").n_samples
    assert len(parsed) == n_parsed[0]
    data = (tmp_path / "clip.mp3").read_bytes()
    (tmp_path / "clip.mp3").write_bytes(data + data)
    assert lasts_longer(tmp_path / "clip.mp3", 3.0)
    assert load(tmp_path / "clip.mp3").n_samples == 2 * before
    assert len(parsed) == n_parsed[1]


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_a_file_is_longer_than_what_it_holds_and_no_more_of_it_is_read(tmp_path, suffix):
    sf.write(tmp_path / f"clip{suffix}", np.zeros(2 * RATE), RATE)
    assert lasts_longer(tmp_path / f"clip{suffix}", 1.9)
    assert not lasts_longer(tmp_path / f"clip{suffix}", 2.0)
    assert not lasts_longer(tmp_path / "missing.wav", 0.0)


# -- files that go, or become others, while they are read -----------------------------------------------


def other_file(path):
    """Another rate, and fewer channels and samples, under the same name."""
    sf.write(path.with_name("other" + path.suffix), np.zeros(100), 2 * RATE)
    os.replace(path.with_name("other" + path.suffix), path)


WAYS_TO_GO = {
    "removed": os.unlink,
    "cut": lambda path: os.truncate(path, 2000),
    "emptied": lambda path: os.truncate(path, 0),
    "another": other_file,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


def read_again(path, between):
    """All samples, after something has been done between counting and reading them."""
    with open_excerpt(path, 0.0, None) as excerpt:
        assert excerpt.n_samples
        between()
        return [block[:, 1] for block in excerpt.blocks(1000)]


def test_a_file_that_goes_before_it_is_read_again_is_said_in_one_line(subtests, tmp_path, rng):
    for suffix in (".wav", ".flac", ".ogg", ".mp3", ".aiff"):
        for name, go in WAYS_TO_GO.items():
            with subtests.test(name=name, suffix=suffix):
                path = tmp_path / f"clip{suffix}"
                sf.write(path, rng.uniform(-0.5, 0.5, (4000, 2)), RATE)
                said = rf"clip{suffix}: cannot be read \(became another file while it was read\)[^\n]*$"
                with pytest.raises(AudioError, match=said):
                    read_again(path, partial(go, path))


def test_a_file_that_goes_behind_the_last_sample_is_no_longer_the_one_whose_hash_was_taken(path):
    def read():
        with open_excerpt(path, 0.0, None) as excerpt:
            assert list(excerpt.blocks(1000))
            os.truncate(path, 100)

    with pytest.raises(AudioError, match="became another file while it was read"):
        read()


def test_what_libsndfile_complains_of_at_the_second_opening_is_one_line(path, monkeypatch):
    def refuse(self):
        raise sf.LibsndfileError(2)

    def between():
        monkeypatch.setattr("specaug_listen.audio.sndfile_decoder.SndfileDecoder._open", refuse)

    with pytest.raises(AudioError, match=r"clip\.wav: cannot be read \(System error\)"):
        read_again(path, between)


def test_what_cannot_be_read_again_is_not_longer_and_of_one_channel(path, monkeypatch):
    def refuse(self, begin):
        raise sf.LibsndfileError(2)

    monkeypatch.setattr("specaug_listen.audio.sndfile_decoder.SndfileDecoder.blocks", refuse)
    sf.write(path.with_suffix(".ogg"), np.zeros((2 * RATE, 2)), RATE)
    assert not lasts_longer(path.with_suffix(".ogg"), 0.1)
    path.with_suffix(".ogg").unlink()
    assert channels_of(path.with_suffix(".ogg")) == 1


def test_what_no_parser_expects_is_an_error_of_one_file(path, monkeypatch):
    def fail(path):
        raise IndexError("bytes index out of range")

    monkeypatch.setattr("specaug_listen.audio.reading.layout_of", fail)
    with pytest.raises(AudioError, match=r"clip\.wav: its structure cannot be followed \(IndexError bytes index"):
        load(path)


def test_headers_that_are_impossible_are_not_called_cut(subtests, tmp_path):
    for tag, n_channels, rate, bits, told in [
        (3, 1, RATE, 16, "samples of a width that nothing here reads, such as floats of 16 bits"),
        (1, 1, 0, 16, "a sample rate of 0, or of 2^31 Hz and more"),
        (1, 1, 1 << 31, 16, "a sample rate of 0, or of 2^31 Hz and more"),
        (1, 2000, RATE, 16, "more than 1024 channels"),
    ]:
        with subtests.test(told=told, rate=rate):
            align = n_channels * bits // 8
            form = struct.pack("<HHIIHH", tag, n_channels, rate, rate * align & 0xFFFFFFFF, align, bits)
            body = b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", 8 * align) + bytes(8 * align)
            (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
            with pytest.raises(AudioError, match=re.escape(f"is a WAV file whose header tells {told}; make it again")):
                load(tmp_path / "a.wav")


def test_a_manifest_in_place_of_a_clip_is_named(tmp_path):
    (tmp_path / "train.json").write_text('{"audio_filepath": "a.wav", "duration": 1.0}')
    with pytest.raises(AudioError, match=r"train\.json: no sound, but a list or manifest by its name; give the sound"):
        load(tmp_path / "train.json")
