"""Sounds and records belong together: each file has the rate, the channels and the length that its record says."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import PolicyError
from ..frontends import MelFrontend
from .clip_files import Files
from .contents import AGAIN
from .records import ClipEntry, DrawRecord

__all__ = ["check_drawn", "check_unchanged"]

# Rates are turned into one another by whole samples, and other versions may round otherwise.
_FRAMES_OF_ROUNDING = 2


def check_unchanged(
    files: Files, name: str, frontend: MelFrontend, entry: ClipEntry, draws: Sequence[DrawRecord]
) -> None:
    """See that an original, or a copy-synthesis, is as long as its clip, at the front-end's rate.

    Raises
    ------
    PolicyError
        One line that names the file, what it holds and what is allowed.
    """
    n_frames = frontend.framing.n_frames(round(entry.duration_s * frontend.sample_rate))
    _check(files, name, frontend, n_frames, draws[0].channels if draws else None)


def check_drawn(files: Files, name: str, drawn: DrawRecord) -> None:
    """See that a draw is as long as its mel; errors as for `check_unchanged`."""
    # Of callables of others, what they made is as long as was found.
    n_frames = drawn.draw.n_frames - drawn.draw.n_trimmed if drawn.found is None else drawn.found.n_frames
    _check(files, name, drawn.frontend, n_frames, drawn.channels)


def _check(files: Files, name: str, frontend: MelFrontend, n_frames: int, channels: str | None) -> None:
    form = files.form(name)
    if form is None:
        return
    n_channels = 1 if channels == "mono" else 2
    has = ""
    if form.rate != frontend.sample_rate:
        has = f"{form.rate} Hz: allowed is the front-end's rate, {frontend.sample_rate} Hz"
    elif channels is not None and form.n_channels != n_channels:
        has = f"{form.n_channels} channels: allowed are {n_channels}, as its run wrote them ({channels})"
    elif abs(frontend.framing.n_frames(form.n_samples) - n_frames) > _FRAMES_OF_ROUNDING:
        seconds = n_frames * frontend.hop_length / frontend.sample_rate
        has = (
            f"{form.n_samples} samples, {form.n_samples / form.rate:.2f} s: allowed is the length of its record, "
            f"{n_frames} frames or {seconds:.2f} s"
        )
    if has:
        raise PolicyError(f"{files.called(name)}: {has}; {AGAIN}")
