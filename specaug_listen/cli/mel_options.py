"""Mel files among the paths of a command, and the options about mels."""

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
    """The mel files among the paths of a command, one line for each unreadable file, and all other paths."""

    mels: list[MelFile]
    problems: list[str]
    others: list[Path]


def find_mel_files(paths: Sequence[Path]) -> MelFiles:
    """Find the mel files among paths; those in a folder count only if it contains no recording."""
    from ..audio.audio_in_memory import find_audio
    from ..mels import find_mels, is_mel_path

    of_mels = [path for path in paths if not path.is_dir() and is_mel_path(path)]
    for folder in (path for path in paths if path.is_dir()):
        audio, (below, unread) = find_audio([folder]), find_mels([folder])
        # `find_audio` reports a folder that neither of them can list.
        if not audio.files and (below or set(unread) - set(audio.problems)):
            of_mels.append(folder)
    mels, problems = find_mels(of_mels)
    return MelFiles(mels, problems, [path for path in paths if path not in of_mels])


def exit_code_without_mels(paths: Sequence[Path | str]) -> int:
    """Return the exit code if no mel could be read: 1 if any of the files exists, otherwise 2."""
    from ..mels.file_search import without_key

    return 1 if any(os.path.lexists(without_key(path)) for path in paths) else 2


def with_mels(run: Configuration, files: MelFiles, stats: str | None, axes: str | None) -> Configuration:
    """Add statistics and axes of mels to a run.

    Raises a `ParameterError` if their front-end is unknown, or if an option needs the original sound.
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
