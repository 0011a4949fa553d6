"""Readers of the frameworks' configurations: which masks, which front-end, what was filled in; nothing is executed."""

from .content import Content, content_of
from .detect import said_below
from .read import READERS, Imported, can_be_read, framework_of, import_foreign, refuse_stranger
from .unread import Unread, unread_in_words

__all__ = [
    "READERS",
    "Content",
    "Imported",
    "Unread",
    "can_be_read",
    "content_of",
    "framework_of",
    "import_foreign",
    "refuse_stranger",
    "said_below",
    "unread_in_words",
]
