"""A draw that is made again from a folder of others: its record, and what lies beside it."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from commandline import run as run_command
from received import CELL, change, copied

from specaug_listen import replay, replays, write_report
from specaug_listen.auditions import draw_files
from specaug_listen.errors import PolicyError, SpecAugListenWarning
from specaug_listen.outputs.marker import MARKER
from specaug_listen.replays import read_written_draw


def place_of(made, tmp_path, beside):
    """The record of a draw: beside an index, the journal of a run that did not end, or the index of a sweep."""
    folder = copied(made["sweep" if beside == "sweep.json" else "run"], tmp_path)
    if beside == MARKER:
        (folder / "audition.json").unlink()
    return folder / (CELL if beside == "sweep.json" else "clip") / "draw-1.json"


OTHERS = {
    "gain": ({"gain": 0.001}, r"gain 0\.001, where the index has "),
    "name": ({"clip": "somebody else's"}, r"clip\)"),
    "seed": ({"seed": 7}, r"seed 7, where the index has 4|seed 7, where the index has 0"),
    "versions": ({"versions": {}}, r"versions\)"),
}
BESIDE = ("audition.json", MARKER, "sweep.json")


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize(("values", "said"), OTHERS.values(), ids=OTHERS)
def test_a_record_that_the_index_beside_it_contradicts_is_refused(made, tmp_path, beside, values, said):
    path = place_of(made, tmp_path, beside)
    change(path, **values)
    with pytest.raises(PolicyError, match=rf"draw-1\.json: is from another run than its index \((?:{said})"):
        replay(path)
    ran = run_command("replay", path, "-o", tmp_path / "again")
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "is from another run than its index" in ran.err
    assert not (tmp_path / "again").exists()


RUNS = {
    "policy": ("policy", lambda policy: {**policy, "probability": 0.5}),
    "layout of channels": ("channels", lambda _: "duplicate"),
    "notices of the clip": ("audio", lambda clip: {**clip, "notices": [{"kind": "cut", "values": {}}]}),
    "badges of the clip": ("clip_badges", lambda _: ["a lie"]),
    "clip": ("audio", lambda clip: {**clip, "start_s": 3.0}),
    "sha256 of the clip's file": ("audio", lambda clip: {**clip, "sha256": 64 * "0"}),
}


@pytest.mark.parametrize("what", RUNS)
def test_whatever_a_record_and_its_index_both_say_is_compared(run, what):
    path, (key, other) = run / "clip" / "draw-1.json", RUNS[what]
    change(path, **{key: other(json.loads(path.read_text())[key])})
    with pytest.raises(PolicyError, match=rf"is from another run than its index \({what}\)"):
        read_written_draw(path)


def test_a_record_of_another_cell_is_refused(sheet):
    path, other = (sheet / name / "draw-1.json" for name in (CELL, CELL.replace("01", "03").replace("5", "10")))
    shutil.copy(other, path)
    with pytest.raises(
        PolicyError, match=r"belongs to another cell than the index says \(time_mask\.max_frames differs\)"
    ):
        replay(path)


@pytest.mark.parametrize("how", ["a link to the file", "a link to the folder"])
def test_a_record_behind_a_link_is_compared_with_the_index_beside_the_file(run, tmp_path, how):
    change(run / "clip" / "draw-1.json", gain=0.001)
    (tmp_path / "a").mkdir()
    link = tmp_path / "a" / ("best.json" if how == "a link to the file" else "clip")
    link.symlink_to(run / "clip" / "draw-1.json" if how == "a link to the file" else run / "clip")
    with pytest.raises(PolicyError, match="is from another run than its index"):
        replay(link if how == "a link to the file" else link / "draw-1.json")


def test_a_link_that_leads_out_of_a_run_is_refused(run, tmp_path):
    shutil.move(run / "clip" / "draw-1.json", tmp_path / "elsewhere.json")
    (run / "clip" / "draw-1.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(PolicyError, match="is a link to a file outside of its folder"):
        replay(run / "clip" / "draw-1.json")


@pytest.mark.parametrize("beside", BESIDE)
def test_in_its_folder_as_it_was_written_it_is_made_again_without_a_word(made, tmp_path, beside):
    path = place_of(made, tmp_path, beside)
    assert read_written_draw(path).notices == ()
    again = replay(path)
    assert draw_files(again, again.draws[0], "mono")["draw-1.wav"] == path.with_suffix(".wav").read_bytes()


@pytest.mark.parametrize("key", ["draw", "policy"])
def test_a_record_whose_draw_is_of_another_policy_is_refused(run, key):
    path = run / "clip" / "draw-1.json"
    record = json.loads(path.read_text())
    name = {"draw": "policy", "policy": "name"}[key]
    change(path, **{key: {**record[key], name: "SS"}})
    said = r"draw-1\.json: .*draw\.policy='\w+': allowed is the name of its policy, '\w+'"
    with pytest.raises(PolicyError, match=said):
        write_report(run, overwrite=True)
    (run / "audition.json").unlink()
    (run / MARKER).unlink()  # alone, too
    with pytest.raises(PolicyError, match=said):
        replay(path)


def test_a_change_that_no_index_contradicts_is_told_by_the_list_of_files(run, sheet, tmp_path):
    assert run_command("replay", run / "clip" / "draw-1.json", "-o", tmp_path / "again").err == ""
    for folder, name in (
        (run, "clip/draw-1.json"),
        (sheet, f"{CELL}/draw-1.json"),
        (tmp_path / "again", "draw-1.json"),
    ):
        draw = json.loads((folder / name).read_text())["draw"]
        change(folder / name, badges=["w"], draw={**draw, "warnings": ["w"]})
        line = f"{folder}: changed: {name} is not as written"
        with pytest.warns(SpecAugListenWarning) as told:
            replay(folder / name)
        assert line in [str(one.message) for one in told]
        ran = run_command("replay", folder / name, "-o", tmp_path / "again.wav", "--overwrite")
        assert (ran.code, ran.err) == (0, f"note: {line}\n")


def test_a_draw_that_the_index_does_not_list_is_told(run, sheet):
    for folder, name in ((run, "clip"), (sheet, CELL)):
        path = folder / name / "draw-2.json"
        shutil.copy(folder / name / "draw-1.json", path)
        change(path, number=2, gain=0.001)
        texts = [notice.text for notice in read_written_draw(path).notices]
        assert (
            f"{path}: the index of {folder} does not list this draw, so nothing tells whether it is of that run"
            in texts
        )
    shutil.move(run / "clip", run / "other")
    (notice,) = (one for one in read_written_draw(run / "other" / "draw-1.json").notices if one.kind == "not-listed")
    assert notice.text.startswith(f"{run}/other/draw-1.json: the index of {run} does not list")


def test_an_index_that_cannot_be_read_is_refused(run):
    (run / "audition.json").write_text("{}")
    with pytest.raises(PolicyError, match=r"audition\.json: not an index of auditions"):
        replay(run / "clip" / "draw-1.json")


def test_a_record_is_read_once_and_no_other_one_is_taken_for_it(run, tmp_path, monkeypatch):
    path, read = run / "clip" / "draw-1.json", replays.read_record
    n_read = []

    def counted(*args, **how):
        n_read.append(args)
        return read(*args, **how)

    monkeypatch.setattr(replays, "read_record", counted)
    assert run_command("replay", path, "-o", tmp_path / "again").code == 0
    assert len(n_read) == 1

    def then_changed(*args, **how):
        record = read(*args, **how)
        path.write_bytes(path.read_bytes() + b" ")
        os.utime(path, ns=(1, 1))
        return record

    monkeypatch.setattr(replays, "read_record", then_changed)
    with pytest.raises(PolicyError, match=r"draw-1\.json: cannot be read \(became another file while it was read\)"):
        replay(path)


CONTRADICTED = {
    "badges": ({"badges": ["a lie"]}, r"badges: 'a lie': allowed are those that its draw gives \(draw\)"),
    "a warning": (
        {"warnings": ["a lie"]},
        r"badges: .* allowed are those that its draw gives \(draw\), such as 'a lie'",
    ),
    "masks in padding": (
        {"n_masks_in_padding": 777},
        r"draw\.n_masks_in_padding=777: allowed is what its steps and batch give \(draw\.steps, draw\.batch\), 0",
    ),
}


@pytest.mark.parametrize("what", CONTRADICTED)
def test_what_a_draw_says_against_its_own_steps_is_refused(run, what):
    path, (values, said) = run / "clip" / "draw-1.json", CONTRADICTED[what]
    (run / MARKER).unlink()
    record = json.loads(path.read_text())
    change(path, **(values if "badges" in values else {"draw": record["draw"] | values}))
    with pytest.raises(PolicyError, match=said):
        read_written_draw(path)


def test_badges_of_another_version_may_have_other_words(run):
    path = run / "clip" / "draw-1.json"
    alone = path.parents[2] / path.name
    record = json.loads(path.read_text())
    alone.write_text(json.dumps({**record, "badges": ["said otherwise"], "versions": {"specaug-listen": "0.0.1"}}))
    assert read_written_draw(alone).record.badges == ("said otherwise",)
