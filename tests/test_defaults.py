"""The values that commands and calls share are ones that both take."""

from __future__ import annotations

import pytest

from specaug_listen import Audio, _defaults, audition
from specaug_listen.cli.options import LAYOUTS
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.vocoders import Joint, get_vocoder


def test_the_defaults_are_known_names():
    assert get_policy(_defaults.DEFAULT_POLICY).name == "LD"
    assert isinstance(get_vocoder(_defaults.DEFAULT_VOCODER), Joint)
    assert _defaults.DEFAULT_CHANNELS in LAYOUTS


def test_one_more_draw_than_the_most_is_refused_with_that_number():
    with pytest.raises(ParameterError, match=rf"draws=1001: allowed is .* to {_defaults.MAX_DRAWS}$"):
        audition(Audio([0.1] * 800, 16000), draws=_defaults.MAX_DRAWS + 1)
