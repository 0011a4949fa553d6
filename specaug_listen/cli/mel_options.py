"""Mels among the paths of a command, and the options that only mels need."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ParameterError

if TYPE_CHECKING:
    from ..auditions import Configuration
    from ..mels import MelFile

__all__ = ["MelFiles", "exit_code_without_mels", "find_mel_files", "with_mels"]


class MelFiles(NamedTuple):
    """The files of mels among the paths that a command was given.

    Parameters
    ----------
    mels : list of MelFile
    problems : list of str
        One line for each file that cannot be read.
    others : list of Path
        Paths of something else.
    """

    mels: list[MelFile]
    problems: list[str]
    others: list[Path]


def find_mel_files(paths: Sequence[Path]) -> MelFiles:
    """Find the files of mels among paths; those of a folder count only where it holds no recording."""
    from ..audio.clip import find_audio
    from ..mels import find_mels, is_mel_path

    of_mels = [path for path in paths if not path.is_dir() and is_mel_path(path)]
    for folder in (path for path in paths if path.is_dir()):
        audio, (below, unread) = find_audio([folder]), find_mels([folder])
        # What neither can list is said of recordings.
        if not audio.files and (below or set(unread) - set(audio.problems)):
            of_mels.append(folder)
    mels, problems = find_mels(of_mels)
    return MelFiles(mels, problems, [path for path in paths if path not in of_mels])


def exit_code_without_mels(paths: Sequence[Path | str]) -> int:
    """Return the exit code where no mel could be read: 1 for files that are there, 2 where no path leads anywhere."""
    from ..mels.finding import without_key

    return 1 if any(os.path.lexists(without_key(path)) for path in paths) else 2


def with_mels(run: Configuration, files: MelFiles, stats: str | None, axes: str | None) -> Configuration:
    """The run with statistics and axes of its mels.

    Raises
    ------
    ParameterError
        When nobody says which front-end made them, or something is asked for that needs their sound.
    """
    from ..auditions.inputs import check_sound_is_not_needed
    from ..frontends import mel_format, parse_axes, statistics_of_text

    if not (files.mels or files.problems):
        if stats or axes:
            raise ParameterError("--stats and --axes are about mels, and no file of mels is given; leave them out")
        return run
    first = Path(files.mels[0]).name if files.mels else "the mel"
    if run.frontend_reason not in ("named", "policy", "recipe"):
        raise ParameterError(
            f"--frontend is missing: {first!r:.60} does not say which front-end made it; give a name of 'list "
            "frontends', or a YAML file"
        )
    check_sound_is_not_needed(run.vocoder, run.waveform, run.original_phase)
    statistics = None if stats is None else statistics_of_text(stats)
    mel_format(run.frontend, statistics)
    return replace(run, statistics=statistics, axes=parse_axes(axes))
