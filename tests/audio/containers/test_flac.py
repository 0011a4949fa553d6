"""A FLAC whose samples are not those that were encoded says so, though its decoder does not."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile as sf
from readings import VOICE, encoded, heard

from specaug_listen import load
from specaug_listen.audio.containers.flac import HEADER_BYTES, FlacMd5
from specaug_listen.errors import AudioError


def test_samples_as_they_were_encoded_have_the_header_s_md5(subtests, tmp_path, rng):
    for n_channels in (1, 2):
        for subtype in ("PCM_S8", "PCM_16", "PCM_24"):
            with subtests.test(subtype=subtype, n_channels=n_channels):
                path = tmp_path / "a.flac"
                sf.write(path, rng.uniform(-1, 1, (5000, n_channels)), 16000, subtype=subtype)
                decoded, _ = sf.read(path, dtype="float32", always_2d=True)
                md5 = FlacMd5(path.read_bytes()[:HEADER_BYTES])
                md5.add(decoded[:1234])
                assert md5.differs
                md5.add(decoded[1234:])
                assert not md5.differs
                assert load(path).notices == ()


def test_other_samples_are_told_of_as_damage(tmp_path, rng):
    path = tmp_path / "a.flac"
    sf.write(path, rng.uniform(-1, 1, 5000), 16000)
    data = bytearray(path.read_bytes())
    data[26] ^= 1  # of the MD5
    path.write_bytes(data)
    with pytest.warns(match="some of the sound differs from what was encoded"):
        (notice,) = load(path).notices
    assert notice.kind == "other-sound"
    assert notice.is_doubt
    assert load(path, start_s=0.1).notices == ()  # of a part, nothing can be told


@pytest.mark.parametrize("header", [b"", b"RIFF" + bytes(38), b"fLaC" + bytes(38)])
def test_without_an_md5_nothing_differs(header):
    md5 = FlacMd5(header)
    md5.add(np.ones((3, 1), np.float32))
    assert not md5.differs


def with_block(data, kind, content):
    """A FLAC with one more block of metadata behind the first one."""
    return data[:42] + bytes([kind]) + len(content).to_bytes(3, "big") + content + data[42:]


def picture_block(data):
    return struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 1, 1, 24, 0, len(data)) + data


def test_sound_in_blocks_before_the_frames_is_told(subtests, tmp_path):
    data = bytes(encoded(VOICE, "FLAC"))
    expected, notices = heard(tmp_path, data)
    assert notices == {}
    mp3, samples = bytes(encoded(VOICE, "MP3")), (VOICE * 32768).astype("<i2").tobytes()
    pixels = np.random.default_rng(0).bytes(9000)
    for kind, content, is_told in [
        (1, bytes(9000), False),
        (1, samples, True),
        (2, b"abcd" + mp3, True),
        (6, picture_block(pixels), False),
        (6, picture_block(pixels + mp3), True),
    ]:
        with subtests.test(kind=kind, is_told=is_told):
            changed = with_block(bytes([*data[:4], data[4] & 0x7F, *data[5:]]), kind, content)
            heard_samples, notices = heard(tmp_path, changed)
            np.testing.assert_array_equal(heard_samples, expected)
            assert notices == ({"junk-before": {"n_bytes": len(content)}} if is_told else {})


def test_the_form_of_the_frames_is_believed_where_the_header_differs(subtests, tmp_path):
    data = bytes(encoded(VOICE, "FLAC", "PCM_16"))
    whole, notices = heard(tmp_path, data)
    assert notices == {}
    for name, place, value in (("rate", 18, 0x10), ("rate", 20, 0x10), ("channels", 20, 0x02), ("bits", 21, 0x80)):
        with subtests.test(name=name, place=place):
            damaged = data[:place] + bytes([data[place] ^ value]) + data[place + 1 :]
            samples, notices = heard(tmp_path, damaged)
            np.testing.assert_array_equal(samples, whole)
            assert list(notices) == ["header-disagrees"]
            assert notices["header-disagrees"]["what"].startswith(name)
            assert load(tmp_path / "clip.bin").sample_rate == 16000
            with pytest.raises(AudioError, match="frames, which are believed"):
                load(tmp_path / "clip.bin", strict=True)


def test_rates_that_have_no_code_are_read_from_the_frames(subtests, tmp_path):
    for rate in (11025, 8000, 12345, 22000, 37800, 48000, 96000, 123450):
        with subtests.test(rate=rate):
            sf.write(tmp_path / "a.flac", VOICE, rate)
            assert [notice for notice in load(tmp_path / "a.flac").notices if notice.is_doubt] == []
            data = bytearray((tmp_path / "a.flac").read_bytes())
            data[18] ^= 0x04
            (tmp_path / "a.flac").write_bytes(data)
            assert load(tmp_path / "a.flac").sample_rate == rate
