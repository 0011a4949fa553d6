"""Lengths are compared, cells that nothing explains are counted, and what cannot be compared is refused."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import MelSpectrogram, frontends
from specaug_listen.errors import ParameterError
from specaug_listen.inspection import inspect_change


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def test_cells_that_nothing_explains_are_counted(mel, rng):
    values = mel.values.copy()
    cells = rng.choice(values.size, 96, replace=False)
    values.flat[cells] += 1
    change = inspect_change(mel, mel.with_values(values))
    assert change.unexplained_ratio == pytest.approx(0.01, abs=0.001)
    assert change.changed_ratio == pytest.approx(0.01)
    assert "1 % of the cells changed for another reason" in str(change)


@pytest.mark.parametrize(
    ("change_frames", "length"),
    [
        (lambda v: v[:, :-7], "cut at the end"),
        (lambda v: v[:, 7:], "cut at the start"),
        (lambda v: np.pad(v, ((0, 0), (0, 7)), mode="edge"), "longer at the end"),
        (lambda v: np.pad(v, ((0, 0), (7, 0)), mode="edge"), "longer at the start"),
        (lambda v: v[:, np.linspace(0, 119, 140).round().astype(int)], "stretched"),
    ],
)
def test_a_change_of_length_is_told(speechlike, change_frames, length):
    mel = frontends.LHOTSE(speechlike)
    after = MelSpectrogram(change_frames(mel.values), mel.frontend)
    change = inspect_change(mel, after)
    assert (change.length, change.n_frames_before, change.n_frames) == (length, 120, after.n_frames)
    assert change.bands == ()


def test_a_mask_in_a_clip_that_was_cut_is_recovered(mel):
    values = mel.values[:, :-9].copy()
    values[:, 30:40] = 0
    change = inspect_change(mel, MelSpectrogram(values, mel.frontend))
    assert change.length == "cut at the end"
    assert [(s.start_frame, s.n_frames) for s in change.spans] == [(30, 10)]


def test_a_clip_of_one_frame_can_be_compared():
    mel = MelSpectrogram(np.linspace(-1, 1, 80)[:, None], frontends.WHISPER)
    assert inspect_change(mel, mel).is_nothing
    assert not inspect_change(mel, mel.with_values(mel.values * 0)).is_nothing


def test_mels_of_two_front_ends_are_refused(mel, speechlike):
    with pytest.raises(ParameterError, match="mels of front-ends 'whisper' and 'lhotse': expected two of one"):
        inspect_change(mel, frontends.LHOTSE(speechlike))
    with pytest.raises(ParameterError, match="after is ndarray: expected a MelSpectrogram"):
        inspect_change(mel, mel.values)
