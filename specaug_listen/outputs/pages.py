"""Pages in a folder of results: as one file, or as a folder of the same name."""

from __future__ import annotations

from pathlib import Path

from .._files import printable
from ..errors import ParameterError
from .marker import OwnFiles
from .output import Output

__all__ = ["DEFAULT_BUDGET_MB", "check_page", "page_names"]

# The largest page that is written as one file, unless the caller says otherwise; a notebook holds as much, too.
DEFAULT_BUDGET_MB = 12.0


def page_names(target: Path, own_files: OwnFiles) -> list[str]:
    """List the files that are a page of this name, in either form: no folder of a clip or a cell."""
    pages = [*own_files.by("report"), *(own_files.by("sweep") if target.name == "sweep.html" else ())]
    return [name for name in pages if name == target.name or name.startswith(f"{target.stem}/")]


def check_page(output: Output, name: str) -> None:
    """See, before it is known how large a page will be, that it can be written as one file and as a folder.

    Raises
    ------
    ParameterError
        When something else stands in the way of either.
    """
    target = Path(name)
    output.check([name, f"{target.stem}/index.html"])
    if output.is_foreign(target.stem):
        raise ParameterError(
            f"-o {printable(output.out / target.stem)}: exists and is no report, and a page that is too large for one "
            "file becomes a folder of that name; move it, or choose another -o"
        )
