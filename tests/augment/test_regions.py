"""Replacing regions of mels in memory and of streams."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Audio, Policy, frontends
from specaug_listen.augment import FrequencyMask, TimeMask
from specaug_listen.augment.framework_transforms import Copy
from specaug_listen.frontends import MelStream

MEL = frontends.WHISPER(Audio(np.random.default_rng(0).normal(scale=0.1, size=16000), 16000))
STREAM = MelStream(MEL.frontend, MEL.n_frames, MEL.n_samples, lambda begin, end: MEL.values[:, begin:end])


@pytest.mark.parametrize(
    "transforms",
    [
        [TimeMask(count=1500, max_frames=3, fill="band_mean")],  # more than Python nests calls
        [Copy(count=3), TimeMask(count=2, fill="noise"), FrequencyMask(fill="frame_mean"), Copy(count=3)],
    ],
)
def test_a_stream_is_changed_as_the_mel_in_memory_is(transforms):
    draw = Policy(transforms).draw(MEL, rng=0)
    made, expected = draw.apply(STREAM), draw.apply(MEL).values
    np.testing.assert_array_equal(made.values_at(0, MEL.n_frames), expected)
    np.testing.assert_array_equal(made.values_at(31, 57), expected[:, 31:57])
    assert not np.array_equal(expected, MEL.values)
    np.testing.assert_array_equal(STREAM.values_at(0, MEL.n_frames), MEL.values)
