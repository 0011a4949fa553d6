"""The whole chain: clip, mel, draw, rendering; original and copy-synthesis beside every draw."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import vocoders
from .._random import as_seed, child_stream
from .._sound import Sound
from ..audio import Audio, common_gain
from ..augment import Adapter, Draw, Policy, Waveform, WaveformDraw, draw_of_clip, get_policy, get_waveform
from ..errors import ParameterError, SpecAugListenWarning
from ..frontends import AnyMel, MelFrontend, MelSpectrogram, get
from ..inspection import Change, inspect_change
from ..metrics import log_mel_rmse_db, perceptual, score
from ..plots import audition_figure
from ..recording import Recording
from ..vocoders import Vocoder
from .badges import clip_badges, draw_badges
from .records import Channels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Audition", "Reconstruction", "audition", "needs_whole_clip", "render"]

# The waveform's chance is apart from the policy's, so that the same masks can be heard with it and without it.
_OF_WAVEFORM = 1


@dataclass(frozen=True, eq=False)
class Reconstruction:
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
    twin : Audio or None
        The augmented mel with the phase of the original, where it was asked for.
    """

    number: int
    draw: Draw
    mel: AnyMel = field(repr=False)
    audio: Sound = field(repr=False)
    waveform: WaveformDraw | None = None
    before: AnyMel | None = field(default=None, repr=False)
    twin: Sound | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """As its files are called, e.g. ``draw-1``."""
        return f"draw-{self.number}"


@dataclass(frozen=True, eq=False)
class Audition:
    """One clip under one policy: the original, the copy-synthesis, and every draw.

    Parameters
    ----------
    clip : Audio
        As it was given.
    mel : MelSpectrogram
        Not augmented.
    policy : Policy
    vocoder : Vocoder
    seed : int
        From which every draw of this clip follows.
    draws : tuple of Reconstruction
    name : str
        Of the clip.
    given_gain : float or None
        Gain of an earlier rendering, to repeat it exactly.
    waveform : Waveform or None
        Stage before the mel.
    rendered : Audio or SpooledAudio or None
        The copy-synthesis, where it has been rendered already.

    Examples
    --------
    >>> import numpy as np, specaug_listen as sl
    >>> heard = sl.audition(sl.Audio(np.sin(np.arange(32000) * 0.2) / 2, 16000), draws=2, rng=0)
    >>> [d.name for d in heard.draws]
    ['draw-1', 'draw-2']
    >>> sorted(heard.scores[0])[:2]
    ['draw', 'level_change_db']
    """

    clip: Audio | Recording
    mel: AnyMel = field(repr=False)
    policy: Policy
    vocoder: Vocoder
    seed: int
    draws: tuple[Reconstruction, ...]
    name: str = "clip"
    given_gain: float | None = field(default=None, repr=False)
    waveform: Waveform | None = None
    rendered: Sound | None = field(default=None, repr=False)

    @property
    def frontend(self) -> MelFrontend:
        """The front-end that all mels here come from."""
        return self.mel.frontend

    @property
    def original(self) -> Sound:
        """The clip as the front-end takes it in: mono, at its rate."""
        if isinstance(self.clip, Recording):
            return self.clip.mono
        assert isinstance(self.mel, MelSpectrogram)
        assert self.mel.audio is not None  # audition() computes the mel from it
        return self.mel.audio

    @cached_property
    def copy_synthesis(self) -> Sound:
        """The unaugmented mel through the same vocoder: the fair "before"."""
        if self.rendered is not None:
            return self.rendered
        assert isinstance(self.mel, MelSpectrogram)  # of a long recording it has been rendered
        return render(self.mel, self.vocoder)

    @cached_property
    def copy_mel(self) -> AnyMel:
        """The mel of the copy-synthesis: what the vocoder made of it."""
        assert isinstance(self.copy_synthesis, Audio)  # of a long recording it is read in parts
        return self.frontend(self.copy_synthesis)

    @cached_property
    def gain(self) -> float:
        """The one factor with which all renderings are played and written, so that none clips."""
        if self.given_gain is not None:
            return self.given_gain
        twins = [d.twin for d in self.draws if d.twin is not None]
        return common_gain([self.original, self.copy_synthesis, *(d.audio for d in self.draws), *twins])

    @cached_property
    def badges(self) -> tuple[str, ...]:
        """What to know about the clip before trusting one's ears."""
        held = needs_whole_clip(self.policy, self.waveform)
        return clip_badges(self.clip.levels, self.gain, self.original.duration_s if held else 0.0, self.clip.notices)

    def badges_of(self, draw: Reconstruction) -> tuple[str, ...]:
        """What to know about one draw."""
        return draw_badges(self.seen(draw), draw.waveform)

    def change_of(self, reconstruction: Reconstruction) -> Change | None:
        """What callables of others did to the mel, by comparison; None where the policy has none."""
        if not reconstruction.draw.foreign:
            return None
        if reconstruction.number not in self._changes:
            before = self.mel if reconstruction.before is None else reconstruction.before
            assert isinstance(before, MelSpectrogram)  # callables of others are given the whole mel
            assert isinstance(reconstruction.mel, MelSpectrogram)
            self._changes[reconstruction.number] = inspect_change(before, reconstruction.mel)
        return self._changes[reconstruction.number]

    def seen(self, reconstruction: Reconstruction) -> Draw:
        """The draw as it is shown and measured: of callables of others, what was found that they did."""
        draw, change = reconstruction.draw, self.change_of(reconstruction)
        if change is None:
            return draw
        return replace(change.as_draw(draw.policy), warnings=draw.warnings, applied=draw.applied)

    @cached_property
    def _changes(self) -> dict[int, Change]:
        return {}

    @property
    def scores(self) -> list[dict[str, Any]]:
        """One row for each draw: what was masked, and what changed against the copy-synthesis."""
        return [{"draw": d.number, **self.score_of(d)} for d in self.draws]

    def score_of(self, reconstruction: Reconstruction) -> dict[str, float | None]:
        """The row of one draw, without its number."""
        if reconstruction.number not in self._scores:
            self._scores[reconstruction.number] = self._scored(reconstruction)
        return self._scores[reconstruction.number]

    @cached_property
    def _scores(self) -> dict[int, dict[str, float | None]]:
        return {}

    def _scored(self, reconstruction: Reconstruction) -> dict[str, float | None]:
        draw = self.seen(reconstruction)
        hop_ms = 1000 * self.frontend.hop_length / self.frontend.sample_rate
        copy = first_samples(self.copy_synthesis, reconstruction.audio.n_samples)
        row: dict[str, float | None] = {
            "masked_time_ratio": draw.masked_time_ratio,
            "masked_frequency_ratio": draw.masked_frequency_ratio,
            "masked_area_ratio": draw.masked_area_ratio,
            "longest_gap_ms": draw.longest_gap_frames * hop_ms,
            "log_mel_rmse_db": log_mel_rmse_db(self._warped(draw, reconstruction.mel.n_frames), reconstruction.mel),
            **score(copy, reconstruction.audio),
        }
        same_length = reconstruction.mel.n_frames == self.mel.n_frames
        row |= perceptual(copy, reconstruction.audio, comparable=same_length and not draw.warps)
        if draw.warps:
            row["warp_displacement_ms"] = sum(w.displacement_frames for w in draw.warps) * hop_ms
        if draw.loudest_fill_db is not None:
            row["loudest_fill_vs_p95_db"] = draw.loudest_fill_db
        return {key: None if value is None else round(value, 4) for key, value in row.items()}

    def _warped(self, draw: Draw, n_frames: int) -> AnyMel:
        """The mel with the warps of a draw alone: across a warp, other moments would be compared."""
        if not draw.warps or n_frames != self.mel.n_frames:
            return self.mel.shortened(n_frames)
        return replace(draw, steps=draw.warps).apply(self.mel)  # type: ignore[type-var]

    def plot(self, reconstruction: Reconstruction) -> Figure:
        """The picture of one draw; see `specaug_listen.plots.audition_figure`."""
        note = f"{self.policy.name} on {self.frontend.name}, seed {self.seed}, {reconstruction.name}"
        if self.waveform is not None:
            note = f"waveform {self.waveform.name}, {note}"
        return audition_figure(self.mel, reconstruction.mel, self.seen(reconstruction), title=self.name, note=note)

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
        from .saving import save_audition

        return save_audition(self, Path(out), channels=channels, overwrite=overwrite)

    def __str__(self) -> str:
        from .display import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from .display import as_html

        return as_html(self)


def audition(
    audio: Audio,
    *,
    frontend: MelFrontend | str = "whisper",
    policy: Policy | str | Callable[..., Any] = "LD",
    adapter: Adapter | None = None,
    waveform: Waveform | str | os.PathLike[str] | Any = None,
    vocoder: Vocoder | str = "joint",
    draws: int = 1,
    rng: int | Any = None,
    twins: bool = False,
    name: str | None = None,
) -> Audition:
    """Hear what a policy does to a clip.

    Parameters
    ----------
    audio : Audio
    frontend : MelFrontend or str
    policy : Policy, str or callable
        Any Mel -> Mel callable or ``torch.nn.Module`` as well, or its name: ``module:callable``.
    adapter : Adapter or None
        How a callable wants the mel; None guesses, and says what.
    waveform : audiomentations.Compose, Waveform, str, path-like or None
        Applied to the waveform before its mel is taken: transforms of audiomentations, or a YAML file of them.
    vocoder : callable MelSpectrogram -> Audio, or str
    draws : int in [1, 1000]
        How many times the policy is drawn.
    rng : int, numpy.random.Generator or None
        The same integer gives the same draws of the same clip, whatever else is auditioned.
    twins : bool
        Render each draw a second time, with the phase of the original: to hear the mask without the vocoder.
    name : str or None
        Of the clip; None takes the file's.

    Returns
    -------
    Audition

    Raises
    ------
    ParameterError
        For an unknown name or a value out of range.
    AudioError
        When the clip is shorter than a window of the front-end.

    Warns
    -----
    SpecAugListenWarning
        When a mask was clamped or a transform did nothing.
    """
    if not isinstance(audio, Audio):
        raise ParameterError(
            f"audio is {type(audio).__name__}: expected Audio; make one with load(path) or Audio(samples, sample_rate)"
        )
    if not isinstance(draws, int) or isinstance(draws, bool) or not 1 <= draws <= 1000:
        raise ParameterError(f"draws={draws!r}: expected an integer in [1, 1000]")
    chosen, rendering = get_policy(policy, adapter=adapter), _vocoder(vocoder)
    stage = None if waveform is None else get_waveform(waveform)
    seed = as_seed(rng)
    mel = get(frontend)(audio)
    heard = []
    for number in range(1, draws + 1):
        drawn, before = None, mel
        if stage is not None:
            drawn = stage.draw(_mono(mel), rng=child_stream(seed, (*audio.fingerprint, _OF_WAVEFORM), number))
            before = mel.frontend(drawn.apply(_mono(mel)))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", SpecAugListenWarning)
            draw = draw_of_clip(chosen, before, seed, audio.fingerprint, number)
        for warning in said:
            warnings.warn(warning.message, stacklevel=2)
        one = _rendered(number, draw, before, rendering, twins)
        heard.append(one if drawn is None else replace(one, waveform=drawn, before=before))
    if name is None:
        name = Path(audio.source.path).stem if audio.source else "clip"
    return Audition(audio, mel, chosen, rendering, seed, tuple(heard), name, waveform=stage)


def _rendered(number: int, draw: Draw, before: MelSpectrogram, vocoder: Vocoder, twins: bool) -> Reconstruction:
    augmented = draw.apply(before)
    twin = render(augmented, vocoders.OriginalPhase()) if twins else None
    return Reconstruction(number, draw, augmented, render(augmented, vocoder), twin=twin)


def first_samples(sound: Sound, n_samples: int) -> Sound:
    """As much of a sound as a draw with a cut tail has."""
    if n_samples >= sound.n_samples:
        return sound
    return Audio(sound.read(0, n_samples), sound.sample_rate)


def needs_whole_clip(policy: Policy, waveform: Waveform | None) -> bool:
    """Whether a run has code of others in it, which cannot work through a clip in parts."""
    return bool(policy.foreign) or waveform is not None


def _mono(mel: MelSpectrogram) -> Audio:
    assert mel.audio is not None  # a front-end keeps it
    return mel.audio


def render(mel: MelSpectrogram, vocoder: Vocoder) -> Audio:
    """Call a vocoder and check what it gives.

    Raises
    ------
    ParameterError
        When it is not audio of the mel's rate and length.
    """
    audio: Any = vocoder(mel)
    rate, n_samples = mel.frontend.sample_rate, mel.n_samples
    got = repr(type(audio))
    if isinstance(audio, Audio):
        if (audio.n_channels, audio.sample_rate, audio.n_samples) == (1, rate, n_samples):
            return audio
        got = f"{audio.n_samples} samples at {audio.sample_rate} Hz"
        got += f" in {audio.n_channels} channels" if audio.n_channels > 1 else ""
    raise ParameterError(f"the vocoder gave {got}: expected Audio of {n_samples} samples at {rate} Hz, mono")


def _vocoder(vocoder: Vocoder | str) -> Vocoder:
    if isinstance(vocoder, str):
        return vocoders.get(vocoder)
    if not callable(vocoder):
        raise ParameterError(f"vocoder={vocoder!r}: expected a name or a callable from MelSpectrogram to Audio")
    return vocoder
