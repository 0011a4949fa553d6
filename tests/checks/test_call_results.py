"""What earlier calls were given and gave is held, so that a change of it is found later."""

from __future__ import annotations

import numpy as np

from specaug_listen.checks.call_results import EarlierCalls


def test_what_is_changed_some_calls_later_is_found_when_it_is_let_go():
    memory, arrays = EarlierCalls(), [np.zeros(3) for _ in range(10)]
    told = []
    for i, array in enumerate(arrays):
        if i == 5:
            arrays[1][0] = np.nan  # as a thread does that a call left behind
        told.append(memory.changes(print))
        memory.add(print, None, array)
    assert [i for i, changes in enumerate(told) if changes] == [9]
    assert told[9] == {"result-overwritten": "the result of an earlier call holds other values after a later one"}


def test_what_holds_nan_and_stays_as_it_is_is_no_change():
    memory = EarlierCalls()
    memory.add(print, np.full(3, np.nan), np.full(3, np.nan))
    assert memory.changes(print) == {}
