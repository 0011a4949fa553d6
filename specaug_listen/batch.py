"""Many clips: each into a folder of its own, a bad one never stopping the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ._files import folder_name, make_folder, printable, write_whole
from .audio import load
from .errors import OutputError, ParameterError, SpecAugListenError
from .pipeline import (
    RESERVED,
    Audition,
    AuditionRecord,
    ClipEntry,
    Configuration,
    Failure,
    audition,
    save_audition,
)
from .pipeline.records import CustomVocoder, describe_clip, to_bytes, versions

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
    if os.path.isdir(out) and not overwrite and os.listdir(out):
        raise ParameterError(
            f"-o {name}: the folder is not empty; choose another, or replace its results with --overwrite"
        )


def audition_many(
    files: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    configuration: Configuration,
    *,
    overwrite: bool = False,
    progress: Progress = lambda number, result: None,
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
    progress : callable (int, Audition or Failure) -> None
        Told of each clip when it is done.

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
    if isinstance(configuration.vocoder, CustomVocoder):
        raise ParameterError("vocoder: a custom one cannot be written down; call audition() and save() for each clip")
    folder, is_new = Path(out), not os.path.isdir(out)
    make_folder(folder)
    taken = {name.casefold() for name in RESERVED}
    entries: list[ClipEntry] = []
    failures: list[Failure] = []
    try:
        # Sorted, so that neither names nor the page depend on the order of the arguments.
        for number, path in enumerate(sorted(files, key=os.path.abspath), start=1):
            name = folder_name(path, taken)
            try:
                heard = _audition_file(path, configuration)
                save_audition(heard, folder, channels=configuration.channels, overwrite=True, folder=name)
            except OutputError:
                raise
            except SpecAugListenError as error:
                failures.append(_failure(path, error))
                progress(number, failures[-1])
                continue
            entries.append(_entry(heard, name))
            progress(number, heard)
    finally:
        index = AuditionRecord(configuration, tuple(entries), tuple(failures), versions())
        if entries:
            write_whole(folder / "audition.json", to_bytes(index))
        elif is_new and not os.listdir(folder):
            folder.rmdir()
    return index


def _audition_file(path: str | os.PathLike[str], run: Configuration) -> Audition:
    clip = load(path, start_s=run.start_s, duration_s=run.duration_s)
    name = printable(Path(path).stem)
    assert not isinstance(run.vocoder, CustomVocoder)  # audition_many has refused it
    return audition(
        clip,
        frontend=run.frontend,
        policy=run.policy,
        vocoder=run.vocoder,
        draws=run.draws,
        rng=run.seed,
        name=name,
    )


def _failure(path: str | os.PathLike[str], error: SpecAugListenError) -> Failure:
    name, text = printable(path), " ".join(str(error).splitlines())
    return Failure(name, text if text.startswith(name) else f"{name}: {text}")


def _entry(heard: Audition, folder: str) -> ClipEntry:
    draws = tuple(drawn.name for drawn in heard.draws)
    duration_s = round(heard.original.duration_s, 4)
    return ClipEntry(heard.name, folder, describe_clip(heard.clip), duration_s, heard.gain, heard.badges, draws)
