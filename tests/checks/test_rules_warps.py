"""Warps that are declared, but do nothing."""

from __future__ import annotations

from checked import quick_check
from pipelines import ADAPTER, Reference


def test_a_warp_that_is_declared_and_never_made_is_ineffective():
    class Declared(Reference):
        def __init__(self):
            self.time_warp_window = 5

        def warped(self, clip, rng):
            return clip

    (finding,) = quick_check(Declared(), adapter=ADAPTER).findings
    assert finding.id == "warp-ineffective"
    assert "time_warp_window is declared, and no frame moved in" in finding.evidence
