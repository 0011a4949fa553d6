"""`Joint`: magnitude and phase estimated together, the default vocoder.

Instead of solving for a magnitude first, whose error would then be frozen into the phase, the iteration alternates
between the STFTs of real signals (inverse STFT, then STFT) and the spectra that have the target's mel (a gain for each
mel bin, spread over its FFT bins). No system is solved. At the end, the level of fills that no signal can have is
corrected.

References
----------
.. [1] Y. Masuyama, N. Ueno, N. Ono, "Signal reconstruction from mel-spectrogram based on bi-level consistency of
   full-band magnitude and phase", WASPAA 2023, arXiv:2307.12232.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from .._records import Seed, record
from .._threads import one_blas_thread
from ..audio.audio_in_memory import Audio
from ..frontends import MelFrontend, MelSpectrogram
from ..stft import Real, deemphasize, istft
from .fill_areas import restore_levels
from .initial_phase import Start, first_random_bin, lower_skirts
from .iteration import Ends, Iteration
from .mel_bins import Energies, mel_bins_of, tiny

__all__ = ["Joint"]

_ITERATIONS = {"draft": 2, "default": 32, "best": 200}
# Iterations per window that covers a sample: the more windows overlap, the more iterations they need to agree.
_ITERATIONS_PER_OVERLAP, _MAX_OVERLAP_ITERATIONS = 10, 100
# Long recordings are rendered in segments of this many frames. An iteration propagates by less than a window, so with
# as many windows around it as iterations, a segment is the same as in the whole recording; beyond
# ``_MAX_CONTEXT_FRAMES`` frames, the influence is inaudible.
_FRAMES_PER_SEGMENT, _MAX_CONTEXT_FRAMES = 4096, 1024


@record
class Joint:
    """Magnitude and phase estimated together from the mel; the best sound in the least time.

    Parameters
    ----------
    quality : {"draft", "default", "best"}
        2, 32 or 200 iterations; as ``default``, ten for each window that covers a sample where that is more, up to 100
        (40 for HiFi-GAN's fourfold overlap).
    n_iter : int in [0, 10000] or None
        Another number of iterations than that of ``quality``.
    start : {"auto", "spsi", "random"}
        Phase to start from. ``auto`` takes single-pass phases, but above 1.5 kHz random ones where windows are 64 ms or
        longer. Flat patches, as constant fills leave them, always start from random phases: they have no peaks whose
        phases could run on.
    seed : int in [0, 2**53)
        Of the random phases.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> from specaug_listen import frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(16000) * 0.2), 16000))
    >>> Joint(n_iter=8)(mel).n_samples
    16000
    """

    quality: Literal["draft", "default", "best"] = "default"
    n_iter: Annotated[int, Field(ge=0, le=10_000)] | None = None
    start: Literal["auto", "spsi", "random"] = "auto"
    seed: Seed = 0
    kind: Literal["joint"] = "joint"
    about: ClassVar[str] = "Magnitude and phase estimated together from the mel; the best sound in the least time."

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Render a mel spectrogram.

        Parameters
        ----------
        mel : MelSpectrogram

        Returns
        -------
        Audio
            Mono, at the front-end's rate, of the clip's length.

        Raises
        ------
        ParameterError
            If the values of the mel do not represent power.
        """
        energies = Energies.of(mel)
        samples, n_done = np.empty(mel.n_samples, np.float32), 0
        for part in self.parts(energies):
            samples[n_done : n_done + len(part)] = part
            n_done += len(part)
        return Audio(samples, mel.frontend.sample_rate)

    def parts(self, energies: Energies) -> Iterator[Real]:
        """Render a recording of any length in bounded memory, part by part.

        Parameters
        ----------
        energies : Energies

        Yields
        ------
        np.ndarray [shape=(n,), float32]
            The next samples, identical to a rendering in one piece.
        """
        frontend, n_samples = energies.mel.frontend, energies.mel.n_samples
        if energies.loudest == 0:
            yield from (np.zeros(min(n_samples - i, 1 << 20), np.float32) for i in range(0, n_samples, 1 << 20))
            return
        position, restored = -frontend.framing.with_lead_in.offset, 0.0
        for padded in self._segments(energies):
            if frontend.preemphasis:
                padded = deemphasize(padded, frontend.preemphasis, restored)
                restored = float(padded[-1])
            yield padded[max(0, -position) : max(0, n_samples - position)]
            position += len(padded)
        if position < n_samples:  # no window reaches the end
            yield np.zeros(n_samples - position, np.float32)

    def _segments(self, energies: Energies) -> Iterator[Real]:
        """Yield the padded recording segment by segment."""
        framing, n_frames = energies.mel.frontend.framing, energies.n_frames
        n_iter = self.n_iterations(energies.mel.frontend)
        n_overlapping = -(-framing.win_length // framing.hop_length)
        # The reach of the iterations, and of the levels that are corrected at the end.
        n_around = min(n_iter * n_overlapping, _MAX_CONTEXT_FRAMES) + 4 * n_overlapping + 16
        start = Start(energies, first_random_bin(energies.mel.frontend, self.start), self.seed)
        n_segments = -(-n_frames // _FRAMES_PER_SEGMENT)
        bounds = [n_frames * i // n_segments for i in range(n_segments + 1)]
        for begin, end in itertools.pairwise(bounds):
            first, last = max(0, begin - n_around), min(n_frames, end + n_around)
            with one_blas_thread():
                padded = istft(start.frames(first, last), framing)
                padded = _iterate(padded, energies, first, last, n_iter)
            stop = len(padded) if end == n_frames else (end - first) * framing.hop_length
            yield padded[(begin - first) * framing.hop_length : stop]

    def n_iterations(self, frontend: MelFrontend) -> int:
        """Return the number of iterations for a front-end's mels."""
        if self.n_iter is not None:
            return self.n_iter
        n_iter, framing = _ITERATIONS[self.quality], frontend.framing
        if self.quality != "default":
            return n_iter
        overlap = _ITERATIONS_PER_OVERLAP * framing.win_length // framing.hop_length
        return max(n_iter, min(overlap, _MAX_OVERLAP_ITERATIONS))


def _iterate(padded: Real, energies: Energies, first: int, last: int, n_iter: int) -> Real:
    """Iterate over frames ``first`` to ``last - 1``, then restore the level of fills."""
    frontend, framing = energies.mel.frontend, energies.mel.frontend.framing
    n_before = framing.offset if first == 0 else 0
    n_beyond = framing.padded_length(energies.n_frames) - framing.offset - energies.mel.n_samples
    n_after = max(0, n_beyond) if last == energies.n_frames else 0
    # Snipped edges have no padding, and Kaldi mirrors its few samples before the pre-emphasis. If windows hardly
    # overlap, errors between them are large, and mirroring these to where a window is large would diverge.
    is_snipped = framing.padding == "snip"
    if is_snipped or frontend.preemphasis_per_frame or 2 * framing.hop_length > framing.win_length:
        n_before = n_after = 0
    ends = Ends(framing, n_before, len(padded) - n_before - n_after, n_after)
    target, mel_bins = energies.read(first, last), mel_bins_of(frontend)
    iteration = Iteration(lower_skirts(target, frontend), mel_bins, framing, tiny(energies.loudest))
    padded = iteration.run(padded, n_iter, ends)
    return restore_levels(padded, target, mel_bins, framing, ends, energies.loudest)
