"""What is written beside the sounds of a sweep."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from .._files import printable
from .._record import from_plain, record
from ..augment import FrontendReason
from ..errors import PolicyError, naming
from ..pipeline import Configuration
from ..pipeline.records import ClipEntry
from .axes import Axis, Value

__all__ = ["CellEntry", "SweepRecord", "is_sweep", "read_sweep"]

_PLAIN_NAME = r"^[^/\\]*[^/\\.][^/\\]*$"
Name = Annotated[str, Field(pattern=_PLAIN_NAME)]


@record
class CellEntry:
    """One cell: its values, in the order of the axes, its folder, and that of its original and copy-synthesis.

    ``frontend`` is the name of the front-end that it is heard on, ``frontend_reason`` why; see
    `specaug_listen.augment.FrontendChoice`.
    """

    values: Annotated[tuple[Value, ...], Field(strict=False)]
    folder: Name
    reference: Name
    draws: Annotated[tuple[Name, ...], Field(strict=False)]
    frontend: str = ""
    frontend_reason: FrontendReason | None = None


@record
class SweepRecord:
    """The contents of ``sweep.json``."""

    configuration: Configuration
    axes: Annotated[tuple[Axis, ...], Field(strict=False, min_length=1)]
    clip: ClipEntry
    cells: Annotated[tuple[CellEntry, ...], Field(strict=False, min_length=1)]
    versions: dict[str, str]
    format: Literal["specaug-listen sweep 1"] = "specaug-listen sweep 1"


def is_sweep(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds a sweep."""
    return (Path(folder) / "sweep.json").is_file()


def read_sweep(folder: str | os.PathLike[str]) -> SweepRecord:
    """Read ``sweep.json``.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.
    """
    path = Path(folder) / "sweep.json"
    name = printable(path)
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise PolicyError(
            f"{name}: cannot be read ({error.strerror}); expected a folder that a sweep has written"
        ) from None
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{name}: not valid JSON ({error}); run the sweep again") from None
    with naming(name, PolicyError):
        return from_plain(SweepRecord, data)
