"""The command `sweep`."""

from __future__ import annotations

import json
import re

import pytest
from commandline import run

import specaug_listen as sl
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.policies import get_policy


def test_a_sweep_over_policies_gives_each_its_own_front_end_and_says_so(tmp_path, clip):
    names = ["LD", "nemo-conformer", "wenet-whisper"]
    vary = f"policy={','.join(names)}"
    ran = run("sweep", clip, "--vary", vary, "-o", tmp_path / "out", "--vocoder", "original-phase")
    assert ran.code == 0
    for name, frontend in zip(names, ("whisper", "nemo", "whisper-128"), strict=True):
        assert f"note: policy = {name}: front-end {frontend}\n" in ran.err
    cells = json.loads((tmp_path / "out" / "sweep.json").read_text())["cells"]
    assert [(c["frontend"], c["frontend_reason"]) for c in cells] == [
        ("whisper", "default"), ("nemo", "framework"), ("whisper-128", "recipe"),
    ]  # fmt: skip
    page = (tmp_path / "out" / "sweep.html").read_text()
    assert "each policy&#39;s own" in page or "each policy's own" in page
    assert "policy nemo-conformer on nemo" in page
    swept = sl.sweep(clip, vary={"policy": names}, vocoder="original-phase")
    assert [cell.audition.frontend for cell in swept.cells] == [
        choose_frontend(None, get_policy(n)).frontend for n in names
    ]
    assert [row["frontend"] for row in swept.rows] == ["whisper", "nemo", "whisper-128"]
    assert [own.reason for _, own in swept.frontends] == ["default", "framework", "recipe"]


@pytest.mark.parametrize(("name", "message"), [("nosuch.wav", "no such file"), ("", "the folder holds no audio file")])
def test_a_sweep_of_what_is_no_file_is_a_wrong_argument(tmp_path, name, message):
    ran = run("sweep", tmp_path / name, "-o", tmp_path / "out", "--vary", "F=1,2")
    assert (ran.code, (tmp_path / "out").exists()) == (2, False)
    assert re.fullmatch(rf"error: [^\n]*: {message}[^\n]*\n", ran.err), ran.err


def test_a_sweep_says_once_how_a_callable_was_called_and_that_a_call_failed(tmp_path, clip):
    (tmp_path / "chance.py").write_text(
        "calls = []\n\n\ndef mask(mel):\n    calls.append(1)\n    if len(calls) == 1:\n"
        "        raise ValueError('by chance')\n    return mel - 1\n"
    )
    vary = "--vary", "vocoder=original-phase,griffinlim"
    ran = run("sweep", clip, "--policy", f"{tmp_path / 'chance.py'}:mask", *vary, "-o", tmp_path / "out")
    assert ran.code == 0
    assert re.fullmatch(
        r"note: \S*chance\.py:mask was given \(bins, frames\) [^\n]*\n"
        r"note: \S*chance\.py:mask failed while its form was guessed, [^\n]*ValueError: by chance[^\n]*\n",
        ran.err,
    ), ran.err
