"""Audiomentations transforms by name and as objects."""

from __future__ import annotations

import sys

import audiomentations
import numpy as np
import pytest

from specaug_listen import Audio
from specaug_listen._records import from_json, to_json
from specaug_listen.custom.waveform import WaveformDraw, get_waveform, read_waveform
from specaug_listen.errors import ParameterError


def test_an_object_of_audiomentations_is_taken_and_written_down(speechlike):
    stage = audiomentations.Compose(
        [
            audiomentations.TimeMask(p=1.0),
            audiomentations.SomeOf((1, 2), [audiomentations.PolarityInversion(p=1.0), audiomentations.Gain(p=1.0)]),
        ],
        shuffle=True,
    )
    draw = get_waveform(stage).draw(speechlike, rng=3)
    assert stage.transforms[0].parameters["should_apply"] is None
    assert draw.is_repeatable
    again = from_json(WaveformDraw, to_json(draw))
    np.testing.assert_array_equal(again.apply(speechlike).samples, draw.apply(speechlike).samples)


def test_an_object_that_names_do_not_bring_back_is_heard_and_its_replay_refused(speechlike):
    stage = audiomentations.Compose([audiomentations.Lambda(lambda samples, sample_rate: -samples, p=1.0)])
    draw = get_waveform(stage).draw(speechlike, rng=0)
    np.testing.assert_array_equal(draw.apply(speechlike).samples, -speechlike.samples)
    with pytest.raises(ParameterError, match="cannot be rebuilt from names and parameters"):
        from_json(WaveformDraw, to_json(draw)).apply(speechlike)


def test_frozen_parameters_stay_frozen(speechlike):
    gain = audiomentations.Gain(p=1.0)
    gain(speechlike.samples[0], 16000)
    gain.freeze_parameters()
    expected = gain(speechlike.samples[0], 16000)
    made = get_waveform(gain).draw(speechlike, rng=0).apply(speechlike)
    np.testing.assert_array_equal(made.samples[0], expected)


def test_a_transform_that_fails_is_an_error_of_ours(speechlike):
    stage = audiomentations.Lambda(lambda samples, sample_rate: 1 / 0, p=1.0)
    with pytest.raises(ParameterError, match="audiomentations raised ZeroDivisionError: division by zero"):
        get_waveform(stage).draw(speechlike, rng=0)


def test_what_fails_on_a_clip_names_its_transform(tmp_path):
    (tmp_path / "stage.yaml").write_text(
        "- OneOf:\n  - BandStopFilter: {min_center_freq: -2, max_center_freq: -1, p: 1.0}"
    )
    stage = read_waveform(tmp_path / "stage.yaml")
    with pytest.raises(ParameterError, match="waveform 'stage': BandStopFilter: audiomentations raised ValueError: "):
        stage.draw(Audio(np.sin(np.arange(16000) * 0.2), 16000), rng=0)


def test_a_package_that_a_transform_lacks_is_told_in_our_line_alone(speechlike, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "pyroomacoustics", None)
    stage = get_waveform(audiomentations.RoomSimulator(p=1.0))
    with pytest.raises(ParameterError, match=r"RoomSimulator: needs the package pyroomacoustics, .*; pip install '"):
        stage.draw(speechlike, rng=0)
    assert capfd.readouterr() == ("", "")
