"""`Audition`: one clip under one policy; the original and the copy-synthesis beside every draw."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._defaults import DEFAULT_CHANNELS
from .._files import as_path
from .._notices import Notice
from ..audio.audio_in_memory import Audio, common_gain
from ..audio.recording import Recording
from ..audio.sound import Sound
from ..augment import Draw, Policy
from ..custom.waveform import Waveform, WaveformDraw
from ..frameworks.frontend_choice import FrontendReason
from ..frontends import AnyMel, MelFrontend
from ..frontends.bandwidth import EmptyBins, empty_bins
from ..frontends.mel_streams import mel_in_memory
from ..inspection import Change, inspect_change
from ..mels import MelClip
from ..metrics import log_mel_rmse_db, perceptual, score
from ..plots import audition_figure
from ..vocoders import Vocoder
from .badges import clip_badges, draw_badges
from .notebook import frame
from .records import Channels, vocoder_name, vocoder_record
from .rendering import first_samples, needs_whole_clip, render
from .save import save_audition
from .step_scores import MASK_SCORES, draw_with_change, scores_of_steps
from .summaries import as_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Audition", "RenderedDraw"]


@dataclass(frozen=True, eq=False)
class RenderedDraw:
    """One draw and its rendering.

    Parameters
    ----------
    number : int >= 1
    draw : Draw
    mel : MelSpectrogram
        Augmented.
    audio : Audio
        The rendering of the augmented mel.
    waveform : WaveformDraw or None
        Transforms of the waveform before its mel.
    before : MelSpectrogram or None
        The mel of the transformed waveform, to which ``draw`` was applied.
    with_original_phase : Audio or None
        The augmented mel rendered with the phase of the original, if requested.
    """

    number: int
    draw: Draw
    mel: AnyMel = field(repr=False)
    audio: Sound = field(repr=False)
    waveform: WaveformDraw | None = None
    before: AnyMel | None = field(default=None, repr=False)
    with_original_phase: Sound | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        waveform = ", with a waveform stage" if self.waveform is not None else ""
        return f"RenderedDraw({self.number}, {self.draw!r}, {self.audio.duration_s:.2f} s{waveform})"

    @property
    def name(self) -> str:
        """Stem of its files, e.g. ``draw-1``."""
        return f"draw-{self.number}"


@dataclass(frozen=True, eq=False)
class Audition:
    """One clip under one policy: the original, the copy-synthesis, and every draw.

    Parameters
    ----------
    clip : Audio or MelClip
        The input; a mel from another pipeline has no original, and is compared with its copy-synthesis.
    mel : MelSpectrogram
        Not augmented.
    policy : Policy
    vocoder : Vocoder
    seed : int
        Determines all draws of this clip.
    draws : tuple of RenderedDraw
    name : str
        Of the clip.
    fixed_gain : float or None
        Gain of an earlier rendering, to repeat it exactly.
    waveform : Waveform or None
        Stage before the mel.
    copy_rendering : Audio or SpooledAudio or None
        The copy-synthesis, if it exists already.
    frontend_reason : str or None
        Reason for the front-end; see `specaug_listen.frameworks.FrontendChoice`.

    Examples
    --------
    >>> import numpy as np, specaug_listen as sl
    >>> result = sl.audition(sl.Audio(np.sin(np.arange(32000) * 0.2) / 2, 16000), draws=2, rng=0)
    >>> [d.name for d in result.draws]
    ['draw-1', 'draw-2']
    >>> sorted(result.scores[0])[:2]
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
        setting = f"{self.policy.name!r:.60} on {self.frontend.name!r:.60}"
        draws = "1 draw" if len(self.draws) == 1 else f"{len(self.draws)} draws"
        vocoder = vocoder_name(vocoder_record(self.vocoder))
        return (
            f"Audition({self.name!r:.60}, {self.duration_s:.2f} s: {setting}, vocoder {vocoder:.60}, {draws}, "
            f"seed {self.seed})"
        )

    @property
    def frontend(self) -> MelFrontend:
        """The front-end of all mels of the audition."""
        return self.mel.frontend

    @property
    def original(self) -> Sound | None:
        """The clip as the front-end's input: mono, at its rate; None for a mel without audio."""
        if isinstance(self.clip, Recording):
            return self.clip.mono
        return mel_in_memory(self.mel).audio

    @property
    def duration_s(self) -> float:
        """Length of the clip in seconds."""
        return self.mel.duration_s

    @cached_property
    def copy_synthesis(self) -> Sound:
        """The unaugmented mel through the same vocoder, the reference for the draws."""
        if self.copy_rendering is not None:
            return self.copy_rendering
        return render(mel_in_memory(self.mel), self.vocoder)

    @cached_property
    def copy_mel(self) -> AnyMel:
        """The mel of the copy-synthesis."""
        assert isinstance(self.copy_synthesis, Audio)  # `LongAudition` reads it in parts
        return self.frontend(self.copy_synthesis)

    @cached_property
    def gain(self) -> float:
        """The common factor of all renderings, in playback and in files, with which none clips."""
        if self.fixed_gain is not None:
            return self.fixed_gain
        phased = [d.with_original_phase for d in self.draws if d.with_original_phase is not None]
        sounds = [self.copy_synthesis, *(d.audio for d in self.draws), *phased]
        return common_gain(sounds if self.original is None else [self.original, *sounds])

    @cached_property
    def badges(self) -> tuple[str, ...]:
        """Badges of the clip."""
        held = needs_whole_clip(self.policy, self.waveform)
        levels = None if isinstance(self.clip, MelClip) else self.clip.levels
        return clip_badges(levels, self.gain, self.duration_s if held else 0.0, self.notices)

    @cached_property
    def empty_bins(self) -> EmptyBins | None:
        """The bins of the front-end above the bandwidth of the clip; None if no bin is empty."""
        return None if self.original is None else empty_bins(self.frontend, self.clip.sample_rate, self.original)

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """Notices about the clip: its file, the mean of its channels, and its bandwidth."""
        empty = self.empty_bins
        notices = (*self.clip.notices, *self.clip.mix_notices)
        if empty is None:
            return notices
        values: dict[str, Any] = {"n_bins": empty.n_bins, "n_mels": self.frontend.n_mels, "first_bin": empty.first_bin}
        values |= {"above_hz": round(empty.above_hz, 1), "is_certain": empty.is_certain}
        return (*notices, Notice("empty-bins", values))

    def badges_of(self, draw: RenderedDraw) -> tuple[str, ...]:
        """Return the badges of one draw."""
        return draw_badges(self.effective_draw(draw), draw.waveform)

    def change_of(self, rendered_draw: RenderedDraw) -> Change | None:
        """Return how callables changed the mel, by comparison; None if the policy has none."""
        if not rendered_draw.draw.calls:
            return None
        if rendered_draw.number not in self._changes:
            before = self.mel if rendered_draw.before is None else rendered_draw.before
            change = inspect_change(mel_in_memory(before), mel_in_memory(rendered_draw.mel))
            self._changes[rendered_draw.number] = change
        return self._changes[rendered_draw.number]

    def effective_draw(self, rendered_draw: RenderedDraw) -> Draw:
        """Return a draw as it is shown and scored: for callables, with the steps found in their output."""
        return draw_with_change(rendered_draw.draw, self.change_of(rendered_draw))

    @cached_property
    def _changes(self) -> dict[int, Change]:
        return {}

    @property
    def scores(self) -> list[dict[str, Any]]:
        """One row for each draw: what is masked, and what changed relative to the copy-synthesis."""
        return [{"draw": d.number, **self.score_of(d)} for d in self.draws]

    def score_of(self, rendered_draw: RenderedDraw) -> dict[str, float | None]:
        """Return the scores of one draw, without its number."""
        if rendered_draw.number not in self._scores:
            self._scores[rendered_draw.number] = self._scored(rendered_draw)
        return self._scores[rendered_draw.number]

    @cached_property
    def _scores(self) -> dict[int, dict[str, float | None]]:
        return {}

    def _scored(self, rendered_draw: RenderedDraw) -> dict[str, float | None]:
        draw = self.effective_draw(rendered_draw)
        of_steps = scores_of_steps(draw, self.frontend)
        copy = first_samples(self.copy_synthesis, rendered_draw.audio.n_samples)
        row: dict[str, float | None] = {
            **{key: of_steps.pop(key) for key in MASK_SCORES},
            "log_mel_rmse_db": log_mel_rmse_db(self._warped(draw, rendered_draw.mel.n_frames), rendered_draw.mel),
            **score(copy, rendered_draw.audio),
        }
        if self.empty_bins is not None:
            in_bins, in_cells = draw.masked_from_bin(self.empty_bins.first_bin)
            row |= {"masked_frequency_empty_ratio": in_bins, "masked_area_empty_ratio": in_cells}
        same_length = rendered_draw.mel.n_frames == self.mel.n_frames
        row |= perceptual(copy, rendered_draw.audio, comparable=same_length and not draw.warps)
        row |= of_steps
        return {key: None if value is None else round(value, 4) for key, value in row.items()}

    def _warped(self, draw: Draw, n_frames: int) -> AnyMel:
        """Return the mel with only the warps of a draw, so the same moments are compared."""
        if not draw.warps or n_frames != self.mel.n_frames:
            return self.mel.first_frames(n_frames)
        return replace(draw, steps=draw.warps).apply(self.mel)  # type: ignore[type-var]

    def plot(self, rendered_draw: RenderedDraw) -> Figure:
        """Plot one draw; see `specaug_listen.plots.audition_figure`."""
        note = f"{self.policy.name} on {self.frontend.name}, seed {self.seed}, {rendered_draw.name}"
        if self.waveform is not None:
            note = f"waveform {self.waveform.name}, {note}"
        before = "not augmented" if self.original is None else "original"
        draw = self.effective_draw(rendered_draw)
        return audition_figure(self.mel, rendered_draw.mel, draw, title=self.name, note=note, before_name=before)

    def save(
        self, out: str | os.PathLike[str], *, channels: Channels = DEFAULT_CHANNELS, overwrite: bool = False
    ) -> Path:
        """Write WAV, PNG and JSON of every draw into a folder named after the clip.

        Parameters
        ----------
        out : str or path-like
            Parent folder.
        channels : {"mono", "duplicate", "before-after"}
            ``duplicate`` writes the same sound for both ears; ``before-after`` the copy-synthesis left and the draw
            right.
        overwrite : bool
            Replace the results of an earlier run; otherwise a clip of the same name gets a suffix.

        Returns
        -------
        Path
            The clip's folder.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        """
        return save_audition(self, as_path(out), channels=channels, overwrite=overwrite)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return frame(self)
