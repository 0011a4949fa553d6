"""From one framework's policy to another's: its own stays, others come near, and say what differs."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

import configs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from specaug_listen.augment import FrequencyMask, Mask, Policy, TimeMask, TimeWarp
from specaug_listen.augment.coverage import expected_shares
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks import (
    ALL_POLICIES,
    lingvo_policy,
    nemo_policy,
    torchaudio_policy,
)
from specaug_listen.frameworks.convert import convert_policy, writable_frameworks
from specaug_listen.frameworks.read import import_policy

pytestmark = pytest.mark.usefixtures("few_draws")

# What a framework has no word for: widths of one size, a chance, rules of old classes; single transforms of torchaudio
# whose order and shares its SpecAugment does not have.
TARGETS = writable_frameworks()
WITHOUT_WORDS = ("wespeaker", "torchaudio-conformer")
OWN = {
    name: policy for name, policy in ALL_POLICIES.items() if policy.framework in TARGETS and name not in WITHOUT_WORDS
}


def test_a_policy_for_its_own_framework_is_the_same_one(subtests):
    for name in sorted(OWN):
        with subtests.test(name=name):
            policy = OWN[name]
            converted = convert_policy(policy, policy.framework)
            assert replace(converted.policy, name="x") == replace(policy, name="x")
            assert converted.differences == ()


def test_lingvos_dynamic_warp_stays_with_lingvo():
    policy = lingvo_policy(time_warp_bound="dynamic", time_warp_max_ratio=0.1)
    assert convert_policy(policy, "lingvo").policy.transforms == policy.transforms
    assert convert_policy(policy, "espnet").policy.transforms[0].max_frames == 100


def test_a_part_of_the_transforms_stays_with_speechbrain_and_is_told_elsewhere():
    policy = replace(ALL_POLICIES["speechbrain-conformer"], n_applied=(1, 2))
    assert convert_policy(policy, "speechbrain").policy.n_applied == (1, 2)
    assert "applied of them: the first 1 to 2 -> all" in convert_policy(policy, "paper").differences


def test_shuffling_stays_with_speechbrain_and_is_told_elsewhere():
    policy = replace(ALL_POLICIES["speechbrain-conformer"], n_applied=(1, 2), is_shuffled=True)
    there = convert_policy(policy, "speechbrain").policy
    assert (there.n_applied, there.is_shuffled) == ((1, 2), True)
    assert "applied of them: 1 to 2, in any order -> all" in convert_policy(policy, "paper").differences


def test_the_warps_own_chance_is_told():
    differences = convert_policy(ALL_POLICIES["icefall"], "espnet").differences
    assert "probability of the warp apart from the masks: 0.9 -> none" in differences
    assert not any("apart from the masks" in line for line in convert_policy(ALL_POLICIES["icefall"], "hf").differences)


@pytest.mark.parametrize("name", ["none", "LB", "wespeaker"])
def test_lhotse_is_given_no_size_of_0(name):
    """Which it refuses; a size of 1 masks nothing, as no width reaches it."""
    made = convert_policy(ALL_POLICIES[name], "lhotse").policy
    assert all(mask.max_width >= 1 for mask in made.transforms[1:])
    if name == "none":
        shares = expected_shares(made, 80, 500, n_draws=50)
        assert (shares.time, shares.frequency) == (0, 0)


def test_the_snippet_is_a_configuration_of_the_framework(subtests, tmp_path):
    for name in ("adaptive", "icefall", "speechbrain-conformer", "none"):
        for to in TARGETS:
            with subtests.test(to=to, name=name):
                converted = convert_policy(ALL_POLICIES[name], to)
                path = tmp_path / f"{name}{'.json' if to in ('hf', 'lhotse') else '.yaml'}"
                path.write_text(converted.text)
                assert import_policy(path).policy.transforms == converted.policy.transforms
                assert converted.policy.framework == to


@functools.cache
def shares_of_10_s(policy):
    return expected_shares(policy, 80, 1000, n_draws=300)


def test_as_much_is_masked_there_as_here(subtests):
    """Of 10 s. Fixed widths cover a little more, their overlaps being fewer."""
    for name in ("LD", "espnet-conformer10", "icefall"):
        for to in TARGETS:
            with subtests.test(to=to, name=name):
                given, made = (
                    shares_of_10_s(ALL_POLICIES[name]),
                    shares_of_10_s(convert_policy(ALL_POLICIES[name], to).policy),
                )
                assert made.time == pytest.approx(given.time, abs=0.04)
                assert made.frequency == pytest.approx(given.frequency, abs=0.06)


def test_what_differs_is_listed(subtests):
    for name, to, line in [
        ("espnet-conformer10", "nemo", "time warp: a frame moves by -4 to 5 frames; clips from 11 frames on"),
        ("espnet-conformer10", "nemo", "order: frequency masks, time masks -> time masks, frequency masks"),
        ("LB", "wenet", "frequency masks, width: 0 to 27 bins -> 1 to 27 bins"),
        (
            "LB",
            "wenet",
            "frequency masks, fill: filled with the mean of the clip -> filled with 0 in the scale of the f",
        ),
        ("LB", "wenet", "start: start anywhere but the last position -> start anywhere, truncated at the end"),
        ("icefall", "espnet", "probability that anything is done: 0.9 -> 1"),
        ("icefall", "espnet", "time masks, count: the fewest that can use up the budget, at most 10 -> 2"),
        (
            "icefall",
            "espnet",
            "scale that a fill is in: ln of powers, not normalised -> ln of powers, before the model's",
        ),
        ("icefall", "fairseq", "both parts resized separately (bicubic, half-pixel) -> both parts resized separ"),
        ("wenet-u2pp", "espnet", "copies of earlier frames: 3; 1 to 30 frames, from any earlier position -> none"),
        ("nemo-quartznet", "espnet", "rectangles: 5; 0 to 50 bins x 0 to 120 frames"),
        (
            "SM",
            "espnet",
            "time masks, width: 0 to 70 frames, at most 0.2 of the clip -> 0 to 70 frames (71 is never dra",
        ),
        ("espnet-conformer10", "hf", "time masks, width: 0 to less than 0.05 of the padded batch -> 24 frames"),
    ]:
        with subtests.test(name=name, to=to, line=line):
            differences = convert_policy(ALL_POLICIES[name], to).differences
            assert any(line in each for each in differences), differences


def test_narrow_masks_come_in_where_a_framework_has_no_least_width():
    differences = convert_policy(ALL_POLICIES["speechbrain-conformer"], "nemo").differences
    assert (
        "frequency masks, width: 10 to 19 bins (20 is never drawn) -> 0 to 19 bins (20 is never drawn)" in differences
    )
    given, made = map(float, re.search(r"frequency (0\.\d+) -> (0\.\d+)", differences[-1]).groups())
    assert made < given - 0.08


def test_what_is_the_same_is_not_listed():
    differences = convert_policy(ALL_POLICIES["espnet-conformer10"], "nemo").differences
    assert not [line for line in differences if line.startswith(("frequency masks, count", "frequency masks, width"))]
    assert not [line for line in differences if "fill:" in line or "probability" in line]


def test_further_masks_along_an_axis_are_left_out_and_said():
    policy = Policy([TimeMask(count=1, max_frames=40), TimeMask(count=2, max_frames=5)])
    assert convert_policy(policy, "nemo").differences[0].startswith("left out: time masks: 2; 0 to 5 frames")


def test_counts_in_a_range_stay_in_speechbrain():
    mask = replace(ALL_POLICIES["speechbrain-conformer"].transforms[0], count=1, max_count=3)
    assert convert_policy(Policy((mask,), framework="speechbrain"), "speechbrain").policy.transforms == (mask,)
    assert convert_policy(Policy((mask,), framework="speechbrain"), "espnet").policy.transforms[0].count == 3


def test_a_fill_is_kept_where_the_framework_has_it(subtests):
    for to in ("espnet", "torchaudio", "fairseq", "speechbrain", "paper"):
        for fill in (0.0, "mean"):
            with subtests.test(fill=fill, to=to):
                made = convert_policy(ALL_POLICIES["LD"].with_fill(fill), to).policy
                assert {mask.fill for mask in made.transforms if hasattr(mask, "fill")} == {fill}


def test_a_share_of_bins_by_torchaudio_stays_with_torchaudio():
    policy = torchaudio_policy(n_time_masks=2, time_mask_param=40, n_freq_masks=2, freq_mask_param=27, p=0.3)
    assert convert_policy(policy, "torchaudio").policy.transforms == policy.transforms


def test_nothing_to_do_is_said_so_in_espnets_words():
    assert convert_policy(Policy(()), "espnet").text == "specaug: null\n"


def test_every_example_can_be_converted_to_every_framework(subtests, tmp_path):
    for framework in configs.ALL:
        with subtests.test(framework=framework):
            name, text = configs.ALL[framework]
            (tmp_path / name).write_text(text)
            policy = import_policy(tmp_path / name).policy
            for to in TARGETS:
                assert convert_policy(policy, to).text


def test_an_unknown_framework_is_refused_with_the_nearest():
    with pytest.raises(
        ParameterError, match=r"unknown framework 'speechbrian'; did you mean 'speechbrain'\? \(allowed: esp"
    ):
        convert_policy(ALL_POLICIES["LB"], "speechbrian")


@pytest.mark.parametrize(
    ("framework", "instead"),
    [("speechbrain-legacy", "speechbrain"), ("nemo-legacy", "nemo"), ("nemo-numba", "nemo")],
)
def test_a_framework_that_is_only_read_is_said_to_be_so(framework, instead):
    refusal = rf"framework '{framework}' can be read, but not written; convert to {instead} instead \(allowed: espnet, "
    with pytest.raises(ParameterError, match=refusal):
        convert_policy(ALL_POLICIES["LB"], framework)


counts, widths = st.integers(0, 3), st.integers(0, 20)
shares = st.sampled_from([0.0, 0.0005, 0.05, 1.0])
MASKS = st.one_of(
    st.builds(TimeWarp, widths),
    st.builds(lambda n, w: FrequencyMask(count=n, max_bins=w), counts, widths),
    st.builds(lambda n, w, r: TimeMask(count=n, max_frames=w, max_ratio=r), counts, widths | st.none(), shares),
    st.builds(
        lambda n, r: Mask("time", n, min_ratio=min(r), max_ratio=max(r), ratio_rule="replaces"),
        counts,
        st.tuples(shares, shares),
    ),
    st.builds(lambda n, w: Mask("frequency", n, min_width=min(w), max_width=max(w)), counts, st.tuples(widths, widths)),
)


@given(transforms=st.lists(MASKS, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_nothing_is_written_for_espnet_that_it_would_raise_with(transforms):
    written = yaml.safe_load(convert_policy(Policy(transforms), "espnet").text)
    conf = written.get("specaug_conf", {})
    assert all(conf[key] >= 1 for key in ("time_warp_window", "num_freq_mask", "num_time_mask") if key in conf)
    assert all(low < high for low, high in (value for key, value in conf.items() if key.endswith("_range")))
    assert any(conf[key] for key in conf if key.startswith("apply_")) == (written["specaug"] is not None)


def test_time_masks_of_no_share_are_switched_off_for_espnet():
    policy = Policy((FrequencyMask(), TimeMask(max_frames=None, max_ratio=0.0)))
    conf = yaml.safe_load(convert_policy(policy, "espnet").text)["specaug_conf"]
    assert conf["apply_time_mask"] is False
    assert not [key for key in conf if key.startswith(("time_mask", "num_time"))]


def test_masks_wider_than_80_bands_are_counted_on_as_many():
    policy = nemo_policy(freq_masks=1, freq_width=100, use_vectorized_spec_augment=False, rect_masks=1, rect_freq=90)
    differences = convert_policy(policy, "wenet").differences
    assert any(line.startswith("masked of 1000 frames x 100 bins, on average") for line in differences)
