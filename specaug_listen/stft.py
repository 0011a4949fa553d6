"""Framing, windows, STFT and inverse STFT; padding is defined here alone.

A `Framing` defines which samples each frame covers. A signal is padded at both ends as far as its frames reach; frame
``t`` then covers ``padded[t * hop_length : t * hop_length + win_length]``. If a framework zero-pads its window to
``n_fft`` in the middle, only the position of the window matters, which is ``offset``.

Spectra are ``(n_frames, n_fft // 2 + 1)`` complex64, time first, because the transforms run over frames; mels are
transposed to ``(n_mels, n_frames)`` at the front-end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy.fft

from .errors import AudioError

__all__ = [
    "FRAMES_PER_BLOCK",
    "WINDOWS",
    "Complex",
    "Framing",
    "Real",
    "deemphasize",
    "get_window",
    "istft",
    "overlap_add",
    "preemphasize",
    "stft",
]

WINDOWS = ("hann", "hann_symmetric", "hamming", "hamming_symmetric", "povey")
_PAD_MODES = {"reflect": "reflect", "constant": "constant", "mirror": "symmetric"}
# Long recordings are processed in blocks, so intermediate arrays stay small.
FRAMES_PER_BLOCK = 4096

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]
Signal = TypeVar("Signal", bound=npt.NDArray[np.generic])


@lru_cache(maxsize=64)
def get_window(name: str, length: int) -> npt.NDArray[np.float64]:
    """Return an analysis window of ``length`` samples.

    ``hann`` and ``hamming`` are periodic, as in librosa and torch; ``*_symmetric`` are symmetric; ``povey`` is Kaldi's,
    a symmetric Hann window to the power 0.85.

    Examples
    --------
    >>> get_window("hann", 4)
    array([0. , 0.5, 1. , 0.5])
    """
    if length == 1:
        return np.ones(1)
    symmetric = name.endswith("_symmetric") or name == "povey"
    n = max(length - 1 if symmetric else length, 1)
    a0 = 0.54 if name.startswith("hamming") else 0.5
    window = a0 - (1 - a0) * np.cos(2 * np.pi * np.arange(length) / n)
    window = np.maximum(window, 0.0) ** 0.85 if name == "povey" else window
    window.flags.writeable = False
    return window


@dataclass(frozen=True)
class Framing:
    """The samples that each frame covers.

    Parameters
    ----------
    n_fft, hop_length, win_length : int > 0 [samples]
    window : str
        One of `WINDOWS`.
    padding : {"center", "same", "kaldi", "snip"}
        ``center``: frame t is centred on sample t · hop_length (librosa, torch.stft).
        ``same``: ``(n_fft - hop_length) / 2`` samples are added at both ends, so frame t is centred half a hop later
        (HiFi-GAN). ``kaldi``: Kaldi's ``snip_edges=False``. ``snip``: its ``snip_edges=True``: only frames that are
        completely inside the clip; trailing samples are in no frame.
    pad_mode : {"reflect", "constant", "mirror"}
        Extrapolation beyond the ends; ``mirror`` repeats the edge sample, ``reflect`` does not.
    drop_last_frame : bool
        Leave out the last frame (Whisper, NeMo).
    first_sample : int >= 0 [samples]
        First sample of frame 0, with ``snip`` (lingvo's pre-emphasis takes one sample more than a window).
    n_lead_in : int >= 0
        Frames before the framework's first; see `with_lead_in`.

    Examples
    --------
    >>> Framing(400, 160, 400, "hann", "center", "reflect", True).n_frames(16000)
    100
    """

    n_fft: int
    hop_length: int
    win_length: int
    window: str
    padding: str
    pad_mode: str
    drop_last_frame: bool = False
    first_sample: int = 0
    n_lead_in: int = 0

    @property
    def offset(self) -> int:
        """Samples by which the window of frame 0 begins before the clip; negative if it begins later."""
        into_fft = (self.n_fft - self.win_length) // 2
        if self.padding == "center":
            return self.n_fft // 2 - into_fft
        if self.padding == "same":
            return (self.n_fft - self.hop_length) // 2 - into_fft
        if self.padding == "snip":
            return self.n_lead_in * self.hop_length - self.first_sample
        return (self.win_length - self.hop_length) // 2

    @property
    def with_lead_in(self) -> Framing:
        """The framing that vocoders render with. For ``snip``, it has further frames before the first one.

        Without them, only the tail of a window would cover the first samples. For the last samples, see
        `specaug_listen.vocoders.mel_bins.n_extra_frames`.
        """
        if self.padding != "snip":
            return self
        before = self.center_s(0, sample_rate=1)
        return replace(self, n_lead_in=self.n_lead_in + max(0, int(np.ceil(before / self.hop_length - 0.6))))

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a clip of ``n_samples``."""
        if self.padding == "center":
            n = 1 + (n_samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop_length
        elif self.padding == "same":
            padded = n_samples + 2 * ((self.n_fft - self.hop_length) // 2)
            n = 1 + (padded - self.n_fft) // self.hop_length
        elif self.padding == "snip":
            n = 1 + (n_samples - self.first_sample - self.win_length) // self.hop_length
        else:
            n = (n_samples + self.hop_length // 2) // self.hop_length
        return max(0, n - self.drop_last_frame)

    def n_samples(self, n_frames: int) -> int:
        """Return the length of the shortest clip of ``n_frames``, which is the length to render if no clip is known."""
        if self.padding == "kaldi":
            return max(1, (n_frames + self.drop_last_frame) * self.hop_length - self.hop_length // 2)
        if self.padding == "snip":
            return self.first_sample + self.padded_length(n_frames + self.drop_last_frame)
        parity = self.n_fft % 2 if self.padding == "center" else (self.n_fft - self.hop_length) % 2
        base = self.hop_length if self.padding == "same" else 0
        return max(1, base + parity + (n_frames - 1 + self.drop_last_frame) * self.hop_length)

    def padded_length(self, n_frames: int) -> int:
        """Return the number of samples that ``n_frames`` frames cover."""
        return (n_frames - 1) * self.hop_length + self.win_length

    def center_s(self, frames: npt.ArrayLike, sample_rate: int) -> npt.NDArray[np.float64]:
        """Return the time at the centre of each frame's window, in seconds."""
        first = self.win_length / 2 - self.offset
        return (np.asarray(frames, dtype=np.float64) * self.hop_length + first) / sample_rate

    def check_n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a clip; raise an AudioError if it is shorter than a window or has no frame."""
        least = self.first_sample + self.win_length
        if n_samples < least:
            raise AudioError(
                f"{n_samples} samples are less than one window of the front-end ({least} samples at its "
                "rate); use a longer clip"
            )
        if self.n_frames(n_samples) < 1:
            raise AudioError(f"{n_samples} samples give no frame of the front-end; use a longer clip")
        return self.n_frames(n_samples)

    def pad(self, signal: Real, n_frames: int | None = None) -> Real:
        """Pad a clip at both ends to the length that its frames cover; raise an AudioError if it is too short."""
        n_samples, own = len(signal), self.check_n_frames(len(signal)) + self.n_lead_in
        length = self.padded_length(own if n_frames is None else n_frames)
        after = max(0, length - self.offset - n_samples)
        return self.pad_by(signal, max(0, self.offset), after)[max(0, -self.offset) :][:length]

    def pad_by(self, signal: Signal, n_before: int, n_after: int) -> Signal:
        """Add ``n_before`` and ``n_after`` samples around a signal, according to ``pad_mode``."""
        return np.pad(signal, (n_before, n_after), mode=_PAD_MODES[self.pad_mode])  # type: ignore[call-overload, no-any-return]

    def crop(self, padded: Real, n_samples: int) -> Real:
        """Undo `pad`: return the clip, with silence where no frame reached."""
        before = max(0, -self.offset)
        clip = padded[max(0, self.offset) : self.offset + n_samples]
        return np.pad(clip, (before, n_samples - before - len(clip)))

    def frames(self, padded: Real) -> Real:
        """Return the frames of a padded signal as a view of shape (n_frames, win_length)."""
        return np.lib.stride_tricks.sliding_window_view(padded, self.win_length)[:: self.hop_length]

    def window_float32(self) -> Real:
        """Return the window in single precision."""
        return get_window(self.window, self.win_length).astype(np.float32)

    def norm(self, n_frames: int) -> Real:
        """Return the sum of squared windows at each sample of a padded signal, with a lower bound above zero."""
        squared = np.broadcast_to(self.window_float32() ** 2, (n_frames, self.win_length))
        total = overlap_add(squared, self.hop_length)
        # Near the ends, where windows are almost zero, dividing by the sum would amplify rounding errors into a click.
        norm: Real = np.maximum(total, np.float32(1e-3) * total.max())
        return norm


def stft(padded: Real, framing: Framing) -> Complex:
    """Return the STFT of a padded signal (see `Framing.pad`), shape (n_frames, n_fft // 2 + 1).

    Examples
    --------
    >>> framing = Framing(512, 128, 512, "hann", "center", "reflect")
    >>> stft(framing.pad(np.ones(2048, np.float32)), framing).shape
    (17, 257)
    """
    window = framing.window_float32()
    frames = framing.frames(padded)
    spectrum = np.empty((len(frames), framing.n_fft // 2 + 1), np.complex64)
    for i in range(0, len(frames), FRAMES_PER_BLOCK):
        block = slice(i, i + FRAMES_PER_BLOCK)
        spectrum[block] = scipy.fft.rfft(frames[block] * window, framing.n_fft)
    return spectrum


def istft(spectrum: Complex, framing: Framing, norm: Real | None = None) -> Real:
    """Return the padded signal whose STFT is nearest (Griffin and Lim, 1984, eq. 6); `Framing.crop` gives the clip.

    ``norm`` is `Framing.norm`, if the caller has it.
    """
    window = framing.window_float32()
    norm = framing.norm(len(spectrum)) if norm is None else norm
    total = _Overlap(len(spectrum), framing.win_length, framing.hop_length)
    for i in range(0, len(spectrum), FRAMES_PER_BLOCK):
        frames = scipy.fft.irfft(spectrum[i : i + FRAMES_PER_BLOCK], framing.n_fft)[:, : framing.win_length]
        frames *= window
        total.add(frames, i)
    return total.signal() / norm


def overlap_add(frames: Real, hop_length: int) -> Real:
    """Sum frames at a distance of ``hop_length``.

    Examples
    --------
    >>> overlap_add(np.ones((3, 4), np.float32), 2)
    array([1., 1., 2., 2., 2., 2., 1., 1.], dtype=float32)
    """
    n_frames, length = frames.shape
    total = _Overlap(n_frames, length, hop_length)
    total.add(frames, 0)
    return total.signal()


class _Overlap:
    """A sum of overlapping frames, stored as rows of one hop, so each part of the frames is added as one rectangle."""

    def __init__(self, n_frames: int, length: int, hop_length: int) -> None:
        self.n_samples = (n_frames - 1) * hop_length + length
        self.hop_length = hop_length
        self.rows = np.zeros((n_frames - 1 - (-length // hop_length), hop_length), np.float32)

    def add(self, frames: Real, first: int) -> None:
        n_frames, length = frames.shape
        for part in range(-(-length // self.hop_length)):
            piece = frames[:, part * self.hop_length : (part + 1) * self.hop_length]
            self.rows[first + part : first + part + n_frames, : piece.shape[1]] += piece

    def signal(self) -> Real:
        return self.rows.reshape(-1)[: self.n_samples]


def preemphasize(signal: Real, coefficient: float) -> Real:
    """Apply the high-pass filter ``y[n] = x[n] - coefficient · x[n-1]``, with ``y[0] = x[0]``."""
    emphasized: Real = signal.copy()
    emphasized[1:] -= np.float32(coefficient) * signal[:-1]
    return emphasized


def deemphasize(signal: Real, coefficient: float, before: float = 0.0) -> Real:
    """Invert `preemphasize` exactly; ``before`` is the last sample of the previous part of the signal.

    The recursion ``x[n] = y[n] + coefficient · x[n-1]`` runs in blocks: inside a block it is a cumulative sum of ``y[n]
    / coefficient^n``, and only the last value of each block is carried over. (``scipy.signal.lfilter`` takes 0.7 s to
    import.)

    Examples
    --------
    >>> x = np.arange(5, dtype=np.float32)
    >>> bool(np.allclose(deemphasize(preemphasize(x, 0.97), 0.97), x))
    True
    """
    if coefficient < 1e-8:  # below single precision
        return np.array(signal)
    n_block = max(1, min(256, int(20 / -np.log(coefficient)))) if 0 < coefficient < 1 else 1
    n_blocks = -(-len(signal) // n_block)
    blocks = np.zeros((n_blocks, n_block))
    blocks.reshape(-1)[: len(signal)] = signal
    decay = float(coefficient) ** np.arange(1, n_block + 1)
    blocks = np.cumsum(blocks / decay, axis=1) * decay
    carry = before
    for block in blocks:
        block += carry * decay
        carry = block[-1]
    restored: Real = blocks.reshape(-1)[: len(signal)].astype(np.float32)
    return restored
