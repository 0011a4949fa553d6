"""What was found is written down and read back, put into words, and shown as a draw."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Draw, frontends
from specaug_listen.augment import FrequencySpan, TimeSpan, WarpPath
from specaug_listen.errors import PolicyError
from specaug_listen.inspection import Change, inspect_change


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def test_a_change_is_json_both_ways_and_a_draw_to_be_shown(mel):
    draw = Draw(80, 120, (WarpPath(40, 9), FrequencySpan(3, 5, 0.0), TimeSpan(50, 9, 0.0)))
    change = inspect_change(mel, draw.apply(mel))
    assert Change.from_json(change.to_json()) == change
    shown = change.as_draw("mine")
    assert [step.kind for step in shown.steps] == ["time_warp", "frequency_mask", "time_mask"]
    np.testing.assert_array_equal(shown.apply(mel).values, draw.apply(mel).values)
    assert str(change).splitlines()[0] == "frame 40 moved by +9 frames, linear"
    with pytest.raises(PolicyError, match="change: bands"):
        Change.from_json(change.to_json().replace('"start_bin":3', '"start_bin":-3'))


def test_rectangles_stand_in_the_draw_to_be_shown(mel):
    after = mel.values.copy()
    after[10:30, 40:70] = 0.0
    change = inspect_change(mel, mel.with_values(after))
    shown = change.as_draw()
    assert shown.rectangles == [((10, 30), (39.5, 69.5))]
    np.testing.assert_array_equal(shown.apply(mel).values, after)
    assert shown.steps[0].fill_level == change.rectangles[0].fill.level


def test_nothing_is_nothing(mel):
    change = inspect_change(mel, mel)
    assert change.is_nothing
    assert str(change) == "nothing changed"
