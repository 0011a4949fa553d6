"""Effects are read from data, not from messages."""

from __future__ import annotations

import numpy as np
import pytest
from checked import notes_of, quick_check
from pipelines import ADAPTER

from specaug_listen.augment import Draw
from specaug_listen.checks.pipelines import Outcome
from specaug_listen.checks.probes import Probe
from specaug_listen.checks.session import effect_of


@pytest.mark.parametrize(("n", "lines"), [(3, ()), (0, ("5 of 9 time masks lie in the padding",))])
def test_masks_of_a_policy_in_the_padding_are_a_number_of_its_draw(n, lines):
    probe = Probe(20, 30, -1.0, 1.0)
    draw = Draw(20, 30, warnings=lines, n_masks_in_padding=n)
    outcome = Outcome((np.pad(probe.values, ((0, 0), (0, 9))),), draws=(draw,))
    assert effect_of(outcome, probe, 0.0).n_in_padding == n


def test_masks_of_a_filter_are_not_looked_for():
    def noisy(mels, lengths):
        return mels + np.random.uniform(-0.3, 0.3, mels.shape).astype(mels.dtype)  # noqa: NPY002

    result = quick_check(noisy, adapter=ADAPTER)
    assert result.findings == ()
    assert notes_of(result) == ("it changes all cells of a clip: masks and warps could not be checked",)
