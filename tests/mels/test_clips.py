"""Clips that are mels: parts, and files that change while they are read."""

from __future__ import annotations

import os

import numpy as np
import pytest
from some_mels import MEL, OTHER, READY

from specaug_listen.errors import AudioError
from specaug_listen.mels import clip_of_file, clips_of_file, list_mels
from specaug_listen.mels.clips import mel_part


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pt"])
@pytest.mark.parametrize("how", ["removed", "fewer", "cut"])
def test_a_file_that_became_another_since_it_was_listed_is_refused_in_one_line(tmp_path, suffix, how):
    def write(array):
        if suffix == ".pt":
            torch = pytest.importorskip("torch")
            torch.save({"a": torch.tensor(array)}, path)
        elif suffix == ".npz":
            np.savez(path, a=array, b=array)
        else:
            np.save(path, array)

    path = tmp_path / f"mel{suffix}"
    write(np.stack([MEL, MEL, MEL]))
    *_, last = list_mels(path)
    if how == "fewer":
        write(MEL[np.newaxis])
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.unlink()
    with pytest.raises(AudioError, match=rf"mel\{suffix}[^\n]*$"):
        clip_of_file(last, READY)


def test_a_file_that_becomes_another_between_its_mel_and_its_hash_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "mel.npy"
    np.save(path, MEL)
    [one] = list_mels(path)
    part = mel_part

    def cut(*given):
        os.truncate(path, 100)
        return part(*given)

    monkeypatch.setattr("specaug_listen.mels.clips.mel_part", cut)
    with pytest.raises(AudioError, match=r"mel\.npy: cannot be read \(became another file while it was read\)"):
        clip_of_file(one, READY)


def test_a_part_is_taken_in_whole_frames(tmp_path):
    np.save(tmp_path / "x.npy", OTHER)
    (clip,) = clips_of_file(tmp_path / "x.npy", READY, start_s=0.1, duration_s=0.2)
    assert np.array_equal(clip.mel.values, OTHER[:, 10:30])
    with pytest.raises(AudioError, match="is after the end"):
        clips_of_file(tmp_path / "x.npy", READY, start_s=9.0)
