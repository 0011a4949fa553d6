"""Audition of one clip under one policy: clip, mel, draw, rendering."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import vocoders
from .._defaults import DEFAULT_DRAWS, DEFAULT_POLICY, DEFAULT_SEED, DEFAULT_VOCODER, MAX_DRAWS
from .._rng import as_seed, child_stream
from ..audio.audio_in_memory import Audio
from ..audio.channels import OneChannel
from ..augment import Batch, Policy
from ..custom.adapter import Adapter
from ..custom.waveform import Waveform, get_waveform
from ..errors import ParameterError, SpecAugListenWarning
from ..frameworks.frontend_choice import FrontendChoice, select_channel
from ..frameworks.policies import get_policy
from ..frameworks.read import Imported
from ..frameworks.registry import draw_of_clip
from ..frontends import MelFrontend, MelSpectrogram
from ..mels import MelClip
from ..vocoders import Vocoder
from .inputs import check_without_audio, clip_and_frontend
from .records import clip_name
from .rendering import render, vocoder_for
from .results import Audition, RenderedDraw

__all__ = [
    "audition",
]

# The waveform stage has its own stream, so the same masks can be auditioned with and without it.
_WAVEFORM_STREAM = 1


def audition(
    audio: Any,
    *,
    frontend: MelFrontend | FrontendChoice | str | os.PathLike[str] | None = None,
    policy: Policy | Imported | str | os.PathLike[str] | Callable[..., Any] = DEFAULT_POLICY,
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
    batch: Batch | str | None = None,
    exact_rng: bool = False,
    waveform: Waveform | str | os.PathLike[str] | Any = None,
    vocoder: Vocoder | str = DEFAULT_VOCODER,
    draws: int = DEFAULT_DRAWS,
    rng: int | Any = DEFAULT_SEED,
    original_phase: bool = False,
    start_s: float = 0.0,
    duration_s: float | None = None,
    name: str | None = None,
    channel: OneChannel | None = None,
    statistics: Any = None,
    axes: str | None = None,
) -> Audition:
    """Audition a policy on a clip: draw, apply and render.

    Parameters
    ----------
    audio : Audio, MelSpectrogram, str, path-like, (samples, sample_rate), mapping, or array of a mel
        A clip in any form that `specaug_listen.audio.conversion.as_audio` takes: a file's path, an array or a tensor
        with its rate, PCM integers, the ``audio`` of a data set. Or a mel from your own pipeline, which needs no audio:
        a `MelSpectrogram`, or an array or tensor of shape (n_mels, n_frames) with ``frontend``. Without audio there is
        no original, and draws are compared with the copy-synthesis.
    frontend : MelFrontend, str, path-like or None
        None takes the policy's own: that of its configuration or recipe, else of its framework, else Whisper's; see
        `specaug_listen.frameworks.choose_frontend`. The choice and its reason are the audition's ``frontend`` and
        ``frontend_reason``.
    policy : Policy, Imported, str, path-like or callable
        A name, a file of a framework or of our own, any Mel -> Mel callable or ``torch.nn.Module``, or its name:
        ``module:callable``.
    framework : str or None
        Framework of a configuration file; None guesses from its keys.
    adapter : Adapter or None
        Form of mel that a callable expects; None guesses, with a notice.
    parameters : sequence of str
        Of the policy, each as ``KEY=VALUE``, in the paper's letters or by name: ``["F=27"]``.
    batch : Batch, str or None
        The padded batch that is assumed to contain the clip, e.g. ``"32x1500@-15.9"``.
    exact_rng : bool
        Draw with the framework's own generator, seeded as the framework seeds it.
    waveform : audiomentations.Compose, Waveform, str, path-like or None
        Stage on the waveform before its mel: transforms of audiomentations, or a YAML file of them.
    vocoder : callable MelSpectrogram -> Audio, or str
    draws : int in [1, 1000]
        Number of draws.
    rng : int, numpy.random.Generator or None
        The same integer gives the same draws of the same clip, whatever else is auditioned; None takes a new seed.
    original_phase : bool
        Also render each draw with the phase of the original: the mask without vocoder artefacts.
    start_s, duration_s : float [s], float [s] or None
        The part of the clip to audition.
    name : str or None
        Of the clip; None takes the file's.
    channel : {"mean", "left", "right"}, int >= 1 or None
        Channel to audition, counted from 1; None takes that of the policy's configuration (NeMo's
        ``channel_selector``), else the mean.
    statistics, axes
        Of a mel: the statistics it was normalised with, and its order of axes; see `MelFrontend.mel`.

    Returns
    -------
    Audition

    Raises
    ------
    ParameterError
        For an unknown name or a value out of range.
    PolicyError
        If the file of a policy cannot be read, or its front-end is unsupported and no other is given.
    AudioError
        If the clip is shorter than a window of the front-end.

    Warns
    -----
    SpecAugListenWarning
        If a mask was clamped or a transform had no effect.
    """
    if not isinstance(draws, int) or isinstance(draws, bool) or not 1 <= draws <= MAX_DRAWS:
        raise ParameterError(f"draws={draws!r:.80}: allowed is a whole number from 1 to {MAX_DRAWS}")
    how: dict[str, Any] = {"framework": framework, "adapter": adapter, "parameters": parameters}
    rules = get_policy(policy, batch=batch, exact_rng=exact_rng, **how)
    clip, (geometry, reason) = clip_and_frontend(
        audio, frontend, rules, axes=axes, statistics=statistics, start_s=start_s, duration_s=duration_s
    )
    rendering = vocoder_for(vocoder)
    stage = None if waveform is None else get_waveform(waveform)
    seed = as_seed(rng)
    clip = select_channel(clip, channel, rules) if isinstance(clip, Audio) else clip
    check_without_audio(clip, rendering, stage, original_phase)
    mel = clip.mel if isinstance(clip, MelClip) else geometry(clip)
    results = tuple(
        _render_draw(n, mel, clip, seed, rules, stage, rendering, original_phase) for n in range(1, draws + 1)
    )
    name = (clip.name if isinstance(clip, MelClip) else clip_name(clip)) if name is None else name
    return Audition(clip, mel, rules, rendering, seed, results, name, waveform=stage, frontend_reason=reason)


def _render_draw(
    number: int,
    mel: MelSpectrogram,
    clip: Audio | MelClip,
    seed: int,
    policy: Policy,
    stage: Waveform | None,
    vocoder: Vocoder,
    original_phase: bool,
) -> RenderedDraw:
    """Draw once, and render the draw."""
    waveform_draw, before = None, mel
    if stage is not None and mel.audio is not None:  # for a mel without audio, `check_without_audio` allows no stage
        waveform_draw = stage.draw(mel.audio, rng=child_stream(seed, (*clip.fingerprint, _WAVEFORM_STREAM), number))
        before = mel.frontend(waveform_draw.apply(mel.audio))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SpecAugListenWarning)
        draw = draw_of_clip(policy, before, seed, clip.fingerprint, number)
    for warning in caught:
        warnings.warn(warning.message, stacklevel=4)
    augmented = draw.apply(before)
    with_original_phase = render(augmented, vocoders.OriginalPhase()) if original_phase else None
    sound = render(augmented, vocoder)
    return RenderedDraw(
        number, draw, augmented, sound, waveform_draw, None if waveform_draw is None else before, with_original_phase
    )
