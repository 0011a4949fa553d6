"""The rules of a check, and the stages in which they run.

Each module ``rules_*`` of this package ends with `RULES`, the tuple of its rules; `specaug_listen.checks.checker`
collects them from there, so a new rule needs no other registration.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from .findings import Finding
from .session import Session

__all__ = ["Rule", "Stage"]


class Stage(IntEnum):
    """When a rule runs: a pipeline may keep state between calls, so findings can depend on the order of calls."""

    RANDOMNESS = 1  # is anything random, and does a seed reproduce it?
    BATCHES = 2  # do items of a batch, and evaluation mode, get what they should?
    AXES = 3  # are frames and bins in their places?
    MASKS = 4  # masks and warps; skipped if they cannot be read off the probe
    HARD_CASES = 5  # rare inputs in training data
    REPETITION = 6  # does the first seed still give its first result?
    CALLS = 7  # summary of what single calls of all stages have shown


class Rule(NamedTuple):
    """A function that looks for a fault in a session, and the stage in which it runs.

    The rules of a stage run in the order of their modules' names.
    """

    stage: Stage
    find: Callable[[Session], list[Finding]]
