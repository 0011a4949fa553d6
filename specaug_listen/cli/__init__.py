"""The command line; `specaug_listen.cli.app` has all commands."""

from .app import main

__all__ = ["main"]
