"""Mels among what a command is given: which paths are some, and what must be said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ParameterError

if TYPE_CHECKING:
    from ..auditions import Configuration
    from ..mels import MelFile

__all__ = ["FoundMels", "found_mels", "with_mels"]


class FoundMels(NamedTuple):
    """What paths stand for, as far as it is mels.

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


def found_mels(paths: Sequence[Path]) -> FoundMels:
    """The mels that paths stand for; those of a folder only where it holds no recording."""
    from ..audio.signal import find_audio
    from ..mels import find_mels, is_mel_path

    of_mels = [path for path in paths if not path.is_dir() and is_mel_path(path)]
    for folder in (path for path in paths if path.is_dir()):
        audio, (below, unread) = find_audio([folder]), find_mels([folder])
        # What neither can list is said of recordings.
        if not audio.files and (below or set(unread) - set(audio.problems)):
            of_mels.append(folder)
    mels, problems = find_mels(of_mels)
    return FoundMels(mels, problems, [path for path in paths if path not in of_mels])


def with_mels(run: Configuration, found: FoundMels, stats: str | None, axes: str | None) -> Configuration:
    """A run with what was said of its mels.

    Raises
    ------
    ParameterError
        When nobody says which front-end made them, or something is asked for that needs their sound.
    """
    from ..auditions.inputs import check_sound_is_not_needed
    from ..frontends import mel_format, parse_axes, statistics_of_text

    if not (found.mels or found.problems):
        if stats or axes:
            raise ParameterError("--stats and --axes are about mels, and no file of mels is given; leave them out")
        return run
    first = Path(found.mels[0]).name if found.mels else "the mel"
    if run.frontend_reason not in ("named", "policy", "recipe"):
        raise ParameterError(
            f"--frontend is missing: {first!r:.60} does not say which front-end made it; give a name of 'list "
            "frontends', or a YAML file"
        )
    check_sound_is_not_needed(run.vocoder, run.waveform, run.twins)
    said = None if stats is None else statistics_of_text(stats)
    mel_format(run.frontend, said)
    return replace(run, statistics=said, axes=parse_axes(axes))
