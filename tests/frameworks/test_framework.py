"""A framework is added by one file: the example of docs/contributing-framework.md, added and removed again."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from commandline import run

from specaug_listen import frameworks
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks.convert import convert_policy
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.registry import collect_frameworks, draw_of_clip
from specaug_listen.frontends import get_frontend

PAGE = Path(__file__).parents[2] / "docs" / "contributing-framework.md"
MODULE = "specaug_listen.frameworks.murmur"
CONFIGURATION = "murmur_masks: {n_freq: 3, freq_width: 15, time_share: 0.05}\nmurmur_bins: 40\n"


@pytest.fixture
def murmur(tmp_path, monkeypatch):
    """The example as a module of the package; afterwards all is as it was."""
    before = list(frameworks.FRAMEWORKS), list(frameworks.ALL_POLICIES), dict(frameworks.MAIN_RECIPES)
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    folder = tmp_path / "beside"
    folder.mkdir()
    (folder / "murmur.py").write_text(code)
    with monkeypatch.context() as patch:
        patch.setattr(frameworks, "__path__", [*frameworks.__path__, str(folder)])
        collect_frameworks()
        yield sys.modules[MODULE]
    del sys.modules[MODULE]
    collect_frameworks()
    assert (list(frameworks.FRAMEWORKS), list(frameworks.ALL_POLICIES), dict(frameworks.MAIN_RECIPES)) == before


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "train.yaml"
    path.write_text(CONFIGURATION)
    return path


def test_it_is_listed_with_its_recipes(murmur):
    assert frameworks.FRAMEWORKS["murmur"] is murmur.MURMUR
    assert "murmur  " in run("list", "frameworks").out
    assert {"murmur-base"} <= {row["name"] for row in json.loads(run("list", "policies", "--json").out)}
    assert get_policy("murmur").transforms == get_policy("murmur-base").transforms


def test_its_file_is_recognised_and_read(murmur, path):
    imported = import_policy(path)
    assert imported.policy.transforms == murmur.murmur_policy(n_freq=3, freq_width=15, time_share=0.05).transforms
    assert (imported.framework, imported.frontend.n_mels) == ("murmur", 40)
    assert imported.defaults == ("murmur_masks.n_time: 2",)
    assert import_policy(path, "murmur") == imported


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("murmur_masks: {n_freq: -1}", r"murmur_masks\.n_freq=-1: allowed is an integer from 0 to 10000"),
        ("murmur_masks: {n_frq: 1}", r"unknown key 'murmur_masks\.n_frq'; did you mean 'n_freq'\?"),
        ("murmur_masks: 3", r"murmur_masks=3: allowed is a mapping"),
        ("murmur_masks: {}\nmurmur_bins: 2000", r"not supported|murmur_bins"),
    ],
)
def test_mistakes_are_refused_or_noted_by_their_keys(murmur, path, text, refusal):
    path.write_text(text)
    try:
        line = " ".join(import_policy(path).notes)
    except PolicyError as error:
        line = str(error)
    assert re.search(refusal, line)
    with pytest.raises(ParameterError, match="time_share=2: allowed is a number from 0 to 1"):
        murmur.murmur_policy(time_share=2)


def test_its_policy_is_drawn_also_with_its_own_generator(murmur, path):
    policy = get_policy(path, exact_rng=True)
    frontend = choose_frontend(None, policy).frontend
    mel = frontend.mel(np.random.default_rng(0).normal(size=(40, 200)).astype(np.float32))
    draws = [draw_of_clip(policy, mel, 0, (1,), number) for number in (1, 1, 2)]
    assert len(draws[0].steps) == 5
    assert draws[0] == draws[1] != draws[2]
    assert choose_frontend(None, murmur.murmur_policy()).frontend == get_frontend("kaldi")


def test_it_is_shown_and_named_on_the_command_line(murmur, path):
    shown = run("policy", "show", path, "--framework", "murmur")
    assert shown.code == 0
    assert "by the rules of murmur" in shown.out
    assert "  widths of time masks are shares of the clip" in shown.out


def test_policies_are_converted_to_it_and_from_it(murmur, path):
    converted = convert_policy(get_policy("LB"), "murmur")
    path.write_text(converted.text)
    assert import_policy(path).policy.transforms == converted.policy.transforms
    assert any("time warp" in line and "-> none" in line for line in converted.differences)
    own = get_policy("murmur-base")
    assert convert_policy(own, "murmur").differences == ()
    assert "num_t_mask: 2" in convert_policy(own, "wenet").text


def test_it_is_gone_where_its_file_is(path):
    assert "murmur" not in run("list", "frameworks").out
    with pytest.raises(ParameterError, match="unknown framework 'murmur'"):
        import_policy(path, "murmur")
    with pytest.raises(PolicyError, match="holds no key of a framework"):
        import_policy(path)
