"""The page with the player: its values, template, scripts and style."""

from .folders import folders_of_user, short_paths, without_folders
from .html import clip_data, findings_page, page_parts, player_bundle_script
from .page_values import Clip, ClipVersion, Facts, Fault, File, Head, Mask, Picture, RerunCode, Row, Sheet, SoundFacts

__all__ = [
    "Clip",
    "ClipVersion",
    "Facts",
    "Fault",
    "File",
    "Head",
    "Mask",
    "Picture",
    "RerunCode",
    "Row",
    "Sheet",
    "SoundFacts",
    "clip_data",
    "findings_page",
    "folders_of_user",
    "page_parts",
    "player_bundle_script",
    "short_paths",
    "without_folders",
]
