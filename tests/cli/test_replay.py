"""`replay`: the same files again, the sound only, and refusals."""

from __future__ import annotations

import re

from commandline import contents, run


def test_a_long_draw_is_replayed_bit_for_bit(tmp_path, clips, few_seconds_are_long):
    assert run("audition", clips / "b.wav", "-o", tmp_path / "out", "--channels", "before-after").code == 0
    assert run("replay", tmp_path / "out" / "b" / "draw-1.json", "-o", tmp_path / "again").code == 0
    written = contents(tmp_path / "out" / "b")
    made = {name: written[name] for name in written if name in ("draw-1.wav", "draw-1.png", "draw-1.json")}
    assert contents(tmp_path / "again") == made


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
        r"error: .*draw-1\.json: its clip .*a\.wav is missing; give its new path \(--audio FILE\)\n", gone.err
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
