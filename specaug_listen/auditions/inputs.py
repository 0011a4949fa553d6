"""The clip and the front-end of an audition, from a recording or a mel."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np

from .._arrays import kind_of, on_cpu
from ..audio.audio_in_memory import Audio
from ..audio.conversion import as_audio
from ..augment import Policy
from ..custom.waveform import Waveform
from ..errors import AudioError, ParameterError
from ..frameworks.frontend_choice import FrontendChoice, choose_frontend
from ..frontends import MelFrontend, MelSpectrogram, get_frontend, mel_format, parse_axes, statistics_of_text
from ..mels import MelClip, clip_of_file, find_mels, is_mel_path, mel_clip, mel_part
from ..vocoders import OriginalPhase, Vocoder

__all__ = ["check_sound_is_not_needed", "check_without_audio", "clip_and_frontend"]

Clip = Audio | MelClip


def clip_and_frontend(
    audio: Any,
    frontend: Any,
    policy: Policy,
    *,
    axes: str | None = None,
    statistics: Any = None,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> tuple[Clip, FrontendChoice]:
    """Return the clip that the caller passes in any form, and the front-end of its mel.

    An array or a file of a mel needs ``frontend``; for a mel with a front-end it must be the same, or None. ``axes``
    and ``statistics`` describe an array or a file of a mel. Raises a ParameterError for anything else, and for a mel of
    another front-end.
    """
    is_file = isinstance(audio, (str, os.PathLike)) and is_mel_path(audio)
    is_array = not isinstance(audio, (Audio, MelClip, MelSpectrogram)) and _is_array_of_mel(audio)
    if not (is_file or is_array) and (axes is not None or statistics is not None):
        raise ParameterError("statistics= and axes= are about a mel in an array or a file; leave them out")
    if is_file or is_array:
        return _mel_of(audio, frontend, axes, statistics, (start_s, duration_s), is_file=is_file)
    if isinstance(audio, MelClip):
        return audio, FrontendChoice(_frontend_of_mel(audio.mel.frontend, frontend), "named")
    if isinstance(audio, MelSpectrogram):
        plain = _recording_of(audio)
        choice = FrontendChoice(_frontend_of_mel(audio.frontend, frontend), "named")
        if plain is not None:
            return as_audio(plain, start_s=start_s, duration_s=duration_s), choice
        return mel_clip(mel_part(audio, start_s, duration_s)), choice
    return as_audio(audio, start_s=start_s, duration_s=duration_s), choose_frontend(frontend, policy)


def _is_array_of_mel(audio: Any) -> bool:
    array = on_cpu(audio)
    return isinstance(array, np.ndarray) and array.ndim in (2, 3)


def _mel_of(
    audio: Any, frontend: Any, axes: str | None, statistics: Any, span: tuple[float, float | None], *, is_file: bool
) -> tuple[Clip, FrontendChoice]:
    """Return a mel in an array or a file, and its front-end."""
    if frontend is None:
        what = f"{os.fspath(audio)!r:.80}" if is_file else kind_of(audio)
        raise ParameterError(
            f"{what} without frontend=: a mel does not say which front-end made it; give its name, or for sound "
            "(samples, sample_rate)"
        )
    geometry = frontend.frontend if isinstance(frontend, FrontendChoice) else get_frontend(frontend)
    if not is_file:
        mel = mel_part(geometry.mel(audio, axes=axes, statistics=statistics), *span)
        return mel_clip(mel), FrontendChoice(mel.frontend, "named")
    known_statistics = statistics_of_text(statistics) if isinstance(statistics, str) else statistics
    files, problems = find_mels([audio])
    if problems:
        raise AudioError(problems[0])
    if len(files) > 1:
        keys = ", ".join(map(os.fspath, files[:4]))
        raise ParameterError(f"{os.fspath(audio)!r:.80} holds {len(files)} mels: name one of them, e.g. {keys:.160}")
    ready = mel_format(geometry, known_statistics)
    clip = clip_of_file(files[0], ready, axes=parse_axes(axes), start_s=span[0], duration_s=span[1])
    return clip, FrontendChoice(clip.mel.frontend, "named")


def _recording_of(mel: MelSpectrogram) -> Audio | None:
    """Return the recording of a mel if the front-end computes this very mel from it; None otherwise."""
    if mel.audio is None or mel.warps:
        return None
    plain = mel.frontend(mel.audio)
    return mel.audio if np.array_equal(plain.values, mel.values) else None


def _frontend_of_mel(frontend_of_mel: MelFrontend, frontend: Any) -> MelFrontend:
    """Return the front-end of a mel; raise a ParameterError if ``frontend`` is another one."""
    if frontend is None or isinstance(frontend, FrontendChoice):
        return frontend_of_mel
    other = get_frontend(frontend)
    if frontend_of_mel not in (other, replace(other, normalize=frontend_of_mel.normalize)):
        raise ParameterError(
            f"frontend={other.name!r}: the mel is one of {frontend_of_mel.name!r}, and another front-end cannot be "
            "taken for it; leave it out"
        )
    return frontend_of_mel


def check_without_audio(clip: Clip, vocoder: Vocoder, waveform: Waveform | None, original_phase: bool) -> None:
    """Raise a ParameterError if a clip is a mel without audio and an option needs the sound."""
    if isinstance(clip, MelClip):
        has_phase = clip.mel.audio is not None
        check_sound_is_not_needed(None if has_phase else vocoder, waveform, original_phase and not has_phase)


def check_sound_is_not_needed(vocoder: Any, waveform: Waveform | None, original_phase: bool) -> None:
    """Raise a ParameterError if an option needs the clip's sound."""
    if waveform is not None:
        raise ParameterError(
            f"waveform {waveform.name!r:.60}: works on the recording, before its mel is taken; the clip is a mel, so "
            "leave it out, or give the recording"
        )
    if original_phase or isinstance(vocoder, OriginalPhase):
        what, fix = (
            ("--original-phase (original_phase=True)", "leave it out")
            if original_phase
            else ("vocoder 'original-phase'", "choose another")
        )
        raise ParameterError(f"{what}: of a clip that came as a mel, the original's phase is not at hand; {fix}")
