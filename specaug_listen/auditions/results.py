"""`Audition`: one clip under one policy; the original and the copy-synthesis beside every draw."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._files import as_path
from .._notices import Notice
from ..audio.base import Sound
from ..audio.clip import Audio, common_gain
from ..audio.recording import Recording
from ..augment import Draw, Policy
from ..custom.waveform import Waveform, WaveformDraw
from ..frameworks.frontend_choice import FrontendReason
from ..frontends import AnyMel, MelFrontend
from ..frontends.bandwidth import EmptyBins, empty_bins
from ..frontends.stream import mel_in_memory
from ..inspection import Change, inspect_change
from ..mels import MelClip
from ..metrics import log_mel_rmse_db, perceptual, score
from ..plots import audition_figure
from ..vocoders import Vocoder
from .badges import MASKED, clip_badges, draw_badges, draw_with_change, scores_of_steps
from .notebook import frame
from .records import Channels, vocoder_name, vocoder_record
from .rendering import first_samples, needs_whole_clip, render
from .save import save_audition
from .text import as_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Audition", "RenderedDraw"]


@dataclass(frozen=True, eq=False)
class RenderedDraw:
    """One draw, heard.

    Parameters
    ----------
    number : int >= 1
    draw : Draw
    mel : MelSpectrogram
        Augmented.
    audio : Audio
        The augmented mel through the vocoder.
    waveform : WaveformDraw or None
        What was done to the waveform before its mel was taken.
    before : MelSpectrogram or None
        The mel of that waveform, to which ``draw`` was applied.
    with_original_phase : Audio or None
        The augmented mel with the phase of the original, where it was asked for.
    """

    number: int
    draw: Draw
    mel: AnyMel = field(repr=False)
    audio: Sound = field(repr=False)
    waveform: WaveformDraw | None = None
    before: AnyMel | None = field(default=None, repr=False)
    with_original_phase: Sound | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        waveform = ", waveform drawn, too" if self.waveform is not None else ""
        return f"RenderedDraw({self.number}, {self.draw!r}, {self.audio.duration_s:.2f} s{waveform})"

    @property
    def name(self) -> str:
        """As its files are called, e.g. ``draw-1``."""
        return f"draw-{self.number}"


@dataclass(frozen=True, eq=False)
class Audition:
    """One clip under one policy: the original, the copy-synthesis, and every draw.

    Parameters
    ----------
    clip : Audio or MelClip
        As it was given; a mel from someone's own pipeline has no original, and is compared with its copy-synthesis.
    mel : MelSpectrogram
        Not augmented.
    policy : Policy
    vocoder : Vocoder
    seed : int
        From which every draw of this clip follows.
    draws : tuple of RenderedDraw
    name : str
        Of the clip.
    fixed_gain : float or None
        Gain of an earlier rendering, to repeat it exactly.
    waveform : Waveform or None
        Stage before the mel.
    copy_rendering : Audio or SpooledAudio or None
        The copy-synthesis, where it has been rendered already.
    frontend_reason : str or None
        Why it is this front-end; see `specaug_listen.frameworks.FrontendChoice`.

    Examples
    --------
    >>> import numpy as np, specaug_listen as sl
    >>> heard = sl.audition(sl.Audio(np.sin(np.arange(32000) * 0.2) / 2, 16000), draws=2, rng=0)
    >>> [d.name for d in heard.draws]
    ['draw-1', 'draw-2']
    >>> sorted(heard.scores[0])[:2]
    ['draw', 'level_change_db']
    """

    clip: Audio | Recording | MelClip
    mel: AnyMel = field(repr=False)
    policy: Policy
    vocoder: Vocoder
    seed: int
    draws: tuple[RenderedDraw, ...]
    name: str = "clip"
    fixed_gain: float | None = field(default=None, repr=False)
    waveform: Waveform | None = None
    copy_rendering: Sound | None = field(default=None, repr=False)
    frontend_reason: FrontendReason | None = None

    def __repr__(self) -> str:
        what = f"{self.policy.name!r:.60} on {self.frontend.name!r:.60}"
        draws = "1 draw" if len(self.draws) == 1 else f"{len(self.draws)} draws"
        vocoder = vocoder_name(vocoder_record(self.vocoder))
        return (
            f"Audition({self.name!r:.60}, {self.duration_s:.2f} s: {what}, vocoder {vocoder:.60}, {draws}, "
            f"seed {self.seed})"
        )

    @property
    def frontend(self) -> MelFrontend:
        """The front-end that all mels here come from."""
        return self.mel.frontend

    @property
    def original(self) -> Sound | None:
        """The clip as the front-end takes it in: mono, at its rate; None of a mel that came without its audio."""
        if isinstance(self.clip, Recording):
            return self.clip.mono
        return mel_in_memory(self.mel).audio

    @property
    def duration_s(self) -> float:
        """Length of the clip in seconds."""
        return self.mel.duration_s

    @cached_property
    def copy_synthesis(self) -> Sound:
        """The unaugmented mel through the same vocoder: the fair "before"."""
        if self.copy_rendering is not None:
            return self.copy_rendering
        return render(mel_in_memory(self.mel), self.vocoder)

    @cached_property
    def copy_mel(self) -> AnyMel:
        """The mel of the copy-synthesis: what the vocoder made of it."""
        assert isinstance(self.copy_synthesis, Audio)  # of a long recording it is read in parts
        return self.frontend(self.copy_synthesis)

    @cached_property
    def gain(self) -> float:
        """The one factor with which all renderings are played and written, so that none clips."""
        if self.fixed_gain is not None:
            return self.fixed_gain
        phased = [d.with_original_phase for d in self.draws if d.with_original_phase is not None]
        sounds = [self.copy_synthesis, *(d.audio for d in self.draws), *phased]
        return common_gain(sounds if self.original is None else [self.original, *sounds])

    @cached_property
    def badges(self) -> tuple[str, ...]:
        """What to know about the clip before trusting one's ears."""
        held = needs_whole_clip(self.policy, self.waveform)
        levels = None if isinstance(self.clip, MelClip) else self.clip.levels
        return clip_badges(levels, self.gain, self.duration_s if held else 0.0, self.notices)

    @cached_property
    def empty_bins(self) -> EmptyBins | None:
        """The bins of the front-end that lie above all that the clip holds; None where there is none."""
        return None if self.original is None else empty_bins(self.frontend, self.clip.sample_rate, self.original)

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """What to know of the clip, as data: of its file, its channels' mean, and its width."""
        empty = self.empty_bins
        noticed = (*self.clip.notices, *self.clip.mix_notices)
        if empty is None:
            return noticed
        values: dict[str, Any] = {"n_bins": empty.n_bins, "n_mels": self.frontend.n_mels, "first_bin": empty.first_bin}
        values |= {"above_hz": round(empty.above_hz, 1), "is_certain": empty.is_certain}
        return (*noticed, Notice("empty-bins", values))

    def badges_of(self, draw: RenderedDraw) -> tuple[str, ...]:
        """Return what to know about one draw."""
        return draw_badges(self.effective_draw(draw), draw.waveform)

    def change_of(self, reconstruction: RenderedDraw) -> Change | None:
        """Return what callables did to the mel, by comparison; None where the policy has none."""
        if not reconstruction.draw.calls:
            return None
        if reconstruction.number not in self._changes:
            before = self.mel if reconstruction.before is None else reconstruction.before
            change = inspect_change(mel_in_memory(before), mel_in_memory(reconstruction.mel))
            self._changes[reconstruction.number] = change
        return self._changes[reconstruction.number]

    def effective_draw(self, reconstruction: RenderedDraw) -> Draw:
        """Return the draw as it is shown and scored: of callables, what was found that they did to the mel."""
        return draw_with_change(reconstruction.draw, self.change_of(reconstruction))

    @cached_property
    def _changes(self) -> dict[int, Change]:
        return {}

    @property
    def scores(self) -> list[dict[str, Any]]:
        """One row for each draw: what was masked, and what changed against the copy-synthesis."""
        return [{"draw": d.number, **self.score_of(d)} for d in self.draws]

    def score_of(self, reconstruction: RenderedDraw) -> dict[str, float | None]:
        """Return the scores of one draw, without its number."""
        if reconstruction.number not in self._scores:
            self._scores[reconstruction.number] = self._scored(reconstruction)
        return self._scores[reconstruction.number]

    @cached_property
    def _scores(self) -> dict[int, dict[str, float | None]]:
        return {}

    def _scored(self, reconstruction: RenderedDraw) -> dict[str, float | None]:
        draw = self.effective_draw(reconstruction)
        of_steps = scores_of_steps(draw, self.frontend)
        copy = first_samples(self.copy_synthesis, reconstruction.audio.n_samples)
        row: dict[str, float | None] = {
            **{key: of_steps.pop(key) for key in MASKED},
            "log_mel_rmse_db": log_mel_rmse_db(self._warped(draw, reconstruction.mel.n_frames), reconstruction.mel),
            **score(copy, reconstruction.audio),
        }
        if self.empty_bins is not None:
            in_bins, in_cells = draw.masked_from_bin(self.empty_bins.first_bin)
            row |= {"masked_frequency_empty_ratio": in_bins, "masked_area_empty_ratio": in_cells}
        same_length = reconstruction.mel.n_frames == self.mel.n_frames
        row |= perceptual(copy, reconstruction.audio, comparable=same_length and not draw.warps)
        row |= of_steps
        return {key: None if value is None else round(value, 4) for key, value in row.items()}

    def _warped(self, draw: Draw, n_frames: int) -> AnyMel:
        """Return the mel with the warps of a draw alone: across a warp, other moments would be compared."""
        if not draw.warps or n_frames != self.mel.n_frames:
            return self.mel.first_frames(n_frames)
        return replace(draw, steps=draw.warps).apply(self.mel)  # type: ignore[type-var]

    def plot(self, reconstruction: RenderedDraw) -> Figure:
        """Draw the picture of one draw; see `specaug_listen.plots.audition_figure`."""
        note = f"{self.policy.name} on {self.frontend.name}, seed {self.seed}, {reconstruction.name}"
        if self.waveform is not None:
            note = f"waveform {self.waveform.name}, {note}"
        before = "not augmented" if self.original is None else "original"
        draw = self.effective_draw(reconstruction)
        return audition_figure(self.mel, reconstruction.mel, draw, title=self.name, note=note, before_name=before)

    def save(self, out: str | os.PathLike[str], *, channels: Channels = "mono", overwrite: bool = False) -> Path:
        """Write WAV, PNG and JSON of every draw into a folder named after the clip.

        Parameters
        ----------
        out : str or path-like
            The folder above.
        channels : {"mono", "duplicate", "before-after"}
            ``duplicate`` writes the same sound for both ears; ``before-after`` the copy-synthesis left and the draw
            right.
        overwrite : bool
            Replace what an earlier run wrote; otherwise a clip of the same name gets a suffix.

        Returns
        -------
        Path
            The clip's folder.

        Raises
        ------
        OutputError
            When the folder cannot be written.
        """
        return save_audition(self, as_path(out), channels=channels, overwrite=overwrite)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return frame(self)
