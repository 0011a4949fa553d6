"""Names in a folder of results: folders of clips, and pages, as one file or as a folder of the same name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .._files import printable
from ..errors import ParameterError
from .marker import OwnFiles
from .output import Output

__all__ = ["check_page", "folder_name", "page_names"]

# Forbidden or awkward in file names on Linux, macOS or Windows.
_HOSTILE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{p}{i}" for p in ("com", "lpt") for i in range(1, 10))})
_MAX_NAME_BYTES = 120


def folder_name(path: str | os.PathLike[str], used: set[str]) -> str:
    """Derive the name of a folder from a file's, and add it to ``used``; a number is appended if the name is in use.

    Examples
    --------
    >>> used = {"report.html"}
    >>> folder_name("a/speech.wav", used), folder_name("b/Speech.wav", used), folder_name("-x.wav", used)
    ('speech', 'Speech-2', '_-x')
    """
    stem = _HOSTILE.sub("_", Path(path).stem).encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
    stem = stem.lstrip(" ").rstrip(" .") or "clip"
    if stem[0] in "-." or stem.lower() in _DEVICES:
        stem = f"_{stem}"
    name, n = stem, 1
    # Case-insensitive, as some file systems are.
    while name.casefold() in used:
        n += 1
        name = f"{stem}-{n}"
    used.add(name.casefold())
    return name


def page_names(target: Path, own_files: OwnFiles) -> list[str]:
    """List the files of the page ``target``, in either form and as PDF, but no folder of a clip or a cell."""
    pages = [*own_files.by("report"), *(own_files.by("sweep") if target.name == "sweep.html" else ())]
    names = {target.name, target.with_suffix(".pdf").name}
    return [name for name in pages if name in names or name.startswith(f"{target.stem}/")]


def check_page(output: Output, name: str) -> None:
    """Raise a ParameterError unless a page of yet unknown size can be written, as one file or as a folder."""
    target = Path(name)
    output.check([name, f"{target.stem}/index.html"])
    if output.is_taken(target.stem):
        raise ParameterError(
            f"-o {printable(output.out / target.stem)}: exists and is no report, and a page that is too large for one "
            "file becomes a folder of that name; move it, or choose another -o"
        )
