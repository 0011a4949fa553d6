"""The command line: each verb reads its options, calls one function of the library, and says what it did."""

from .app import main

__all__ = ["main"]
