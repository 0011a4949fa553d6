"""A clean augmentation pipeline, and one for each fault that a check can find; each has that fault and no other."""

from __future__ import annotations

import numpy as np

from specaug_listen.custom.adapter import Adapter

__all__ = ["ADAPTER", "FAULTS", "MONO", "Reference", "Still", "noise"]

ADAPTER = Adapter(axes="batch, bins, frames", container="numpy", lengths="frames")
MONO = Adapter(axes="batch, channel, bins, frames", container="numpy", lengths="frames")


class Reference:
    """Length-aware, on a copy, under the global seed; both ends within reach, the mean of valid frames as fill."""

    n_bands, most_bins = 2, 27
    n_spans, most_share = 2, 0.2

    def __call__(self, mels, lengths):
        after = mels.copy()
        for item, n_frames in zip(after, lengths, strict=True):
            rng = self.rng()
            clip = self.warped(item[:, :n_frames], rng)
            item[:, :n_frames] = clip
            fill = self.fill(item, n_frames)
            for _ in range(self.n_bands):
                start, width = self.band(len(item), rng)
                item[start : start + width, :n_frames] = fill
            for _ in range(self.n_spans):
                start, width = self.span(n_frames, mels.shape[2], rng)
                item[:, start : start + width] = fill
        return after

    def rng(self):
        return np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002 - global chance, as in training code

    def warped(self, clip, rng):
        n = clip.shape[1]
        if n < 8:
            return clip
        center = int(rng.integers(n // 4, n - n // 4))
        return moved(clip, center, self.displacement(n, rng))

    def displacement(self, n, rng):
        return int(rng.choice([-1, 1]) * rng.integers(1, max(1, n // 10) + 1))

    def fill(self, item, n_frames):
        return item[:, :n_frames].mean()

    def band(self, n_mels, rng):
        width = int(rng.integers(0, min(self.most_bins, n_mels) + 1))
        return int(rng.integers(0, n_mels - width + 1)), width

    def span(self, n_frames, n_padded, rng):
        width = int(rng.integers(0, int(self.most_share * n_frames) + 1))
        return int(rng.integers(0, n_frames - width + 1)), width


def moved(clip, center, displacement):
    """A two-piece linear warp with fixed ends."""
    n = clip.shape[1]
    source = np.interp(np.arange(n), [0, center + displacement, n - 1], [0, center, n - 1])
    before = np.minimum(source.astype(int), n - 2)
    share = (source - before).astype(clip.dtype)
    return clip[:, before] * (1 - share) + clip[:, before + 1] * share


class Swapped(Reference):
    def __call__(self, mels, lengths):
        return super().__call__(mels.swapaxes(1, 2), [mels.shape[1]] * len(mels)).swapaxes(1, 2)


class SwappedWide(Reference):
    """By ESPnet's rules for its Whisper encoder of 2023: no warp, masks of up to 100 for time, of 27 for frequency."""

    def __call__(self, mels, lengths):
        after = mels.copy()
        for item in after:
            rng = self.rng()
            for axis, most in ((1, 28), (0, 101)):
                width = int(rng.integers(0, min(most, item.shape[axis] + 1)))
                start = int(rng.integers(0, item.shape[axis] - width + 1))
                item[(slice(None), slice(start, start + width))[:: 1 if axis else -1]] = item.mean()
        return after


class TimeMasking(Reference):
    """Masks bins, whatever its name says."""

    n_spans = 0

    def warped(self, clip, rng):
        return clip


class Idle(Reference):
    def __call__(self, mels, lengths):
        return mels.copy()


class InPlace(Reference):
    def __call__(self, mels, lengths):
        mels[...] = super().__call__(mels, lengths)
        return mels.copy()


class Fixed(Reference):
    def rng(self):
        return np.random.default_rng(7)


class FixedInBatch(Reference):
    def __call__(self, mels, lengths):
        self.seed = np.random.randint(2**31)  # noqa: NPY002
        return super().__call__(mels, lengths)

    def rng(self):
        return np.random.default_rng(self.seed)


class Unseeded(Reference):
    def rng(self):
        return np.random.default_rng()


class Loud(Reference):
    def fill(self, item, n_frames):
        return item[:, :n_frames].max()


class Zero(Reference):
    def fill(self, item, n_frames):
        return 0.0


class InPadding(Reference):
    def span(self, n_frames, n_padded, rng):
        _, width = super().span(n_frames, n_padded, rng)
        return int(rng.integers(0, n_padded - width + 1)), width


class PaddedMean(Reference):
    def fill(self, item, n_frames):
        return item.mean()


class NoLastBin(Reference):
    def band(self, n_mels, rng):
        width = int(rng.integers(0, self.most_bins + 1))
        return int(rng.integers(0, n_mels - width)), width


class NoFirstBin(Reference):
    def band(self, n_mels, rng):
        width = int(rng.integers(0, self.most_bins + 1))
        return int(rng.integers(1, n_mels - width + 1)), width


class NoLastFrame(Reference):
    def span(self, n_frames, n_padded, rng):
        width = int(rng.integers(0, int(self.most_share * n_frames) + 1))
        return int(rng.integers(0, max(1, n_frames - width))), width if width < n_frames else 0


class Wide(Reference):
    """One mask of up to 45 % where 40 % were promised."""

    n_spans, most_share = 1, 0.45


class Absolute(Reference):
    """Masks of up to 40 frames, however short the clip is."""

    def span(self, n_frames, n_padded, rng):
        width = min(int(rng.integers(0, 41)), n_frames)
        return int(rng.integers(0, n_frames - width + 1)), width


class OneSided(Reference):
    def displacement(self, n, rng):
        return abs(super().displacement(n, rng))


class Unmoved(Reference):
    """Reads between frames, and moves none by one."""

    def warped(self, clip, rng):
        share = clip.dtype.type(rng.uniform(0.1, 0.4))
        return np.concatenate([clip[:, :-1] * (1 - share) + clip[:, 1:] * share, clip[:, -1:]], axis=1)


class LongOnly(Reference):
    """No warp below 160 frames, as with W = 80."""

    def warped(self, clip, rng):
        return clip if clip.shape[1] < 160 else super().warped(clip, rng)


class LeavesLongClips(Reference):
    """Clips above 10 s come back as they are."""

    def __call__(self, mels, lengths):
        return mels.copy() if max(lengths) > 1000 else super().__call__(mels, lengths)


class FailsOnShort(Reference):
    def __call__(self, mels, lengths):
        if min(lengths) < 7:
            raise ValueError("low >= high")
        return super().__call__(mels, lengths)


class FailsOnLong(Reference):
    def __call__(self, mels, lengths):
        if max(lengths) > 2000:
            raise IndexError("index 2000 is out of bounds")
        return super().__call__(mels, lengths)


class FailsOnFlat(Reference):
    def __call__(self, mels, lengths):
        if np.ptp(mels) == 0:
            raise ZeroDivisionError("float division by zero")
        return super().__call__(mels, lengths)


class FailsAlone(Reference):
    def __call__(self, mels, lengths):
        if len(mels) == 1:
            raise ValueError("not enough values to unpack")
        return super().__call__(mels, lengths)


class FailsOnMono(Reference):
    def __call__(self, mels, lengths):
        if mels.shape[1] == 1:
            raise ValueError("axes don't match array")
        return np.stack([super(FailsOnMono, self).__call__(mel, lengths) for mel in mels.swapaxes(0, 1)], axis=1)


class FailsAtRandom(Reference):
    def __call__(self, mels, lengths):
        if np.random.random() < 0.25:  # noqa: NPY002
            raise RuntimeError("unlucky")
        return super().__call__(mels, lengths)


class NotFinite(Reference):
    def fill(self, item, n_frames):
        with np.errstate(invalid="ignore"):
            return item[:, :n_frames].mean() * (np.ptp(item) / np.ptp(item))


class Shorter(Reference):
    def __call__(self, mels, lengths):
        return super().__call__(mels, lengths)[:, :, :-1]


class Doubled(Reference):
    def __call__(self, mels, lengths):
        return super().__call__(mels, lengths).astype(np.float64)


class SharedBuffer(Reference):
    """Each result stands in the memory of the one before."""

    def __init__(self):
        self.buffers = {}

    def __call__(self, mels, lengths):
        buffer = self.buffers.setdefault(mels.shape, np.empty_like(mels))
        buffer[...] = super().__call__(mels, lengths)
        return buffer


class Cached(Reference):
    """Masks the first batch of a shape again and again, whatever is given."""

    def __init__(self):
        self.cache = {}

    def __call__(self, mels, lengths):
        return super().__call__(self.cache.setdefault(mels.shape, mels.copy()), lengths)


class LoudOnLong(Reference):
    def fill(self, item, n_frames):
        return item[:, :n_frames].max() if n_frames >= 1000 else super().fill(item, n_frames)


class FixedOnLong(Reference):
    seed = 7

    def __call__(self, mels, lengths):
        self.is_long = mels.shape[2] >= 1000
        return super().__call__(mels, lengths)

    def rng(self):
        return np.random.default_rng(self.seed) if self.is_long else super().rng()


class UnseededOnLong(FixedOnLong):
    seed = None


class Stops(Reference):
    """Augments so many times, and then no more."""

    n_calls, most_calls = 0, 100

    def __call__(self, mels, lengths):
        self.n_calls += 1
        return super().__call__(mels, lengths) if self.n_calls <= self.most_calls else mels.copy()


class StopsLate(Stops):
    most_calls = 600


# Of what happens seldom, more draws than of others must be seen.
MANY = {"draws": 500}
# What has the fault, what is found, and how the check is asked for it beyond the adapter.
FAULTS = {
    "axes": (Swapped, "axes-swapped", {}),
    "axes-by-width": (SwappedWide, "axes-swapped", {}),
    "axes-by-name": (TimeMasking, "axes-swapped", {}),
    "nothing": (Idle, "nothing-applied", {}),
    "in-place": (InPlace, "input-modified", {}),
    "fixed": (Fixed, "same-draw-every-time", {}),
    "fixed-in-batch": (FixedInBatch, "same-draw-in-batch", {}),
    "unseeded": (Unseeded, "not-reproducible", {}),
    "loud": (Loud, "fill-loud", {}),
    "zero": (Zero, "zero-fill-in-log", {}),
    "in-padding": (InPadding, "masks-in-padding", {}),
    "padded-mean": (PaddedMean, "padding-in-fill", {}),
    "no-last-bin": (NoLastBin, "end-bins-unmasked", MANY),
    "no-first-bin": (NoFirstBin, "end-bins-unmasked", MANY),
    "no-last-frame": (NoLastFrame, "end-frames-unmasked", MANY),
    "wide": (Wide, "cap-exceeded", {"max_time_share": 0.4}),
    "absolute": (Absolute, "short-clip-mostly-masked", {}),
    "one-sided": (OneSided, "warp-one-sided", {}),
    "unmoved": (Unmoved, "warp-ineffective", {}),
    "long-only": (LongOnly, "warp-skipped", {}),
    "long-left-out": (LeavesLongClips, "clips-left-out", {}),
    "short": (FailsOnShort, "crash-short-clip", {}),
    "long": (FailsOnLong, "crash-long-clip", {}),
    "flat": (FailsOnFlat, "crash-all-masked", {}),
    "at-random": (FailsAtRandom, "crash-at-random", {}),
    "alone": (FailsAlone, "crash-batch", {}),
    "mono": (FailsOnMono, "crash-mono", {"adapter": MONO}),
    "not-finite": (NotFinite, "not-finite", {}),
    "shorter": (Shorter, "length-changed", {}),
    "doubled": (Doubled, "dtype-changed", {}),
    "shared-buffer": (SharedBuffer, "result-overwritten", {}),
    "cached": (Cached, "other-clip-returned", {}),
    "loud-on-long": (LoudOnLong, "fill-loud", {}),
    "fixed-on-long": (FixedOnLong, "same-draw-every-time", {}),
    "unseeded-on-long": (UnseededOnLong, "not-reproducible", {}),
    "stops": (Stops, "not-reproducible", {}),
    "stops-late": (StopsLate, "not-reproducible", MANY),
}


class Still(Reference):
    """Masks without a warp."""

    def warped(self, clip, rng):
        return clip


def noise(mel, deviation):
    return mel + np.random.normal(0, deviation, mel.shape).astype(mel.dtype)  # noqa: NPY002
