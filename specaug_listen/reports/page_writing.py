"""Writing a page as one file, or as a folder if that would be too large; nothing else is ever replaced."""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .._files import as_path, io_errors, printable
from .._notices import Notice
from ..auditions.clip_files import Files, InlineAssets, LinkedAssets
from ..errors import ParameterError
from ..outputs.output import Output
from ..outputs.result_names import DEFAULT_BUDGET_MB, page_names
from ..pages.html import player_bundle_script
from ..pages.page_values import Clip

__all__ = [
    "PageOptions",
    "PageTarget",
    "WrittenPage",
    "page_path",
    "publish_page",
    "write_page_into",
]


_LINKED = "long: its sounds are not in this page; send the folder along"


@dataclass(frozen=True)
class PageOptions:
    """Options of a page.

    Parameters
    ----------
    split : bool
        Write a folder whatever the size.
    budget_mb : float > 0 [MB]
        Largest page that is written as one file.
    flac : bool
        FLAC instead of 16-bit WAV.
    paths : bool
        Show the folders of the user's files.

    Raises
    ------
    ParameterError
        For an invalid budget.
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
        """Return the size of one file with all of these; base64 takes four characters for three bytes."""
        files = list(files)
        sounds = sum(files_of_clip.total(".wav") for files_of_clip in files)
        total = (sounds // 2 if self.flac else sounds) + sum(files_of_clip.total(".mel.png") for files_of_clip in files)
        return total * 4 / 3 / 1e6

    def is_split(self, files: Iterable[Files]) -> bool:
        """Whether a page with these files is a folder."""
        return self.split or self.size_mb(files) > self.budget_mb


@dataclass(frozen=True)
class WrittenPage:
    """A page that was written.

    Parameters
    ----------
    path : Path
    form : PageOptions
    size_mb : float [MB]
        Of the page as one file.
    notices : tuple of Notice
        About the runs in it.
    """

    path: Path
    form: PageOptions
    size_mb: float
    notices: tuple[Notice, ...] = ()

    @property
    def advice(self) -> str:
        """Why the page became a folder, unless the user wanted one, and how to get one file; else empty."""
        if self.form.split or self.path.name != "index.html":
            return ""
        ways = [] if self.form.flac else ["--flac takes about half"]
        ways.append(f"--budget {math.ceil(self.size_mb)} makes it one file")
        return (
            f"a folder, to be sent as a whole: one file would take {self.size_mb:.1f} MB, more than "
            f"{self.form.budget_mb:g}; {', '.join(ways)}"
        )


@dataclass(frozen=True)
class PageTarget:
    """Where the files of a page go: into the page itself, or into ``folder``."""

    form: PageOptions
    folder: Path | None = None

    def assets(self, files: Files, name: str) -> InlineAssets:
        """Return a clip's files in the form of the page; ``name`` is its folder beside a split page."""
        if self.folder is None:
            return InlineAssets(files, self.form.flac)
        return LinkedAssets(files, self.form.flac, self.folder, name)

    def with_player_bundle(self, clip: Clip) -> Clip:
        """Return a clip for the page; for a split page, write a script with its sounds and pictures beside it."""
        if clip.is_plain:
            return replace(clip, badges=(*clip.badges, _LINKED))
        if self.folder is None:
            return clip
        url = f"audio/{clip.id}.js"
        (self.folder / url).write_bytes(player_bundle_script(url, clip.versions))
        return replace(clip, player_bundle=url)


def page_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a page; raise a ParameterError unless it ends in .html or .htm."""
    target = as_path(path)
    if target.suffix.lower() not in (".html", ".htm") or target.is_dir():
        raise ParameterError(f"{printable(target)}: not a path of a page; expected one that ends in .html")
    return target


def publish_page(
    target: Path,
    files: Iterable[Files],
    form: PageOptions,
    parts_in: Callable[[PageTarget], Iterator[bytes]],
    *,
    overwrite: bool = False,
) -> WrittenPage:
    """Write a page, completely or not at all.

    Parameters
    ----------
    target : Path
        Of the page as one file; split, it is ``index.html`` in a folder of that name without its suffix.
    files : iterable of Files
        The files in it.
    form : PageOptions
    parts_in : callable (PageTarget) -> iterator of bytes
        Yields its parts.
    overwrite : bool
        Replace an earlier page of that name, of either form.

    Raises
    ------
    ParameterError
        When something else is in the way.
    OutputError
        When it cannot be written.
    """
    files = list(files)
    output = Output(target.parent, "report", overwrite=overwrite)
    earlier = page_names(target, output.own_files)
    is_split = form.is_split(files)
    output.check([name for name in earlier if output.own_files.state(name) != "absent"])
    if is_split and output.is_taken(target.stem):
        raise ParameterError(
            f"{printable(target.with_suffix(''))}: exists and is not a report; a split page needs its own folder, so "
            "choose another path"
        )
    output.check([f"{target.stem}/index.html" if is_split else target.name])
    with output.scratch() as scratch:
        with io_errors(target):
            page = write_page_into(scratch / target.name, files, form, parts_in)
        # The page comes last, so that a killed run leaves no earlier page with some of the new sounds.
        output.publish(scratch, last=[f"{target.stem}/index.html"] if is_split else [])
        # Remove the other form of an earlier page, which would be outdated.
        output.remove(page_names(target, output.own_files))
    return replace(page, path=target.parent / page.path.relative_to(scratch))


def write_page_into(
    target: Path, files: Sequence[Files], form: PageOptions, parts_in: Callable[[PageTarget], Iterator[bytes]]
) -> WrittenPage:
    """Write a page into a hidden folder; parameters as for `publish_page`."""
    folder = target.with_suffix("")
    place, path = PageTarget(form), target
    if form.is_split(files):
        for name in ("audio", "img"):
            (folder / name).mkdir(parents=True)
        place, path = PageTarget(form, folder), folder / "index.html"
    with open(path, "wb") as file:
        file.writelines(parts_in(place))
    return WrittenPage(path, form, form.size_mb(files))
