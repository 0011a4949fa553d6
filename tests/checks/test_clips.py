"""The argument `clips` of a check: sounds, paths, (name, sound), and refusals of anything else."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Audio, save
from specaug_listen.checks import check, speech_like
from specaug_listen.errors import AudioError, ParameterError

CLIP = speech_like(0.5, 16000)


def lengths(clips):
    return check("none", clips=clips, draws=100).report.clips


@pytest.mark.parametrize("clips", [CLIP, [CLIP], (CLIP,), iter([CLIP])])
def test_sounds_are_numbered(clips):
    assert lengths(clips) == {"clip 1": 50}


@pytest.mark.parametrize("clips", [("mine", CLIP), [("mine", CLIP)]])
def test_a_name_is_kept(clips):
    assert lengths(clips) == {"mine": 50}


def test_paths_are_read_of_files_and_of_folders(tmp_path):
    save(tmp_path / "one.wav", CLIP)
    assert lengths(tmp_path / "one.wav") == lengths(str(tmp_path)) == lengths([str(tmp_path / "one.wav")])
    assert lengths([tmp_path, CLIP]) == {"one.wav": 50, "clip 2": 50}


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        (3, "clips=3: expected an Audio, the path of a file or folder, or"),
        (b"x.wav", "clips=b'x.wav': expected an Audio"),
        ({"a": CLIP}, "clips={'a': .*: expected an Audio"),
        (np.zeros(9), r"clips=array\(.*: expected an Audio"),
        ([], "clips holds no audio; give some, or clips=None for synthetic clips"),
        ((), "clips holds no audio"),
        ([CLIP, None], r"clips\[1\]=None: expected an Audio"),
        ([np.zeros((40, 40))], r"clips\[0\]=array\(.*: expected an Audio"),
        ([("mine", 3)], r"clips\[0\]=\('mine', 3\): expected an Audio"),
    ],
)
def test_what_is_no_clip_is_refused_in_one_line(clips, message):
    with pytest.raises(ParameterError, match=message) as raised:
        lengths(clips)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("clips", ["nowhere.wav", ["nowhere.wav"], ""])
def test_a_path_without_a_file_is_an_error_of_audio(clips):
    with pytest.raises(AudioError, match=r"clips\[0\]: "):
        lengths(clips)


def test_a_file_that_is_no_sound_is_named(tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(AudioError, match=r"text\.wav: not readable as audio"):
        lengths([tmp_path / "text.wav"])


def test_one_name_may_be_ignored_without_a_list():
    assert check("none", clips=[Audio(CLIP.samples, 16000)], ignore="nothing-applied", draws=100).is_clean


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ignore": "fil-loud"}, "ignore='fil-loud': no such finding; did you mean 'fill-loud'"),
        ({"ignore": ["a", "fill-loud", 3]}, r"ignore='a', 3: no such finding \(known: "),
        ({"ignore": 5}, "ignore=5: expected a finding's name, or a list of them"),
        ({"ignore": None}, "ignore=None: expected a finding's name, or a list of them"),
        ({"share": None}, r"share=None: expected a number in \(0, 1\]"),
        ({"share": True}, r"share=True: expected a number in \(0, 1\]"),
        ({"max_time_share": "half"}, "max_time_share='half': expected a number"),
    ],
)
def test_options_of_another_type_are_refused_in_one_line(options, message):
    with pytest.raises(ParameterError, match=message):
        check("none", **options)
