"""Invalid policies, front-ends, names and records: one line with the value and what is allowed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from commandline import contents, run

from specaug_listen import Audio, save

ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)


@pytest.fixture
def clip(tmp_path, speechlike) -> Path:
    path = tmp_path / "clip.wav"
    save(path, Audio(speechlike.samples[:, :9600], 16000))
    return path


def refused(clip: Path, *options: object, message: str, code: int = 2) -> None:
    """The run ends before any work, in one line, and leaves nothing."""
    before = set(os.listdir(clip.parent))
    ran = run("audition", clip, "-o", clip.parent / "out", *options)
    assert ran.code == code
    assert ran.out == ""
    assert re.fullmatch(rf"error: [^\n]*{message}[^\n]*\n", ran.err), ran.err
    assert set(os.listdir(clip.parent)) == before


POLICIES = {
    "unknown key": ("transforms: []\ncolour: red", r"unknown key 'colour' \(allowed: .*transforms"),
    "near key": ("transforms: [{time_mask: {max_frame: 3}}]", r"max_frame'; did you mean 'max_frames'\?"),
    "unknown transform": ("transforms: [{time_musk: {}}]", r"time_musk'; did you mean 'time_mask'\?"),
    "negative": ("transforms: [{time_mask: {max_frames: -3}}]", r"max_frames=-3: should be greater than or equal to 0"),
    "ratio above one": (
        "transforms: [{time_mask: {max_ratio: 1.5}}]",
        r"max_ratio=1\.5: should be less than or equal to 1",
    ),
    "probability": ("{transforms: [], probability: 2}", r"probability=2: should be less than or equal to 1"),
    "text for a number": ("transforms: [{time_mask: {count: many}}]", r"count='many': should be a valid integer"),
    "nan": ("transforms: [{time_mask: {fill: .nan}}]", "fill"),
    "unknown fill": ("transforms: [{time_mask: {fill: zero}}]", r"fill='zero': should be .*'mean'.*'floor'"),
    "a list": ("- time_mask", "holds a list; a policy file is a YAML mapping of names to values"),
    "a text": ("just words", "holds 'just words'; a policy file is a YAML mapping"),
    "nothing": ("", "holds nothing; a policy file is a YAML mapping"),
    "no transforms": ("name: mine", "transforms is missing"),
    "no yaml": ("transforms: [", "not valid YAML"),
    "a tag": ("transforms: !!python/object/apply:os.system ['true']", "not valid YAML"),
    "1e9 aliases": (ALIASES, "more than 60000 values, as its aliases are counted"),
    "a key twice": ("transforms: []\ntransforms: []", "the key 'transforms' is repeated"),
    "deep": ("transforms: " + "[" * 5000, "not valid YAML|nested too deeply"),
}


def test_a_wrong_policy_file_is_named_with_the_key_and_what_is_allowed(subtests, clip):
    for name, (text, message) in POLICIES.items():
        with subtests.test(name=name):
            (clip.parent / "p.yaml").write_text(text)
            refused(clip, "--policy", clip.parent / "p.yaml", code=1, message=rf"p\.yaml: .*(?:{message})")


def test_a_policy_file_that_is_no_text_or_too_long_or_missing_is_named(clip):
    (clip.parent / "p.yaml").write_bytes(b"\xfd\xfe\x00\x80")
    refused(clip, "--policy", clip.parent / "p.yaml", code=1, message=r"p\.yaml: not a text file in UTF-8")
    (clip.parent / "p.yaml").write_bytes(b"#" * (1 << 21))
    refused(clip, "--policy", clip.parent / "p.yaml", code=1, message=r"p\.yaml: more than 1048576 bytes")
    refused(clip, "--policy", clip.parent / "no.yaml", message=r"no\.yaml: .* cannot be read \(No such file")


def test_a_wrong_option_is_named_with_what_is_allowed(subtests, clip):
    for option, value, message in [
        ("--policy", "LDD", r"unknown policy 'LDD'; did you mean 'LD'\? \(allowed: .*adaptive.*or a \.yaml file\)"),
        ("--frontend", "wisper", r"unknown front-end 'wisper'; did you mean 'whisper'\? \(allowed: espnet, .*whisper"),
        ("--vocoder", "griffin-lim", r"unknown vocoder 'griffin-lim'; did you mean 'griffinlim'\? \(allowed: "),
        ("--policy", "", "--policy is empty"),
        (
            "--channels",
            "stereo",
            "--wav-channels stereo: allowed is a layout of written WAV files: mono, duplicate, before-after",
        ),
        ("--draws", "0", r"'--draws'.*(greater than or equal to 1|1<=x)"),
        ("--draws", "1001", r"'--draws'.*1000"),
        ("--draws", "two", r"'--draws'.*integer"),
        ("--seed", "-1", r"'--seed'.*(greater than or equal to 0|0<=x)"),
        ("--seed", str(2**53), r"'--seed'.*9007199254740991\b"),
        ("--seed", "9" * 400, r"'--seed'.*9007199254740991\b"),
        ("--seed", "9" * 5000, r"'--seed'.*integer"),
        ("--draws", "9" * 400, r"'--draws'.*1000\b"),
        ("--start", "9" * 400, r"start_s=inf: should be less than or equal to 1000000000"),
        ("--title", "long " * 60, r"title='long long .* of 300 characters: expected a text of at most 200 characters"),
        ("--sed", "3", "No such option: --sed"),
    ]:
        with subtests.test(option=option, value=value, message=message):
            refused(clip, option, value, message=message)


FRONTENDS = {
    "empty filters": (
        "{base: whisper, n_mels: 256}",
        r"\d+ of 256 mel filters .*: raise n_fft to \d+, or lower",
    ),
    "hop above window": ("{base: whisper, hop_length: 500}", "hop_length=500: allowed is at most win_length=400"),
    "fmax above half the rate": ("{base: whisper, fmax_hz: 9000}", r"fmax_hz=9000.*: allowed is at most .* 8000"),
    "unknown base": ("{base: wisper}", r"unknown base 'wisper'; did you mean 'whisper'\? \(allowed: .*whisper"),
    "unknown key": ("{base: whisper, nmels: 40}", r"unknown key 'nmels'; did you mean 'n_mels'\?"),
    "no mels": ("{base: whisper, n_mels: 0}", "n_mels=0: should be greater than 0"),
    "no mapping": ("[whisper]", "holds a list; a front-end file is a YAML mapping"),
}


def test_a_wrong_front_end_file_is_named_with_the_fix(subtests, clip):
    for name, (text, message) in FRONTENDS.items():
        with subtests.test(name=name):
            (clip.parent / "f.yaml").write_text(text)
            refused(clip, "--frontend", clip.parent / "f.yaml", code=1, message=rf"f\.yaml: .*{message}")


def test_the_fix_for_empty_filters_works(clip):
    (clip.parent / "f.yaml").write_text("{base: whisper, n_mels: 256}")
    said = run("audition", clip, "-o", clip.parent / "out", "--frontend", clip.parent / "f.yaml").err
    n_fft, n_mels = re.search(r"raise n_fft to (\d+), or lower n_mels to (\d+)", said).groups()
    for fixed in (f"n_mels: 256, n_fft: {n_fft}", f"n_mels: {n_mels}"):
        (clip.parent / "f.yaml").write_text(f"{{base: whisper, {fixed}}}")
        options = ("--vocoder", "original-phase", "--overwrite", "--frontend", clip.parent / "f.yaml")
        assert run("audition", clip, "-o", clip.parent / "out", *options).code == 0


def test_masks_wider_than_the_mel_are_clamped_with_a_warning_and_the_run_is_fine(clip):
    (clip.parent / "p.yaml").write_text(
        "transforms: [{frequency_mask: {max_bins: 81}}, {time_mask: {max_frames: 9999}}]"
    )
    ran = run(
        "audition", clip, "-o", clip.parent / "out", "--policy", clip.parent / "p.yaml", "--vocoder", "original-phase"
    )
    assert (ran.code, ran.err) == (0, "")
    said = (
        "frequency_mask.max_bins=81 was clamped to the mel's 80 bins",
        "time_mask.max_frames=9999 was clamped to the clip's 60 frames",
    )
    html, written = ((clip.parent / "out" / name).read_text() for name in ("report.html", "clip/draw-1.json"))
    assert json.loads(written)["badges"][:2] == list(said)
    for line in said:
        assert line.replace("'", "&#39;") in html.replace("\N{NO-BREAK SPACE}", " ")


def test_a_fill_that_does_not_exist_in_the_front_ends_scale_is_told(clip):
    (clip.parent / "p.yaml").write_text("transforms: [{time_mask: {fill: -5, max_frames: 50, count: 5}}]")
    ran = run("audition", clip, "-o", clip.parent / "out", "--policy", clip.parent / "p.yaml", "--frontend", "librosa")
    assert ran.code == 1
    assert re.fullmatch(r"error: .*clip\.wav: policy 'p': a cell of -5 is not a power [^\n]*\n", ran.err), ran.err
    assert not (clip.parent / "out").exists()


def test_bad_usage_is_one_line_and_exit_2(subtests):
    for arguments, message in [
        (["audition"], "Missing argument 'PATH"),
        (["audition", "x.wav"], r"x\.wav: no such file or folder"),
        (["replay"], "Missing argument 'DRAW.json'"),
        (["report"], "Missing argument 'OUT"),
        (["list", "everything"], "'everything'.*'frontends', 'policies', 'vocoders'"),
        (["auditoin"], r"'auditoin': no such command or file; did you mean 'audition'\?"),
    ]:
        with subtests.test(arguments=arguments, message=message):
            ran = run(*arguments)
            assert ran.code == 2
            assert ran.out == ""
            assert re.fullmatch(rf"error: [^\n]*{message}[^\n]*\n", ran.err), ran.err


def test_no_arguments_at_all_give_the_help_and_no_empty_error_line():
    ran = run()
    assert "Usage:" in ran.out + ran.err
    assert "error:\n" not in ran.err


RECORDS = {
    "missing": (None, r"cannot be read \(No such file or directory\); expected a draw"),
    "empty": ("", "not valid JSON"),
    "text": ("hello", "not valid JSON"),
    "another JSON": ("{}", "not a draw; give a draw-N.json that an audition has written"),
    "half": ('{"format": "specaug-listen draw 1"}', "is missing"),
    "index": ('{"format": "specaug-listen audition 1"}', "format|is missing|unknown key"),
}


def test_what_cannot_be_replayed_is_one_line_and_leaves_nothing(subtests, tmp_path):
    for name, (text, message) in RECORDS.items():
        with subtests.test(name=name):
            if text is not None:
                (tmp_path / "draw-1.json").write_text(text)
            before = contents(tmp_path)
            ran = run("replay", tmp_path / "draw-1.json", "-o", tmp_path / "again")
            assert ran.code == (2 if text is None else 1)
            assert re.fullmatch(rf"error: [^\n]*draw-1\.json: [^\n]*(?:{message})[^\n]*\n", ran.err), ran.err
            assert contents(tmp_path) == before
            assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("text", [None, "", "[1]", '{"format": "specaug-listen audition 9"}'], ids=str)
def test_a_folder_that_is_no_audition_gives_no_report(tmp_path, text):
    if text is not None:
        (tmp_path / "audition.json").write_text(text)
    ran = run("report", tmp_path)
    assert ran.code == (2 if text is None else 1)
    assert re.fullmatch(r"error: [^\n]*audition\.json: [^\n]+\n", ran.err), ran.err
    assert not (tmp_path / "report.html").exists()
