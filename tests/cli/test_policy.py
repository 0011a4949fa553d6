"""`policy show` and `policy convert`: what they print, write and refuse."""

from __future__ import annotations

import json
import re

import configs
from commandline import run

from specaug_listen.frameworks import ALL_POLICIES, FRAMEWORKS
from specaug_listen.frameworks.policies import resolve_policy
from specaug_listen.frameworks.registry import spelling


def test_show_prints_all_that_there_is(subtests, written):
    for framework in configs.ALL:
        with subtests.test(framework=framework):
            path = written(framework)
            ran = run("policy", "show", path)
            assert (ran.code, ran.err) == (0, "")
            assert f"{path}: policy '" in ran.out
            assert f"by the rules of {spelling(framework)}" in ran.out
            for oddity in FRAMEWORKS[framework].oddities:
                assert oddity in ran.out
            assert len(re.findall(r"^ +(2|5|10|15) s +0\.\d\d of the frames", ran.out, re.MULTILINE)) == 4
            assert len(max(ran.out.splitlines(), key=len)) < 400


def test_show_lists_what_was_filled_in_and_notes(written):
    out = run("policy", "show", written("fairseq")).out
    assert "defaults, not in the file:\n  specaugment.time_warp_W: 0\n" in out
    assert "a typo of fairseq's own tool" in out


def test_show_as_json_holds_the_same(written):
    path = written("wenet")
    ran = run("policy", "show", path, "--json")
    page = json.loads(ran.out)
    assert (page["source"], page["imported"]["dialect"]) == (str(path), "wenet")
    assert len(page["steps"]) == len(page["imported"]["policy"]["transforms"]) == 3
    assert [share["n_frames"] for share in page["shares"]] == [200, 500, 1000, 1500]
    assert page["oddities"] == list(FRAMEWORKS["wenet"].oddities)


def test_show_takes_names(tmp_path):
    assert "policy 'LD', by the rules of the paper" in run("policy", "show", "ld").out


def test_a_framework_may_be_named(written):
    assert run("policy", "show", written("lhotse"), "--framework", "lhotse").code == 0
    ran = run("policy", "show", written("lhotse"), "--framework", "espnet")
    assert ran.code == 1
    assert re.fullmatch(r"error: [^\n]*looks like lhotse's configuration, not ESPnet's[^\n]*\n", ran.err)


def test_what_cannot_be_shown_is_one_line(subtests, tmp_path, monkeypatch):
    for arguments, message in [
        (("show", "nothing.yaml"), r"nothing\.yaml: the policy file cannot be read"),
        (("show", "nothing"), r"unknown policy 'nothing'"),
        (("show", "LD", "--framework", "espnet"), r"framework='espnet' is for files"),
        (("show", "x" * 5000), r"a name of 5000 characters"),
        (("convert", "LD", "--to", "kaldi"), r"unknown framework 'kaldi'"),
        (("convert", "LD"), r"Missing option '--to'"),
    ]:
        with subtests.test(arguments=arguments, message=message):
            monkeypatch.chdir(tmp_path)
            ran = run("policy", *arguments)
            assert ran.code == 2
            assert re.fullmatch(rf"error: [^\n]*{message}[^\n]*\n", ran.err)


def test_convert_prints_the_snippet_and_lists_what_differs(written, tmp_path):
    ran = run("policy", "convert", written("espnet"), "--from", "espnet", "--to", "nemo")
    assert ran.code == 0
    (tmp_path / "nemo.yaml").write_text(ran.out)
    assert resolve_policy(tmp_path / "nemo.yaml").policy.transforms == ALL_POLICIES["nemo-conformer"].transforms
    assert all(line.startswith("warning: differs: ") for line in ran.err.splitlines())
    assert "warning: differs: order: frequency masks, time masks -> time masks, frequency masks" in ran.err


def test_convert_writes_a_file_and_never_over_another(tmp_path):
    out = tmp_path / "wenet.yaml"
    ran = run("policy", "convert", "LB", "--to", "wenet", "-o", out)
    assert (ran.code, ran.out) == (0, f"{out}\n")
    first = out.read_text()
    refused = run("policy", "convert", "SM", "--to", "wenet", "-o", out)
    assert refused.code == 2
    assert "exists; choose another, or replace it with --overwrite" in refused.err
    assert out.read_text() == first
    assert run("policy", "convert", "SM", "--to", "wenet", "-o", out, "--overwrite").code == 0
    assert out.read_text() != first


def test_convert_as_json(tmp_path):
    converted = json.loads(run("policy", "convert", "LB", "--to", "espnet", "--json").out)
    assert converted["dialect"] == "espnet"
    assert converted["text"].startswith("specaug: specaug\n")
    assert converted["differences"]
