"""Every public callable answers a value of the wrong type with the package's own error, in one bounded line."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure

import specaug_listen as sl
from specaug_listen import augment, custom, frameworks, frontends, vocoders
from specaug_listen.errors import SpecAugListenError

WRONG = (None, 3, -1.5, "no-such", b"x", [], {}, object())
CLIP = sl.Audio(np.sin(np.arange(8000) * 0.2) / 2, 16000)
MEL = frontends.WHISPER(CLIP)
DRAW = augment.SM.draw(MEL, rng=0)
FAST = vocoders.OriginalPhase()
HEARD = sl.audition(CLIP, policy="SM", vocoder=FAST)
ROWS = [{"bins": 1, "draw": 1, "masked_area_ratio": 0.2}]
# In each, everything is right but the one parameter that is tried.
CALLS = {
    "audition": (sl.audition, {"audio": CLIP, "policy": "SM", "vocoder": FAST}),
    "sweep": (sl.sweep, {"audio": CLIP, "vary": {"fill": ["mean"]}, "policy": "SM", "vocoder": FAST}),
    "load": (sl.load, {"path": "no-such.wav"}),
    "save": (sl.save, {"path": "out.wav", "audio": CLIP}),
    "score": (sl.score, {"before": CLIP, "after": CLIP}),
    "get_policy": (sl.get_policy, {"name": "SM"}),
    "read_policy": (sl.read_policy, {"path": "no-such.yaml"}),
    "import_policy": (frameworks.import_policy, {"path": "no-such.yaml"}),
    "read_frontend": (sl.read_frontend, {"path": "no-such.yaml"}),
    "get_frontend": (sl.get_frontend, {"name": "whisper"}),
    "vocoders.get_vocoder": (vocoders.get_vocoder, {"name": "joint"}),
    "show_policy": (sl.show_policy, {"policy": "SM", "n_draws": 2}),
    "write_report": (sl.write_report, {"auditions": "no-such-folder", "path": "out.html"}),
    "replay": (sl.replay, {"path": "no-such.json"}),
    "Audio": (sl.Audio, {"samples": np.zeros(9), "sample_rate": 16000}),
    "MelSpectrogram": (sl.MelSpectrogram, {"values": MEL.values, "frontend": frontends.WHISPER}),
    "Policy": (sl.Policy, {"transforms": (augment.TimeMask(),)}),
    "policy.draw": (augment.SM.draw, {"mel": MEL}),
    "policy.with_fill": (augment.SM.with_fill, {"fill": "mean"}),
    "draw.apply": (DRAW.apply, {"mel": MEL}),
    "Draw.from_json": (sl.Draw.from_json, {"text": DRAW.to_json()}),
    "frontend": (frontends.WHISPER.__call__, {"audio": CLIP}),
    "joint": (vocoders.Joint().__call__, {"mel": MEL}),
    "griffinlim": (vocoders.GriffinLim(n_iter=1).__call__, {"mel": MEL}),
    "original-phase": (FAST.__call__, {"mel": MEL}),
    "audition.save": (HEARD.save, {"out": "out"}),
    "audio.save": (CLIP.save, {"path": "out.wav"}),
    "audio.part": (CLIP.part, {"start_s": 0.1}),
    "audio.resample": (CLIP.resample, {"sample_rate": 8000}),
    "plot_mel": (sl.plot_mel, {"mel": MEL, "ax": Figure().add_subplot()}),
    "plot_difference": (sl.plot_difference, {"before": MEL, "after": MEL, "ax": Figure().add_subplot()}),
    "plot_audition": (
        sl.plot_audition, {"before": MEL, "after": MEL, "draw": DRAW, "axes": Figure().subplots(2)},
    ),
    "plot_sweep": (sl.plot_sweep, {"rows": ROWS, "ax": Figure().add_subplot(), "along": "bins"}),
    "choose_frontend": (frameworks.choose_frontend, {"frontend": None, "policy": augment.SM}),
    "exact_streams": (frameworks.exact_streams, {"policy": frameworks.get_policy("wenet-u2pp"), "seed": 0}),
    "callable_policy": (augment.callable_policy, {"function": np.flipud}),
    "load_callable": (custom.load_callable, {"spec": "numpy:flipud"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_value_of_the_wrong_type_is_refused_by_the_package_itself(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, right = CALLS[name]
    for parameter in inspect.signature(function).parameters:
        for value in WRONG:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    function(**{**right, parameter: value})
                except SpecAugListenError as error:
                    said = str(error)
                except Exception as error:
                    pytest.fail(f"{parameter}={value!r}: {type(error).__name__}: {error}")
                else:
                    said = ""
            assert "\n" not in said
            assert len(said) < 700


@pytest.mark.parametrize("value", WRONG)
def test_check_refuses_what_it_cannot_check(value):
    if value is None:
        return  # clips=None is speech-like sound
    with pytest.raises(SpecAugListenError):
        sl.check("SM", clips=value, draws=100)
