"""Presets have the values of their upstreams, written here independently from the published code."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from specaug_listen import frontends
from specaug_listen._records import from_json, to_json
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import MelFrontend

# rate, n_fft, win_length, hop_length, n_mels, top of the last filter, frames of ten seconds
GEOMETRY = {
    "espnet": (16000, 512, 512, 128, 80, 8000.0, 1251),
    "fairseq": (16000, 512, 400, 160, 80, 8000.0, 998),
    "hifigan": (22050, 1024, 1024, 256, 80, 8000.0, 861),
    "kaldi": (16000, 512, 400, 160, 23, 8000.0, 998),
    "lhotse": (16000, 512, 400, 160, 80, 7600.0, 1000),
    "librosa": (22050, 2048, 2048, 512, 128, 11025.0, 431),
    "librosa-db": (22050, 2048, 2048, 512, 128, 11025.0, 431),
    "lingvo": (16000, 1024, 400, 160, 80, 7600.0, 998),
    "nemo": (16000, 512, 400, 160, 80, 8000.0, 1000),
    "speechbrain": (16000, 400, 400, 160, 40, 8000.0, 1001),
    "tacotron2": (22050, 1024, 1024, 256, 80, 8000.0, 862),
    "torchaudio": (16000, 400, 400, 200, 128, 8000.0, 801),
    "vocos": (24000, 1024, 1024, 256, 100, 12000.0, 938),
    "wenet": (16000, 512, 400, 160, 80, 8000.0, 998),
    "whisper": (16000, 400, 400, 160, 80, 8000.0, 1000),
    "whisper-128": (16000, 400, 400, 160, 128, 8000.0, 1000),
}
MINE = {"name": "mine", "sample_rate": 16000, "n_fft": 512, "hop_length": 160, "n_mels": 40}


def test_the_presets_are_these_by_their_own_names():
    assert set(frontends.PRESETS) == set(GEOMETRY)
    assert all(frontend.name == name for name, frontend in frontends.PRESETS.items())
    assert frontends.PRESETS["whisper-128"] is frontends.WHISPER_128


def test_a_preset_has_its_upstreams_geometry(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            framing = frontend.framing
            assert GEOMETRY[frontend.name] == (
                frontend.sample_rate,
                framing.n_fft,
                framing.win_length,
                framing.hop_length,
                frontend.n_mels,
                frontend.top_hz,
                framing.n_frames(10 * frontend.sample_rate),
            )


def test_only_torchaudios_defaults_have_empty_filters(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            empty = np.flatnonzero(~frontend.filterbank().any(axis=1))
            assert empty.tolist() == ([0, 3, 6, 13] if frontend.name == "torchaudio" else [])


def test_empty_filters_are_refused_unless_they_are_allowed_and_never_all_of_them():
    with pytest.raises(ParameterError, match=r"4 of 128 mel filters hold no FFT bin \(filters 0, 3, 6, 13\)"):
        dataclasses.replace(frontends.TORCHAUDIO, allow_empty_filters=False).filterbank()
    nothing = {"fmin_hz": 41.0, "fmax_hz": 42.0, "allow_empty_filters": True}
    with pytest.raises(ParameterError, match="128 of 128 mel filters hold no FFT bin"):
        dataclasses.replace(frontends.TORCHAUDIO, **nothing).filterbank()


def test_the_centre_of_a_band_is_where_its_filter_peaks(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            centers_hz = frontend.center_hz()
            bin_hz = frontend.sample_rate / frontend.n_fft
            assert centers_hz.shape == (frontend.n_mels,)
            bank = frontend.filterbank()
            peaks_hz = bank.argmax(axis=1) * bin_hz
            assert (abs(peaks_hz - centers_hz) <= bin_hz)[bank.any(axis=1)].all()


def test_a_preset_comes_back_equal_from_json(subtests):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            assert from_json(MelFrontend, to_json(frontend)) == frontend


def test_two_fields_that_do_not_fit_are_refused(subtests):
    for fields, message in [
        ({"win_length": 513}, r"win_length=513: allowed is at most n_fft=512"),
        ({"win_length": 200, "hop_length": 201}, r"hop_length=201: allowed is at most win_length=200"),
        (
            {"win_length": 2, "hop_length": 1, "window": "hann_symmetric"},
            r"win_length=2: window='hann_symmetric' is 0 everywhere; allowed is 3 or more",
        ),
        ({"hop_length": 513}, r"hop_length=513: allowed is at most win_length=512"),
        ({"fmax_hz": 8000.5}, r"fmax_hz=8000\.5: allowed is at most sample_rate / 2 = 8000\.0"),
        ({"fmin_hz": 8000.0}, r"fmin_hz=8000\.0: allowed is less than fmax_hz=8000\.0"),
        ({"fmin_hz": 500.0, "fmax_hz": 500.0}, r"fmin_hz=500\.0: allowed is less than fmax_hz=500\.0"),
        ({"power": 1.5}, r"power=1\.5: allowed is 1\.0 \(magnitude\) or 2\.0 \(power\)"),
        ({"first_sample": 1}, r"first_sample=1: allowed is 0 where padding='center'"),
        ({"log": "ln", "floor": 0.0}, r"floor=0\.0: allowed is more than 0 where log='ln'"),
    ]:
        with (
            subtests.test(fields=fields, message=message),
            pytest.raises(ParameterError, match=f"^MelFrontend: {message}$"),
        ):
            MelFrontend(**{**MINE, **fields})


def test_fields_at_their_bounds_are_allowed(subtests):
    for fields in [
        {"win_length": 512, "hop_length": 512},
        {"win_length": 1, "hop_length": 1},
        {"fmax_hz": 8000.0},
        {"fmin_hz": 7999.0},
        {"log": None, "floor": 0.0},
        {"power": 1.0},
    ]:
        with subtests.test(fields=fields):
            frontend = MelFrontend(**{**MINE, **fields})
            assert {key: getattr(frontend, key) for key in fields} == fields


def test_a_value_out_of_range_is_refused(subtests):
    for fields, message in [
        ({"sample_rate": 0}, "sample_rate=0: should be greater than or equal to 100"),
        ({"sample_rate": 7}, "sample_rate=7: should be greater than or equal to 100"),
        ({"n_mels": 0}, "n_mels=0: should be greater than 0"),
        ({"hop_length": 160.0}, r"hop_length=160\.0: should be a valid integer"),
        ({"win_length": 0}, "win_length=0: should be greater than 0"),
        ({"preemphasis": 1.0}, r"preemphasis=1\.0: should be less than 1"),
        ({"floor": float("nan")}, "floor=nan: should be less than or equal to 1"),
        ({"shift": float("inf")}, "shift=inf: should be less than or equal to 1000000"),
        ({"input_scale": 0.0}, r"input_scale=0\.0: should be greater than or equal to 0\.001"),
        ({"first_sample": -1}, "first_sample=-1: should be greater than or equal to 0"),
        (
            {"normalize": "global"},
            "normalize='global': should be 'per_feature', 'all_features', 'utterance_cmvn' or 'sentence'",
        ),
        ({"scale": 0.0}, r"scale=0\.0: should be greater than 0"),
        ({"dynamic_range": 0.0}, r"dynamic_range=0\.0: should be greater than 0"),
        ({"window": "box"}, "window='box': should be 'hann', 'hann_symmetric', 'hamming'"),
        ({"mel_norm": "area"}, "mel_norm='area': should be 'slaney'"),
        ({"nmels": 40}, "unknown key 'nmels'; did you mean 'n_mels'?"),
        ({"name": ""}, "name='': string should have at least 1 character"),
    ]:
        with (
            subtests.test(fields=fields, message=message),
            pytest.raises(ParameterError, match=f"^MelFrontend: {message}"),
        ):
            MelFrontend(**{**MINE, **fields})


def empty_filters(n_fft: int, n_mels: int, **fields) -> MelFrontend:
    return MelFrontend(**{**MINE, "n_fft": n_fft, "n_mels": n_mels, **fields})


def test_the_message_about_empty_filters_names_two_fixes_and_each_works(subtests):
    for frontend in [
        empty_filters(512, 256),
        empty_filters(512, 128, mel_scale="htk"),
        empty_filters(200, 80),
        empty_filters(128, 140, hop_length=64),
        empty_filters(512, 200, mel_scale="kaldi", fmin_hz=20.0),
        empty_filters(300, 40, fmin_hz=100.0, fmax_hz=900.0),
    ]:
        with subtests.test(frontend=frontend):
            with pytest.raises(ParameterError, match="mel filters hold no FFT bin") as caught:
                frontend.filterbank()
            n_fft, n_mels = map(
                int, re.search(r"raise n_fft to (\d+), or lower n_mels to (\d+)$", str(caught.value)).groups()
            )
            assert dataclasses.replace(frontend, n_fft=n_fft).filterbank().any(axis=1).all()
            assert dataclasses.replace(frontend, n_mels=n_mels).filterbank().any(axis=1).all()
            with pytest.raises(ParameterError, match="hold no FFT bin"):  # and fewer bands than that were not asked for
                dataclasses.replace(frontend, n_mels=n_mels + 1).filterbank()
