"""Many clips: each into a folder of its own, a bad one never stopping the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._channels import Channel, Choice, OneChannel, name_suffix
from ._clip_names import distinct_names
from ._files import (
    folder_name,
    is_partial,
    make_folder,
    only_writer,
    printable,
    remove_partials,
    saying_what_failed,
    scratch,
    write_whole,
)
from ._notices import Notice
from ._reading import channels_of
from .audio import load
from .augment.foreign import LONGEST_HELD_S
from .errors import OutputError, ParameterError, SpecAugListenError
from .frontends import prepared
from .mels import MelFile, clip_of_file
from .pipeline import (
    RESERVED,
    Audition,
    AuditionRecord,
    Configuration,
    Failure,
    audition,
    needs_whole_clip,
    save_audition,
)
from .pipeline.long import Within, audition_long, is_long
from .pipeline.publishing import remove_page
from .pipeline.records import to_bytes, versions, vocoder_of
from .pipeline.saving import clip_entry
from .recording import open_recording
from .vocoders import Joint

__all__ = ["Progress", "audition_many", "check_output", "count_clips"]

Progress = Callable[[int, Audition | Failure], None]


def check_output(out: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """See that results can go to a folder, before any work is done.

    Raises
    ------
    ParameterError
        When it is a file, or holds something and ``overwrite`` was not asked for.
    """
    name = printable(out)
    if os.path.lexists(out) and not os.path.isdir(out):
        raise ParameterError(f"-o {name}: is a file; choose a folder that is new or empty")
    with saying_what_failed(Path(out)):
        is_full = os.path.isdir(out) and not all(map(is_partial, os.listdir(out)))
    if is_full and not overwrite:
        raise ParameterError(
            f"-o {name}: the folder is not empty; choose another, or replace its results with --overwrite"
        )


@dataclass(frozen=True)
class _Clip:
    """One clip of a run: a file, or one of its channels."""

    path: str | os.PathLike[str]
    channel: OneChannel
    name: str
    folder: str


def count_clips(files: Sequence[str | os.PathLike[str]], channel: Channel = "mean") -> int:
    """How many clips a run makes of files: one of each, or of each of their channels."""
    return len(files) if channel != "each" else sum(len(_choices(path, channel)) for path in files)


def audition_many(
    files: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    configuration: Configuration,
    *,
    overwrite: bool = False,
    problems: Sequence[str] = (),
    notices: Sequence[Notice] = (),
    progress: Progress = lambda number, result: None,
    within: Within = lambda what, share: None,
) -> AuditionRecord:
    """Audition files and write their folders, and ``audition.json`` beside them.

    Parameters
    ----------
    files : sequence of str or path-like
    out : str or path-like
        A new or empty folder, unless ``overwrite``.
    configuration : Configuration
    overwrite : bool
        Replace what an earlier run wrote under the same names; other files stay.
    problems : sequence of str
        What was refused before, one line each; it is written down with the rest.
    notices : sequence of Notice
        What was left out of folders; likewise.
    progress : callable (int, Audition or Failure) -> None
        Told of each clip when it is done.
    within : callable (str, float) -> None
        Told of what is done to a long recording, and which share of it is.

    Returns
    -------
    AuditionRecord
        As written. A run that is interrupted writes what is done.

    Raises
    ------
    ParameterError
        When ``out`` is not free.
    OutputError
        When results cannot be written; what is done stays whole.
    """
    check_output(out, overwrite=overwrite)
    vocoder_of(configuration.vocoder)
    folder = Path(out)
    new_folders = [path for path in (folder, *folder.parents) if not os.path.exists(path)]
    make_folder(folder)
    lock = only_writer(folder)
    remove_partials(folder)
    entries = []
    failures = [Failure(None, line) for line in problems]
    try:
        for number, clip in enumerate(_clips(files, configuration.channel), start=1):
            result = _audition_clip(clip, folder, configuration, within)
            if isinstance(result, Failure):
                failures.append(result)
            else:
                entries.append(clip_entry(result, clip.folder))
            progress(number, result)
    finally:
        index = AuditionRecord(configuration, tuple(entries), tuple(failures), versions(), tuple(notices))
        if entries:
            # A page that an earlier run left would show what is no longer there.
            remove_page(folder / "report.html")
            remove_page(folder / "report")
            write_whole(folder / "audition.json", to_bytes(index))
        else:
            _remove_empty(new_folders)
        os.close(lock)
    return index


def _clips(files: Sequence[str | os.PathLike[str]], channel: Channel) -> list[_Clip]:
    """The clips of files, their names and folders; sorted, so that none depends on the order of the arguments."""
    taken = {name.casefold() for name in RESERVED}
    recordings = [path for path in files if not isinstance(path, MelFile)]
    pairs = [(path, one) for path in sorted(recordings, key=os.path.abspath) for one in _choices(path, channel)]
    suffixes = [name_suffix(choice) for _, choice in pairs]
    names = distinct_names([path for path, _ in pairs], suffixes)
    clips = [
        _Clip(path, choice.channel, name, folder_name(_with_suffix(path, suffix), taken))
        for (path, choice), suffix, name in zip(pairs, suffixes, names, strict=True)
    ]
    # The mels of one file stay in its order.
    mels = sorted((one for one in files if isinstance(one, MelFile)), key=lambda one: os.path.abspath(one.path))
    return clips + [_Clip(one, "mean", one.name, folder_name(f"{one.name}.mel", taken)) for one in mels]


def _choices(path: str | os.PathLike[str], channel: Channel) -> list[Choice]:
    """What is heard of a file."""
    if isinstance(path, MelFile):
        return [Choice("mean", 1)]
    n_channels = 1 if channel == "mean" else channels_of(path)
    if channel != "each":
        return [Choice(channel, n_channels)]
    return [Choice(number, n_channels) for number in range(1, n_channels + 1)]


def _with_suffix(path: str | os.PathLike[str], suffix: str) -> str | os.PathLike[str]:
    return f"{Path(path).stem}{suffix}.wav" if suffix else path


def _remove_empty(folders: Sequence[Path]) -> None:
    """Take back folders that were made for results that never came, innermost first."""
    for folder in folders:
        if folder.is_dir() and not os.listdir(folder):
            folder.rmdir()


def _audition_clip(one: _Clip, out: Path, run: Configuration, within: Within) -> Audition | Failure:
    path = one.path
    try:
        if isinstance(path, MelFile):
            return _audition_mel(path, out, one.folder, run)
        is_whole = needs_whole_clip(run.policy, run.waveform)
        if is_whole and is_long(path, run.duration_s, LONGEST_HELD_S):
            raise ParameterError(
                f"callables and waveform stages need the whole clip at once, at most {LONGEST_HELD_S:.0f} s of it; "
                "take a part with --duration"
            )
        if isinstance(run.vocoder, Joint) and not is_whole and is_long(path, run.duration_s):
            return _audition_long_clip(one, out, run, within)
        channel = None if one.channel == "mean" else one.channel
        clip = load(path, start_s=run.start_s, duration_s=run.duration_s, channel=channel, strict=run.strict)
        return _audition_and_save(clip, out, one.folder, run, frontend=run.choice, name=one.name, channel="mean")
    except OutputError:
        raise
    except SpecAugListenError as error:
        return _failure(path, str(error))
    except MemoryError:
        return _failure(path, "not enough memory for this clip; take a part of it with --duration")


def _audition_mel(file: MelFile, out: Path, folder: str, run: Configuration) -> Audition:
    ready = prepared(run.frontend, run.statistics)
    clip = clip_of_file(file, ready, axes=run.axes, start_s=run.start_s, duration_s=run.duration_s)
    return _audition_and_save(clip, out, folder, run)


def _audition_and_save(clip: Any, out: Path, folder: str, run: Configuration, **of_clip: Any) -> Audition:
    """Audition a clip as a run says, with what is the clip's own, and write its folder."""
    heard = audition(
        clip,
        policy=run.policy,
        waveform=run.waveform,
        vocoder=vocoder_of(run.vocoder),
        draws=run.draws,
        rng=run.seed,
        twins=run.twins,
        **of_clip,
    )
    save_audition(heard, out, channels=run.channels, overwrite=True, folder=folder)
    return heard


def _audition_long_clip(one: _Clip, out: Path, run: Configuration, within: Within) -> Audition:
    assert isinstance(run.vocoder, Joint)
    # On the disk of the results: the system's own folder for such things is often held in memory.
    with scratch(out / one.folder) as room:
        rate = run.frontend.sample_rate
        recording = open_recording(
            one.path,
            rate,
            room,
            start_s=run.start_s,
            duration_s=run.duration_s,
            channel=one.channel,
            strict=run.strict,
        )
        heard = audition_long(
            recording,
            room,
            frontend=run.frontend,
            policy=run.policy,
            vocoder=run.vocoder,
            draws=run.draws,
            seed=run.seed,
            name=one.name,
            frontend_reason=run.frontend_reason,
            within=within,
        )
        save_audition(heard, out, channels=run.channels, overwrite=True, folder=one.folder)
    return heard


def _failure(path: str | os.PathLike[str], reason: str) -> Failure:
    name, text = printable(path), " ".join(reason.splitlines())
    return Failure(name, text if text.startswith(name) else f"{name}: {text}")
