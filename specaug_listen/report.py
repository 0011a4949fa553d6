"""Many auditions as one page that can be sent to a colleague."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ._files import beside, make_folder, printable, saying_what_failed
from .augment import DIALECTS
from .errors import ParameterError, PolicyError
from .fragments import ClipView, DrawView, PageView, page_html
from .pipeline import Audition, AuditionRecord, read_index, read_record
from .pipeline.display import clip_view, facts_of_clip, facts_of_draw, facts_of_policy, facts_of_run
from .pipeline.records import vocoder_name

__all__ = ["write_report"]

# Eight minutes at 16 kHz. A page holds each sound several times while it is written, and browsers choke on large ones.
_LARGEST_EMBEDDED = 16 << 20
_LINKED = "long: its sounds are not in this page; send the folder along"


def write_report(
    auditions: Audition | Sequence[Audition] | str | os.PathLike[str], path: str | os.PathLike[str] | None = None
) -> Path:
    """Write one self-contained HTML file.

    Parameters
    ----------
    auditions : Audition, sequence of Audition, or str or path-like
        Auditions at hand, or a folder that ``specaug-listen audition`` wrote; nothing is rendered again for a folder.
    path : str, path-like or None
        Of the page; for a folder, None is ``report.html`` in it.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    ParameterError
        When there is nothing to show, or no path.
    PolicyError
        When the folder holds no audition.
    OutputError
        When the page cannot be written.

    Examples
    --------
    >>> write_report([], "out/report.html")
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: auditions is empty: expected at least one Audition
    """
    if isinstance(auditions, (str, os.PathLike)):
        folder = Path(auditions)
        index = read_index(folder)
        target = folder / "report.html" if path is None else Path(path)
        _write(target, page_html(_page_of_folder(index), _views_of_folder(folder, index, target.parent)))
        return target
    if isinstance(auditions, Audition):
        auditions = [auditions]
    if not auditions:
        raise ParameterError("auditions is empty: expected at least one Audition")
    if path is None:
        raise ParameterError("path is missing: expected where to write the page, e.g. out/report.html")
    page = PageView("SpecAugment audition", (("clips", str(len(auditions))),))
    _write(Path(path), page_html(page, map(clip_view, auditions)))
    return Path(path)


def _write(path: Path, parts: Iterable[bytes]) -> None:
    make_folder(path.parent)
    partial = beside(path)
    with saying_what_failed(path):
        try:
            with open(partial, "wb") as file:
                file.writelines(parts)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _page_of_folder(index: AuditionRecord) -> PageView:
    run = index.configuration
    facts = (
        *facts_of_policy(run.policy),
        ("front-end", run.frontend.name),
        ("vocoder", vocoder_name(run.vocoder)),
        ("seed", str(run.seed)),
        ("clips", str(len(index.clips))),
        ("draws of each", str(run.draws)),
        ("specaug-listen", index.versions.get("specaug-listen", "unknown")),
    )
    title = f"SpecAugment audition: {run.policy.name} on {run.frontend.name}"
    dialect = DIALECTS.get(run.policy.dialect)
    notes = run.policy.notes + (dialect.oddities if dialect else ())
    return PageView(title, facts, tuple(failure.error for failure in index.failures), notes)


def _views_of_folder(folder: Path, index: AuditionRecord, beside: Path) -> Iterator[ClipView]:
    run = index.configuration
    for clip in index.clips:
        inside = folder / clip.folder
        original = _sound(inside / "original.wav", beside)
        yield ClipView(
            clip.name,
            original,
            _sound(inside / "copy-synthesis.wav", beside),
            tuple(_draw_view(inside, name, beside) for name in clip.draws),
            facts_of_clip(clip.duration_s, clip.audio) + facts_of_run(run.frontend, run.policy, run.vocoder, run.seed),
            clip.badges + ((_LINKED,) if isinstance(original, str) else ()),
        )


def _draw_view(inside: Path, name: str, beside: Path) -> DrawView:
    written = read_record(inside / f"{name}.json")
    wav, png = _sound(inside / f"{name}.wav", beside), _read(inside / f"{name}.png")
    return DrawView(name, wav, png, facts_of_draw(written.scores), written.badges)


def _sound(path: Path, beside: Path) -> bytes | str:
    """A WAV file's bytes; of one that no page could hold, the address as seen from ``beside``."""
    with _saying_what_is_gone(path):
        is_small = path.stat().st_size <= _LARGEST_EMBEDDED
        return path.read_bytes() if is_small else quote(os.fsencode(Path(os.path.relpath(path, beside)).as_posix()))


def _read(path: Path) -> bytes:
    with _saying_what_is_gone(path):
        return path.read_bytes()


@contextmanager
def _saying_what_is_gone(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PolicyError(f"{printable(path)}: cannot be read ({error.strerror}); run the audition again") from None
