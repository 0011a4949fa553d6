"""`quick_check`: a check on three clips, in the process of the tests, for callables that need none of their own."""

from __future__ import annotations

import functools
from typing import Any
from unittest.mock import patch

from pipelines import ADAPTER, FAULTS

from specaug_listen.checks import Check, check, speech_like
from specaug_listen.checks.session import FULL_EFFORT, Effort

__all__ = ["CLIPS", "check_of_fault", "ids_of", "notes_of", "quick_check"]

# Shorter than all masks and warps need, of about 200 frames, and long enough for what happens on long clips alone.
CLIPS = tuple((f"{seconds:g} s", speech_like(seconds, 16000)) for seconds in (0.5, 2.0, 21.0))
NO_PROCESS = "it was called in the process of the check"
# As many draws as planted faults need; `make test-all` finds them with all that a check spends, too.
FEW = Effort(n_frames=6_000, fewest=6, most=40, n_pairs=6, n_pairs_of_others=2, n_padded=16)


def quick_check(pipeline: Any, *, effort: Effort = FEW, **options: Any) -> Check:
    """Check as `check` does where no process can be split off, with fewer draws."""
    no_fork = patch("specaug_listen.checks.isolated_process._can_fork", lambda: False)
    with no_fork, patch("specaug_listen.checks.checker.EFFORT", effort):
        return check(pipeline, **({"clips": CLIPS, "draws": 100} | options))


def notes_of(result: Check) -> tuple[str, ...]:
    """The notes of a quick check, but for the one that says that it was one."""
    return tuple(note for note in result.report.notes if not note.startswith(NO_PROCESS))


@functools.cache
def check_of_fault(name: str) -> Check:
    """The check of a planted fault, which several tests look at."""
    make, _, options = FAULTS[name]
    # Widths of bins are compared with those of frames on long clips, of which few draws say little.
    effort = FULL_EFFORT if name == "axes-by-width" else FEW
    return quick_check(make(), effort=effort, **({"adapter": ADAPTER} | options))


def ids_of(pipeline, **options):
    """The findings of a quick check of a callable that takes batches and lengths."""
    return quick_check(pipeline, **({"adapter": ADAPTER} | options)).report.ids
