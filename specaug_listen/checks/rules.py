"""Rules of a check, their stages, and the significance levels of their statistical tests.

Each module ``rules_*`` of this package ends with `RULES`, the tuple of its rules; `specaug_listen.checks.checker`
collects them from there, so a new rule needs no other registration.

The significance level of a test is the probability that it fires on a correct pipeline. The sum of the levels of all
tests of a check is an upper bound of the probability of a false alarm, however the tests depend on each other
(Bonferroni). The levels are so low that a user need not ask whether a finding is a coincidence. These are the sums for
the six default clips:

- `PLACES_SIGNIFICANCE`, 1e-6. Two kinds of masks on 6 clips, both ends, at up to 9 looks while draws are added: 216
  tests. Four kinds on one clip, each tested for rarely and frequently masked places, for either end and for the
  distance from all laws of starts, at two looks: 40. Steps: 4. Widths: 8. Masks beside a shorter clip: 1. In all
  2.7e-4.
- `ENDS_SIGNIFICANCE`, 1e-5. Two tests of bins and two of frames: 4e-5.
- `WARPS_SIGNIFICANCE`, 1e-5. One test of sides, and one of each clip but the longest: 6e-5.
- `ITEMS_SIGNIFICANCE`, 1e-5. One look after each batch from the 8th to the 32nd: 2.5e-4.

So fewer than one in 1,500 checks of correct pipelines raises a false alarm; far fewer in practice, because successive
looks at a growing sample are strongly correlated. `CRASHES_SIGNIFICANCE` is not part of the sum: an error is a finding
in any case, and that test only decides its name.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from .findings import Finding
from .session import Session

__all__ = [
    "CRASHES_SIGNIFICANCE",
    "ENDS_SIGNIFICANCE",
    "ITEMS_SIGNIFICANCE",
    "PLACES_SIGNIFICANCE",
    "WARPS_SIGNIFICANCE",
    "Rule",
    "Stage",
]

# Null hypothesis of each: all places are equally likely,
PLACES_SIGNIFICANCE = 1e-6
# an end is as likely as any other place,
ENDS_SIGNIFICANCE = 1e-5
# warps go both ways, and clips of all lengths are warped alike,
WARPS_SIGNIFICANCE = 1e-5
# all items of a batch are treated alike,
ITEMS_SIGNIFICANCE = 1e-5
# errors do not depend on the length of the clip.
CRASHES_SIGNIFICANCE = 1e-4


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
    """A function that returns findings for a session, and its stage; within a stage, rules run by module name."""

    stage: Stage
    find: Callable[[Session], list[Finding]]
