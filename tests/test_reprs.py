"""What is printed of the package's objects: one bounded line that tells what it is."""

from __future__ import annotations

import numpy as np

import specaug_listen as sl
from specaug_listen import augment, frameworks, frontends, vocoders
from specaug_listen.auditions.save import configuration_of, draw_record
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frontends import MelSpectrogram, Statistics

CLIP = sl.Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000)
HEARD = sl.audition(CLIP, policy="nemo-conformer", vocoder="original-phase", draws=2)
SWEPT = sl.sweep(CLIP, vary={"time_mask.max_frames": [10, 20]}, policy="SM", vocoder="original-phase")
MANY = augment.Policy([augment.FrequencyMask()] * 60, "x" * 100)
OBJECTS = {
    "audio": (CLIP, "Audio(1.00 s, mono, 16000 Hz)"),
    "mel": (frontends.WHISPER(CLIP), "MelSpectrogram(80 bins x 100 frames, 1.00 s, front-end 'whisper')"),
    "front-end": (frontends.NEMO, "MelFrontend('nemo', 16000 Hz, n_fft 512, hop 160, 80 slaney bins, ln, normal"),
    "policy": (augment.LD, "Policy('LD', rules of paper: time_warp, frequency_mask, time_mask)"),
    "many transforms": (MANY, "... 60 in all)"),
    "draw": (HEARD.draws[0].draw, "Draw('nemo-conformer', 80 bins x 100 frames: "),
    "reconstruction": (HEARD.draws[1], "RenderedDraw(2, Draw('nemo-conformer'"),
    "audition": (HEARD, "('clip', 1.00 s: 'nemo-conformer' on 'nemo', vocoder original-phase, 2 draws, seed 0)"),
    "sweep": (SWEPT, "<Sweep of 'clip' over time_mask.max_frames (2): 2 cells, 1 of each>"),
    "cell": (SWEPT.cells[0], "Cell(time_mask.max_frames=10: Audition('clip'"),
    "joint": (vocoders.Joint(), "Joint("),
    "griffinlim": (vocoders.GriffinLim(), "GriffinLim("),
    "original phase": (vocoders.OriginalPhase(), "OriginalPhase("),
    "statistics": (Statistics(np.zeros((80, 1), np.float32), np.ones((80, 1), np.float32)), "array of shape (80, 1)"),
    "choice": (choose_frontend(None, augment.LD), "reason='default'"),
    "configuration": (configuration_of(HEARD), "Configuration(frontend=MelFrontend('nemo'"),
    "record": (draw_record(HEARD, HEARD.draws[0], "mono"), "DrawRecord(number=1"),
    "framework": (frameworks.FRAMEWORKS["nemo"], "Framework('nemo'"),
    "mask": (augment.FrequencyMask(), "FrequencyMask("),
    "show": (sl.show_policy("LD", n_draws=2), "PolicyPage(source='LD'"),
}  # fmt: skip


def test_a_repr_is_one_bounded_line_that_tells(subtests):
    for name in OBJECTS:
        with subtests.test(name=name):
            value, part = OBJECTS[name]
            text = repr(value)
            assert part in text
            assert "\n" not in text
            assert len(text) <= 420
            assert "array(" not in text
            assert "0x" not in text


def test_an_audition_still_tells_its_draws_in_several_lines():
    assert len(str(HEARD).splitlines()) >= 3


def test_values_do_not_hang_on_the_repr():
    a, b = (MelSpectrogram(np.full((80, 3), v), frontends.WHISPER) for v in (0.0, 1.0))
    assert repr(a) == repr(b)
    assert augment.LD != augment.SM
