"""The runs of a page, with what it needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .._notices import Notice
from ..auditions.clip_files import Files
from ..auditions.records import ClipEntry, Configuration, DrawRecord, Failure

__all__ = ["PageRun", "RunClip", "name_of_run", "run_label"]


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
