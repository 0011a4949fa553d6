"""Names of folders of results, after the user's files without trusting them."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["folder_name"]

# Forbidden or awkward in file names on Linux, macOS or Windows.
_HOSTILE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{p}{i}" for p in ("com", "lpt") for i in range(1, 10))})
_MAX_BYTES = 120


def folder_name(path: str | os.PathLike[str], used: set[str]) -> str:
    """Name a folder after a file; the name is added to ``used``, with a suffix where another clip has it.

    Examples
    --------
    >>> taken = {"report.html"}
    >>> folder_name("a/speech.wav", taken), folder_name("b/Speech.wav", taken), folder_name("-x.wav", taken)
    ('speech', 'Speech-2', '_-x')
    """
    stem = _HOSTILE.sub("_", Path(path).stem).encode()[:_MAX_BYTES].decode(errors="ignore")
    stem = stem.lstrip(" ").rstrip(" .") or "clip"
    if stem[0] in "-." or stem.lower() in _DEVICES:
        stem = f"_{stem}"
    name, n = stem, 1
    # Compared without case: some file systems cannot tell the difference.
    while name.casefold() in used:
        n += 1
        name = f"{stem}-{n}"
    used.add(name.casefold())
    return name
