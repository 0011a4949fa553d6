"""Auditions of recordings that are too long to hold: read, drawn, rendered and written in parts.

Every step gives the same as for a short clip; only what lies between the steps is kept on disk instead of in memory.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .._files import make_folder
from ..audio.reading import lasts_longer
from ..audio.recording import Recording, SpooledAudio
from ..augment import Policy
from ..errors import SpecAugListenWarning
from ..frameworks.frontend_choice import FrontendReason
from ..frameworks.registry import draw_of_clip
from ..frontends import MelFrontend, MelStream, mel_stream
from ..vocoders import Joint
from ..vocoders.mel_bins import Energies
from .badges import LONG_S
from .results import Audition, RenderedDraw

__all__ = ["LONG_S", "LongAudition", "Within", "audition_long", "is_long", "render_long"]

# What is being done, and which share of it.
Within = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class LongAudition(Audition):
    """An `Audition` whose clip, mels and renderings lie on disk, as long as their folder is there.

    Parameters
    ----------
    folder : Path
        Where they lie.
    """

    folder: Path = Path()

    @cached_property
    def copy_mel(self) -> MelStream:
        """The mel of the copy-synthesis."""
        folder = self.folder / "copy-synthesis"
        make_folder(folder)
        return mel_stream(self.frontend, self.copy_synthesis, folder)


def is_long(path: str | os.PathLike[str], duration_s: float | None, longest_s: float | None = None) -> bool:
    """Whether a file, or so much of it, is too long to hold; False where it cannot be read."""
    limit_s = LONG_S if longest_s is None else longest_s
    if duration_s is not None and duration_s <= limit_s:
        return False
    # Opening a pipe would wait for its writer.
    return os.path.isfile(path) and lasts_longer(path, limit_s)


def audition_long(
    recording: Recording,
    folder: Path,
    *,
    frontend: MelFrontend,
    policy: Policy,
    vocoder: Joint,
    draws: int,
    seed: int,
    name: str,
    frontend_reason: FrontendReason | None = None,
    within: Within = lambda what, share: None,
) -> LongAudition:
    """Hear what a policy does to a long recording.

    Parameters
    ----------
    recording : Recording
        Kept at the front-end's rate.
    folder : Path
        Where to keep what lies between the steps.
    frontend, policy, vocoder, draws, seed, name, frontend_reason
        As in `audition`; only the joint vocoder renders in parts.
    within : callable (str, float) -> None
        Told what is being done and which share of it is.

    Returns
    -------
    LongAudition
        To be saved while ``folder`` is there.
    """
    within("mel spectrogram", 0.0)
    mel = mel_stream(frontend, recording.mono, folder)
    copy = render_long(mel, vocoder, folder / "copy-synthesis.f32", lambda share: within("copy-synthesis", share))
    reconstructions = []
    for number in range(1, draws + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpecAugListenWarning)  # the draw carries its lines
            draw = draw_of_clip(policy, mel, seed, recording.fingerprint, number)
        augmented = draw.apply(mel)
        label = f"draw-{number}"
        audio = render_long(augmented, vocoder, folder / f"{label}.f32", lambda share, w=label: within(w, share))  # type: ignore[misc]
        reconstructions.append(RenderedDraw(number, draw, augmented, audio))
    return LongAudition(
        recording, mel, policy, vocoder, seed, tuple(reconstructions), name, copy_rendering=copy,
        frontend_reason=frontend_reason, folder=folder,
    )  # fmt: skip


def render_long(
    mel: MelStream, vocoder: Joint, path: Path, done: Callable[[float], None] = lambda share: None
) -> SpooledAudio:
    """Render a long mel into a file, telling which share is done."""
    audio = SpooledAudio(path, mel.frontend.sample_rate)
    done(0.0)
    for samples in vocoder.parts(Energies.of(mel)):
        audio.append(samples)
        done(audio.n_samples / mel.n_samples)
    return audio
