"""Single parameters of a policy: the paper's letters, names of fields, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from commandline import run
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen import augment
from specaug_listen.augment import FrequencyMask, Policy, TimeMask, TimeWarp
from specaug_listen.augment.parameters import LETTERS, parameters_of, split_parameters
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks import MAIN_RECIPES, fairseq_policy, torchaudio_policy
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.policies import get_policy, recipe_behind, resolve_policy
from specaug_listen.frameworks.registry import ALL_POLICIES
from specaug_listen.frameworks.summary import show_policy
from specaug_listen.frontends import PRESETS


def test_the_papers_letters_set_what_the_paper_calls_so():
    made = get_policy("LD,F=9,T=40,W=5,mF=3,mT=4,p=0.2")
    assert made.transforms == (
        TimeWarp(5),
        FrequencyMask(count=3, max_bins=9),
        TimeMask(count=4, max_frames=40, max_ratio=0.2),
    )
    assert made.name == "LD,F=9,T=40,W=5,mF=3,mT=4,p=0.2"
    assert augment.LD.with_parameters(F=9, T=40, W=5, mF=3, mT=4, p=0.2) == made


def test_letters_fields_and_set_are_one_thing():
    by_letter = augment.LD.with_parameters(T=40).transforms
    assert augment.LD.with_parameters({"time_mask.max_frames": 40}).transforms == by_letter
    assert resolve_policy("LD", parameters=["T=40"]).policy.transforms == by_letter
    assert resolve_policy("LD,T=40").policy.transforms == by_letter
    assert augment.LD.with_parameters(T=np.int64(40)).transforms == by_letter


@pytest.mark.parametrize(
    ("text", "attribute", "values"),
    [
        ("espnet,F=8", "max_width", [8, None]),
        ("espnet,mT=3", "count", [2, 3]),
        ("espnet,p=0.2", "max_ratio", [None, 0.2]),
        ("icefall,p=0.3", "max_ratio", [None, 0.3]),
        ("nemo,p=0.1", "max_ratio", [0.1, None]),
        ("wenet,T=12", "max_width", [12, 10]),
        ("speechbrain,mF=2", "max_count", [4, 2]),
        ("speechbrain,mF=2", "count", [4, 2]),
        ("whisper,T=4", "max_width", [4]),
        ("torchaudio,p=0.5", "max_ratio", [None, 0.5]),
        ("lingvo,mT=7", "count", [7, 1]),
    ],
)
def test_letters_are_the_frameworks_own_parameters(text, attribute, values):
    masks = [one for one in get_policy(text).transforms if hasattr(one, "axis")]
    assert [getattr(mask, attribute) for mask in masks] == values


def test_fairseqs_mels_of_fewer_bins_than_f_are_left_alone_whatever_f_is():
    numbers = {"freq_mask_N": 2, "time_mask_N": 2, "time_mask_T": 100, "time_mask_p": 1.0, "name": "fairseq-ld"}
    made = get_policy("fairseq,F=40")
    assert made.transforms == fairseq_policy(freq_mask_F=40, **numbers).transforms
    assert made.min_mels == 40


def test_torchaudios_specaugment_passes_p_to_both_axes_and_its_time_masks_alone_do_not():
    numbers = {"n_time_masks": 1, "time_mask_param": 9, "n_freq_masks": 1, "freq_mask_param": 9}
    whole = torchaudio_policy(**numbers).with_parameters(p=0.2)
    assert whole.transforms == torchaudio_policy(**numbers, p=0.2).transforms
    frequency, time = get_policy("torchaudio,p=0.1").transforms
    assert (frequency.max_ratio, time.max_ratio) == (None, 0.1)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("LD,F=-5", "F=-5: allowed is a whole number from 0 to 10000"),
        ("LD,F=2.5", "F=2.5: allowed is a whole number"),
        ("LD,F=true", "F=True: allowed is a whole number"),
        ("LD,p=1.5", "p=1.5: allowed is a number from 0 to 1"),
        ("espnet,F=0", "F=0: allowed is a whole number from 1 to"),
        ("wenet,T=0", "T=0: allowed is a whole number from 1 to"),
        ("LD,Q=3", r"policy 'LD' has no 'Q' \(allowed: F, T, W, mF, mT, p, probability, fill, time_warp.max_frames"),
        ("wenet,W=3", r"policy 'wenet' has no 'W' \(farthest time warp.*\(allowed: F, T, mF, mT"),
        ("espnet,T=3", "policy 'espnet-conformer10' has no 'T'"),
        ("nemo-quartznet,F=3", "allowed: probability, fill, cutout.count, cutout.max_bins, cutout.max_frames"),
        ("adaptive,mT=3", "policy 'adaptive' has no 'mT'"),
        ("numpy:flipud,F=3", "policy 'numpy:flipud' has no 'F'"),
        ("LD,time_mask.max_frame=3", "did you mean 'max_frames'"),
        ("LD,F", "'F' is not KEY=VALUE"),
        ("LD,F=", "'F=' is not KEY=VALUE"),
        ("LD,F=3,f=4", "F is given twice"),
        ("LD,F=3,frequency_mask.max_bins=4", "F and frequency_mask.max_bins are the same parameter"),
        ("F=3", "a parameter without a policy; write LD,F=3"),
        ("nemoo,F=3", "unknown policy 'nemoo'; did you mean 'nemo'"),
    ],
)
def test_what_is_no_parameter_or_out_of_range_is_refused_in_one_line(text, match):
    with pytest.raises(ParameterError, match=match) as caught:
        get_policy(text)
    assert "\n" not in str(caught.value)


def test_the_number_of_masks_is_not_guessed_where_there_are_two_sets():
    policy = Policy([TimeMask(count=1), TimeMask(count=2)], "two")
    assert [one.max_frames for one in policy.with_parameters(T=7).transforms] == [7, 7]
    with pytest.raises(ParameterError, match=r"has 2 sets of time masks, so mT is not one number; time_mask\.count=N"):
        policy.with_parameters(mT=3)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("icefall,p=0.3", "p=0.3 bounds all time masks together here"),
        ("lingvo,W=40", "W=40 has no effect: time_warp.max_ratio is 0"),
        ("lingvo,W=40,time_warp.max_ratio=0.5", ""),
    ],
)
def test_a_note_says_where_a_letter_means_something_else(text, match):
    notes = [note for note in get_policy(text).notes if note.startswith(("p=", "W="))]
    assert [match in note for note in notes] == [True] * bool(match)


def test_a_frameworks_name_is_its_main_recipe_and_says_so(subtests):
    for name in MAIN_RECIPES:
        with subtests.test(name=name):
            policy = get_policy(name.upper())
            assert policy == ALL_POLICIES[MAIN_RECIPES[name]]
            assert any(note.startswith(f"policy {name}: the recipe ") for note in policy.notes)
            listed = run("list", "policies").out
            assert name in listed.replace(",", " ").split()


def test_every_framework_that_has_recipes_has_a_main_one():
    assert {ALL_POLICIES[recipe].framework for recipe in MAIN_RECIPES.values()} == {
        policy.framework for policy in ALL_POLICIES.values()
    } - {"paper"}


def test_a_recipe_with_other_numbers_keeps_its_front_end():
    assert choose_frontend(None, get_policy("espnet,F=8")).frontend.hop_length == 160
    assert choose_frontend(None, get_policy("nemo,p=0.1")).frontend is PRESETS["nemo"]
    assert recipe_behind(get_policy("espnet,F=8")) == ALL_POLICIES["espnet-conformer10"]
    assert recipe_behind(replace(get_policy("espnet,F=8"), probability=0.5)) is None
    assert recipe_behind(Policy([TimeWarp(3)], "a,b=")) is None


def test_files_take_parameters_too(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("transforms:\n  - time_mask: {count: 2, max_frames: 70}\n")
    assert resolve_policy(f"{path},T=10").policy.transforms == (TimeMask(count=2, max_frames=10),)
    assert get_policy(f"{path},T=10").name == "mine,T=10"
    named_so = tmp_path / "odd,T=3.yaml"
    named_so.write_text(path.read_text())
    assert get_policy(str(named_so)).transforms[0].max_frames == 70


def test_show_says_what_the_numbers_make(tmp_path):
    assert show_policy("LD", n_draws=5, parameters=["F=9"]).steps[1].startswith("frequency masks: 2; 0 to 9 bins")
    assert "0 to 9 bins" in run("policy", "show", "LD,F=9").out
    assert "0 to 9 bins" in run("policy", "show", "LD", "--set", "F=9").out
    ran = run("policy", "convert", "LD,F=9", "--to", "nemo")
    assert (ran.code, "freq_width: 10" in ran.out or "freq_width: 9" in ran.out) == (0, True)


@given(st.dictionaries(st.sampled_from(["F", "T", "W", "mF", "mT"]), st.integers(0, 100), min_size=1))
def test_a_name_with_its_parameters_is_read_as_what_it_was_made_of(numbers):
    made = augment.LD.with_parameters(numbers)
    assert split_parameters(made.name) == ("LD", numbers)
    assert get_policy(made.name) == made


def test_every_parameter_that_is_named_can_be_set_to_what_it_is(subtests):
    for name in ALL_POLICIES:
        with subtests.test(name=name):
            policy = ALL_POLICIES[name]
            for key in parameters_of(policy.transforms):
                if key in LETTERS or key in ("probability", "fill"):
                    continue
                head, field = key.split(".")
                words = {"time_mask": "time", "frequency_mask": "frequency"}
                same = [t for t in policy.transforms if getattr(t, "axis", None) == words.get(head) or t.kind == head]
                if same and hasattr(same[0], field) and len(same) == 1:
                    assert policy.with_parameters({key: getattr(same[0], field)}) == replace(
                        policy, name=f"{name},{key}={getattr(same[0], field)}"
                    )
