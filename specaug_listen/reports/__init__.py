"""The page with the player."""

from .folders import known_folders, short_paths, without_folders
from .html import clip_data, findings_page, page_parts, parcel_script
from .model import Clip, Facts, File, FoundFault, Head, Heard, Mask, Picture, Recipe, Row, Sheet, Version

__all__ = [
    "Clip",
    "Facts",
    "File",
    "FoundFault",
    "Head",
    "Heard",
    "Mask",
    "Picture",
    "Recipe",
    "Row",
    "Sheet",
    "Version",
    "clip_data",
    "findings_page",
    "known_folders",
    "page_parts",
    "parcel_script",
    "short_paths",
    "without_folders",
]
