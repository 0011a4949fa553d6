"""`GriffinLim`: estimate a magnitude, then a phase for it. `Librosa`: the same by librosa's own functions.

References
----------
.. [1] D. Griffin, J. Lim, "Signal estimation from modified short-time Fourier transform", IEEE TASSP 1984.
.. [2] N. Perraudin, P. Balazs, P. L. Sondergaard, "A fast Griffin-Lim algorithm", WASPAA 2013.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import Field, PlainSerializer, WithJsonSchema

from .._imports import require
from .._records import Seed, record
from .._threads import one_blas_thread
from ..audio.audio_in_memory import Audio
from ..errors import ParameterError
from ..frontends import MelFrontend, MelSpectrogram
from ..stft import Complex, Framing, Real, deemphasize, get_window, istft, stft
from .mel_bins import check_mel_in_memory, energy_to_render, n_extra_frames
from .phase import random_phase, unit
from .phase_vocoder import original_spectrum

__all__ = ["GriffinLim", "Librosa"]

Iterations = Annotated[int, Field(ge=0, le=10_000)]


def _describe_init(init: Any) -> str:
    """Return how a phase array is recorded: by shape and hash, which cannot be mistaken for a replayable value."""
    if isinstance(init, str):
        return init
    return f"array {init.shape} sha256:{hashlib.sha256(np.ascontiguousarray(init).tobytes()).hexdigest()[:16]}"


Phase: TypeAlias = Annotated[
    Literal["random", "original"] | np.ndarray[Any, Any],
    PlainSerializer(_describe_init, return_type=str),
    WithJsonSchema({"enum": ["random", "original"]}, mode="serialization"),
]


@record
class GriffinLim:
    """Fast Griffin-Lim on the mel's pseudo-inverse (or NNLS) magnitude [1]_, [2]_.

    Parameters
    ----------
    n_iter : int in [0, 10000]
        0 renders the magnitude with the first phase.
    momentum : float in [0, 1)
        0 is plain Griffin-Lim [1]_.
    magnitude : {"pinv", "nnls"}
        Pseudo-inverse (fast), or librosa's non-negative least squares (better, slow).
    init : {"random", "original"} or np.ndarray [shape=(n_fft // 2 + 1, n_frames), real] [rad]
        Phase to start from. The original's needs a mel that knows its audio. A given phase is as seen from the first
        sample of each window.
    refine : bool
        False keeps the first phase as it is, whatever ``n_iter`` says.
    seed : int in [0, 2**53)
        Of the random phase.

    Raises
    ------
    ParameterError
        When a value is out of range, or a phase array has another shape than the magnitude.

    Examples
    --------
    >>> from specaug_listen import frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(16000) * 0.2), 16000))
    >>> GriffinLim(n_iter=4, init="original")(mel).n_samples
    16000
    """

    n_iter: Iterations = 32
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    magnitude: Literal["pinv", "nnls"] = "pinv"
    init: Phase = "random"
    refine: bool = True
    seed: Seed = 0
    kind: Literal["griffinlim"] = "griffinlim"
    about: ClassVar[str] = "Fast Griffin-Lim on the mel's pseudo-inverse (or NNLS) magnitude."

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Reconstruct the waveform of a mel spectrogram; see `Joint`."""
        check_mel_in_memory(mel)
        frontend = mel.frontend
        with one_blas_thread():
            magnitude = pinv_magnitude(mel) if self.magnitude == "pinv" else nnls_magnitude(mel)
            start = magnitude * self._phase(mel, magnitude.shape)
            n_iter = self.n_iter if self.refine else 0
            stretch = _fast_griffin_lim(start, magnitude, frontend.framing, n_iter, self.momentum)
        return Audio(frontend.unpad(stretch, mel.n_samples), frontend.sample_rate)

    def _phase(self, mel: MelSpectrogram, shape: tuple[int, ...]) -> Complex:
        n_lead = mel.frontend.framing.with_lead_in.n_lead_in
        n_extra = shape[0] - n_lead - mel.n_frames
        if isinstance(self.init, np.ndarray):
            expected = (shape[1], mel.n_frames)
            if self.init.shape != expected or not np.isrealobj(self.init) or not np.isfinite(self.init).all():
                raise ParameterError(
                    f"init is an array of shape {self.init.shape} and dtype {self.init.dtype}: expected finite angles "
                    f"in radians of shape {expected}, (n_fft // 2 + 1, n_frames)"
                )
            return unit(np.pad(self.init.T, ((n_lead, n_extra), (0, 0)), mode="edge"))
        if self.init == "original":
            return unit(np.angle(original_spectrum(mel, emphasized=True, n_extra=n_extra)))
        return random_phase((shape[0], shape[1]), self.seed)


@record
class Librosa:
    """librosa's mel_to_stft and griffinlim with their own defaults, seeded; slow.

    This is ``librosa.feature.inverse.mel_to_audio``, which itself cannot be seeded. Filters that librosa lacks
    (Kaldi's, SpeechBrain's and empty ones) go to the solver that ``mel_to_stft`` calls.

    Parameters
    ----------
    n_iter : int in [0, 10000]
    momentum : float in [0, 1)
    seed : int in [0, 2**32)

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> Librosa(n_iter=8).seed
    0
    """

    n_iter: Iterations = 32
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    kind: Literal["librosa"] = "librosa"
    about: ClassVar[str] = "librosa's mel_to_stft and griffinlim with their own defaults, seeded; slow."

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Reconstruct the waveform of a mel spectrogram; see `Joint`."""
        check_mel_in_memory(mel)
        librosa = require("librosa", purpose="the 'librosa' vocoder")
        frontend, framing = mel.frontend, mel.frontend.framing.with_lead_in
        is_centered = framing.padding == "center"
        with one_blas_thread():
            magnitude = self._magnitude(mel, librosa)
            ends_with_clip = is_centered and not framing.drop_last_frame and magnitude.shape[1] == mel.n_frames
            signal = librosa.griffinlim(
                magnitude,
                n_iter=self.n_iter,
                momentum=self.momentum,
                random_state=self.seed,
                hop_length=framing.hop_length,
                win_length=framing.win_length,
                n_fft=framing.n_fft,
                window=get_window(framing.window, framing.win_length),
                center=is_centered,
                pad_mode="constant",
                length=mel.n_samples if ends_with_clip else None,
            )
        # librosa centres a short window in n_fft, and crops centred clips itself.
        begin = 0 if is_centered else framing.offset + (framing.n_fft - framing.win_length) // 2
        signal = signal[begin : begin + mel.n_samples]
        signal = np.pad(signal, (0, mel.n_samples - len(signal))).astype(np.float32)
        return Audio(deemphasize(signal, frontend.preemphasis), frontend.sample_rate)

    def _magnitude(self, mel: MelSpectrogram, librosa: Any) -> Real:
        frontend = mel.frontend
        # griffinlim() needs at least one window of sound.
        n_extra = max(0, -(-frontend.n_fft // frontend.hop_length) + 1 - mel.n_frames)
        framing = frontend.framing
        n_lead = framing.with_lead_in.n_lead_in
        if framing.padding == "snip":
            n_extra = max(n_extra, n_extra_frames(framing, mel.n_frames, mel.n_samples))
        return np.pad(self._magnitude_of_frames(mel, librosa), ((0, 0), (n_lead, n_extra)), mode="edge")

    def _magnitude_of_frames(self, mel: MelSpectrogram, librosa: Any) -> Real:
        frontend = mel.frontend
        magnitude: Real
        if frontend.mel_scale not in ("slaney", "htk") or not frontend.filterbank().any(axis=1).all():
            n_lead = frontend.framing.with_lead_in.n_lead_in
            magnitude = nnls_magnitude(mel).T[:, n_lead : n_lead + mel.n_frames]
            return magnitude
        magnitude = librosa.feature.inverse.mel_to_stft(mel.energy, **librosa_filters(frontend))
        return magnitude


def librosa_filters(frontend: MelFrontend) -> dict[str, Any]:
    """Return a front-end's filters as arguments of ``librosa.feature.inverse``, which supports slaney and htk."""
    return {
        "sr": frontend.sample_rate,
        "n_fft": frontend.n_fft,
        "power": frontend.power,
        "fmin": frontend.fmin_hz,
        "fmax": frontend.top_hz,
        "htk": frontend.mel_scale == "htk",
        "norm": frontend.mel_norm,
    }


def _fast_griffin_lim(start: Complex, magnitude: Real, framing: Framing, n_iter: int, momentum: float) -> Real:
    norm = framing.norm(len(start))
    spectrum, previous = start, None
    for _ in range(n_iter):
        consistent = stft(istft(spectrum, framing, norm), framing)
        # As in librosa and torchaudio, the step is scaled, so momentum 0.99 is about half a step.
        accelerated = consistent if previous is None else consistent - np.float32(momentum / (1 + momentum)) * previous
        previous = consistent
        spectrum = accelerated * (magnitude / np.maximum(np.abs(accelerated), np.float32(1e-16)))
    return istft(spectrum, framing, norm)


def pinv_magnitude(mel: MelSpectrogram) -> Real:
    """Return the least-squares magnitude within its bounds: (n_frames, n_bins), the frames of `energy_to_render`."""
    energy = energy_to_render(mel)
    with one_blas_thread():
        linear = energy @ _pseudo_inverse(mel.frontend)
    return _root(np.clip(linear, 0, _upper_bounds(energy, mel.frontend)), mel.frontend)


def _upper_bounds(energy: Real, frontend: MelFrontend) -> Real:
    """Return the most that each FFT bin can hold, for a mel's energy: (n_frames, n_bins).

    No bin is negative, so a mel bin's energy, the sum of weight times content over its FFT bins, is at least each of
    these products: content <= energy / weight, in every filter over the FFT bin. The pseudo-inverse knows no such
    limit. At the edges of masks, where neighbouring mel bins differ by 100 dB, it swings far above and below zero;
    cutting off only what is below made a masked clip up to 20 dB too loud.
    """
    bounds = np.full((len(energy), frontend.n_fft // 2 + 1), np.inf, dtype=np.float32)
    for weights, mel_energy in zip(frontend.filterbank(), energy.T, strict=True):
        bins = np.flatnonzero(weights)
        bounds[:, bins] = np.minimum(bounds[:, bins], mel_energy[:, None] / weights[bins])
    return bounds


def nnls_magnitude(mel: MelSpectrogram) -> Real:
    """Return the magnitude by librosa's block-wise non-negative least squares; shape as in `pinv_magnitude`."""
    librosa = require("librosa", purpose="non-negative least squares")
    with one_blas_thread():
        linear = librosa.util.nnls(mel.frontend.filterbank(), energy_to_render(mel).T)
    return _root(np.ascontiguousarray(linear.T, dtype=np.float32), mel.frontend)


@lru_cache(maxsize=8)
def _pseudo_inverse(frontend: MelFrontend) -> Real:
    return np.linalg.pinv(frontend.filterbank().T.astype(np.float64)).astype(np.float32)


def _root(linear: Real, frontend: MelFrontend) -> Real:
    return np.sqrt(linear) if frontend.power == 2 else linear
