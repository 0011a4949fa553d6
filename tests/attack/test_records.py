"""Records that others have changed: each value replaced by others, and values that do not fit one another."""

from __future__ import annotations

import json

import numpy as np
import pytest
from json_mutants import mutants, places
from received import CELL, copied

from specaug_listen import replay, write_report
from specaug_listen._notices import _SENTENCES, Notice
from specaug_listen.auditions import changed_versions, read_index, read_record
from specaug_listen.errors import AudioError, PolicyError, ResultError, SpecAugListenError
from specaug_listen.frontends import WHISPER, mel_format
from specaug_listen.frontends.statistics_files import read_statistics
from specaug_listen.mels import clips_of_file
from specaug_listen.sweeps.page import write_page
from specaug_listen.sweeps.records import read_sweep

# Characters of a line that can still be read.
MAX_MESSAGE_LENGTH = 700
KINDS = {
    "index": (
        "run",
        "audition.json",
        lambda run, file: read_index(run),
        lambda run, file: write_report(run, overwrite=True),
    ),
    "draw": (
        "run",
        "clip/draw-1.json",
        lambda run, file: read_record(file),
        lambda run, file: write_report(run, overwrite=True),
    ),
    "replay": ("run", "clip/draw-1.json", lambda run, file: read_record(file), lambda run, file: replay(file)),
    "sweep": (
        "sweep",
        "sweep.json",
        lambda run, file: read_sweep(run),
        lambda run, file: write_page(run, overwrite=True),
    ),
    "cell": (
        "sweep",
        f"{CELL}/draw-1.json",
        lambda run, file: read_record(file),
        lambda run, file: write_page(run, overwrite=True),
    ),
}


def complaint(call):
    """What is said in one line; nothing else may be raised."""
    try:
        call()
    except SpecAugListenError as error:
        message = str(error)
        assert "\n" not in message
        assert len(message) < MAX_MESSAGE_LENGTH, message
        return message
    return None


def spoil_each(made, tmp_path, kind, *, every, used):
    """One of so many mutants is read, and of those that are read without a complaint one of so many is used."""
    folder, name, read, use = KINDS[kind]
    run = copied(made[folder], tmp_path)
    file = run / name
    n_read = n_refused = 0
    for number, (what, text) in enumerate(mutants(file.read_text())):
        if number % every:
            continue
        file.write_text(text)
        said = complaint(lambda: read(run, file))
        n_refused += said is not None
        if said is not None:
            assert said.startswith(str(file)), what
            continue
        n_read += 1
        if n_read % used == 0:
            complaint(lambda: use(run, file))
    return n_refused, n_read


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_with_another_value_works_or_is_refused_in_one_line(made, tmp_path, kind):
    n_refused, n_read = spoil_each(made, tmp_path, kind, every=13, used=3)
    assert n_refused > 150
    assert n_read > 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_record_with_any_other_value_works_or_is_refused_in_one_line(made, tmp_path, kind):
    n_refused, n_read = spoil_each(made, tmp_path, kind, every=1, used=1)
    assert n_refused > 2000
    assert n_read > 200


def changed(folder, name, change):
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))


DRAW = {
    "gain 0": (lambda d: d.update(gain=0), r"gain=0: should be greater than 0"),
    "gain nan": (lambda d: d.update(gain=float("nan")), r"gain=nan: is in no record, whose numbers are finite"),
    "a duration that is none": (lambda d: d["audio"].update(duration_s=float("nan")), r"audio\.duration_s=nan"),
    "a start before the clip": (lambda d: d["audio"].update(start_s=-1.0), r"audio\.start_s=-1\.0: should be greater"),
    "a draw of another mel": (lambda d: d["draw"].update(n_mels=40, steps=[]), r"draw\.n_mels=40: allowed is .*80"),
    "a draw of another clip": (lambda d: d["draw"].update(n_frames=6000), r"draw\.n_frames=6000: allowed is .* 60 of"),
    "a mask beyond the mel": (
        lambda d: d["draw"].update(steps=[{"kind": "time_mask", "start_frame": 50, "n_frames": 50}]),
        r"draw: time_mask reaches beyond the 60 frames",
    ),
    "a mass of masks": (
        lambda d: d["draw"].update(steps=[{"kind": "time_mask", "start_frame": 5, "n_frames": 5}] * 30_000),
        r"draw\.steps: 30000 of them, 0 time warps: allowed are 20000",
    ),
    "a mass of warps": (
        lambda d: d["draw"].update(steps=[{"kind": "time_warp", "center_frame": 9, "displacement_frames": 1}] * 101),
        r"draw\.steps: 101 of them, 101 time warps",
    ),
    "a mass of padding": (
        lambda d: d["draw"].update(
            batch={"size": 1, "n_frames": 10_000_000},
            steps=[{"kind": "time_warp", "center_frame": 9, "displacement_frames": 1, "over_frames": 10_000_000}],
        ),
        r"draw\.batch\.n_frames=10000000: allowed are 1677721 frames of 80 bins",
    ),
    "a channel that is not there": (
        lambda d: d["audio"].update(channel=3),
        r"audio: channel=3: allowed is .*n_channels=1",
    ),
    "a score beyond all": (lambda d: d["scores"].update(stoi=1e30), r"scores\.stoi=1e\+30: allowed is null, or"),
    "a share beyond one": (
        lambda d: d["scores"].update(masked_time_ratio=1.5),
        r".*masked_time_ratio=1\.5: ",
    ),
    "a seed out of range": (lambda d: d.update(seed=2**60), r"seed=\d+: should be less than or equal to"),
    "a version of a novel": (
        lambda d: d["versions"].update(numpy="9" * 10_000),
        r"versions\.numpy='9+\.\.\.: string should",
    ),
    "a mass of badges": (
        lambda d: d.update(badges=["b"] * 100_000),
        r"badges=\['b', .*\.\.\.: tuple .*1000",
    ),
    "a fingerprint of another form": (lambda d: d["audio"].update(fingerprint="no"), r"audio\.fingerprint='no'"),
    "another format": (
        lambda d: d.update(format="specaug-listen draw 2"),
        r"format='specaug-listen draw 2': should",
    ),
    "a key that nobody knows": (lambda d: d.update(secret=1), r"unknown key 'secret'"),
    "a key of a novel": (
        lambda d: d.update({"k" * 10_000: 1}),
        r"unknown key 'k+\.\.\.: allowed are keys of at most",
    ),
    "a number for a path": (
        lambda d: d["audio"].update(path=1e308),
        r"audio\.path=1e\+308: is in no record, whose numbers",
    ),
    "a text of a novel": (
        lambda d: d.update(clip="c" * 100_000),
        r"clip='c+.*: is in no record, whose texts have at most 20000",
    ),
}


@pytest.mark.parametrize(("change", "match"), DRAW.values(), ids=DRAW)
def test_a_draw_that_does_not_fit_is_refused(made, tmp_path, change, match):
    run = copied(made["run"], tmp_path)
    changed(run, "clip/draw-1.json", change)
    for call in (lambda: replay(run / "clip" / "draw-1.json"), lambda: write_report(run, overwrite=True)):
        with pytest.raises(PolicyError, match=rf"draw-1\.json: {match}.*; the file is not as it was written; take it"):
            call()


def again(rows, **other):
    rows.append({**rows[0], **other})


INDEX = {
    "gain 0": (lambda d: d["clips"][0].update(gain=0.0), r"clips\[0\]\.gain=0\.0: should be greater than 0"),
    "no length": (lambda d: d["clips"][0].update(duration_s=float("nan")), r"clips\[0\]\.duration_s=nan"),
    "another length": (lambda d: d["clips"][0].update(duration_s=9.0), r"clips\[0\]: duration_s=9\.0: .*0\.6000"),
    "a folder twice": (lambda d: again(d["clips"]), r"clips\.folder='clip': is repeated"),
    "a folder twice but for case": (lambda d: again(d["clips"], folder="CLIP"), r"clips\.folder='CLIP': is repeated"),
    "a draw twice": (lambda d: d["clips"][0].update(draws=["draw-1"] * 2), r"clips\[0\]: draws='draw-1': is repeated"),
    "100,000 draws": (
        lambda d: d["clips"][0].update(draws=[f"draw-{i}" for i in range(1, 100_001)]),
        r"clips\[0\]\.draws=\['draw-1', .*tuple should have at most 1000 items after validation",
    ),
    "a draw less": (
        lambda d: d["clips"][0].update(draws=[]),
        r"clips\[0\]\.draws=\[\]: allowed are the draws that configuration\.draws=1 asks for, draw-1 to draw-1",
    ),
    "a draw of another number": (
        lambda d: d["clips"][0].update(draws=["draw-2"]),
        r"clips\[0\]\.draws=\['draw-2'\]: allowed are the draws that configuration\.draws=1 asks for",
    ),
    "another number of draws": (
        lambda d: d["configuration"].update(draws=2),
        r"clips\[0\]\.draws=\['draw-1'\]: allowed are .*configuration\.draws=2 asks for, draw-1 to draw-2",
    ),
    "a draw elsewhere": (
        lambda d: d["clips"][0].update(draws=["../draw-1"]),
        r"clips\[0\]\.draws\[0\]='\.\./draw-1': .*a number",
    ),
    **{
        f"folder {name!r}": (
            lambda d, name=name: d["clips"][0].update(folder=name),
            r"clips\[0\]\.folder=.*should (be a name|have at most 255)",
        )
        for name in ("../../secret", "/etc", "", ".", "..", "a\0b", "a\nb", "a/b", "a\\b", "x" * 300, "\x7f")
    },
}  # fmt: skip


@pytest.mark.parametrize(("change", "match"), INDEX.values(), ids=INDEX)
def test_an_index_that_does_not_fit_is_refused(made, tmp_path, change, match):
    run = copied(made["run"], tmp_path)
    changed(run, "audition.json", change)
    with pytest.raises(PolicyError, match=rf"audition\.json: {match}"):
        write_report(run, overwrite=True)


SWEEP = {
    "a cell without a value": (lambda d: d["cells"][1].update(values=[5]), r"cells\[1\]\.values=\(5,\): allowed"),
    "a cell with two": (lambda d: d["cells"][1].update(values=[5, "mean", 5]), r"cells\[1\]\.values=.*: allowed"),
    "a value of no axis": (lambda d: d["cells"][1].update(values=[5, "noise"]), r"cells\[1\]\.values=.*: allowed"),
    "a cell twice": (lambda d: d["cells"][1].update(values=d["cells"][0]["values"]), r"cells\[1\]\.values=.*repeated"),
    "a cell less": (lambda d: d["cells"].pop(), r"3 cells: allowed is one for each combination .* 4"),
    "a folder twice": (lambda d: d["cells"][1].update(folder=d["cells"][0]["folder"]), r"cells\.folder=.*is repeated"),
    "an axis twice": (lambda d: d["axes"][1].update(key=d["axes"][0]["key"]), r"axes\.key=.*is repeated"),
    "a value twice": (lambda d: d["axes"][0].update(values=[5, 5]), r"axes\[0\]: .*a value is repeated"),
    "no draw": (lambda d: d["cells"][0].update(draws=[]), r"cells\[0\]\.draws=\[\]: tuple should have at least 1"),
    "a draw more": (
        lambda d: d["cells"][0].update(draws=["draw-1", "draw-2"]),
        r"cells\[0\]\.draws=.*: allowed are the draws that configuration\.draws=1 asks for",
    ),
    "another number of draws": (lambda d: d["configuration"].update(draws=3), r"cells\[0\]\.draws=.*draw-1 to draw-3"),
    "a draw twice": (lambda d: d["cells"][0].update(draws=["draw-1"] * 2), r"cells\[0\]\.draws='draw-1': is repeated"),
    "a folder elsewhere": (lambda d: d["cells"][0].update(folder=".."), r"cells\[0\]\.folder='\.\.'"),
    "a clip less": (lambda d: d["cells"][1].update(clip=1), r"cells\[1\]\.clip=1: allowed is the index of a clip"),
    "a clip twice": (lambda d: d.update(more_clips=[d["clip"]]), r"clips\.name='clip': is repeated"),
    "a clip without cells": (
        lambda d: d.update(more_clips=[{**d["clip"], "name": "other", "folder": "other"}]),
        r"4 cells: allowed is one for each combination .* and clip, 8",
    ),
    "a reference of two clips": (
        lambda d: (
            d.update(more_clips=[{**d["clip"], "name": "other", "folder": "other"}]), d["cells"][1].update(clip=1),
        ),
        r"cells\[1\]\.reference='reference-1': is that of another clip, too",
    ),
    "a reference elsewhere": (lambda d: d["cells"][0].update(reference="/etc"), r"cells\[0\]\.reference='/etc'"),
    "true for 1": (
        lambda d: (d["axes"][0].update(values=[1, 10]), d["cells"][0].update(values=[True, "mean"])),
        r"cells\[0\]\.values=\(True, 'mean'\): allowed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "match"), SWEEP.values(), ids=SWEEP)
def test_a_sweep_that_does_not_fit_is_refused(made, tmp_path, change, match):
    run = copied(made["sweep"], tmp_path)
    changed(run, "sweep.json", change)
    with pytest.raises(PolicyError, match=rf"sweep\.json: {match}"):
        write_page(run, overwrite=True)


HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}${x}"


def with_hostile_texts(file, read):
    """Every text of a record that may be any text replaced by one that breaks out of pages."""
    data = json.loads(file.read_text())
    n_texts = 0
    for place in places(data):
        inside = data
        for key in place[:-1]:
            inside = inside[key]
        before = inside[place[-1]]
        if isinstance(before, str):
            inside[place[-1]] = HOSTILE
            file.write_text(json.dumps(data))
            if complaint(read) is None:
                n_texts += 1
            else:
                inside[place[-1]] = before
    file.write_text(json.dumps(data))
    return n_texts


def test_no_text_of_a_record_reaches_the_page_as_markup(made, tmp_path):
    run = copied(made["run"], tmp_path)
    changed(run, "audition.json", lambda d: d.update(failures=[{"path": "x", "error": "y"}]))
    changed(run, "audition.json", lambda d: d["clips"][0].update(badges=["z"]))
    notice = {"kind": "k", "values": {"a": "b"}}
    changed(
        run, "audition.json", lambda d: (d.update(notices=[notice]), d["clips"][0]["audio"].update(notices=[notice]))
    )
    changed(run, "audition.json", lambda d: d["configuration"]["policy"].update(notes=["n"], frontend_error="f"))
    for name in ("audition.json", "clip/draw-1.json"):  # of another version, whose badges may have any words
        changed(run, name, lambda d: d["versions"].update({"specaug-listen": "0.0.1"}))
    changed(run, "clip/draw-1.json", lambda d: (d.update(badges=["b"]), d["draw"].update(warnings=["w"])))
    changed(run, "clip/draw-1.json", lambda d: (d.update(clip_badges=["z"]), d["audio"].update(notices=[notice])))
    # One alone would be the name of another policy.
    changed(run, "clip/draw-1.json", lambda d: (d["draw"].update(policy=HOSTILE), d["policy"].update(name=HOSTILE)))
    n_texts = with_hostile_texts(run / "audition.json", lambda: read_index(run))
    n_texts += with_hostile_texts(run / "clip" / "draw-1.json", lambda: read_record(run / "clip" / "draw-1.json"))
    assert n_texts > 20
    for form in ({}, {"split": True}, {"paths": True}):
        html = write_report(run, tmp_path / "page.html", overwrite=True, **form).read_text("utf-8")
        assert "alert(1)" in html
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert html.count("</script>") == html.count("<script")


@pytest.mark.parametrize(("rate", "n_samples"), [(1, 10**9), (10_000_000, 100), (16000, 10**7)])
def test_a_clip_of_another_length_than_its_sound_is_refused(made, tmp_path, rate, n_samples):
    run = copied(made["run"], tmp_path)
    changed(run, "audition.json", lambda d: d["clips"][0]["audio"].update(sample_rate=rate, n_samples=n_samples))
    changed(run, "audition.json", lambda d: d["clips"][0].update(duration_s=max(1e-9, n_samples / rate)))
    changed(run, "clip/draw-1.json", lambda d: d["audio"].update(sample_rate=rate, n_samples=n_samples))
    with pytest.raises(
        (PolicyError, ResultError),
        match=r"draw-1\.json: draw\.n_frames=60|original\.wav: 9600 samples, 0\.60 s: allowed",
    ):
        write_report(run)


def test_packages_that_a_record_invents_are_not_told(made, tmp_path):
    run = copied(made["run"], tmp_path)
    versions = {f"package-{i}": "1" for i in range(900)} | {"numpy": "0.1\x1b[2J"}
    changed(run, "clip/draw-1.json", lambda d: d["versions"].update(versions))
    (line,) = changed_versions(read_record(run / "clip" / "draw-1.json"))
    assert line.startswith("numpy was 0.1\\x1b[2J, is ")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{" * 100_000, "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"format": ' + "[" * 80 + "1" + "]" * 80 + "}", ".*within one another, 60 deep"),
        ('{"format": 1, "gain": 1, "gain": 2}', "not valid JSON .*the key 'gain' is repeated"),
        ('{"format": ' + "9" * 5000 + "}", "not valid JSON"),
        (
            '{"format": ' + "9" * 400 + "}",
            "format=an integer of 1329 bits: is in no record, whose integers have at most 64 bits",
        ),
        ('{"format": 1e999}', "format=inf: is in no record, whose numbers are finite and of single precision"),
        ("\x00", "not valid JSON"),
        ("", "not valid JSON"),
    ],
    ids=["open mappings", "open lists", "deep", "twice", "5000 digits", "400 digits", "inf", "nul", "empty"],
)
def test_json_that_no_run_writes_is_refused(tmp_path, text, match):
    (tmp_path / "draw-1.json").write_text(text)
    with pytest.raises(PolicyError, match=rf"draw-1\.json: {match}"):
        replay(tmp_path / "draw-1.json")


def test_a_record_is_read_up_to_a_limit(tmp_path):
    with open(tmp_path / "audition.json", "wb") as file:
        file.truncate((1 << 28) + 1)
    with pytest.raises(PolicyError, match=r"audition\.json: cannot be read \(has more than the \d+ bytes"):
        read_index(tmp_path)


class Every(dict):
    """A mapping in which every key has one value."""

    def __init__(self, value):
        self.value = value

    def __missing__(self, key):
        return self.value


def test_a_notice_with_any_values_has_a_sentence(subtests):
    keys = ("n_present", "n_promised", "sample_rate", "within", "channels", "endings", "folder", "alone", "statistics")
    for kind in [*_SENTENCES, "unknown"]:
        for value in [None, 0, -1, float("nan"), "x" * 20_000, [], {}, [None], {"a": None}]:
            with subtests.test(kind=kind, value=repr(value)[:20]):
                assert isinstance(Notice(kind, dict.fromkeys(keys, value)).text, str)
                assert isinstance(Notice(kind, Every(value)).text, str)


ENTRY = {
    "id": "cut", "start": 0.0, "duration": 0.3,
    "features": {
        "num_frames": 50, "num_features": 80, "frame_shift": 0.01, "start": 0.0, "duration": 0.5,
        "storage_type": "numpy_files", "storage_key": "mel.npy", "recording_id": "r",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("of_cut", "of_features", "match"),
    [
        ({}, {"num_frames": 60}, r"{'num_frames': 60, .*the array of 'mel.npy' is \(50, 80\)"),
        ({}, {"num_features": 40}, r"'num_features': 40}.*is \(50, 80\)"),
        ({}, {"num_frames": "many"}, "'num_frames': 'many'"),
        ({}, {"frame_shift": 0.0}, "'frame_shift': 0.0}.*above 0"),
        ({}, {"frame_shift": -0.01}, "'frame_shift': -0.01}.*above 0"),
        ({}, {"frame_shift": float("nan")}, "'frame_shift': nan}.*above 0"),
        ({"duration": float("nan")}, {}, "'duration': nan.*above 0"),
        ({"duration": float("inf")}, {}, "'duration': inf.*above 0"),
        ({"duration": -1.0}, {}, "'duration': -1.0.*above 0"),
        ({"start": -1.0}, {}, "'start': -1.0.*within its features"),
        ({"start": "soon"}, {}, "'start': 'soon'"),
        ({}, {"storage_key": None}, "storage_key=None: expected a string"),
        ({}, {"storage_path": 3}, "storage_path=3: expected a string"),
    ],
)
def test_a_manifest_that_does_not_fit_its_features_is_refused(tmp_path, of_cut, of_features, match):
    np.save(tmp_path / "mel.npy", np.zeros((50, 80), np.float32))
    features = {"storage_path": str(tmp_path), **ENTRY["features"], **of_features}
    (tmp_path / "cuts.jsonl").write_text(json.dumps({**ENTRY, **of_cut, "features": features}))
    with pytest.raises(AudioError, match=match):
        clips_of_file(tmp_path / "cuts.jsonl", mel_format(WHISPER))


@pytest.mark.parametrize(
    "data",
    [
        {"mean_stat": [], "var_stat": [1.0], "frame_num": 1},
        {"mean_stat": [1.0] * 3, "var_stat": [1.0] * 4, "frame_num": 1},
        {"mean_stat": [1.0], "var_stat": [1.0], "frame_num": []},
        {"running_mean": [1.0] * 3, "running_var": [1.0] * 4, "weight": [], "bias": [0.0]},
        {"mean": [[1.0], [1.0, 2.0]], "std": [1.0]},
        {"mean": [], "std": []},
    ],
)
def test_statistics_that_do_not_fit_one_another_are_refused(tmp_path, data):
    (tmp_path / "stats.json").write_text(json.dumps(data))
    with pytest.raises(PolicyError, match=r"stats\.json: [^\n]+$"):
        read_statistics(tmp_path / "stats.json")
