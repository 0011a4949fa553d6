"""The working folder is the same after a callable changes it."""

from __future__ import annotations

import os

import pytest

from specaug_listen.augment import callable_policy
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import WHISPER


def test_a_callable_that_changes_the_working_folder_does_not_take_us_along(speechlike, tmp_path):
    def wanders(mel):
        os.chdir(tmp_path)
        return mel

    before = os.getcwd()
    callable_policy(wanders).draw(WHISPER(speechlike), rng=0)
    assert os.getcwd() == before


def test_whatever_a_callable_raises_is_one_line(speechlike):
    class Leaves(BaseException):
        pass

    def leaves(mel):
        raise Leaves("now")

    with pytest.raises(ParameterError, match="it raised Leaves: now"):
        callable_policy(leaves).draw(WHISPER(speechlike), rng=0)


def test_an_interruption_is_none_of_its_errors(speechlike):
    def interrupted(mel):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        callable_policy(interrupted).draw(WHISPER(speechlike), rng=0)
