"""`inspect_change`: compare two mels, and find masks, a warp and a change of length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._arrays import runs
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from .change import Change, FoundBins, FoundRectangle, FoundSpan, FoundWarp, LengthChange
from .masks import Box, Explanation, describe_fill, explain, plain_values
from .warp_search import find_reading, find_warp, read_linear, read_warped, source_frames

__all__ = ["inspect_change"]

Real = npt.NDArray[np.float32]
Cells = npt.NDArray[np.bool_]
# Shares of the clip's standard deviation within which a cell counts as predicted.
_PREDICTED_TOLERANCE, _ESTIMATED_TOLERANCE = 1e-4, 0.25
_TOLERANCE = {"linear": 0.0, None: _ESTIMATED_TOLERANCE}
# Share of the cells that a warp must explain in addition to those explained without one.
_LEAST_GAIN, _LEAST_GAIN_OF_ANOTHER = 0.02, 0.1


def inspect_change(before: MelSpectrogram, after: MelSpectrogram) -> Change:
    """Find the masks with their fills, the time warp and the change of length between two mels.

    Parameters
    ----------
    before, after : MelSpectrogram
        Of one front-end.

    Returns
    -------
    Change
        Masks whose fill equals the original cells are invisible, and not in it.

    Raises
    ------
    ParameterError
        Unless both are mels of one front-end.

    Examples
    --------
    >>> from specaug_listen import Audio, augment, frontends
    >>> mel = frontends.WHISPER(Audio(np.random.default_rng(0).uniform(-0.1, 0.1, 32000), 16000))
    >>> change = inspect_change(mel, augment.Draw(80, 200, (augment.TimeSpan(50, 30, 0.0),)).apply(mel))
    >>> change.spans[0].start_frame, change.spans[0].n_frames, change.spans[0].fill.kind
    (50, 30, 'zero')
    """
    _check(before, after)
    aligned, length = _align(before, after)
    warped, warp, tolerance = _find_warp(aligned, after)
    limit = max(tolerance, _ESTIMATED_TOLERANCE if length == "stretched" else 0.0) * _standard_deviation(before)
    changed = np.abs(after.values - warped.values) > limit
    explanation = explain(changed, plain_values(after, warped, changed))
    of_bins, spans, rectangles = _masks(explanation, warped, after)
    if warp is not None and warp.reading == "another":
        # Differences between two kinds of interpolation are not masks.
        noise = [box for box, mask in zip(explanation.boxes, rectangles, strict=True) if mask.fill.kind == "noise"]
        rectangles = tuple(mask for mask in rectangles if mask.fill.kind != "noise")
        for box in noise:
            explanation.rest[box.cells] = changed[box.cells]
    return Change(
        after.n_mels,
        after.n_frames,
        before.n_frames,
        of_bins,
        spans,
        rectangles,
        warp,
        length,
        float((after.values != aligned.values).mean()),
        round(float(explanation.rest.mean()), 6),
    )


def _check(before: MelSpectrogram, after: MelSpectrogram) -> None:
    for name, mel in (("before", before), ("after", after)):
        if not isinstance(mel, MelSpectrogram):
            raise ParameterError(f"{name} is {type(mel).__name__}: expected a MelSpectrogram")
    if before.frontend != after.frontend:
        raise ParameterError(
            f"mels of front-ends {before.frontend.name!r} and {after.frontend.name!r}: expected two of one front-end"
        )


def _standard_deviation(mel: MelSpectrogram) -> float:
    return float(mel.cell_statistics.std) or 1.0


def _align(before: MelSpectrogram, after: MelSpectrogram) -> tuple[MelSpectrogram, LengthChange]:
    """Return the mel before at the length of the mel after, and how the length changed."""
    old, new = before.values, after.values
    n_old, n_new = before.n_frames, after.n_frames
    if n_old == n_new:
        return before, "none"
    missing = max(0, n_new - n_old)
    at_end = np.pad(old, ((0, 0), (0, missing)), mode="edge")[:, :n_new]
    at_start = np.pad(old, ((0, 0), (missing, 0)), mode="edge")[:, -n_new:]
    stretched = read_linear(old, source_frames(None, n_old, n_new))
    ways: list[tuple[LengthChange, Real]] = [
        ("cut at the end" if n_new < n_old else "longer at the end", at_end),
        ("cut at the start" if n_new < n_old else "longer at the start", at_start),
        ("stretched", stretched),
    ]
    cap = _standard_deviation(before)
    costs = [float(np.minimum(np.abs(values - new), cap).mean()) for _, values in ways]
    length, values = ways[int(np.argmin(costs))]
    return MelSpectrogram(values, before.frontend, statistics=before.statistics), length


def _find_warp(before: MelSpectrogram, after: MelSpectrogram) -> tuple[MelSpectrogram, FoundWarp | None, float]:
    """Find the warp; return the warped mel before, the warp, and the tolerance of a predicted cell.

    If no warp explains enough cells, the mel before is returned unchanged, with None and 0.
    """
    changed = after.values != before.values
    if not changed.any() or _is_plainly_masked(before, after, changed):
        return before, None, 0.0
    knee = find_warp(before, after)
    if knee is None:
        return before, None, 0.0
    knee, reading = find_reading(before, after, knee)
    predicted = read_warped(before.values, knee, reading or "linear")
    tolerance = _TOLERANCE.get(reading, _PREDICTED_TOLERANCE)
    limit = tolerance * _standard_deviation(before)
    without = np.abs(after.values - before.values) > limit
    remaining = np.abs(after.values - predicted) > limit
    gain = float((without & ~remaining).mean()) - float((remaining & ~without).mean())
    if knee.target == knee.source or gain < (_LEAST_GAIN if reading else _LEAST_GAIN_OF_ANOTHER):
        return before, None, 0.0
    warp = FoundWarp(knee.source, knee.target - knee.source, reading or "another")
    return MelSpectrogram(predicted, before.frontend, statistics=before.statistics), warp, tolerance


def _is_plainly_masked(before: MelSpectrogram, after: MelSpectrogram, changed: Cells) -> bool:
    """Whether masks with plain fills explain everything that changed, and leave some cells unchanged."""
    explanation = explain(changed, plain_values(after, before, changed))
    if explanation.rest.any():
        return False
    of_bins, spans, boxes = _masks(explanation, before, after)
    fills = [b.fill for b in of_bins] + [s.fill for s in spans] + [b.fill for b in boxes]
    return all(fill.kind != "noise" for fill in fills)


def _masks(
    explanation: Explanation, before: MelSpectrogram, after: MelSpectrogram
) -> tuple[tuple[FoundBins, ...], tuple[FoundSpan, ...], tuple[FoundRectangle, ...]]:
    n_mels, n_frames = after.n_mels, after.n_frames
    in_bin = np.broadcast_to(explanation.bins[:, None], (n_mels, n_frames))
    in_frame = np.broadcast_to(explanation.frames, (n_mels, n_frames))
    every = np.ones((n_mels, n_frames), dtype=bool)
    of_bins = [Box(start, n, 0, n_frames) for start, n in runs(explanation.bins)]
    spans = [Box(0, n_mels, start, n) for start, n in runs(explanation.frames)]
    return (
        tuple(FoundBins(b[0], b[1], describe_fill(b.cells, ~in_frame, before, after)) for b in of_bins),
        tuple(FoundSpan(s[2], s[3], describe_fill(s.cells, ~in_bin, before, after)) for s in spans),
        tuple(FoundRectangle(*b, describe_fill(b.cells, every, before, after)) for b in explanation.boxes),
    )
