"""What a draw that is made again gives otherwise than its record says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..augment import FillLevel
from ..inspection import Change
from ..metrics import SCORES
from .records import DrawRecord
from .results import Audition
from .step_scores import OF_STEPS

__all__ = ["differences"]

_MOST_NAMED = 3
# Cells further below the clip's speech are those of silence, whose level is left to rounding.
_SILENCE_DB = -80.0
_TOLERANCE_DB = 0.1


def differences(written: DrawRecord, again: Audition) -> str:
    """What differs beyond rounding between a record and the draw that was made from it, in words; empty for nothing.

    Fill levels, scores and the gain are compared, and of callables of others what was found that they did.

    Parameters
    ----------
    written : DrawRecord
    again : Audition
        What `replay` made of it.
    """
    lines = [*_of_fills(written, again), *_of_scores(written, again), *_of_gain(written, again)]
    if _places(written.found) != _places(again.change_of(again.draws[0])):
        lines.append("what was found that its callable did (found)")
    if not lines:
        return ""
    more = f", and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else ""
    return f"does not say what comes out: {', '.join(lines[:_MOST_NAMED])}{more}; what is written now is what came out"


def _of_fills(written: DrawRecord, again: Audition) -> Iterator[str]:
    for i, (then, now) in enumerate(zip(written.draw.steps, again.draws[0].draw.steps, strict=True)):
        said, is_now = getattr(then, "fill_level", None), getattr(now, "fill_level", None)
        if _differ(said, is_now):
            yield f"fill_level of draw.steps[{i}] was {_in_words(said)}, is {_in_words(is_now)}"


def _differ(said: FillLevel | None, now: FillLevel | None) -> bool:
    if said is None or now is None:
        return said is not now
    pairs = [(said.vs_p95_db, now.vs_p95_db)]
    if now.vs_p95_db - now.vs_median_db > _SILENCE_DB:  # else half of the clip is silent
        pairs.append((said.vs_median_db, now.vs_median_db))
    return any(abs(max(a, _SILENCE_DB) - max(b, _SILENCE_DB)) > _TOLERANCE_DB for a, b in pairs)


def _in_words(level: FillLevel | None) -> str:
    return "none" if level is None else f"{level.vs_p95_db:+.1f} dB re P95 ({level.vs_median_db:+.1f} dB re median)"


def _of_scores(written: DrawRecord, again: Audition) -> Iterator[str]:
    now = again.score_of(again.draws[0])
    # A record is not read where its own steps contradict it.
    known = () if written.found is not None else OF_STEPS
    for key, said in written.scores.items():
        if key not in now or key in known:
            continue
        value = now[key]
        if (said is None) != (value is None) or abs((said or 0.0) - (value or 0.0)) > SCORES[key].tolerance:
            yield f"scores.{key} was {_number(said)}, is {_number(value)}"


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.5g}"


def _of_gain(written: DrawRecord, again: Audition) -> Iterator[str]:
    """A gain under which this draw clips; a lower one is that of a louder draw of the same clip."""
    own = replace(again, given_gain=None, rendered=again.copy_synthesis).gain
    if written.gain > own * 10 ** (_TOLERANCE_DB / 20):
        yield f"gain was {written.gain:.4g}, with which it clips, and {own:.4g} is the largest without"


def _places(found: Change | None) -> list[tuple[Any, ...]]:
    """Where something was found, without how loud it is."""
    if found is None:
        return []
    steps = found.as_draw().steps
    return [(type(step).__name__, getattr(step, "region", None)) for step in steps]
