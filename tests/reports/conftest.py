"""A run of three clips, and its folder."""

from __future__ import annotations

import shutil

import pytest

from specaug_listen import Audio, Policy, save
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.augment import TimeMask
from specaug_listen.frontends import WHISPER
from specaug_listen.vocoders import GriffinLim

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=20)], "<gap> & co"), GriffinLim(n_iter=1), draws=2, seed=4)


@pytest.fixture(scope="module")
def run_of_three(tmp_path_factory, speechlike):
    folder = tmp_path_factory.mktemp("run")
    (folder / "in").mkdir()
    for number, name in enumerate(("<script>alert(1)<script>.wav", 'it\'s "so" & on.wav')):
        save(folder / "in" / name, Audio(speechlike.samples[:, number : 12000 + number], 16000))
    (folder / "in" / "<img src=x onerror=alert(2)>.wav").write_bytes(b"no sound")
    audition_many(sorted((folder / "in").iterdir()), folder / "out", RUN)
    return folder / "out"


@pytest.fixture
def out(tmp_path, run_of_three):
    """A folder with two good clips of hostile names and a bad one."""
    return shutil.copytree(run_of_three, tmp_path / "out")
