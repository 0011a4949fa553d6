"""Former names of options and lists, and options that are given twice."""

from __future__ import annotations

import re

from commandline import run


def test_former_names_of_options_and_lists_still_work_and_no_help_shows_them(tmp_path, clips):
    assert run("list", "dialects") == run("list", "frameworks")
    (tmp_path / "espnet.yaml").write_text("specaug: specaug\nspecaug_conf: {apply_time_mask: true}\n")
    show = "policy", "show", tmp_path / "espnet.yaml"
    assert run(*show, "--dialect=espnet") == run(*show, "--framework", "espnet")
    assert run(*show, "--dialect", "nemo") == run(*show, "--framework", "nemo")
    assert run("audition", clips / "a.wav", "-o", tmp_path / "out", "--twins", "--no-report").code == 0
    assert (tmp_path / "out" / "a" / "draw-1-original-phase.wav").is_file()
    for command in ("audition", "check", "sweep", "list"):
        assert not re.search("dialect|twins", run(command, "--help").out)


def test_an_option_with_one_value_is_given_once(subtests, tmp_path, clips):
    out = tmp_path / "out"
    for command, options, name in [
        (("audition", clips / "a.wav"), ("--policy", "LD", "--policy=SM"), "--policy is given twice"),
        (("audition", clips / "a.wav"), ("--draws", 1, "--draws", 1), "--draws is given twice"),
        (("audition", clips / "a.wav"), ("--out", out), "--out is given twice"),
        (("audition", clips / "a.wav"), ("-o", out), "--out is given twice"),
        (
            ("audition", clips / "a.wav"),
            ("--wav-channels=mono", "--wav-channels=mono"),
            "--wav-channels is given twice",
        ),
        (("audition", clips / "a.wav"), ("--seed=1", "--seed", 2, "--seed", 3), "--seed is given 3 times"),
        (("audition", clips / "a.wav"), ("--framework=nemo", "--dialect", "nemo"), "--framework is given twice"),
        (("sweep", clips / "a.wav"), ("--vary=F=3", "--vocoder=joint", "--vocoder=joint"), "--vocoder is given twice"),
        (("check",), ("--policy=LD", "--seed=1", "--seed=2"), "--seed is given twice"),
        (("replay", "draw-1.json"), ("--audio=a.wav", "--audio=b.wav"), "--audio is given twice"),
        (("report", tmp_path), ("--budget=1", "--budget=2"), "--budget is given twice"),
        (("invert", "m.npy"), ("--frontend=nemo", "--frontend=whisper"), "--frontend is given twice"),
    ]:
        with subtests.test(command=command[0], options=options):
            refused = run(*command, "-o", out, *options)
            assert (refused.code, refused.err) == (2, f"error: {name}; give it once\n")
            assert not out.exists()
    refused = run("policy", "convert", "LD", "--to=nemo", "--to", "espnet")
    assert (refused.code, refused.err) == (2, "error: --to is given twice; give it once\n")


def test_an_empty_value_is_told_by_the_name_that_was_typed(clips):
    for name in ("--wav-channels", "--channels"):
        assert run("audition", clips / "a.wav", name, "").err.startswith(f"error: {name} is empty, ")


def test_a_remark_may_be_longer_than_the_name_of_a_file(tmp_path, clips):
    remark = "heard again, and this time with the window open; " * 10
    ran = run("audition", clips / "a.wav", "-o", tmp_path / "out", "--vocoder", "original-phase", "--note", remark)
    assert (ran.code, ran.err) == (0, "")
    assert remark.strip() in (tmp_path / "out" / "report.html").read_text()


def test_a_flag_may_be_repeated_but_not_contradicted(tmp_path, clips):
    assert run("list", "policies", "--json", "--json").code == 0
    refused = run("audition", clips / "a.wav", "-o", tmp_path / "out", "--flac", "--no-flac")
    assert (refused.code, refused.err) == (2, "error: --flac and --no-flac contradict each other; give one of them\n")
    assert run("policy", "show", "LD", "--set", "F=3", "--set", "T=4").code == 0
