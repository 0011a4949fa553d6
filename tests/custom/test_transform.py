"""Callables as transforms of a policy: draw, apply, replay, refusals."""

from __future__ import annotations

import json
import os
import random
import re
import sys

import numpy as np
import pytest
from streams import as_stream

from specaug_listen import Draw, Policy, augment
from specaug_listen._rng import seeded_randomness
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp, callable_policy
from specaug_listen.augment.fills import fill_level
from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.transform import CallableTransform
from specaug_listen.errors import ParameterError, SpecAugListenWarning
from specaug_listen.frameworks.policies import get_policy


def mask(mel):
    """Changes its (bins, frames) in place, by both kinds of global chance."""
    start = random.randrange(mel.shape[1] - 10)
    mel[:, start : start + 10] = np.random.uniform(-1, 0)  # noqa: NPY002 - as others do
    return mel


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
    with pytest.raises(ParameterError, match=r"mine\.py:f: its source file has changed since the draw"):
        draw.with_callable(f"{path}:f").apply(mel)


def test_what_cannot_be_repeated_is_said_and_its_replay_refused(mel):
    def unruly(mel):
        return mel + np.float32(np.random.default_rng().uniform())

    with pytest.warns(SpecAugListenWarning, match="is not repeatable: under one seed it gave two results"):
        draw = get_policy(unruly).draw(mel, rng=0)
    np.testing.assert_array_equal(draw.apply(mel).values, draw.apply(mel).values)
    with pytest.raises(ParameterError, match=r"draw from random, numpy\.random or torch"):
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
    with pytest.raises(ParameterError, match=r"needs the whole clip, but 1 s are read in parts; take at most 600 s"):
        get_policy(mask).draw(as_stream(mel), rng=0)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda mel: 1 / 0,
            r"it raised ZeroDivisionError: division by zero \(test_transform.py, line \d+\), in whatever way",
        ),
        (lambda mel, rate: mel, r"it needs 'rate' beside the mel; set it with functools\.partial"),
        (lambda mel: None, r"it returned None"),
        (lambda: None, r"it raised TypeError"),
        (3, r"policy=3: expected a Policy, a name, or a \.yaml file"),
    ],
)
def test_a_callable_that_cannot_be_used_is_named_in_one_line(mel, function, message):
    with pytest.raises(ParameterError, match=message) as raised:
        get_policy(function).draw(mel, rng=0)
    assert "\n" not in str(raised.value)


def test_an_adapter_without_a_callable_is_refused():
    with pytest.raises(ParameterError, match="an adapter is for callables, and the policy is LD"):
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


def test_a_call_that_failed_while_its_form_was_guessed_is_said(mel):
    left = [1]

    def augment(values):
        left[0] -= 1
        if left[0] == 0:
            raise RuntimeError("once")
        return values * 0.5

    _, notices = CallableTransform.of(augment).draw(mel, np.random.default_rng(0))
    assert [notice.kind for notice in notices] == ["guessed-form", "failed-once"]
    assert re.search(r"failed while its form was guessed.*\(RuntimeError: once .*in its first calls", notices[1].text)


class ExitsIfRead:
    def __getattr__(self, name):
        if name.startswith("__") and name != "__array__":
            raise AttributeError(name)
        os._exit(0)

    def __array__(self, *args, **kwargs):
        sys.exit(0)


class SearchExits:
    def __getattr__(self, name):
        if name in ("__qualname__", "func", "__func__", "__code__", "__self__", "__module__"):
            raise AttributeError(name)
        os._exit(0)

    def __call__(self, mel):
        return mel


class TextExits(Exception):
    def __str__(self):
        os._exit(0)


def raises_one_whose_text_exits(mel):
    raise TextExits


def test_code_that_exits_outside_of_its_call_is_refused(mel, subtests):
    for function in (lambda mel: ExitsIfRead(), SearchExits(), raises_one_whose_text_exits):
        with subtests.test(function=function), pytest.raises(ParameterError, match=r"(it .*raised|ends the process)"):
            CallableTransform.of(function).draw(mel, np.random.default_rng(0))
