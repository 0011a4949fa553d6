"""Configurations that cost more to read than they weigh."""

from __future__ import annotations

import pytest

from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.read import import_policy

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
