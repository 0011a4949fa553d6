"""Answers from a callable's process are read as data, and checked against what was requested."""

from __future__ import annotations

import dataclasses
import os
import pickle
import subprocess

import numpy as np
import pytest

from specaug_listen.checks.call_results import ArrayKind, CallResult, call_once
from specaug_listen.checks.input_forms import _check_container, _forms_here
from specaug_listen.checks.pipelines import Traits, traits_of
from specaug_listen.checks.safe_unpickling import AnswerError, check_answer, read_answer
from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.guess import Evidence, GuessedForm, adapter_for
from specaug_listen.errors import ParameterError

KIND = ArrayKind("numpy", "float32", "cpu")
RESULT = CallResult(np.ones((4, 3), np.float32), (KIND, KIND), changes={"dtype-changed": "it returned float64"})
ADAPTER = Adapter(axes="bins, frames")


@pytest.mark.parametrize(
    "answer", [RESULT, (ADAPTER, Evidence.TRIAL), ParameterError("a=3: no"), {"a": [1, None, b""]}]
)
def test_what_processes_answer_is_read(answer):
    assert repr(read_answer(pickle.dumps(answer))) == repr(answer)


class Running:
    """What runs code when it is read."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


class Own(ParameterError):
    """Of another module than ours."""


@pytest.mark.parametrize("answer", [Running(os.getpid), Running(eval, "1"), Running(subprocess.Popen, "true"), Own()])
def test_nothing_else_is_looked_up(answer):
    with pytest.raises(AnswerError, match="is not allowed in an answer"):
        read_answer(pickle.dumps(answer))


@pytest.mark.parametrize(
    ("module", "name"),
    [("specaug_listen.audio.ffmpeg", "subprocess.Popen"), ("specaug_listen.errors", "nearest"), ("numpy", "save")],
)
def test_names_of_ours_are_types_of_ours(module, name):
    with pytest.raises(AnswerError, match=name):
        read_answer(b"\x80\x04\x8c" + bytes([len(module)]) + module.encode() + b"\x8c" + bytes([len(name)])
                    + name.encode() + b"\x93.")  # fmt: skip


@pytest.mark.parametrize(
    ("work", "answer"),
    [
        (call_once, RESULT),
        (call_once, CallResult(error="it raised", error_type="OSError")),
        (traits_of, Traits(True, "mask")),
        (adapter_for, GuessedForm(ADAPTER, Evidence.TRIAL)),
        (adapter_for, GuessedForm(ADAPTER, None)),
        (_forms_here, _forms_here(np.flipud, Adapter())),
        (_check_container, None),
        (lambda function: 3, 3),
    ],
)
def test_answers_of_the_right_types_pass(work, answer):
    check_answer(work, answer)


@pytest.mark.parametrize(
    ("work", "answer"),
    [
        (call_once, None),
        (call_once, Traits(True, "mask")),
        (call_once, dataclasses.replace(RESULT, array=[[1.0]])),
        (call_once, dataclasses.replace(RESULT, kinds=(KIND,))),
        (call_once, dataclasses.replace(RESULT, kinds=(KIND, KIND._replace(dtype=None)))),
        (call_once, dataclasses.replace(RESULT, changes={"dtype-changed": 3})),
        (traits_of, Traits("yes", "mask")),
        (adapter_for, GuessedForm(None, None)),
        (_check_container, ADAPTER),
    ],
)
def test_others_are_refused(work, answer):
    with pytest.raises(AnswerError, match=work.__name__):
        check_answer(work, answer)
