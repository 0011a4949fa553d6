"""Exit code 1 for faulty files, 2 for a faulty command line, for every kind of file and every command."""

from __future__ import annotations

import gzip
import importlib.util
import json

import numpy as np
import pytest
from commandline import run

import specaug_listen as sl

DAMAGED = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'shape': (80"
INVERT = "invert {} -o out --frontend whisper"
MELS = {name: INVERT for name in ("m.npy", "m.npz", "m.pt", "m.h5", "m.ark", "m.scp", "m.jsonl", "m.jsonl.gz")}
OTHERS = {
    "x.wav": "audition {} -o out",
    "m.npz": "audition {} -o out --frontend whisper",
    "y.wav": "sweep {} -o out --vary T=3,4",
    "p.yaml": "audition good.wav -o out --policy {}",
    "q.yaml": "policy show {}",
    "r.json": "policy convert {} --to nemo",
    "f.yaml": "audition good.wav -o out --frontend {}",
    "w.yaml": "audition good.wav -o out --waveform {}",
    "v.yaml": "audition good.wav -o out --vocoder {}",
    "s.npz": "invert good.npy -o out --frontend whisper --stats {}",
    "t.json": "invert good.npy -o out --frontend whisper --stats {}",
    "draw-1.json": "replay {} -o out",
    "audition.json": "report .",
    "sweep.json": "report .",
}
HAS_TORCH = importlib.util.find_spec("torch") is not None
CASES = [(name, line) for name, line in [*MELS.items(), *OTHERS.items()] if HAS_TORCH or name != "m.pt"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    sl.save(tmp_path / "good.wav", sl.Audio([0.0, 0.5] * 4000, 16000))
    np.save(tmp_path / "good.npy", np.zeros((80, 50), np.float32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "content",
    [DAMAGED, b"", gzip.compress(b"[1, 2", mtime=0), json.dumps({"format": 3}).encode()],
    ids=["damaged", "empty", "gzip", "json"],  # the same names in every worker
)
def test_a_file_of_other_content_is_at_fault(here, subtests, content):
    for name, command in CASES:
        with subtests.test(command.format(name)):
            (here / name).write_bytes(content)
            ran = run(*command.format(name).split())
            errors = [line for line in ran.err.splitlines() if line.startswith("error: ")]
            assert (ran.code, len(errors)) == (1, 1), ran
            assert name in errors[0]
            (here / name).unlink()


def test_a_path_without_a_file_is_mistyped(here, subtests):
    for name, command in CASES:
        with subtests.test(command.format(name)):
            assert run(*command.format(name).split()).code == 2


@pytest.mark.parametrize("name", ["x.wav", "p.yaml"])
def test_a_check_ends_with_1_for_findings_alone(here, name):
    (here / name).write_bytes(DAMAGED)
    policy, *paths = ["p.yaml"] if name == "p.yaml" else ["LD", "x.wav"]
    assert run("check", "--policy", policy, *paths).code == 2
