"""The numbers of a policy that every framework has words for."""

from __future__ import annotations

import pytest

from specaug_listen.augment import FrequencyMask, Mask, Policy
from specaug_listen.frameworks import espnet_policy
from specaug_listen.frameworks.convert import convert_policy, writable_frameworks
from specaug_listen.frameworks.neutral import neutral_policy

pytestmark = pytest.mark.usefixtures("few_draws")


def test_the_largest_width_is_kept_though_the_ends_differ(subtests):
    """27 inclusive is 28 exclusive; HF has one width, which is the middle."""
    for to in sorted(set(writable_frameworks()) - {"wenet"}):
        with subtests.test(to=to):
            made = neutral_policy(convert_policy(Policy([FrequencyMask(count=1, max_bins=27)]), to).policy).frequency
            assert made.widest == (14 if to == "hf" else 27)


def test_numbers_that_a_share_stands_for_are_those_of_1000_frames():
    policy = espnet_policy(apply_freq_mask=False, time_mask_width_ratio_range=(0.0, 0.1), num_time_mask=3)
    made = convert_policy(policy, "wenet").policy.transforms[0]
    assert isinstance(made, Mask)
    assert (made.count, made.max_width) == (3, 99)
