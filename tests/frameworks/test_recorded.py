"""Widths, starts, counts, coverage, fills and warps against what was recorded of the real libraries."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from streams import as_stream, in_parts
from unmeasured import unmeasured

from specaug_listen.augment import (
    Batch,
    Draw,
    FrameCopy,
    FrequencySpan,
    Mask,
    Rectangle,
    TailCut,
    TimeSpan,
    Warp,
    WarpPath,
)
from specaug_listen.augment.warp_maps import warp_taps
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import LHOTSE, MelSpectrogram

from .upstream import ARRAYS, RECORDED, policy_of

N_DRAWS = 300
# Of a batch of several lengths, only the longest example is ours, and what follows from the others' lengths is not.
STATISTICS = [
    entry
    for entry in RECORDED["statistics"]
    if entry.get("item", 0) in ("all", 0)
    and not (entry["lengths"] and (entry["transform"] == "MaskedPatchAugmentation" or entry["axis"] == "time-warp"))
]


def key_of(entry):
    """What a recording was made with, of which there is an entry for each axis."""
    keys = "dialect", "transform", "parameters", "n_mels", "n_frames", "batch", "lengths"
    return json.dumps({key: entry[key] for key in keys})


CHECKED = [entry for entry in STATISTICS if entry["axis"] != "trim"]
RECORDINGS = {key: [entry for entry in CHECKED if key_of(entry) == key] for key in map(key_of, CHECKED)}


def name_of(entries):
    entry = entries[0]
    preset = entry.get("preset") or ",".join(str(value) for value in entry["parameters"].values() if value)[:40]
    size = f"{entry['n_frames']}x{entry['batch']}{'padded' if entry['lengths'] else ''}"
    return f"{entry['dialect']}-{entry['transform']}-{preset}-{size}".replace(" ", "")


def draws_like(entry):
    """Steps of many draws of ours; one mel serves them all."""
    policy, n_frames = policy_of(entry), (entry["lengths"] or [entry["n_frames"]])[0]
    values = np.zeros((entry["n_mels"], n_frames), np.float32)
    mel = MelSpectrogram(values, dataclasses.replace(LHOTSE, n_mels=entry["n_mels"]))
    batch = Batch(entry["batch"], entry["n_frames"])
    with unmeasured():
        return [policy.draw(mel, rng=seed, batch=batch) for seed in range(N_DRAWS)]


def tolerance(n_calls, n_ours=N_DRAWS):
    """How far apart the distributions of two samples are in one case of 100,000 (Kolmogorov and Smirnov)."""
    return 2.47 * np.sqrt(1 / n_calls + 1 / n_ours)


def assert_alike(histogram, values, n_calls):
    counts = np.array(histogram["counts"], float)
    places = histogram["first"] + histogram["step"] * (np.arange(len(counts)) + 1) - 1
    wanted = np.cumsum(counts) / counts.sum()
    found = np.array([(np.asarray(values) <= place).mean() for place in places])
    assert np.abs(found - wanted).max() <= tolerance(n_calls)


def spans(draw, axis):
    """Start and width of a draw's masks along an axis."""
    found = []
    for step in draw.steps:
        if isinstance(step, FrequencySpan) and axis == "frequency":
            found.append((step.start_bin, step.n_bins))
        elif isinstance(step, TimeSpan) and axis == "time":
            found.append((step.start_frame, step.n_frames))
        elif isinstance(step, Rectangle):
            found.append((step.start_bin, step.n_bins) if axis == "frequency" else (step.start_frame, step.n_frames))
        elif not isinstance(step, FrequencySpan | TimeSpan | WarpPath | TailCut) and axis == "time":
            found.append((step.start_frame, step.n_frames))
    return found


@pytest.mark.parametrize("entries", RECORDINGS.values(), ids=name_of)
def test_draws_are_spread_as_theirs(subtests, entries):
    draws = draws_like(entries[0])
    for entry in entries:
        for check in CHECKS[entry["axis"]]:
            with subtests.test(axis=entry["axis"], check=check.__name__):
                check(entry, draws)


def widths_starts_and_counts(entry, draws):
    drawn = [spans(draw, entry["axis"]) for draw in draws]
    if entry["starts"]["least"] < 0:
        # Wider than the axis: theirs begin before it, ours are what lies inside. Coverage tells.
        assert entry["dialect"] in ("torchaudio", "nemo")
        return
    masks = [span for one in drawn for span in one]
    is_cut = "widths_inside" in entry
    assert_alike(entry["widths_inside" if is_cut else "widths"], [width for _, width in masks], entry["n_calls"])
    assert_alike(entry["starts"], [start for start, _ in masks], entry["n_calls"])
    assert_alike(entry["counts"], [sum(width > 0 for _, width in one) for one in drawn], entry["n_calls"])


def every_place(entry, draws):
    n_ours, n_theirs = N_DRAWS, entry["n_items"]
    size = entry["n_mels"] if entry["axis"] == "frequency" else (entry["lengths"] or [entry["n_frames"]])[0]
    covered = np.zeros(size)
    for draw in draws:
        here = np.zeros(size, bool)
        for start, width in spans(draw, entry["axis"]):
            here[start : start + width] = True
        covered += here
    padded = entry["n_mels"] if entry["axis"] == "frequency" else entry["n_frames"]
    at = np.array([*entry["coverage"]["at"], 0, 1, padded // 2, padded - 2, padded - 1])
    names = "first", "second", "middle", "last_but_one", "last"
    counts = np.array([*entry["coverage"]["profile"], *(entry["coverage"][name] for name in names)])
    at, counts = at[at < size], counts[at < size]
    theirs, mine = counts / n_theirs, covered[at] / n_ours
    pooled = (counts + covered[at]) / (n_theirs + n_ours)
    # Examples of a batch share draws: fewer are independent than there are. One place in 100,000 lies further out.
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-4) * (1 / entry["n_calls"] + 1 / n_ours))
    assert (np.abs(theirs - mine) <= 4.5 * error).all()


def masked_cells(entry, draws):
    if entry["transform"] == "spec_sub":  # copies mask nothing
        return
    of_padded = (entry["lengths"] or [entry["n_frames"]])[0] / entry["n_frames"]
    shares = [draw.masked_area_ratio * of_padded for draw in draws]
    error = np.hypot(entry["share"]["std"] / np.sqrt(entry["n_calls"]), np.std(shares) / np.sqrt(N_DRAWS))
    assert abs(np.mean(shares) - entry["share"]["mean"]) <= 4.5 * error + 1e-6


def warps(entry, draws):
    warps = [step for draw in draws for step in draw.warps]
    if entry["n_warps"] == 0:
        assert warps == []
        return
    moving = [step for step in warps if step.displacement_frames]
    still = 1 - len(moving) / N_DRAWS
    assert abs(still - entry["nothing"] / entry["n_calls"]) <= tolerance(entry["n_calls"])
    displacements = [step.displacement_frames for step in warps] + [0] * (N_DRAWS - len(warps))
    assert_alike(entry["displacements"], displacements, entry["n_calls"])
    assert_alike(entry["centres"], [step.center_frame for step in warps], entry["n_calls"])


CHECKS = {
    "time": (widths_starts_and_counts, every_place),
    "frequency": (widths_starts_and_counts, every_place),
    "area": (masked_cells,),
    "time-warp": (warps,),
}
KINDS = {"espnet": "bicubic", "lhotse": "bicubic", "speechbrain": "bicubic_corners", "fairseq": "linear_halves"}
# Of the largest value. OpenCV's weights and lingvo's matrix of hats are rounded to single precision on the way.
PRECISION = {"fairseq": 1e-5, "lingvo": 3e-4}


@pytest.mark.parametrize("entry", RECORDED["warps"], ids=lambda e: e["key"])
def test_a_warp_is_theirs_cell_by_cell(entry):
    n_frames = entry.get("length") or entry["n_frames"]
    values, wanted = (ARRAYS[entry[key]][:, :n_frames] for key in ("input", "key"))
    if entry["centre"] is None or entry["destination"] is None:
        np.testing.assert_array_equal(wanted, values)
        return
    moved = min(max(entry["destination"], 1), n_frames - 1)
    taps = warp_taps(KINDS.get(entry["dialect"], "hat"), entry["centre"], moved, n_frames)
    found = taps.read(lambda begin, end: values[:, begin:end], 0, n_frames)
    if n_frames < entry["n_frames"]:
        # Its last frames fade into the padding behind them, where there is some.
        n_inside = int((taps.weights.sum(axis=1) > 1 - 1e-6).sum())
        found, wanted = found[:, :n_inside], wanted[:, :n_inside]
    np.testing.assert_allclose(found, wanted, atol=PRECISION.get(entry["dialect"], 3e-6) * np.abs(values).max())


# Not ours: noise, frames of other clips, means over other examples, and a warp of frequency.
OURS = [
    entry
    for entry in RECORDED["fills"]
    if entry["batch"] == 1
    and not entry["lengths"]
    and entry["parameters"].get("replace") not in ("rand", "cutcat", "random_selection")
    and not (entry["transform"] == "Warping" and entry["parameters"].get("dim") == 2)
]


def steps_of(entry, over=None):
    """The recorded steps as steps of ours, with the fills of our policy; ``over`` are the frames of a padded batch."""
    policy, made = policy_of(entry), []
    masks = {t.axis: t for t in policy.transforms if isinstance(t, Mask)}
    for position, step in enumerate(entry["steps"]):
        axis, before = step["axis"], entry["steps"][position - 1]["axis"] if position else None
        if axis == "time-warp":
            kind = next(t.interpolation for t in policy.transforms if isinstance(t, Warp))
            made.append(WarpPath(step["centre"], step["destination"] - step["centre"], kind, over))
        elif axis == "trim":
            made.append(TailCut(step["width"]))
        elif axis == "rectangle":
            (first_bin, first), (n_bins, n) = step["start"], step["width"]
            made.append(Rectangle(first_bin, n_bins, first, n))
        elif "shift" in step or "source" in step:
            made.append(dataclasses.replace(copied(step, entry, axis != before), over_frames=over))
        else:
            mask, size = masks[axis], entry["n_mels"] if axis == "frequency" else entry["n_frames"]
            width = max(0, min(step["width"], size - step["start"]))
            kind = FrequencySpan if axis == "frequency" else TimeSpan
            made.append(kind(step["start"], width, mask.fill, over=mask.fill_over, is_first=axis != before))
    return made


def copied(step, entry, is_first):
    if "source" in step:
        return FrameCopy(
            step["start"], min(step["width"], entry["n_frames"] - step["start"]), step["source"], is_first=is_first
        )
    if step["axis"] == "frequency":
        n_bins = min(step["width"], entry["n_mels"] - step["start"])
        return FrameCopy(
            0, entry["n_frames"], -step["shift"] % entry["n_frames"], step["start"], n_bins, is_first=is_first
        )
    n = min(step["width"], entry["n_frames"] - step["start"])
    return FrameCopy(step["start"], n, (step["start"] - step["shift"]) % entry["n_frames"], is_first=is_first)


@pytest.mark.parametrize("entry", OURS, ids=lambda e: e["key"])
def test_what_is_filled_in_is_theirs_cell_by_cell(entry):
    values, wanted = ARRAYS[entry["input"]], ARRAYS[entry["key"]]
    mel = MelSpectrogram(values, dataclasses.replace(LHOTSE, n_mels=len(values)))
    drawn = Draw(*values.shape, tuple(steps_of(entry)))
    np.testing.assert_allclose(drawn.apply(mel).values, wanted, atol=1e-5 * np.abs(values).max())


PADDED = [
    entry
    for entry in RECORDED["fills"]
    if entry["dialect"] == "speechbrain" and entry["lengths"] and entry["batch"] == 1
]


@pytest.mark.parametrize("entry", PADDED, ids=lambda e: e["key"])
def test_what_comes_out_of_the_padding_is_theirs_cell_by_cell(entry):
    values, wanted = ARRAYS[entry["input"]], ARRAYS[entry["key"]]
    (n_frames,), (n_mels, padded) = entry["lengths"], values.shape
    mel = MelSpectrogram(values[:, :n_frames], dataclasses.replace(LHOTSE, n_mels=n_mels))
    batch = Batch(1, padded, float(values[0, -1]))
    drawn = Draw(n_mels, n_frames, tuple(steps_of(entry, padded)), batch=batch)
    assert drawn.is_over_padding
    after, stream = drawn.apply(mel), drawn.apply(as_stream(mel))
    assert after.n_frames == stream.n_frames == n_frames
    for found in (after.values, in_parts(stream, 7)):
        np.testing.assert_allclose(found, wanted[:, :n_frames], atol=1e-5 * np.abs(values).max())


# Rectangles that do not fit, and budgets of short clips, are said and left out instead.
REFUSED = [
    entry
    for entry in RECORDED["refusals"]
    if entry["dialect"] in ("nemo", "lhotse")
    and entry["n_errors"] == entry["n_calls"]
    and entry["transform"] != "SpecCutout"
    and entry["n_frames"] > 6
]


@pytest.mark.parametrize("entry", REFUSED, ids=lambda e: f"{e['dialect']}-{e['transform']}")
def test_what_raises_there_is_refused_here(entry):
    mel = MelSpectrogram(np.zeros((80, entry["n_frames"]), np.float32), LHOTSE)
    with pytest.raises(ParameterError, match=r"NeMo raises here|lhotse raises here"):
        policy_of(entry).draw(mel, rng=0)


def test_enough_was_refused():
    assert {entry["transform"] for entry in REFUSED} == {"SpecAugment (legacy)", "SpecAugmentNumba", "SpecAugment"}
    assert len(REFUSED) == 4
