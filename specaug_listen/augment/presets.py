"""The policies of the papers [1]_ [2]_.

References
----------
.. [1] D. S. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition",
   Interspeech 2019, arXiv:1904.08779.
.. [2] D. S. Park et al., "SpecAugment on Large Scale Datasets", ICASSP 2020, arXiv:1912.05533.
"""

from __future__ import annotations

from .paper_transforms import FrequencyMask, TimeMask, TimeWarp
from .policy import Policy

__all__ = ["ADAPTIVE", "LB", "LD", "NONE", "POLICIES", "SM", "SS"]


def _paper(name: str, w: int, f: int, m_f: int, t: int, p: float, m_t: int) -> Policy:
    """Return a policy from a row of table 1 of Park et al. 2019; the transforms are in the order of its section 2."""
    masks = FrequencyMask(count=m_f, max_bins=f), TimeMask(count=m_t, max_frames=t, max_ratio=p)
    return Policy((TimeWarp(w), *masks), name)


NONE = Policy((), "none")
LB = _paper("LB", w=80, f=27, m_f=1, t=100, p=1.0, m_t=1)
LD = _paper("LD", w=80, f=27, m_f=2, t=100, p=1.0, m_t=2)
SM = _paper("SM", w=40, f=15, m_f=2, t=70, p=0.2, m_t=2)
SS = _paper("SS", w=40, f=27, m_f=2, t=70, p=0.2, m_t=2)
# Park et al. 2020: F = 27, m_F = 2, p_M = p_S = 0.04, at most 20 masks. W = 80 is the 2019 paper's for LibriSpeech;
# whether the 2020 paper keeps it for its adaptive policy could not be verified.
ADAPTIVE = Policy(
    (
        TimeWarp(80),
        FrequencyMask(count=2, max_bins=27),
        TimeMask(max_frames=None, max_ratio=0.04, count_ratio=0.04, max_count=20),
    ),
    "adaptive",
)
POLICIES = {policy.name: policy for policy in (NONE, LB, LD, SM, SS, ADAPTIVE)}
