"""Containers of sound: where the sound is in a file, and how much of it its header promises."""

from .dispatch import layout_of
from .file_view import Piece, View
from .flac import flac_end, flac_frames, flac_header, trailing_zeros
from .layout import Body, FileLayout, Stream
from .magic import FfmpegFormat, format_by_content

__all__ = [
    "Body",
    "FfmpegFormat",
    "FileLayout",
    "Piece",
    "Stream",
    "View",
    "flac_end",
    "flac_frames",
    "flac_header",
    "format_by_content",
    "layout_of",
    "trailing_zeros",
]  # fmt: skip
