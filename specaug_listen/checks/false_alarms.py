"""How often a pipeline that is right may be called faulty: the level of each test that rests on counts.

The levels are so low that nobody has to ask whether a finding is an accident. Their sum over all tests of a check
bounds the probability of any false alarm (Bonferroni), however the tests depend on one another. On the six clips that
are made:

- Places (`PLACES`, 1e-6): of two kinds of masks on 6 clips, both ends, while draws are added (9 looks at most): 216
  tests. Of four kinds on one clip, what is rare, frequent, at either end, or far from all laws of starts, at two looks:
  40; steps: 4; widths: 8; masks beside a shorter clip: 1. Together 2.7e-4.
- Ends (`ENDS`, 1e-5): two of bins and two of frames: 4e-5.
- Warps (`WARPS`, 1e-5): one test of sides, and one of each clip but the longest: 6e-5.
- Items of a batch (`ITEMS`, 1e-5): a look after each batch from the 8th to the 32nd: 2.5e-4.

So a check raises a false alarm in less than one of 1,500 runs, and as looks at draws that grow mostly see the same, far
more rarely. `CRASHES` is no part of that sum: an error is a finding either way, and the test chooses its name alone.
"""

from __future__ import annotations

__all__ = ["CRASHES", "ENDS", "ITEMS", "PLACES", "WARPS"]

# Probability that one test of where masks lie speaks up where places are alike.
PLACES = 1e-6
# Probability that an end is never touched although it is as likely as any other place.
ENDS = 1e-5
# Probability that warps of a fair pipeline all go one way, or leave out one clip.
WARPS = 1e-5
# Probability that any of the items of a batch is changed so rarely although all are treated alike.
ITEMS = 1e-5
# Probability that errors which clips of any length raise are named after short ones.
CRASHES = 1e-4
