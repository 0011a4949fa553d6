"""The page with the player."""

from .page import clip_data, page_parts, parcel_script
from .views import Clip, Column, Facts, File, Head, Heard, Mask, Picture, Recipe, Row, Sheet, Version

__all__ = [
    "Clip",
    "Column",
    "Facts",
    "File",
    "Head",
    "Heard",
    "Mask",
    "Picture",
    "Recipe",
    "Row",
    "Sheet",
    "Version",
    "clip_data",
    "page_parts",
    "parcel_script",
]
