"""Policies from YAML and by name: what is read, and that a mistake is named with its file, key and cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from specaug_listen.augment import LD, POLICIES, FrequencyMask, Policy, TimeMask, TimeWarp
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frameworks.read import read_policy

WHOLE = """
name: mine
probability: 0.9
transforms:
  - time_warp: {max_frames: 40}
  - frequency_mask: {count: 2, max_bins: 20, fill: band_mean}
  - time_mask: {count: 3, max_frames: 70, max_ratio: 0.2, fill: -1.5}
  - time_mask: {max_frames: null, max_ratio: 0.04, count_ratio: 0.04, max_count: 10, fill: noise}
"""


@pytest.fixture
def written(tmp_path):
    """Write a text as a policy file and give its path."""

    def write(text, name="policy.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_file_holds_everything_that_a_policy_does(written):
    expected = Policy(
        (
            TimeWarp(40),
            FrequencyMask(count=2, max_bins=20, fill="band_mean"),
            TimeMask(count=3, max_frames=70, max_ratio=0.2, fill=-1.5),
            TimeMask(max_frames=None, max_ratio=0.04, count_ratio=0.04, max_count=10, fill="noise"),
        ),
        "mine",
        probability=0.9,
    )
    assert read_policy(written(WHOLE)) == expected


def test_a_file_without_a_name_is_named_after_itself(written):
    assert read_policy(written("transforms: []", "gentle.yaml")).name == "gentle"


@pytest.mark.parametrize("entry", ["time_mask", "{time_mask: }", "{time_mask: {}}"])
def test_a_transform_without_parameters_has_the_defaults(written, entry):
    assert read_policy(written(f"transforms: [{entry}]")).transforms == (TimeMask(),)


def test_whole_numbers_are_good_enough_where_a_number_is_asked_for(written):
    policy = read_policy(written("probability: 1\ntransforms: [{time_mask: {max_ratio: 1, fill: 0}}]"))
    assert policy.transforms[0].fill == 0.0


def test_a_mistake_is_named_with_file_key_and_what_is_allowed(subtests, written):
    for text, message in [
        (
            "transforms: [{time_mask: {max_frame: 3}}]",
            r"unknown key 'transforms\[0\]\.time_mask\.max_frame'; did you mean 'max_frames'\? "
            r"\(allowed: count, count_ratio, .*max_frames, max_ratio\)",
        ),
        ("transform: []", r"transforms is missing"),
        (
            "transforms: []\nprob: 1",
            r"unknown key 'prob'.*\(allowed: .*transforms.*\)",
        ),
        (
            "transforms: [{time_warp: }, {tim_mask: {}}]",
            r"transforms\[1\]: unknown transform 'tim_mask'; did you mean 'time_mask'\? "
            r"\(allowed: copy, cutout, frequency_mask, mask, time_mask, time_warp, trim_tail, warp\)",
        ),
        (
            "transforms: [{time_mask: {count: two}}]",
            r"transforms\[0\]\.time_mask\.count='two': should be a valid integer",
        ),
        ("transforms: [{time_mask: {count: yes}}]", r"time_mask\.count=True: should be a valid integer"),
        ("transforms: [{time_mask: {max_frames: 7.5}}]", r"max_frames=7\.5: should be a valid integer"),
        ("transforms: [{time_mask: {count: -1}}]", r"time_mask\.count=-1: should be greater than or equal to 0"),
        ("transforms: [{time_mask: {max_ratio: 1.5}}]", r"max_ratio=1\.5: should be less than or equal to 1"),
        ("transforms: [{frequency_mask: {fill: .nan}}]", r"fill=nan: should be a finite number, or 'mean'"),
        ("transforms: [{frequency_mask: {fill: .inf}}]", r"fill=inf: should be a finite number, or 'mean'"),
        (
            "transforms: [{frequency_mask: {fill: zero}}]",
            r"fill='zero': should be a valid number, or",
        ),
        ("transforms: 3", r"transforms=3: should be a valid array"),
        ("transforms: {time_mask: {}}", r"transforms=\{'time_mask': \{\}\}: should be a valid array"),
        ("transforms: [{time_mask: {}, time_warp: {}}]", r"transforms\[0\]=.*one mapping with one key of"),
        ("transforms: [time_masc]", r"transforms\[0\]='time_masc': allowed is one mapping with one key of"),
        (
            "transforms: [{time_mask: [1]}]",
            r"\[0\]\.time_mask=\[1\]: allowed is a mapping of its param",
        ),
        (
            "transforms: [{time_mask: {kind: time_warp}}]",
            r"time_mask=.*: allowed is a mapping of its param",
        ),
        ("transforms: []\nprobability: 2", r"probability=2: should be less than or equal to 1"),
        ("transforms: []\nname: 3", r"name=3: should be a valid string"),
        ("transforms: []\ntransforms: []", r"the key 'transforms' is repeated, line 2"),
        ("transforms: &a [*a]", r"an alias contains itself"),
        ("name: &a mine\ndialect: *a\ntransforms: []", r"the alias '\*a' is not allowed"),
        ("transforms: [", r"not valid YAML"),
        ("- time_mask: {}", r"holds a list; a policy file is a YAML mapping"),
        ("time_mask", r"holds 'time_mask'; a policy file is a YAML mapping"),
        ("", r"holds nothing; a policy file is a YAML mapping"),
    ]:
        with subtests.test(text=text, message=message):
            path = written(text)
            with pytest.raises(PolicyError, match=rf"^{path}: .*({message})") as caught:
                read_policy(path)
            assert "\n" not in str(caught.value)


def test_whose_rules_it_draws_by_is_said_under_either_key(written):
    for key in ("framework", "dialect"):
        assert read_policy(written(f"{key}: wenet\ntransforms: []")).framework == "wenet"
    with pytest.raises(PolicyError, match="framework and dialect are two names of one key; give one of them"):
        read_policy(written("framework: wenet\ndialect: wenet\ntransforms: []"))
    for name in ("", "WeNet", "a" * 50, "a\n"):
        with pytest.raises(ParameterError, match=r"framework=.*: allowed is the name of a framework in lower case"):
            Policy((), framework=name)


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(PolicyError, match=r"absent\.yaml: the policy file cannot be read \(No such file"):
        get_policy(str(tmp_path / "absent.yaml"))


def test_a_path_with_a_framework_and_nothing_there_is_a_missing_file(subtests, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("conf/nofile", "nofile", "nofile,F=3", Path("nofile")):
        with (
            subtests.test(path=path),
            pytest.raises(PolicyError, match=r"^(conf/)?nofile: the policy file .*No such") as caught,
        ):
            get_policy(path, framework="espnet")
        assert caught.value.is_missing
    with pytest.raises(
        PolicyError, match="did you mean 'espnet-conformer10', a name, which takes no framework"
    ) as caught:
        get_policy("espnt-conformer10", framework="espnet")
    assert caught.value.is_missing
    with pytest.raises(PolicyError, match=r"cannot be read \([^)]*\)$"):
        get_policy("espnt-conformer10.yaml", framework="espnet")
    for name in ("LD", "nemo", "LD,F=3"):
        with subtests.test(name=name), pytest.raises(ParameterError, match="is for files, and the policy is"):
            get_policy(name, framework="espnet")


def test_the_case_of_a_name_does_not_matter(subtests):
    for name in sorted(POLICIES):
        for spelled in [str.upper, str.lower, str.title]:
            with subtests.test(spelled=spelled, name=name):
                assert get_policy(spelled(name)) is POLICIES[name]


def test_a_path_stands_for_its_file(written):
    assert get_policy(str(written(WHOLE))).name == "mine"


def test_a_policy_stands_for_itself():
    assert get_policy(LD) is LD


@pytest.mark.parametrize(
    ("name", "hint"), [("adaptiv", "'adaptive'"), ("ADAPTIVES", "'adaptive'"), ("nonee", "'none'")]
)
def test_an_unknown_name_is_refused_with_the_nearest_one(name, hint):
    with pytest.raises(ParameterError, match=rf"unknown policy '{name}'; did you mean {hint}\? \(allowed: LB"):
        get_policy(name)


def test_a_name_like_no_other_gets_no_suggestion():
    with pytest.raises(ParameterError, match=r"unknown policy 'xyzzy' \(allowed: LB, LD, SM, SS, adaptive"):
        get_policy("xyzzy")


def test_a_parameter_that_replaces_one_of_the_name_is_noted():
    policy = get_policy("LD,F=3,T=9", parameters=["F=5", "T=9"])
    assert policy == get_policy("LD,F=5,T=9")
    assert policy.notes == ("F=3 of the policy's name is replaced: F=5",)
