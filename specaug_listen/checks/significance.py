"""Significance levels of the statistical tests of a check, and how often a correct pipeline raises a false alarm.

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
- `CLIPS_SIGNIFICANCE`, 1e-6. One test of each clip: 6e-6.
- `ITEMS_SIGNIFICANCE`, 1e-5. One look after each batch from the 8th to the 32nd: 2.5e-4.

So fewer than one in 1,500 checks of correct pipelines raises a false alarm; far fewer in practice, because successive
looks at a growing sample are strongly correlated. `CRASHES_SIGNIFICANCE` is not part of the sum: an error is a finding
in any case, and that test only decides its name.
"""

from __future__ import annotations

import math

__all__ = [
    "CLIPS_SIGNIFICANCE",
    "CRASHES_SIGNIFICANCE",
    "ENDS_SIGNIFICANCE",
    "ITEMS_SIGNIFICANCE",
    "PLACES_SIGNIFICANCE",
    "WARPS_SIGNIFICANCE",
    "may_be_chance",
]

# Null hypothesis: all places are equally likely.
PLACES_SIGNIFICANCE = 1e-6
# Null hypothesis: an end is as likely as any other place.
ENDS_SIGNIFICANCE = 1e-5
# Null hypothesis: warps go both ways, and clips of all lengths are warped alike.
WARPS_SIGNIFICANCE = 1e-5
# Null hypothesis: clips of all lengths are changed alike.
CLIPS_SIGNIFICANCE = 1e-6
# Null hypothesis: all items of a batch are treated alike.
ITEMS_SIGNIFICANCE = 1e-5
# Null hypothesis: errors do not depend on the length of the clip.
CRASHES_SIGNIFICANCE = 1e-4


def may_be_chance(n: int, share: float, significance: float) -> bool:
    """Whether none of ``n`` draws may by chance show what a share of draws shows: with probability (1 - share)^n.

    Examples
    --------
    >>> may_be_chance(3, 0.5, 1e-5), may_be_chance(30, 0.5, 1e-5), may_be_chance(1, 1.0, 1e-5)
    (True, False, False)
    """
    return share < 1 and n * math.log1p(-share) > math.log(significance)
