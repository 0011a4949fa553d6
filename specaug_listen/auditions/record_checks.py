"""Validation of constraints between the values of a record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .._version import __version__
from ..augment import Draw, Rectangle, TimeSpan, WarpPath
from ..augment.steps import MAX_STEPS, least_and_most_in_padding
from ..errors import ParameterError, error_context
from ..metrics import SCORES
from .badges import draw_badges
from .step_scores import MASK_SCORES, SCORES_OF_STEPS, scores_of_steps

if TYPE_CHECKING:
    from .records import ClipEntry, ClipRecord, DrawRecord

__all__ = [
    "FRAMES_OF_ROUNDING",
    "MAX_FRAMES",
    "check_channel",
    "check_draw",
    "check_draws",
    "check_once",
    "check_scores",
    "check_size",
]

# Six days at 100 frames a second.
MAX_FRAMES = 50_000_000
_MAX_WARPS, _MAX_CELLS = 100, 1 << 27
# Resampling rounds to whole samples, and other versions may round differently.
FRAMES_OF_ROUNDING = 2
_SECONDS_OF_ROUNDING = 0.01
_MAX_SCORE = 1e12


def check_channel(clip: ClipRecord) -> None:
    """Raise a ParameterError unless the clip has the auditioned channel."""
    number = {"mean": 1, "left": 1, "right": 2}.get(str(clip.channel), clip.channel)
    if isinstance(number, int) and number > clip.n_channels:
        raise ParameterError(f"channel={clip.channel!r}: allowed is one of the n_channels={clip.n_channels}")


def check_size(entry: ClipEntry) -> None:
    """Raise a ParameterError unless the duration of a clip is that of its samples."""
    seconds = entry.audio.n_samples / entry.audio.sample_rate
    if abs(entry.duration_s - seconds) > _SECONDS_OF_ROUNDING:
        raise ParameterError(f"duration_s={entry.duration_s!r}: allowed is the length of its samples, {seconds:.4f}")


def check_once(what: str, names: Iterable[str]) -> None:
    """Raise a ParameterError if a name is repeated, ignoring case, since some file systems ignore it."""
    previous_names: set[str] = set()
    for name in names:
        if name.casefold() in previous_names:
            raise ParameterError(f"{what}={name!r:.80}: is repeated; allowed is each name once, ignoring case")
        previous_names.add(name.casefold())


def check_draws(where: str, names: Sequence[str], n_draws: int) -> None:
    """Raise a ParameterError unless ``names`` are the ``n_draws`` draws of the configuration.

    ``where`` is the path of the clip or cell in messages, e.g. ``clips[0]``.
    """
    if set(names) != {f"draw-{number}" for number in range(1, n_draws + 1)}:
        raise ParameterError(
            f"{where}.draws={list(names)!r:.80}: allowed are the draws that configuration.draws={n_draws} asks for, "
            f"draw-1 to draw-{n_draws}, each once"
        )


def check_draw(record: DrawRecord) -> None:
    """Raise a ParameterError unless a draw fits its policy, clip and front-end, and scores and badges fit its steps."""
    clip, draw, frontend = record.audio, record.draw, record.frontend
    if draw.n_mels != frontend.n_mels:
        raise ParameterError(f"draw.n_mels={draw.n_mels}: allowed is the front-end's n_mels={frontend.n_mels}")
    if draw.n_frames > MAX_FRAMES:
        raise ParameterError(f"draw.n_frames={draw.n_frames}: allowed are at most {MAX_FRAMES}")
    _check_steps(draw)
    if clip.mel is not None:
        if (clip.mel.n_mels, clip.mel.n_frames) != (draw.n_mels, draw.n_frames):
            raise ParameterError(
                f"draw.n_frames={draw.n_frames}: allowed is the size of its mel, {clip.mel.n_mels} bins x "
                f"{clip.mel.n_frames} frames"
            )
    else:
        n_samples = round(clip.n_samples * frontend.sample_rate / clip.sample_rate)
        expected = frontend.framing.n_frames(n_samples)
        if abs(draw.n_frames - expected) > FRAMES_OF_ROUNDING:
            raise ParameterError(
                f"draw.n_frames={draw.n_frames}: allowed is what its clip gives, {expected} of {n_samples} samples"
            )
    if draw.policy != record.policy.name:
        raise ParameterError(
            f"draw.policy={draw.policy!r:.80}: allowed is the name of its policy, {record.policy.name!r:.80}"
        )
    _check_change(record)
    check_scores(record.scores)
    _check_scores_of_steps(record)
    _check_badges(record)


def _check_steps(draw: Draw) -> None:
    """Raise a ParameterError for more steps than a policy draws, or more padding than fits in memory."""
    n_warps, n_steps = len(draw.warps), len(draw.steps)
    if n_steps > MAX_STEPS or n_warps > _MAX_WARPS:
        raise ParameterError(
            f"draw.steps: {n_steps} of them, {n_warps} time warps: allowed are {MAX_STEPS} and {_MAX_WARPS}"
        )
    n_padded = draw.n_frames + draw.padding.n_frames
    if draw.is_over_padding and n_padded * draw.n_mels > _MAX_CELLS:
        raise ParameterError(
            f"draw.batch.n_frames={n_padded}: allowed are {_MAX_CELLS // draw.n_mels} frames of {draw.n_mels} bins"
        )
    least, most = least_and_most_in_padding(draw.steps, draw.n_frames, draw.padding.n_frames)
    if not least <= draw.n_masks_in_padding <= most:
        allowed = f"{least}" if least == most else f"{least} to {most}"
        raise ParameterError(
            f"draw.n_masks_in_padding={draw.n_masks_in_padding}: allowed is what its steps and batch give (draw.steps, "
            f"draw.batch), {allowed}"
        )


def _check_badges(record: DrawRecord) -> None:
    """Raise a ParameterError unless badges are those of the draw; other versions may have worded them differently."""
    if record.versions.get("specaug-listen") != __version__:
        return
    notices = record.draw.notices
    if notices and tuple(notice.text for notice in notices) != record.draw.warnings:
        raise ParameterError("draw.notices: allowed are those that draw.warnings has in words, in their order")
    expected = draw_badges(record.effective_draw, record.waveform)
    if record.badges != expected:
        wrong = next((repr(badge)[:80] for badge in record.badges if badge not in expected), "repeated or out of order")
        missing = next((repr(badge)[:80] for badge in expected if badge not in record.badges), None)
        raise ParameterError(
            f"badges: {'none' if not record.badges else wrong}: allowed are those that its draw gives (draw), "
            + (f"{len(expected)} in all" if missing is None else f"such as {missing}")
        )


def _check_change(record: DrawRecord) -> None:
    change = record.change
    if change is None:
        return
    if change.n_mels != record.draw.n_mels or change.n_frames > MAX_FRAMES:
        raise ParameterError(
            f"found: a mel of {change.n_mels} bins x {change.n_frames} frames: allowed are the draw's "
            f"{record.draw.n_mels} bins, and at most {MAX_FRAMES} frames"
        )
    n_masks = len(change.bands) + len(change.spans) + len(change.rectangles)
    if n_masks > MAX_STEPS:
        raise ParameterError(f"found: {n_masks} masks: allowed are {MAX_STEPS}")
    with error_context("found"):
        change.as_draw()


def check_scores(scores: dict[str, float | None]) -> None:
    """Raise a ParameterError for scores out of any draw's range."""
    for key, value in scores.items():
        is_share = key in SCORES and SCORES[key].unit == "%"
        low, high = (0.0, 1.0) if is_share else (-_MAX_SCORE, _MAX_SCORE)
        if value is not None and not low <= value <= high:
            raise ParameterError(f"scores.{key:.80}={value!r}: allowed is null, or a number from {low:g} to {high:g}")


def _check_scores_of_steps(record: DrawRecord) -> None:
    """Raise a ParameterError unless ``applied`` and the scores follow from the steps."""
    if record.draw.steps and not record.draw.applied:
        raise ParameterError(
            f"draw.applied=False beside {len(record.draw.steps)} steps: allowed is true, or no steps (draw.steps)"
        )
    draw, scores = record.effective_draw, record.scores
    expected = scores_of_steps(draw, record.frontend)
    n_tolerated = _n_tolerated_frames(draw)
    for key in SCORES_OF_STEPS:
        value, computed = scores.get(key), expected.get(key)
        if value is None and (computed is None or key not in MASK_SCORES):
            continue
        tolerance = SCORES[key].tolerance + (n_tolerated / draw.n_frames if SCORES[key].unit == "%" else 0.0)
        is_unknown = n_tolerated > 0 and key == "longest_gap_ms"
        if value is None or computed is None or (abs(value - computed) > tolerance and not is_unknown):
            allowed = "null" if computed is None else f"{computed:.4f}"
            raise ParameterError(f"scores.{key}={value!r:.80}: allowed is what its steps give (draw.steps), {allowed}")
    for what in ("masked_frequency", "masked_area"):
        part, whole = scores.get(f"{what}_empty_ratio"), scores[f"{what}_ratio"] or 0.0
        if part is not None and part > whole + SCORES[f"{what}_ratio"].tolerance:
            raise ParameterError(
                f"scores.{what}_empty_ratio={part!r:.80}: allowed is a part of scores.{what}_ratio, {whole:.4f}"
            )


def _n_tolerated_frames(draw: Draw) -> int:
    """Return how many masked frames more or fewer another processor may give, as a warp rounds the ends of masks."""
    last = max((place for place, step in enumerate(draw.steps) if isinstance(step, WarpPath)), default=0)
    return 2 * sum(isinstance(step, (TimeSpan, Rectangle)) for step in draw.steps[:last])
