"""Runs that take no time: one mask, and the clip's own phase; `import quick_runs` works from every room."""

from __future__ import annotations

import numpy as np

from specaug_listen import Audio, Policy, save
from specaug_listen.auditions import Configuration
from specaug_listen.augment import TimeMask
from specaug_listen.frontends import WHISPER
from specaug_listen.vocoders import OriginalPhase

__all__ = ["QUICK", "RUN", "KilledError", "sound"]

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=9)], "gap"), OriginalPhase(), draws=1, seed=4)
QUICK = ("--vocoder", "original-phase", "--no-report")


def sound(path, n_samples=4000, pitch=440.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, Audio(np.sin(np.arange(n_samples) * pitch * 2 * np.pi / 16000) / 2, 16000))
    return path


class KilledError(BaseException):
    """Stands for a kill: nothing is written after it."""
