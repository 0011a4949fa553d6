"""The mel contract: what differs is named, what is exact is converted, all else refused."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import presets
import pytest
from numpy.testing import assert_allclose

from specaug_listen import frontends
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frontends import (
    FAIRSEQ,
    HIFIGAN,
    KALDI,
    LIBROSA,
    LIBROSA_DB,
    NEMO,
    PRESETS,
    WENET,
    WHISPER,
    WHISPER_128,
    MelSpectrogram,
)
from specaug_listen.vocoders import MelContract, read_contract
from specaug_listen.vocoders.neural_contract import CONTRACT_KEYS

OTHERS = {
    "sample_rate": 24000,
    "n_fft": 2048,
    "hop_length": 128,
    "win_length": 800,
    "window": "hamming",
    "padding": "center",
    "n_mels": 64,
    "fmin_hz": 40.0,
    "fmax_hz": 7600.0,
    "mel_scale": "htk",
    "mel_norm": None,
    "power": 2.0,
    "preemphasis": 0.97,
    "preemphasis_per_frame": True,
    "remove_dc_offset": True,
}


def test_a_front_end_fits_the_contract_made_of_it(subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            assert MelContract(frontend).check(frontend) is None


def test_a_field_that_cannot_be_converted_is_refused_with_both_values_and_the_fix(subtests):
    for field, value in OTHERS.items():
        with subtests.test(field=field, value=value):
            own = {"win_length": 1024, "fmax_hz": 8000.0}.get(field, getattr(HIFIGAN, field))
            given = replace(HIFIGAN, **{field: value})
            match = (
                rf"the mel does not fit the contract: {field}={value!r} in front-end 'hifigan', {own!r} in the contract"
            )
            with pytest.raises(
                ParameterError, match=match + r".*; use the front-end 'hifigan', or a model for this one$"
            ):
                MelContract(HIFIGAN).check(given)


def test_all_fields_that_differ_stand_in_one_line():
    with pytest.raises(ParameterError, match=r"sample_rate=16000 .* 22050 .*; n_fft=400, not 1024; hop_") as caught:
        MelContract(HIFIGAN).check(WHISPER)
    assert "\n" not in str(caught.value)


def test_where_no_preset_fits_the_fix_is_a_front_end_file_with_the_models_values():
    contract = MelContract(replace(HIFIGAN, name="mine", hop_length=300, mel_norm=None))
    with pytest.raises(ParameterError, match=r"use a front-end file with hop_length: 300, mel_norm: null, or a model"):
        contract.check(HIFIGAN)


def test_a_default_and_the_value_that_it_stands_for_are_the_same(subtests):
    for field, none, value in [("fmax_hz", None, 11025.0), ("win_length", None, 1024)]:
        with subtests.test(field=field, none=none, value=value):
            said, unsaid = (replace(HIFIGAN, **{field: v}) for v in (value, none))
            assert MelContract(said).check(unsaid) is None
            assert MelContract(unsaid).check(said) is None


def test_what_only_the_ends_and_silence_can_tell_is_not_compared():
    given = replace(HIFIGAN, pad_mode="constant", drop_last_frame=True, magnitude_epsilon=0.0)
    assert MelContract(HIFIGAN).check(given) is None


def test_the_axes_lie_as_the_contract_says(speechlike, subtests):
    for axes in ["mels_frames", "frames_mels"]:
        for batch in [True, False]:
            with subtests.test(axes=axes, batch=batch):
                mel = HIFIGAN(speechlike)
                features = MelContract(HIFIGAN, axes=axes, batch=batch).features(mel)
                assert features.dtype == np.float32
                assert features.flags.c_contiguous
                assert features.shape[: features.ndim - 2] == ((1,) if batch else ())
                plain = features.reshape(features.shape[-2:])
                assert_allclose(plain if axes == "mels_frames" else plain.T, mel.values, atol=1e-5)


def test_every_front_ends_own_contract_gives_its_values_back(speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(speechlike)
            (features,) = MelContract(frontend).features(mel)
            assert_allclose(features, mel.values, rtol=2e-6, atol=2e-3 if frontend is NEMO else 1e-5)


SCALES = {
    "log10": ({"log": "log10"}, lambda energy: np.log10(np.maximum(energy, 1e-5))),
    "db of magnitudes": ({"log": "db"}, lambda energy: 20 * np.log10(np.maximum(energy, 1e-5))),
    "none": ({"log": None}, lambda energy: energy),
    "shift and scale": ({"shift": 4.0, "scale": 0.25}, lambda energy: (np.log(np.maximum(energy, 1e-5)) + 4) / 4),
    "added floor": ({"floor_mode": "add"}, lambda energy: np.log(energy + 1e-5)),
    "higher floor": ({"floor": 1e-2}, lambda energy: np.log(np.maximum(energy, 1e-2))),
}


def test_another_scale_is_converted_exactly(speechlike, subtests):
    for change, expected in SCALES.values():
        with subtests.test(change=change, expected=expected):
            mel = HIFIGAN(speechlike)
            (features,) = MelContract(replace(HIFIGAN, **change)).features(mel)
            assert_allclose(features, expected(mel.energy.astype(float)), rtol=1e-5, atol=1e-5)


def test_db_of_powers_is_ten_times_the_logarithm(speechlike):
    mel = LIBROSA(speechlike)
    (features,) = MelContract(replace(LIBROSA_DB, dynamic_range=None)).features(mel)
    assert_allclose(features, 10 * np.log10(np.maximum(mel.energy.astype(float), 1e-10)), atol=1e-4)


def test_a_dynamic_range_of_the_contracts_is_applied(speechlike):
    mel = LIBROSA(speechlike)
    (features,) = MelContract(LIBROSA_DB).features(mel)
    assert features.max() - features.min() == pytest.approx(80, abs=1e-3)
    assert_allclose(features, LIBROSA_DB(speechlike).values, atol=1e-3)


def test_an_energy_below_the_contracts_floor_is_raised_to_it():
    values = np.full((80, 3), np.log(1e-7), np.float32)
    mel = MelSpectrogram(values, replace(HIFIGAN, floor=1e-8))
    (features,) = MelContract(HIFIGAN).features(mel)
    assert_allclose(features, np.log(1e-5), rtol=1e-6)


def test_what_the_front_end_has_floored_stays_where_it_is():
    mel = MelSpectrogram(np.full((80, 3), np.log(1e-5), np.float32), HIFIGAN)
    (features,) = MelContract(replace(HIFIGAN, floor=1e-8)).features(mel)
    assert_allclose(features, np.log(1e-5), rtol=1e-5)


def test_a_normalisation_of_the_front_ends_is_undone_with_its_statistics(speechlike):
    plain = replace(NEMO, name="plain", normalize=None)
    (features,) = MelContract(plain).features(NEMO(speechlike))
    assert_allclose(features, plain(speechlike).values, atol=2e-3)


def test_a_normalised_contract_takes_the_front_ends_statistics_and_not_the_masked_mels(speechlike):
    mel = NEMO(speechlike)
    values = mel.values.copy()
    values[:, 20:60] = 0.0
    (features,) = MelContract(NEMO).features(mel.with_values(values))
    assert_allclose(features, values, atol=2e-3)


def test_a_normalised_contract_needs_the_statistics_in_its_own_scale(subtests):
    for change, match in [
        ({"normalize": None}, r"normalize=None in front-end 'nemo', 'per_feature' in the contract"),
        ({"log": "log10"}, r"log='log10' in front-end 'nemo', 'ln' in the contract"),
        ({"scale": 0.5}, r"scale=0\.5 in front-end 'nemo', 1\.0 in the contract"),
    ]:
        with subtests.test(change=change, match=match), pytest.raises(ParameterError, match=match):
            MelContract(NEMO).check(replace(NEMO, **change))


def test_a_mel_of_another_front_end_gives_no_features(speechlike):
    with pytest.raises(ParameterError, match="n_mels=80 in front-end 'whisper', 128 in the contract"):
        MelContract(WHISPER_128).features(WHISPER(speechlike))


def test_a_contract_that_cannot_be_is_refused(subtests):
    for wrong, match in [
        ({"frontend": "hifigan"}, r"MelContract: frontend='hifigan': should be an instance of MelFrontend"),
        ({"axes": "bt"}, r"axes='bt': should be 'mels_frames' or 'frames_mels'"),
        ({"batch": 1}, r"batch=1: should be a valid boolean"),
        ({"input_name": ""}, r"input_name=''"),
        ({"frontend": replace(HIFIGAN, n_fft=256, win_length=256)}, r"mel filters hold no FFT bin"),
    ]:
        with subtests.test(wrong=wrong, match=match), pytest.raises(ParameterError, match=match):
            MelContract(**{"frontend": HIFIGAN, **wrong})


@pytest.fixture
def read(tmp_path):
    def read(text: str) -> MelContract:
        path = tmp_path / "model.yaml"
        path.write_text(text)
        return read_contract(path)

    return read


def test_a_file_gives_every_field(read):
    text = """
sample_rate: 24000
n_fft: 1024
hop_length: 256
n_mels: 100
mel_scale: htk
mel_norm: null
power: 1
log: ln
floor: 1e-7
axes: frames_mels
batch: false
input_name: spect
"""
    frontend = frontends.MelFrontend(
        "model", 24000, 1024, 256, 100, mel_scale="htk", mel_norm=None, power=1.0, log="ln", floor=1e-7
    )
    assert read(text) == MelContract(frontend, "frames_mels", batch=False, input_name="spect")


def test_a_base_gives_what_the_file_does_not(read, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            assert read(f"base: {frontend.name}") == MelContract(replace(frontend, name="model"))
            changed = read("base: hifigan\nlog: log10\naxes: frames_mels")
            assert changed == MelContract(replace(HIFIGAN, name="model", log="log10"), axes="frames_mels")


def test_where_the_contract_normalises_the_input_scale_has_to_be_its_own():
    message = r"input_scale=1\.0 in front-end 'mine', 32768\.0 in the contract; use the front-end 'fairseq'"
    with pytest.raises(ParameterError, match=message):
        MelContract(FAIRSEQ).check(replace(FAIRSEQ, name="mine", input_scale=1.0))


def test_samples_as_integers_are_converted(speechlike):
    kaldi_80 = replace(KALDI, name="kaldi-80", n_mels=80)
    features = MelContract(WENET).features(kaldi_80(speechlike))
    floor = np.log(2.0**-23 * 32768**2)  # what kaldi has floored stays there
    assert_allclose(features[0], np.maximum(WENET(speechlike).values, floor), atol=1e-4)


def test_a_wrong_file_is_one_line_with_file_key_value_and_what_is_allowed(read, subtests):
    for text, match in [
        ("base: hifigam", r"unknown base 'hifigam'; did you mean 'hifigan'\? \(allowed: espnet, fairseq, hif"),
        (
            "base: hifigan\nhop_len: 256",
            r"unknown key 'hop_len'; did you mean 'hop_length'\? \(allowed: allow_empty_filters, axes, base, batch, ",
        ),
        ("base: hifigan\naxis: 1", r"unknown key 'axis'; did you mean 'axes'\?"),
        ("base: hifigan\naxes: tb", r"axes='tb': should be 'mels_frames' or 'frames_mels'"),
        ("base: hifigan\nbatch: 2", r"batch=2: should be a valid boolean"),
        ("base: hifigan\nlog: log2", r"log='log2': should be 'ln', 'log10' or 'db'"),
        ("base: hifigan\nn_mels: 0", r"n_mels=0: should be greater than 0"),
        ("base: hifigan\nfmax_hz: 20000", r"fmax_hz=20000\.0: allowed is at most sample_rate / 2 = 11025\.0"),
        ("base: hifigan\nn_fft: 256\nwin_length: 256", r"4 of 80 mel filters hold no FFT bin"),
        ("n_fft: 1024", r"sample_rate is missing"),
        ("[1, 2]", r"holds a list; a contract file is a YAML mapping"),
        ("base: [", r"not valid YAML"),
    ]:
        with subtests.test(text=text, match=match):
            with pytest.raises(PolicyError, match=rf"model\.yaml: (.*: )?{match}") as caught:
                read(text)
            assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(PolicyError, match=r"none\.yaml: the contract file cannot be read \(No such file"):
        read_contract(tmp_path / "none.yaml")


def test_every_key_of_a_front_end_is_one_of_the_contracts():
    assert {field.name for field in fields(HIFIGAN)} < set(CONTRACT_KEYS)
    assert len(set(CONTRACT_KEYS)) == len(CONTRACT_KEYS)
