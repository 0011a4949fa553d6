"""The waveform stage: audiomentations under a seed."""

from __future__ import annotations

import json
import random

import audiomentations
import numpy as np
import pytest

from specaug_listen import Audio
from specaug_listen._records import from_json, to_json
from specaug_listen.custom.audiomentations import WaveformTransform
from specaug_listen.custom.waveform import Waveform, WaveformDraw, get_waveform, read_waveform
from specaug_listen.errors import ParameterError, PolicyError

COUSINS = """
- TimeMask: {min_band_part: 0.1, max_band_part: 0.2, p: 1.0}
- OneOf:
    p: 1.0
    transforms:
      - BandStopFilter: {min_center_freq: 200.0, max_center_freq: 4000.0, p: 1.0}
      - Gain: {p: 1.0}
- AddGaussianNoise: {p: 1.0}
"""


@pytest.fixture
def cousins(tmp_path):
    path = tmp_path / "cousins.yaml"
    path.write_text(COUSINS)
    return read_waveform(path)


def test_a_draw_says_what_each_transform_drew(cousins, speechlike):
    draw = cousins.draw(speechlike, rng=0)
    assert [one.name for one in draw.steps] == ["TimeMask", "BandStopFilter", "Gain", "AddGaussianNoise"]
    mask = draw.steps[0].parameters
    assert 0.1 <= mask["t"] / speechlike.n_samples <= 0.2
    applied = [one.parameters["should_apply"] for one in draw.steps]
    assert applied[0] is True
    assert applied[1:3] in ([True, None], [None, True])


def test_what_is_recorded_is_what_was_done(speechlike):
    mask = Waveform((WaveformTransform("TimeMask", {"min_band_part": 0.2, "max_band_part": 0.3, "p": 1.0}),))
    draw = mask.draw(speechlike, rng=1)
    t0, t = (draw.steps[0].parameters[key] for key in ("t0", "t"))
    before, after = speechlike.samples[0], draw.apply(speechlike).samples[0]
    np.testing.assert_array_equal(after[:t0], before[:t0])
    np.testing.assert_array_equal(after[t0 + t :], before[t0 + t :])
    assert not after[t0 + t // 2 - 50 : t0 + t // 2 + 50].any()


def test_a_draw_as_json_gives_the_same_sound_to_the_bit(cousins, speechlike):
    draw = cousins.draw(speechlike, rng=5)
    again = from_json(WaveformDraw, to_json(draw))
    assert again == draw
    np.testing.assert_array_equal(again.apply(speechlike).samples, draw.apply(speechlike).samples)


def test_another_seed_is_another_sound(cousins, speechlike):
    sounds = [cousins.draw(speechlike, rng=seed).apply(speechlike).samples for seed in (0, 0, 1)]
    np.testing.assert_array_equal(sounds[0], sounds[1])
    assert (sounds[0] != sounds[2]).any()


def test_global_chance_and_the_clip_are_left_alone(cousins, speechlike):
    before = speechlike.samples.copy()
    states = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    cousins.draw(speechlike, rng=0).apply(speechlike)
    assert random.getstate() == states[0]
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
    np.testing.assert_array_equal(speechlike.samples, before)


def test_a_record_that_was_changed_is_refused(cousins, speechlike):
    data = json.loads(to_json(cousins.draw(speechlike, rng=0)))
    data["transforms"][0]["parameters"]["max_band_part"] = 0.9
    with pytest.raises(ParameterError, match="gives another result than when it was drawn, under audiomentations"):
        from_json(WaveformDraw, json.dumps(data)).apply(speechlike)


def test_lists_and_mappings_and_json_are_read(tmp_path):
    (tmp_path / "a.json").write_text('{"name": "mine", "transforms": ["Gain", {"PolarityInversion": null}]}')
    stage = read_waveform(tmp_path / "a.json")
    assert (stage.name, [each.name for each in stage.transforms]) == ("mine", ["Gain", "PolarityInversion"])
    (tmp_path / "b.yaml").write_text("- OneOf: [Gain, PolarityInversion]")
    assert [each.name for each in read_waveform(tmp_path / "b.yaml").transforms[0].transforms] == [
        "Gain",
        "PolarityInversion",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- Lambda: {}", r"unknown transform 'Lambda' \(its function would have to come from the file\)"),
        ("- os.system: {}", r"unknown transform 'os\.system'"),
        ("- require: {}", r"unknown transform 'require'"),
        ("- TimMask", r"unknown transform 'TimMask'; did you mean 'TimeMask'\?"),
        ("- TimeMask: {min_band: 3}", r"TimeMask: unknown parameter 'min_band'; did you mean 'min_band_part'\?"),
        ("[]", "holds no transforms, so nothing would be applied; list one or more"),
        ("transforms: []", "holds no transforms, so nothing would be applied"),
        ("- Compose: []", r"transforms\[0\]\.Compose: holds no transforms"),
        ("- OneOf:\n    transforms: [SomeOf: []]", r"transforms\[0\]\.OneOf\[0\]\.SomeOf: holds no transforms"),
        (
            "- TimeMask: {p: 2, min_band_part: 0.1}",
            r"TimeMask: audiomentations refuses \{'p': 2\} \(it asserts 0 <= p <=",
        ),
        (
            "- AddGaussianNoise: {p: 1.0, min_amplitude: -1}",
            r"refuses \{'min_amplitude': -1\} \(it asserts min_amplitude",
        ),
        ("- TimeMask: {p: 2, min_band_part: 7}", r"refuses \{'p': 2\}"),
        (
            "- Gain: {min_gain_db: 5, max_gain_db: 1, p: 1.0}",
            r"refuses \{'min_gain_db': 5, 'max_gain_db': 1\} \(min_gain",
        ),
        ("- TimeMask: {min_band_part: 3}", r"TimeMask: audiomentations refuses \{'min_band_part': 3\} \(min_band_part"),
        ("- Gain: {p: x}", r"Gain: audiomentations refuses \{'p': 'x'\}"),
        ("- TimeMask: [1]", r"transforms\[0\]\.TimeMask=\[1\]: allowed is a mapping"),
        ("- {Gain: {}, Shift: {}}", r"transforms\[0\]=.*: allowed is one transform with its parameters"),
        ("- OneOf: {transforms: 3}", r"transforms\[0\]\.OneOf\.transforms=3: allowed is a list"),
        ("transforms: []\nnme: a", r"unknown key 'nme' \(allowed: name, transforms\)"),
        ("transforms: []\nname: 3", r"name=3: should be a valid string"),
        ("3", r"expected a list of transforms"),
        ("- !!python/object:os.system {}", r"the tag .* is not allowed"),
        ("- &a {Gain: {}}\n- *a", r"is not allowed; write"),
        ("- " * 12 + "Gain", r"allowed is one transform with its parameters"),
    ],
)
def test_a_file_that_cannot_be_taken_is_named_in_one_line(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=message) as raised:
        read_waveform(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_another_length_is_refused(speechlike):
    stage = audiomentations.TimeStretch(p=1.0, leave_length_unchanged=False)
    with pytest.raises(ParameterError, match=r"the clip of 19200 samples became .*set leave_length_unchanged: true"):
        get_waveform(stage).draw(speechlike, rng=0)


def test_other_objects_are_no_waveform_stage():
    with pytest.raises(ParameterError, match=r"waveform is int: expected audiomentations\.Compose"):
        get_waveform(3)


def test_stereo_is_refused(cousins):
    with pytest.raises(ParameterError, match="a clip of 2 channels: expected mono"):
        cousins.draw(Audio(np.zeros((2, 8000)), 16000), rng=0)
