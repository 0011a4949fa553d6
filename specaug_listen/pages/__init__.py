"""The page with the player: its values, its template, and the scripts and the style that it holds."""

from .folders import folders_of_user, short_paths, without_folders
from .html import clip_data, findings_page, page_parts, parcel_script
from .model import Clip, Facts, Fault, File, Head, Mask, Picture, Recipe, Row, Sheet, SoundFacts, Version

__all__ = [
    "Clip",
    "Facts",
    "Fault",
    "File",
    "Head",
    "Mask",
    "Picture",
    "Recipe",
    "Row",
    "Sheet",
    "SoundFacts",
    "Version",
    "clip_data",
    "findings_page",
    "folders_of_user",
    "page_parts",
    "parcel_script",
    "short_paths",
    "without_folders",
]
