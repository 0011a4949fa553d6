"""Seeds and random streams.

A result must not depend on the order of files or the number of workers. So each (clip, draw) has its own stream,
derived from the seed and from the clip's samples.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from ._defaults import MAX_SEED
from .errors import ParameterError, value_text

__all__ = [
    "MAX_SEED",
    "as_seed",
    "child_stream",
    "fingerprint",
    "fingerprint_head",
    "fingerprint_words",
    "seeded_randomness",
]


def as_seed(rng: int | np.random.Generator | None) -> int:
    """Return ``rng`` as an integer seed in [0, 2**53), which can be recorded.

    A Generator is advanced by one number; None takes fresh entropy.

    Examples
    --------
    >>> as_seed(7)
    7
    """
    if rng is None:
        rng = np.random.default_rng()
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, MAX_SEED, endpoint=True))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and 0 <= rng <= MAX_SEED:
        return int(rng)
    raise ParameterError(f"rng={value_text(rng)}: expected an integer in [0, 2**53), a numpy.random.Generator, or None")


def fingerprint(samples: npt.NDArray[np.float32], sample_rate: int) -> tuple[int, ...]:
    """Return four 32-bit words that identify a signal by its content.

    Examples
    --------
    >>> fingerprint(np.zeros((1, 4), np.float32), 8000) == fingerprint(np.zeros((1, 4), np.float32), 8000)
    True
    """
    digest = hashlib.sha256(fingerprint_head(samples.shape, sample_rate))
    digest.update(np.ascontiguousarray(samples, dtype="<f4").tobytes())
    return fingerprint_words(digest.digest())


def fingerprint_head(shape: tuple[int, ...], sample_rate: int) -> bytes:
    """Return the bytes that are hashed before the samples, which follow channel by channel."""
    return f"{sample_rate} {shape} ".encode()


def fingerprint_words(digest: bytes) -> tuple[int, ...]:
    """Return the fingerprint from the SHA-256 of head and samples."""
    return tuple(int(word) for word in np.frombuffer(digest[:16], dtype="<u4"))


def child_stream(seed: int, clip: Sequence[int], draw: int) -> np.random.Generator:
    """Return the generator of one draw of one clip.

    Examples
    --------
    >>> a, b = (child_stream(0, (1, 2, 3, 4), 0).integers(1000) for _ in range(2))
    >>> bool(a == b)
    True
    """
    entropy = (seed % 2**32, seed // 2**32, *clip, draw)
    return np.random.default_rng(np.random.SeedSequence(entropy))


@contextmanager
def seeded_randomness(seed: int, generators: Sequence[Any] = ()) -> Iterator[None]:
    """Seed the global generators of Python, numpy and torch (if loaded) for a callable, and restore them afterwards.

    ``generators`` are the ones that the callable holds (of random, numpy or torch); they are seeded and restored, too.

    Examples
    --------
    >>> with seeded_randomness(7):
    ...     first = random.random()
    >>> with seeded_randomness(7):
    ...     print(random.random() == first)
    True
    """
    torch: Any = sys.modules.get("torch")
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the user's own, which is restored
    states = [(generator, _state_of(generator)) for generator in generators]
    tensors = _torch_states(torch)
    try:
        random.seed(seed)
        np.random.seed([seed % 2**32, seed // 2**32])  # noqa: NPY002
        if torch is not None:
            torch.manual_seed(seed)
        for generator in generators:
            _seed(generator, seed)
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        for generator, state in states:
            _restore(generator, state)
        if torch is not None and tensors:
            torch.set_rng_state(tensors[0])
            if len(tensors) > 1:
                torch.cuda.set_rng_state_all(tensors[1])


def _torch_states(torch: Any) -> list[Any]:
    if torch is None:
        return []
    states = [torch.get_rng_state()]
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states.append(torch.cuda.get_rng_state_all())
    return states


def _state_of(generator: Any) -> Any:
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return generator.get_state()


def _restore(generator: Any, state: Any) -> None:
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    else:
        generator.set_state(state)


def _seed(generator: Any, seed: int) -> None:
    if isinstance(generator, random.Random):
        generator.seed(seed)
    elif isinstance(generator, np.random.Generator):
        generator.bit_generator.state = type(generator.bit_generator)(seed).state
    elif isinstance(generator, np.random.RandomState):
        generator.seed([seed % 2**32, seed // 2**32])
    else:
        generator.manual_seed(seed)
