"""Scores that compare before and after: the table of all scores, and differences of mel spectrograms and signals.

Conventions: levels in dB, ``before`` first. Empty or silent input gives a finite value.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._imports import is_installed, require
from .audio.audio_in_memory import Audio
from .audio.conversion import as_audio
from .audio.sound import Sound
from .errors import ParameterError
from .frontends import AnyMel, MelSpectrogram

__all__ = ["SCORES", "Score", "log_mel_rmse_db", "perceptual", "score", "spectral_convergence_db"]

Real = npt.NDArray[np.float32]
# Cells further below the loudest one do not count as different.
_RANGE_DB = 80.0
# Sample rate of both measures, and the length beyond which they take too long.
_RATE = 16000
_MAX_COMPARED_S = 60.0


@dataclass(frozen=True)
class Score:
    """Name and format of a score, and where it is shown.

    Parameters
    ----------
    key : str
        Its name in records, in `Audition.scores` and in CSV files.
    title : str
        For people, e.g. ``"time masked"``.
    unit : str
        ``"%"`` for ratios, which records store as numbers from 0 to 1.
    digits : int
        After the decimal point.
    direction : {"stronger", "closer", "signed"}
        Meaning of a larger value: a larger change, or a smaller one; ``signed`` values are around 0, which is no
        change.
    tolerance : float
        Upper bound of rounding differences between versions or processors.
    about : str
        Explanation, if the title is not enough.
    is_fact : bool
        Whether it is in the list of each draw.
    is_main_column : bool
        Whether its column in the table of draws is visible at first; others follow on demand.
    part_of : str
        Key of the score of which it is the part in empty bins.
    package : str
        The optional package that computes it.
    absence : str
        Why no draw of a page has a value; empty if this needs no sentence.

    Examples
    --------
    >>> SCORES["level_change_db"].text(-3.04), SCORES["masked_time_ratio"].text(0.286)
    ('-3.0 dB', '29%')
    """

    key: str
    title: str
    unit: str
    digits: int
    direction: Literal["stronger", "closer", "signed"]
    tolerance: float
    about: str = ""
    is_fact: bool = False
    is_main_column: bool = False
    part_of: str = ""
    package: str = ""
    absence: str = "no draw has a value"

    @property
    def scale(self) -> float:
        """Units per value of 1: 100 for percent."""
        return 100.0 if self.unit == "%" else 1.0

    def decimals(self, values: Iterable[float]) -> int:
        """Return the decimals with which values are shown beside each other: one more if a percentage is small.

        Examples
        --------
        >>> SCORES["masked_time_ratio"].decimals([0.17, 0.006]), SCORES["masked_time_ratio"].decimals([0.17, 0.0])
        (1, 0)
        """
        return self.digits + (self.unit == "%" and any(0 < value < 0.01 for value in values))

    def number(self, value: float, decimals: int | None = None) -> str:
        """Format a value without its unit; small percentages get one more decimal.

        Examples
        --------
        >>> SCORES["masked_time_ratio"].number(0.0021), SCORES["level_change_db"].number(2)
        ('0.2', '+2.0')
        """
        decimals = self.decimals([value]) if decimals is None else decimals
        return f"{value * self.scale:{'+' if self.direction == 'signed' else ''}.{decimals}f}"

    def difference(self, before: float, after: float, decimals: int | None = None) -> str:
        """Format the second value minus the first, as a reader would subtract the numbers that `number` gives.

        Without ``decimals``, both have those that both need.

        Examples
        --------
        >>> SCORES["masked_time_ratio"].difference(0.374, 0.256), SCORES["stoi"].difference(0.9, 0.9)
        ('-11', '0')
        """
        decimals = self.decimals([before, after]) if decimals is None else decimals
        change = Decimal(self.number(after, decimals)) - Decimal(self.number(before, decimals))
        return f"{change:+}" if change else "0"

    def text(self, value: float) -> str:
        """Format a value with its unit."""
        return f"{self.number(value)}{'' if self.unit in ('', '%') else ' '}{self.unit}"


_AGAINST_COPY = "Of the rendering, against the copy-synthesis"
_EMPTY = "Masked, but in bins above all that the clip holds"
# Every score of a draw, in the order in which all lists and tables show them. The first empty bin is an estimate, so
# ratios of empty bins have a larger tolerance.
SCORES: dict[str, Score] = {
    row.key: row
    for row in (
        Score("masked_time_ratio", "time masked", "%", 0, "stronger", 1e-3, "Share of the frames", is_fact=True),
        Score(
            "masked_frequency_ratio", "frequency masked", "%", 0, "stronger", 1e-3, "Share of the bins", is_fact=True
        ),
        Score(
            *("masked_area_ratio", "cells masked", "%", 0, "stronger", 1e-3),
            about="Share of the cells, a bin in a frame each",
            is_fact=True,
            is_main_column=True,
        ),
        Score(
            *("masked_frequency_empty_ratio", "frequency empty", "%", 0, "stronger", 0.05, _EMPTY),
            part_of="masked_frequency_ratio",
            absence="",
        ),
        Score(
            *("masked_area_empty_ratio", "cells empty", "%", 0, "stronger", 0.05, _EMPTY),
            part_of="masked_area_ratio",
            absence="",
        ),
        Score(
            *("longest_gap_ms", "longest gap", "ms", 0, "stronger", 0.1, "Longest run of masked frames"),
            is_fact=True,
            is_main_column=True,
        ),
        Score(
            *("warp_displacement_ms", "warp", "ms", 0, "signed", 0.1),
            about="How far the warp moves its moment; a mean is of the sizes",
            is_fact=True,
            absence="no draw is warped",
        ),
        Score(
            *("loudest_fill_vs_p95_db", "loudest fill", "dB", 1, "signed", 0.1),
            about="Against the clip's 95th percentile cell, which stands for the level of speech",
            is_fact=True,
            is_main_column=True,
            absence="no draw has a mask",
        ),
        Score(
            *("log_mel_rmse_db", "mel change", "dB RMS", 1, "stronger", 0.1),
            about="Root mean square difference of the mel's cells",
            is_fact=True,
            is_main_column=True,
        ),
        Score("level_change_db", "level change", "dB", 1, "signed", 0.1, _AGAINST_COPY, is_fact=True),
        Score("peak_change_db", "peak change", "dB", 1, "signed", 1.0, _AGAINST_COPY),
        Score(
            *("stoi", "STOI", "", 3, "closer", 0.02, f"{_AGAINST_COPY}; higher is closer"),
            is_main_column=True,
            package="pystoi",
        ),
        Score(*("pesq", "PESQ", "", 2, "closer", 0.2, f"Wide band. {_AGAINST_COPY}; higher is closer"), package="pesq"),
    )
}


def log_mel_rmse_db(before: AnyMel, after: AnyMel) -> float:
    """Compute the RMS difference of the cells in dB; cells are clamped to 80 dB below the loudest cell of ``before``.

    Raises
    ------
    ParameterError
        When the two differ in size.

    Examples
    --------
    >>> from specaug_listen import Audio, frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(16000) * 0.2), 16000))
    >>> log_mel_rmse_db(mel, mel)
    0.0
    """
    _check_same_size(before, after)
    floor = max(max(float(part.power.max()) for part in before.parts()) * 10 ** (-_RANGE_DB / 10), 1e-30)
    total = 0.0
    for one, other in zip(before.parts(), after.parts(), strict=True):
        difference = 10 * np.log10(np.maximum(one.power, floor)) - 10 * np.log10(np.maximum(other.power, floor))
        total += float(np.square(difference, dtype=np.float64).sum())
    return float(np.sqrt(total / (before.n_mels * before.n_frames)))


def spectral_convergence_db(before: MelSpectrogram, after: MelSpectrogram) -> float:
    """Compute ``20 log10(‖√after − √before‖ / ‖√before‖)`` of the mel powers, clamped to -200 to 200 dB.

    Raises
    ------
    ParameterError
        When the two differ in size.
    """
    _check_same_size(before, after)
    a, b = (np.sqrt(mel.power, dtype=np.float64) for mel in (before, after))
    ratio = np.linalg.norm(b - a) / max(float(np.linalg.norm(a)), 1e-30)
    return float(np.clip(20 * np.log10(max(ratio, 1e-30)), -200, 200))


def score(before: Sound | Any, after: Sound | Any) -> dict[str, float]:
    """Compute the level changes between two renderings of one clip.

    Parameters
    ----------
    before, after : Audio, SpooledAudio, path, or (samples, sample_rate)
        With the same rate and length.

    Returns
    -------
    dict
        ``level_change_db`` (of the RMS level) and ``peak_change_db``; 0 if both are silent.

    Raises
    ------
    ParameterError
        When rate or length differ.
    """
    before, after = (_as_sound(sound, what) for sound, what in ((before, "before"), (after, "after")))
    if (before.sample_rate, before.n_samples) != (after.sample_rate, after.n_samples):
        raise ParameterError(
            f"{before.n_samples} samples at {before.sample_rate} Hz against {after.n_samples} at {after.sample_rate} "
            "Hz: expected two renderings of one clip"
        )
    return {
        "level_change_db": max(after.rms_db, -200.0) - max(before.rms_db, -200.0),
        "peak_change_db": 20 * float(np.log10(max(after.peak, 1e-10) / max(before.peak, 1e-10))),
    }


def _as_sound(sound: Any, what: str) -> Sound:
    return sound if isinstance(sound, Sound) else as_audio(sound, what=what)


def perceptual(before: Sound, after: Sound, *, comparable: bool = True) -> dict[str, float | None]:
    """Compute STOI and wide-band PESQ of ``after`` against ``before``, as far as the packages are installed.

    Both compare moment by moment, so they are meaningless across a time warp. They were made for coding and
    enhancement: read them as the size of the change, not as its quality.

    Parameters
    ----------
    before, after : Audio or SpooledAudio
        With the same rate and length.
    comparable : bool
        Whether the same moment of both is the same moment of the clip.

    Returns
    -------
    dict
        ``stoi`` and ``pesq``, if pystoi and pesq are installed; None if they cannot be computed: not comparable, too
        short, too long, or silent.

    References
    ----------
    C. H. Taal et al., "An algorithm for intelligibility prediction of time-frequency weighted noisy speech", 2011;
    ITU-T P.862.2.

    Examples
    --------
    >>> from specaug_listen import Audio
    >>> clip = Audio(np.random.default_rng(0).uniform(-0.1, 0.1, 16000), 16000)
    >>> all(value is None for value in perceptual(clip, clip, comparable=False).values())
    True
    """
    measures = {"stoi": _stoi, "pesq": _pesq}
    available = {key: measure for key, measure in measures.items() if is_installed(SCORES[key].package)}
    if not available or not comparable or before.n_samples > _MAX_COMPARED_S * before.sample_rate:
        return dict.fromkeys(available)
    pair = [Audio(sound.read(0, sound.n_samples), sound.sample_rate) for sound in (before, after)]
    pair = [sound.to_mono().resample(_RATE) for sound in pair]
    if min(sound.peak for sound in pair) == 0:
        return dict.fromkeys(available)
    return {name: measure(*(sound.samples[0] for sound in pair)) for name, measure in available.items()}


def _stoi(before: Real, after: Real) -> float | None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = float(require("pystoi", purpose="STOI").stoi(before, after, _RATE))
        except np.exceptions.AxisError:  # less than one of its windows of 25.6 ms
            return None
    # For a clip that is too short it returns a number, with a warning.
    return None if caught or not np.isfinite(value) else round(value, 4)


def _pesq(before: Real, after: Real) -> float | None:
    pesq = require("pesq", purpose="PESQ")
    try:
        return round(float(pesq.pesq(_RATE, before, after, "wb")), 3)
    except pesq.PesqError:  # no speech, or too short
        return None


def _check_same_size(before: AnyMel, after: AnyMel) -> None:
    sizes = (before.n_mels, before.n_frames), (after.n_mels, after.n_frames)
    if sizes[0] != sizes[1]:
        raise ParameterError(f"mels of shapes {sizes[0]} and {sizes[1]}: expected two of one size")
