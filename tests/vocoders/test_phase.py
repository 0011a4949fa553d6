"""Phases as complex numbers."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from specaug_listen.vocoders.phase import phasors, random_phase, unit


def test_phases_in_turns_are_points_on_circles(rng):
    turns = np.concatenate([np.arange(0, 9) / 8, rng.random(1000)]).astype(np.float32)
    magnitudes = np.concatenate([np.ones(9), rng.random(1000) * 100]).astype(np.float32)
    spectrum = phasors(turns, magnitudes)
    expected = magnitudes * np.exp(2j * np.pi * turns.astype(np.float64))
    assert_allclose(spectrum, expected, rtol=0, atol=2e-7 * magnitudes.max())
    assert_allclose(np.abs(spectrum), magnitudes, rtol=3e-7)
    assert spectrum.dtype == np.complex64


def test_phases_are_the_same_bits_alone_and_among_others(rng):
    turns, magnitudes = rng.random((2, 1, 1000), dtype=np.float32)
    whole = phasors(turns, magnitudes)
    for n in (1, 3, 16):
        assert_array_equal(phasors(turns[:, :n].copy(), magnitudes[:, :n].copy()), whole[:, :n])


def test_random_phases_are_uniform_and_follow_their_seed():
    a, again, other = (random_phase((300, 201), seed) for seed in (1, 1, 2))
    assert_array_equal(a, again)
    assert (a != other).mean() > 0.99
    assert_allclose(np.abs(a), 1, atol=1e-6)
    counts, _ = np.histogram(np.angle(a), bins=16, range=(-np.pi, np.pi))
    assert counts.min() > 0.9 * a.size / 16


def test_unit_turns_angles_in_radians_into_points_on_the_circle():
    assert_allclose(unit([0, np.pi / 2, np.pi, 7 * np.pi]), [1, 1j, -1, -1], atol=1e-6)
