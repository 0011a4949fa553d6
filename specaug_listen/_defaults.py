"""Defaults and limits that a command and the call of its name share.

They are at the bottom because ``--help`` shows them, and must not load the modules above.
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "DEFAULT_BUDGET_MB",
    "DEFAULT_CHANNELS",
    "DEFAULT_CHECK_DRAWS",
    "DEFAULT_DRAWS",
    "DEFAULT_POLICY",
    "DEFAULT_SEED",
    "DEFAULT_SHARE",
    "DEFAULT_TIMEOUT_S",
    "DEFAULT_VOCODER",
    "MAX_DRAWS",
    "MAX_SEED",
]

DEFAULT_POLICY = "LD"
DEFAULT_VOCODER = "joint"
# A JSON number above 2^53 is no longer exact in JavaScript and in many JSON readers.
DEFAULT_SEED, MAX_SEED = 0, 2**53 - 1
# Draws of each clip, or of each combination of a sweep.
DEFAULT_DRAWS, MAX_DRAWS = 1, 1000
# Layout of the written WAV files.
DEFAULT_CHANNELS: Literal["mono"] = "mono"
# Size limit of a page in one file, and of a page in a notebook.
DEFAULT_BUDGET_MB = 12.0
# Of a check: draws for one statistic, share of a short clip that a mask may cover, and time limit of a call.
DEFAULT_CHECK_DRAWS, DEFAULT_SHARE, DEFAULT_TIMEOUT_S = 1000, 0.5, 60.0
