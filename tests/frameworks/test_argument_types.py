"""Types of arguments: what they allow, in which words, and that Python and files are checked by the same ones."""

from __future__ import annotations

import inspect
from typing import Literal

import pytest

from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks import FRAMEWORKS, espnet_policy, torchaudio_mask, wenet_policy
from specaug_listen.frameworks.argument_types import (
    Count,
    Displacement,
    FramesOrShare,
    LeastOne,
    Number,
    SampleRate,
    Share,
    Shares,
    Widths,
    check_value,
    keys_of,
    types_of,
    words_for,
)
from specaug_listen.frameworks.read import import_data

NAN, HUGE = float("nan"), 10**400
FUNCTIONS = [(name, function) for name, framework in FRAMEWORKS.items() for function in framework.policy_functions]


@pytest.mark.parametrize(
    ("expected", "allowed", "refused"),
    [
        (Count, [0, 10_000], [-1, 10_001, True, 1.0, "1", None, HUGE]),
        (LeastOne, [1, 10_000], [0, False, 1.5]),
        (Displacement, [-10_000, 0, 10_000], [-10_001, 10_001, 0.0]),
        (SampleRate, [100, 768_000], [99, 0, 768_001, 16000.0]),
        (Number, [-3, 0.5, 1e9], [NAN, float("inf"), 2e9, True, "1", HUGE]),
        (Share, [0, 1, 0.5], [-0.1, 1.1, NAN, False]),
        (Widths, [0, 20, (0, 0), (3, 20)], [-1, (20, 3), (1, 2, 3), (1.0, 2), (-1, 2), "5"]),
        (Shares, [0.05, 1, (0.0, 0.05), (0, 1)], [1.5, (0.5, 0.1), (0.1,), (0, 2)]),
        (FramesOrShare, [0, 10_000, 0.0, 1.0], [-1, 10_001, 1.5, -0.1, True, NAN]),
        (bool, [True, False], [0, 1, "yes"]),
        (Literal["htk", "slaney"] | None, ["htk", None], ["HTK", 0]),
        (list[str], [[], ["a"]], [["a", 1], "a", ("a",)]),
    ],
)
def test_a_type_allows_what_it_says_and_nothing_else(expected, allowed, refused):
    for value in allowed:
        result = check_value(expected, "key", value)
        assert (result, type(result)) == (value, type(value))
    for value in refused:
        with pytest.raises(ParameterError, match=r"^key=.*: allowed is ") as caught:
            check_value(expected, "key", value)
        assert str(caught.value).endswith(words_for(expected))
        assert len(str(caught.value)) < 250


def test_a_list_of_a_file_is_a_pair():
    assert check_value(Widths | None, "key", [3, 20]) == (3, 20)
    assert check_value(Shares, "key", [0, 0.5]) == (0, 0.5)
    with pytest.raises(ParameterError, match=r"key=\[20, 3\]: allowed is an integer from 0 to 10000, or a list of two"):
        check_value(Widths, "key", [20, 3])


def test_every_argument_of_every_framework_has_a_type_in_words_and_a_default_of_it():
    assert len(FUNCTIONS) == 12
    for name, function in FUNCTIONS:
        parameters = inspect.signature(function).parameters
        assert not {"name", "supervisions", "row_frames"} & set(keys_of(function))
        for key in keys_of(function):
            expected, default = types_of(function)[key], parameters[key].default
            assert not set("<[") & set(words_for(expected)), (name, key)
            if default is not inspect.Parameter.empty:
                assert check_value(expected, key, default) == default


def test_a_file_and_a_call_are_refused_in_the_same_words():
    n_compared = 0
    for name, function in FUNCTIONS:
        if function is wenet_policy:  # its files have a section for each of its functions
            continue
        parameters = inspect.signature(function).parameters
        defaults = {key: parameters[key].default for key in keys_of(function)}
        whole = {key: 1 if value is inspect.Parameter.empty else value for key, value in defaults.items()}
        for key in whole:
            wrong = {**whole, key: {"x": 1}}
            with pytest.raises(ParameterError) as of_call:
                function(**wrong)
            with pytest.raises(PolicyError) as of_file:
                import_data(wrong, name, "x.yaml")
            assert str(of_file.value) == f"x.yaml: {of_call.value}"
            n_compared += 1
    assert n_compared > 60


def test_positions_count_too_and_what_is_no_parameter_is_pythons_own_error():
    with pytest.raises(ParameterError, match="mask_param=-1: allowed is an integer from 0 to 10000"):
        torchaudio_mask("time", -1)
    with pytest.raises(ParameterError, match="axis='bins': allowed is one of time, frequency"):
        torchaudio_mask("bins", 1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'num_mask'"):
        espnet_policy(num_mask=2)
