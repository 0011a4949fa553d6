"""What the draws of a run did that nobody expects, with how many did so; the most important first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .._notices import Notice, plural
from ..auditions.records import Configuration, DrawRecord
from ..augment import Policy
from ..metrics import SCORES
from .strength import Strength

__all__ = ["MAX_IN_VERDICT", "level_warning", "warnings_of_draws"]

# The verdict shows this many; the others are at the end of the page.
MAX_IN_VERDICT = 3
_MAX_LINES, _LEAST_EMPTY_SHARE = 50, 0.02
# A listener takes a draw that is this much quieter for silent, and this much louder is a shock.
_LEAST_CHANGE_DB = 12.0


def warnings_of_draws(
    run: Configuration, draws: Sequence[DrawRecord], strength: Strength | None = None
) -> tuple[str, ...]:
    """Return one line for each surprise among the draws of a run.

    Parameters
    ----------
    run : Configuration
    draws : sequence of DrawRecord
        Of all clips.
    strength : Strength or None
        Of the run's policy.
    """
    if not draws:
        return ()
    is_louder = strength is not None and strength.loudness is not None and strength.loudness.kind == "louder"
    lines = _fill_lines(run.policy) if is_louder else []
    lines += [*_extreme_lines(run.policy, draws), *_level_lines(draws, are_masks_louder=is_louder)]
    lines += _empty_bins_lines(draws)
    return tuple((lines + _notice_lines(run, draws))[:_MAX_LINES])


def _fill_lines(policy: Policy) -> list[str]:
    """Explain a constant that is louder than speech in the scale of the features; the verdict says by how much."""
    fills = dict.fromkeys(getattr(transform, "fill", None) for transform in policy.transforms)
    numbers = [fill for fill in fills if isinstance(fill, int | float)]
    if not numbers:
        return []
    constants = " and ".join(f"{number:g}" for number in numbers)
    return [
        f"masks are filled with {constants}, which is not silent in these features; --set fill=mean makes them quieter"
    ]


def _extreme_lines(policy: Policy, draws: Sequence[DrawRecord]) -> list[str]:
    """Count draws that mask nothing, or everything."""
    all_of_them = [record.effective_draw for record in draws]
    n, lines = len(all_of_them), []
    if n_skipped := sum(not draw.applied for draw in all_of_them):
        lines.append(
            f"{n_skipped} of {plural(n, 'draw')} left the clip unchanged: the policy is applied with a probability "
            f"of {policy.probability:g}"
        )
    n_empty = sum(draw.applied and draw.masked_area_ratio == 0 for draw in all_of_them)
    if n_empty and policy.transforms and n_empty < n:
        lines.append(f"{n_empty} of {plural(n, 'draw')} masked nothing")
    if n_whole := sum(draw.masked_area_ratio == 1 for draw in all_of_them):
        lines.append(f"{n_whole} of {plural(n, 'draw')} masked everything")
    return lines


def level_warning(record: DrawRecord) -> tuple[str, ...]:
    """Return a line about a draw whose level is far from the copy-synthesis; empty for most."""
    change_db = record.scores.get("level_change_db") or 0.0
    if abs(change_db) < _LEAST_CHANGE_DB:
        return ()
    return (f"{abs(change_db):.0f} dB {'louder' if change_db > 0 else 'quieter'} than the copy-synthesis",)


def _level_lines(draws: Sequence[DrawRecord], *, are_masks_louder: bool) -> list[str]:
    """Count draws whose level is far from the copy-synthesis; that loud masks make them louder needs no words."""
    changes_db = [record.scores.get("level_change_db") or 0.0 for record in draws]
    lines = []
    for sign, word in ((-1, "quieter"), *(() if are_masks_louder else ((1, "louder"),))):
        far_db = [sign * change_db for change_db in changes_db if sign * change_db >= _LEAST_CHANGE_DB]
        if far_db:
            of_all = f"{len(far_db)} of {plural(len(draws), 'draw')} {'is' if len(far_db) == 1 else 'are'}"
            span = " to ".join(dict.fromkeys(f"{level_db:.0f}" for level_db in (min(far_db), max(far_db))))
            lines.append(f"{of_all} {span} dB {word} than the copy-synthesis")
    return lines


def _empty_bins_lines(draws: Sequence[DrawRecord]) -> list[str]:
    shares = [record.scores.get("masked_area_empty_ratio") or 0.0 for record in draws]
    mean = sum(shares) / len(shares)
    if mean < _LEAST_EMPTY_SHARE:
        return []
    share = SCORES["masked_area_empty_ratio"].text(mean)
    return [f"{share} of the cells are masked where the clips are empty anyway, so the masks do less than they seem to"]


def _notice_lines(run: Configuration, draws: Sequence[DrawRecord]) -> list[str]:
    """Return one line for each kind of notice, those of most draws first; texts alone in records of old versions."""
    examples: dict[str, list[Notice]] = {}
    numbers: Counter[str] = Counter()
    for record in draws:
        by_kind = {_kind(notice): notice for notice in _notices(record)}
        numbers.update(by_kind.keys())
        for kind, notice in by_kind.items():
            examples.setdefault(kind, []).append(notice)
    return [_line(run, examples[kind], n, len(draws)) for kind, n in numbers.most_common()]


def _notices(record: DrawRecord) -> Iterable[Notice]:
    return record.draw.notices or (Notice(text) for text in record.draw.warnings)


def _kind(notice: Notice) -> str:
    """Return what notices of one line have in common."""
    return " ".join((notice.kind, *(str(notice.values.get(key, "")) for key in ("transform", "axis", "parameter"))))


def _line(run: Configuration, notices: Sequence[Notice], n: int, n_draws: int) -> str:
    first = notices[0]
    if first.kind == "too-short-to-warp" and first.values.get("over") != "padded" and "needed" in first.values:
        least_s = first.values["needed"] * run.frontend.hop_length / run.frontend.sample_rate
        return f"the warp is never applied to clips below {least_s:.2f} s: {n} of {plural(n_draws, 'draw')}"
    is_one = len({notice.text for notice in notices}) == 1
    example = first.text if is_one else f"for example, {first.text}"
    return f"{n} of {plural(n_draws, 'draw')}: {example}"
