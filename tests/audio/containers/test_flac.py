"""A FLAC whose samples are not those that were encoded says so, though its decoder does not."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import load
from specaug_listen.audio.containers.flac import HEADER_BYTES, FlacMd5


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
    with pytest.warns(match="some of the sound is not what was encoded"):
        (notice,) = load(path).notices
    assert notice.kind == "other-sound"
    assert notice.is_doubt
    assert load(path, start_s=0.1).notices == ()  # of a part, nothing can be told


@pytest.mark.parametrize("header", [b"", b"RIFF" + bytes(38), b"fLaC" + bytes(38)])
def test_without_an_md5_nothing_differs(header):
    md5 = FlacMd5(header)
    md5.add(np.ones((3, 1), np.float32))
    assert not md5.differs
