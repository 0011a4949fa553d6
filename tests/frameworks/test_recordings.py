"""The recordings of the real libraries say what they claim to say."""

from __future__ import annotations

import functools
import json
import pathlib

import numpy as np
import pytest

HERE = pathlib.Path(__file__).parent.parent / "reference"
DIALECTS = {"torchaudio", "espnet", "nemo", "speechbrain", "lhotse", "wenet", "hf", "fairseq", "lingvo"}
MEBIBYTE = 2**20


@functools.cache
def told():
    return json.loads((HERE / "dialects.json").read_text(encoding="utf-8"))


@functools.cache
def arrays():
    with np.load(HERE / "dialects.npz") as held:
        return dict(held)


def counted(dialect, transform, axis, **wanted):
    """The one entry of the statistics with these parameters (or shape)."""
    found = [
        entry
        for entry in told()["statistics"]
        if (entry["dialect"], entry["transform"], entry["axis"]) == (dialect, transform, axis)
        and all(entry["parameters"].get(name, entry.get(name)) == value for name, value in wanted.items())
    ]
    assert len(found) == 1, [entry["parameters"] for entry in found]
    return found[0]


def values(histogram):
    """Values and how often each was seen."""
    counts = np.array(histogram["counts"])
    return histogram["first"] + histogram["step"] * np.arange(len(counts)), counts


def is_flat(counts):
    """Whether counts could be those of equally likely values: chi-square below its mean and five deviations."""
    expected = counts.sum() / len(counts)
    chi2 = ((counts - expected) ** 2 / expected).sum()
    free = len(counts) - 1
    return chi2 < free + 5 * np.sqrt(2 * free)


def masked(entry, shape):
    """Which cells the steps of a fill cover, in the order drawn; a copy onto itself takes a mask away."""
    batch = shape[0]
    cells = np.zeros(shape, bool)
    for step in entry["steps"]:
        items = range(batch) if step["item"] is None else [step["item"]]
        start, width = step.get("start"), step.get("width")
        for item in items:
            if step["axis"] == "time":
                cells[item, :, max(start, 0) : max(start + width, 0)] = step.get("source") != start
            elif step["axis"] == "frequency":
                cells[item, max(start, 0) : max(start + width, 0)] = True
            elif step["axis"] == "rectangle":
                cells[item, start[0] : start[0] + width[0], start[1] : start[1] + width[1]] = True
    return cells


def both(entry):
    """Input and output of a fill, as batches."""
    held = arrays()
    before, after = held[entry["input"]], held[entry["key"]]
    return (before, after) if before.ndim == 3 else (before[None], after[None])


def warped(entry):
    return any(step["axis"].endswith("warp") for step in entry["steps"])


def fills(dialect):
    return [entry for entry in told()["fills"] if entry["dialect"] == dialect]


def test_the_files_are_small_enough_to_live_with_the_code():
    assert (HERE / "dialects.json").stat().st_size < MEBIBYTE
    assert (HERE / "dialects.npz").stat().st_size < MEBIBYTE


def test_every_dialect_is_counted_and_filled():
    assert {entry["dialect"] for entry in told()["statistics"]} == DIALECTS
    assert {entry["dialect"] for entry in told()["fills"]} == DIALECTS
    assert {entry["dialect"] for entry in told()["replays"]} == DIALECTS - {"lingvo"}
    assert {entry["dialect"] for entry in told()["warps"]} == {"espnet", "speechbrain", "lhotse", "fairseq", "lingvo"}


def test_every_array_is_told_of_and_every_entry_has_its_arrays():
    entries = told()["fills"] + told()["warps"]
    assert {e["key"] for e in entries} | {e["input"] for e in entries} == set(arrays())
    assert len({e["key"] for e in entries}) == len(entries)


def test_the_versions_name_each_library():
    assert {"torchaudio", "espnet", "nemo_toolkit", "speechbrain", "lhotse", "transformers", "tensorflow_cpu"} <= set(
        told()["versions"]
    )


@pytest.mark.parametrize("axis", ["time", "frequency"])
def test_each_transform_was_counted_over_twenty_thousand_masks(axis):
    most = {}
    for entry in told()["statistics"]:
        if entry["axis"] == axis and entry.get("length") is None:
            key = entry["dialect"], entry["transform"]
            most[key] = max(most.get(key, 0), entry["n_masks"])
    assert min(most.values()) >= 20_000, most


def test_histograms_hold_as_many_masks_as_are_told():
    for entry in told()["statistics"]:
        for name in {"widths", "starts", "widths_inside"} & set(entry):
            assert sum(entry[name]["counts"]) == entry["n_masks"], entry
        if "drawn" in entry:
            drawn, items = values(entry["drawn"])
            assert items.sum() == entry["n_items"]
            assert (drawn * items).sum() == entry["n_masks"]


def test_a_fill_changes_the_cells_of_its_masks_and_no_other(subtests):
    for dialect in sorted(DIALECTS):
        with subtests.test(dialect=dialect):
            still = [entry for entry in fills(dialect) if not warped(entry)]
            for entry in still:
                before, after = both(entry)
                cells = masked(entry, before.shape)[:, :, : after.shape[2]]
                same = before[:, :, : after.shape[2]] == after
                assert same[~cells].all(), entry["key"]
                # A frame of the padding may become another one of it.
                if not {"cutcat, single", "padded, swap"} & {*entry["key"].split("/")}:
                    assert not same[cells].any(), entry["key"]
            assert still or dialect == "lingvo"


def test_zero_fills_are_zero_where_the_masks_are_even_after_a_warp():
    for entry in told()["fills"]:
        if "zero" in entry["key"]:
            before, after = both(entry)
            assert (after[masked(entry, before.shape)] == 0).all(), entry["key"]


def test_lhotse_fills_with_the_mean_of_the_row_with_its_padding():
    entries = [e for e in fills("lhotse") if not warped(e)]
    assert any(e["lengths"] for e in entries)
    for entry in entries:
        before, after = both(entry)
        cells = masked(entry, before.shape)
        for row, filled, covered in zip(before, after, cells, strict=True):
            assert filled[covered] == pytest.approx(row.mean(dtype=np.float64), rel=1e-6)


def test_espnet_takes_the_mean_anew_after_the_frequency_masks():
    for entry in fills("espnet"):
        if "mean after the frequency masks" not in entry["key"]:
            continue
        before, after = both(entry)
        bands = masked({"steps": [s for s in entry["steps"] if s["axis"] == "frequency"]}, before.shape)
        frames = masked({"steps": [s for s in entry["steps"] if s["axis"] == "time"]}, before.shape)
        first = before.mean(dtype=np.float64)
        second = np.where(bands, first, before).mean()
        assert after[bands & ~frames] == pytest.approx(first, rel=1e-6)
        assert after[frames] == pytest.approx(second, rel=1e-6)
        assert abs(first - second) > 1e-4


def test_speechbrain_copies_from_the_neighbour_or_from_shifted_frames_or_draws_between_the_extremes():
    seen = set()
    for entry in fills("speechbrain"):
        replace = entry["parameters"].get("replace")
        replace = entry["steps"][0]["replace"] if replace == "random_selection" else replace
        if entry["transform"] != "SpectrogramDrop":
            continue
        before, after = both(entry)
        cells = masked(entry, before.shape)
        seen.add(replace)
        if replace == "cutcat":
            assert np.array_equal(after[cells], np.roll(before, 1, axis=0)[cells])
        if replace == "swap":
            assert np.array_equal(after[cells], np.roll(before, entry["steps"][0]["shift"], axis=2)[cells])
        if replace == "rand":
            assert before.min() <= after[cells].min() < after[cells].max() <= before.max()
        if replace == "mean":
            assert after[cells] == pytest.approx(before.mean(dtype=np.float64), rel=1e-6)
    assert seen == {"zeros", "mean", "rand", "cutcat", "swap"}


def test_wenet_substitutes_earlier_frames_of_the_untouched_input():
    entries = [e for e in fills("wenet") if e["transform"] == "spec_sub"]
    assert entries
    for entry in entries:
        (before,), (after,) = both(entry)
        expected = before.copy()
        for step in entry["steps"]:
            n = min(step["width"], before.shape[1] - step["start"])
            expected[:, step["start"] : step["start"] + n] = before[:, step["source"] : step["source"] + n]
        assert np.array_equal(after, expected)


# -- what is known without running anything: bounds, and which values are equally likely --------------


def test_widths_of_frequency_masks_are_equally_likely_between_their_bounds(subtests):
    for dialect, transform, wanted, least, greatest in [
        ("torchaudio", "FrequencyMasking", {"freq_mask_param": 27, "batch": 1}, 0, 26),
        ("espnet", "SpecAug", {"num_freq_mask": 1, "batch": 1}, 0, 26),
        ("espnet", "SpecAug", {"num_freq_mask": 1, "batch": 32}, 0, 26),
        ("nemo", "SpecAugment (legacy)", {"preset": "nemo.conformer", "n_frames": 200, "batch": 1}, 0, 27),
        ("nemo", "SpecAugment (vectorised)", {"preset": "nemo.conformer", "n_frames": 200, "batch": 1}, 0, 26),
        ("nemo", "SpecAugmentNumba", {"preset": "nemo.conformer", "n_frames": 200, "batch": 1}, 0, 27),
        ("speechbrain", "SpectrogramDrop", {"drop_length_low": 10, "batch": 1}, 10, 19),
        ("lhotse", "SpecAugment", {"preset": "lhotse.default", "n_frames": 200}, 0, 26),
        ("wenet", "spec_aug", {"preset": "wenet.aishell_conformer", "n_frames": 200}, 1, 10),
        ("fairseq", "SpecAugmentTransform", {"preset": "fairseq.lb", "n_frames": 200}, 0, 26),
        ("lingvo", "SpectrumAugmenter", {"preset": "paper LD", "n_frames": 200}, 0, 26),
    ]:
        with subtests.test(dialect=dialect, transform=transform, wanted=wanted, least=least, greatest=greatest):
            entry = counted(dialect, transform, "frequency", **wanted)
            seen, counts = values(entry["widths"])
            assert (seen[0], seen[-1]) == (least, greatest)
            assert is_flat(counts)


def test_starts_of_speechbrain_are_equally_likely_over_the_whole_axis():
    entry = counted("speechbrain", "SpectrogramDrop", "frequency", drop_length_low=10, batch=1)
    seen, counts = values(entry["starts"])
    assert (seen[0], seen[-1]) == (0, 79)
    assert is_flat(counts)


def test_the_last_bin_is_never_masked_where_starts_stop_short_of_it(subtests):
    for dialect, transform, wanted in [
        ("torchaudio", "FrequencyMasking", {"freq_mask_param": 27, "batch": 1}),
        ("espnet", "SpecAug", {"num_freq_mask": 1, "batch": 1}),
        ("nemo", "SpecAugment (vectorised)", {"preset": "nemo.conformer", "n_frames": 200}),
        ("lhotse", "SpecAugment", {"preset": "lhotse.default", "n_frames": 200}),
        ("fairseq", "SpecAugmentTransform", {"preset": "fairseq.ld", "n_frames": 200}),
        ("speechbrain", "SpecAugment (legacy)", {"n_frames": 200}),
    ]:
        with subtests.test(dialect=dialect, transform=transform, wanted=wanted):
            coverage = counted(dialect, transform, "frequency", **wanted)["coverage"]
            assert coverage["last"] == 0 < coverage["last_but_one"] < coverage["middle"]


@pytest.mark.parametrize(
    ("dialect", "transform", "wanted"),
    [
        ("lingvo", "SpectrumAugmenter", {"preset": "paper LD", "n_frames": 200}),
        ("speechbrain", "SpectrogramDrop", {"drop_length_low": 10, "batch": 1}),
        ("wenet", "spec_aug", {"preset": "wenet.aishell_conformer", "n_frames": 200}),
    ],
)
def test_the_last_bin_is_masked_elsewhere(dialect, transform, wanted):
    assert counted(dialect, transform, "frequency", **wanted)["coverage"]["last"] > 0


def test_lhotse_shares_one_budget_among_its_time_masks(subtests):
    for n_frames, count, widest in [(40, 1, 6), (200, 1, 30), (500, 1, 75), (1500, 3, 75), (3000, 5, 90)]:
        with subtests.test(n_frames=n_frames, count=count, widest=widest):
            entry = counted("lhotse", "SpecAugment", "time", preset="lhotse.default", n_frames=n_frames, batch=1)
            drawn, _ = values(entry["drawn"])
            assert drawn[-1] == count
            assert entry["widths"]["greatest"] == widest - 1
            assert entry["drawn"]["counts"][0] / entry["n_items"] == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("dialect", "transform", "wanted", "least", "greatest"),
    [
        ("espnet", "SpecAug", {"time_warp_window": 5, "n_frames": 200, "batch": 1}, -4, 5),
        ("speechbrain", "Warping", {"warp_window": 5, "n_frames": 200}, -4, 5),
        ("lhotse", "SpecAugment", {"time_warp_factor": 5}, -5, 5),
        ("fairseq", "SpecAugmentTransform", {"time_warp_W": 5}, -4, 4),
    ],
)
def test_displacements_of_a_warp_are_equally_likely_between_their_bounds(dialect, transform, wanted, least, greatest):
    seen, counts = values(counted(dialect, transform, "time-warp", **wanted)["displacements"])
    assert (seen[0], seen[-1]) == (least, greatest)
    assert is_flat(counts)


@pytest.mark.parametrize(
    ("dialect", "transform", "window", "longest"),
    [
        ("espnet", "SpecAug", {"time_warp_window": 80}, 160),
        ("lhotse", "SpecAugment", {"time_warp_factor": 80}, 161),
        ("fairseq", "SpecAugmentTransform", {"time_warp_W": 80}, 160),
    ],
)
def test_inputs_of_two_windows_are_not_warped(dialect, transform, window, longest):
    short = counted(dialect, transform, "time-warp", **window, n_frames=longest)
    assert (short["n_warps"], short["nothing"]) == (0, short["n_calls"])
    assert counted(dialect, transform, "time-warp", **window, n_frames=longest + 1)["n_warps"] > 0


def test_a_warp_of_no_displacement_returns_its_input():
    for entry in told()["warps"]:
        if entry["centre"] == entry["destination"]:
            assert arrays()[entry["key"]] == pytest.approx(arrays()[entry["input"]], abs=1e-5), entry["key"]


def test_what_raises_says_so():
    errors = {(e["dialect"], e["transform"]): e["error"] for e in told()["refusals"] if e["error"]}
    assert "'from' to be less than 'to'" in errors["speechbrain", "SpectrogramDrop"]
    assert any("division by zero" in (e["error"] or "") for e in told()["refusals"] if e["dialect"] == "lhotse")
