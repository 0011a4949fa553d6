"""Folders of results: what a run owns in one, and nothing else, is replaced or removed; one run at a time."""

from .locks import InUse
from .marker import OwnFiles
from .output import Output

__all__ = ["InUse", "Output", "OwnFiles"]
