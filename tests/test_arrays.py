"""How many cells an array may have, also of a file that is smaller than they are."""

from __future__ import annotations

from specaug_listen._arrays import check_cells


def test_short_silence_may_shrink_and_long_sound_may_be_long():
    check_cells((80, 1000), "x", n_stored=100)
    check_cells((80, 800_000), "x", n_stored=80 * 800_000 * 2)
