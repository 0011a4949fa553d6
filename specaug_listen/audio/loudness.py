"""How loud a sound is to a listener (ITU-R BS.1770), and the gains that make several equally loud."""

from __future__ import annotations

import atexit
import math
import os
import struct
import subprocess
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from .._imports import require
from .sound import Sound

__all__ = ["loudness_lufs", "matching_gains_db", "measure_elsewhere"]

Real = npt.NDArray[np.float32]

# BS.1770 gates blocks of 0.4 s; a shorter sound is one block.
_BLOCK_S = 0.4
_LEAST_SAMPLES = 16
# Gates leave nothing of what is quieter; no gain would make it heard.
_QUIETEST_LUFS = -70.0
# Rate, samples and channels go before the samples; the loudness comes back.
_HEAD, _ANSWER = struct.Struct("<QQQ"), struct.Struct("<d")


def loudness_lufs(sound: Sound) -> float | None:
    """Integrated loudness; of a sound shorter than 0.4 s that of its one block.

    Parameters
    ----------
    sound : Audio or SpooledAudio

    Returns
    -------
    float [LUFS] or None
        None for silence, and for what lies below the gate of -70 LUFS.

    References
    ----------
    ITU-R BS.1770-4, as in pyloudnorm.

    Examples
    --------
    >>> from specaug_listen import Audio
    >>> tone = Audio(np.sin(2 * np.pi * 997 * np.arange(48000) / 48000), 48000)
    >>> abs(loudness_lufs(tone) - -3.01) < 0.1
    True
    >>> loudness_lufs(Audio(np.zeros(48000), 48000)) is None
    True
    """
    if sound.n_samples < _LEAST_SAMPLES or sound.peak == 0:
        return None
    samples = np.ascontiguousarray(sound.read(0, sound.n_samples).T, dtype=np.float32)
    found = _Elsewhere.measured(samples, sound.sample_rate)
    if found is None:
        found = _measured(samples, sound.sample_rate)
    return found if math.isfinite(found) and found > _QUIETEST_LUFS else None


def measure_elsewhere() -> None:
    """Begin a process that measures from now on: pyloudnorm takes as long to import as a clip to render."""
    if _Elsewhere.process is None and sys.executable:
        with suppress(OSError):
            _Elsewhere.process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            _Elsewhere.owner = os.getpid()
            atexit.register(_Elsewhere.end)


class _Elsewhere:
    """The process that measures, if there is one: what it gives is what this one would."""

    process: subprocess.Popen[bytes] | None = None
    owner: int = 0

    @classmethod
    def measured(cls, samples: Real, rate: int) -> float | None:
        """What it found; None where there is none, or it is gone."""
        if cls.process is None or cls.process.stdin is None or cls.process.stdout is None:
            return None
        if cls.owner != os.getpid():  # a fork would read what its parent asked for
            return None
        try:
            cls.process.stdin.write(_HEAD.pack(rate, *samples.shape) + samples.tobytes())
            cls.process.stdin.flush()
            (found,) = _ANSWER.unpack(cls.process.stdout.read(_ANSWER.size))
        except (OSError, ValueError, struct.error):
            cls.end()
            return None
        return float(found)

    @classmethod
    def end(cls) -> None:
        """Let it go."""
        process, cls.process = cls.process, None
        if process is not None and cls.owner == os.getpid():
            # Of a process that has given up its rights since, only the end of its input can be told.
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            with suppress(OSError):
                process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=2)


def _measured(samples: Real, rate: int) -> float:
    block_s = min(_BLOCK_S, len(samples) / rate)
    meter = require("pyloudnorm", purpose="matching loudness").Meter(rate, block_size=block_s)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(meter.integrated_loudness(samples.astype(np.float64)))


def _serve() -> None:
    """Measure what comes in until nothing does."""
    require("pyloudnorm", purpose="matching loudness")
    while len(head := sys.stdin.buffer.read(_HEAD.size)) == _HEAD.size:
        rate, n_samples, n_channels = _HEAD.unpack(head)
        data = sys.stdin.buffer.read(4 * n_samples * n_channels)
        samples = np.frombuffer(data, dtype=np.float32).reshape(n_samples, n_channels)
        sys.stdout.buffer.write(_ANSWER.pack(_measured(samples, rate)))
        sys.stdout.buffer.flush()


def matching_gains_db(loudness: Sequence[float | None], peaks: Sequence[float]) -> list[float | None]:
    """Gains after which all sounds are as loud as the first one that has a loudness, or as loud as none clips.

    Parameters
    ----------
    loudness : sequence of float [LUFS] or None
    peaks : sequence of float >= 0
        Largest absolute sample of each.

    Returns
    -------
    list of float [dB] or None
        None where there is no loudness.

    Examples
    --------
    >>> matching_gains_db([-20.0, -26.0, None], [0.5, 0.5, 0.0])
    [0.0, 6.0, None]
    >>> matching_gains_db([-20.0, -26.0], [0.5, 1.0])
    [-6.0, 0.0]
    """
    known = [level for level in loudness if level is not None]
    if not known:
        return [None for _ in loudness]
    gains = [None if level is None else known[0] - level for level in loudness]
    highest = max(
        gain + 20 * math.log10(max(peak, 1e-10)) for gain, peak in zip(gains, peaks, strict=True) if gain is not None
    )
    return [None if gain is None else round(gain - max(0.0, highest), 2) for gain in gains]


if __name__ == "__main__":
    _serve()
