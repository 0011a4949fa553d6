"""The same chance in every cell, so that only the parameter changes."""

from __future__ import annotations

import csv
import json
import os

import numpy as np
import pytest
from commandline import contents, run
from parsedpage import Page

from specaug_listen import Audio, audition, save, sweep
from specaug_listen.augment import FrequencyMask, Policy, TimeMask, TimeWarp
from specaug_listen.errors import AudioError, OutputError, ParameterError, PolicyError
from specaug_listen.plots import read_cells
from specaug_listen.sweeps.page import write_page
from specaug_listen.sweeps.records import read_sweep
from specaug_listen.vocoders import GriffinLim

STEADY = Policy([FrequencyMask(count=2), TimeMask(count=2)], "steady")
FAST = GriffinLim(n_iter=1)


def spans(cell):
    return [step for step in cell.audition.draws[0].draw.steps if step.kind == "time_mask"]


def bands(cell):
    return [step for step in cell.audition.draws[0].draw.steps if step.kind == "frequency_mask"]


def test_cells_are_all_combinations_the_last_axis_turning_fastest(speechlike):
    made = sweep(
        speechlike, vary={"time_mask.max_frames": [5, 9], "fill": ["mean", "floor"]}, policy=STEADY, vocoder=FAST
    )
    assert [tuple(cell.values.values()) for cell in made.cells] == [
        (5, "mean"),
        (5, "floor"),
        (9, "mean"),
        (9, "floor"),
    ]
    assert [row["fill"] for row in made.rows] == ["mean", "floor"] * 2
    assert str(made) == "Sweep of 'clip' over time_mask.max_frames (2), fill (2): 4 cells, 1 of each"


@pytest.mark.parametrize("seed", range(5))
def test_only_the_parameter_changes_along_an_axis(speechlike, seed):
    widths = [1, 5, 20, 40, 60]
    made = sweep(speechlike, vary={"time_mask.max_frames": widths}, policy=STEADY, vocoder=FAST, rng=seed)
    assert len(bands(made.cells[0])) == len(spans(made.cells[0])) == 2
    assert all(bands(cell) == bands(made.cells[0]) for cell in made.cells)
    drawn = np.array([[span.n_frames for span in spans(cell)] for cell in made.cells])
    assert (np.diff(drawn, axis=0) >= 0).all()
    starts = np.array([[span.start_frame for span in spans(cell)] for cell in made.cells])
    n_frames = made.cells[0].audition.mel.n_frames
    assert (np.abs(np.diff(starts, axis=0)) <= np.abs(np.diff(drawn, axis=0)) + 1).all()
    assert (starts + drawn <= n_frames).all()


def test_a_larger_number_keeps_the_masks_of_a_smaller_one(speechlike):
    made = sweep(speechlike, vary={"time_mask.count": [1, 2, 4]}, policy=STEADY, vocoder=FAST, rng=1)
    one, two, four = map(spans, made.cells)
    assert four[:2] == two
    assert two[:1] == one


def test_a_cell_is_what_an_audition_of_its_values_gives(speechlike):
    made = sweep(speechlike, vary={"time_mask.max_frames": [30, 60]}, policy=STEADY, vocoder=FAST, draws=2, rng=3)
    policy = Policy([FrequencyMask(count=2), TimeMask(count=2, max_frames=60)], "steady")
    heard = audition(speechlike, policy=policy, vocoder=FAST, draws=2, rng=3)
    assert heard.scores == made.cells[1].audition.scores
    for one, other in zip(heard.draws, made.cells[1].audition.draws, strict=True):
        np.testing.assert_array_equal(one.audio.samples, other.audio.samples)


def test_all_cells_share_one_gain_and_one_copy_synthesis(speechlike):
    loud = Audio(speechlike.samples / speechlike.peak, 16000)
    made = sweep(loud, vary={"fill": ["mean", 3.0]}, policy=STEADY, vocoder=FAST, rng=0)
    assert len({cell.audition.gain for cell in made.cells}) == 1
    assert made.cells[0].audition.gain * max(one.audio.peak for cell in made.cells for one in cell.audition.draws) <= 1
    assert made.cells[0].audition.copy_synthesis is made.cells[1].audition.copy_synthesis


def test_front_ends_and_vocoders_have_their_own_copy_synthesis(speechlike):
    made = sweep(speechlike, vary={"frontend": ["whisper", "hifigan"], "vocoder": [FAST.kind]}, policy=STEADY, rng=0)
    rates = [cell.audition.copy_synthesis.sample_rate for cell in made.cells]
    assert rates == [16000, 22050]


def test_too_many_renderings_are_refused_before_the_first(speechlike):
    vary = {"time_mask.max_frames": range(40), "frequency_mask.max_bins": range(30)}
    with pytest.raises(ParameterError, match="1200 cells of 1 draws are 1200 renderings: allowed are at most 1000"):
        sweep(speechlike, vary=vary)


def test_a_wrong_value_is_refused_before_anything_is_rendered(speechlike, monkeypatch):
    monkeypatch.setattr("specaug_listen.sweeps.grid.audition", lambda *a, **k: pytest.fail("rendered"))
    with pytest.raises(ParameterError, match="max_frames=-3"):
        sweep(speechlike, vary={"time_mask.max_frames": [10, -3]})


def test_what_is_no_audio_is_refused():
    with pytest.raises(ParameterError, match=r"int"):
        sweep(3, vary={"fill": ["mean"]})
    with pytest.raises(AudioError, match=r"no-clip\.wav: no such file"):
        sweep("no-clip.wav", vary={"fill": ["mean"]})


# -- what is written ------------------------------------------------------------------------------------


@pytest.fixture
def made(speechlike):
    vary = {"time_mask.max_frames": [5, 30], "frequency_mask.max_bins": [4, 20], "fill": ["mean", "floor"]}
    return sweep(speechlike, vary=vary, policy=STEADY, vocoder=FAST, draws=2, rng=0)


def test_a_folder_holds_the_page_the_chart_the_scores_and_every_cell(made, tmp_path):
    page = made.save(tmp_path / "deep" / "out")
    assert page == tmp_path / "deep" / "out" / "sweep.html"
    files = contents(page.parent)
    draws = {f"draw-{n}.{suffix}" for n in (1, 2) for suffix in ("wav", "json", "mel.png")}
    folders = {name.rpartition("/")[0] for name in files} - {""}
    assert len(folders) == 8 + 1
    assert {name.rpartition("/")[2] for name in files if name.startswith("time_mask.max_frames=5, ")} == draws
    assert {"sweep.html", "sweep.json", "sweep.png", "scores.csv"} <= set(files)
    rows = list(csv.DictReader(files["scores.csv"].decode().splitlines()))
    assert len(rows) == 16
    assert rows[0]["time_mask.max_frames"] == "5"
    assert float(rows[0]["masked_time_ratio"]) == made.rows[0]["masked_time_ratio"]
    record = read_sweep(page.parent)
    assert [cell.values for cell in record.cells] == [tuple(cell.values.values()) for cell in made.cells]
    assert not [path for path in os.listdir(page.parent.parent) if path.endswith(".partial")]


def test_a_page_is_made_again_from_its_folder_without_rendering(made, tmp_path, monkeypatch):
    page = made.save(tmp_path / "out")
    first = page.read_bytes()
    page.unlink()
    monkeypatch.setattr("specaug_listen.vocoders.GriffinLim.__call__", lambda *a: pytest.fail("rendered again"))
    assert write_page(tmp_path / "out").path.read_bytes() == first
    assert run("report", tmp_path / "out", "--overwrite").out == f"{page}\n"


def test_a_sweep_is_replaced_only_when_asked_and_nothing_else_ever_is(made, tmp_path):
    made.save(tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(ParameterError, match="the folder is not empty; choose another, or replace its results with"):
        made.save(tmp_path / "out")
    assert contents(tmp_path / "out") == before
    made.save(tmp_path / "out", overwrite=True)
    assert contents(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    made.save(tmp_path / "mine", overwrite=True)
    assert contents(tmp_path / "mine") == {**before, "thesis.txt": b"years of work"}
    with pytest.raises(ParameterError, match="is a file"):
        made.save(tmp_path / "mine" / "thesis.txt", overwrite=True)


def test_a_sweep_that_is_killed_while_it_replaces_another_has_no_page_and_no_index(speechlike, tmp_path, monkeypatch):
    def until_killed(source, target):
        replace(source, target)
        if os.path.basename(target) == "draw-1.wav":
            raise KeyboardInterrupt

    made = sweep(speechlike, vary={"fill": ["mean", "floor"]}, policy=STEADY, vocoder=FAST)
    made.save(tmp_path)
    replace = os.replace
    monkeypatch.setattr(os, "replace", until_killed)
    with pytest.raises(KeyboardInterrupt):
        made.save(tmp_path, overwrite=True)
    assert not {"sweep.html", "sweep.json"} & set(os.listdir(tmp_path))


def test_a_sweep_that_cannot_be_written_leaves_nothing_half(made, tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("specaug_listen.sweeps.save.chart_png", refused)
    with pytest.raises(OutputError, match="No space left"):
        made.save(tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_a_broken_index_is_refused_in_one_line(subtests, tmp_path):
    for content in (b"", b"[]", b"{}", b"\xff", b'{"format": "specaug-listen sweep 9"}'):
        with subtests.test(content=content):
            (tmp_path / "sweep.json").write_bytes(content)
            with pytest.raises(PolicyError, match=r"sweep\.json: [^\n]+$"):
                write_page(tmp_path)


# -- the command ----------------------------------------------------------------------------------------


def test_the_command_writes_what_the_function_does(speechlike, tmp_path):
    save(tmp_path / "clip.wav", speechlike)
    ran = run(
        *("sweep", tmp_path / "clip.wav", "--vary", "time_mask.max_frames=5,30", "--vary", "fill=mean,floor"),
        *("--vocoder", "griffinlim:n_iter=1", "--draws", 2, "--seed", 7, "-o", tmp_path / "out"),
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "Sweep of 'clip' over time_mask.max_frames (2), fill (2): 4 cells, 2 of each: "
        f"{tmp_path / 'out' / 'sweep.html'}\n"
    )
    record = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert record["configuration"]["seed"] == 7
    assert record["configuration"]["vocoder"]["n_iter"] == 1


def test_wrong_use_of_the_command_is_one_line(subtests, tmp_path, speechlike):
    for arguments, code, match in [
        (["--vary", "fill"], 2, "--vary fill: expected KEY=VALUE"),
        (["--vary", "fil=mean"], 2, "policy 'LD' has no 'fil'"),
        (["--vary", "fill=mean", "--policy", "none"], 2, "policy 'none' has no 'fill'"),
        (["--vary", "fill=mean", "--draws", "0"], 2, "--draws"),
        ([], 2, "--vary"),
    ]:
        with subtests.test(arguments=arguments, code=code, match=match):
            save(tmp_path / "clip.wav", speechlike)
            ran = run("sweep", tmp_path / "clip.wav", *arguments, "-o", tmp_path / "out")
            assert ran.code == code
            assert match in ran.err
            assert len(ran.err.splitlines()) == 1
            assert not (tmp_path / "out").exists()


def test_a_clip_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "clip.wav").write_bytes(b"no sound")
    ran = run("sweep", tmp_path / "clip.wav", "--vary", "fill=mean", "-o", tmp_path / "out")
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert not (tmp_path / "out").exists()


def test_all_mels_of_a_sheet_are_on_one_scale(speechlike, tmp_path):
    vary = {"fill": ["floor", 3.0], "vocoder": ["griffinlim:n_iter=1", "original-phase"]}
    folder = sweep(speechlike, vary=vary, policy=STEADY, rng=0).save(tmp_path / "out").parent
    scales = {
        (one.low_db, one.high_db) for one in (read_cells(path.read_bytes()) for path in folder.rglob("*.mel.png"))
    }
    assert len(scales) == 1
    ((low, high),) = scales
    assert low == -80
    assert high > 0


def test_what_cells_are_compared_with_is_listed_once_and_the_others_are_cells(speechlike, tmp_path):
    vary = {"frontend": ["whisper", "hifigan"], "vocoder": ["griffinlim:n_iter=1", "original-phase"]}
    page = Page(sweep(speechlike, vary=vary, policy=STEADY, rng=0).save(tmp_path / "out").read_text("utf-8"))
    assert page.unbalanced == page.open == []
    assert len([one for one in page.all("li") if one.get("class") == "version"]) == 2
    assert len([one for one in page.all("div") if (one.get("class") or "").startswith("version cell")]) == 4 + 2 * 3


def test_the_page_of_a_sweep_takes_the_forms_of_a_report(made, tmp_path):
    made.save(tmp_path / "out")
    ran = run("report", tmp_path / "out", "-o", tmp_path / "x.html", "--split")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'x' / 'index.html'}\n")
    assert len(list((tmp_path / "x" / "audio").rglob("*.wav"))) == 16 + 2
    assert run("report", tmp_path / "out", "--flac", "--overwrite").code == 0
    assert "data:audio/flac" in (tmp_path / "out" / "sweep.html").read_text("utf-8")
    mixed = run("report", tmp_path / "out", tmp_path / "out", "-o", tmp_path / "y.html")
    assert mixed.code == 2
    assert "holds a sweep, which has a page of its own; give it alone" in mixed.err


def test_a_wider_mask_changes_more_whatever_the_warp(speechlike):
    policy = Policy([TimeWarp(20), TimeMask(count=2, fill="floor")], "warped")
    made = sweep(speechlike, vary={"time_mask.max_frames": [2, 10, 30]}, policy=policy, vocoder=FAST, rng=2)
    changes = [row["log_mel_rmse_db"] for row in made.rows]
    assert changes == sorted(changes)
    assert all(row["warp_displacement_ms"] == made.rows[0]["warp_displacement_ms"] for row in made.rows)


@pytest.mark.parametrize(
    "vary",
    [
        {"T": [5, 30]},
        {"fill": ["mean", 3.0], "time_mask.fill": ["floor"]},
        {"probability": [0.5, 1.0]},
        {"policy": ["SM", "LD"], "T": [9]},
        {"framework": ["espnet", "nemo"]},
        {"frontend": ["whisper", "hifigan"]},
        {"frontend.hop_length": [160, 200]},
        {"vocoder": ["griffinlim:n_iter=1", "original-phase"]},
        {"vocoder": ["griffinlim"], "vocoder.n_iter": [1, 2]},
    ],
    ids=str,
)
def test_cells_whose_folders_were_exchanged_are_told(speechlike, tmp_path, vary):
    policy = "SM" if "framework" in vary else STEADY
    made = sweep(speechlike.part(0, 0.2), vary=vary, policy=policy, vocoder=FAST, rng=0)
    folder = made.save(tmp_path / "out").parent
    assert write_page(folder, tmp_path / "page.html").path.is_file()
    index = json.loads((folder / "sweep.json").read_text())
    one, other = (folder / index["cells"][i]["folder"] for i in (0, -1))
    one.rename(folder / "between")
    other.rename(one)
    (folder / "between").rename(other)
    said = r"draw-1\.json: is from another cell than the index says \([^\n]* differs\)"
    with pytest.raises(PolicyError, match=said):
        write_page(folder, tmp_path / "other.html")
    for cell in index["cells"]:  # as an older version wrote them
        del cell["frontend"], cell["frontend_reason"]
    (folder / "sweep.json").write_text(json.dumps(index))
    with pytest.raises(PolicyError, match=said):
        write_page(folder, tmp_path / "other.html")
