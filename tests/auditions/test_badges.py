"""Badges say what is true of a clip, and nothing else."""

from __future__ import annotations

import numpy as np

from specaug_listen import Audio
from specaug_listen.auditions.badges import clip_badges, draw_badges
from specaug_listen.augment import Draw, FrequencySpan, TimeSpan
from specaug_listen.augment.fills import FillLevel

SPEECH = np.random.default_rng(0).standard_normal(8000) * 0.1


def test_a_badge_is_given_for_what_is_wrong_with_a_clip(subtests):
    for samples, expected in [
        (SPEECH, ()),
        (SPEECH * 1e4, ()),
        (SPEECH * 1e-6, ()),
        (np.zeros(800), ("silent: every sample is zero",)),
        (np.full(800, 0.25), ("constant: every sample is 0.25 (DC only)",)),
        (np.append(SPEECH, 1.0), ()),
        (np.append(SPEECH, [1.0, 1.0, 1.0, -1.0]), ("clipped: 4 samples at full scale",)),
    ]:
        with subtests.test(samples=samples, expected=expected):
            assert clip_badges(Audio(samples, 16000).levels, 1.0) == expected


def test_speech_driven_into_its_limits_is_called_clipped():
    clip = Audio(np.clip(SPEECH * 50, -1, 1), 16000)
    (badge,) = clip_badges(clip.levels, 1.0)
    assert badge == f"clipped: {int((np.abs(clip.samples) == 1).sum())} samples at full scale"


def test_a_common_gain_is_told_in_db():
    assert clip_badges(Audio(SPEECH, 16000).levels, 0.5) == (
        "turned down 6.0 dB to avoid clipping, all renderings alike",
    )


def test_a_draw_that_leaves_nothing_or_plays_loud_is_marked():
    loud = FillLevel(3.2, 30.0)
    draw = Draw(80, 100, (TimeSpan(0, 100), FrequencySpan(3, 4, 0.0, None, loud)), warnings=("said before",))
    assert draw_badges(draw) == (
        "said before",
        "everything is masked",
        "loud fill: +3.2 dB relative to the clip's 95th percentile cell",
    )
    assert draw_badges(Draw(80, 100, applied=False))[0].startswith("not applied")
    assert draw_badges(Draw(80, 100, (TimeSpan(0, 10, fill_level=FillLevel(-20, 0)),))) == ()
