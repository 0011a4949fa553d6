"""Readers of the frameworks' configurations: which masks, which front-end, what was filled in; nothing is executed."""

from .importing import READERS, Imported, foreign_data, import_foreign
from .recognition import dialect_of, said_below
from .unread import Unread, unread_in_words

__all__ = [
    "READERS",
    "Imported",
    "Unread",
    "dialect_of",
    "foreign_data",
    "import_foreign",
    "said_below",
    "unread_in_words",
]
