"""Tensors are found in lists and dictionaries, whose number and depth are bounded."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from some_mels import MEL, values_of

from specaug_listen.errors import AudioError
from specaug_listen.mels import list_mels


def test_tensors_within_lists_and_dictionaries_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    mels = [torch.from_numpy(MEL * gain) for gain in (1, 0.9, 0.8)]
    torch.save([{"mel": mels[0], "id": "a"}, {"mel": mels[1], "rest": [mels[2], 3]}], tmp_path / "x.pt")
    values = values_of(tmp_path / "x.pt")
    assert list(values) == ["0.mel", "1.mel", "1.rest.0"]
    assert np.array_equal(values["1.rest.0"], mels[2])


def test_lists_within_themselves_or_too_many_times_are_refused(tmp_path, subtests):
    torch = pytest.importorskip("torch")
    itself, many = [torch.ones(80, 30)], [torch.ones(80, 30)]
    itself.append(itself)
    for _ in range(8):
        many = [many] * 10
    for name, nested in {"itself": itself, "many": many}.items():
        with subtests.test(name=name):
            torch.save(nested, tmp_path / "x.pt")
            with pytest.raises(AudioError, match=r"x\.pt: more than 1000000 values, or more than 16 lists within each"):
                list_mels(tmp_path / "x.pt")
    torch.save({"a.b": torch.ones(80, 30), "a": {"b": torch.ones(80, 30)}}, tmp_path / "x.pt")
    with pytest.raises(AudioError, match=r"x\.pt: two arrays have the name 'a\.b'"):
        list_mels(tmp_path / "x.pt")


def test_tensors_of_other_floats_are_read_nested_ones_are_several_and_those_of_no_values_are_told(tmp_path):
    torch = pytest.importorskip("torch")
    mel = torch.from_numpy(MEL)
    torch.save(mel.to(torch.float8_e4m3fn), tmp_path / "x.pt")
    (values,) = values_of(tmp_path / "x.pt").values()
    assert np.array_equal(values, mel.to(torch.float8_e4m3fn).to(torch.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a prototype, says torch
        torch.save(torch.nested.nested_tensor([mel, mel[:, :20]]), tmp_path / "nested.pt")
    assert [array.shape for array in values_of(tmp_path / "nested.pt").values()] == [mel.shape, (len(mel), 20)]
    torch.save({"mel": mel.to("meta")}, tmp_path / "meta.pt")
    with pytest.raises(AudioError, match=r"meta\.pt:mel: a tensor of the device meta, which has a shape and no values"):
        list_mels(tmp_path / "meta.pt")
