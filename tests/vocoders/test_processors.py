"""The same clips under several instruction sets: the same phases, and samples that differ by rounding at most."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from processors import NAMES, instruction_set, is_x86

pytestmark = pytest.mark.skipif(not is_x86(), reason="there are no other instruction sets to choose on this processor")

FRONTENDS = ("whisper", "whisper-128", "nemo", "lhotse", "hifigan", "librosa")

SCRIPT = """
import sys
import numpy as np
from conftest import speechlike
from specaug_listen import augment, frontends, vocoders
from specaug_listen.vocoders.mel_bins import Energies
from specaug_listen.vocoders.initial_phase import Start

clip = speechlike.__wrapped__()
policies = {"mean": augment.LD, "noise": augment.LD.with_fill("noise")}
kinds = {
    "joint": vocoders.Joint(),
    "original-phase": vocoders.OriginalPhase(),
    "griffinlim": vocoders.GriffinLim(n_iter=4),
}
made = {}
for name in sys.argv[2:]:
    frontend = frontends.PRESETS[name]
    mel = frontend(clip)
    made[name + " mel"] = mel.values
    for fill, policy in policies.items():
        draw = policy.draw(mel, rng=3)
        made[f"{name} {fill} mel"] = draw.apply(mel).values
        # Rounded away, so that what is compared begins with the same bits.
        masked = mel.with_values(mel.values.astype(np.float16).astype(np.float32))
        masked = draw.apply(masked)
        energies = Energies.of(masked)
        made[f"{name} {fill} start"] = Start(energies, frontend.n_fft // 2 + 1, 0).frames(0, energies.n_frames)
        for kind, vocoder in kinds.items():
            made[f"{name} {fill} {kind}"] = vocoder(masked).samples
np.savez(sys.argv[1], **made)
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """What is made with some instruction set."""

    @functools.cache
    def render(name):
        folder = tmp_path_factory.mktemp("rendered")
        tests = Path(__file__).parents[1]
        path = os.pathsep.join(filter(None, [str(tests), str(tests / "support"), os.environ.get("PYTHONPATH")]))
        settings = instruction_set(name)
        command = [sys.executable, "-c", SCRIPT, str(folder / "made.npz"), *FRONTENDS]
        environment = {**os.environ, "PYTHONPATH": path, **settings}
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return dict(np.load(folder / "made.npz"))

    return render


# The oldest has the least in common with this processor's own.
OTHERS = [name if name == "sse" else pytest.param(name, marks=pytest.mark.slow) for name in NAMES if name != "own"]


@pytest.fixture(scope="module", params=OTHERS)
def both(request, rendered):
    """What this processor makes, and what it makes with other instructions."""
    return rendered("own"), rendered(request.param)


def arrays(both, ending):
    own, other = both
    names = [name for name in own if name.endswith(ending)]
    assert len(names) >= len(FRONTENDS)
    return [(name, own[name], other[name]) for name in names]


def test_mels_differ_in_single_precisions_last_bit_at_most(both):
    for name, here, there in arrays(both, " mel"):
        assert_allclose(there, here, rtol=3e-7, atol=3e-7 * np.abs(here).max(), err_msg=name)
        assert (here != there).mean() < 1e-3, name


def test_phases_to_start_from_are_the_same_bits(both):
    for name, here, there in arrays(both, " start"):
        assert here.tobytes() == there.tobytes(), name


@pytest.mark.parametrize("fill", ["mean", "noise"])
def test_joint_gives_the_same_samples(both, fill):
    for name, here, there in arrays(both, f"{fill} joint"):
        if fill == "mean":
            assert here.tobytes() == there.tobytes(), name
        else:
            assert_allclose(there, here, rtol=0, atol=1e-5 * np.abs(here).max(), err_msg=name)


@pytest.mark.parametrize(("kind", "bound"), [("original-phase", 1e-4), ("griffinlim", 1e-3)])
def test_others_differ_by_rounding(both, kind, bound):
    for name, here, there in arrays(both, f" {kind}"):
        assert_allclose(there, here, rtol=0, atol=bound * np.abs(here).max(), err_msg=name)


def test_other_instructions_are_taken(rendered):
    """Else nothing was compared."""
    if not instruction_set("sse")["NPY_DISABLE_CPU_FEATURES"]:
        pytest.skip("this processor has none beyond those of NumPy's baseline")
    own, other = rendered("own"), rendered("sse")
    assert any(own[name].tobytes() != other[name].tobytes() for name in other if name.endswith("griffinlim"))
