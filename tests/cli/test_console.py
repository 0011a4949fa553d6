"""Progress and messages, on a terminal and elsewhere."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import threading

import pytest
from commandline import environment, run, run_apart

from specaug_listen.cli.console import clip_progress


def quarters(*shares):
    rendered = [f"note: {what}: {share}%" for what in ("copy-synthesis", "draw-1") for share in shares]
    return ["note: mel spectrogram: 0%", *rendered]


def test_a_long_recording_is_told_of_in_quarters_and_otherwise_like_a_short_one(tmp_path, clips, few_seconds_are_long):
    long = run("audition", clips, "-o", tmp_path / "out")
    assert long.code == 0
    assert long.err.splitlines() == quarters(0, 25, 50, 75, 100)
    lines = long.out.splitlines()
    assert lines[0].startswith("[1/2] Audition of 'a' (0.56 s)")
    start = "[2/2] Audition of 'b' (0.60 s): LD on whisper (it is the default), seed 0"
    assert any(line.startswith(start) for line in lines)


def test_a_recording_that_is_done_at_once_is_not_told_of(tmp_path, clips, few_seconds_are_long, monkeypatch):
    monkeypatch.setattr("specaug_listen.cli.console._LEAST_S_BETWEEN_LINES", 600.0)
    assert run("audition", clips, "-o", tmp_path / "out").err == ""


def test_each_quarter_is_told_once_however_many_parts_there_are(tmp_path, clips, few_seconds_are_long, monkeypatch):
    monkeypatch.setattr("specaug_listen.vocoders.joint._FRAMES_PER_SEGMENT", 2)
    assert run("audition", clips / "b.wav", "-o", tmp_path / "out").err.splitlines() == quarters(0, 25, 50, 75, 100)
    monkeypatch.setattr("specaug_listen.vocoders.joint._FRAMES_PER_SEGMENT", 4096)
    assert run("audition", clips / "b.wav", "-o", tmp_path / "two").err.splitlines() == quarters(0, 100)


def test_with_json_nothing_is_told_on_the_way(tmp_path, clips, few_seconds_are_long):
    ran = run("audition", clips, "-o", tmp_path / "out", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.encode() == (tmp_path / "out" / "audition.json").read_bytes()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_a_long_recording_has_a_bar_of_its_own_until_it_is_done(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    with clip_progress(3, quiet=False) as (_, within):
        within("draw-1", 0.5)
    assert re.search(r"draw-1[^\n]* 50%", terminal.getvalue())
    with clip_progress(3, quiet=False) as (progress, within):
        within("draw-2", 0.5)
        progress(1, "one clip")
    last = terminal.getvalue().rpartition("Auditioning 3 clips")[2]
    assert "33%" in last
    assert "draw-2" not in last


def read_terminal(end: int, blocks: list[bytes]) -> None:
    with contextlib.suppress(OSError):
        while block := os.read(end, 1 << 16):
            blocks.append(block)


def test_on_a_terminal_progress_is_shown_and_what_is_piped_stays_whole(tmp_path, clips):
    main_end, terminal = pty.openpty()
    shown = []
    # Read at once: a terminal that nobody reads stops who writes to it.
    reader = threading.Thread(target=read_terminal, args=(main_end, shown))
    reader.start()
    command = ["audition", str(clips), "-o", "out", "--vocoder", "original-phase"]
    with subprocess.Popen(
        [sys.executable, "-m", "specaug_listen", *command],
        cwd=tmp_path, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=terminal,
    ) as process:  # fmt: skip
        os.close(terminal)
        piped = process.stdout.read().decode()
    reader.join()
    os.close(main_end)
    assert process.returncode == 0
    assert b"Auditioning" in b"".join(shown)
    plain = run("audition", clips, "-o", tmp_path / "plain", "--vocoder", "original-phase").out
    assert piped.splitlines()[:-1] == plain.splitlines()[:-1]


def test_without_a_terminal_there_are_plain_lines_only(tmp_path, clips):
    ran = run_apart("audition", clips, "-o", tmp_path / "out", "--vocoder", "original-phase")
    assert ran.err == ""
    assert "\x1b" not in ran.out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("verb", ["list", "audition"])
def test_an_output_that_cannot_be_printed_is_one_line_and_no_traceback(tmp_path, clips, verb):
    arguments = ["list", "frontends"] if verb == "list" else ["audition", str(clips), "-o", str(tmp_path / "out")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "specaug_listen", *arguments],
            env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr


def test_a_reader_that_hangs_up_is_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "specaug_listen", "list", "frontends"],
            env=environment(), stdout=closed, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "BrokenPipeError" not in done.stderr
