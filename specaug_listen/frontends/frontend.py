"""`MelFrontend`: audio to mel spectrogram, and the exact inverse of its scaling.

``values = normalise((log(floor(B · |STFT(input_scale · x)|^power)) + shift) · scale)``, each step as the framework does
it.
"""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar, Literal, NoReturn

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._records import record
from ..audio.audio_in_memory import Audio
from ..audio.conversion import as_audio
from ..audio.sound import MIN_RATE_HZ
from ..errors import ParameterError, SpecAugListenWarning, error_context
from ..stft import Framing, deemphasize, get_window, preemphasize
from .cell_statistics import statistics_of_values
from .energy import bin_energies, largest_energy
from .filterbank import hz_to_mel, mel_filterbank, mel_to_hz
from .from_array import mel_from_array
from .mel import MelSpectrogram
from .statistics import GlobalStatistics, Statistics

__all__ = ["MelFrontend"]

Real = npt.NDArray[np.float32]
Positive = Annotated[int, Field(gt=0, le=1 << 20)]
_MAX_BANK_CELLS = 1 << 25
# Relative to the floor: of logarithms in single precision, and of a normalisation and its inverse.
_ROUNDING_OF_FLOOR = 1e-5


@record
class MelFrontend:
    """All steps from a waveform to the mel spectrogram that a model sees.

    Parameters
    ----------
    name : str
    sample_rate : int in [100, 768000] [Hz]
        Audio at another rate is resampled.
    n_fft, hop_length : int > 0 [samples]
    win_length : int in [1, n_fft] [samples] or None
        None is ``n_fft``.
    window : {"hann", "hann_symmetric", "hamming", "hamming_symmetric", "povey"}
        See `specaug_listen.stft.get_window`.
    padding : {"center", "same", "kaldi", "snip"}
    pad_mode : {"reflect", "constant", "mirror"}
    drop_last_frame : bool
        See `specaug_listen.stft.Framing`.
    n_mels : int > 0
    fmin_hz : float >= 0 [Hz]
    fmax_hz : float <= sample_rate / 2 [Hz] or None
        None is half the sample rate.
    mel_scale : {"slaney", "htk", "kaldi", "speechbrain"}
    mel_norm : {"slaney"} or None
        See `specaug_listen.frontends.filterbank.mel_filterbank`.
    power : {1.0, 2.0}
        1 sums magnitudes, 2 sums powers.
    magnitude_epsilon : float >= 0
        Added to the power before the root is taken (HiFi-GAN).
    preemphasis : float in [0, 1)
    preemphasis_per_frame : bool
        Kaldi filters each frame by itself, NeMo the whole clip.
    remove_dc_offset : bool
        Subtract each frame's mean (Kaldi).
    log : {"ln", "log10", "db"} or None
        ``db`` is 10 log10 of powers and 20 log10 of magnitudes.
    floor : float >= 0
        Minimum energy before the logarithm; without a logarithm it has no effect.
    floor_mode : {"clamp", "add"}
        ``max(x, floor)``, or ``x + floor``.
    dynamic_range : float > 0 or None
        Maximum distance of cells below the clip's maximum, in the unit of ``log``; lower cells are raised.
    shift : float in [-1e6, 1e6]
    scale : float in (0, 1e6]
        Applied after the logarithm, in this order.
    normalize : {"per_feature", "all_features", "utterance_cmvn", "sentence"}, GlobalStatistics or None
        Zero mean and unit standard deviation over the clip, in each bin by the rule of NeMo, fairseq or SpeechBrain, or
        in all bins together (``all_features``, NeMo); see `specaug_listen.frontends.Statistics`. Or a mean and a
        divisor that are the same for every clip, in YAML ``normalize: {mean: -4.27, std: 9.14}``.
    input_scale : float in [1e-3, 65536]
        Factor that samples in [-1, 1] are multiplied by first: 32768 if the framework expects 16-bit integers.
    first_sample : int >= 0 [samples]
        First sample of frame 0; only with ``padding="snip"``.
    allow_empty_filters : bool
        Keep filters without an FFT bin, whose cells are always silent (torchaudio); otherwise they are refused.

    Raises
    ------
    ParameterError
        When a value is out of range or two do not fit.

    Examples
    --------
    >>> frontend = MelFrontend(name="mine", sample_rate=16000, n_fft=512, hop_length=160, n_mels=40)
    >>> frontend(Audio(np.zeros(16000), 16000)).values.shape
    (40, 101)
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    sample_rate: Annotated[int, Field(ge=MIN_RATE_HZ, le=768_000)]
    n_fft: Positive
    hop_length: Positive
    n_mels: Annotated[int, Field(gt=0, le=4096)]
    win_length: Positive | None = None
    window: Literal["hann", "hann_symmetric", "hamming", "hamming_symmetric", "povey"] = "hann"
    padding: Literal["center", "same", "kaldi", "snip"] = "center"
    pad_mode: Literal["reflect", "constant", "mirror"] = "reflect"
    drop_last_frame: bool = False
    fmin_hz: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    fmax_hz: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    mel_scale: Literal["slaney", "htk", "kaldi", "speechbrain"] = "slaney"
    mel_norm: Literal["slaney"] | None = "slaney"
    power: Annotated[float, Field(ge=1, le=2)] = 2.0
    magnitude_epsilon: Annotated[float, Field(ge=0, le=1)] = 0.0
    preemphasis: Annotated[float, Field(ge=0, lt=1)] = 0.0
    preemphasis_per_frame: bool = False
    remove_dc_offset: bool = False
    log: Literal["ln", "log10", "db"] | None = "ln"
    floor: Annotated[float, Field(ge=0, le=1)] = 1e-10
    floor_mode: Literal["clamp", "add"] = "clamp"
    dynamic_range: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    shift: Annotated[float, Field(ge=-1e6, le=1e6)] = 0.0
    scale: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    normalize: Literal["per_feature", "all_features", "utterance_cmvn", "sentence"] | GlobalStatistics | None = None
    input_scale: Annotated[float, Field(ge=1e-3, le=65536)] = 1.0
    first_sample: Annotated[int, Field(ge=0, le=1 << 20)] = 0
    allow_empty_filters: bool = False

    # By name; filled by the module `presets`.
    presets: ClassVar[dict[str, MelFrontend]] = {}

    def __repr__(self) -> str:
        sizes = f"{self.sample_rate} Hz, n_fft {self.n_fft}, hop {self.hop_length}, {self.n_mels} {self.mel_scale} bins"
        values = f"{self.log or 'no logarithm'}" + (f", normalised {self.normalize!s:.40}" if self.normalize else "")
        return f"MelFrontend({self.name!r:.60}, {sizes}, {values})"

    def __post_init__(self) -> None:
        """Check combinations of fields."""
        self._check_window()
        if self.top_hz > self.sample_rate / 2:
            self._refuse("fmax_hz", f"allowed is at most sample_rate / 2 = {self.sample_rate / 2}")
        if self.fmin_hz >= self.top_hz:
            self._refuse("fmin_hz", f"allowed is less than fmax_hz={self.top_hz}")
        if self.first_sample and self.padding != "snip":
            self._refuse("first_sample", f"allowed is 0 where padding={self.padding!r}")
        if self.n_mels * self.n_fft > _MAX_BANK_CELLS:
            self._refuse("n_mels", f"allowed is at most {_MAX_BANK_CELLS // self.n_fft} with n_fft={self.n_fft}")
        if self.power not in (1.0, 2.0):
            self._refuse("power", "allowed is 1.0 (magnitude) or 2.0 (power)")
        if self.log is None and self.dynamic_range is not None:
            self._refuse("dynamic_range", "allowed only with a log; set log, or leave it out")
        if self.log is not None and self.floor <= 0:
            self._refuse("floor", f"allowed is more than 0 where log={self.log!r}")
        if isinstance(self.normalize, GlobalStatistics):
            with error_context("normalize"):
                self.normalize.check(self.n_mels)

    def _check_window(self) -> None:
        window = self.framing.win_length
        if window > self.n_fft:
            self._refuse("win_length", f"allowed is at most n_fft={self.n_fft}")
        if not get_window(self.window, window).any():
            rule = f"window={self.window!r} is 0 everywhere; allowed is 3 or more"
            raise ParameterError.of_field("win_length", window, rule)  # its default is n_fft
        if self.hop_length > window:
            self._refuse("hop_length", f"allowed is at most win_length={window}")

    def _refuse(self, field: str, rule: str) -> NoReturn:
        raise ParameterError.of_field(field, getattr(self, field), rule)

    @property
    def top_hz(self) -> float:
        """Upper end of the last filter in Hz."""
        return self.sample_rate / 2 if self.fmax_hz is None else self.fmax_hz

    @property
    def framing(self) -> Framing:
        """Which samples each frame covers."""
        win_length = self.n_fft if self.win_length is None else self.win_length
        return Framing(
            self.n_fft,
            self.hop_length,
            win_length,
            self.window,
            self.padding,
            self.pad_mode,
            self.drop_last_frame,
            self.first_sample,
        )

    def filterbank(self) -> Real:
        """Return the filters, shape (n_mels, n_fft // 2 + 1).

        Raises a ParameterError for a filter between two FFT bins, which would be empty, unless ``allow_empty_filters``.
        """
        bank = self._bank(self.n_fft, self.n_mels)
        empty = np.flatnonzero(bank.max(axis=1) == 0)
        if len(empty) and not (self.allow_empty_filters and len(empty) < self.n_mels):
            raise ParameterError(_empty_filters_message(self, empty))
        return bank

    def _bank(self, n_fft: int, n_mels: int) -> Real:
        return mel_filterbank(self.sample_rate, n_fft, n_mels, self.fmin_hz, self.top_hz, self.mel_scale, self.mel_norm)

    def center_hz(self) -> npt.NDArray[np.float64]:
        """Return the centre frequency of each bin in Hz, shape (n_mels,)."""
        low, high = hz_to_mel([self.fmin_hz, self.top_hz], self.mel_scale)
        return mel_to_hz(np.linspace(low, high, self.n_mels + 2)[1:-1], self.mel_scale)

    def __call__(self, audio: Audio) -> MelSpectrogram:
        """Compute the mel spectrogram of a clip.

        Parameters
        ----------
        audio : Audio, str, path-like or (samples, sample_rate)
            Mixed down to mono by the mean, and resampled if needed.

        Returns
        -------
        MelSpectrogram

        Raises
        ------
        AudioError
            When the clip is shorter than a window.
        """
        mono = as_audio(audio).to_mono().resample(self.sample_rate)
        values = self.compress(np.concatenate(list(bin_energies(self, mono))).T)
        if not self.normalize:
            return MelSpectrogram(values, self, audio=mono)
        statistics = Statistics.of(statistics_of_values(values), self.normalize)
        return MelSpectrogram(statistics.normalise(values), self, audio=mono, statistics=statistics)

    def mel(self, values: Any, *, axes: str | None = None, statistics: Any = None) -> MelSpectrogram:
        """Wrap a mel from another pipeline, without its audio.

        Parameters
        ----------
        values : array or torch.Tensor [shape=(n_mels, n_frames) or (n_frames, n_mels)]
            In this front-end's scale, of any floating-point type, on any device, with or without a gradient; a leading
            batch axis of length 1 is removed.
        axes : {"bins,frames", "frames,bins"} or None
            None transposes if only the second axis has ``n_mels`` entries, with a notice; if both have, it raises.
        statistics : Statistics, GlobalStatistics, (mean, std), mapping, "per-utterance" or None
            Statistics that the values were normalised with: ``(values - mean) / std``; one number, or one per bin.
            "per-utterance", which cannot be undone, uses those of typical speech.

        Returns
        -------
        MelSpectrogram
            Its front-end normalises with these statistics, unless this one normalises each clip itself.

        Raises
        ------
        ParameterError
            For values that are not a mel of this front-end, and for missing statistics if it normalises each clip.

        Warns
        -----
        SpecAugListenWarning
            When the values were transposed, or are implausible for this front-end; see ``notices``.

        Examples
        --------
        >>> frontend = MelFrontend(name="mine", sample_rate=16000, n_fft=512, hop_length=160, n_mels=40)
        >>> frontend.mel(np.full((40, 100), -8.0)).n_frames
        100
        """
        mel = mel_from_array(values, self, axes=axes, statistics=statistics)
        for notice in mel.notices:
            warnings.warn(notice.text, SpecAugListenWarning, stacklevel=2)
        return mel

    def pad(self, signal: Real, n_frames: int | None = None) -> Real:
        """Apply pre-emphasis and pad a clip at both ends, for the STFT of a rendering.

        The padded clip has the frames of ``framing.with_lead_in``.
        """
        framing = self.framing.with_lead_in
        if not self.preemphasis:
            return framing.pad(signal, n_frames)
        if self.preemphasis_per_frame:
            return preemphasize(framing.pad(signal, n_frames), self.preemphasis)
        return framing.pad(preemphasize(signal, self.preemphasis), n_frames)

    def unpad(self, padded: Real, n_samples: int) -> Real:
        """Undo `pad`: remove the padding and undo pre-emphasis."""
        if self.preemphasis:
            padded = deemphasize(padded, self.preemphasis)
        return self.framing.with_lead_in.crop(padded, n_samples)

    def compress(self, energy: Real, loudest: float | None = None) -> Real:
        """Apply floor, logarithm, shift and scale, but no normalisation, to ``B · |STFT|^power`` of samples in [-1, 1].

        ``loudest`` is the clip's largest energy, to which a ``dynamic_range`` is relative; None uses that of
        ``energy``.
        """
        gain = np.float32(self.input_scale**self.power)
        energy = energy * gain
        if self.log is None:
            shifted: Real = (energy + np.float32(self.shift)) * np.float32(self.scale)
            return shifted
        logs = self._log(self._apply_floor(energy))
        if self.dynamic_range is not None:
            top = energy.max() if loudest is None else np.float32(loudest) * gain
            logs = np.maximum(logs, self._log(self._apply_floor(top)) - self.dynamic_range)
        return ((logs + self.shift) * self.scale).astype(np.float32)

    def _apply_floor(self, energy: npt.ArrayLike) -> npt.NDArray[np.float64]:
        energy = np.asarray(energy)
        energy_above_floor = energy + self.floor if self.floor_mode == "add" else np.maximum(energy, self.floor)
        return energy_above_floor.astype(np.float64)

    def energy(self, values: Real, statistics: Statistics | None = None) -> Real:
        """Undo all scaling: from the front-end's own scale to ``B · |STFT|^power`` of samples in [-1, 1].

        Raises
        ------
        ParameterError
            When a value corresponds to a negative or an infinite energy.
        """
        with np.errstate(over="ignore"):  # what overflows is infinite, which is refused below
            scaled = values if statistics is None else values * statistics.std + statistics.mean
            energy = self._exp(scaled.astype(np.float64) / self.scale - self.shift)
        if self.log is not None and self.floor_mode == "add":
            # Rounding errors of silence must not become sound.
            energy = np.where(energy > self.floor * (1 + _ROUNDING_OF_FLOOR), energy - self.floor, 0.0)
        energy = np.asarray(energy / self.input_scale**self.power)
        if energy.min() < 0:
            raise ParameterError(
                f"a cell of {values.min():.4g} is not a power (front-end {self.name!r} takes no logarithm): "
                "allowed is 0 or more; if the mel is in dB or log, use a front-end with that log, e.g. 'librosa-db'"
            )
        largest = largest_energy(self)
        if energy.max() > largest:
            raise ParameterError(
                f"a cell of {values.max():.4g} stands for an energy above {largest:g} in front-end "
                f"{self.name!r}; give fills and values in the front-end's own scale"
            )
        return energy.astype(np.float32)

    def floor_value(self, largest: float, statistics: Statistics | None = None) -> Real:
        """Return the lowest value of each bin in the front-end's own scale, shape (n_mels, 1).

        With a ``dynamic_range`` it depends on ``largest``, the clip's maximum, or on the one in the statistics.
        """
        if self.log is None:
            lowest = np.full((self.n_mels, 1), self.shift * self.scale, np.float32)
        else:
            lowest = np.full((self.n_mels, 1), (float(self._log(np.float64(self.floor))) + self.shift) * self.scale)
        top = largest if statistics is None else statistics.largest
        if self.dynamic_range is not None and top is not None:
            lowest = np.maximum(lowest, top - self.dynamic_range * self.scale)
        if statistics is not None:
            lowest = (lowest - statistics.mean) / statistics.std
        return lowest.astype(np.float32)

    def _log(self, energy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if self.log == "ln":
            return np.log(energy)
        return np.log10(energy) * (20 / self.power if self.log == "db" else 1.0)

    def _exp(self, logs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if self.log is None:
            return logs
        if self.log == "ln":
            return np.exp(logs)
        return np.asarray(10.0 ** (logs / (20 / self.power if self.log == "db" else 1.0)))


def _empty_filters_message(frontend: MelFrontend, empty: npt.NDArray[np.intp]) -> str:
    def fits(n_fft: int, n_mels: int) -> bool:
        return bool((frontend._bank(n_fft, n_mels).max(axis=1) > 0).all())

    fixes = []
    n_fft = next((n for n in (frontend.n_fft << k for k in range(1, 6)) if fits(n, frontend.n_mels)), None)
    if n_fft:
        fixes.append(f"raise n_fft to {n_fft}")
    # By bisection: trying thousands of filterbanks would take too long.
    enough, too_many = 0, frontend.n_mels
    while too_many - enough > 1:
        middle = (enough + too_many) // 2
        enough, too_many = (middle, too_many) if fits(frontend.n_fft, middle) else (enough, middle)
    if enough:
        fixes.append(f"lower n_mels to {enough}")
    fixes = fixes or ["widen the range between fmin_hz and fmax_hz"]
    filters = ", ".join(map(str, empty[:8])) + ("..." if len(empty) > 8 else "")
    return (
        f"front-end {frontend.name!r}: {len(empty)} of {frontend.n_mels} mel filters hold no FFT bin "
        f"(filters {filters}): {', or '.join(fixes)}"
    )
