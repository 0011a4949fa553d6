"""What is named is a preset, whatever its case, or a file; another name is refused with the nearest."""

from __future__ import annotations

import dataclasses

import pytest

from specaug_listen import frontends
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frontends import get_frontend


def test_a_preset_is_found_by_its_name(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            assert get_frontend(frontend.name) is frontend
            assert get_frontend(frontend) is frontend


@pytest.mark.parametrize(
    ("name", "hint"),
    [("wisper", "; did you mean 'whisper'?"), ("Librosa_dB", "; did you mean 'librosa-db'?"), ("qqq", "")],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(name, hint):
    known = (
        "espnet, fairseq, hifigan, kaldi, lhotse, librosa, librosa-db, lingvo, nemo, speechbrain, tacotron2, "
        "torchaudio, vocos, wenet, whisper, whisper-128, or a .yaml file"
    )
    with pytest.raises(ParameterError, match=r"^unknown front-end ") as caught:
        get_frontend(name)
    assert str(caught.value) == f"unknown front-end {name!r}{hint} (allowed: {known})"


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json", ".YAML"])
def test_a_path_is_read_and_names_the_front_end_after_the_file(tmp_path, suffix):
    path = tmp_path / f"my mels{suffix}"
    path.write_text('{"base": "whisper", "n_mels": 40}')
    assert get_frontend(str(path)) == dataclasses.replace(frontends.WHISPER, name="my mels", n_mels=40)


def test_a_file_that_is_missing_is_a_policy_error_and_no_unknown_name(tmp_path):
    with pytest.raises(PolicyError, match=r"none\.yaml: the front-end file cannot be read \(No such file"):
        get_frontend(str(tmp_path / "none.yaml"))
    with pytest.raises(PolicyError, match=r"none: the front-end file cannot be read \(No such file") as caught:
        get_frontend(str(tmp_path / "none"))
    assert caught.value.is_missing


def test_a_file_that_is_there_under_another_suffix_is_an_unknown_name(tmp_path):
    (tmp_path / "none").write_text("base: whisper")
    with pytest.raises(ParameterError, match=r"^unknown front-end .*or a \.yaml file\)$"):
        get_frontend(str(tmp_path / "none"))
