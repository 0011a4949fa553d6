"""Making a draw again from what was written down, and what comes out otherwise than its record says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._files import printable
from ..audio.long import Recording, open_recording
from ..audio.signal import Audio, load
from ..augment import Draw, FillLevel
from ..augment.draw import with_fill_levels
from ..custom.waveform import Waveform
from ..errors import AudioError, ParameterError, error_context
from ..frontends import AnyMel, MelFormat, MelSpectrogram, mel_stream
from ..inspection import Change
from ..mels import MelClip, clip_of_file, list_mels, mel_clip
from ..metrics import SCORES
from ..vocoders import Joint
from .facts import LONG_S, OF_STEPS
from .long import LongAudition, rendered_long
from .records import DrawRecord, MelRecord, describe_clip, path_of, versions, vocoder_of
from .rendering import render
from .results import Audition, Reconstruction

__all__ = [
    "changed_versions",
    "differences",
    "is_long_draw",
    "replay_record",
]

_MOST_NAMED = 3
# Cells further below the clip's speech are those of silence, whose level is left to rounding.
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
    """Make a written draw again; see `specaug_listen.replay`.

    Parameters
    ----------
    record : DrawRecord
    name : str
        What a message calls it.
    audio, folder, policy
        As there.

    Returns
    -------
    Audition

    Raises
    ------
    AudioError, ParameterError
        As there.
    """
    with error_context(name):
        vocoder = vocoder_of(record.vocoder)
    in_parts = not (record.draw.foreign or record.waveform or record.audio.mel)
    is_file = not isinstance(audio, (Audio, MelSpectrogram))
    if folder is not None and in_parts and isinstance(vocoder, Joint) and is_file:
        return _replayed_long(record, vocoder, _file(record, audio, name), folder, name)
    clip, mel = _clip_and_mel(record, audio, name)
    before = mel
    with error_context(name):
        if record.waveform is not None and mel.audio is not None:
            before = record.frontend(record.waveform.apply(mel.audio))
        draw = record.draw if policy is None else record.draw.with_callable(policy)
        augmented, draw = draw.apply(before), _with_fill_levels(draw, before)
        sound = render(augmented, vocoder)
    again = Reconstruction(
        record.number, draw, augmented, sound, record.waveform, None if record.waveform is None else before
    )
    stage = None if record.waveform is None else Waveform(record.waveform.transforms, record.waveform.name)
    return Audition(
        clip, mel, record.policy, vocoder, record.seed, (again,), record.clip, record.gain, waveform=stage,
        frontend_reason=record.frontend_reason,
    )  # fmt: skip


def _with_fill_levels(draw: Draw, mel: AnyMel) -> Draw:
    """A draw with the levels that its fills have, whatever its record says; no callable of others is called for it."""
    return draw if draw.foreign else with_fill_levels(draw, mel)


def _clip_and_mel(record: DrawRecord, given: Any, name: str) -> tuple[Audio | MelClip, MelSpectrogram]:
    if record.audio.mel is not None:
        own = _mel_clip(record, record.audio.mel, given, name)
        return own, own.mel
    if isinstance(given, MelSpectrogram):
        raise ParameterError(f"{name}: made for a recording; pass that as audio=, not a mel")
    clip = _clip(record, given, name)
    with error_context(name):
        return clip, record.frontend(clip)


def is_long_draw(written: DrawRecord) -> bool:
    """Whether the clip of a draw is so long that `replay` is better given a folder."""
    if written.draw.foreign or written.waveform is not None or written.audio.mel is not None:
        return False
    return isinstance(written.vocoder, Joint) and written.audio.n_samples > LONG_S * written.audio.sample_rate


def changed_versions(written: DrawRecord) -> list[str]:
    """One line for each package whose version differs from the record's: the last bits may differ then."""
    then, now = written.versions, versions()
    return [
        f"{name} was {printable(then[name]):.80}, is {now[name]}"
        for name in now
        if then.get(name, now[name]) != now[name]
    ]


def _clip(record: DrawRecord, given: Audio | str | os.PathLike[str] | None, name: str) -> Audio:
    if isinstance(given, Audio):
        is_chosen = given.n_channels == 1 or record.audio.channel == "mean"
        clip = given if is_chosen else given.select(record.audio.channel)
    else:
        span = record.audio.start_s, record.audio.duration_s
        channel = None if record.audio.channel == "mean" else record.audio.channel
        clip = load(_file(record, given, name), start_s=span[0], duration_s=span[1], channel=channel)
    _check_same(clip, record, name)
    return clip


def _file(record: DrawRecord, given: Any, name: str) -> str | os.PathLike[str]:
    path: str | os.PathLike[str] | None = path_of(record.audio) if given is None else given
    if path is None:
        raise AudioError(f"{name}: the clip was made in memory and has no file; pass it as audio=")
    if given is None and not os.path.exists(path):
        raise AudioError(f"{name}: its clip {printable(path)} is gone; say where it is (--audio FILE)")
    return path


def _mel_clip(record: DrawRecord, written: MelRecord, given: Any, name: str) -> MelClip:
    """The mel that a draw was made for, from its file or as it was given."""
    if isinstance(given, MelSpectrogram):
        clip = mel_clip(given, record.clip)
    else:
        statistics = None
        if written.statistics is not None:
            statistics = written.statistics.for_mel(written.n_mels, written.largest)
        ready = MelFormat(record.frontend, statistics)
        span = {"start_s": record.audio.start_s, "duration_s": record.audio.duration_s}
        found = list_mels(Path(_file(record, given, name)), written.key)
        file = next((one for one in found if one.item == written.item), found[0])
        clip = clip_of_file(file, ready, axes=written.axes, **span)  # type: ignore[arg-type]
    # That of its width is told again by the audition.
    written_notices = tuple(notice for notice in record.audio.notices if notice.kind != "empty-bins")
    clip = replace(clip, mel=replace(clip.mel, notices=written_notices))
    _check_same(clip, record, name)
    return clip


def _check_same(clip: Audio | Recording | MelClip, record: DrawRecord, name: str) -> None:
    if describe_clip(clip).fingerprint != record.audio.fingerprint:
        what = "samples" if record.audio.mel is None else "values"
        raise AudioError(f"{name}: the clip is not the one that the draw was made for (its {what} differ)")


def _replayed_long(
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
    copy = rendered_long(mel, vocoder, folder / "copy-synthesis.f32")
    with error_context(name):
        augmented, draw = record.draw.apply(mel), _with_fill_levels(record.draw, mel)
    drawn = rendered_long(augmented, vocoder, folder / "draw.f32")
    again = Reconstruction(record.number, draw, augmented, drawn)
    return LongAudition(
        clip, mel, record.policy, vocoder, record.seed, (again,), record.clip, record.gain, rendered=copy,
        frontend_reason=record.frontend_reason, folder=folder,
    )  # fmt: skip


def differences(written: DrawRecord, again: Audition) -> str:
    """What differs beyond rounding between a record and the draw that was made from it, in words; empty for nothing.

    Fill levels, scores and the gain are compared, and of callables of others what was found that they did.

    Parameters
    ----------
    written : DrawRecord
    again : Audition
        What `replay` made of it.
    """
    lines = [*_of_fills(written, again), *_of_scores(written, again), *_of_gain(written, again)]
    if _places(written.found) != _places(again.change_of(again.draws[0])):
        lines.append("what was found that its callable did (found)")
    if not lines:
        return ""
    more = f", and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else ""
    return f"does not say what comes out: {', '.join(lines[:_MOST_NAMED])}{more}; what is written now is what came out"


def _of_fills(written: DrawRecord, again: Audition) -> Iterator[str]:
    for i, (then, now) in enumerate(zip(written.draw.steps, again.draws[0].draw.steps, strict=True)):
        said, is_now = getattr(then, "fill_level", None), getattr(now, "fill_level", None)
        if _differ(said, is_now):
            yield f"fill_level of draw.steps[{i}] was {_in_words(said)}, is {_in_words(is_now)}"


def _differ(said: FillLevel | None, now: FillLevel | None) -> bool:
    if said is None or now is None:
        return said is not now
    pairs = [(said.vs_p95_db, now.vs_p95_db)]
    if now.vs_p95_db - now.vs_median_db > _SILENCE_DB:  # else half of the clip is silent
        pairs.append((said.vs_median_db, now.vs_median_db))
    return any(abs(max(a, _SILENCE_DB) - max(b, _SILENCE_DB)) > _TOLERANCE_DB for a, b in pairs)


def _in_words(level: FillLevel | None) -> str:
    return "none" if level is None else f"{level.vs_p95_db:+.1f} dB re P95 ({level.vs_median_db:+.1f} dB re median)"


def _of_scores(written: DrawRecord, again: Audition) -> Iterator[str]:
    now = again.score_of(again.draws[0])
    # A record is not read where its own steps contradict it.
    known = () if written.found is not None else OF_STEPS
    for key, said in written.scores.items():
        if key not in now or key in known:
            continue
        value = now[key]
        if (said is None) != (value is None) or abs((said or 0.0) - (value or 0.0)) > SCORES[key].tolerance:
            yield f"scores.{key} was {_number(said)}, is {_number(value)}"


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.5g}"


def _of_gain(written: DrawRecord, again: Audition) -> Iterator[str]:
    """A gain under which this draw clips; a lower one is that of a louder draw of the same clip."""
    own = replace(again, given_gain=None, rendered=again.copy_synthesis).gain
    if written.gain > own * 10 ** (_TOLERANCE_DB / 20):
        yield f"gain was {written.gain:.4g}, with which it clips, and {own:.4g} is the largest without"


def _places(found: Change | None) -> list[tuple[Any, ...]]:
    """Where something was found, without how loud it is."""
    if found is None:
        return []
    steps = found.as_draw().steps
    return [(type(step).__name__, getattr(step, "region", None)) for step in steps]
