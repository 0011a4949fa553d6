"""Writing a page as one file, or as a folder if that would be too large; nothing else is ever replaced."""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._defaults import DEFAULT_BUDGET_MB
from .._files import as_path, io_errors, printable
from .._notices import Notice
from ..auditions.clip_files import Files, InlineAssets, LinkedAssets
from ..augment import Policy
from ..errors import ParameterError
from ..outputs.output import Output
from ..outputs.result_names import page_names
from ..pages.html import player_bundle_script
from ..pages.page_values import Clip
from .pdf import find_browser, publish_pdf
from .reference_policies import check_comparable

__all__ = [
    "PageOptions",
    "PageTarget",
    "WrittenPage",
    "page_path",
    "publish_page",
    "write_page_into",
]


# base64 takes four characters for three bytes.
_BASE64 = 4 / 3
# FLAC takes half of a WAV file, and less where masks are silent; below this share it is not tried.
_MIN_FLAC_SHARE = 0.25
_MAX_TITLE, _MAX_NOTE, _MAX_COMPARED = 200, 5000, 3
_MAX_LENGTHS, _MAX_CLIP_S = 12, 3600.0
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
    flac : bool or None
        Whether sounds are FLAC instead of 16-bit WAV. None takes FLAC if it makes a page fit into one file that would
        not fit with WAV.
    paths : bool
        Show the folders of the user's files.
    pdf : bool
        Print the page as PDF, too.
    title : str
        Of the page, in one line of at most 200 characters; empty for a description of its runs.
    note : str
        Shown below the title, at most 5000 characters; an empty line begins a paragraph.
    compare : tuple of Policy
        At most three, to compare the page's policy with.
    lengths_s : tuple of float > 0 [s]
        At most 12 lengths of clips, beside those of the page, for which the policy's strength is computed.

    Raises
    ------
    ParameterError
        For an invalid value; if there is no browser that prints; for a policy to compare with whose strength cannot be
        computed.
    """

    split: bool = False
    budget_mb: float = DEFAULT_BUDGET_MB
    flac: bool | None = None
    paths: bool = False
    pdf: bool = False
    title: str = ""
    note: str = ""
    compare: tuple[Policy, ...] = ()
    lengths_s: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check each value, and find the browser, before any work."""
        is_size = isinstance(self.budget_mb, numbers.Real) and not isinstance(self.budget_mb, bool)
        if not is_size or not self.budget_mb > 0:
            raise ParameterError(f"budget_mb={self.budget_mb!r:.80}: expected a size above 0, in MB")
        for name, most in (("title", _MAX_TITLE), ("note", _MAX_NOTE)):
            text = getattr(self, name)
            if not isinstance(text, str) or len(text) > most:
                size = f" of {len(text)} characters" if isinstance(text, str) else ""
                raise ParameterError(f"{name}={text!r:.80}{size}: expected a text of at most {most} characters")
        _check_lengths(self.lengths_s)
        if len(self.compare) > _MAX_COMPARED:
            raise ParameterError(f"compare: {len(self.compare)} policies; allowed are at most {_MAX_COMPARED}")
        for policy in self.compare:
            check_comparable(policy)
        if self.pdf:
            find_browser()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs of the note."""
        lines = "\n".join(printable(line).rstrip() for line in self.note.splitlines())
        return tuple(part.strip("\n") for part in lines.split("\n\n") if part.strip())

    def forms_in_one_file(self, files: Sequence[Files]) -> list[PageOptions]:
        """Return forms in which these files may fit into one file, the best first; with WAV, samples stay exact."""
        sounds = sum(files_of_clip.total(".wav") for files_of_clip in files)
        pictures = sum(files_of_clip.total(".mel.png") for files_of_clip in files)
        kinds = [False, True] if self.flac is None else [self.flac]
        least_bytes = {kind: (sounds * (_MIN_FLAC_SHARE if kind else 1) + pictures) * _BASE64 for kind in kinds}
        fitting = [kind for kind in kinds if least_bytes[kind] <= self.budget_bytes]
        return [] if self.split else [replace(self, flac=kind) for kind in fitting]

    @property
    def budget_bytes(self) -> float:
        """The budget in bytes."""
        return self.budget_mb * 1e6


def _check_lengths(lengths_s: Any) -> None:
    is_valid = isinstance(lengths_s, Sequence) and len(lengths_s) <= _MAX_LENGTHS
    if not is_valid or not all(_is_length(length) for length in lengths_s):
        raise ParameterError(
            f"lengths_s={lengths_s!r:.80}: expected at most {_MAX_LENGTHS} lengths of clips in seconds, above 0 "
            f"and at most {_MAX_CLIP_S:g}, e.g. (2, 5, 15)"
        )


def _is_length(value: Any) -> bool:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and 0 < float(value) <= _MAX_CLIP_S


@dataclass(frozen=True)
class WrittenPage:
    """A page that was written.

    Parameters
    ----------
    path : Path
    form : PageOptions
        As asked for.
    size_mb : float [MB]
        Of the page as one file; estimated for a folder.
    has_flac : bool
        Whether its sounds are FLAC.
    notices : tuple of Notice
        About the runs in it.
    pdf : Path or None
    """

    path: Path
    form: PageOptions
    size_mb: float
    has_flac: bool = False
    notices: tuple[Notice, ...] = ()
    pdf: Path | None = None

    @property
    def advice(self) -> str:
        """The size of the page against its budget, and how to get another form; empty for a folder on request."""
        if self.form.split:
            return ""
        if self.path.name != "index.html":
            budget = f"{self.size_mb:.1f} MB of {self.form.budget_mb:g}"
            return f"{budget}, sounds as FLAC to fit" if self.has_flac and self.form.flac is None else budget
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

    @property
    def has_flac(self) -> bool:
        """Whether sounds are FLAC."""
        return bool(self.form.flac)

    def assets(self, files: Files, name: str) -> InlineAssets:
        """Return a clip's files in the form of the page; ``name`` is its folder beside a split page."""
        if self.folder is None:
            return InlineAssets(files, self.has_flac)
        return LinkedAssets(files, self.has_flac, self.folder, name)

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
    output.check([name for name in earlier if output.own_files.state(name) != "absent"])
    pdf = target.with_suffix(".pdf").name
    _check_place(output, target, is_split=not form.forms_in_one_file(files))
    output.check([pdf] if form.pdf else [])
    with output.scratch() as scratch:
        with io_errors(target):
            page = write_page_into(scratch / target.name, files, form, parts_in)
        is_split = page.path.name != target.name
        _check_place(output, target, is_split=is_split)
        # The page comes last, so that a killed run leaves no earlier page with some of the new sounds.
        output.publish(scratch, last=[f"{target.stem}/index.html"] if is_split else [])
        # Remove the other form of an earlier page, and its PDF, which would be outdated.
        output.remove(page_names(target, output.own_files))
    page = replace(page, path=target.parent / page.path.relative_to(scratch))
    # After the page and from its place, so that a browser that fails leaves a page.
    return replace(page, pdf=publish_pdf(output, page.path, pdf)) if form.pdf else page


def _check_place(output: Output, target: Path, *, is_split: bool) -> None:
    if is_split and output.is_taken(target.stem):
        raise ParameterError(
            f"{printable(target.with_suffix(''))}: exists and is not a report; a split page needs its own folder, so "
            "choose another path"
        )
    output.check([f"{target.stem}/index.html" if is_split else target.name])


def write_page_into(
    target: Path, files: Sequence[Files], form: PageOptions, parts_in: Callable[[PageTarget], Iterator[bytes]]
) -> WrittenPage:
    """Write a page into a hidden folder, as one file if that fits; parameters as for `publish_page`."""
    for fitting in form.forms_in_one_file(files):
        n_bytes = _write_within(target, parts_in(PageTarget(fitting)), form.budget_bytes)
        if n_bytes is not None:
            return WrittenPage(target, form, n_bytes / 1e6, bool(fitting.flac))
    folder = target.with_suffix("")
    for name in ("audio", "img"):
        (folder / name).mkdir(parents=True)
    place = PageTarget(replace(form, flac=bool(form.flac)), folder)
    path = folder / "index.html"
    with open(path, "wb") as file:
        file.writelines(parts_in(place))
    embedded = sum(each.stat().st_size for each in folder.rglob("*") if each.suffix in (".wav", ".flac", ".png"))
    return WrittenPage(path, form, (path.stat().st_size + embedded * _BASE64) / 1e6, place.has_flac)


def _write_within(path: Path, parts: Iterator[bytes], max_bytes: float) -> int | None:
    """Write the parts of a page and return its size; None, and no file, as soon as it exceeds a size."""
    n_bytes = 0
    with open(path, "wb") as file:
        for part in parts:
            n_bytes += len(part)
            if n_bytes > max_bytes:
                break
            file.write(part)
    if n_bytes <= max_bytes:
        return n_bytes
    path.unlink()
    return None
