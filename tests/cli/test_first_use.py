"""Typical first commands of a new user, and the replies."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest
from commandline import environment, run
from webpages import speech

from specaug_listen import Audio, audition, load, save, write_report
from specaug_listen.auditions.records import read_index

FAST = ("--vocoder", "griffinlim:n_iter=1")
COMMANDS = (
    [], ["audition"], ["replay"], ["list"], ["check"], ["invert"], ["report"], ["sweep"], ["policy"],
    ["policy", "show"], ["policy", "convert"],
)  # fmt: skip


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A working folder with one clip."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "x.wav", speech())
    return tmp_path


def test_a_file_alone_is_auditioned_into_the_next_free_folder(room):
    first = run("x.wav", *FAST)
    assert first.code == 0
    assert re.fullmatch(r"1 clip auditioned: heard/report\.html \(0\.\d MB of 12\)", first.out.splitlines()[-1])
    assert (room / "heard" / "report.html").is_file()
    last = run("audition", "x.wav", *FAST).out.splitlines()[-1]
    assert last.startswith("1 clip auditioned: heard-2/report.html (")
    (room / "heard-3").mkdir()
    assert ": heard-3/report.html (" in run("--policy", "SS,T=20", "x.wav", *FAST).out.splitlines()[-1]
    assert read_index("heard-3").configuration.policy.name == "SS,T=20"


def test_a_second_run_over_the_same_folder_leaves_earlier_results_out(room):
    assert run(".", *FAST).out.splitlines()[-1].startswith("1 clip auditioned: heard/")
    assert run(".", *FAST).out.splitlines()[-1].startswith("1 clip auditioned: heard-2/")


def test_the_last_line_counts_what_was_refused(room):
    (room / "broken.wav").write_bytes(b"no sound")
    ran = run("x.wav", "broken.wav", "none.wav", *FAST)
    assert ran.code == 1
    assert ran.out.splitlines()[-1].startswith("1 clip auditioned, 2 refused: heard/report.html (")
    assert run("broken.wav", *FAST).out.splitlines()[-1] == "0 clips auditioned, 1 refused"


@pytest.mark.parametrize(
    ("word", "near"), [("auditoin", "'audition'"), ("y.wav", "'x.wav'"), ("swep", "'sweep'"), ("zzzzz", "")]
)
def test_what_is_no_command_and_no_file_is_told_with_what_comes_near(room, word, near):
    ran = run(word)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {word!r}: no such command or file")
    assert near in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_page_that_became_a_folder_says_why_and_how_to_have_one_file(room):
    last = run("x.wav", *FAST, "--budget", "0.01").out.splitlines()[-1]
    found = re.fullmatch(
        r"1 clip auditioned: heard/report/index\.html \(a folder, to be sent as a whole: one file would take "
        r"[\d.]+ MB, more than 0\.01; --flac takes about half, --budget (\d+) makes it one file\)",
        last,
    )
    assert found, last
    again = run("report", "heard", "--overwrite", "--budget", found[1])
    assert re.fullmatch(rf"heard/report\.html \([\d.]+ MB of {found[1]}\)\n", again.out)
    assert "--flac" not in run("report", "heard", "--overwrite", "--budget", "0.01", "--flac").out
    assert run("report", "heard", "--overwrite", "--split").out == "heard/report/index.html\n"
    assert run("audition", "x.wav", "--budget", "0").code == 2


def test_a_pdf_is_named_after_its_page_and_needs_both_a_page_and_a_browser(room, monkeypatch):
    (room / "browser").write_text(
        '#!/bin/sh\nfor one; do case $one in --print*) echo %PDF-1.4 > "${one#*=}"; esac; done\n'
    )
    (room / "browser").chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(room / "browser"))
    assert run("x.wav", *FAST, "--pdf").out.splitlines()[-1] == "heard/report.pdf"
    assert run("sweep", "x.wav", "--vary", "fill=mean", *FAST, "--pdf").out.splitlines()[-1] == "sheet/sweep.pdf"
    assert (room / "heard" / "report.pdf").read_bytes() == (room / "sheet" / "sweep.pdf").read_bytes() == b"%PDF-1.4\n"
    refused = run("x.wav", "--pdf", "--no-report")
    assert (refused.code, refused.err[:6]) == (2, "error:")
    monkeypatch.setenv("CHROMIUM", "nowhere")
    refused = run("x.wav", *FAST, "--pdf")
    assert refused.code == 2
    assert "CHROMIUM='nowhere': is no program" in refused.err
    assert not (room / "heard-2").exists()


def test_the_page_is_opened_and_without_a_browser_that_is_said(room, monkeypatch):
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda url: not asked.append(url))
    assert run("x.wav", *FAST, "--open").err == ""
    assert asked == [(room / "heard" / "report.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    ran = run("report", "heard", "--overwrite", "--open")
    assert (ran.code, ran.err) == (0, "note: no browser was found to open heard/report.html; open it yourself\n")
    assert "leave out one of them" in run("x.wav", "--open", "--no-report").err


def test_other_commands_have_their_folders_too(room):
    run("x.wav", *FAST)
    assert run("replay", "heard/x/draw-1.json").out.startswith("again/")
    assert run("replay", "heard/x/draw-1.json").out.startswith("again-2/")
    swept = run("sweep", "x.wav", "--vary", "F=8,27", *FAST)
    assert swept.code == 0, swept.err
    assert ": sheet/sweep.html (" in swept.out.splitlines()[-1]
    assert "Sweep of x: F (widest frequency mask, bins)" in Path("sheet/sweep.html").read_text()


# --- folders of the user ---


@pytest.fixture
def private(tmp_path, monkeypatch):
    """A home with a blank in its name; the clips, a policy and code lie in it."""
    home = tmp_path / "me at home" / "data"
    for name in ("a", "b"):
        (home / name).mkdir(parents=True)
    save(home / "a" / "x.wav", speech())
    save(home / "b" / "x.wav", Audio(speech().samples * 0.5, speech().sample_rate))
    (home / "mine.yaml").write_text("transforms:\n  - time_mask: {count: 2, max_frames: 9}\n")
    (home / "code.py").write_text("def halve(mel):\n    return mel * 0.5\n")
    (home / "broken.wav").write_bytes(b"no sound")
    monkeypatch.setenv("HOME", str(tmp_path / "me at home"))
    monkeypatch.chdir(tmp_path)
    return home


@pytest.mark.parametrize("policy", ["LD", "mine.yaml", "code.py:halve"])
def test_no_folder_of_the_user_stands_in_the_page_unless_asked_for(private, tmp_path, policy):
    named = policy if policy == "LD" else f"{private}/{policy}"
    clips = [private / "a" / "x.wav", private / "b" / "x.wav", private / "broken.wav"]
    ran = run("audition", *clips, "-o", tmp_path / "out", "--policy", named, *FAST)
    assert ran.code == 1, ran.err
    page = (tmp_path / "out" / "report.html").read_text()
    assert "me at home" not in page
    assert str(tmp_path) not in page
    assert "specaug-listen audition a/x.wav b/x.wav -o OUT" in page
    assert "broken.wav" in page
    run("report", tmp_path / "out", "--overwrite", "--paths")
    assert str(private / "a" / "x.wav") in (tmp_path / "out" / "report.html").read_text()
    run("report", tmp_path / "out", tmp_path / "out", "-o", tmp_path / "both.html")
    assert "me at home" not in (tmp_path / "both.html").read_text()
    assert json.loads((tmp_path / "out" / "audition.json").read_text())["clips"][0]["audio"]["path"].startswith("/")


def test_no_folder_of_the_user_stands_in_the_page_of_a_sweep(private, tmp_path):
    vary = f"policy=LD,{private}/mine.yaml"
    ran = run("sweep", private / "a" / "x.wav", "--vary", vary, "-o", tmp_path / "sheet", *FAST)
    assert ran.code == 0, ran.err
    page = (tmp_path / "sheet" / "sweep.html").read_text()
    assert "me at home" not in page
    assert "mine.yaml" in page
    assert str(tmp_path) not in page


def test_a_page_from_python_hides_folders_too(private, tmp_path):
    heard = audition(load(private / "a" / "x.wav"), policy="LD", vocoder="griffinlim:n_iter=1", rng=0)
    write_report([heard], tmp_path / "page.html")
    assert "me at home" not in (tmp_path / "page.html").read_text()
    write_report([heard], tmp_path / "page.html", paths=True, overwrite=True)
    assert "me at home" in (tmp_path / "page.html").read_text()


# --- help ---


def test_every_command_has_help_with_examples_by_both_options(subtests):
    for option in ("-h", "--help"):
        for command in COMMANDS:
            with subtests.test(command=command, option=option):
                ran = run(*command, option)
                assert (ran.code, ran.err) == (0, "")
                if command != ["policy"]:
                    assert re.search(r"Examples:\s+specaug-listen ", ran.out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands(shell):
    done = subprocess.run(
        [sys.executable, "-c", "from specaug_listen.cli.app import main; main()"],
        env=environment(
            _SPECAUG_LISTEN_COMPLETE=f"complete_{shell}", COMP_WORDS="specaug-listen aud", COMP_CWORD="1",
            _TYPER_COMPLETE_ARGS="specaug-listen aud", _TYPER_COMPLETE_FISH_ACTION="get-args",
        ),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "audition" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "", "audition", "sweep", "sweep x.wav", "check", "policy", "policy nothing", "list", "list nothing", "replay",
        "report", "invert", "--nothing", "audition --nothing", "audition x.wav --draws many",
        "audition x.wav --draws 0", "audition x.wav --seed", "audition x.wav --seed -1",
        "audition x.wav --duration nan", "audition x.wav --policy=", "audition x.wav --frontend=",
        "audition x.wav --set=",
        "audition x.wav --vocoder joint:n_iter=many",
        "audition x.wav --batch=", "audition x.wav --set F=1e99", "audition x.wav --set fill=[]",
        "audition x.wav --set probability=nan", "audition x.wav --set time_mask.max_ratio=inf", "sweep x.wav --vary F=",
        "sweep x.wav --vary frontend.n_mels=nan,3", "audition x.wav --budget 0",
    ],
)  # fmt: skip
def test_bad_usage_is_one_line_with_words(room, command):
    ran = run(*command.split())
    assert ran.code == 2, ran
    if command in ("", "policy"):
        assert "Usage: specaug-listen" in ran.out + ran.err
        return
    (line,) = ran.err.splitlines()
    assert re.fullmatch(r"error: \S.{8,}", line)
    assert not re.search(r"pydantic|validation error|Input should|input_value|type=|Traceback", line)
    assert not os.path.exists("heard")


def test_an_option_of_another_command_is_told_with_that_command(room):
    ran = run("x.wav", "--vary", "F=8,27")
    assert ran.code == 2
    assert "--vary is an option of 'sweep'" in ran.err
