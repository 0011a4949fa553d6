"""`specaug-listen check`: exit code 0 without findings, 1 with findings, 2 for bad usage."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from commandline import HOUSE, run, run_apart

from specaug_listen import Audio, save
from specaug_listen.checks import FINDINGS, speech_like

HERE = Path(__file__).parents[1] / "support" / "pipelines.py"
ALONE = ("--adapter", "axes=bins, frames", "--adapter", "container=numpy")
ADAPTER = ("--adapter", "axes=batch, bins, frames", "--adapter", "container=numpy", "--adapter", "lengths=frames")
FEW = ("--draws", "100")


def test_a_clean_pipeline_ends_with_0():
    ran = run("check", f"{HERE}:Reference", *ADAPTER, *FEW)
    assert ran.code == 0
    assert ran.err == ""
    assert re.fullmatch(r"\S+pipelines.py:Reference on whisper( \([a-z ]+\))?: nothing found in \d+ draws\n", ran.out)


def test_a_finding_is_one_line_and_ends_with_1(tmp_path):
    ran = run("check", f"{HERE}:Zero", *ADAPTER, *FEW, "--frontend", "lhotse", "-o", tmp_path / "out")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert len(lines) == 2
    assert re.match(r"warning: zero-fill-in-log: masks hold 0, .* in this scale; in log mels, 0 is an arb", lines[0])
    assert lines[1].endswith("pipelines.py:Zero on lhotse: 1 finding in " + lines[1].split()[-2] + " draws")
    assert (tmp_path / "out" / "zero-fill-in-log" / "after.wav").is_file()
    again = run("check", f"{HERE}:Zero", *ADAPTER, "-o", tmp_path / "out")
    assert again.code == 2
    assert "the folder is not empty; choose another, or replace its results with --overwrite" in again.err


def test_a_finding_that_is_ignored_ends_with_0():
    assert run("check", f"{HERE}:Zero", *ADAPTER, *FEW, "--ignore", "zero-fill-in-log").code == 0


def test_json_is_for_machines():
    ran = run("check", "--policy", "none", *FEW, "--json")
    assert ran.code == 1
    report = json.loads(ran.out)
    assert report["subject"] == "none"
    assert report["findings"][0]["id"] == "nothing-applied"
    assert report["findings"][0]["numbers"] == {"draws": report["findings"][0]["numbers"]["draws"]}


def test_the_user_s_clips_are_taken(tmp_path):
    for name, seconds in (("one.wav", 0.4), ("two.wav", 2.5)):
        save(tmp_path / name, speech_like(seconds, 16000))
    ran = run("check", f"{HERE}:LongOnly", tmp_path, *ADAPTER, *FEW, "--json")
    report = json.loads(ran.out)
    assert report["clips"] == {"one.wav": 40, "two.wav": 250}
    assert [finding["id"] for finding in report["findings"]] == ["warp-skipped"]


def test_a_framework_s_configuration_is_checked_on_its_own_front_end(tmp_path):
    (tmp_path / "train.yaml").write_text(
        "frontend: default\nspecaug: specaug\nspecaug_conf:\n  apply_time_warp: false\n"
        "  freq_mask_width_range: [0, 27]\n"
        "  time_mask_width_ratio_range: [0.0, 0.05]\n  num_time_mask: 5\n"
    )
    ran = run("check", "--policy", tmp_path / "train.yaml", "--framework", "espnet", "--json")
    report = json.loads(ran.out)
    assert ran.code == 1
    assert report["frontend"].startswith("espnet")
    assert {"zero-fill-in-log", "masks-in-padding", "end-bins-unmasked"} <= {f["id"] for f in report["findings"]}


def test_what_the_callable_prints_is_no_part_of_the_report(tmp_path):
    (tmp_path / "noisy.py").write_text("def same(mel):\n    print('noise')\n    return mel.copy()\n")
    ran = run_apart("check", f"{tmp_path}/noisy.py:same", "--json", cwd=HOUSE)
    assert ran.code == 1
    assert json.loads(ran.out)["findings"][0]["id"] == "nothing-applied"


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are passed on where there is a fork")
def test_what_the_callable_writes_to_any_descriptor_is_no_part_of_the_report(tmp_path):
    (tmp_path / "noisy.py").write_text(
        "import contextlib, os, stat, subprocess, sys\n"
        "subprocess.run(['echo', 'noise'])\n"
        "def same(mel):\n"
        "    sys.__stdout__.write('noise')\n"
        "    for number in range(1, 64):\n"
        "        with contextlib.suppress(OSError):\n"
        "            if number != 2 and not stat.S_ISSOCK(os.fstat(number).st_mode):\n"
        "                os.write(number, b'noise')\n"
        "    return mel.copy()\n"
    )
    ran = run_apart("check", f"{tmp_path}/noisy.py:same", *ALONE, "--draws", 100, "--json", cwd=HOUSE)
    assert ran.code == 1
    assert json.loads(ran.out)["findings"][0]["id"] == "nothing-applied"


def test_bad_usage_is_one_line_and_ends_with_2(subtests):
    for arguments, message in [
        ((), "nothing to check: expected module:callable"),
        (("nonsense",), "nonsense is not the name of a callable"),
        (("nowhere:nothing",), "nowhere"),
        (("--policy", "LX"), "unknown policy 'LX'"),
        (("--policy", "LD", "--framework", "espnet"), "framework='espnet' is for files, and the policy is LD"),
        (("--policy", "LD", "--draws", "3"), "draws=3: allowed is a whole number from 100"),
        (("--policy", "LD", "--share", "2"), "share=2.0: expected a number in"),
        (("--policy", "LD", "--ignore", "warp"), "ignore='warp': no such finding"),
        (("--policy", "LD", "--adapter", "axes"), "--adapter 'axes': expected KEY=VALUE"),
        (("--policy", "LD", "--adapter", "axes=bins, frames"), "an adapter is for callables"),
        (("--policy", "LD", "--frontend", "wisper"), "did you mean 'whisper'"),
        (("--policy", "LD", "--nonsense"), "No such option"),
    ]:
        with subtests.test(arguments=arguments, message=message):
            ran = run("check", *arguments)
            assert ran.code == 2
            assert ran.out == ""
            assert len(ran.err.splitlines()) == 1
            assert message in ran.err


def test_a_path_that_is_not_there_is_bad_usage_and_no_finding():
    ran = run("check", "--policy", "LD", "nowhere.wav")
    assert ran.code == 2
    assert ran.err == "error: nowhere.wav: no such file or folder\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent.py:f", "the file cannot be read (No such file or directory); give the path of a .py file"),
        ("no_such_9:f", "there is no module 'no_such_9'; install it, or give the path of its .py file"),
        ("empty.py:f", "empty.py holds no 'f'"),
    ],
)
def test_a_callable_that_is_not_there_is_named_once(tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.py").touch()
    ran = run("check", name)
    named = tmp_path / name if ".py" in name else name
    assert (ran.code, ran.err) == (2, f"error: {named}: {said}\n")


def test_every_finding_and_every_option_is_described():
    page = (HOUSE / "docs" / "check.md").read_text()
    assert not {what for what in FINDINGS if f"`{what}`" not in page}
    shown = run_apart("check", "--help", COLUMNS="200").out
    options = set(re.findall(r"--[a-z-]+", shown)) - {"--help", "--out"}
    assert len(options) > 10
    assert not {option for option in options if option not in page}


def test_a_callable_and_a_policy_are_not_checked_at_once():
    ran = run("check", "numpy:flipud", "--policy", "LD")
    assert (ran.code, ran.err) == (2, "error: numpy:flipud and --policy LD: give a callable or --policy, not both\n")


def test_clips_of_one_name_are_two_clips(tmp_path, speechlike):
    for folder, n in (("a", 12000), ("b", 16000)):
        (tmp_path / folder).mkdir()
        save(tmp_path / folder / "x.wav", Audio(speechlike.samples[:, :n], speechlike.sample_rate))
    paths = [str(tmp_path / folder / "x.wav") for folder in "ab"]
    ran = run("check", "--policy", "LB", *paths, "--draws", "100", "--json")
    assert list(json.loads(ran.out)["clips"]) == ["x.wav", "x.wav (2)"]
