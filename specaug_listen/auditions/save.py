"""Writing an audition into a folder for its clip."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from .._defaults import DEFAULT_CHANNELS
from .._files import Contents, io_errors, printable, write_files
from ..audio.audio_in_memory import wav_parts
from ..audio.recording import SpooledAudio
from ..audio.sound import Sound
from ..errors import ParameterError
from ..frontends import AnyMel
from ..outputs.locks import PATIENCE_S
from ..outputs.marker import Line
from ..outputs.output import Output
from ..outputs.result_names import folder_name
from ..plots import RANGE_DB, Cells, encode_png, reference_db
from .clip_files import CLIP_FILES, MemoryFiles
from .records import Channels, ClipEntry, Configuration, DrawRecord, describe_clip, to_bytes, versions, vocoder_record
from .rendering import first_samples

if TYPE_CHECKING:
    from .results import Audition, RenderedDraw

__all__ = [
    "RESERVED",
    "audition_files",
    "clip_at_hand",
    "clip_entry",
    "configuration_of",
    "draw_files",
    "draw_record",
    "names_in_clip_folder",
    "names_taken",
    "save_audition",
    "top_db_of",
    "write_clip_folder",
]

# Names in the parent folder that no clip's folder may take.
RESERVED = frozenset({"report.html", "report", "audition.json"})


def save_audition(
    audition: Audition, out: Path, *, channels: Channels = DEFAULT_CHANNELS, overwrite: bool = False
) -> Path:
    """Write one audition below ``out``; see `Audition.save`."""
    source = audition.clip.source
    # Not the command's name, whose files a later run would remove.
    output = Output(out, "Audition.save", overwrite=overwrite, inputs=[] if source is None else [source.path])
    _check_no_run(output)
    files = audition_files(audition, channels)
    with output.alone(PATIENCE_S):
        _check_no_run(output)  # one may have finished meanwhile
        folder = folder_name(f"{audition.name}.wav", names_taken(output))
        write_clip_folder(output, folder, files)
    return out / folder


def _check_no_run(output: Output) -> None:
    if output.overwrite and os.path.lexists(output.folder / "audition.json"):
        raise ParameterError(
            f"{printable(output.out)}: holds a run of specaug-listen audition, whose index would no longer be true; "
            "choose another folder"
        )


def names_taken(output: Output) -> set[str]:
    """Return the names that no clip's folder may take: reserved ones, and those of files that must stay."""
    names = os.listdir(output.folder) if output.folder.is_dir() else []
    return {*RESERVED, *(name.casefold() for name in names if not output.overwrite or output.is_taken(name))}


def names_in_clip_folder(draws: int, *, original_phase: bool = False) -> list[str]:
    """List the names of all files that a clip's folder may contain."""
    names = list(CLIP_FILES)
    for number in range(1, draws + 1):
        names += [f"draw-{number}{ending}" for ending in (".wav", ".png", ".json", ".mel.png")]
        names += [f"draw-{number}-original-phase.wav"] if original_phase else []
    return names


def write_clip_folder(
    output: Output,
    folder: str,
    files: Mapping[str, Contents],
    line: Line | None = None,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Write a clip's folder into an output, and remove files of an earlier one that are not written again.

    ``before`` is called when all files are written, but none is in its place yet.
    """
    with output.scratch() as scratch:
        with io_errors(output.out / folder):
            write_files(scratch / folder, files)
        before()
        old_files = [name for name in output.own_files.by(output.command) if name.startswith(f"{folder}/")]
        output.check((), also=old_files)
        # Records come last, so none is ever beside the sound of another draw.
        output.publish(scratch, line, last=[f"{folder}/{name}" for name in files if name.endswith(".json")])
        output.remove(old_files)


def audition_files(
    audition: Audition,
    channels: Channels = DEFAULT_CHANNELS,
    *,
    figures: bool = True,
    references: bool = True,
    top_db: float | None = None,
) -> dict[str, Contents]:
    """Return names and contents of all files in a clip's folder, without figures and records if not ``figures``.

    Those of the original and of the copy-synthesis are left out if not ``references``; ``top_db`` is the level of the
    brightest colour of the mels, if it is not that of this clip.
    """
    if not isinstance(channels, str) or channels not in get_args(Channels):
        raise ParameterError(f"channels={channels!r:.80}: allowed is one of {', '.join(get_args(Channels))}")
    both_ears: Channels = "mono" if channels == "mono" else "duplicate"
    files: dict[str, Contents] = {}
    if references:
        if audition.original is not None:
            files["original.wav"] = _wav(audition.original, audition, both_ears)
        files["copy-synthesis.wav"] = _wav(audition.copy_synthesis, audition, both_ears)
    for rendered_draw in audition.draws:
        if figures:
            files |= draw_files(audition, rendered_draw, channels)
        else:
            files[f"{rendered_draw.name}.wav"] = _wav(rendered_draw.audio, audition, channels)
        if rendered_draw.with_original_phase is not None:
            files[f"{rendered_draw.name}-original-phase.wav"] = _wav(
                rendered_draw.with_original_phase, audition, channels
            )
    return files | {f"{name}.mel.png": cells.png for name, cells in _cells(audition, top_db, references).items()}


def top_db_of(audition: Audition, *, references: bool = True) -> float:
    """Return by how many dB the loudest cell of all mels of a clip exceeds the original's; 0 if it does not.

    Those of the original and of the copy-synthesis count only if ``references``.
    """
    ref_db = reference_db(audition.mel)
    excesses_db = (float(np.ceil(mel.range_db[1] - ref_db)) for mel in _mels(audition, references).values())
    return max(0.0, *excesses_db)


def _mels(audition: Audition, references: bool) -> dict[str, AnyMel]:
    draws = {draw.name: draw.mel for draw in audition.draws}
    if not references:
        return draws
    # Without an original, the input mel takes its place.
    before = "given" if audition.original is None else "original"
    return {before: audition.mel, "copy-synthesis": audition.copy_mel} | draws


def _cells(audition: Audition, top_db: float | None, references: bool) -> dict[str, Cells]:
    """Return the mels as pictures of one pixel per cell, all on the scale of the original."""
    high_db = top_db_of(audition) if top_db is None else top_db
    ref_db = reference_db(audition.mel)
    return {
        name: Cells.of(mel, ref_db=ref_db, low_db=-RANGE_DB, high_db=high_db)
        for name, mel in _mels(audition, references).items()
    }


def clip_entry(audition: Audition, folder: str) -> ClipEntry:
    """Return the entry of a clip in the index."""
    draws = tuple(draw.name for draw in audition.draws)
    duration_s = round(audition.duration_s, 4)
    clip = replace(describe_clip(audition.clip), notices=audition.notices)
    return ClipEntry(audition.name, folder, clip, duration_s, audition.gain, audition.badges, draws)


def clip_at_hand(audition: Audition, folder: str) -> tuple[ClipEntry, tuple[DrawRecord, ...], MemoryFiles]:
    """Return index entry, records and files of an audition in memory, for a page."""
    files = {
        name: data if isinstance(data, bytes) else b"".join(data)
        for name, data in audition_files(audition, figures=False).items()
    }
    draws = tuple(draw_record(audition, draw, "mono") for draw in audition.draws)
    return clip_entry(audition, folder), draws, MemoryFiles(files)


def configuration_of(audition: Audition) -> Configuration:
    """Return the equivalent configuration of the command line."""
    clip, n_draws = describe_clip(audition.clip), max(1, len(audition.draws))
    return Configuration(
        audition.frontend, audition.policy, vocoder_record(audition.vocoder), n_draws, audition.seed,
        start_s=clip.start_s, duration_s=clip.duration_s, waveform=audition.waveform,
        original_phase=any(draw.with_original_phase is not None for draw in audition.draws),
        frontend_reason=audition.frontend_reason, channel=clip.channel,
    )  # fmt: skip


def draw_files(audition: Audition, rendered_draw: RenderedDraw, channels: Channels) -> dict[str, Contents]:
    """Return WAV, PNG and JSON of one draw."""
    name = rendered_draw.name
    return {
        f"{name}.wav": _wav(rendered_draw.audio, audition, channels),
        f"{name}.png": encode_png(audition.plot(rendered_draw)),
        f"{name}.json": to_bytes(draw_record(audition, rendered_draw, channels)),
    }


def draw_record(audition: Audition, rendered_draw: RenderedDraw, channels: Channels) -> DrawRecord:
    """Return the record of one draw, with which it can be rendered again."""
    return DrawRecord(
        number=rendered_draw.number,
        clip=audition.name.encode("utf-8", "backslashreplace").decode(),
        audio=replace(describe_clip(audition.clip), notices=audition.notices),
        frontend=audition.frontend,
        policy=audition.policy,
        draw=rendered_draw.draw,
        vocoder=vocoder_record(audition.vocoder),
        seed=audition.seed,
        gain=audition.gain,
        channels=channels,
        scores=dict(audition.score_of(rendered_draw)),
        clip_badges=audition.badges,
        badges=audition.badges_of(rendered_draw),
        versions=versions(),
        waveform=rendered_draw.waveform,
        change=audition.change_of(rendered_draw),
        frontend_reason=audition.frontend_reason,
    )


def _wav(sound: Sound, audition: Audition, channels: Channels) -> Contents:
    sounds = [sound]
    if channels != "mono":
        before = first_samples(audition.copy_synthesis, sound.n_samples) if channels == "before-after" else sound
        sounds.insert(0, before)
    parts = wav_parts(sounds, gain=audition.gain)
    return parts if isinstance(sound, SpooledAudio) else b"".join(parts)
