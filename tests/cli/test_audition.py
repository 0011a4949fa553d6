"""`audition`: what it writes, and what its options do."""

from __future__ import annotations

import json

import soundfile as sf
from commandline import contents, run


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
    page = tmp_path / "out" / "report.html"
    assert lines[-1] == f"2 clips auditioned: {page} ({page.stat().st_size / 1e6:.1f} MB of 12)"


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


def test_a_resumed_run_says_that_there_is_none_or_which_file_is_another_one(tmp_path, clips):
    command = "audition", clips, "-o", tmp_path / "out", "--resume", "--no-report", "--vocoder", "original-phase"
    assert (
        run(*command).err
        == f"note: {tmp_path / 'out'}: there is no earlier run to resume, so all clips are auditioned\n"
    )
    (clips / "a.wav").write_bytes((clips / "b.wav").read_bytes())
    again = run(*command)
    assert again.err == "note: a: its file is another one than in the run that is resumed, so it is auditioned again\n"
    assert "'b' was finished in an earlier run, and is kept" in again.out
