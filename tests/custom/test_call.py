"""One call of a callable: its randomness, errors and result."""

from __future__ import annotations

import functools
import random
import warnings

import numpy as np
import pytest

from specaug_listen import Draw
from specaug_listen.custom.call import code_of_user
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks.policies import get_policy


class Keeper:
    """Keeps sources of chance of its own."""

    def __init__(self):
        self.parts = {"a": [random.Random(), np.random.default_rng()], "b": np.random.RandomState()}

    def __call__(self, mel):
        python, numpy = self.parts["a"]
        mel[python.randrange(40) : 40 + numpy.integers(0, 40)] = self.parts["b"].uniform()
        return mel


class InSlots:
    """Keeps one in a slot of its class, whose name is mangled, and one in a slot that is inherited."""

    class Base:
        __slots__ = ("never_filled", "numpy")

    class Slots(Base):
        __slots__ = ("__python",)

        def __init__(self):
            self.numpy, self.__python = np.random.default_rng(), random.Random()

        def __call__(self, mel):
            return mel + np.float32(self.numpy.uniform() + self.__python.random())


class OfClass:
    """Keeps one in an attribute of its class, and one in a list there."""

    legacy, others = np.random.RandomState(), [random.Random()]

    def __call__(self, mel):
        return mel + np.float32(self.legacy.uniform() + self.others[0].random())

    @classmethod
    def mask(cls, mel):
        return mel + np.float32(cls.legacy.uniform())


class Inherits(OfClass):
    pass


OWN_CHANCE = np.random.default_rng()


def by_own_chance(mel):
    return mel + np.float32(OWN_CHANCE.uniform())


class ByMethod:
    """Takes one of its module, in a method that its call calls."""

    def __call__(self, mel):
        return self.louder(mel)

    @staticmethod
    def louder(mel):
        return by_own_chance(mel)


@pytest.mark.parametrize(
    "function",
    [
        Keeper(),
        Keeper().__call__,
        functools.partial(Keeper()),
        by_own_chance,
        InSlots.Slots(),
        OfClass(),
        Inherits(),
        OfClass.mask,
        ByMethod(),
    ],
)
def test_chance_that_a_callable_keeps_is_seeded_too(mel, function):
    draw = get_policy(function).draw(mel, rng=1)
    assert draw.calls[0].is_repeatable
    again = Draw.from_json(draw.to_json()).with_callable(function)
    np.testing.assert_array_equal(again.apply(mel).values, draw.apply(mel).values)


def test_a_kept_generator_goes_on_where_it_was(mel):
    keeper = Keeper()
    state = keeper.parts["a"][0].getstate()
    get_policy(keeper).draw(mel, rng=0)
    assert keeper.parts["a"][0].getstate() == state


def test_a_callable_that_leaves_python_is_an_error(mel):
    with pytest.raises(ParameterError, match="it raised SystemExit"):
        get_policy(lambda mel: exit(1)).draw(mel, rng=0)


def ten_times(mel):
    return mel * 0 + 20


def ten_times_whole(mel):
    return (mel * 0 + 20).astype(np.int32)


@pytest.mark.parametrize(("function", "kind"), [(ten_times, "in own"), (ten_times_whole, r"integers \(int32\) in own")])
def test_of_values_that_no_sound_has_it_is_said_whose_they_are(mel, function, kind):
    said = rf"test_call:{function.__name__}: what it returned, {kind}: a cell of 20 stands for an energy above 1e\+30"
    with pytest.raises(ParameterError, match=said):
        get_policy(function).draw(mel, rng=0)


def test_a_masked_array_is_refused_by_name(mel):
    def hides(mel):
        return np.ma.masked_less(mel, 0)

    with pytest.raises(ParameterError, match=r"hides: it returned a masked array, .* \.filled\(value\)$"):
        get_policy(hides).draw(mel, rng=0)


def test_nothing_in_place_of_a_mel_is_said_to_be_empty(mel):
    def empty(mel):
        return mel[:0]

    with pytest.raises(ParameterError, match=r"empty: it returned shape \(0, \d+\) .*: it is empty; return a mel"):
        get_policy(empty).draw(mel, rng=0)


def test_what_code_raises_outside_of_its_call_becomes_an_error_of_ours():
    for raised in (SystemExit(0), ValueError("odd"), GeneratorExit()):
        with (
            pytest.raises(ParameterError, match=f"raised {type(raised).__name__}.* when it was examined"),
            code_of_user(),
        ):
            raise raised
    with pytest.raises(KeyboardInterrupt), code_of_user():
        raise KeyboardInterrupt


def test_filters_of_warnings_that_users_code_sets_end_with_it():
    filters = list(warnings.filters)
    with code_of_user():
        warnings.simplefilter("error")
    assert warnings.filters == filters
