"""``specaug-listen`` and ``python -m specaug_listen``: it listens for signals before anything heavy is imported."""

from __future__ import annotations

import sys
from typing import NoReturn

from ._interrupts import INTERRUPTED, WHAT_IS_LEFT, exit_code, listen
from ._stdout import discard, open_closed


def run() -> NoReturn:
    """Run the command line in a process of its own."""
    open_closed()
    listen()
    try:
        code = exit_code(_main_code())
    except KeyboardInterrupt:  # while the end was told
        sys.stderr.write(f"error: {WHAT_IS_LEFT}\n")
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
