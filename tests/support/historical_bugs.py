"""Bugs of augmentations that people reported, each rebuilt in a few lines of numpy, and as it should have been.

Of each: the report, the callable, its corrected version, the finding that names the bug, and how it is called. The
corrected version raises nothing. Mels are (bins, frames), batches (batch, bins, frames) with lengths in frames,
unless a callable says otherwise. All chance is numpy's global one, as in the code that the reports are about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from pipelines import moved

from specaug_listen.custom.adapter import Adapter

__all__ = ["BUGS", "Bug"]

IN_BATCHES = Adapter(axes="batch, bins, frames", container="numpy", lengths="frames")
FRAMES_FIRST = Adapter(axes="batch, frames, bins", container="numpy", lengths="frames")
ALONE = Adapter(axes="bins, frames", container="numpy")
R = np.random


class Bug(NamedTuple):
    """A report, and the code before and after it."""

    report: str
    broken: Callable[..., Any]
    fixed: Callable[..., Any]
    finding: str
    adapter: Adapter | None = ALONE
    more: dict[str, Any] = {}  # noqa: RUF012 - read only


def randint(low, high):
    """A random integer in [low, high]."""
    return int(R.randint(low, high + 1))


def span(n, widest):
    """Width and start of a mask as the paper means it, of at most a fifth of the places."""
    width = randint(0, min(widest, n // 5))
    return width, randint(0, n - width)


def masked(mel, *, frames=((0, 0),), bins=((0, 0),), fill=None):
    """A copy with masks of (width, start)."""
    after, fill = mel.copy(), mel.mean() if fill is None else fill
    for width, start in frames:
        after[:, start : start + width] = fill
    for width, start in bins:
        after[start : start + width] = fill
    return after


def time_masks(mel):
    """Two time masks, as they should be."""
    return masked(mel, frames=[span(mel.shape[1], 40) for _ in range(2)])


def of_each(mels, lengths, augment):
    """A batch of which each item is augmented within its own length."""
    after = mels.copy()
    for item, n in zip(after, lengths, strict=True):
        item[:, :n] = augment(item[:, :n])
    return after


# --- where masks fall ---


def starts_are_widths(mel):
    """The list of widths was used for the starts as well."""
    widths = [span(mel.shape[1], 40)[0] for _ in range(2)]
    return masked(mel, frames=[(width, width) for width in widths])


def rectangles(mel, *, turned):
    """Rectangles of up to 20 bins and 60 frames."""
    after, (n_mels, n_frames) = mel.copy(), mel.shape
    most_bins, most_frames = 20, min(60, n_frames // 5)
    for _ in range(2):
        first_bin, first_frame = randint(0, n_mels - most_bins), randint(0, n_frames - most_frames)
        sides = randint(0, most_bins), randint(0, most_frames)
        n_bins, n = sides[::-1] if turned else sides
        after[first_bin : first_bin + n_bins, first_frame : first_frame + n] = mel.mean()
    return after


def rectangles_turned(mel):
    return rectangles(mel, turned=True)


def rectangles_as_meant(mel):
    return rectangles(mel, turned=False)


def in_padding(mels, lengths):
    """Starts are drawn for the padded length."""
    after = mels.copy()
    for item, n in zip(after, lengths, strict=True):
        width = randint(0, n // 5)
        start = randint(0, mels.shape[2] - width)
        item[:, start : start + width] = item[:, :n].mean()
    return after


def within_lengths(mels, lengths):
    return of_each(mels, lengths, time_masks)


def sizes_exchanged(mel):
    """F and T taken for each other: up to 100 bins, up to 27 frames."""
    bins = []
    for _ in range(2):
        width = randint(0, min(100, len(mel)))
        bins.append((width, randint(0, len(mel) - width)))
    return masked(mel, bins=bins, frames=[span(mel.shape[1], 27) for _ in range(2)])


def sizes_as_meant(mel):
    return masked(mel, bins=[span(len(mel), 27) for _ in range(2)], frames=[span(mel.shape[1], 100)])


def cut_twice(mel):
    """The end of a mask is drawn between its start and its end, and a mask of width 0 ends the loop."""
    after, n = mel.copy(), mel.shape[1]
    for _ in range(2):
        width, start = span(n, 40)
        if width == 0:
            return after
        after[:, start : randint(start, start + width)] = mel.mean()
    return after


def only_first_frames(mel):
    """Frequency masks over as many frames as there are bins: len() in place of shape[1]."""
    after, (width, start) = mel.copy(), span(len(mel), 20)
    after[start : start + width, : len(mel)] = mel.mean()
    return after


def over_all_frames(mel):
    return masked(mel, bins=[span(len(mel), 20)])


# --- axes ---


def turned_for_whisper(mels, lengths):
    """A module for (batch, frames, bins) was given (batch, bins, frames): both kinds of masks change places."""
    after = mels.copy()
    for item in after:
        for axis, widest in ((0, 100), (1, 27)):
            n = item.shape[axis]
            width = randint(0, min(widest, n))
            start = randint(0, n - width)
            item[(slice(start, start + width), slice(None))[:: 1 if axis == 0 else -1]] = item.mean()
    return after


def not_turned(mels, lengths):
    return of_each(mels, lengths, sizes_as_meant)


class FrequencyMask:
    """A mask along axis 1 of (batch, frames, bins), where the frames are."""

    axis = 1

    def __call__(self, mels, lengths):
        after = mels.copy()
        for item in after:
            n = item.shape[self.axis - 1]
            width, start = span(n, 8)
            item[(slice(start, start + width), slice(None))[:: 1 if self.axis == 1 else -1]] = item.mean()
        return after


class FrequencyMaskOfLastAxis(FrequencyMask):
    """As it was meant."""

    axis = 2

    def __call__(self, mels, lengths):
        after = mels.copy()
        for item, n in zip(after, lengths, strict=True):
            width, start = span(item.shape[1], 8)
            item[:n, start : start + width] = item[:n].mean()
        return after


# --- errors ---


def only_batches(mels):
    """Masks axis 2, which one mel alone does not have."""
    if mels.ndim < 3:
        raise IndexError("Dimension out of range (expected to be in range of [-2, 1], but got 2)")
    return any_number_of_axes(mels)


def any_number_of_axes(mels):
    after = mels.copy()
    for item in after.reshape(-1, *mels.shape[-2:]):
        width, start = span(mels.shape[-1], 40)
        item[:, start : start + width] = item.mean()
    return after


def wide_or_nothing(mel):
    """Demands more bins than the widest mask has, where there are just as many."""
    most = 80
    assert most < len(mel)
    width = randint(20, most)
    return masked(mel, bins=[(width, randint(0, len(mel) - width))])


def as_wide_as_it_gets(mel):
    return masked(mel, bins=[span(len(mel), 80)])


def warp_of_long_clips(mel):
    """A center is drawn from [W, length - W), which short clips have not."""
    w = 40
    center = int(R.randint(w, mel.shape[1] - w))
    return moved(mel, center, int(R.choice([-1, 1])) * randint(1, w // 2))


def warp_of_any_clip(mel):
    n = mel.shape[1]
    if n < 8:
        return mel.copy()
    center = randint(n // 4, n - n // 4)
    return moved(mel, center, int(R.choice([-1, 1])) * randint(1, max(1, n // 10)))


def wider_than_the_clip(mel):
    """A start is drawn from [0, length - width), and the width may be more than the length."""
    width = randint(0, 30)
    return masked(mel, frames=[(width, int(R.randint(0, mel.shape[1] - width)))])


# --- batches ---


def one_mask_for_all(mels, lengths):
    """One mask for the whole batch, as wide as the shortest clip lets it be."""
    width, start = span(min(lengths), 10)
    after = mels.copy()
    for item, n in zip(after, lengths, strict=True):
        item[:, start : start + width] = item[:, :n].mean()
    return after


def warp_over_padding(mels, lengths):
    """The padded batch is warped as it is: clips are moved out of their own length."""
    return np.stack([warp_of_any_clip(item) for item in mels])


def warp_within_lengths(mels, lengths):
    return of_each(mels, lengths, warp_of_any_clip)


# --- warps, caps, fills ---


def shrinks_first_part(mel):
    """The displacement is drawn from [0, W)."""
    n = mel.shape[1]
    if n < 8:
        return mel.copy()
    return moved(mel, randint(n // 4, n - n // 4), -randint(1, max(1, n // 10)))


def warp_that_is_not_applied(mel, time_warp=80):
    """The warp's parameter is taken and never used."""
    return time_masks(mel)


def caps_of_each_mask(mel):
    """A cap that was meant for all masks together is applied to each of them."""
    n, frames = mel.shape[1], []
    for _ in range(3):
        width = randint(0, int(0.15 * n))
        frames.append((width, randint(0, n - width)))
    return masked(mel, frames=frames)


def cap_of_all_masks(mel):
    n, frames = mel.shape[1], []
    for _ in range(3):
        width = randint(0, int(0.15 * n / 3))
        frames.append((width, randint(0, n - width)))
    return masked(mel, frames=frames)


def zero_in_log_mel(mel):
    """Masks hold 0, taken for silence."""
    return masked(mel, frames=[span(mel.shape[1], 40)], fill=0.0)


BUGS = {
    bug.report: bug
    for bug in (
        Bug("NeMo#3298", starts_are_widths, time_masks, "masks-only-at-start"),
        Bug("NeMo#2201", rectangles_turned, rectangles_as_meant, "rectangles-turned"),
        Bug("NeMo#2398", in_padding, within_lengths, "masks-in-padding", IN_BATCHES),
        Bug("speechbrain#1116", in_padding, within_lengths, "masks-in-padding", IN_BATCHES),
        Bug("lhotse#461", sizes_exchanged, sizes_as_meant, "axes-swapped"),
        Bug("lhotse#271", warp_over_padding, warp_within_lengths, "warp-into-padding", IN_BATCHES),
        Bug("espnet#734", cut_twice, time_masks, "widths-cut-twice", ALONE, {"draws": 1000}),
        Bug("espnet#5198", turned_for_whisper, not_turned, "axes-swapped", IN_BATCHES),
        Bug("HM-Conformer#3", FrequencyMask(), FrequencyMaskOfLastAxis(), "axes-swapped", FRAMES_FIRST),
        Bug("audio#3623", only_batches, any_number_of_axes, "crash-2d", None),
        Bug("fairseq2#1208", wide_or_nothing, as_wide_as_it_gets, "crash-few-bins", None),
        Bug("nlpaug#258", only_first_frames, over_all_frames, "masks-only-at-start"),
        Bug("audio#1504", one_mask_for_all, within_lengths, "same-draw-in-batch", IN_BATCHES),
        Bug("fairseq#3141", shrinks_first_part, warp_of_any_clip, "warp-one-sided"),
        Bug("zcaceres/spec_augment#12", warp_of_long_clips, warp_of_any_clip, "crash-short-clip"),
        Bug("OpenSeq2Seq#451", wider_than_the_clip, time_masks, "crash-short-clip"),
        Bug("DemisEom/SpecAugment#22", warp_that_is_not_applied, warp_of_any_clip, "warp-ineffective"),
        Bug("DemisEom/SpecAugment#36", zero_in_log_mel, time_masks, "zero-fill-in-log", ALONE, {"frontend": "lhotse"}),
        Bug("icefall#256", caps_of_each_mask, cap_of_all_masks, "cap-exceeded", ALONE, {"max_time_share": 0.15}),
    )
}
