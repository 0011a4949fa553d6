"""The tree of errors, and that ordinary code can catch them by the classes it knows."""

from __future__ import annotations

import pickle

import pytest

from specaug_listen import errors

OWN_ERRORS = ("AudioError", "MissingDependencyError", "OutputError", "ParameterError", "PolicyError", "ResultError")


def test_the_module_names_every_error_it_defines():
    defined = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, Exception)}
    helpers = {"code_at_fault", "error_context", "nearest", "one_line", "unknown_name", "value_text"}
    assert defined == set(errors.__all__) - helpers
    assert defined == {*OWN_ERRORS, "SpecAugListenError", "SpecAugListenWarning"}


def test_one_except_clause_catches_every_error(subtests):
    for name in OWN_ERRORS:
        with subtests.test(name=name), pytest.raises(errors.SpecAugListenError, match=r"^what is allowed$"):
            raise getattr(errors, name)("what is allowed")


@pytest.mark.parametrize(("name", "builtin"), [("ParameterError", ValueError), ("MissingDependencyError", ImportError)])
def test_an_error_is_also_the_builtin_that_code_expects(name, builtin):
    assert issubclass(getattr(errors, name), builtin)


@pytest.mark.parametrize("name", ["AudioError", "OutputError", "PolicyError", "ResultError", "SpecAugListenError"])
def test_the_others_cannot_be_mistaken_for_a_wrong_value(name):
    assert not issubclass(getattr(errors, name), (ValueError, OSError))


def test_no_error_is_caught_as_another_one(subtests):
    for name in OWN_ERRORS:
        with subtests.test(name=name):
            others = tuple(getattr(errors, other) for other in OWN_ERRORS if other != name)
            assert not issubclass(getattr(errors, name), others)


def test_the_warning_is_a_user_warning_and_no_error():
    assert issubclass(errors.SpecAugListenWarning, UserWarning)
    assert not issubclass(errors.SpecAugListenWarning, errors.SpecAugListenError)


def test_a_field_and_its_rule_travel_through_contexts_and_stand_once_in_the_line():
    with (
        pytest.raises(errors.PolicyError, match=r"^a\.yaml: mask: width=0: allowed is more$") as caught,
        errors.error_context("a.yaml", errors.PolicyError),
        errors.error_context("mask"),
        errors.error_context("mask"),
    ):
        raise errors.ParameterError.of_field("width", 0, "allowed is more")
    assert (caught.value.field, caught.value.rule) == ("width", "allowed is more")


def test_an_error_comes_whole_from_another_process():
    error = pickle.loads(pickle.dumps(errors.AudioError.of_field("rate", 0, "allowed is more")))
    assert (str(error), error.field, error.rule) == ("rate=0: allowed is more", "rate", "allowed is more")


def test_the_fault_of_code_is_kept_when_a_file_or_function_is_named():
    for raising in (errors.ParameterError, errors.PolicyError):
        with (
            pytest.raises(raising, match=r"^draw\.json: f: failed$") as caught,
            errors.error_context("draw.json", raising),
            errors.error_context("f"),
            errors.code_at_fault(),
        ):
            raise errors.ParameterError("failed")
        assert caught.value.is_of_code
    assert not errors.ParameterError("failed").is_of_code
