"""Containers of sound: where the sound is in a file, and how much of it its header promises."""

from .dispatch import layout_of
from .file_view import Piece, View
from .flac import flac_end, flac_frames, flac_header, trailing_zeros
from .magic import FfmpegFormat, format_by_content
from .sound_layout import Body, FileLayout, Stream

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
