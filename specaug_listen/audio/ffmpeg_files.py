"""Decoders for concatenated files that FFmpeg decodes, and the command that converts a file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from .._imports import is_installed
from .._notices import Notice
from ..errors import AudioError
from .containers import FileLayout, Stream
from .containers.ffmpeg_parts import Parts, parts_of
from .decoder import Decoder, keep_alike
from .ffmpeg import FfmpegDecoder

__all__ = ["conversion_command", "ffmpeg_decoders", "has_ffmpeg", "is_cut_file"]

# Containers whose end FFmpeg or `parts_of` finds; the headers of all others are parsed, whoever decodes them.
_FORMATS_READ_BY_FFMPEG = frozenset({"", "CAF", "FLAC"})


def has_ffmpeg() -> bool:
    """Whether the extra ``[av]`` is installed."""
    return is_installed("av")


def conversion_command(path: str | os.PathLike[str]) -> str:
    """Return the command that converts a file to WAV.

    Examples
    --------
    >>> conversion_command("a b.m4a")
    "ffmpeg -i 'a b.m4a' 'a b.wav'"
    >>> conversion_command("g722.wav")
    'ffmpeg -i g722.wav g722-pcm.wav'
    """
    name = Path(path).name.encode("utf-8", "backslashreplace").decode()
    ending = "-pcm.wav" if Path(name).suffix.lower() == ".wav" else ".wav"
    return f"ffmpeg -i {shlex.quote(name)} {shlex.quote(Path(name).stem + ending)}"


def ffmpeg_decoders(path: str | os.PathLike[str], layout: FileLayout) -> tuple[list[Decoder], list[Notice]]:
    """Return a decoder for each concatenated file like the first one, and notices.

    Raises
    ------
    AudioError
        If the first one cannot be decoded.
    """
    if layout.container == "Ogg":
        parts = Parts(_links(layout), tuple(_page_notices(layout)))
    elif layout.container in _FORMATS_READ_BY_FFMPEG:
        parts = parts_of(path)
        doubts = [notice for notice in layout.notices if notice.kind == "header-disagrees"]
        parts = parts._replace(notices=(*doubts, *parts.notices))
    else:
        parts = Parts(layout.streams, layout.notices)
    decoders, left_out = keep_alike(_open_parts(path, parts))
    return decoders, [*parts.notices, *left_out]


def _open_parts(path: str | os.PathLike[str], parts: Parts) -> Iterator[Decoder | None]:
    """Yield a decoder for each part, None if it cannot be decoded; but raise for the first one."""
    for i, stream in enumerate(parts.streams):
        try:
            yield FfmpegDecoder(path, stream, ends=parts.ends if stream is parts.streams[-1] else None, follows=i > 0)
        except AudioError:
            if i == 0:
                raise
            yield None


def is_cut_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file's boxes or chunks reach beyond its end."""
    return parts_of(path).streams[-1].ends_within == "block"


def _links(layout: FileLayout) -> tuple[Stream, ...]:
    """Return the links of a chained Ogg; the file as it is, if it has several tracks."""
    if any(notice.kind == "tracks" for notice in layout.notices):
        return (Stream(),)
    return tuple(Stream(stream.pieces) for stream in layout.streams)


def _page_notices(layout: FileLayout) -> list[Notice]:
    """Return the notices about Ogg's pages, which no decoder reports."""
    within = [stream.ends_within for stream in layout.streams if stream.ends_within is not None]
    cut = [Notice("cut-within", {"n_present": None, "within": within[-1]})] if within else []
    return [*(notice for notice in layout.notices if notice.kind != "tracks"), *cut]
