"""Auditions: clips under a policy, with draws, renderings, scores and records."""

from .record_rendering import changed_versions, differences, is_long_draw, replay_record
from .records import AuditionRecord, Channels, ClipEntry, Configuration, DrawRecord, Failure, read_index, read_record
from .rendering import needs_whole_clip, render
from .results import Audition, RenderedDraw
from .save import RESERVED, audition_files, draw_files
from .single import audition

# Earlier name of `RenderedDraw`.
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
