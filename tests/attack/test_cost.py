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

MIB = (1 << 20) - 200
NEMO = """model:
  spec_augment:
    _target_: nemo.collections.asr.modules.SpectrogramAugmentation
    freq_masks: %s
    time_masks: 2
    freq_width: 27
    time_width: 0.05
"""
SPEECHBRAIN = """augmentation: !new:speechbrain.lobes.augment.SpecAugment
  time_warp_window: %s
  freq_mask: True
"""


def doubling(form: str, first: str = "1") -> str:
    """24 values, of which each is made of two of the one before."""
    return f"a0: {first}\n" + "".join(f"a{i}: {form.format(f'a{i - 1}')}\n" for i in range(1, 25))


def filled(unit: str, head: str = "", tail: str = "") -> str:
    return head + unit * ((MIB - len(head) - len(tail)) // len(unit)) + tail


YAML = {
    "sequences in sequences": (filled("["), "nested more than 60 deep"),
    "mappings in mappings": (filled("{a: "), "nested more than 60 deep"),
    "sequences in blocks": (filled("- "), "nested more than 60 deep"),
    "ones": (filled("1,", "a: [", "1]"), "more than 60000 values"),
    "mappings": (filled("{a: 1},", "transforms: [", "{a: 1}]"), "more than 60000 values"),
    "keys": ("".join(f"k{i}: 1\n" for i in range(80_000)), "more than 60000 values"),
    "odd keys": (filled("? a\n"), "more than 60000 values"),
    "anchors": (filled("- &a 1\n"), "more than 60000 values"),
    "aliases": ("a: &a 1\nb: [" + "*a," * 300_000 + "]", "more than 60000 values"),
    "tags": (filled("- !x 1\n"), "more than 60000 values"),
    "documents": (filled("--- a\n"), "another document"),
    "transforms": ("transforms:\n" + "- time_mask\n" * 60_000, "more than 60000 values"),
    "digits": (filled("1", "a: "), r"a number of \d+ characters, 1{40}\.\.\.: allowed are 100, line 1"),
    "digits in 16s": (filled("f", "a: 0x"), "a number of"),
    "digits in 60s": (filled("1:", "a: ", "1"), r"a number of \d+ characters, (1:){20}\.\.\.: allowed are 100"),
    "digits in 60s in a flow": (
        "transforms:\n- time_mask: {count: 2, max_frames: " + ":".join(["59"] * 200_000) + "}\n",
        r"a number of 599999 characters, 59:59.*\.\.\.: allowed are 100, line 2",
    ),
    "empty mappings": ("[" + "{}," * 300_000 + "]", "more than 60000 values"),
    "doubled aliases": (
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
        "more than 60000 values, as its aliases are counted",
    ),
    "references": (NEMO % "${a24}" + doubling("${{{0}}}${{{0}}}"), "more than 5000 references"),
    "references in words": (NEMO % "${a24}" + doubling("x${{{0}}} ${{{0}}}"), "more than 5000 references"),
    "sums": (SPEECHBRAIN % "!ref <a24>" + doubling("!ref <{0}> + <{0}>"), "more than 5000 references"),
    "texts": (SPEECHBRAIN % "!ref <a24>" + doubling("!ref <{0}><{0}>", "x"), "more than 5000 references"),
    "lists": (SPEECHBRAIN % "!ref <a24>" + doubling("[!ref <{0}>, !ref <{0}>]"), "a chain of more than 30 references"),
    "a chain": (
        NEMO % "${a40}" + "a0: 1\n" + "".join(f"a{i}: ${{a{i - 1}}}\n" for i in range(1, 41)),
        "a chain of more",
    ),
    "a chain of sums": (
        SPEECHBRAIN % "!ref <a40>" + "a0: 1\n" + "".join(f"a{i}: !ref <a{i - 1}> + 1\n" for i in range(1, 41)),
        "a chain of more than 30 references",
    ),
    "a chain that doubles": (
        NEMO % "${a60}" + "a0: 1\n" + "".join(f"a{i}: ${{a{i - 1}}}${{a{i - 1}}}\n" for i in range(1, 61)),
        "a chain of more than 30 references",
    ),
    "many in one": (SPEECHBRAIN % ("!ref " + "<a>" * 100_000) + "a: 1\n", "more than 5000 references"),
    "a list in a text": (NEMO % ("${a}" * 100) + "a: [" + "1," * 50_000 + "]\n", "a list or a mapping within a text"),
}
JSON = {
    "lists in lists": ("[" * 500_000, "nested too deeply"),
    "mappings in mappings": ('{"a":' * 150_000, "nested too deeply"),
    "ones": ('{"transforms":[' + "1," * 400_000 + "1]}", "more than 60000 values"),
    "mappings": ('{"transforms":[' + '{"time_mask":{}},' * 60_000 + "{}]}", "more than 60000 values"),
    "digits": ('{"transforms":' + "1" * 1_000_000 + "}", "a number of"),
    "digits that Python converts": ('{"specaug":"specaug","specaug_conf":{"a":' + "1" * 4000 + "}}", "a number of"),
}


def test_a_costly_configuration_is_refused(subtests, tmp_path):
    for name, (text, said) in YAML.items():
        with subtests.test(name=name):
            (tmp_path / "x.yaml").write_text(text)
            with pytest.raises(PolicyError, match=said) as refused:
                import_policy(tmp_path / "x.yaml")
            assert len(str(refused.value)) < 500


def test_a_costly_json_is_refused(subtests, tmp_path):
    for name, (text, said) in JSON.items():
        with subtests.test(name=name):
            (tmp_path / "x.json").write_text(text)
            with pytest.raises(PolicyError, match=said):
                import_policy(tmp_path / "x.json")


def test_a_configuration_with_the_tokens_of_a_large_model_is_read(tmp_path):
    tokens = "".join(f"- token{i}\n" for i in range(52_000))
    (tmp_path / "x.yaml").write_text("token_list:\n" + tokens + NEMO % "3")
    assert import_policy(tmp_path / "x.yaml").policy.transforms[1].count == 3


def test_long_texts_say_the_same_as_short_ones():
    text = "a: 1e-10\nb: [0x1f, '7', yes, ~, 1_000]\nc: {d: 2.5}\n"
    padded = text + "# padding\n" * 4000
    assert load(padded) == load(text) == {"a": 1e-10, "b": [31, "7", True, None, 1000], "c": {"d": 2.5}}
    assert load_tagged(padded, tuple, print) == load(text)
    with pytest.raises(yaml.YAMLError, match="stands twice"):
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
