"""Rendering of a draw from its record, and the differences between the two.

The record is a value here. `specaug_listen.replays` reads it from its file, checks it against the files beside it, and
then calls `replay_record`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._files import printable
from ..audio.audio_in_memory import Audio, load
from ..audio.recording import Recording, open_recording
from ..augment import Draw, FillLevel
from ..augment.draw import with_fill_levels
from ..custom.waveform import Waveform
from ..errors import AudioError, ParameterError, error_context
from ..frontends import AnyMel, MelFormat, MelSpectrogram, mel_stream
from ..inspection import Change
from ..mels import MelClip, clip_of_file, list_mels, mel_clip
from ..metrics import SCORES
from ..vocoders import Joint
from .badges import LONG_S
from .long import LongAudition, render_long
from .records import DrawRecord, MelRecord, describe_clip, path_of, versions, vocoder_of
from .rendering import render
from .results import Audition, RenderedDraw
from .step_scores import SCORES_OF_STEPS

__all__ = [
    "changed_versions",
    "check_callable",
    "differences",
    "is_long_draw",
    "replay_record",
]

_MAX_NAMED = 3
# Cells further below the clip's speech are silence, whose level is a matter of rounding.
_SILENCE_DB = -80.0
_TOLERANCE_DB = 0.1


def replay_record(
    record: DrawRecord,
    name: str,
    *,
    audio: Audio | MelSpectrogram | str | os.PathLike[str] | None = None,
    folder: Path | None = None,
    policy: str | Callable[..., Any] | None = None,
) -> Audition:
    """Render the draw of a record again; see `specaug_listen.replay`.

    Parameters
    ----------
    record : DrawRecord
    name : str
        Name of the record in messages.
    audio, folder, policy
        As in `specaug_listen.replay`.

    Returns
    -------
    Audition

    Raises
    ------
    AudioError, ParameterError
        As in `specaug_listen.replay`.
    """
    with error_context(name):
        vocoder = vocoder_of(record.vocoder)
    joint = _vocoder_in_parts(record)
    if folder is not None and joint is not None and not isinstance(audio, (Audio, MelSpectrogram)):
        return _replay_long(record, joint, _file(record, audio, name), folder, name)
    clip, mel = _clip_and_mel(record, audio, name)
    with error_context(name):
        before = _with_waveform_stage(record, mel)
        draw = record.draw if policy is None else record.draw.with_callable(policy)
        augmented, draw = draw.apply(before), _with_fill_levels(draw, before)
        sound = render(augmented, vocoder)
    rendered_draw = RenderedDraw(
        record.number, draw, augmented, sound, record.waveform, None if record.waveform is None else before
    )
    stage = None if record.waveform is None else Waveform(record.waveform.transforms, record.waveform.name)
    return Audition(
        clip, mel, record.policy, vocoder, record.seed, (rendered_draw,), record.clip, record.gain, waveform=stage,
        frontend_reason=record.frontend_reason,
    )  # fmt: skip


def check_callable(
    record: DrawRecord, name: str, function: Callable[..., Any], audio: str | os.PathLike[str] | None = None
) -> None:
    """Check that a callable still gives a recorded draw's result, if that was repeatable when it was drawn.

    Parameters
    ----------
    record : DrawRecord
        With at least one call of ``function``, and of no other callable.
    name : str
        Name of the record in messages.
    function : callable
    audio : str, path-like or None
        The clip's file; None takes the path in the record.

    Raises
    ------
    AudioError
        If the clip cannot be read, or is not the one of the draw.
    ParameterError
        If the result differs, or the callable raises an error.
    """
    if all(step.is_repeatable for step in record.draw.calls):
        _, mel = _clip_and_mel(record, audio, name)
        with error_context(name):
            record.draw.with_callable(function).apply(_with_waveform_stage(record, mel))


def _with_waveform_stage(record: DrawRecord, mel: MelSpectrogram) -> MelSpectrogram:
    if record.waveform is None or mel.audio is None:
        return mel
    return record.frontend(record.waveform.apply(mel.audio))


def _with_fill_levels(draw: Draw, mel: AnyMel) -> Draw:
    """Return a draw with the current levels of its fills instead of the recorded ones; no callable is called."""
    return draw if draw.calls else with_fill_levels(draw, mel)


def _clip_and_mel(record: DrawRecord, audio: Any, name: str) -> tuple[Audio | MelClip, MelSpectrogram]:
    if record.audio.mel is not None:
        clip_of_mel = _mel_clip(record, record.audio.mel, audio, name)
        return clip_of_mel, clip_of_mel.mel
    if isinstance(audio, MelSpectrogram):
        raise ParameterError(f"{name}: made for a recording; pass that as audio=, not a mel")
    clip = _clip(record, audio, name)
    with error_context(name):
        return clip, record.frontend(clip)


def is_long_draw(record: DrawRecord) -> bool:
    """Whether the clip of a draw is so long that `replay` should be given a folder."""
    return _vocoder_in_parts(record) is not None and record.audio.n_samples > LONG_S * record.audio.sample_rate


def _vocoder_in_parts(record: DrawRecord) -> Joint | None:
    """Return the vocoder if it can render the draw in parts; None if the whole clip is needed."""
    needs_all = record.draw.calls or record.waveform is not None or record.audio.mel is not None
    return record.vocoder if isinstance(record.vocoder, Joint) and not needs_all else None


def changed_versions(record: DrawRecord) -> list[str]:
    """Return one line for each package whose version differs from the record's, so the last bits may differ."""
    then, now = record.versions, versions()
    return [
        f"{name} was {printable(then[name]):.80}, is {now[name]}"
        for name in now
        if then.get(name, now[name]) != now[name]
    ]


def _clip(record: DrawRecord, audio: Audio | str | os.PathLike[str] | None, name: str) -> Audio:
    if isinstance(audio, Audio):
        is_chosen = audio.n_channels == 1 or record.audio.channel == "mean"
        clip = audio if is_chosen else audio.select(record.audio.channel)
    else:
        span = record.audio.start_s, record.audio.duration_s
        channel = None if record.audio.channel == "mean" else record.audio.channel
        clip = load(_file(record, audio, name), start_s=span[0], duration_s=span[1], channel=channel)
    _check_same(clip, record, name)
    return clip


def _file(record: DrawRecord, audio: Any, name: str) -> str | os.PathLike[str]:
    path: str | os.PathLike[str] | None = path_of(record.audio) if audio is None else audio
    if path is None:
        raise AudioError(f"{name}: the clip was made in memory and has no file; pass it as audio=")
    if audio is None and not os.path.exists(path):
        raise AudioError(f"{name}: its clip {printable(path)} is missing; give its new path (--audio FILE)")
    return path


def _mel_clip(record: DrawRecord, mel_record: MelRecord, audio: Any, name: str) -> MelClip:
    """Return the mel that a draw was made for, from its file or from the caller."""
    if isinstance(audio, MelSpectrogram):
        clip = mel_clip(audio, record.clip)
    else:
        statistics = None
        if mel_record.statistics is not None:
            statistics = mel_record.statistics.for_mel(mel_record.n_mels, mel_record.largest)
        ready = MelFormat(record.frontend, statistics)
        span = {"start_s": record.audio.start_s, "duration_s": record.audio.duration_s}
        files = list_mels(Path(_file(record, audio, name)), mel_record.key)
        file = next((mel_file for mel_file in files if mel_file.item == mel_record.item), files[0])
        clip = clip_of_file(file, ready, axes=mel_record.axes, **span)  # type: ignore[arg-type]
    # The audition creates the notice of empty bins again.
    recorded_notices = tuple(notice for notice in record.audio.notices if notice.kind != "empty-bins")
    clip = replace(clip, mel=replace(clip.mel, notices=recorded_notices))
    _check_same(clip, record, name)
    return clip


def _check_same(clip: Audio | Recording | MelClip, record: DrawRecord, name: str) -> None:
    if describe_clip(clip).fingerprint != record.audio.fingerprint:
        what = "samples" if record.audio.mel is None else "values"
        raise AudioError(f"{name}: the clip is not the one that the draw was made for (its {what} differ)")


def _replay_long(
    record: DrawRecord, vocoder: Joint, file: str | os.PathLike[str], folder: Path, name: str
) -> LongAudition:
    start_s, duration_s = record.audio.start_s, record.audio.duration_s
    clip = open_recording(
        file,
        record.frontend.sample_rate,
        folder,
        start_s=start_s,
        duration_s=duration_s,
        channel=record.audio.channel,
    )
    _check_same(clip, record, name)
    mel = mel_stream(record.frontend, clip.mono, folder)
    copy = render_long(mel, vocoder, folder / "copy-synthesis.f32")
    with error_context(name):
        augmented, draw = record.draw.apply(mel), _with_fill_levels(record.draw, mel)
    sound = render_long(augmented, vocoder, folder / "draw.f32")
    rendered_draw = RenderedDraw(record.number, draw, augmented, sound)
    return LongAudition(
        clip, mel, record.policy, vocoder, record.seed, (rendered_draw,), record.clip, record.gain, copy_rendering=copy,
        frontend_reason=record.frontend_reason, folder=folder,
    )  # fmt: skip


def differences(record: DrawRecord, again: Audition) -> str:
    """Describe differences beyond rounding between a record and its replay; empty if there are none.

    Compared are the levels of fills, scores, the gain, and for callables, the change of the mel.

    Parameters
    ----------
    record : DrawRecord
    again : Audition
        Result of `replay`.
    """
    lines = [*_of_fills(record, again), *_of_scores(record, again), *_of_gain(record, again)]
    if _places(record.change) != _places(again.change_of(again.draws[0])):
        lines.append("what was found that its callable did (found)")
    if not lines:
        return ""
    more = f", and {len(lines) - _MAX_NAMED} more" if len(lines) > _MAX_NAMED else ""
    return f"does not say what comes out: {', '.join(lines[:_MAX_NAMED])}{more}; what is written now is what came out"


def _of_fills(record: DrawRecord, again: Audition) -> Iterator[str]:
    for i, (then, now) in enumerate(zip(record.draw.steps, again.draws[0].draw.steps, strict=True)):
        level_then, level_now = getattr(then, "fill_level", None), getattr(now, "fill_level", None)
        if _differ(level_then, level_now):
            yield f"fill_level of draw.steps[{i}] was {_in_words(level_then)}, is {_in_words(level_now)}"


def _differ(then: FillLevel | None, now: FillLevel | None) -> bool:
    if then is None or now is None:
        return then is not now
    pairs = [(then.vs_p95_db, now.vs_p95_db)]
    if now.vs_p95_db - now.vs_median_db > _SILENCE_DB:  # else half of the clip is silent
        pairs.append((then.vs_median_db, now.vs_median_db))
    return any(abs(max(a, _SILENCE_DB) - max(b, _SILENCE_DB)) > _TOLERANCE_DB for a, b in pairs)


def _in_words(level: FillLevel | None) -> str:
    return "none" if level is None else f"{level.vs_p95_db:+.1f} dB re P95 ({level.vs_median_db:+.1f} dB re median)"


def _of_scores(record: DrawRecord, again: Audition) -> Iterator[str]:
    now = again.score_of(again.draws[0])
    # Reading a record has checked these against its steps.
    keys_of_steps = () if record.change is not None else SCORES_OF_STEPS
    for key, value_then in record.scores.items():
        if key not in now or key in keys_of_steps:
            continue
        value = now[key]
        if (value_then is None) != (value is None) or abs((value_then or 0.0) - (value or 0.0)) > SCORES[key].tolerance:
            yield f"scores.{key} was {_number(value_then)}, is {_number(value)}"


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.5g}"


def _of_gain(record: DrawRecord, again: Audition) -> Iterator[str]:
    """Yield a gain with which this draw clips; a lower one is due to a louder draw of the same clip."""
    largest = replace(again, fixed_gain=None, copy_rendering=again.copy_synthesis).gain
    if record.gain > largest * 10 ** (_TOLERANCE_DB / 20):
        yield f"gain was {record.gain:.4g}, with which it clips, and {largest:.4g} is the largest without"


def _places(change: Change | None) -> list[tuple[Any, ...]]:
    """Return the places of a change, without its levels."""
    if change is None:
        return []
    steps = change.as_draw().steps
    return [(type(step).__name__, getattr(step, "region", None)) for step in steps]
