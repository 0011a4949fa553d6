"""What a rule is: a function that looks at a session and reports what is wrong, and the stage at which it is asked.

Each module ``rules_*`` of this package ends with `RULES`, the tuple of its rules; `specaug_listen.checks.checker` goes
through all of them. A rule that is written there is asked without being named anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from .findings import Finding
from .trials import Session

__all__ = ["Rule", "Stage"]


class Stage(IntEnum):
    """When a rule is asked: a pipeline may remember its calls, so that their order belongs to what is found."""

    RANDOMNESS = 1  # is anything drawn, and does a seed bring it back?
    BATCHES = 2  # whose is what comes back in a batch, or in evaluation mode?
    AXES = 3  # are frames and bins what they should be?
    MASKS = 4  # of masks and warps; asked only where these can be read off
    HARD_CASES = 5  # what training data hold now and then
    REPETITION = 6  # does the first seed still give what it gave?
    CALLS = 7  # what single calls of all stages have shown


class Rule(NamedTuple):
    """A function that reports findings of a session, at its stage; of one stage, in the order of modules' names."""

    stage: Stage
    find: Callable[[Session], list[Finding]]
