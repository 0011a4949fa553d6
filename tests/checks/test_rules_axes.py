"""Bins that are treated as frames."""

from __future__ import annotations

from checked import ids_of
from pipelines import Reference


def test_an_output_with_axes_in_another_order_is_swapped():
    def turned(mels, lengths):
        return Reference()(mels, lengths).swapaxes(1, 2)

    assert ids_of(turned) == ("axes-swapped",)
