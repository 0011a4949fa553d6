"""The same chance in every cell, so that only the parameter changes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from cheap_audition import FAST, STEADY
from commandline import run

from specaug_listen import Audio, audition, save, sweep
from specaug_listen.augment import FrequencyMask, Policy, TimeMask
from specaug_listen.errors import AudioError, ParameterError


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
    monkeypatch.setattr("specaug_listen.sweeps.cell_rendering.audition", lambda *a, **k: pytest.fail("rendered"))
    with pytest.raises(ParameterError, match="max_frames=-3"):
        sweep(speechlike, vary={"time_mask.max_frames": [10, -3]})


def test_what_is_no_audio_is_refused():
    with pytest.raises(ParameterError, match=r"int"):
        sweep(3, vary={"fill": ["mean"]})
    with pytest.raises(AudioError, match=r"no-clip\.wav: no such file"):
        sweep("no-clip.wav", vary={"fill": ["mean"]})


def test_the_command_writes_what_the_function_does(speechlike, tmp_path):
    save(tmp_path / "clip.wav", speechlike)
    ran = run(
        *("sweep", tmp_path / "clip.wav", "--vary", "time_mask.max_frames=5,30", "--vary", "fill=mean,floor"),
        *("--vocoder", "griffinlim:n_iter=1", "--draws", 2, "--seed", 7, "-o", tmp_path / "out"),
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        "Sweep of 'clip' over time_mask.max_frames (2), fill (2): 4 cells, 2 of each: "
        f"{tmp_path / 'out' / 'sweep.html'} ("
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


def test_each_clip_of_a_list_is_swept_under_its_own_name_and_gain(speechlike, tmp_path):
    loud, quiet = Audio(speechlike.samples / speechlike.peak, 16000), speechlike.part(0, 0.5)
    paths = [tmp_path / folder / "take.wav" for folder in "ab"]
    for path, clip in zip(paths, (loud, quiet), strict=True):
        path.parent.mkdir()
        save(path, clip)
    made = sweep([*paths, quiet], vary={"fill": ["mean", 3.0]}, policy=STEADY, vocoder=FAST, rng=0)
    assert list(made.by_clip) == ["a/take", "b/take", "clip"]
    assert [row["clip"] for row in made.rows] == ["a/take"] * 2 + ["b/take"] * 2 + ["clip"] * 2
    gains = [{cell.audition.gain for cell in cells} for cells in made.by_clip.values()]
    assert [len(of_clip) for of_clip in gains] == [1, 1, 1]
    assert gains[0] != gains[2]
    alone = sweep(quiet, vary={"fill": ["mean", 3.0]}, policy=STEADY, vocoder=FAST, rng=0)
    assert [{**row, "clip": "clip"} for row in alone.rows] == made.rows[4:]
    assert str(made) == "Sweep of 3 clips over fill (2): 6 cells, 1 of each"


def test_clips_of_one_name_get_numbers(speechlike):
    made = sweep([speechlike, (speechlike.samples, 16000)], vary={"fill": ["mean"]}, policy=STEADY, vocoder=FAST)
    assert list(made.by_clip) == ["clip", "clip-2"]


def test_a_list_of_samples_and_a_rate_is_one_clip(speechlike):
    assert (
        len(sweep([speechlike.samples[0].tolist(), 16000], vary=["fill=mean"], policy=STEADY, vocoder=FAST).cells) == 1
    )


def test_a_name_is_for_one_clip(speechlike):
    with pytest.raises(ParameterError, match="name='x' is for one clip, and there are 2; leave it out"):
        sweep([speechlike, speechlike], vary={"fill": ["mean"]}, name="x")


def test_renderings_of_all_clips_count(speechlike):
    with pytest.raises(
        ParameterError, match="40 cells of 2 draws of 13 clips are 1040 renderings: allowed are at most"
    ):
        sweep([speechlike] * 13, vary={"time_mask.max_frames": range(40)}, draws=2)


def test_the_command_sweeps_files_and_folders(speechlike, tmp_path):
    for name in ("in/one.wav", "in/two.wav", "three.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        save(tmp_path / name, speechlike.part(0, 0.3))
    ran = run(
        *("sweep", tmp_path / "in", tmp_path / "three.wav", "--vary", "fill=mean,floor", "-o", tmp_path / "out"),
        *("--vocoder", "original-phase"),
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Sweep of 3 clips over fill (2): 6 cells, 1 of each: ")
    record = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert [clip["name"] for clip in [record["clip"], *record["more_clips"]]] == ["one", "two", "three"]
