"""File names, permissions, invalid outputs, a full disk, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from commandline import contents, environment, run
from parsedpage import Page

from specaug_listen import Audio, save
from specaug_listen.auditions.journal import read_run
from specaug_listen.outputs.scratch import is_scratch_folder

QUICK = ("--vocoder", "original-phase")
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NAMES = [
    "two  spaces.wav", "it's \"quoted\".wav", "new\nline.wav", "<script>alert(1)<script>.wav", "Straße 音 🎧.wav",
    "-o.wav", "--help.wav", "tab\tand \x1b[31mred.wav", "con.wav", "a.b.c.wav", "x" * 240 + ".wav",
    "&amp;.wav", "{{ 7*7 }}.wav", "$HOME `id`.wav", "%s %d.wav", "back\\slash.wav", os.fsdecode(b"latin-\xe9.wav"),
]  # fmt: skip


@pytest.fixture
def clip(speechlike) -> Audio:
    return Audio(speechlike.samples[:, :8000], 16000)


# -- names ----------------------------------------------------------------------------------------------


def assert_whole_and_safe(out: Path, n_clips: int) -> list[dict]:
    index = json.loads((out / "audition.json").read_text("utf-8"))
    assert len(index["clips"]) == n_clips
    folders = sorted(path.name for path in out.iterdir() if path.is_dir())
    assert folders == sorted(entry["folder"] for entry in index["clips"])
    for entry in index["clips"]:
        assert not re.search(r'[\x00-\x1f<>:"/\\|?*]', entry["folder"])
        assert not entry["folder"].startswith(("-", "."))
        assert entry["name"].isprintable()
        assert json.loads((out / entry["folder"] / "draw-1.json").read_text("utf-8"))["clip"]
    page = Page((out / "report.html").read_text("utf-8"))
    assert page.unbalanced == page.open == []
    # Of each clip its data, of the page its data and its program.
    assert len(page.all("script")) == n_clips + 3  # of each clip, of the page, the program, and its announcement
    words = "".join(page.words)
    assert all(entry["name"] in words for entry in index["clips"])
    return index["clips"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_of_any_name_is_auditioned_and_shown_as_it_is(tmp_path, clip, name):
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / name, clip)
    ran = run("audition", tmp_path / "in", "-o", tmp_path / "out", *QUICK)
    assert (ran.code, ran.err) == (0, "")
    assert_whole_and_safe(tmp_path / "out", 1)
    assert ran.out.splitlines()[0].startswith("[1/1] Audition of ")
    assert "\x1b" not in ran.out


@pytest.mark.parametrize("name", [NAMES[2], NAMES[3], NAMES[-1]], ids=ascii)
def test_a_draw_of_a_file_of_any_name_can_be_replayed(tmp_path, clip, name):
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / name, clip)
    assert run("audition", tmp_path / "in", "-o", tmp_path / "out", "--no-report", *QUICK).code == 0
    (written,) = (tmp_path / "out").glob("*/draw-1.json")
    assert run("replay", written, "-o", tmp_path / "again.wav").code == 0
    assert (tmp_path / "again.wav").read_bytes() == written.with_suffix(".wav").read_bytes()


@pytest.mark.parametrize("name", ["-o.wav", "--help.wav"])
def test_a_leading_dash_can_be_given_after_two_dashes(tmp_path, clip, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / name, clip)
    ran = run("audition", "-o", "out", *QUICK, "--", name)
    assert (ran.code, ran.err) == (0, "")
    assert_whole_and_safe(tmp_path / "out", 1)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_bad_file_of_any_name_is_one_line(tmp_path, name):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(b"no sound")
    ran = run("audition", tmp_path / "in", "-o", tmp_path / "out")
    assert ran.code == 1
    assert re.fullmatch(r"error: .*not readable as audio.*\n", ran.err), ran.err
    assert ran.err[:-1].isprintable()
    assert ran.err.count("error") == 1


def test_clips_of_one_name_get_a_folder_each_in_the_order_of_their_paths(tmp_path, clip):
    for number, folder in enumerate(("b", "a", "c")):
        (tmp_path / "in" / folder).mkdir(parents=True)
        name = "Same.wav" if folder == "c" else "same.wav"
        save(tmp_path / "in" / folder / name, Audio(clip.samples[:, number:], 16000))
    assert run("audition", tmp_path / "in", "-o", tmp_path / "out", *QUICK).code == 0
    clips = assert_whole_and_safe(tmp_path / "out", 3)
    assert [(entry["folder"], Path(entry["audio"]["path"]).parent.name) for entry in clips] == [
        ("same", "a"),
        ("same-2", "b"),
        ("Same-3", "c"),
    ]


# -- outputs that cannot be -----------------------------------------------------------------------------


def refused(path: Path, out: object, message: str, code: int) -> None:
    ran = run("audition", path, "-o", out, *QUICK)
    assert ran.code == code
    assert re.fullmatch(rf"error: [^\n]*{message}[^\n]*\n", ran.err), ran.err


@pytest.fixture
def path(tmp_path, clip) -> Path:
    save(tmp_path / "clip.wav", clip)
    return tmp_path / "clip.wav"


def test_an_output_that_is_a_file_or_below_one_is_refused_and_the_file_stays(path):
    (path.parent / "file").write_bytes(b"mine")
    refused(path, path.parent / "file", r"file: is a file; choose a folder that is new or empty", 2)
    for below in ("out", "out/further"):
        refused(path, path.parent / "file" / below, rf"file/{below}: is below a file; choose a folder that is new", 2)
    refused(path, path, r"clip\.wav: is a file", 2)
    assert contents(path.parent)["file"] == b"mine"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_an_output_on_a_file_system_without_writing_is_refused(path):
    refused(path, "/proc/specaug-listen-out", r"/proc/specaug-listen-out: cannot be written \(", 1)


@pytest.mark.parametrize("name", ["report.html", "audition.json"])
def test_an_output_that_holds_something_is_refused_and_unchanged(path, name):
    (path.parent / "out").mkdir()
    (path.parent / "out" / name).write_bytes(b"mine")
    refused(path, path.parent / "out", r"out: the folder is not empty; .*--overwrite", 2)
    assert contents(path.parent / "out") == {name: b"mine"}


# A whole run first, so that all modules are loaded while they can be read; then a child for each command.
BECOME_NOBODY = """
import ast, contextlib, os, sys, tempfile
import numpy as np
from specaug_listen import Audio, save
from specaug_listen.cli.app import main
with tempfile.TemporaryDirectory() as warm, contextlib.suppress(SystemExit):
    save(f"{warm}/a.wav", Audio(np.zeros(800), 16000))
    main(["audition", f"{warm}/a.wav", "-o", f"{warm}/out", "--json"])
for name, arguments in ast.literal_eval(sys.argv[1]).items():
    child = os.fork()
    if child == 0:
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT, 0o644), 2)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        main(arguments)
        os._exit(99)
    with open(name + ".code", "w") as file:
        file.write(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
"""
CLOSED = {
    "clip": "clip.wav",
    "clip among good ones": "clip.wav",
    "folder": "closed",
    "output": "out",
    "policy": "p.yaml",
}


def closed_to_others(home, clip, what):
    """A folder of which others may not read or write something, and a command that asks for that."""
    home.mkdir()
    save(home / "clip.wav", clip)
    (home / "p.yaml").write_text("transforms: []")
    (home / "closed").mkdir(mode=0o700)
    (home / "open").mkdir()
    shutil.chown(home / "open", 65534, 65534)
    for readable in (home, home / "open"):
        readable.chmod(0o755)
    (home / "p.yaml").chmod(0o600 if what == "policy" else 0o644)
    (home / "clip.wav").chmod(0o600 if what.startswith("clip") else 0o644)
    save(home / "good.wav", clip)
    (home / "good.wav").chmod(0o644)
    given = home / "closed" if what == "folder" else home / "clip.wav"
    out = home / "closed" / "out" if what == "output" else home / "open" / "out"
    also = [home / "good.wav"] if what == "clip among good ones" else []
    return [str(part) for part in ("audition", given, *also, "-o", out, "--policy", home / "p.yaml")]


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_what_one_may_not_read_or_write_is_one_line(clip):
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        commands = {str(Path(root, f"{what}.err")): closed_to_others(Path(root, what), clip, what) for what in CLOSED}
        command = [sys.executable, "-c", BECOME_NOBODY, repr(commands)]
        subprocess.run(command, env=environment(TMPDIR=root), capture_output=True, text=True, check=True)
        for what in CLOSED:
            code, err = int(Path(root, f"{what}.err.code").read_text()), Path(root, f"{what}.err").read_text()
            assert code in (1, 2), what
            assert re.fullmatch(rf"error: [^\n]*{CLOSED[what]}: [^\n]*Permission denied[^\n]*\n", err), err
            out = Path(commands[f"{root}/{what}.err"][-3])
            if what == "clip among good ones":
                assert (out / "good" / "draw-1.wav").exists()
            else:
                assert not out.exists() or os.listdir(out) == []


# -- a full disk ----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """Mounts file systems that hold little; skips where that cannot be done."""
    mounted = []

    def mount(kib: int) -> Path:
        where = tmp_path / f"disk-{len(mounted)}"
        where.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(where)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("cannot mount a small tmpfs here")
        mounted.append(where)
        return where

    yield mount
    for where in mounted:
        subprocess.run(["umount", "-l", str(where)], check=True)


def several(folder: Path, clip: Audio, n: int = 4) -> Path:
    folder.mkdir()
    for number in range(n):
        save(folder / f"c{number}.wav", Audio(clip.samples[:, number:], 16000))
    return folder


def assert_only_whole(out: Path) -> list[str]:
    """Every folder is whole, nothing is partial, and the run lists just what is there."""
    assert not list(out.rglob("*.partial"))
    folders = sorted(path.name for path in out.iterdir() if path.is_dir())
    for folder in folders:
        assert len(os.listdir(out / folder)) in (8, 12, 20)
        json.loads((out / folder / "draw-1.json").read_text())
    assert [entry.folder for entry in read_run(out).clips] == folders
    return folders


def test_a_disk_that_fills_up_is_one_line_and_what_was_done_stays_whole(tmp_path, clip, small_disk):
    clips = several(tmp_path / "in", clip)
    assert run("audition", clips / "c0.wav", "-o", tmp_path / "measure", *QUICK, "--no-report").code == 0
    kib = sum(-(-len(data) // 4096) * 4 for data in contents(tmp_path / "measure").values())
    disk = small_disk(int(1.6 * kib))
    ran = run("audition", clips, "-o", disk / "out", *QUICK)
    assert ran.code == 1
    assert re.fullmatch(r"error: [^\n]*c1: cannot be written \(No space left on device\)[^\n]*\n", ran.err), ran.err
    assert assert_only_whole(disk / "out") == ["c0"]
    assert not (disk / "out" / "report.html").exists()


def test_a_disk_without_any_room_is_one_line_and_nothing_is_left(tmp_path, clip, small_disk):
    disk = small_disk(16)
    ran = run("audition", several(tmp_path / "in", clip), "-o", disk / "out", *QUICK)
    assert ran.code == 1
    assert re.fullmatch(r"error: [^\n]*cannot be written \(No space left on device\)[^\n]*\n", ran.err), ran.err
    assert os.listdir(disk) == []


@pytest.mark.parametrize("failing", ["c0/draw-1.png", "c1/draw-1.json", "audition.json", "report.html"])
def test_a_disk_that_is_full_at_any_file_leaves_nothing_half_written(tmp_path, clip, monkeypatch, failing):
    import builtins

    folder, name = os.path.split(failing)
    write_bytes, opened = Path.write_bytes, builtins.open

    def full(path: object) -> bool:
        path = Path(str(path))
        if folder:
            return folder in path.parent.name and path.name == name
        return is_scratch_folder(path.parent) and path.name == name

    def writing(path, data):
        if full(path):
            write_bytes(path, data[: len(data) // 2])
            raise OSError(28, os.strerror(28))
        return write_bytes(path, data)

    def opening(path, mode="r", *more, **options):
        if "w" in mode and full(path):
            opened(path, mode).close()
            raise OSError(28, os.strerror(28))
        return opened(path, mode, *more, **options)

    clips = several(tmp_path / "in", clip, n=2)
    if name == "report.html":
        monkeypatch.setattr(builtins, "open", opening)
    else:
        monkeypatch.setattr(Path, "write_bytes", writing)
    ran = run("audition", clips, "-o", tmp_path / "out", *QUICK)
    monkeypatch.undo()
    assert ran.code == 1
    assert re.fullmatch(r"error: [^\n]*cannot be written \(No space left on device\)[^\n]*\n", ran.err), ran.err
    assert not list(tmp_path.rglob("*.partial"))
    assert not (tmp_path / "out" / "report.html").exists()
    if failing != "audition.json":
        assert not (tmp_path / "out").exists() or assert_only_whole(tmp_path / "out") is not None


# -- Ctrl-C ---------------------------------------------------------------------------------------------

# A shell that runs tests in the background makes its children deaf to SIGINT; this one listens again, and hears it
# while the third clip is written, however fast or slow the machine is.
INTERRUPTED = """
import signal
import specaug_listen.auditions.batch as batch, specaug_listen.auditions.save as saving
signal.signal(signal.SIGINT, signal.default_int_handler)
audition, encode, begun = batch._audition_clip, saving.encode_png, []
def counted(*args):
    begun.append(args)
    return audition(*args)
def stopped(figure):
    if len(begun) == 3:
        signal.raise_signal(signal.SIGINT)
    return encode(figure)
batch._audition_clip, saving.encode_png = counted, stopped
"""


def test_ctrl_c_is_130_one_line_and_what_was_done_stays_whole(tmp_path, clip):
    clips = several(tmp_path / "in", clip, n=4)
    command = ["audition", str(clips), "-o", str(tmp_path / "out"), *map(str, QUICK)]
    code = f"{INTERRUPTED}from specaug_listen.cli.app import main; main({command!r})"
    ran = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 130, ran.stderr
    assert ran.stderr == "error: interrupted: finished files are complete, the rest was left out\n"
    assert assert_only_whole(tmp_path / "out") == ["c0", "c1"]


def test_ctrl_c_while_the_report_is_written_leaves_no_report_and_a_whole_index(tmp_path, clip, monkeypatch):
    def interrupted(*args: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("specaug_listen.reports.report.page_clip", interrupted)
    ran = run("audition", several(tmp_path / "in", clip, n=2), "-o", tmp_path / "out", *QUICK)
    assert ran.code == 130
    assert len(ran.err.splitlines()) == 1
    assert assert_only_whole(tmp_path / "out") == ["c0", "c1"]
    assert not (tmp_path / "out" / "report.html").exists()


def test_ctrl_c_before_the_first_clip_is_done_leaves_nothing(tmp_path, clip, monkeypatch):
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("specaug_listen.auditions.batch.load", interrupted)
    ran = run("audition", several(tmp_path / "in", clip, n=2), "-o", tmp_path / "out", *QUICK)
    assert ran.code == 130
    assert not (tmp_path / "out").exists()
