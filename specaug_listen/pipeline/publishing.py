"""A page as one file, or as a folder where that would be too large; and neither in the place of anything else."""

from __future__ import annotations

import json
import math
import numbers
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .._files import as_path, beside, make_folder, printable, saying_what_failed, write_whole
from .._ordinary_files import read_file
from ..errors import ParameterError
from ..pages import Clip, parcel_script
from .shelves import Beside, Embedded, Files

__all__ = ["DEFAULT_BUDGET_MB", "Form", "Place", "Published", "page_path", "publish", "remove_page"]

DEFAULT_BUDGET_MB = 12.0
_LINKED = "long: its sounds are not in this page; send the folder along"
# Names all files of a split page, so that none is ever removed that it did not write.
_LIST, _MOST_BYTES_OF_LIST = "files.json", 1 << 26


@dataclass(frozen=True)
class Form:
    """What a page is to be.

    Parameters
    ----------
    split : bool
        A folder whatever the size.
    budget_mb : float > 0 [MB]
        Largest page that is written as one file.
    flac : bool
        FLAC in place of 16-bit WAV.
    paths : bool
        Whether the page may show in which folders the user's files lie.

    Raises
    ------
    ParameterError
        For a budget that is no size.
    """

    split: bool = False
    budget_mb: float = DEFAULT_BUDGET_MB
    flac: bool = False
    paths: bool = False

    def __post_init__(self) -> None:
        """Check the budget."""
        is_size = isinstance(self.budget_mb, numbers.Real) and not isinstance(self.budget_mb, bool)
        if not is_size or not self.budget_mb > 0:
            raise ParameterError(f"budget_mb={self.budget_mb!r:.80}: expected a size above 0, in MB")

    def size_mb(self, files: Iterable[Files]) -> float:
        """How large one file would be that holds all of these: base64 takes four characters for three bytes."""
        files = list(files)
        sounds = sum(one.total(".wav") for one in files)
        total = (sounds // 2 if self.flac else sounds) + sum(one.total(".mel.png") for one in files)
        return total * 4 / 3 / 1e6

    def is_split(self, files: Iterable[Files]) -> bool:
        """Whether so many files make a folder."""
        return self.split or self.size_mb(files) > self.budget_mb


@dataclass(frozen=True)
class Published:
    """A page that was written.

    Parameters
    ----------
    path : Path
    form : Form
        That was asked for.
    size_mb : float [MB]
        Of the page as one file.
    """

    path: Path
    form: Form
    size_mb: float

    @property
    def advice(self) -> str:
        """Why the page became a folder that nobody asked for, and how to have one file; empty for others."""
        if self.form.split or self.path.name != "index.html":
            return ""
        ways = [] if self.form.flac else ["--flac takes about half"]
        ways.append(f"--budget {math.ceil(self.size_mb)} makes it one file")
        return (
            f"a folder to be sent as a whole, as one file would take {self.size_mb:.1f} MB, more than "
            f"{self.form.budget_mb:g}; {', '.join(ways)}"
        )


@dataclass(frozen=True)
class Place:
    """Where the files of a page go: into it, or into ``folder``."""

    form: Form
    folder: Path | None = None

    def shelf(self, files: Files, name: str) -> Embedded:
        """A clip's files as they go into the page; ``name`` is its folder beside a split one."""
        if self.folder is None:
            return Embedded(files, self.form.flac)
        return Beside(files, self.form.flac, self.folder, name)

    def parcelled(self, clip: Clip) -> Clip:
        """A clip with what its player needs written beside the page, where the page is split."""
        if clip.is_plain:
            return replace(clip, badges=(*clip.badges, _LINKED))
        if self.folder is None:
            return clip
        url = f"audio/{clip.id}.js"
        (self.folder / url).write_bytes(parcel_script(url, clip.versions))
        return replace(clip, parcel=url)


def page_path(path: str | os.PathLike[str]) -> Path:
    """Where a page is to go.

    Raises
    ------
    ParameterError
        For a name that is not one of a page: nothing else is ever overwritten.
    """
    target = as_path(path)
    if target.suffix.lower() not in (".html", ".htm") or target.is_dir():
        raise ParameterError(f"{printable(target)}: is no name of a page; expected one that ends in .html")
    return target


def publish(
    target: Path, files: Iterable[Files], form: Form, parts_in: Callable[[Place], Iterator[bytes]]
) -> Published:
    """Write a page, whole or not at all.

    Parameters
    ----------
    target : Path
        Of the page as one file; split, it is ``index.html`` in a folder of that name without its suffix.
    files : iterable of Files
        That it will hold.
    form : Form
    parts_in : callable (Place) -> iterator of bytes
        Makes it.

    Returns
    -------
    Published

    Raises
    ------
    ParameterError
        When a folder that is no page stands in the way.
    OutputError
        When it cannot be written.
    """
    folder = target.with_suffix("")
    files = list(files)
    size_mb = form.size_mb(files)
    # The other form of an earlier page would show what is no longer so.
    if form.is_split(files):
        _write_folder(folder, form, parts_in)
        remove_page(target)
        return Published(folder / "index.html", form, size_mb)
    make_folder(target.parent)
    write_whole(target, parts_in(Place(form)))
    if folder.is_dir():
        remove_page(folder)
    return Published(target, form, size_mb)


def remove_page(path: Path) -> None:
    """Remove a page, of either form, and nothing else.

    Raises
    ------
    OutputError
    """
    with saying_what_failed(path):
        if path.is_dir():
            if _is_split_page(path):
                shutil.rmtree(path)
        elif path.suffix.lower() in (".html", ".htm"):
            path.unlink(missing_ok=True)


def _write_folder(folder: Path, form: Form, parts_in: Callable[[Place], Iterator[bytes]]) -> None:
    if os.path.lexists(folder) and not _is_split_page(folder):
        raise ParameterError(
            f"{printable(folder)}: exists and is no report; a split page is a folder of its own, so choose another path"
        )
    make_folder(folder.parent)
    partial = beside(folder)
    with saying_what_failed(folder):
        try:
            for name in ("audio", "img"):
                (partial / name).mkdir(parents=True)
            with open(partial / "index.html", "wb") as file:
                file.writelines(parts_in(Place(form, partial)))
            (partial / _LIST).write_text(json.dumps(_names(partial)), "utf-8")
            remove_page(folder)
            os.replace(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _names(folder: Path) -> list[str]:
    """All files below a folder but the list itself, as it names them."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return sorted(os.fsencode(name).decode("latin-1") for name in found if name != _LIST)


def _is_split_page(folder: Path) -> bool:
    """Whether a folder is a page that was split, and holds nothing else."""
    if not folder.is_dir() or folder.is_symlink():
        return False
    try:
        told = json.loads(read_file(folder / _LIST, _MOST_BYTES_OF_LIST))
    except (OSError, ValueError, RecursionError):
        return False
    return bool(told == _names(folder))
