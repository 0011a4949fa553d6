"""With the framework's own generator, draws are the framework's, one by one: recorded from the real libraries."""

from __future__ import annotations

import dataclasses
import importlib.util
import warnings

import numpy as np
import pytest

from specaug_listen.augment import Batch, FrameCopy, FrequencySpan, Rectangle, TailCut, TimeSpan, WarpPath
from specaug_listen.augment.random_streams import framework_stream
from specaug_listen.frameworks import speechbrain_drop
from specaug_listen.frameworks.registry import FRAMEWORKS, exact_streams
from specaug_listen.frontends import LHOTSE, MelSpectrogram

from .upstream import RECORDED, policy_of

HAS_TORCH = importlib.util.find_spec("torch") is not None
# Frameworks that draw for one example after the other: of a second call, ours is drawn after the others of the first.
IN_TURN = {"lhotse", "hf", "wenet", "fairseq", "nemo-legacy"}
# What depends on the lengths of the other examples: ESPnet warps each of them before it masks the first one, and NeMo
# takes the number of patches from the shortest. The numba kernel cannot be replayed.
BY_LENGTHS = {"espnet"}
REPLAYS = [
    entry
    for entry in RECORDED["replays"]
    if entry["transform"] != "SpecAugmentNumba"
    and not (entry["lengths"] and (entry["dialect"] in BY_LENGTHS or entry["transform"] == "MaskedPatchAugmentation"))
]


def name_of(entry):
    transform = entry["transform"].replace(" ", "")
    return f"{entry['dialect']}-{transform}-{entry['n_frames']}-{entry['batch']}-{entry['seed']}"


def ours(step):
    if isinstance(step, FrequencySpan):
        return "frequency", step.start_bin, step.n_bins
    if isinstance(step, TimeSpan):
        return "time", step.start_frame, step.n_frames
    if isinstance(step, Rectangle):
        return "rectangle", step.start_bin, step.n_bins, step.start_frame, step.n_frames
    if isinstance(step, WarpPath):
        return "time-warp", step.center_frame, step.center_frame + step.displacement_frames
    if isinstance(step, TailCut):
        return "trim", step.n_frames
    assert isinstance(step, FrameCopy)
    return "copy", step.start_frame, step.n_frames, step.source_frame


def theirs(step, n_mels, n_frames):
    """As ours: what of it lies within the mel."""
    axis = step["axis"]
    if axis == "rectangle":
        (first_bin, first), (n_bins, n) = step["start"], step["width"]
        return axis, first_bin, n_bins, first, n
    if axis == "time-warp":
        return axis, step["centre"], step["destination"]
    if axis == "trim":
        return axis, step["width"]
    size = n_mels if axis == "frequency" else n_frames
    begin, end = (max(0, min(place, size)) for place in (step["start"], step["start"] + step["width"]))
    if "source" in step:
        return "copy", begin, end - begin, step["source"]
    return axis, begin, end - begin


def without_empty(steps):
    """Frameworks leave out what is empty, or do not."""
    return [step for step in steps if step[0] not in ("time", "frequency", "rectangle") or 0 not in step[2::2]]


@pytest.mark.parametrize("entry", REPLAYS, ids=name_of)
def test_draws_with_the_frameworks_generator_are_the_frameworks(entry):
    policy = policy_of(entry)
    if not HAS_TORCH and "torch" in FRAMEWORKS[policy.framework].generators.values():
        pytest.skip("torch is not installed")
    n_mels, n_frames = entry["n_mels"], entry["n_frames"]
    lengths = entry["lengths"] or [n_frames]
    values = np.random.default_rng(0).normal(-5, 2, (n_mels, lengths[0])).astype(np.float32)
    mel = MelSpectrogram(values, dataclasses.replace(LHOTSE, n_mels=n_mels))
    streams, batch = exact_streams(policy, entry["seed"]), Batch(entry["batch"], n_frames)
    # Noise takes numbers of the generator that we do not take.
    is_noisy = entry["parameters"].get("replace") == "rand"
    is_in_turn = policy.framework in IN_TURN or entry["transform"] in ("SpecCutout", "MaskedPatchAugmentation")
    for call in range(1 if is_noisy or (is_in_turn and entry["batch"] > 1) else entry["n_calls"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = policy.draw(mel, rng=0, streams=streams, batch=batch)
        recorded = [s for s in entry["steps"] if s["call"] == call and s["item"] in (0, None)]
        wanted = without_empty([theirs(step, n_mels, lengths[0]) for step in recorded])
        found = without_empty([ours(step) for step in drawn.steps])
        if "shift" in (recorded[0] if recorded else {}):
            assert {(step.start_frame - step.source_frame) % lengths[0] for step in drawn.steps} == {
                recorded[0]["shift"] % lengths[0]
            }
            continue
        assert found == wanted


@pytest.mark.parametrize("batch", [None, Batch(3, 150)])
def test_behind_speechbrains_noise_the_next_number_is_the_one_after_the_whole_batch(batch):
    """It draws noise for every cell of the padded batch, whatever is masked of it."""
    stream = framework_stream("numpy", 5)
    steps, said = speechbrain_drop(replace="rand").draw(80, 100, stream, batch)
    n_rows, n_frames = (1, 100) if batch is None else (3, 150)
    theirs = np.random.RandomState(5)
    n = theirs.randint(1, 4, (1,))[0]
    theirs.randint(5, 15, (n_rows, n))
    theirs.randint(0, n_frames, (n_rows, n))
    theirs.random_sample((n_rows, n_frames, 80))
    assert stream.uniform((1,))[0] == theirs.random_sample()
    assert len(steps) == n
    assert said[-1].text == "time masks lie where the framework's do, but the noise in them is our own"


def test_where_nothing_is_masked_speechbrain_draws_no_noise():
    stream, other = framework_stream("numpy", 5), framework_stream("numpy", 5)
    steps, said = speechbrain_drop(replace="rand", drop_count_low=0, drop_count_high=0).draw(80, 100, stream)
    other.integers(0, 1, (1,))
    assert (steps, said) == ([], [])
    assert stream.uniform((1,)) == other.uniform((1,))
