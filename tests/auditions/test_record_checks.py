"""Records whose scores contradict their steps are refused, and those that differ by rounding are read."""

from __future__ import annotations

import json

import pytest

from specaug_listen import Policy, audition, replay
from specaug_listen.auditions import read_record
from specaug_listen.auditions.step_scores import scores_of_steps
from specaug_listen.augment import Draw, FrequencyMask, TimeMask, TimeWarp
from specaug_listen.errors import PolicyError
from specaug_listen.frontends import WHISPER
from specaug_listen.vocoders import GriffinLim

POLICY = Policy([TimeWarp(10), FrequencyMask(max_bins=20), TimeMask(max_frames=30)], "all three")


@pytest.fixture(scope="module")
def written(tmp_path_factory, speechlike):
    heard = audition(speechlike, policy=POLICY, vocoder=GriffinLim(n_iter=1), rng=5)
    return (heard.save(tmp_path_factory.mktemp("out")) / "draw-1.json").read_text()


def steps_of(data, kind):
    return [step for step in data["draw"]["steps"] if step["kind"] == kind]


CONTRADICTIONS = {
    "no steps": (lambda d: d["draw"].update(steps=[]), r"scores\.masked_time_ratio=0\.\d+: .*\(draw\.steps\), 0\.0000"),
    "not applied": (lambda d: d["draw"].update(applied=False), r"draw\.applied=False beside 3 steps: allowed is true"),
    "time": (lambda d: d["scores"].update(masked_time_ratio=0.0), r"scores\.masked_time_ratio=0\.0: allowed is what"),
    "frequency": (lambda d: d["scores"].update(masked_frequency_ratio=0.9), r"scores\.masked_frequency_ratio=0\.9: "),
    "area": (lambda d: d["scores"].update(masked_area_ratio=0.01), r"scores\.masked_area_ratio=0\.01: allowed is"),
    "gap": (lambda d: d["scores"].update(longest_gap_ms=3.0), r"scores\.longest_gap_ms=3\.0: allowed is"),
    "no share": (
        lambda d: d["scores"].update(masked_area_ratio=None),
        r"scores\.masked_area_ratio=None: allowed is",
    ),
    "no scores": (
        lambda d: d.update(scores={}),
        r"scores\.masked_time_ratio=None: allowed is",
    ),
    "warp": (lambda d: d["scores"].update(warp_displacement_ms=-1.0), r"scores\.warp_displacement_ms=-1\.0: allowed"),
    "no warp": (lambda d: d["draw"]["steps"].pop(0), r"scores\.warp_displacement_ms=-?[\d.]+: allowed .*, null"),
    "loudest fill": (lambda d: d["scores"].update(loudest_fill_vs_p95_db=12.0), r"scores\.loudest_fill_vs_p95_db=12"),
    "levels of fills": (
        lambda d: steps_of(d, "time_mask")[0]["fill_level"].update(vs_p95_db=40.0),
        r"scores\.loudest_fill_vs_p95_db=-[\d.]+: allowed is .*, 40\.0000",
    ),
    "a wider mask": (lambda d: steps_of(d, "frequency_mask")[0].update(start_bin=0, n_bins=60), r"scores\.masked_freq"),
    "empty bins": (
        lambda d: d["scores"].update(masked_area_empty_ratio=0.95),
        r"scores\.masked_area_empty_ratio=0\.95: allowed is a part of scores\.masked_area_ratio, 0\.\d+",
    ),
}


def test_a_record_that_its_own_steps_contradict_is_refused_before_anything_is_read_or_rendered(
    subtests, tmp_path, written
):
    for name, (change, match) in CONTRADICTIONS.items():
        with subtests.test(name=name):
            data = json.loads(written)
            change(data)
            path = tmp_path / "draw-1.json"
            path.write_text(json.dumps(data))
            for call in (read_record, replay):  # the clip was made in memory, of which replay would complain first
                with pytest.raises(PolicyError, match=rf"draw-1\.json: {match}.*; the file is not as it was written"):
                    call(path)


def test_a_record_of_rounded_scores_is_read(tmp_path, written):
    data = json.loads(written)
    data["scores"] = {key: None if value is None else round(value, 3) for key, value in data["scores"].items()}
    (tmp_path / "draw-1.json").write_text(json.dumps(data))
    assert read_record(tmp_path / "draw-1.json").scores == data["scores"]


def test_where_a_warp_moves_the_ends_of_masks_a_frame_more_or_less_is_rounding(tmp_path, written):
    data = json.loads(written)
    data["draw"]["steps"].reverse()
    draw = Draw.from_json(json.dumps(data["draw"]))
    data["scores"] |= scores_of_steps(draw, WHISPER)
    data["scores"]["masked_time_ratio"] += 1 / draw.n_frames
    (tmp_path / "draw-1.json").write_text(json.dumps(data))
    assert read_record(tmp_path / "draw-1.json")
    data["scores"]["masked_time_ratio"] += 9 / draw.n_frames
    (tmp_path / "draw-1.json").write_text(json.dumps(data))
    with pytest.raises(PolicyError, match=r"scores\.masked_time_ratio"):
        read_record(tmp_path / "draw-1.json")


def test_a_draw_of_another_number_than_its_file_is_refused_and_any_other_name_is_fine(tmp_path, written):
    (tmp_path / "draw-2.json").write_text(written)
    for call in (read_record, replay):
        with pytest.raises(PolicyError, match=r"draw-2\.json: number=1: allowed is that of its file's name, draw-2"):
            call(tmp_path / "draw-2.json")
    (tmp_path / "kept.json").write_text(written)
    assert read_record(tmp_path / "kept.json").number == 1
