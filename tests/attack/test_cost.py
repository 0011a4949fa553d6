"""Short texts that would cost much: each is refused from a count, before the work is done.

Nothing here is timed: without the bounds, each would cost minutes to years, or all memory.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import yaml

from specaug_listen import Audio, Policy, augment, frontends, get_policy, sweep
from specaug_listen._yaml_loader import load, load_tagged
from specaug_listen.augment import TimeMask
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks.read import import_policy
from specaug_listen.mels import find_mels
from specaug_listen.vocoders import get_vocoder


def test_long_texts_say_the_same_as_short_ones():
    text = "a: 1e-10\nb: [0x1f, '7', yes, ~, 1_000]\nc: {d: 2.5}\n"
    padded = text + "# padding\n" * 4000
    assert load(padded) == load(text) == {"a": 1e-10, "b": [31, "7", True, None, 1000], "c": {"d": 2.5}}
    assert load_tagged(padded, tuple, print) == load(text)
    with pytest.raises(yaml.YAMLError, match="is repeated"):
        load(padded + "a: 2\n")


def test_combinations_are_counted_before_they_are_listed(subtests):
    for vary in [
        {"T": range(40), "F": range(40), "mF": range(40), "mT": range(40)},
        {"T": range(10**9)},
        {"T": itertools.count()},
        (f"k{i}=1" for i in itertools.count()),
        {f"k{i}.x": range(50) for i in range(50)},
    ]:
        with subtests.test(vary=vary), pytest.raises(ParameterError, match=r"at most 1000|more than 50"):
            sweep(Audio(np.zeros(4000), 16000), vary=vary)


@pytest.mark.parametrize(
    "text",
    ["LD" + ",a=1" * 60_000 + ",(", "LD,a=" + " " * 200_000 + "x(", "LD" + ", a =" * 60_000, "x" * 1_000_000],
    ids=["parameters", "spaces", "no values", "a name"],
)
def test_words_of_a_policy_are_looked_at_once(text):
    with pytest.raises(ParameterError):
        get_policy(text)


def test_numbers_without_end_are_refused_in_short_words(subtests):
    for build in [
        lambda: TimeMask(count=10**9),
        lambda: augment.LD.with_parameters(mF=10**9),
        lambda: augment.LD.with_parameters(mF=10**5000),
        lambda: Policy([], probability=10**5000),
        lambda: augment.LD.draw(None, rng=10**5000),
        lambda: augment.Batch(10**9),
        lambda: Policy(TimeMask() for _ in itertools.count()),
        lambda: get_vocoder("griffinlim:n_iter=1000000000"),
        lambda: frontends.statistics_of_text("mean=" + "1" * 10**6 + ",std=1"),
    ]:
        with subtests.test(build=build):
            with pytest.raises(ParameterError) as refused:
                build()
            assert len(str(refused.value)) < 300


def test_a_framework_that_there_is_not_is_refused_with_those_that_there_are(tmp_path):
    for key in ("framework", "dialect"):  # as it is called now, and was
        (tmp_path / "x.yaml").write_text(f"{key}: nix\ntransforms: [time_mask]\n")
        with pytest.raises(PolicyError, match=r"framework='nix': allowed is one of 'paper', .*'fairseq'"):
            import_policy(tmp_path / "x.yaml")
    with pytest.raises(ParameterError, match=r"unknown framework 'nix'.*allowed: espnet"):
        import_policy(tmp_path / "x.yaml", "nix")
    with pytest.raises(ParameterError, match=r"unknown framework 'nix'.*allowed: espnet"):
        get_policy("LD", framework="nix")


def test_mels_of_linked_folders_are_found_once(tmp_path):
    (tmp_path / "in" / "z").mkdir(parents=True)
    np.save(tmp_path / "in" / "z" / "x.npy", np.zeros((80, 10), np.float32))
    (tmp_path / "in" / "a").symlink_to(tmp_path / "in" / "z")
    (tmp_path / "in" / "z" / "loop").symlink_to(tmp_path)
    found, problems = find_mels([tmp_path / "in"])
    assert [one.path.name for one in found] == ["x.npy"]
    assert problems == []
