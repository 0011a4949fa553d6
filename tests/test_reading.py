"""Parts of files, block after block; what can be wrong with a file is in test_audio_files.py."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import load
from specaug_listen._reading import lasts_longer, opened
from specaug_listen.errors import AudioError, OutputError, ParameterError

RATE = 8000


@pytest.fixture
def path(tmp_path, rng):
    sf.write(tmp_path / "clip.wav", rng.uniform(-0.5, 0.5, (4000, 2)), RATE, subtype="FLOAT")
    return tmp_path / "clip.wav"


@pytest.mark.parametrize("size", [1, 7, 1000, 4000, 9999])
@pytest.mark.parametrize(("start_s", "duration_s"), [(0.0, None), (0.1, None), (0.1, 0.2503), (0.4999, 9.0)])
def test_blocks_are_the_samples_that_load_gives(path, size, start_s, duration_s):
    whole = load(path, start_s=start_s, duration_s=duration_s)
    with opened(path, start_s, duration_s) as span:
        assert (span.n_samples, span.begin) == (whole.n_samples, round(start_s * RATE))
        blocks = list(span.blocks(size))
    assert {len(block) for block in blocks[:-1]} <= {size}
    assert 0 < len(blocks[-1]) <= size
    np.testing.assert_array_equal(np.concatenate(blocks).T, whole.samples)


def test_blocks_can_be_had_again_and_begin_where_the_span_does(path):
    with opened(path, 0.1, 0.2) as span:
        first = next(span.blocks(100))
        next(span.blocks(1000))
        again = list(span.blocks(100))
    np.testing.assert_array_equal(again[0], first)
    assert sum(map(len, again)) == 1600


def test_the_hash_is_that_of_the_whole_file(path):
    with opened(path, 0.1, 0.2) as span:
        assert span.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("error", [AudioError, ParameterError])
def test_what_is_refused_while_it_is_read_carries_the_files_name(path, error):
    with pytest.raises(AudioError, match=r"clip\.wav: the middle is bad$"), opened(path, 0.0, None):
        raise error("the middle is bad")


def test_what_is_wrong_with_other_files_is_not_put_down_to_this_one(path):
    with pytest.raises(OutputError, match=r"^somewhere: full$"), opened(path, 0.0, None):
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
    with opened(tmp_path / "clip.flac", 0.5, None) as span:
        assert span.n_exact is None
        assert span.n_samples == sum(map(len, span.blocks(999))) == 66000
    with opened(tmp_path / "clip.flac", 0.5, 0.25) as span:
        assert span.n_samples == sum(map(len, span.blocks(999))) == 2000


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_a_file_is_longer_than_what_it_holds_and_no_more_of_it_is_read(tmp_path, suffix):
    sf.write(tmp_path / f"clip{suffix}", np.zeros(2 * RATE), RATE)
    assert lasts_longer(tmp_path / f"clip{suffix}", 1.9)
    assert not lasts_longer(tmp_path / f"clip{suffix}", 2.0)
    assert not lasts_longer(tmp_path / "missing.wav", 0.0)
