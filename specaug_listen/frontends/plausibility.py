"""Whether the values of a mel are plausible for its front-end, and which other scale would explain them.

A mel does not state its scale: natural logarithms read as decibels also give a sound, but a wrong one. Level and spread
tell them apart. Speech, music and noise spread by 5 to 40 dB over the cells of a mel, no cell is louder than a sine at
full scale, and none is below the floor of its front-end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._notices import Notice
from ..errors import ParameterError
from ..stft import get_window
from .statistics import GlobalStatistics

if TYPE_CHECKING:
    from .frontend import MelFrontend
    from .mel import MelSpectrogram

__all__ = ["implausible_notices", "own_range", "typical_statistics"]

Wide = npt.NDArray[np.float64]

# Long-term average spectrum of speech in thirds of an octave, at 70 dB in all (Byrne et al., JASA 96, 1994, table II).
_THIRDS_HZ = (
    *(63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000),
    *(6300, 8000, 10000, 12500, 16000),
)
_THIRDS_DB = (
    *(38.6, 43.5, 54.4, 57.7, 56.8, 60.2, 60.3, 59.0, 62.1, 62.1, 60.5, 56.8, 53.7, 53.0, 52.0, 48.7, 48.1, 46.8),
    *(45.6, 44.5, 44.3, 43.7, 43.4, 41.3, 40.7),
)
_WIDTH_OF_A_THIRD = 2 ** (1 / 6) - 2 ** (-1 / 6)
# Speech at -26 dB re full scale, as in ITU-T P.56; pauses lower the mean of its levels, measured on recordings.
_LEVEL_DB, _PAUSES_DB, _SPREAD_DB = -26.0, -15.0, 15.0
_LEAST_OF_NOISE_DB, _LEAST_SPREAD_DB, _MAX_SPREAD_DB = 2.0, 5.0, 40.0
# Measured on speech, music and noise: in a bin of noise, levels spread by 5 dB and change within 30 ms; in all other
# sounds they spread by 10 dB or more.
_LEAST_IN_BINS_DB, _FLAT_DB, _LAG_S = 8.5, 13.0, 0.03
_LEAST_OF_SPEECH_DB, _LEAST_ELSEWHERE_DB = 9.0, 12.5
_QUIETEST_PEAK_DB, _MARGIN_DB = -75.0, 6.0
_SHARE_AT_FLOOR = 0.001
_TOLERANCE_OF_STATISTICS_DB = 20.0
_LEAST_FRAMES = 20
_SILENCE = 1e-12


class _Scale(NamedTuple):
    """A scale of other programs: its name, dB of power per unit, and a value in dB that is added."""

    name: str
    db_per_unit: float
    shift: float = 0.0


_LN = 10 / math.log(10)
_SCALES = (
    _Scale("natural logarithms of powers", _LN),
    _Scale("natural logarithms of magnitudes", 2 * _LN),
    _Scale("log10 of powers", 10.0),
    _Scale("log10 of magnitudes", 20.0),
    _Scale("dB", 1.0),
    _Scale("Whisper's (log10 + 4) / 4", 40.0, -40.0),
)


def full_scale_energy(frontend: MelFrontend) -> float:
    """Return the energy of a full-scale sine in the bin with the largest response, for samples in [-1, 1]."""
    framing = frontend.framing
    peak = (get_window(framing.window, framing.win_length).astype(np.float64).sum() / 2) ** frontend.power
    gain = (1 + frontend.preemphasis) ** frontend.power
    # The main lobe of the window also covers the neighbouring FFT bins. They add about half of the peak's energy.
    return float(1.5 * peak * gain * frontend.filterbank().max())


def own_range(frontend: MelFrontend) -> tuple[float, float]:
    """Return the lowest and highest value of a front-end's mels before normalisation: the floor, and a full-scale sine.

    Examples
    --------
    >>> from specaug_listen.frontends import WHISPER
    >>> low, high = own_range(WHISPER)
    >>> round(low, 2), 1.4 < high < 2
    (-1.5, True)
    """
    high = float(frontend.compress(np.full((1, 1), full_scale_energy(frontend), np.float32))[0, 0])
    low = float(frontend.compress(np.zeros((1, 1), np.float32))[0, 0])
    return low, high


def typical_statistics(frontend: MelFrontend) -> GlobalStatistics:
    """Return mean and standard deviation of each bin for speech at a usual level, in the front-end's scale.

    Raises a ParameterError if the front-end takes no logarithm, because a spread in dB has no equivalent there.

    Examples
    --------
    >>> from specaug_listen.frontends import NEMO
    >>> typical = typical_statistics(NEMO)
    >>> -16 < typical.mean[0] < typical.mean[10] < -6, round(typical.std[0], 2)
    (True, 3.45)
    """
    if frontend.log is None:
        raise ParameterError(
            f"front-end {frontend.name!r} takes no logarithm, so there are no typical statistics; give the clip's own, "
            "mean=..,std=.."
        )
    energy = _speech_energy(frontend) * 10 ** (_PAUSES_DB / 20 * frontend.power)
    mean = frontend.compress(energy[:, np.newaxis].astype(np.float32), full_scale_energy(frontend))
    std = _SPREAD_DB / _db_per_unit(frontend)
    return GlobalStatistics(mean, (std,) * frontend.n_mels)  # type: ignore[arg-type]


def _speech_energy(frontend: MelFrontend) -> Wide:
    """Return the energy of long-term speech in each bin, for samples in [-1, 1]."""
    n_fft, rate, framing = frontend.n_fft, frontend.sample_rate, frontend.framing
    hz = np.arange(n_fft // 2 + 1) * rate / n_fft
    density = np.asarray(_THIRDS_DB) - 70 + _LEVEL_DB - 10 * np.log10(_WIDTH_OF_A_THIRD * np.asarray(_THIRDS_HZ))
    density_db = np.interp(np.log(np.maximum(hz, 20.0)), np.log(_THIRDS_HZ), density)
    window = get_window(framing.window, framing.win_length).astype(np.float64)
    power = 10 ** (density_db / 10) * rate / 2 * np.square(window).sum()
    power *= np.abs(1 - frontend.preemphasis * np.exp(-2j * np.pi * hz / rate)) ** 2
    bank = frontend.filterbank().astype(np.float64)
    return np.asarray(bank @ (np.sqrt(power) if frontend.power == 1 else power))


def _db_per_unit(frontend: MelFrontend) -> float:
    """Return the dB of power per unit of a front-end's values."""
    of_log = {"ln": 2 * _LN / frontend.power, "log10": 20 / frontend.power, "db": 1.0}
    return of_log[frontend.log or "db"] / frontend.scale


def implausible_notices(mel: MelSpectrogram) -> tuple[Notice, ...]:
    """Report implausible values of a mel, and which scales would explain them.

    Doubtful cases are not reported. If all cells are equal, only the level is checked.

    Examples
    --------
    >>> from specaug_listen import Audio
    >>> from specaug_listen.frontends import LHOTSE, MelSpectrogram
    >>> noise = LHOTSE(Audio(np.random.default_rng(0).standard_normal(16000) / 10, 16000))
    >>> implausible_notices(noise)
    ()
    >>> wrong = MelSpectrogram(noise.values * 4.34, LHOTSE)  # dB in place of natural logarithms
    >>> [notice.values["scales"] for notice in implausible_notices(wrong)]
    [['dB']]
    """
    frontend, values = mel.frontend, mel.values.astype(np.float64)
    raw = values if mel.statistics is None else values * mel.statistics.std + mel.statistics.mean
    is_constant = bool(values.max() - values.min() < _SILENCE)
    if frontend.log is None:
        return _linear_notices(mel, raw)
    # The statistics are rarely exactly the clip's own.
    tolerance = 0.0 if mel.statistics is None else _TOLERANCE_OF_STATISTICS_DB / _db_per_unit(frontend)
    own = _OwnScale(*own_range(frontend), _db_per_unit(frontend), frontend.hop_length / frontend.sample_rate, tolerance)
    if is_constant:
        return () if own.has_level(raw) else (_notice(mel, raw, own),)
    is_normalised = mel.statistics is None and _is_normalised(values, own)
    linear = bool(raw.min() >= 0 and raw.mean() > 1.5 * max(float(np.median(raw)), _SILENCE))
    linear = linear and not own.reaches_floor(raw)
    if own.fits(raw) and not (is_normalised or linear):
        return ()
    is_normalised = not linear and (is_normalised or (abs(values.mean()) < 0.1 and abs(values.std() - 1) < 0.1))
    is_only_flat = not is_normalised and own.is_flat(raw) and own.low <= raw.min() and raw.max() <= own.high
    looks_normalised = is_normalised or (not linear and abs(values.mean()) < 0.6 and 0.3 < values.std() < 1.5)
    scales = [] if linear or is_normalised else _fitting_scales(mel, raw, _LEAST_ELSEWHERE_DB if is_only_flat else 0.0)
    if is_only_flat and not (scales or linear):
        return ()  # unusual, but no other scale explains it
    details: dict[str, Any] = {
        "plain_fits": mel.statistics is not None and own.fits(values),
        "linear": linear,
        "scales": scales,
        "normalised": bool(looks_normalised),
    }
    if looks_normalised or not (linear or scales):
        typical = typical_statistics(frontend)
        means = np.asarray(typical.mean)
        std = math.hypot(float(np.std(means)), float(np.mean(typical.std))) / float(values.std())
        mean = float(means.mean()) - float(values.mean()) * std
        details["statistics"] = {"mean": _rounded(mean), "std": _rounded(std)}
    return (_notice(mel, raw, own, **details),)


def _notice(mel: MelSpectrogram, raw: Wide, own: _OwnScale, **details: Any) -> Notice:
    plain = {"plain_fits": False, "linear": False, "scales": [], "normalised": False}
    values = {"spread_db": _rounded(raw.std() * own.unit), "with_statistics": mel.statistics is not None}
    return Notice("implausible", {**_figures(mel, raw, own.low, own.high), **values, **plain, **details})


def _figures(mel: MelSpectrogram, raw: Wide, low: float, high: float) -> dict[str, Any]:
    return {
        "frontend": mel.frontend.name,
        "low": _rounded(raw.min()),
        "high": _rounded(raw.max()),
        "mean": _rounded(raw.mean()),
        "std": _rounded(raw.std()),
        "least": _rounded(low),
        "most": _rounded(high),
    }


class _OwnScale(NamedTuple):
    """Range of a front-end's values from its floor to full scale, dB per unit, and seconds per frame."""

    low: float
    high: float
    unit: float
    hop_s: float
    tolerance: float = 0.0

    def fits(self, raw: Wide) -> bool:
        """Whether values are plausible for a sound: within the range, not too quiet, and with a usual spread."""
        if not self.has_level(raw):
            return False
        if self.reaches_floor(raw):
            return True
        if raw.max() < self.high + _QUIETEST_PEAK_DB / self.unit:
            return False
        least = _LEAST_OF_NOISE_DB if _is_noise(raw, self.hop_s) else _LEAST_SPREAD_DB
        return least <= float(raw.std()) * self.unit <= _MAX_SPREAD_DB and not self.is_flat(raw)

    def has_level(self, raw: Wide) -> bool:
        """Whether all values are between the floor and full scale."""
        slack = max(1e-3 * (self.high - self.low), 0.25 / self.unit) + self.tolerance
        return bool(raw.min() >= self.low - slack and raw.max() <= self.high + _MARGIN_DB / self.unit + self.tolerance)

    def reaches_floor(self, raw: Wide) -> bool:
        """Whether some cells are at the floor, where no other scale has it."""
        return bool((np.abs(raw - self.low) <= 1e-3 * abs(self.low)).mean() > _SHARE_AT_FLOOR)

    def is_flat(self, raw: Wide) -> bool:
        """Whether levels spread less than those of any sound, except noise, that changes this slowly."""
        spread_db = float(np.median(raw.std(axis=1))) * self.unit
        spreads = float(raw.std()) * self.unit
        return spread_db < _LEAST_IN_BINS_DB and spreads < _FLAT_DB and not _is_noise(raw, self.hop_s)


def _is_noise(raw: Wide, hop_s: float) -> bool:
    """Whether successive frames are nearly uncorrelated, as in noise, whose levels spread less than those of speech."""
    lag = max(1, round(_LAG_S / hop_s))
    if raw.shape[1] < lag + _LEAST_FRAMES:
        return True
    centred = raw - raw.mean(axis=1, keepdims=True)
    before, after = centred[:, :-lag], centred[:, lag:]
    alike = (before * after).sum(axis=1) / np.maximum(
        np.sqrt(np.square(before).sum(axis=1) * np.square(after).sum(axis=1)), _SILENCE
    )
    return float(np.median(alike)) < 0.55


def _is_normalised(values: Wide, own: _OwnScale) -> bool:
    """Whether each bin has zero mean and unit standard deviation, unlike any sound, or all bins together do."""
    if values.shape[1] < _LEAST_FRAMES:
        return False
    means, stds = values.mean(axis=1), values.std(axis=1)
    if np.median(np.abs(means)) < 0.05 and np.median(np.abs(stds - 1)) < 0.1:
        return True
    is_alike = values.std() * own.unit < 10.0
    return bool(is_alike and abs(values.mean()) < 0.1 and abs(values.std() - 1) < 0.1)


def _fitting_scales(mel: MelSpectrogram, raw: Wide, least_in_bins_db: float = 0.0) -> list[str]:
    """Return the scales in which values have level and spread of a sound: at most two names, the likeliest first."""
    frontend = mel.frontend
    in_bins = float(np.median(raw.std(axis=1)))
    other = "magnitudes" if frontend.power == 2 else "powers"
    full = full_scale_energy(frontend) ** (2 / frontend.power)
    is_large = frontend.input_scale > 1
    # The front-end's own scale of samples is the most likely.
    for size in (frontend.input_scale, 1.0 if is_large else 32768.0):
        full_db = 10 * math.log10(full * size**2)
        suffix = "" if size == frontend.input_scale else " of samples in [-1, 1]" if is_large else " of 16-bit samples"
        names = []
        for scale in _SCALES:
            db = raw * scale.db_per_unit + scale.shift
            has_level = full_db - 60 <= db.max() <= full_db + _MARGIN_DB
            has_spread = _LEAST_OF_SPEECH_DB <= db.std() <= _MAX_SPREAD_DB
            if has_level and has_spread and in_bins * scale.db_per_unit >= least_in_bins_db:
                names.append(scale.name + suffix)
        if names:
            # A mel with this front-end's filters most likely has its power, too.
            alike = [name for name in names if other not in name]
            return (alike if alike or least_in_bins_db else names)[:2]
    return []


def _linear_notices(mel: MelSpectrogram, raw: Wide) -> tuple[Notice, ...]:
    """Report values that look like logarithms, although the front-end takes none: they are negative or too loud."""
    high = own_range(mel.frontend)[1]
    if raw.min() >= 0 and raw.max() <= high * 10 ** (_MARGIN_DB / 20 * mel.frontend.power):
        return ()
    values = {
        **_figures(mel, raw, 0.0, high), "with_statistics": mel.statistics is not None, "plain_fits": False,
        "linear": False, "normalised": False,
        "scales": ["powers of 16-bit samples"] if raw.min() >= 0 else _fitting_scales(mel, raw),
    }  # fmt: skip
    return (Notice("implausible", values),)


def _rounded(number: Any) -> float:
    return float(f"{float(number):.4g}")
