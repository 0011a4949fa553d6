"""MATLAB's files: the clips that libsndfile writes are heard, and whatever else they hold is refused in one line."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile as sf
from oddfiles import VOICE
from scipy.io import savemat

from specaug_listen import load
from specaug_listen.audio.file_search import find_audio
from specaug_listen.errors import AudioError

RATE = 22050.0
SOUND = VOICE[None, :1000].astype("f8")
OTHERS = {
    "the rate's other name": {"fs": RATE, "x": SOUND},
    "the sound first": {"wavedata": SOUND, "samplerate": RATE},
    "the sound's other name": {"samplerate": RATE, "features": SOUND},
    "labels": {"label": np.arange(500.0)[None] % 7},
    "a mel": {"mel": np.ones((4, 300))},
    "sound and labels": {"samplerate": RATE, "wavedata": SOUND, "label": np.arange(500.0)[None] % 7},
    "sound and words": {"samplerate": RATE, "wavedata": SOUND, "text": "words"},
    "a column": {"samplerate": RATE, "wavedata": SOUND.T},
    "complex numbers": {"samplerate": RATE, "wavedata": SOUND * 1j},
}


def test_variables_that_are_no_clip_are_refused_and_left_out_of_folders(subtests, tmp_path):
    for name in OTHERS:
        for version in ("4", "5"):
            with subtests.test(version=version, name=name):
                savemat(tmp_path / "a.mat", OTHERS[name], format=version)
                with pytest.raises(
                    AudioError, match=r"a\.mat: is a MATLAB file whose variables are no clip .*save sound as WAV"
                ):
                    load(tmp_path / "a.mat")
                assert find_audio([tmp_path]).files == []


def test_compressed_variables_and_later_versions_are_refused(tmp_path):
    savemat(tmp_path / "a.mat", {"samplerate": RATE, "wavedata": SOUND}, do_compression=True)
    (tmp_path / "b.mat").write_bytes(
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(999)
    )
    for name in ("a.mat", "b.mat"):
        with pytest.raises(AudioError, match="is a MATLAB file whose variables are no clip"):
            load(tmp_path / name)


@pytest.mark.parametrize("version", ["4", "5"])
def test_variables_with_the_names_of_a_clip_are_one_whoever_wrote_them(tmp_path, version):
    savemat(tmp_path / "a.mat", {"samplerate": RATE, "wavedata": np.concatenate([SOUND, -SOUND])}, format=version)
    clip = load(tmp_path / "a.mat")
    np.testing.assert_allclose(clip.samples, np.concatenate([SOUND, -SOUND]), atol=1e-7)
    assert (clip.sample_rate, clip.notices) == (22050, ())


def test_what_libsndfile_writes_is_heard(subtests, tmp_path):
    for container, rate in [("MAT4", 16000), ("MAT5", 8000), ("MAT5", 96000)]:
        for endian in ("LITTLE", "BIG"):
            for subtype in ("PCM_U8", "PCM_16", "PCM_32", "FLOAT", "DOUBLE"):
                with subtests.test(subtype=subtype, endian=endian, container=container, rate=rate):
                    if container == "MAT4" and subtype == "PCM_U8":
                        pytest.skip("there are none")
                    buffer = io.BytesIO()
                    sf.write(buffer, SOUND.T, rate, format=container, subtype=subtype, endian=endian)
                    (tmp_path / "a.mat").write_bytes(buffer.getvalue())
                    clip = load(tmp_path / "a.mat")
                    np.testing.assert_allclose(clip.samples, SOUND, atol=0.01 if subtype == "PCM_U8" else 1e-4)
                    assert (clip.sample_rate, clip.notices) == (rate, ())
