"""Files of a check: sounds before and after, and a picture, for each finding."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from checked import check_of_fault, quick_check
from commandline import contents
from pipelines import ADAPTER, FAULTS

from specaug_listen import load
from specaug_listen.augment import Policy, TrimTail
from specaug_listen.checks.export import _example
from specaug_listen.errors import ParameterError


def saved(fault, folder):
    assert check_of_fault(fault).save(folder) == folder
    return folder / FAULTS[fault][1]


def test_a_finding_is_heard_and_seen(tmp_path):
    folder = saved("zero", tmp_path / "out")
    assert sorted(contents(folder)) == ["after.wav", "before.wav", "picture.png"]
    before, after = load(folder / "before.wav"), load(folder / "after.wav")
    assert before.n_samples == after.n_samples == 32000
    assert not np.array_equal(before.samples, after.samples)
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")
    report = json.loads((tmp_path / "out" / "check.json").read_text())
    assert report["format"] == "specaug-listen check 1"
    assert [finding["id"] for finding in report["findings"]] == ["zero-fill-in-log"]


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    assert contents(saved("one-sided", tmp_path / "a")) == contents(saved("one-sided", tmp_path / "b"))


def test_a_finding_is_shown_on_the_clip_on_which_it_was_found():
    result = check_of_fault("loud-on-long")
    (finding,) = result.findings
    before, _, _ = _example(result._session, finding)
    assert finding.clip == f"21 s ({before.n_frames} frames)"


def test_a_crash_has_the_clip_alone(tmp_path):
    assert sorted(contents(saved("flat", tmp_path))) == ["before.wav", "picture.png"]


@pytest.mark.parametrize("fault", ["in-padding", "shorter", "not-finite", "doubled", "axes", "alone", "mono"])
def test_odd_outcomes_are_written_as_well(fault, tmp_path):
    files = contents(saved(fault, tmp_path))
    assert "picture.png" in files
    assert "before.wav" in files
    assert ("after.wav" in files) == (fault not in ("alone", "mono"))


def test_padding_is_heard(tmp_path):
    folder = saved("in-padding", tmp_path)
    assert load(folder / "before.wav").n_samples == load(folder / "after.wav").n_samples == 32000


def test_masks_in_the_padding_are_in_the_picture():
    result = check_of_fault("in-padding")
    (finding,) = result.findings
    _, after, draw = _example(result._session, finding)
    assert draw.n_frames == after.n_frames == 200
    in_padding = [span for span in draw.time_spans if span[0] >= 49]
    assert in_padding
    # What is outlined holds one value in every cell of it.
    for start, end in in_padding:
        assert np.ptp(after.values[:, round(start + 0.5) : round(end + 0.5)]) == 0
    assert {frames for _, frames in draw.rectangles} <= {(-0.5, 49.5)}


def test_masks_of_a_policy_in_the_padding_are_counted():
    result = quick_check("espnet-conformer", frontend="lhotse")
    (finding,) = [finding for finding in result.findings if finding.id == "masks-in-padding"]
    _, _, draw = _example(result._session, finding)
    assert draw.n_masks_in_padding > 0


def test_a_policy_that_cuts_is_heard_shorter(tmp_path):
    quick_check(Policy((TrimTail(30),), "trim")).save(tmp_path)
    folder = tmp_path / "length-changed"
    assert load(folder / "after.wav").n_samples < load(folder / "before.wav").n_samples


def test_a_check_that_is_killed_while_it_replaces_another_has_no_page_and_no_index(tmp_path, monkeypatch):
    def until_killed(source, target):
        replace(source, target)
        if os.path.basename(target) == "before.wav":
            raise KeyboardInterrupt

    result = quick_check(Policy((TrimTail(30),), "trim"))
    result.save(tmp_path)
    replace = os.replace
    monkeypatch.setattr(os, "replace", until_killed)
    with pytest.raises(KeyboardInterrupt):
        result.save(tmp_path, overwrite=True)
    assert not {"check.html", "check.json"} & set(os.listdir(tmp_path))


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    result = check_of_fault("zero")
    with pytest.raises(ParameterError, match="file/below: is below a file; choose a folder"):
        result.save(tmp_path / "file" / "below")


def test_the_page_tells_each_finding_and_its_files_lie_beside_it(tmp_path):
    result = quick_check(FAULTS["zero"][0](), adapter=ADAPTER, frontend="lhotse")
    result.save(tmp_path)
    page = (tmp_path / "check.html").read_text()
    for finding in result.findings:
        assert f'id="{finding.id}"' in page
        assert f'src="{finding.id}/before.wav"' in page
        assert (tmp_path / finding.id / "before.wav").is_file()
    assert "<script" not in page
