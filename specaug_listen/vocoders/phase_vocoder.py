"""The STFT of the original clip, warped by a phase vocoder in the same way as its mel.

References
----------
.. [1] M. Dolson, "The phase vocoder: a tutorial", Computer Music Journal, 1986.
.. [2] J. Laroche, M. Dolson, "Improved phase vocoder time-scale modification of audio", IEEE TSAP 1999.
.. [3] A. Roebel, "A new approach to transient processing in the phase vocoder", DAFx 2003.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..errors import ParameterError
from ..frontends import MelSpectrogram
from ..stft import FRAMES_PER_BLOCK, Complex, Framing, Real, get_window, overlap_add, stft
from .phase import unit
from .single_pass import nearest_peaks

__all__ = ["is_warped", "onsets", "original_spectrum"]

Index = npt.NDArray[np.int64]

# Energy of an onset relative to the mean over the window before it; the glottal pulses of a voice are below.
_ONSET_RATIO = 20.0
_BLOCKS_PER_WINDOW = 16
# A syllable rises over several blocks; an onset has 10 times the energy of either of the two blocks before it.
_SLOWNESS = 0.5
# Bins whose magnitude rises by less are modulated, not new.
_FRESH_RATIO = 2.0


def original_spectrum(mel: MelSpectrogram, *, emphasized: bool, n_extra: int = 0) -> Complex:
    """Return the STFT of the clip that a mel was computed from, warped like the mel.

    It has the shape (n_lead_in + n_frames + n_extra, n_bins), and includes the front-end's pre-emphasis if
    ``emphasized``. Raises a ParameterError if the mel carries no audio.

    Notes
    -----
    Under a warp it is the STFT of a warped signal, so it is consistent. A phase vocoder makes that signal: frames are
    cut out of the clip exactly where the warp reads (nothing is interpolated between frames), and again one hop earlier
    for the phase advance; every spectral peak is rotated as a whole (the identity phase locking of [2]_). Around an
    onset, the clip is read at its own speed for one window, and bins that the onset brings start with their own phases,
    in the spirit of [3]_, so the onset stays sharp.
    """
    if mel.audio is None:
        raise ParameterError(
            "the original phase is not known: this mel carries no audio; compute it with frontend(audio), or use "
            "another vocoder (GriffinLim with init='random')"
        )
    framing = mel.frontend.framing
    signal, n_frames = mel.audio.samples[0], framing.with_lead_in.n_lead_in + mel.n_frames + n_extra
    if mel.warp is not None and is_warped(mel):
        signal = _warp_signal(signal, mel.warp, framing)
    stretch = mel.frontend.pad(signal, n_frames) if emphasized else framing.with_lead_in.pad(signal, n_frames)
    return stft(stretch, framing)


def is_warped(mel: MelSpectrogram) -> bool:
    """Whether a warp moved any frame of a mel."""
    return mel.warp is not None and not np.array_equal(mel.warp, np.arange(mel.n_frames))


def onsets(signal: Real, win_length: int) -> Index:
    """Return the samples at which a signal becomes much louder than in the window before.

    Of several onsets within ``win_length`` samples, only the strongest is returned.

    Examples
    --------
    >>> click = np.zeros(4000, np.float32)
    >>> click[1234] = 1
    >>> onsets(click, 400)
    array([1234])
    """
    size = max(1, win_length // _BLOCKS_PER_WINDOW)
    n_blocks = len(signal) // size
    bend = np.zeros_like(signal)
    bend[1:-1] = np.diff(signal, 2)
    # The second difference shows clicks and consonants that a low tone would hide.
    blocks = np.stack([kind[: n_blocks * size].reshape(n_blocks, size) for kind in (signal, bend)])
    rises = np.stack([_rise(kind) for kind in blocks])
    rise = rises.max(axis=0, initial=0.0)
    candidates = np.flatnonzero(rise > _ONSET_RATIO)
    is_onset = np.zeros(n_blocks, bool)
    for block in candidates[np.argsort(-rise[candidates], kind="stable")]:
        around = slice(max(0, block - _BLOCKS_PER_WINDOW // 2), block + _BLOCKS_PER_WINDOW // 2 + 1)
        is_onset[block] = not is_onset[around].any()
    loud_blocks = np.flatnonzero(is_onset)
    loudest: Index = np.abs(blocks[rises[:, loud_blocks].argmax(axis=0), loud_blocks]).argmax(axis=1)
    return loud_blocks * size + loudest


def _rise(blocks: Real) -> npt.NDArray[np.float64]:
    """Return the energy of each block relative to the mean over a window before; lower if it did not rise abruptly."""
    energy = np.square(blocks, dtype=np.float64).sum(axis=1)
    total = np.concatenate([np.zeros(_BLOCKS_PER_WINDOW + 1), np.cumsum(energy)])
    before = (total[_BLOCKS_PER_WINDOW:-1] - total[: -_BLOCKS_PER_WINDOW - 1]) / _BLOCKS_PER_WINDOW
    just_before = np.maximum(np.append(0, energy[:-1]), np.append([0, 0], energy[:-2])[: len(energy)])
    before = np.maximum(before, _SLOWNESS * just_before)
    # Faint noise in a pause has no audible onsets.
    rise: npt.NDArray[np.float64] = energy / (before + 1e-6 * energy.max(initial=0.0) + 1e-30)
    return rise


class _Lock(NamedTuple):
    """An onset, which moves from sample ``source`` of the clip to sample ``target`` of the result.

    Within ``reach`` samples around it, the clip keeps its own speed, so that the onset stays sharp.
    """

    source: int
    target: int
    reach: int


def _warp_signal(signal: Real, warp: npt.NDArray[np.float64], framing: Framing) -> Real:
    """Warp a signal as ``warp`` did its mel, whose framing this is."""
    win_length = max(16, framing.win_length + framing.win_length % 2)
    middle = framing.center_s(0, sample_rate=1)
    # One knot far beyond each end, where the clip is shifted as a whole.
    frames = np.arange(len(warp), dtype=np.float64)
    far = (len(signal) + win_length) / framing.hop_length
    targets = np.concatenate([[-far], frames, frames[-1:] + far]) * framing.hop_length + middle
    sources = np.concatenate([warp[:1] - far, warp, warp[-1:] + far]) * framing.hop_length + middle
    locks = _locks(onsets(signal, win_length), targets, sources, win_length)
    hop_length = win_length // 4
    middles = np.arange(-(-len(signal) // hop_length) + 1) * hop_length
    position = np.rint(_positions(middles, targets, sources, locks)).astype(np.int64)
    position = np.clip(position, 0, len(signal))
    return _resynthesise(signal, position, locks, win_length)


def _locks(
    at: Index, targets: npt.NDArray[np.float64], sources: npt.NDArray[np.float64], win_length: int
) -> list[_Lock]:
    if not len(at):
        return []
    to = np.rint(np.interp(at, sources, targets)).astype(np.int64)
    gaps = np.minimum(np.diff(at), np.diff(to))
    gaps = np.concatenate([[2 * win_length], gaps, [2 * win_length]])
    # Frames whose window reaches the onset; between successive onsets, some frames must remain to be warped.
    reach = np.minimum(win_length // 2 + win_length // 4, 0.45 * np.minimum(gaps[:-1], gaps[1:])).astype(np.int64)
    return [_Lock(int(source), int(target), int(r)) for source, target, r in zip(at, to, reach, strict=True)]


def _positions(
    middles: Index, targets: npt.NDArray[np.float64], sources: npt.NDArray[np.float64], locks: list[_Lock]
) -> npt.NDArray[np.float64]:
    """Return the sample at which each frame is read: where the warp says, but around onsets at the clip's own speed.

    Positions never decrease.
    """
    if not locks:
        return np.interp(middles, targets, sources)
    source, target, reach = np.array(locks, dtype=np.float64).T
    free = np.ones(len(targets), bool)
    for lock in locks:
        # The time that a lock gains or loses is compensated over its own length at both sides.
        free &= np.abs(targets - lock.target) > 2 * lock.reach
    knots = np.concatenate([targets[free], target - reach, target + reach])
    positions = np.concatenate([sources[free], source - reach, source + reach])
    order = np.argsort(knots, kind="stable")
    return np.interp(middles, knots[order], np.maximum.accumulate(positions[order]))


def _resynthesise(signal: Real, position: Index, locks: list[_Lock], win_length: int) -> Real:
    """Render a signal by a phase vocoder: its frames at ``position`` are overlapped a quarter of a window apart."""
    hop_length = win_length // 4
    padded = np.pad(signal, (win_length // 2 + hop_length, win_length + hop_length))
    frames = np.lib.stride_tricks.sliding_window_view(padded, win_length)
    window = get_window("hann", win_length).astype(np.float32)
    fresh = _new_bins(frames, window, locks, len(position))
    total = np.zeros((len(position) - 1) * hop_length + win_length, np.float32)
    previous = None
    for i in range(0, len(position), FRAMES_PER_BLOCK):
        block = position[i : i + FRAMES_PER_BLOCK]
        now = scipy.fft.rfft(frames[block + hop_length] * window)
        earlier = scipy.fft.rfft(frames[block] * window)
        now, previous = _lock_phases(now, earlier, previous, {u - i: bins for u, bins in fresh.items()})
        piece = overlap_add(scipy.fft.irfft(now, win_length) * window, hop_length)
        total[i * hop_length : i * hop_length + len(piece)] += piece
    norm = overlap_add(np.broadcast_to(window**2, (len(position), win_length)), hop_length)
    total /= np.maximum(norm, np.float32(1e-3) * norm.max())
    return total[win_length // 2 : win_length // 2 + len(signal)]


def _new_bins(frames: Real, window: Real, locks: list[_Lock], n_frames: int) -> dict[int, npt.NDArray[np.bool_]]:
    """Return which bins become much louder by an onset, for each frame that the onset reaches."""
    hop_length = len(window) // 4
    fresh = {}
    for lock in locks:
        at, before = (
            np.abs(scipy.fft.rfft(frames[max(0, middle) + hop_length] * window))
            for middle in (lock.source, lock.source - len(window) // 2)
        )
        first, last = -(-(lock.target - lock.reach) // hop_length), (lock.target + lock.reach) // hop_length
        for u in range(max(0, first), min(n_frames - 1, last) + 1):
            fresh[u] = at > _FRESH_RATIO * before
    return fresh


def _lock_phases(
    now: Complex, earlier: Complex, previous: Real | None, fresh: dict[int, npt.NDArray[np.bool_]]
) -> tuple[Complex, Real]:
    """Return frames whose phases continue those of the previous one: each peak turns as in a hop of the clip."""
    magnitude, own = np.abs(now), np.angle(now)
    advance = np.angle(now * np.conj(earlier))
    angles = np.empty_like(own)
    # A peak p gets the phase previous(p) + advance(p). All bins that belong to it are rotated by the same angle, so
    # their phases relative to each other are those of the clip.
    for u, peaks in enumerate(nearest_peaks(magnitude)):
        turn = np.zeros_like(own[u]) if previous is None else (previous + advance[u] - own[u])[peaks]
        if u in fresh:
            turn[fresh[u]] = 0
        previous = angles[u] = np.remainder(own[u] + turn, np.float32(2 * np.pi))
    assert previous is not None
    return magnitude * unit(angles), previous
