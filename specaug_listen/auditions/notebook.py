"""An audition in a notebook: the page with the player, in an iframe."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .._defaults import DEFAULT_BUDGET_MB
from ..pages.html import page_parts
from ..pages.page_values import Head
from .clip_files import InlineAssets
from .page_clips import ClipOfRun, page_clip
from .save import clip_at_hand, configuration_of
from .summaries import facts_of_run

if TYPE_CHECKING:
    from .results import Audition

__all__ = ["frame"]

# A sample of 16 bits takes about this much as FLAC.
_BYTES_PER_SAMPLE = 1.2
_HEIGHT_PX = 760


def frame(audition: Audition) -> str:
    """Return an audition's page as one HTML element, with as many draws as a notebook should hold.

    In an iframe, neither the notebook's styles nor the page's script affect each other. Sounds are FLAC with the
    samples that `Audition.save` writes.
    """
    n_draws = _n_draws_within(audition)
    if n_draws is None:
        advice = f"{audition.duration_s:.0f} s are too long for a notebook: save() writes files, write_report() a page"
        return f"<pre>{html.escape(f'{audition}')}\n{advice}</pre>"
    page = b"".join(_page(audition, n_draws)).decode()
    source = page.replace("&", "&amp;").replace('"', "&quot;")
    title = html.escape(f"Audition of {audition.name}")
    return (
        f'<iframe title="{title}" sandbox="allow-scripts" style="width: 100%; height: {_HEIGHT_PX}px; border: 0; '
        f'resize: vertical; overflow: auto" srcdoc="{source}"></iframe>'
    )


def _page(audition: Audition, n_draws: int) -> Iterator[bytes]:
    badges: tuple[str, ...] = ()
    if n_draws < len(audition.draws):
        badges = (
            f"the first {n_draws} of {len(audition.draws)} draws, as many as {DEFAULT_BUDGET_MB:g} MB hold; "
            "write_report() shows all",
        )
        first = audition.draws[:n_draws]
        audition = replace(audition, draws=first, fixed_gain=audition.gain, copy_rendering=audition.copy_synthesis)
    entry, draws, files = clip_at_hand(audition, "clip")
    clip = ClipOfRun(entry, draws, InlineAssets(files, flac=True), audition.frontend)
    facts = facts_of_run(configuration_of(audition))
    head = Head(f"Audition of {audition.name}", facts, badges, has_original=audition.original is not None)
    return page_parts(head, None, [page_clip([clip], "clip-1")])


def _n_draws_within(audition: Audition) -> int | None:
    """Return how many draws fit beside the original and the copy-synthesis; None if not even one does."""
    megabytes = audition.copy_synthesis.n_samples * _BYTES_PER_SAMPLE * 4 / 3 / 1e6
    n_per_draw = 1 + any(draw.with_original_phase is not None for draw in audition.draws)
    n_draws = int((DEFAULT_BUDGET_MB / max(megabytes, 1e-9) - 2) // n_per_draw)
    return min(n_draws, len(audition.draws)) if n_draws > 0 else None
