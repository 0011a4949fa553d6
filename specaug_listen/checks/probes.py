"""`Probe`: a mel whose cells identify their bin and frame, so an `Effect` can be read off the result.

Each bin has a level of its own, and rises over time along one of two curves. The value of a cell that was moved in time
gives its original frame; cells whose values do not agree with those of other bins were masked. No search is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .._arrays import runs
from ..inspection.masks import find_boxes
from .reordering import are_out_of_order, original_bins

__all__ = ["Effect", "Probe", "widest_run"]

Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
# Rise of a bin over the clip, as a share of the range.
_RISE = 0.3
# Curvature of the two curves: b of `Probe._origins`.
_BEND = 0.4
# Gap on both sides of the mean level, as a share of the range.
_GAP = 0.02
# One in this many bins of a frame must agree on its origin.
_BINS_PER_WITNESS = 16
# Smallest move [frames] of a warp.
_LEAST_MOVE_FRAMES = 0.75
# Most frames at a clip's end that a warp without lengths mixes with the padding.
_SEAM_FRAMES = 6
# Largest change of an unchanged cell, as a share of the range.
_UNCHANGED_SHARE = 1e-6
# Smallest standard deviation that counts as noise, and the largest below which masks can be read, as shares of the
# range.
_LEAST_NOISE_SHARE = 1e-5
_MAX_NOISE_SHARE = 0.004
# Noise moves a cell by at most this many standard deviations, but for 6e-5 of normal cells.
_NOISE_STANDARD_DEVIATIONS = 4.0
# A quarter of a normal distribution lies within 0.3186 standard deviations of its mean; estimating the standard
# deviation by that quarter is robust against masked cells.
_QUARTER = 0.25
_QUARTER_STANDARD_DEVIATIONS = 0.3186
# Largest uncertainty [frames] of origins; with more noise, nothing can be read.
_MAX_NOISE_FRAMES = 2.0
# Number of frames that are sampled to estimate gain and noise.
_SAMPLE_FRAMES = 100
# Smallest rectangle [cells], and the share of its cells that must be masked.
_LEAST_BOX_CELLS = 4
_LEAST_BOX_SHARE = 0.95
# If more than this share of the cells is unreadable, order is not judged.
_UNREAD_SHARE = 0.9


@dataclass(frozen=True)
class Effect:
    """What was done to a probe.

    Parameters
    ----------
    masked_bins : np.ndarray of bool [shape=(n_mels,)]
    masked_frames : np.ndarray of bool [shape=(n_frames,)]
        Without the padding.
    n_in_padding : int
        Masked frames of the padding (of a policy: masks).
    moved : float [frames]
        The largest displacement of a frame; positive if it moved later.
    is_changed : bool
    is_resampled : bool
        Whether cells outside of masks changed without being moved.
    is_everywhere : bool
        Whether nearly all cells changed, neither by masks nor by a move.
    boxes : tuple of (int, int, int, int)
        First bin, number of bins, first frame and number of frames of each masked rectangle.
    out_of_order : {"", "frames", "bins"}
        What was reordered.
    """

    masked_bins: Flags
    masked_frames: Flags
    n_in_padding: int = 0
    moved: float = 0.0
    is_changed: bool = True
    is_resampled: bool = False
    is_everywhere: bool = False
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    out_of_order: str = ""

    @property
    def masked_cells(self) -> Flags:
        """Which cells are masked, shape (n_mels, n_frames)."""
        cells: Flags = self.masked_bins[:, np.newaxis] | self.masked_frames[np.newaxis]
        for first_bin, n_bins, first_frame, n in self.boxes:
            cells[first_bin : first_bin + n_bins, first_frame : first_frame + n] = True
        return cells

    @property
    def area_share(self) -> float:
        """Share of the cells that are masked."""
        return float(self.masked_cells.mean())

    @property
    def time_share(self) -> float:
        """Share of the frames that are masked."""
        return float(self.masked_frames.mean())

    @property
    def is_all_masked(self) -> bool:
        """Whether every frame is masked."""
        return bool(self.masked_frames.all())


@dataclass(frozen=True)
class Probe:
    """A mel whose cells identify their bin and frame.

    Parameters
    ----------
    n_mels, n_frames : int
    low, high : float
        Range of the values.
    dtype : str
        Precision to which values are rounded.

    Examples
    --------
    >>> probe = Probe(80, 100, -1.0, 1.0)
    >>> after = probe.values.copy()
    >>> after[3:9] = 0.0
    >>> np.flatnonzero(probe.read(after).masked_bins)
    array([3, 4, 5, 6, 7, 8])
    """

    n_mels: int
    n_frames: int
    low: float
    high: float
    dtype: str = "float32"

    @property
    def _least(self) -> float:
        return _UNCHANGED_SHARE * (self.high - self.low)

    @property
    def _rise(self) -> float:
        return _RISE * (self.high - self.low)

    @cached_property
    def _levels(self) -> Real:
        # A gap around their mean, so that a fill with each frame's mean differs from all cells that it replaces.
        gap = _GAP * (self.high - self.low)
        levels = np.linspace(self.low, self.high - self._rise - 2 * gap, self.n_mels)
        levels[self.n_mels // 2 :] += 2 * gap
        # Neighbouring bins get distant levels, so the constant cells of a mask never look like one frame.
        return np.random.default_rng(2019).permutation(levels)[:, np.newaxis]

    @cached_property
    def values(self) -> npt.NDArray[np.float32]:
        """The cells, shape (n_mels, n_frames)."""
        u = np.linspace(0, 1, self.n_frames)[np.newaxis]
        bent = np.where(np.arange(self.n_mels)[:, np.newaxis] % 2, u - _BEND * u * (1 - u), u + _BEND * u * (1 - u))
        return (self._levels + self._rise * bent).astype(self.dtype).astype(np.float32)

    def read(self, after: npt.NDArray[np.floating]) -> Effect:
        """Determine what was done to the probe, from the result of shape (n_mels, n_frames), without its padding."""
        is_left = np.abs(after - self.values) <= self._least
        if is_left.all():
            return replace(self._nothing, is_changed=False)
        effect = self._read_changed(after)
        may_be_bins = effect.moved == 0 and is_left.mean() < 1 - _UNREAD_SHARE
        if may_be_bins and are_out_of_order(original_bins(self.values, after, self._least)):
            return replace(effect, out_of_order="bins")
        return effect

    def _read_changed(self, after: npt.NDArray[np.floating]) -> Effect:
        gain, noise = self.disturbance(after)
        after = after - gain if gain else after
        is_left = np.abs(after - self.values) <= max(self._least, _NOISE_STANDARD_DEVIATIONS * noise)
        if noise and noise <= _MAX_NOISE_SHARE * (self.high - self.low) and is_left.mean() > _QUARTER:
            return self._read_noisy(is_left)
        tolerance = max(self._tolerance, _NOISE_STANDARD_DEVIATIONS * noise * self.n_frames / self._rise)
        if noise and tolerance > _MAX_NOISE_FRAMES:
            return replace(self._nothing, is_everywhere=True)
        return self._read_exactly(after, is_left, tolerance)

    def disturbance(self, after: npt.NDArray[np.floating]) -> tuple[float, float]:
        """Estimate a gain that was added to all cells, and the standard deviation of noise on all of them; 0 for none.

        Masks and warps are not mistaken for these: a warp adds the same to all bins of one curve, but a different
        amount in each frame.
        """
        added = after - self.values.astype(np.float64)
        if (np.abs(added) <= self._least).mean() >= 0.02:
            return 0.0, 0.0
        # A sample of frames is enough, and sorting all cells of a long mel is slow.
        added = added[:, :: max(1, self.n_frames // _SAMPLE_FRAMES)]
        residuals = [added[first::2] - np.median(added[first::2], axis=0) for first in (0, 1) if self.n_mels > first]
        noise = float(np.quantile(np.abs(np.concatenate(residuals)), _QUARTER)) / _QUARTER_STANDARD_DEVIATIONS
        # If most cells are masked, residuals say nothing about noise.
        is_noise = noise > _LEAST_NOISE_SHARE * (self.high - self.low) and self.flat(after).mean() <= 0.5
        noise = noise if is_noise else 0.0
        gain, width = _densest(added)
        is_narrow = width <= 2 * max(self._least, _NOISE_STANDARD_DEVIATIONS * noise)
        return gain if is_narrow and abs(gain) > max(self._least, noise) else 0.0, noise

    @property
    def _nothing(self) -> Effect:
        """An effect without masks and moves."""
        return Effect(np.zeros(self.n_mels, bool), np.zeros(self.n_frames, bool))

    def _read_noisy(self, is_left: Flags) -> Effect:
        masked_bins = is_left.mean(axis=1) <= 0.25 * is_left.mean(axis=1).max()
        masked_frames = is_left[~masked_bins].mean(axis=0) <= 0.5
        if not masked_frames.all():
            masked_bins = is_left[:, ~masked_frames].mean(axis=1) <= 0.25
        return Effect(masked_bins, masked_frames)

    def _read_exactly(self, after: npt.NDArray[np.floating], is_left: Flags, tolerance: float) -> Effect:
        origins = self._origins(after)
        origins[is_left] = np.broadcast_to(np.arange(self.n_frames), after.shape)[is_left]
        agreed = self._agreed(origins, tolerance)
        masked_frames = np.isnan(agreed)
        unmasked_frames = ~masked_frames
        agree = np.abs(origins[:, unmasked_frames] - agreed[unmasked_frames]) <= tolerance
        masked_bins = agree.mean(axis=1) <= 0.25 if unmasked_frames.sum() > 1 else np.zeros(self.n_mels, bool)
        moved = _farthest(np.where(unmasked_frames, np.arange(self.n_frames) - agreed, 0.0), unmasked_frames)
        # Cells are neither unchanged, nor constant, nor moved: a filter or a normalisation.
        is_explained = (agree.size and agree.mean() >= 0.5) or self.flat(after).mean() > 0.5
        if is_left.mean() < 0.02 and moved == 0 and not is_explained:
            return replace(self._nothing, is_everywhere=True)
        unmasked = agree[~masked_bins]
        between = np.abs(origins - np.round(origins))[~masked_bins][:, unmasked_frames] > min(0.05, tolerance)
        read_between = unmasked & between & ~is_left[~masked_bins][:, unmasked_frames]
        is_resampled = bool(moved == 0 and unmasked.size and read_between.mean() > 0.05)
        rest = np.zeros(after.shape, bool)
        rest[:, unmasked_frames] = ~agree
        rest[masked_bins] = False
        # In noise, a few frames match by coincidence.
        is_read = unmasked_frames.mean() > 1 - _UNREAD_SHARE
        out_of_order = "frames" if is_read and are_out_of_order(agreed[unmasked_frames]) else ""
        is_any = rest.sum() >= _LEAST_BOX_CELLS
        boxes = tuple(find_boxes(rest, rest, _LEAST_BOX_CELLS, _LEAST_BOX_SHARE)) if is_any else ()
        return Effect(masked_bins, masked_frames, 0, moved, True, is_resampled, False, boxes, out_of_order)

    def masked_padding(
        self, after: npt.NDArray[np.floating], pad_value: float, gain: float = 0.0, noise: float = 0.0
    ) -> Flags:
        """Return which frames of the padding, shape (n_mels, n_padding), are masked.

        A frame is masked if it holds neither the old padding nor frames of the clip that a warp moved there, and is
        constant or in a run longer than the frames that a warp mixes at the seam. The padding may have the clip's
        `disturbance` (``gain``, ``noise``) as well.
        """
        masked: Flags = np.zeros(after.shape[1], bool)
        if not masked.size:
            return masked
        least = max(self._least, _NOISE_STANDARD_DEVIATIONS * noise)
        away = np.minimum(np.abs(after - pad_value), np.abs(after - gain - pad_value))
        is_changed = (away > least).mean(axis=0) > 0.95
        is_foreign = is_changed & np.isnan(self._agreed(self._origins(after - gain), self._tolerance))
        flat = np.ptp(after, axis=0) <= least
        # A warp that ignores lengths moves the clip's end, and mixes a few frames there with the padding.
        for start, n in runs(is_foreign):
            masked[start : start + n] = n > _SEAM_FRAMES or flat[start : start + n].all()
        return masked

    def is_carried_over(self, after: npt.NDArray[np.floating], pad_value: float) -> bool:
        """Return whether frames of the clip were moved into its padding, or padding into the clip's end."""
        clip, padding = np.split(after, [self.n_frames], axis=1)
        if not padding.size:
            return False
        agreed = self._agreed(self._origins(padding), self._tolerance)
        is_padding = (np.abs(clip - pad_value) <= self._least).mean(axis=0) > 0.95
        return bool((~np.isnan(agreed)).any() or is_padding[-1])

    def flat(self, after: npt.NDArray[np.floating]) -> Flags:
        """Return which cells equal a neighbour in time or frequency, shape (n_mels, n_frames)."""
        least = self._least
        alike: Flags = np.zeros(after.shape, bool)
        for axis in (0, 1):
            beside = np.abs(np.diff(after, axis=axis)) <= least
            for edge in ((1, 0), (0, 1)):
                pads = [(0, 0), (0, 0)]
                pads[axis] = edge
                alike |= np.pad(beside, pads)
        return alike

    @property
    def _tolerance(self) -> float:
        return min(0.6, self.n_frames / 160)

    def _origins(self, after: npt.NDArray[np.floating]) -> Real:
        """Return the frame of the probe in which each cell's bin has the cell's value.

        Cells with values that the probe does not have get numbers far outside the clip, each another one.
        """
        # Over the clip, 0 <= u <= 1, a bin rises by f = u + s b u (1 - u) of its range; s is 1 for even bins and -1 for
        # odd ones. That is s b u^2 - (1 + s b) u + f = 0, and so u = (b + s - s sqrt((b + s)^2 - 4 s b f)) / (2 b).
        # In place, because a check spends most of its time here.
        side = np.where(np.arange(self.n_mels) % 2, -1.0, 1.0)[:, np.newaxis]
        u: Real = after - self._levels
        u /= self._rise
        u *= 4 * _BEND * side
        np.subtract((_BEND + side) ** 2, u, out=u)
        with np.errstate(invalid="ignore"):
            np.sqrt(u, out=u)
        u *= side
        np.subtract(_BEND + side, u, out=u)
        u /= 2 * _BEND
        is_none = ~((u >= -0.02) & (u <= 1.02))
        u *= self.n_frames - 1
        u[is_none] = -1e9 * (1 + np.flatnonzero(is_none))
        return u

    def _agreed(self, origins: Real, tolerance: float) -> Real:
        """Return where each frame came from, if even and odd bins agree on it; else NaN."""
        even, odd = (_agreed_among(origins[first::2], tolerance) for first in (0, 1))
        return np.where(np.abs(even - odd) <= tolerance, (even + odd) / 2, np.nan)


def _agreed_among(origins: Real, tolerance: float) -> Real:
    """Return the origin that most bins of a frame name, for each frame; NaN if too few bins name about the same."""
    n = max(3, len(origins) // _BINS_PER_WITNESS)
    if len(origins) <= n:
        return np.full(origins.shape[1], np.nan)
    # Contiguous frames sort three times as fast.
    ordered = np.sort(np.ascontiguousarray(origins.T), axis=1)
    widths = ordered[:, n:] - ordered[:, :-n]
    best = widths.argmin(axis=1)
    frames = np.arange(len(ordered))
    middle = ordered[frames, best + n // 2]
    return np.where(widths[frames, best] <= 2 * tolerance, middle, np.nan)


def _densest(values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return the middle and the width of the narrowest range that holds a quarter of the values."""
    ordered = np.sort(values, axis=None)
    n = max(1, int(_QUARTER * ordered.size)) if ordered.size > 1 else 0
    widths = ordered[n:] - ordered[: ordered.size - n]
    start = int(widths.argmin())
    return float(ordered[start + n // 2]), float(widths[start])


def _farthest(moves: Real, unmasked_frames: Flags) -> float:
    """Return the largest move [frames] of a warp; 0 if frames were copied, which moves them all by the same amount."""
    steady = np.zeros(len(moves), bool)
    whole = np.abs(moves - np.round(moves)) < 0.01
    steady[1:] = whole[1:] & whole[:-1] & (np.abs(np.diff(moves)) < 0.01)
    steady[:-1] |= steady[1:]
    of_warp = unmasked_frames & (np.abs(moves) > 0.2) & ~steady
    if of_warp.sum() < max(1, 0.3 * unmasked_frames.sum()):
        return 0.0
    # A warp keeps the order of frames.
    origins = (np.arange(len(moves)) - moves)[unmasked_frames]
    if (np.diff(origins) < -0.5).sum() > 0.1 * len(origins):
        return 0.0
    farthest = float(moves[unmasked_frames][np.abs(moves[unmasked_frames]).argmax()])
    return farthest if abs(farthest) >= _LEAST_MOVE_FRAMES else 0.0


def widest_run(flags: Flags) -> int:
    """Return the length of the longest run of masked bins or frames; 0 if none is masked."""
    return max((n for _, n in runs(flags)), default=0)
