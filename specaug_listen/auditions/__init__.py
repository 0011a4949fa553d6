"""From a clip to everything one hears and sees of a policy."""

from .records import AuditionRecord, Channels, ClipEntry, Configuration, DrawRecord, Failure, read_index, read_record
from .rendering import needs_whole_clip, render
from .replay import changed_versions, differences, is_long_draw, replay_record
from .results import Audition, RenderedDraw
from .save import RESERVED, audition_files, draw_files
from .single import audition

# The name of `RenderedDraw` in earlier versions.
Reconstruction = RenderedDraw

__all__ = [
    "RESERVED",
    "Audition",
    "AuditionRecord",
    "Channels",
    "ClipEntry",
    "Configuration",
    "DrawRecord",
    "Failure",
    "Reconstruction",
    "RenderedDraw",
    "audition",
    "audition_files",
    "changed_versions",
    "differences",
    "draw_files",
    "is_long_draw",
    "needs_whole_clip",
    "read_index",
    "read_record",
    "render",
    "replay_record",
]
