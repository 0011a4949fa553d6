"""The runs of a page, with what it needs of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .._notices import Notice
from ..auditions.clip_files import Files
from ..auditions.records import ClipEntry, Configuration, DrawRecord, Failure

__all__ = ["PageRun", "RunClip", "clips_in_words", "name_of_run", "run_label"]


@dataclass(frozen=True)
class RunClip:
    """A clip of a run, and its files."""

    entry: ClipEntry
    draws: tuple[DrawRecord, ...]
    files: Files
    configuration: Configuration


@dataclass(frozen=True)
class PageRun:
    """A run with what the page needs."""

    name: str
    clips: tuple[RunClip, ...]
    failures: tuple[Failure, ...]
    versions: dict[str, str]
    notices: tuple[Notice, ...] = ()
    folder: Path | None = None


def run_label(i: int) -> str:
    """Return the label of a run, counted from 0: A, B, …, Z, AA, AB, …"""
    return (run_label(i // 26 - 1) if i >= 26 else "") + chr(ord("A") + i % 26)


def name_of_run(configuration: Configuration) -> str:
    """Return the policy's name; that of the front-end, too, unless it follows from the policy or is the default."""
    is_chosen = configuration.frontend_reason in ("named", None)
    return f"{configuration.policy.name} on {configuration.frontend.name}" if is_chosen else configuration.policy.name


def clips_in_words(runs: Sequence[PageRun]) -> str:
    """Say how many clips several runs have in common; empty if all of them, or if there is one run."""
    counts = Counter(sound for run in runs for sound in {clip.entry.audio.fingerprint for clip in run.clips})
    n_common = sum(n > 1 for n in counts.values())
    if len(runs) < 2 or n_common == len(counts):
        return ""
    if n_common:
        are = "is" if n_common == 1 else "are"
        return f"{n_common} of {len(counts)} clips {are} in several runs: only what these have is side by side"
    which = "A and B" if len(runs) == 2 else "The runs"
    return f"{which} have no clip in common: nothing of them is side by side"
