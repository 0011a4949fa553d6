"""Statistics from the files that frameworks write."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import yaml

from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frontends import GlobalStatistics, read_frontend, read_statistics, statistics_of_text

FRAMES = np.random.default_rng(0).normal(-5, 2, (200, 3)) * [1, 2, 3]
MEAN, STD = FRAMES.mean(axis=0), FRAMES.std(axis=0)
SUMS, SQUARES = FRAMES.sum(axis=0), np.square(FRAMES).sum(axis=0)
KALDI = np.array([[*SUMS, len(FRAMES)], [*SQUARES, 0]])


def kaldi_binary():
    return b"\0BDM " + struct.pack("<BiBi", 4, 2, 4, 4) + KALDI.tobytes()


def write(path, what):
    if what == "espnet":
        np.savez(path / "s.npz", count=len(FRAMES), sum=SUMS, sum_square=SQUARES)
        return path / "s.npz"
    if what == "pair":
        np.savez(path / "s.npz", mean=MEAN[:, None], std=STD[None])
        return path / "s.npz"
    if what == "rows":
        np.save(path / "s.npy", np.stack([MEAN, STD]))
        return path / "s.npy"
    if what == "kaldi npy":
        np.save(path / "s.npy", KALDI)
        return path / "s.npy"
    if what == "kaldi matrix":
        (path / "global_cmvn").write_bytes(kaldi_binary())
        return path / "global_cmvn"
    if what == "kaldi text":
        rows = "\n".join(" ".join(map(repr, map(float, row))) for row in KALDI)
        (path / "global_cmvn").write_text(f" [\n {rows} ]\n")
        return path / "global_cmvn"
    if what == "kaldi ark":
        (path / "cmvn.ark").write_bytes(b"speaker " + kaldi_binary() + b"other " + kaldi_binary())
        return f"{path / 'cmvn.ark'}:speaker"
    if what == "wenet":
        data = {"mean_stat": SUMS.tolist(), "var_stat": SQUARES.tolist(), "frame_num": len(FRAMES)}
        (path / "s.json").write_text(json.dumps(data))
        return path / "s.json"
    (path / "s.yaml").write_text(yaml.safe_dump({"mean": MEAN.tolist(), "var": (STD**2).tolist()}))
    return path / "s.yaml"


def test_every_form_gives_the_same_mean_and_standard_deviation(subtests, tmp_path):
    for what in ("espnet", "pair", "rows", "kaldi npy", "kaldi matrix", "kaldi text", "kaldi ark", "wenet", "yaml"):
        with subtests.test(what=what):
            found = read_statistics(write(tmp_path, what))
            assert np.allclose(found.mean, MEAN, rtol=1e-5)
            assert np.allclose(found.std, STD, rtol=1e-5)


def test_a_batch_norm_over_the_bins_is_one_mean_and_one_divisor(tmp_path):
    """PANNs' bn0, as torch computes it in evaluation."""
    rng = np.random.default_rng(1)
    norm = {"weight": rng.uniform(0.5, 2, 3), "bias": rng.normal(size=3)}
    norm |= {"running_mean": MEAN, "running_var": STD**2}
    np.savez(tmp_path / "bn.npz", **{f"bn0.{key}": value for key, value in norm.items()})
    found = read_statistics(tmp_path / "bn.npz")
    theirs = (FRAMES - MEAN) / np.sqrt(STD**2 + 1e-5) * norm["weight"] + norm["bias"]
    assert np.allclose((FRAMES - np.array(found.mean)) / np.array(found.std), theirs)


def test_texts_are_numbers_a_word_or_a_file(tmp_path):
    assert statistics_of_text("mean=-4.2677393, std=9.1379948") == GlobalStatistics(-4.2677393, 9.1379948)
    assert statistics_of_text("per-utterance") == "per-utterance"
    assert np.allclose(statistics_of_text(str(write(tmp_path, "pair"))).mean, MEAN)


def test_other_texts_are_refused(subtests):
    for text in ("mean=1", "mean=1,std=two", "mean=1,std=2,var=3", "std=2,std=2", "mean=1 std=2"):
        with subtests.test(text=text), pytest.raises(ParameterError, match="expected mean=NUMBER,std=NUMBER"):
            statistics_of_text(text)


def test_a_deviation_of_zero_is_refused():
    with pytest.raises(ParameterError, match="std"):
        statistics_of_text("mean=0,std=0")


def test_other_files_are_refused_in_words(subtests, tmp_path):
    for name, data, words in [
        ("gone.npz", None, "gone.npz: cannot be read"),
        ("s.json", b'{"epoch": 3}', r"s.json: no statistics \(it contains epoch\); expected mean and std"),
        ("s.json", b'{"mean": ["a"], "std": 1}', "s.json: .*expected real numbers"),
        ("s.json", b'{"count": 0, "sum": [1], "sum_square": [1]}', "a count of 0 frames"),
        ("s.npz", b"PK\x03\x04", "not a NumPy file"),
        ("s.npy", b"\x80\x04K\x01.", "pickles are never loaded"),
        ("cmvn", b"hello world", "hello"),
    ]:
        with subtests.test(name=name, data=data, words=words):
            if data is not None:
                (tmp_path / name).write_bytes(data)
            with pytest.raises(PolicyError, match=words):
                read_statistics(tmp_path / name)


def test_numbers_that_no_statistics_have_are_refused(subtests, tmp_path):
    for data, words in [
        ({"mean": MEAN, "var": -(STD**2)}, r"var is -\d.* in one bin: a variance is at least 0"),
        ({"count": 200, "sum": SUMS, "sum_square": SQUARES / 9}, "the variance of the sums is -"),
        ({"running_mean": MEAN, "running_var": -STD}, "running_var is -"),
        ({"mean": MEAN, "std": STD, "var": STD**2 * 9}, "std and var contradict each other"),
        ({"mean": MEAN, "std": [1.0, 0.0, 1.0]}, "std is 0 in one bin: expected finite numbers above 0"),
        ({"mean": MEAN * 1j, "std": STD}, "expected real numbers"),
    ]:
        with subtests.test(words=words):
            np.savez(tmp_path / "s.npz", **data)
            with pytest.raises(PolicyError, match=words):
                read_statistics(tmp_path / "s.npz")
    # Sums of 32 bits of a bin that hardly changes, and all three of one data set.
    constant = np.float32([1e4]), np.float32([1e4**2 / 100 * (1 - 1e-7)])
    np.savez(tmp_path / "s.npz", count=100, sum=constant[0], sum_square=constant[1])
    assert read_statistics(tmp_path / "s.npz").mean == (100.0,)
    np.savez(tmp_path / "s.npz", mean=MEAN, std=STD, var=STD**2)
    np.testing.assert_allclose(read_statistics(tmp_path / "s.npz").std, STD)


def test_of_several_speakers_one_is_asked_for(tmp_path):
    path = str(write(tmp_path, "kaldi ark")).removesuffix(":speaker")
    with pytest.raises(PolicyError, match="contains 2 matrices: select one, FILE:KEY"):
        read_statistics(path)


# --- in a front-end's YAML ---


def test_a_front_end_s_file_carries_numbers_lists_or_a_file(tmp_path):
    numbers, lists, file = (tmp_path / f"{name}.yaml" for name in ("numbers", "lists", "file"))
    numbers.write_text("base: lhotse\nnormalize: {mean: -4.27, std: 9.14}\n")
    lists.write_text("base: lhotse\nn_mels: 3\nnormalize: {mean: [1, 2, 3], std: [1.5, 2, 3]}\n")
    write(tmp_path, "pair")
    file.write_text("base: lhotse\nn_mels: 3\nnormalize: {file: s.npz}\n")
    assert read_frontend(numbers).normalize == GlobalStatistics(-4.27, 9.14)
    assert read_frontend(lists).normalize == GlobalStatistics((1.0, 2.0, 3.0), (1.5, 2.0, 3.0))
    assert np.allclose(read_frontend(file).normalize.mean, MEAN)


def test_other_normalisations_are_refused_with_the_file_s_name(subtests, tmp_path):
    for line, words in [
        ("{mean: [1, 2], std: 1}", "mean of 2 numbers: expected one, or 80"),
        ("{mean: 1, std: -1}", "normalize"),
        ("{mean: 1}", "normalize"),
        ("{file: gone.npz}", "gone.npz"),
        ("global", "normalize"),
    ]:
        with subtests.test(line=line, words=words):
            path = tmp_path / "f.yaml"
            path.write_text(f"base: lhotse\nnormalize: {line}\n")
            with pytest.raises(PolicyError, match=words):
                read_frontend(path)
