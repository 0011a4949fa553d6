"""Seeds and streams: one integer tells everything, and no clip hears of another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

from specaug_listen._rng import MAX_SEED, as_seed, child_stream, fingerprint
from specaug_listen.errors import ParameterError

CLIP = (1, 2, 3, 4)
RECORDED_STREAM = [445, 788, 291, 793, 819, 160]
RECORDED_FINGERPRINT = (3525550941, 1784105060, 2507364992, 2504829166)


def heard(stream: np.random.Generator) -> tuple[int, ...]:
    return tuple(stream.integers(0, 2**62, 4).tolist())


@given(seeds())
def test_an_integer_stands_for_itself(seed):
    assert as_seed(seed) == seed
    assert type(as_seed(np.int64(seed))) is int


def test_anything_but_an_integer_in_range_is_refused(subtests):
    for rng in [-1, MAX_SEED + 1, 2**64, 1.0, True, "7", (1,), np.float64(3), np.random]:
        with (
            subtests.test(rng=rng),
            pytest.raises(ParameterError, match=r"^rng=.*: expected an integer in \[0, 2\*\*53\), a numpy"),
        ):
            as_seed(rng)


def test_a_generator_gives_a_new_seed_each_time_and_the_same_ones_again():
    one, two = np.random.default_rng(5), np.random.default_rng(5)
    first = [as_seed(one) for _ in range(8)]
    assert first == [as_seed(two) for _ in range(8)]
    assert len(set(first)) == 8


def test_no_seed_means_fresh_entropy():
    drawn = {as_seed(None) for _ in range(4)}
    assert len(drawn) == 4
    assert all(0 <= seed <= MAX_SEED for seed in drawn)


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - it is the state that must not move
    as_seed(None)
    child_stream(0, CLIP, 0).random()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@given(seeds(), st.integers(0, 1000))
def test_a_stream_follows_from_seed_clip_and_draw_alone(seed, draw):
    assert heard(child_stream(seed, CLIP, draw)) == heard(child_stream(seed, list(CLIP), draw))


def test_another_seed_clip_or_draw_gives_another_stream(subtests):
    for other in [
        (1, CLIP, 0),
        (2**32, CLIP, 0),
        (MAX_SEED, CLIP, 0),
        (0, (1, 2, 3, 5), 0),
        (0, (2, 1, 3, 4), 0),
        (0, CLIP, 1),
    ]:
        with subtests.test(other=other):
            assert heard(child_stream(*other)) != heard(child_stream(0, CLIP, 0))


def test_streams_stay_what_they_were_when_draws_were_saved():
    # Written down once: a change here means that no old seed replays.
    assert child_stream(7, CLIP, 2).integers(0, 1000, 6).tolist() == RECORDED_STREAM
    assert fingerprint(np.arange(4, dtype=np.float32)[None], 16000) == RECORDED_FINGERPRINT


def test_a_fingerprint_depends_on_every_sample_the_rate_and_the_shape():
    samples = np.zeros((2, 6), np.float32)
    changed = samples.copy()
    changed[1, 5] = 1e-7
    prints = [
        fingerprint(samples, 16000),
        fingerprint(changed, 16000),
        fingerprint(samples, 8000),
        fingerprint(samples.reshape(1, 12), 16000),
        fingerprint(samples.reshape(3, 4), 16000),
    ]
    assert len(set(prints)) == len(prints)
    assert all(len(words) == 4 and all(0 <= word < 2**32 for word in words) for words in prints)


def test_a_fingerprint_does_not_depend_on_how_samples_lie_in_memory(rng):
    samples = rng.standard_normal((2, 50)).astype(np.float32)
    expected = fingerprint(samples, 8000)
    assert fingerprint(np.asfortranarray(samples), 8000) == expected
    assert fingerprint(samples.astype(">f4"), 8000) == expected
    assert fingerprint(np.repeat(samples, 2, axis=1)[:, ::2], 8000) == expected
