"""The command line: what each verb writes and says, and that it starts light."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import soundfile as sf
from commandline import contents, environment, run, run_apart

from specaug_listen import Audio, __version__, save
from specaug_listen.augment import POLICIES
from specaug_listen.cli.console import clip_progress
from specaug_listen.cli.tables import frontend_differences, table
from specaug_listen.frameworks import ALL_POLICIES, FRAMEWORKS
from specaug_listen.frontends import PRESETS, MelFrontend
from specaug_listen.vocoders import VOCODERS

HEAVY = ("librosa", "numba", "matplotlib", "audiomentations", "torch", "scipy")


def save_clips(folder, speechlike):
    folder.mkdir()
    save(folder / "b.wav", Audio(speechlike.samples[:, :9600], 16000))
    save(folder / "a.wav", Audio(speechlike.samples[:, 3000:12000], 16000))
    return folder


@pytest.fixture
def clips(tmp_path, speechlike):
    """A folder with two clips, both under other names than their order."""
    return save_clips(tmp_path / "in", speechlike)


@pytest.fixture(scope="module")
def written_once(tmp_path_factory, speechlike):
    folder = tmp_path_factory.mktemp("app")
    save_clips(folder / "in", speechlike)
    assert run("audition", folder / "in", "-o", folder / "out", "--vocoder", "original-phase", "--draws", 2).code == 0
    return folder / "out"


@pytest.fixture
def out(tmp_path, clips, written_once):
    """What a run with the defaults but a quick vocoder wrote."""
    return shutil.copytree(written_once, tmp_path / "out")


# -- audition -------------------------------------------------------------------------------------------


def test_audition_writes_the_promised_layout_and_says_so(tmp_path, clips):
    ran = run("audition", clips, "-o", tmp_path / "out", "--draws", 2)
    assert (ran.code, ran.err) == (0, "")
    names = (
        "original.wav",
        "copy-synthesis.wav",
        "original.mel.png",
        "copy-synthesis.mel.png",
        *(f"draw-{n}.{suffix}" for n in (1, 2) for suffix in ("wav", "png", "json", "mel.png")),
    )
    expected = {f"{clip}/{name}" for clip in "ab" for name in names} | {"report.html", "audition.json"}
    assert set(contents(tmp_path / "out")) == expected
    lines = ran.out.splitlines()
    assert lines[0].startswith("[1/2] Audition of 'a' (0.56 s): LD on whisper (it is the default), seed 0")
    assert any(line.startswith("[2/2] Audition of 'b' (0.60 s)") for line in lines)
    assert lines[-1] == f"2 clips auditioned: {tmp_path / 'out' / 'report.html'}"


def test_options_reach_the_run(tmp_path, clips):
    options = {"frontend": "nemo", "policy": "sm", "vocoder": "griffinlim", "draws": 1, "seed": 42}
    options |= {"start": 0.1, "duration": 0.3, "channels": "before-after"}
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    ran = run("audition", clips / "a.wav", "-o", tmp_path / "out", *arguments, "--no-report")
    assert ran.code == 0
    written = json.loads((tmp_path / "out" / "audition.json").read_text())["configuration"]
    assert (written["frontend"]["name"], written["policy"]["name"], written["vocoder"]["kind"]) == (
        "nemo",
        "SM",
        "griffinlim",
    )
    assert (written["draws"], written["seed"], written["channels"]) == (1, 42, "before-after")
    assert (written["start_s"], written["duration_s"]) == (0.1, 0.3)
    info = sf.info(tmp_path / "out" / "a" / "draw-1.wav")
    assert (info.channels, info.frames, info.subtype) == (2, 4800, "PCM_16")
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_policy_and_a_front_end_can_be_files(tmp_path, clips):
    (tmp_path / "mine.yaml").write_text("transforms: [{time_mask: {max_frames: 5, count: 3}}]")
    (tmp_path / "front.yaml").write_text("{base: whisper, n_mels: 40}")
    files = ("--policy", tmp_path / "mine.yaml", "--frontend", tmp_path / "front.yaml")
    assert run("audition", clips / "a.wav", "-o", tmp_path / "out", *files).code == 0
    written = json.loads((tmp_path / "out" / "a" / "draw-1.json").read_text())
    assert (written["policy"]["name"], written["frontend"]["name"], written["draw"]["n_mels"]) == ("mine", "front", 40)


def test_json_is_the_index_and_nothing_else(tmp_path, clips):
    (clips / "bad.wav").write_bytes(b"no sound")
    ran = run("audition", clips, "-o", tmp_path / "out", "--json", "--vocoder", "original-phase")
    assert ran.code == 1
    assert ran.out.encode() == (tmp_path / "out" / "audition.json").read_bytes()
    assert [clip["name"] for clip in json.loads(ran.out)["clips"]] == ["a", "b"]
    assert len(ran.err.splitlines()) == 1


def test_overwrite_is_asked_for_and_then_replaces(tmp_path, clips, out):
    before = contents(out)
    refused = run("audition", clips, "-o", out)
    assert refused.code == 2
    assert (
        refused.err
        == f"error: -o {out}: the folder is not empty; choose another, or replace its results with --overwrite\n"
    )
    assert contents(out) == before
    assert run("audition", clips, "-o", out, "--overwrite", "--vocoder", "original-phase").code == 0
    assert "a/draw-2.wav" not in contents(out)
    assert contents(out)["a/draw-1.wav"] == before["a/draw-1.wav"]


def test_a_run_without_a_report_leaves_no_report_of_another_run(clips, out):
    assert run("audition", clips, "-o", out, "--overwrite", "--no-report", "--seed", 99).code == 0
    assert not (out / "report.html").exists()


def test_the_same_command_twice_in_one_folder_auditions_the_same_clips(clips):
    command = ("audition", clips, "-o", clips / "out", "--overwrite", "--vocoder", "original-phase")
    assert run(*command).code == 0
    assert run(*command).code == 0
    assert [clip["name"] for clip in json.loads((clips / "out" / "audition.json").read_text())["clips"]] == ["a", "b"]


# -- long recordings ------------------------------------------------------------------------------------


@pytest.fixture
def few_seconds_are_long(monkeypatch):
    """So that a clip of 0.6 s is rendered in parts, in four segments."""
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 0.58)
    monkeypatch.setattr("specaug_listen.cli.console._LEAST_S_BETWEEN_LINES", 0.0)
    monkeypatch.setattr("specaug_listen.vocoders.joint._FRAMES_PER_SEGMENT", 15)


def quarters(*shares):
    renderings = [f"note: {what}: {q}%" for what in ("copy-synthesis", "draw-1") for q in shares]
    return ["note: mel spectrogram: 0%", *renderings]


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


def test_a_long_draw_is_replayed_bit_for_bit(tmp_path, clips, few_seconds_are_long):
    assert run("audition", clips / "b.wav", "-o", tmp_path / "out", "--channels", "before-after").code == 0
    assert run("replay", tmp_path / "out" / "b" / "draw-1.json", "-o", tmp_path / "again").code == 0
    written = contents(tmp_path / "out" / "b")
    made = {name: written[name] for name in written if name in ("draw-1.wav", "draw-1.png", "draw-1.json")}
    assert contents(tmp_path / "again") == made


# -- replay, report, list -------------------------------------------------------------------------------


def test_replay_makes_the_same_files_again(tmp_path, out):
    ran = run("replay", out / "b" / "draw-2.json", "-o", tmp_path / "again")
    assert (ran.code, ran.err) == (0, "")
    again = contents(tmp_path / "again")
    assert sorted(again) == ["draw-2.json", "draw-2.png", "draw-2.wav"]
    for name, data in again.items():
        assert data == (out / "b" / name).read_bytes(), name
    assert ran.out.split() == [str(tmp_path / "again" / name) for name in ("draw-2.wav", "draw-2.png", "draw-2.json")]


def test_replay_can_write_the_sound_alone(tmp_path, out):
    assert run("replay", out / "a" / "draw-1.json", "-o", tmp_path / "deep" / "one.wav").code == 0
    assert contents(tmp_path / "deep") == {"one.wav": (out / "a" / "draw-1.wav").read_bytes()}


def test_replay_overwrites_only_when_asked(tmp_path, out):
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "draw-1.png").write_bytes(b"mine")
    ran = run("replay", out / "a" / "draw-1.json", "-o", tmp_path / "again")
    assert ran.code == 2
    assert re.fullmatch(r"error: -o .*draw-1\.png: exists and was not written by specaug-listen [^\n]*\n", ran.err)
    assert contents(tmp_path / "again") == {"draw-1.png": b"mine"}
    (tmp_path / "again" / "draw-1.png").unlink()
    replay = ("replay", out / "a" / "draw-1.json", "-o", tmp_path / "again")
    assert run(*replay).code == 0
    again = run(*replay)
    assert re.fullmatch(
        r"error: -o .*draw-1\.json: exists; choose another, or replace it with --overwrite\n", again.err
    )
    assert run(*replay, "--overwrite").code == 0
    assert len(contents(tmp_path / "again")) == 3


def test_replay_finds_a_clip_that_has_moved_and_refuses_another(tmp_path, clips):
    assert run("audition", clips, "-o", tmp_path / "out", "--vocoder", "original-phase").code == 0
    (clips / "a.wav").rename(tmp_path / "moved.wav")
    draw = tmp_path / "out" / "a" / "draw-1.json"
    gone = run("replay", draw, "-o", tmp_path / "x.wav")
    assert gone.code == 1
    assert re.fullmatch(
        r"error: .*draw-1\.json: its clip .*a\.wav is gone; say where it is \(--audio FILE\)\n", gone.err
    )
    wrong = run("replay", draw, "-o", tmp_path / "x.wav", "--audio", clips / "b.wav")
    assert wrong.code == 1
    assert "the clip is not the one that the draw was made for" in wrong.err
    assert not (tmp_path / "x.wav").exists()
    assert run("replay", draw, "-o", tmp_path / "x.wav", "--audio", tmp_path / "moved.wav").code == 0
    assert (tmp_path / "x.wav").read_bytes() == draw.with_suffix(".wav").read_bytes()


def test_replay_says_when_versions_differ(tmp_path, out):
    (tmp_path / "alone").mkdir()
    path = tmp_path / "alone" / "draw-1.json"
    path.write_text(re.sub(r'"numpy": "[^"]*"', '"numpy": "1.0"', (out / "a" / "draw-1.json").read_text()))
    ran = run("replay", path, "-o", tmp_path / "x.wav")
    assert ran.code == 0
    assert re.fullmatch(r"warning: numpy was 1\.0, is [\d.]+; the last bits may differ\n", ran.err)


def test_report_is_written_again_from_the_folder(out):
    first = (out / "report.html").read_bytes()
    (out / "report.html").unlink()
    ran = run("report", out)
    assert ran == (0, f"{out / 'report.html'}\n", "")
    assert (out / "report.html").read_bytes() == first


LISTED = [("frontends", PRESETS), ("policies", ALL_POLICIES), ("vocoders", VOCODERS), ("frameworks", FRAMEWORKS)]


@pytest.mark.parametrize(("what", "names"), LISTED)
def test_list_names_everything_the_options_take_in_a_table(what, names):
    ran = run("list", what)
    assert (ran.code, ran.err) == (0, "")
    head, *rows = ran.out.splitlines()
    assert head.startswith("name ")
    assert [row.split()[0] for row in rows] == list(names)
    assert all(line == line.rstrip() for line in ran.out.splitlines())


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


@pytest.mark.parametrize(("what", "names"), LISTED)
def test_list_prints_the_same_names_as_json_with_all_that_is_needed_to_make_them_again(what, names):
    ran = run("list", what, "--json")
    assert (ran.code, ran.err) == (0, "")
    entries = json.loads(ran.out)
    assert [entry["name"] for entry in entries] == list(names)
    if what == "frontends":
        assert [MelFrontend(**entry) for entry in entries] == list(PRESETS.values())


def test_the_table_of_front_ends_tells_each_from_every_other():
    rows = table("frontends").splitlines()[1:]
    assert len({row.split("  ", 1)[1] for row in rows}) == len(PRESETS)
    lingvo = next(row for row in rows if row.startswith("lingvo"))
    for words in ("160 t + 201", "no frame", "x 32768, pre-emphasis 0.97", "80 kaldi, 125-7600 Hz", "ln(max(E, 1))"):
        assert words in lingvo
    assert "10 log10(max(E, 1e-10)), top 80" in next(row for row in rows if row.startswith("speechbrain"))
    assert "128 htk, 0-8000 Hz, 4 empty" in next(row for row in rows if row.startswith("torchaudio"))
    assert "ln(E + 5.96e-08)" in next(row for row in rows if row.startswith("nemo"))


def test_the_page_about_front_ends_holds_the_table():
    page = (Path(__file__).parents[2] / "docs" / "frontends.md").read_text(encoding="utf-8")
    for frontend in PRESETS.values():
        assert "| " + " | ".join(frontend_differences(frontend).values()) + " |\n" in page


def test_every_listed_vocoder_and_policy_is_taken_by_audition(tmp_path, clips):
    for policy in POLICIES:
        ran = run(
            "audition", clips / "a.wav", "-o", tmp_path / policy, "--policy", policy, "--vocoder", "original-phase"
        )
        assert (ran.code, ran.err) == (0, ""), policy


# -- starting light -------------------------------------------------------------------------------------


def test_version_is_said_by_the_module_and_the_option():
    assert run("--version") == (0, f"specaug-listen {__version__}\n", "")
    assert run_apart("--version") == (0, f"specaug-listen {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["audition", "--help"], ["replay", "--help"], ["list", "--help"]], ids=" ".join
)
def test_help_is_given(arguments):
    ran = run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert "Usage:" in ran.out


def modules_after(code: str, cwd) -> list[str]:
    ending = "\nfinally:\n    import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    code = "try:\n    " + code.replace("\n", "\n    ") + ending
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, cwd=cwd, check=False
    )
    return done.stderr.split()


@pytest.mark.parametrize(
    "code",
    [
        "import specaug_listen",
        *(f"from specaug_listen.cli.app import main; main([{a}])" for a in ("'--help'", "'--version'")),
    ],
)
def test_importing_and_asking_for_help_load_nothing_heavy(tmp_path, code):
    loaded = modules_after(code, tmp_path)
    assert "specaug_listen" in loaded
    assert not set(HEAVY) & set(loaded)


def test_a_whole_run_with_the_defaults_loads_neither_librosa_nor_pyplot(tmp_path, clips):
    loaded = modules_after(
        f"from specaug_listen.cli.app import main; main(['audition', {str(clips)!r}, '-o', 'out'])", tmp_path
    )
    assert (tmp_path / "out" / "report.html").exists()
    assert "matplotlib.figure" in loaded
    assert not {"librosa", "numba", "audiomentations", "torch", "matplotlib.pyplot", "IPython"} & set(loaded)


# -- terminals and pipes --------------------------------------------------------------------------------


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
