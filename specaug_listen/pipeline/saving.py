"""Writing an audition: one folder for each clip."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from .._files import Contents, folder_name, make_folder, write_folder
from .._sound import Sound
from ..audio import wav_parts
from ..errors import ParameterError
from ..plots import encode_png
from ..recording import SpooledAudio
from .chain import Audition, Reconstruction, first_samples
from .records import Channels, DrawRecord, describe_clip, to_bytes, versions, vocoder_record

__all__ = ["RESERVED", "audition_files", "draw_files", "draw_record", "save_audition"]

# Names in the folder above that no clip's folder may take.
RESERVED = frozenset({"report.html", "audition.json"})
_STALE = re.compile(r"draw-\d+\.(wav|png|json)")


def save_audition(
    audition: Audition,
    out: Path,
    *,
    channels: Channels = "mono",
    overwrite: bool = False,
    folder: str | None = None,
) -> Path:
    """Write one audition below ``out``; see `Audition.save`."""
    make_folder(out)
    if folder is None:
        taken = set(RESERVED) if overwrite else RESERVED | {path.name.casefold() for path in out.iterdir()}
        folder = folder_name(f"{audition.name}.wav", set(taken))
    write_folder(out / folder, audition_files(audition, channels), _STALE)
    return out / folder


def audition_files(audition: Audition, channels: Channels = "mono") -> dict[str, Contents]:
    """Names and contents of all files of a clip's folder."""
    if channels not in get_args(Channels):
        raise ParameterError(f"channels={channels!r}: allowed is one of {', '.join(get_args(Channels))}")
    both_ears: Channels = "mono" if channels == "mono" else "duplicate"
    files = {
        "original.wav": _wav(audition.original, audition, both_ears),
        "copy-synthesis.wav": _wav(audition.copy_synthesis, audition, both_ears),
    }
    for reconstruction in audition.draws:
        files |= draw_files(audition, reconstruction, channels)
    return files


def draw_files(audition: Audition, reconstruction: Reconstruction, channels: Channels) -> dict[str, Contents]:
    """WAV, PNG and JSON of one draw."""
    name = reconstruction.name
    return {
        f"{name}.wav": _wav(reconstruction.audio, audition, channels),
        f"{name}.png": encode_png(audition.plot(reconstruction)),
        f"{name}.json": to_bytes(draw_record(audition, reconstruction, channels)),
    }


def draw_record(audition: Audition, reconstruction: Reconstruction, channels: Channels) -> DrawRecord:
    """All that is needed to render one draw again."""
    return DrawRecord(
        number=reconstruction.number,
        clip=audition.name.encode("utf-8", "backslashreplace").decode(),
        audio=describe_clip(audition.clip),
        frontend=audition.frontend,
        policy=audition.policy,
        draw=reconstruction.draw,
        vocoder=vocoder_record(audition.vocoder),
        seed=audition.seed,
        gain=audition.gain,
        channels=channels,
        scores=dict(audition.score_of(reconstruction)),
        clip_badges=audition.badges,
        badges=audition.badges_of(reconstruction),
        versions=versions(),
        waveform=reconstruction.waveform,
        found=audition.change_of(reconstruction),
    )


def _wav(sound: Sound, audition: Audition, channels: Channels) -> Contents:
    sounds = [sound]
    if channels != "mono":
        before = first_samples(audition.copy_synthesis, sound.n_samples) if channels == "before-after" else sound
        sounds.insert(0, before)
    parts = wav_parts(sounds, gain=audition.gain)
    return parts if isinstance(sound, SpooledAudio) else b"".join(parts)
