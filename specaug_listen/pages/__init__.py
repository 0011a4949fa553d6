"""The page with the player: its values, template, scripts and style."""

from .html import clip_data, findings_page, page_parts, player_bundle_script
from .page_values import Clip, ClipVersion, Facts, Fault, File, Head, Mask, Picture, RerunCode, SoundFacts
from .path_hiding import folders_of_user, short_paths, without_folders
from .sheet_values import Heading, Sheet, SheetCell, SweepSummary
from .table_values import Bar, Column, Histogram, HistogramRow, Ranking, Row, Table

__all__ = [
    "Bar",
    "Clip",
    "ClipVersion",
    "Column",
    "Facts",
    "Fault",
    "File",
    "Head",
    "Heading",
    "Histogram",
    "HistogramRow",
    "Mask",
    "Picture",
    "Ranking",
    "RerunCode",
    "Row",
    "Sheet",
    "SheetCell",
    "SoundFacts",
    "SweepSummary",
    "Table",
    "clip_data",
    "findings_page",
    "folders_of_user",
    "page_parts",
    "player_bundle_script",
    "short_paths",
    "without_folders",
]
