"""The record of a sweep, and of its cells."""

from __future__ import annotations

import json

import pytest
from cheap_audition import FAST, STEADY

from specaug_listen import sweep
from specaug_listen.errors import PolicyError
from specaug_listen.sweeps.page import write_page
from specaug_listen.sweeps.records import read_sweep


def test_a_broken_index_is_refused_in_one_line(subtests, tmp_path):
    for content in (b"", b"[]", b"{}", b"\xff", b'{"format": "specaug-listen sweep 9"}'):
        with subtests.test(content=content):
            (tmp_path / "sweep.json").write_bytes(content)
            with pytest.raises(PolicyError, match=r"sweep\.json: [^\n]+$"):
                write_page(tmp_path)


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
    said = r"draw-1\.json: belongs to another cell than the index says \([^\n]* differs\)"
    with pytest.raises(PolicyError, match=said):
        write_page(folder, tmp_path / "other.html")
    for cell in index["cells"]:  # as an older version wrote them
        del cell["frontend"], cell["frontend_reason"]
    (folder / "sweep.json").write_text(json.dumps(index))
    with pytest.raises(PolicyError, match=said):
        write_page(folder, tmp_path / "other.html")


def test_a_cell_of_another_run_is_told(speechlike, tmp_path):
    clip = speechlike.part(0, 0.2)
    folder, other = (
        sweep(clip, vary={"T": [5]}, policy=policy, vocoder=FAST, rng=0).save(tmp_path / policy.name).parent
        for policy in (STEADY, STEADY.with_parameters(F=9))
    )
    index = json.loads((folder / "sweep.json").read_text())
    cell = index["cells"][0]["folder"]
    for name in ("draw-1.wav", "draw-1.mel.png"):
        (folder / cell / name).write_bytes((other / cell / name).read_bytes())
    record = json.loads((other / cell / "draw-1.json").read_text()) | {"gain": index["clip"]["gain"]}
    (folder / cell / "draw-1.json").write_text(json.dumps(record))
    (folder / ".specaug-listen.jsonl").unlink()
    with pytest.raises(PolicyError, match=r"draw-1\.json: belongs to another cell than [a-z ]+\(policy differs"):
        write_page(folder, tmp_path / "page.html")


def test_an_index_of_an_earlier_version_is_read(made, tmp_path):
    folder = made.save(tmp_path / "out").parent
    index = json.loads((folder / "sweep.json").read_text())
    del index["more_clips"]
    for cell in index["cells"]:  # folders had other names, too
        del cell["clip"]
        name = ", ".join(f"{axis['key']}={value}" for axis, value in zip(index["axes"], cell["values"], strict=True))
        cell["folder"] = (folder / cell["folder"]).rename(folder / name).name
    (folder / "sweep.json").write_text(json.dumps(index))
    assert read_sweep(folder).cells_of(0)[0].folder == "time_mask.max_frames=5, frequency_mask.max_bins=4, fill=mean"
    assert write_page(folder, tmp_path / "page.html").path.is_file()
