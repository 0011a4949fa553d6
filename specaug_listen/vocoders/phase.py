"""Phases as complex numbers: from angles, from turns, at random."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._rng import as_seed
from ..stft import Complex, Real

__all__ = ["phasors", "random_phase", "unit"]

# Series of sin(pi x / 2) and cos(pi x / 2) around 0, highest power first: (pi / 2)^i / i! with alternating signs. The
# next terms are below 2e-9 for |x| <= 1/2.
_SINE = tuple(map(np.float32, (0.00016044118, -0.0046817541, 0.07969263, -0.6459641, 1.5707964)))
_COSINE = tuple(map(np.float32, (0.00091926027, -0.020863481, 0.2536695, -1.2337006, 1.0)))


def unit(angles: npt.ArrayLike) -> Complex:
    """Return complex numbers of magnitude 1 with these angles in radians."""
    angles = np.asarray(angles, dtype=np.float32)
    spectrum = np.empty(angles.shape, np.complex64)
    np.cos(angles, out=spectrum.real)
    np.sin(angles, out=spectrum.imag)
    return spectrum


def random_phase(shape: tuple[int, int], seed: int | np.random.Generator) -> Complex:
    """Return uniform random phases for a seed; a Generator is advanced."""
    rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(as_seed(seed))
    return unit(rng.random(shape, dtype=np.float32) * np.float32(2 * np.pi))


def phasors(turns: Real, magnitude: Real) -> Complex:
    """Return complex numbers with phases ``turns`` in [0, 1] (a turn is 2 pi) and ``magnitude``.

    The last bits of NumPy's sine and cosine depend on the processor, and different bits may lead to different peaks. So
    both are computed from their series over a quarter turn, with additions and multiplications alone.

    Examples
    --------
    >>> phasors(np.float32([[0.25, 0.5]]), np.float32([[1, 3]])).round(6) + 0
    array([[ 0.+1.j, -3.+0.j]], dtype=complex64)
    """
    # The angle is (quarter + x) * pi / 2 with |x| <= 1/2. Each further quarter multiplies by i:
    # cos + i sin -> -sin + i cos -> -cos - i sin -> sin - i cos.
    quarters = turns * np.float32(4)
    quarter = (quarters + np.float32(0.5)).astype(np.int32)
    x = quarters - quarter.astype(np.float32)
    square = x * x
    sine, cosine = x * _polynomial(_SINE, square), _polynomial(_COSINE, square)
    is_odd = (quarter & 1).astype(bool)
    spectrum = np.empty(turns.shape, np.complex64)
    for part, value, is_negative in (
        (spectrum.real, np.where(is_odd, sine, cosine), (quarter + 1) & 2),
        (spectrum.imag, np.where(is_odd, cosine, sine), quarter & 2),
    ):
        np.negative(value, out=value, where=is_negative.astype(bool))
        np.multiply(magnitude, value, out=part)
    return spectrum


def _polynomial(coefficients: tuple[np.float32, ...], x: Real) -> Real:
    first, second, *others = coefficients
    total: Real = first * x + second
    for coefficient in others:
        total *= x
        total += coefficient
    return total
