"""Auditions of recordings too long for memory: read, drawn, rendered and written in parts.

Every step gives the same result as for a short clip; only intermediate data is on disk instead of in memory.
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

# The step, and the finished share of it.
Within = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class LongAudition(Audition):
    """An `Audition` whose clip, mels and renderings are on disk, valid as long as ``folder`` exists.

    Parameters
    ----------
    folder : Path
        Contains them.
    """

    folder: Path = Path()

    @cached_property
    def copy_mel(self) -> MelStream:
        """The mel of the copy-synthesis."""
        folder = self.folder / "copy-synthesis"
        make_folder(folder)
        return mel_stream(self.frontend, self.copy_synthesis, folder)


def is_long(path: str | os.PathLike[str], duration_s: float | None, longest_s: float | None = None) -> bool:
    """Whether a file, or the selected part of it, is too long for memory; False if it cannot be read."""
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
    """Audition a long recording, which is at the front-end's rate; parameters as in `audition`.

    ``folder`` receives intermediate data, and must exist until the result is saved. ``within`` is called with the step
    and the finished share of it.
    """
    within("mel spectrogram", 0.0)
    mel = mel_stream(frontend, recording.mono, folder)
    copy = render_long(mel, vocoder, folder / "copy-synthesis.f32", lambda share: within("copy-synthesis", share))
    rendered_draws = []
    for number in range(1, draws + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpecAugListenWarning)  # the draw contains them
            draw = draw_of_clip(policy, mel, seed, recording.fingerprint, number)
        augmented = draw.apply(mel)
        label = f"draw-{number}"
        audio = render_long(augmented, vocoder, folder / f"{label}.f32", lambda share, w=label: within(w, share))  # type: ignore[misc]
        rendered_draws.append(RenderedDraw(number, draw, augmented, audio))
    return LongAudition(
        recording, mel, policy, vocoder, seed, tuple(rendered_draws), name, copy_rendering=copy,
        frontend_reason=frontend_reason, folder=folder,
    )  # fmt: skip


def render_long(
    mel: MelStream, vocoder: Joint, path: Path, done: Callable[[float], None] = lambda share: None
) -> SpooledAudio:
    """Render a long mel into a file, calling ``done`` with the finished share."""
    audio = SpooledAudio(path, mel.frontend.sample_rate)
    done(0.0)
    for samples in vocoder.parts(Energies.of(mel)):
        audio.append(samples)
        done(audio.n_samples / mel.n_samples)
    return audio
