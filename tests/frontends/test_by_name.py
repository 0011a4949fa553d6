"""Front-ends by name and from YAML."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from specaug_listen import Audio, frontends
from specaug_listen._records import to_plain
from specaug_listen.errors import PolicyError
from specaug_listen.frontends import MelFrontend, get_frontend, read_frontend

COMPLETE = "sample_rate: 16000\nn_fft: 512\nhop_length: 160\nn_mels: 40\n"


@pytest.fixture
def read(tmp_path):
    def read(text: str) -> MelFrontend:
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return read_frontend(path)

    return read


def test_a_base_gives_every_field_that_the_file_does_not(subtests, read):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            assert read(f"base: {frontend.name}") == dataclasses.replace(frontend, name="mine")
            changed = read(f"base: {frontend.name}\nname: other\nfmin_hz: 33\npad_mode: constant")
            assert changed == dataclasses.replace(frontend, name="other", fmin_hz=33.0, pad_mode="constant")


def test_without_a_base_the_defaults_of_the_class_hold(read):
    expected = MelFrontend(name="mine", sample_rate=16000, n_fft=512, hop_length=160, n_mels=40)
    assert read(COMPLETE) == expected


def test_null_takes_a_bound_of_the_base_back(read):
    assert read("base: hifigan\nfmax_hz: null").top_hz == 11025.0
    assert read("base: librosa-db\nlog: null\ndynamic_range: null").log is None


def test_a_front_end_written_out_in_full_is_the_same(subtests, tmp_path):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            path = tmp_path / "full.yaml"
            path.write_text(yaml.safe_dump(to_plain(frontend)))
            assert read_frontend(path) == frontend


def test_a_front_end_from_a_file_computes_what_its_base_does(read, speechlike):
    mine, base = read("base: lhotse")(speechlike), frontends.LHOTSE(speechlike)
    np.testing.assert_array_equal(mine.values, base.values)


def test_a_file_that_does_not_fit_is_refused_by_name_in_one_line(subtests, read, tmp_path):
    for text, message in [
        ("base: wisper", r"unknown base 'wisper'; did you mean 'whisper'\? \(allowed: espnet, fairseq, hifigan"),
        (COMPLETE + "nmels: 3", r"unknown key 'nmels'; did you mean 'n_mels'\? \(allowed: allow_empty_filters, "),
        ("base: whisper\nn_mels: 80.0", r"n_mels=80\.0: should be a valid integer"),
        ("base: whisper\nn_mels: '80'", "n_mels='80': should be a valid integer"),
        ("base: whisper\nn_mels: true", "n_mels=True: should be a valid integer"),
        ("base: whisper\nn_mels: [80]", r"n_mels=\[80\]: should be a valid integer"),
        ("base: whisper\nn_mels: 0", "n_mels=0: should be greater than 0"),
        ("base: whisper\nscale: .nan", "scale=nan: should be less than or equal to 1000000"),
        ("base: whisper\nscale: .inf", "scale=inf: should be less than or equal to 1000000"),
        ("base: whisper\nlog: dB", "log='dB': should be 'ln', 'log10' or 'db'"),
        ("base: whisper\nname: 2001-01-01", "only numbers, texts, lists and mappings are allowed"),
        ("base: whisper\nfmax_hz: 9000", r"fmax_hz=9000\.0: allowed is at most sample_rate / 2 = 8000\.0"),
        ("base: whisper\nhop_length: 500", "hop_length=500: allowed is at most win_length=400"),
        ("base: whisper\nn_mels: 256", r"front-end 'mine': \d+ of 256 mel filters hold no FFT bin"),
        ("n_mels: 40", "sample_rate is missing"),
        ("base: whisper\nbase: nemo", "the key 'base' is repeated"),
        ("[whisper]", "holds a list; a front-end file is a YAML mapping"),
    ]:
        with subtests.test(text=text, message=message):
            with pytest.raises(PolicyError, match=message) as caught:
                read(text)
            assert str(caught.value).startswith(f"{tmp_path / 'mine.yaml'}: ")
            assert "\n" not in str(caught.value)


def test_the_fix_for_empty_filters_works_in_the_file(read):
    with pytest.raises(PolicyError, match=r"lower n_mels to 149$"):
        read("base: whisper\nn_mels: 160")
    assert read("base: whisper\nn_mels: 149")(Audio(np.zeros(4000), 16000)).n_mels == 149


def test_the_files_on_the_page_about_front_ends_are_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "frontends.md").read_text(encoding="utf-8")
    texts = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(texts) == 3
    for text in texts:
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        base = text.split()[1]
        assert read_frontend(path) != replace(get_frontend(base), name="mine")
