"""A small run and a small sweep, as a colleague would send them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from specaug_listen import Audio, Policy, save, sweep
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp
from specaug_listen.frontends import WHISPER
from specaug_listen.vocoders import GriffinLim

__all__ = ["CELL", "change", "copied", "make_run", "make_sweep"]

POLICY = Policy([TimeWarp(max_frames=5), TimeMask(max_frames=20), FrequencyMask()], "p")
CELL = "01-max_frames-5-fill-mean"


def clip_in(folder: Path) -> Path:
    t = np.arange(9600) / 16000
    noise = 0.001 * np.random.default_rng(0).standard_normal(9600)
    save(folder / "clip.wav", Audio(0.3 * np.sin(2 * np.pi * 300 * t) + noise, 16000))
    return folder / "clip.wav"


def make_run(folder: Path) -> Path:
    """A run of one clip and one draw."""
    run = Configuration(WHISPER, POLICY, GriffinLim(n_iter=1), draws=1, seed=4)
    audition_many([clip_in(folder)], folder / "run", run)
    return folder / "run"


def make_sweep(folder: Path) -> Path:
    """A sweep of four cells."""
    vary = {"time_mask.max_frames": [5, 10], "fill": ["mean", "floor"]}
    made = sweep(clip_in(folder), vary=vary, policy=POLICY, frontend=WHISPER, vocoder=GriffinLim(n_iter=1))
    made.save(folder / "sweep")
    return folder / "sweep"


def copied(folder: Path, to: Path) -> Path:
    """A copy of a folder, to be spoilt."""
    shutil.copytree(folder, to / folder.name)
    return to / folder.name


def change(path: Path, **values) -> None:
    """Give keys of a record other values."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
