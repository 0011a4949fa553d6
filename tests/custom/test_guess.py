"""Guesses about a callable: its axes, and whether it takes lengths."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from specaug_listen import Audio, frontends
from specaug_listen.augment import callable_policy
from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.guess import adapter_for
from specaug_listen.frameworks.policies import get_policy


def test_axes_that_the_documentation_names_are_tried_first(mel):
    def turned(mel):
        """Masks a mel of shape (time, freq)."""
        assert mel.shape[1] == 80
        return mel - 1

    def either(mel):
        """Shape: [batch, n_frames, n_mels]."""
        return mel - 1

    assert get_policy(turned).draw(mel, rng=0).calls[0].adapter.axes == "frames, bins"
    assert get_policy(either).draw(mel, rng=0).calls[0].adapter.axes == "batch, frames, bins"


@pytest.mark.parametrize("axes", ["frames, bins", "batch, bins, frames", "batch, frames, bins", "bins, frames"])
def test_the_shape_that_works_is_found(mel, axes):
    names = axes.split(", ")

    def picky(mel):
        if mel.ndim != len(names) or mel.shape[names.index("bins")] != 80:
            raise ValueError("shape")
        return mel - 1

    assert get_policy(picky).draw(mel, rng=0).calls[0].adapter.axes == axes


def test_a_square_mel_does_not_hide_the_order_of_axes():
    square = frontends.WHISPER(Audio(np.random.default_rng(0).normal(0, 0.1, 80 * 160), 16000))
    assert square.values.shape == (80, 80)

    def picky(mel):
        if mel.ndim != 2 or mel.shape[1] != 80:
            raise ValueError("bins last")
        return mel - 1

    assert get_policy(picky).draw(square, rng=0).calls[0].adapter.axes == "frames, bins"


def test_lengths_are_given_where_the_signature_asks_for_them(mel):
    seen = []

    def with_lengths(mel, x_lengths):
        seen.append(x_lengths.tolist())
        return mel - 1, x_lengths

    def by_name(*, input_spec, length):
        return input_spec - length

    draw = get_policy(with_lengths).draw(mel, rng=0)
    assert draw.calls[0].adapter.lengths == "frames"
    assert seen[0] == [120]
    assert get_policy(by_name).draw(mel, rng=0).calls[0].adapter.lengths_argument == "length"


def test_lengths_are_given_where_the_signature_allows_them(mel):
    def with_lengths(mel, x_lens=None):
        return mel - (1 if x_lens is None else x_lens)

    draw = get_policy(with_lengths).draw(mel, rng=0)
    assert (draw.calls[0].adapter.lengths, draw.calls[0].adapter.lengths_argument) == ("frames", "x_lens")
    assert "with lengths in frames (guessed" in draw.warnings[0]
    np.testing.assert_array_equal(draw.apply(mel).values, mel.values - np.float32(120))
    for without in (
        functools.partial(with_lengths, x_lens=None),
        callable_policy(with_lengths, adapter=Adapter(lengths="none")),
    ):
        draw = get_policy(without).draw(mel, rng=0)
        assert draw.calls[0].adapter.lengths == "none"
        assert not any("called without" in line for line in draw.warnings)


def test_a_number_that_may_be_none_is_no_lengths(mel):
    def shorter(mel, max_len=None, hop_length=None, length=3):
        assert (max_len, hop_length, length) == (None, None, 3)
        return mel - 1

    assert get_policy(shorter).draw(mel, rng=0).calls[0].adapter.lengths == "none"


def test_where_a_call_with_lengths_fails_it_is_called_without_and_that_is_said(mel):
    def with_lengths(mel, lengths=None):
        return mel - 1 if lengths is None else mel[:, lengths.nothing]

    draw = get_policy(with_lengths).draw(mel, rng=0)
    assert draw.calls[0].adapter.lengths == "none"
    assert any("with_lengths takes lengths, too, and was called without" in line for line in draw.warnings)


def test_a_trial_that_fails_by_chance_does_not_change_the_form(mel, subtests):
    for n, failure in ((1, "RuntimeError: once"), (3, "RuntimeError: once"), (0, "")):
        with subtests.test(n=n):
            left = [n]

            def augment(values, left=left):
                left[0] -= 1
                if left[0] >= 0:
                    raise RuntimeError("once")
                return values * 0.5

            form = adapter_for(augment, Adapter(), mel, 0)
            assert form.adapter.axes == "bins, frames"
            assert form.failure.startswith(failure)
            assert bool(form.failure) == bool(failure)
