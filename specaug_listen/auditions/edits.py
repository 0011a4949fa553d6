"""Files of a run that were changed since they were written, by the hashes in the folder's marker."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .._files import printable
from .._notices import Notice
from .._ordinary_files import open_inside
from ..outputs.marker import MARKER, results_in
from .badges import MOST_BADGES
from .clip_files import FolderFiles
from .contents import MOST_BYTES_OF_PICTURE
from .records import ClipEntry

__all__ = ["Edits", "edits_of_file", "embedded", "with_badges"]

_MOST_NAMED = 3
_WITH_RESULTS = ("audition", "Audition.save", "sweep")
_MOST_BYTES = {".png": MOST_BYTES_OF_PICTURE, ".json": 1 << 28}
_OF_CLIP = ("original.wav", "copy-synthesis.wav", "original.mel.png", "given.mel.png", "copy-synthesis.mel.png")


def embedded(run: Path, folder: str, draws: Iterable[str]) -> Iterator[str]:
    """Of the files of a clip, those that a page shows or plays, by their names below the run."""
    files = FolderFiles(run, folder, run)
    names = list(_OF_CLIP)
    for draw in draws:
        # The figure is what an early version wrote.
        picture = f"{draw}.png" if files.size(f"{draw}.mel.png") is None else f"{draw}.mel.png"
        names += [f"{draw}.wav", f"{draw}-original-phase.wav", f"{draw}.json", picture]
    for name in names:
        if files.size(name) is not None:
            if name.endswith(".wav"):
                files.form(name)  # what is no sound is refused before all of it is read
            yield f"{folder}/{name}"


class Edits:
    """What somebody changed in the folder of a run, by its marker; without one, nothing is known.

    Parameters
    ----------
    run : Path
    """

    def __init__(self, run: Path) -> None:
        self._run, self._written = run, results_in(os.path.realpath(run))
        # A page that was made of a received folder has a list of its own.
        self._is_of_run = any(self._written.by(command) for command in _WITH_RESULTS)

    def notices(self, names: Iterable[str], folder: str = "") -> tuple[Notice, ...]:
        """A notice of those files that hold something else than what was written.

        Parameters
        ----------
        names : iterable of str
            Below the run.
        folder : str
            In which they lie.
        """
        edited = [name.removeprefix(f"{folder}/") for name in names if self._is_edited(name)]
        if not (self._written.is_readable or folder):
            return (Notice("unreadable-list", {"folder": printable(self._run), "name": MARKER}),)
        if not edited:
            return ()
        shown = [printable(name)[:80] for name in edited[:_MOST_NAMED]]
        values = {"folder": printable(self._run / folder), "files": shown, "n_files": len(edited)}
        return (Notice("edited", values),)

    def lists(self, name: str) -> bool:
        """Whether the marker lists a file."""
        return name in self._written

    def _is_edited(self, name: str) -> bool:
        if name not in self._written:
            return self._is_of_run and os.path.lexists(self._run / name)
        path = self._run / name
        try:
            with open_inside(self._run, path) as file:
                n_bytes = os.fstat(file.fileno()).st_size
            if n_bytes > _MOST_BYTES.get(path.suffix, n_bytes):  # is refused where it is read
                return False
            return not self._written.is_last(name, Path(os.path.realpath(path)))
        except OSError:  # whoever reads it says why it cannot be
            return False


def edits_of_file(path: Path) -> tuple[Notice, ...]:
    """A notice of a file that is not what the marker beside it, or else that of the folder above, says was written."""
    own = Edits(path.parent)
    if own.lists(path.name):
        return own.notices([path.name])
    return Edits(path.parent.parent).notices([f"{path.parent.name}/{path.name}"])


def with_badges(entry: ClipEntry, notices: Sequence[Notice]) -> ClipEntry:
    """A clip whose badges begin with notices of its files, without the folder that they lie in."""
    texts = (replace(notice, values={**notice.values, "folder": ""}).text for notice in notices)
    return replace(entry, badges=(*texts, *entry.badges)[:MOST_BADGES])
