"""``specaug-listen`` and ``python -m specaug_listen``: signal handlers are installed before any heavy import."""

from __future__ import annotations

import sys
from typing import NoReturn

from ._interrupts import INTERRUPTED, MESSAGE, exit_code, handle_signals
from ._standard_streams import discard, open_closed


def run() -> NoReturn:
    """Run the command line as a process of its own."""
    open_closed()
    handle_signals()
    try:
        code = exit_code(_main_code())
    except KeyboardInterrupt:  # while the exit code was worked out
        sys.stderr.write(f"error: {MESSAGE}\n")
        code = exit_code(INTERRUPTED)
    try:
        sys.stderr.flush()
    except OSError:
        discard(2)
    sys.exit(code)


def _main_code() -> int:
    try:
        from .cli.app import main

        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0


if __name__ == "__main__":
    run()
