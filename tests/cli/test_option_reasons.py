"""Refusals of options name only what was typed, never a default policy or framework."""

from __future__ import annotations

import pytest
from commandline import run, run_apart

import specaug_listen as sl
from specaug_listen.auditions import Configuration
from specaug_listen.checks import speech_like
from specaug_listen.custom.adapter import Adapter
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frontends import WHISPER
from specaug_listen.sweeps.axes import with_values
from specaug_listen.vocoders import get_vocoder

NEITHER = "but --policy is missing; give it, or leave {} out"
SEVERAL = "policies are varied"
MASKS = """
import numpy as np

def mask(mel):
    mel = mel.copy()
    mel[:, : np.random.randint(1, 9)] = 0.0
    return mel
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    sl.save(tmp_path / "x.wav", speech_like(0.5, 16000))
    (tmp_path / "a.yaml").write_text("specaug: specaug\nspecaug_conf: {apply_time_mask: true, num_time_mask: 2}\n")
    (tmp_path / "my_masks.py").write_text(MASKS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("audition x.wav --framework espnet", NEITHER.format("--framework")),
        ("audition x.wav --adapter scale=db", NEITHER.format("--adapter")),
        ("audition x.wav --exact-rng", NEITHER.format("--exact-rng")),
        ("sweep x.wav --framework espnet --vary T=3,4", NEITHER.format("--framework")),
        ("sweep x.wav --framework espnet --vary framework=espnet,nemo", NEITHER.format("--framework")),
        ("sweep x.wav --framework espnet --vary policy=a.yaml,LD", SEVERAL),
        ("sweep x.wav --framework espnet --vary policy=a.yaml,LD --policy a.yaml", SEVERAL),
        ("sweep x.wav --set T=3 --vary policy=LD,SS", "T=3 changes one policy, and several are varied"),
        ("audition x.wav --exact-rng --policy my_masks:mask", "policy 'my_masks:mask': a callable draws as it likes"),
        ("audition x.wav --exact-rng --policy SS", "policy 'SS' draws as framework 'paper'"),
        ("check my_masks:mask --set T=3", "a callable is checked as it is; leave out parameters (--set)"),
        ("check --policy my_masks:mask,T=3", "a callable is checked as it is; leave out parameters (--set)"),
    ],
)  # fmt: skip
def test_reasons_name_what_was_typed(here, typed, reason):
    out = [] if typed.startswith("check") else ["-o", "out"]
    ran = run(*typed.split(), *out)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert reason in ran.err
    assert typed.count("LD") >= ran.err.count("LD")
    assert not (here / "out").exists()


def test_a_callable_with_parameters_is_refused_before_it_is_imported(here):
    (here / "leaves.py").write_text("import os\nos._exit(0)\n")
    for typed in (["leaves:mask", "--set", "T=3"], ["--policy", "leaves:mask,T=3"], ["leaves.py:mask", "--set", "T=3"]):
        ran = run_apart("check", *typed, cwd=here)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_what_is_said_of_one_policy_is_refused_where_several_are_varied(here):
    clip = sl.load("x.wav")
    for options, reason in [
        ({"framework": "espnet"}, "framework 'espnet' is for one file"),
        ({"adapter": Adapter(scale="db")}, "an adapter is for one callable"),
        ({"parameters": ["T=3"]}, "T=3 changes one policy"),
    ]:
        with pytest.raises(ParameterError, match=reason):
            sl.sweep(clip, vary={"policy": ["LD", "SS"]}, **options)


@pytest.mark.parametrize("values", [{"policy": "nemo"}, {"framework": "nemo"}])
def test_what_is_varied_is_in_the_batch_that_was_asked_for(values):
    run = Configuration(WHISPER, get_policy("espnet", batch="4x5000"), get_vocoder("joint"), 1, 0)
    assert with_values(run, values).policy.batch == run.policy.batch
    assert run.policy.batch.size == 4


def test_each_policy_that_is_varied_needs_the_generator_that_was_asked_for():
    pytest.importorskip("torch", reason="espnet draws with torch, which is not installed")
    run = Configuration(WHISPER, get_policy("espnet", exact_rng=True), get_vocoder("joint"), 1, 0)
    assert with_values(run, {"policy": "wenet"}).policy.exact_rng
    with pytest.raises(ParameterError, match="policy=SS: policy 'SS' draws as framework 'paper'"):
        with_values(run, {"policy": "SS"})
