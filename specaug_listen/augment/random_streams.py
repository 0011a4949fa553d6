"""Random numbers of a draw: from our own stream, or from a framework's generator.

A framework's draw is replayed by requesting the same kinds of numbers in the same order; see
`specaug_listen.augment.rules`.
"""

from __future__ import annotations

import random
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from .._imports import require
from .._rng import MAX_SEED

__all__ = ["GeneratorName", "OwnStream", "RandomStream", "framework_stream"]

Integers: TypeAlias = npt.NDArray[np.intp]
Uniforms: TypeAlias = npt.NDArray[np.float32]
GeneratorName: TypeAlias = Literal["torch", "numpy", "python"]
_MAX_NUMBERS_AT_ONCE = 1 << 20


class RandomStream(Protocol):
    """The random numbers that a draw consumes."""

    is_of_framework: bool

    def uniform(self, shape: tuple[int, ...]) -> Uniforms:
        """Draw numbers in [0, 1)."""

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Integers:
        """Draw integers in [low, high)."""

    def distinct(self, n: int, k: int) -> Integers:
        """Draw ``k`` distinct integers below ``n``."""

    def shuffled(self, n: int) -> Integers:
        """Return the integers below ``n`` in a random order."""

    def noise_seed(self) -> int:
        """Draw a seed for our own noise; it consumes nothing from a framework's generator."""

    def pass_over(self, n: int) -> None:
        """Skip ``n`` uniform numbers that the framework draws and we do not need."""


class OwnStream:
    """Our own stream, from a NumPy generator.

    Examples
    --------
    >>> OwnStream(np.random.default_rng(0)).integers(2, 5, (3,)).tolist()
    [4, 3, 3]
    """

    is_of_framework = False

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def uniform(self, shape: tuple[int, ...]) -> Uniforms:
        """Draw numbers in [0, 1)."""
        return self._rng.random(shape, dtype=np.float32)

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Integers:
        """Draw integers in [low, high)."""
        if shape == (1,):  # faster than drawing an array
            return np.array([self._rng.integers(low, high)])
        return np.asarray(self._rng.integers(low, high, shape))

    def distinct(self, n: int, k: int) -> Integers:
        """Draw ``k`` distinct integers below ``n``."""
        return self._rng.choice(n, k, replace=False)

    def shuffled(self, n: int) -> Integers:
        """Return the integers below ``n`` in a random order."""
        return self._rng.permutation(n)

    def noise_seed(self) -> int:
        """Draw a seed for our own noise."""
        return int(self.integers(0, MAX_SEED, (1,))[0])

    def pass_over(self, n: int) -> None:
        """Do nothing: our own stream draws only what it needs."""


class _FrameworkStream:
    """Base class of the frameworks' generators."""

    is_of_framework = True

    def __init__(self, seed: int) -> None:
        self._noise = np.random.default_rng(seed)

    def noise_seed(self) -> int:
        return int(self._noise.integers(0, MAX_SEED))

    def uniform(self, shape: tuple[int, ...]) -> Uniforms:
        raise NotImplementedError

    def pass_over(self, n: int) -> None:
        for begin in range(0, n, _MAX_NUMBERS_AT_ONCE):
            self.uniform((min(_MAX_NUMBERS_AT_ONCE, n - begin),))


class _TorchStream(_FrameworkStream):
    """PyTorch's CPU generator after ``torch.manual_seed``; the global generator is not touched."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._torch = require("torch", extra="torch", purpose="the draws of a framework that draws with torch")
        self._generator = self._torch.Generator().manual_seed(seed)

    def uniform(self, shape: tuple[int, ...]) -> Uniforms:
        numbers: Uniforms = self._torch.rand(shape, generator=self._generator).numpy()
        return numbers

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Integers:
        numbers: Integers = self._torch.randint(low, high, shape, generator=self._generator).numpy()
        return numbers

    def distinct(self, n: int, k: int) -> Integers:
        return self.shuffled(n)[:k]

    def shuffled(self, n: int) -> Integers:
        numbers: Integers = self._torch.randperm(n, generator=self._generator).numpy()
        return numbers


class _NumpyStream(_FrameworkStream):
    """NumPy's legacy generator after ``np.random.seed``; the global generator is not touched."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._state: Any = np.random.RandomState(seed % 2**32)

    def uniform(self, shape: tuple[int, ...]) -> Uniforms:
        numbers: Uniforms = np.asarray(self._state.random_sample(shape))
        return numbers

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Integers:
        return np.asarray(self._state.randint(low, high, shape))

    def distinct(self, n: int, k: int) -> Integers:
        return np.asarray(self._state.choice(np.arange(n), k, replace=False))

    def shuffled(self, n: int) -> Integers:
        return np.asarray(self._state.permutation(n))


class _PythonStream(_FrameworkStream):
    """Python's generator after ``random.seed``; the global generator is not touched."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._random = random.Random(seed)

    def uniform(self, shape: tuple[int, ...]) -> Uniforms:
        numbers: Uniforms = np.array([self._random.random() for _ in range(int(np.prod(shape)))]).reshape(shape)
        return numbers

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Integers:
        numbers = [self._random.randrange(low, high) for _ in range(int(np.prod(shape)))]
        return np.array(numbers, dtype=np.intp).reshape(shape)

    def distinct(self, n: int, k: int) -> Integers:
        return np.array(self._random.sample(range(n), k), dtype=np.intp)

    def shuffled(self, n: int) -> Integers:
        order = list(range(n))
        self._random.shuffle(order)
        return np.array(order, dtype=np.intp)


def framework_stream(name: GeneratorName, seed: int) -> RandomStream:
    """Return the generator that a framework draws from, freshly seeded.

    As after ``torch.manual_seed``, ``numpy.random.seed`` or ``random.seed``; no global generator is touched. Without
    torch, ``"torch"`` raises a MissingDependencyError.

    Examples
    --------
    >>> framework_stream("python", 0).integers(0, 10, (3,)).tolist()
    [6, 6, 0]
    """
    if name == "torch":
        return _TorchStream(seed)
    return _NumpyStream(seed) if name == "numpy" else _PythonStream(seed)
