"""Callables as transforms of a policy: drawn, applied, replayed, refused."""

from __future__ import annotations

import functools
import json
import random

import numpy as np
import pytest
from streams import as_stream

from specaug_listen import Audio, Draw, Policy, augment, frontends
from specaug_listen._rng import seeded_randomness
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp, callable_policy
from specaug_listen.augment.fills import fill_level
from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.transform import CallableTransform
from specaug_listen.errors import ParameterError, SpecAugListenWarning
from specaug_listen.frameworks.policies import get_policy


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def mask(mel):
    """Changes its (bins, frames) in place, by both kinds of global chance."""
    start = random.randrange(mel.shape[1] - 10)
    mel[:, start : start + 10] = np.random.uniform(-1, 0)  # noqa: NPY002 - as others do
    return mel


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


def test_the_same_seed_gives_the_same_draw_and_another_one_another(mel):
    policy = get_policy(mask)
    one, same, other = (policy.draw(mel, rng=seed).apply(mel).values for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_the_mel_is_not_touched(mel):
    before = mel.values.copy()
    get_policy(mask).draw(mel, rng=0).apply(mel)
    np.testing.assert_array_equal(mel.values, before)


def test_global_chance_goes_on_as_if_nothing_had_been_drawn(mel):
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    get_policy(mask).draw(mel, rng=0).apply(mel)
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_global_chance_is_restored_where_the_callable_fails():
    state = random.getstate()
    with pytest.raises(KeyError), seeded_randomness(1):  # noqa: PT012
        random.random()
        raise KeyError
    assert random.getstate() == state


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


def test_a_draw_as_json_calls_the_callable_again_to_the_bit(mel):
    draw = get_policy(mask).draw(mel, rng=7)
    text = draw.to_json()
    assert "function" not in text
    again = Draw.from_json(text)
    assert again == draw
    np.testing.assert_array_equal(again.with_callable(mask).apply(mel).values, draw.apply(mel).values)


def test_a_draw_from_json_imports_nothing_by_itself(mel):
    again = Draw.from_json(get_policy("numpy:flipud").draw(mel, rng=0).to_json())
    with pytest.raises(ParameterError, match=r"numpy:flipud: is code, .* draw\.with_callable\('numpy:flipud'\)"):
        again.apply(mel)
    np.testing.assert_array_equal(again.with_callable("numpy:flipud").apply(mel).values, mel.values[::-1])


def test_json_cannot_bring_a_function(mel):
    data = json.loads(get_policy("numpy:flipud").draw(mel, rng=0).to_json())
    data["steps"][0]["function"] = "os:system"
    with pytest.raises(augment.draw.PolicyError, match=r"steps\[0\]\.foreign\.function='os:system'"):
        Draw.from_json(json.dumps(data))


def test_another_result_than_the_recorded_one_is_refused(mel):
    draw = Draw.from_json(get_policy(lambda mel: mel - 1).draw(mel, rng=0).to_json())
    with pytest.raises(ParameterError, match="gives another result than when it was drawn: its code, its parameters"):
        draw.with_callable(lambda mel: mel - 2).apply(mel)


def test_a_file_that_changed_is_refused_by_its_hash(mel, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def f(mel):\n    return mel - 1\n")
    draw = Draw.from_json(get_policy(f"{path}:f").draw(mel, rng=0).to_json())
    np.testing.assert_array_equal(draw.with_callable(f"{path}:f").apply(mel).values, mel.values - 1)
    path.write_text("def f(mel):\n    return mel - 1  # the same\n")
    with pytest.raises(ParameterError, match=r"mine\.py:f: the file it was written in has changed since"):
        draw.with_callable(f"{path}:f").apply(mel)


def test_what_cannot_be_repeated_is_said_and_its_replay_refused(mel):
    def unruly(mel):
        return mel + np.float32(np.random.default_rng().uniform())

    with pytest.warns(SpecAugListenWarning, match="is not repeatable: under one seed it gave two results"):
        draw = get_policy(unruly).draw(mel, rng=0)
    np.testing.assert_array_equal(draw.apply(mel).values, draw.apply(mel).values)
    with pytest.raises(ParameterError, match="its chance is not that of random"):
        Draw.from_json(draw.to_json()).with_callable(unruly).apply(mel)


def test_another_clip_of_the_same_size_may_be_given_to_a_draw(mel):
    draw = get_policy(mask).draw(mel, rng=0)
    other = mel.with_values(mel.values[::-1])
    assert (draw.apply(other).values != draw.apply(mel).values).any()


def test_a_guess_is_said_and_what_is_declared_is_not(mel):
    guessed = get_policy(mask).draw(mel, rng=0)
    assert "(bins, frames) as float32 of numpy in the front-end's own scale (guessed" in guessed.warnings[0]
    adapter = Adapter(axes="frames, bins", container="numpy")
    assert callable_policy(mask, adapter=adapter).draw(mel, rng=0).warnings == ()


def test_a_callable_that_changes_nothing_is_said_to(mel):
    assert any("changed nothing" in line for line in get_policy(lambda mel: mel).draw(mel, rng=0).warnings)


def test_callables_stand_among_our_transforms_in_their_order(mel):
    policy = Policy((TimeWarp(3), FrequencyMask(), CallableTransform.of(np.flipud), TimeMask(fill="min")), "mixed")
    draw = policy.draw(mel, rng=2)
    assert [step.kind for step in draw.steps] == ["time_warp", "frequency_mask", "foreign", "time_mask"]
    first = Draw(draw.n_mels, draw.n_frames, draw.steps[:2]).apply(mel).values[::-1]
    after = draw.apply(mel).values
    kept = ~draw.masked_frames
    np.testing.assert_array_equal(after[:, kept], first[:, kept])
    if draw.masked_frames.any():
        assert set(np.unique(after[:, draw.masked_frames])) == {first.min()}


def test_the_fill_of_a_mask_behind_a_callable_is_that_of_what_it_made(mel):
    policy = Policy((CallableTransform.of(lambda mel: mel + 1), TimeMask(max_frames=40, fill="min")))
    draw = policy.draw(mel, rng=1)
    assert draw.masked_frames.any()
    after = draw.apply(mel).values
    np.testing.assert_array_equal(after[:, draw.masked_frames], (mel.values + 1).min())
    louder = draw.steps[1].fill_level
    assert louder is not None
    assert louder.vs_median_db == pytest.approx(
        fill_level("min", mel.with_values(mel.values + 1), draw.steps[1].region, None).vs_median_db,
        abs=0.01,
    )


def test_another_fill_leaves_a_callable_alone():
    policy = Policy((CallableTransform.of(np.flipud), TimeMask())).with_fill("floor")
    assert policy.transforms[1].fill == "floor"


def test_probability_may_leave_a_callable_out(mel):
    policy = Policy((CallableTransform.of(lambda mel: 1 / 0),), probability=0.0)
    assert not policy.draw(mel, rng=0).applied


def test_a_long_recording_in_parts_is_refused(mel):
    with pytest.raises(ParameterError, match=r"needs the whole clip of 1 s at once, .* at most 600 s of it"):
        get_policy(mask).draw(as_stream(mel), rng=0)


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


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda mel: 1 / 0,
            r"it raised ZeroDivisionError: division by zero \(test_transform.py, line \d+\), in whatever way",
        ),
        (lambda mel, rate: mel, r"it needs 'rate' beside the mel; give it a value with functools\.partial"),
        (lambda mel: None, r"it gave None"),
        (lambda: None, r"it raised TypeError"),
        (3, r"policy=3: expected a Policy, a name, or a \.yaml file"),
    ],
)
def test_a_callable_that_cannot_be_used_is_named_in_one_line(mel, function, message):
    with pytest.raises(ParameterError, match=message) as raised:
        get_policy(function).draw(mel, rng=0)
    assert "\n" not in str(raised.value)


def test_a_callable_that_leaves_python_is_an_error(mel):
    with pytest.raises(ParameterError, match="it raised SystemExit"):
        get_policy(lambda mel: exit(1)).draw(mel, rng=0)


def test_an_adapter_without_a_callable_is_refused():
    with pytest.raises(ParameterError, match="an adapter is for a callable, and the policy is LD"):
        get_policy("LD", adapter=Adapter())


def test_a_callable_is_handed_only_to_a_draw_that_calls_one(mel):
    with pytest.raises(ParameterError, match="the draw calls nothing"):
        augment.LD.draw(mel, rng=0).with_callable(mask)


def test_a_callable_in_another_scale_masks_at_its_level(mel):
    def silent(mel):
        mel[10:20] = 1e-6
        return mel

    draw = callable_policy(silent, adapter=Adapter(axes="bins, frames", container="numpy", scale="power")).draw(
        mel, rng=0
    )
    np.testing.assert_allclose(draw.apply(mel).db[10:20], np.maximum(-60, mel.range_db[0]), atol=0.01)


def ten_times(mel):
    return mel * 0 + 20


def ten_times_whole(mel):
    return (mel * 0 + 20).astype(np.int32)


@pytest.mark.parametrize(("function", "kind"), [(ten_times, "in own"), (ten_times_whole, r"integers \(int32\) in own")])
def test_of_values_that_no_sound_has_it_is_said_whose_they_are(mel, function, kind):
    said = rf"test_transform:{function.__name__}: what it gave, {kind}: a cell of 20 stands for an energy above 1e\+30"
    with pytest.raises(ParameterError, match=said):
        get_policy(function).draw(mel, rng=0)


def test_a_masked_array_is_refused_by_name(mel):
    def hides(mel):
        return np.ma.masked_less(mel, 0)

    with pytest.raises(ParameterError, match=r"hides: it gave a masked array, .* \.filled\(value\)$"):
        get_policy(hides).draw(mel, rng=0)


def test_nothing_in_place_of_a_mel_is_said_to_be_empty(mel):
    def empty(mel):
        return mel[:0]

    with pytest.raises(ParameterError, match=r"empty: it gave shape \(0, \d+\) .*: it is empty; return the mel"):
        get_policy(empty).draw(mel, rng=0)
