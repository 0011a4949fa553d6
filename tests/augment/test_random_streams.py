"""Generators of frameworks: seeded as the frameworks do, without touching the global ones."""

# ruff: noqa: NPY002 - the generators that are replayed

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from specaug_listen._rng import MAX_SEED
from specaug_listen.augment.random_streams import OwnStream, framework_stream


def test_pythons_numbers_are_those_after_its_seed():
    random.seed(7)
    wanted = [random.random(), random.randint(0, 9), random.randint(0, 9)]
    state = random.getstate()
    stream = framework_stream("python", 7)
    assert [float(stream.uniform((1,))[0]), *stream.integers(0, 10, (2,))] == wanted
    assert random.getstate() == state


def test_pythons_shuffle_is_that_after_its_seed():
    """Shuffles the same list in a separate call after a number, as SpeechBrain does."""
    random.seed(7)
    random.random()
    wanted = list(range(6))
    random.shuffle(wanted)
    stream = framework_stream("python", 7)
    stream.uniform((1,))
    assert stream.shuffled(6).tolist() == wanted


def test_numpys_numbers_are_those_after_its_seed():
    np.random.seed(7)
    wanted = np.random.rand(2), np.random.randint(3, 9), np.random.choice(np.arange(20), 4, replace=False)
    before = np.random.get_state()[1].copy()
    stream = framework_stream("numpy", 7)
    assert_array_equal(stream.uniform((2,)), wanted[0])
    assert stream.integers(3, 9, ()) == wanted[1]
    assert_array_equal(stream.distinct(20, 4), wanted[2])
    assert_array_equal(np.random.get_state()[1], before)


def test_torchs_numbers_are_those_after_its_seed():
    torch = pytest.importorskip("torch")
    torch.manual_seed(7)
    wanted = torch.rand(2, 3).numpy(), torch.randint(3, 9, (4,)).numpy()
    state = torch.get_rng_state()
    stream = framework_stream("torch", 7)
    assert_array_equal(stream.uniform((2, 3)), wanted[0])
    assert_array_equal(stream.integers(3, 9, (4,)), wanted[1])
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["python", "numpy"])
def test_numbers_lie_where_they_are_asked_for(name):
    for stream in (framework_stream(name, 3), OwnStream(np.random.default_rng(3))):
        drawn = stream.integers(-2, 3, (400,))
        assert set(drawn.tolist()) == {-2, -1, 0, 1, 2}
        uniform = stream.uniform((400,))
        assert (uniform >= 0).all()
        assert (uniform < 1).all()
        assert sorted(stream.distinct(5, 5).tolist()) == [0, 1, 2, 3, 4]
        assert sorted(stream.shuffled(5).tolist()) == [0, 1, 2, 3, 4]
        assert len({tuple(stream.shuffled(3).tolist()) for _ in range(100)}) == 6


@pytest.mark.parametrize("n", [0, 5, (1 << 20) + 3])
def test_numbers_that_are_passed_over_are_those_that_a_framework_draws(n):
    np.random.seed(7)
    np.random.rand(n)
    stream = framework_stream("numpy", 7)
    stream.pass_over(n)
    assert stream.uniform((1,))[0] == np.random.rand()


@pytest.mark.parametrize("name", ["python", "numpy"])
def test_a_seed_of_noise_takes_nothing_from_a_framework(name):
    stream, other = framework_stream(name, 3), framework_stream(name, 3)
    assert stream.noise_seed() != stream.noise_seed()
    assert stream.uniform((4,)).tolist() == other.uniform((4,)).tolist()


def test_nothing_is_passed_over_in_a_stream_of_our_own():
    one, other = (OwnStream(np.random.default_rng(3)) for _ in range(2))
    one.pass_over(1000)
    assert one.noise_seed() == int(other.integers(0, MAX_SEED, (1,))[0])
