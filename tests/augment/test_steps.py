"""Limits on the number of masks in a policy and a draw, and records of steps."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Audio, Policy, frontends
from specaug_listen.augment import Draw, FrequencyMask, TimeMask, TimeSpan
from specaug_listen.augment.framework_masks import Mask
from specaug_listen.augment.framework_transforms import Copy, Cutout
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.registry import ALL_POLICIES
from specaug_listen.frontends import MelStream

MEL = frontends.WHISPER(Audio(np.random.default_rng(0).normal(scale=0.1, size=16000), 16000))
TOGETHER = r"2001 masks in one draw, 2000 of them in one \w+: allowed are 2000 in all transforms together"


@pytest.mark.parametrize(
    "many",
    [
        TimeMask(count=2000),
        FrequencyMask(count=2000),
        Cutout(count=2000),
        Copy(count=2000),
        Mask("time", count=2000, max_width=2),
        Mask("time", count=0, count_rule="range", max_count=2000, max_width=2),
        Mask("time", count=2000, count_rule="total", max_width=2, max_ratio=0.5, ratio_rule="total"),
    ],
)
def test_masks_of_all_transforms_are_counted_together(many):
    assert Policy([many]).transforms == (many,)
    with pytest.raises(ParameterError, match=TOGETHER):
        Policy([many, TimeMask(count=1)])


def test_a_short_file_that_asks_for_a_million_masks_is_refused_when_it_is_read(tmp_path):
    (tmp_path / "x.yaml").write_text("transforms:\n" + "  - time_mask: {count: 10000, max_frames: 10}\n" * 100)
    with pytest.raises(PolicyError, match=r"x\.yaml: .*ask for 1000000 masks .* allowed are 2000"):
        import_policy(tmp_path / "x.yaml")


def test_numbers_that_follow_from_the_clip_are_counted_when_it_is_drawn():
    adaptive = TimeMask(max_frames=None, max_ratio=0.1, count_ratio=1.0, max_count=10_000)
    policy = Policy([adaptive] * 100)
    assert len(Policy([adaptive] * 2).draw(MEL, rng=0).steps) == 2 * MEL.n_frames
    long = MelStream(frontends.WHISPER, 10_001, 1_600_000, lambda begin, end: np.zeros((80, end - begin), np.float32))
    with pytest.raises(ParameterError, match=r"30000 masks in one draw: allowed are 20000; take a part"):
        policy.draw(long, rng=0)


@pytest.mark.parametrize("rule", [{"count_rule": "ceil"}, {"count_rule": "patches", "start_rule": "grid"}])
def test_a_share_of_a_very_long_clip_is_refused_before_a_mask_is_drawn(rule):
    mask = Mask("time", count_ratio=1.0, max_width=1, **rule)
    with pytest.raises(ParameterError, match=r"50000000 masks in one draw: allowed are 20000"):
        mask.draw(80, 50_000_000, stream=None)


def test_all_known_policies_are_far_from_the_bound():
    for policy in ALL_POLICIES.values():
        Policy(policy.transforms * 8)


def test_the_seed_of_noise_keeps_its_key_in_records():
    step = TimeSpan(3, 4, "noise", noise_seed=5)
    text = Draw(80, 10, (step,)).to_json()
    assert '"seed":5' in text
    assert Draw.from_json(text).steps == (step,)
