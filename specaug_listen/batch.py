"""Many clips: each into a folder of its own, a bad one never stopping the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

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
from .audio import load
from .augment.foreign import LONGEST_HELD_S
from .errors import OutputError, ParameterError, SpecAugListenError
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

__all__ = ["Progress", "audition_many", "check_output"]

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
        for number, (path, name) in enumerate(_named(files), start=1):
            result = _audition_file(path, folder, name, configuration, within)
            if isinstance(result, Failure):
                failures.append(result)
            else:
                entries.append(clip_entry(result, name))
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


def _named(files: Sequence[str | os.PathLike[str]]) -> list[tuple[str | os.PathLike[str], str]]:
    """Files and the names of their folders; sorted, so that neither depends on the order of the arguments."""
    taken = {name.casefold() for name in RESERVED}
    return [(path, folder_name(path, taken)) for path in sorted(files, key=os.path.abspath)]


def _remove_empty(folders: Sequence[Path]) -> None:
    """Take back folders that were made for results that never came, innermost first."""
    for folder in folders:
        if folder.is_dir() and not os.listdir(folder):
            folder.rmdir()


def _audition_file(
    path: str | os.PathLike[str], out: Path, folder: str, run: Configuration, within: Within
) -> Audition | Failure:
    try:
        is_whole = needs_whole_clip(run.policy, run.waveform)
        if is_whole and is_long(path, run.duration_s, LONGEST_HELD_S):
            raise ParameterError(
                f"callables and waveform stages need the whole clip at once, at most {LONGEST_HELD_S:.0f} s of it; "
                "take a part with --duration"
            )
        if isinstance(run.vocoder, Joint) and not is_whole and is_long(path, run.duration_s):
            return _audition_long_file(path, out, folder, run, within)
        clip = load(path, start_s=run.start_s, duration_s=run.duration_s, strict=run.strict)
        heard = audition(
            clip,
            frontend=run.choice,
            policy=run.policy,
            waveform=run.waveform,
            vocoder=vocoder_of(run.vocoder),
            draws=run.draws,
            rng=run.seed,
            twins=run.twins,
            name=printable(Path(path).stem),
        )
        save_audition(heard, out, channels=run.channels, overwrite=True, folder=folder)
    except OutputError:
        raise
    except SpecAugListenError as error:
        return _failure(path, str(error))
    except MemoryError:
        return _failure(path, "not enough memory for this clip; take a part of it with --duration")
    return heard


def _audition_long_file(
    path: str | os.PathLike[str], out: Path, folder: str, run: Configuration, within: Within
) -> Audition:
    assert isinstance(run.vocoder, Joint)
    # On the disk of the results: the system's own folder for such things is often held in memory.
    with scratch(out / folder) as room:
        rate = run.frontend.sample_rate
        recording = open_recording(path, rate, room, start_s=run.start_s, duration_s=run.duration_s, strict=run.strict)
        heard = audition_long(
            recording,
            room,
            frontend=run.frontend,
            policy=run.policy,
            vocoder=run.vocoder,
            draws=run.draws,
            seed=run.seed,
            name=printable(Path(path).stem),
            frontend_reason=run.frontend_reason,
            within=within,
        )
        save_audition(heard, out, channels=run.channels, overwrite=True, folder=folder)
    return heard


def _failure(path: str | os.PathLike[str], reason: str) -> Failure:
    name, text = printable(path), " ".join(reason.splitlines())
    return Failure(name, text if text.startswith(name) else f"{name}: {text}")
