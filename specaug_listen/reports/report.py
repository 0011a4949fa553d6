"""Many auditions as one page that can be sent to a colleague."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._defaults import DEFAULT_BUDGET_MB
from .._files import as_path, note_reads, printable
from .._notices import Notice
from .._records import to_json
from ..audio.channels import Choice, name_suffix
from ..audio.clip_names import distinct_names
from ..auditions import Audition
from ..auditions.clip_files import FolderFiles
from ..auditions.folder_checks import Edits, check_of_run, embedded, notice_of_unlisted, read_draw, with_badges
from ..auditions.journal import read_run
from ..auditions.page_clips import ClipOfRun, page_clip
from ..auditions.records import (
    AuditionRecord,
    ClipEntry,
    Configuration,
    path_of,
    versions,
)
from ..auditions.save import clip_at_hand, configuration_of
from ..errors import ParameterError
from ..frameworks.policies import PolicySource, get_policy
from ..outputs.locks import reading
from ..outputs.result_names import folder_name
from ..pages.html import page_parts
from ..pages.page_values import Clip
from .draw_table import table_of_draws
from .head import page_head
from .page_runs import PageRun, RunClip, name_of_run, run_label
from .page_writing import PageOptions, PageTarget, WrittenPage, page_path, publish_page

__all__ = ["publish_report", "write_report"]


AuditionOrFolder = Audition | str | os.PathLike[str]


def write_report(
    auditions: AuditionOrFolder | Sequence[AuditionOrFolder],
    path: str | os.PathLike[str] | None = None,
    *,
    split: bool = False,
    budget_mb: float = DEFAULT_BUDGET_MB,
    flac: bool | None = None,
    paths: bool = False,
    pdf: bool = False,
    title: str = "",
    note: str = "",
    compare: PolicySource | Sequence[PolicySource] = (),
    lengths_s: tuple[float, ...] | list[float] = (),
    overwrite: bool = False,
) -> Path:
    """Write a page with a player: one self-contained file, or a folder if that would be too large.

    Parameters
    ----------
    auditions : Audition, str or path-like, or a sequence of them
        Auditions in memory, or folders that ``specaug-listen audition`` wrote, which are not rendered again. Clips of
        several folders are side by side.
    path : str, path-like or None
        Of the page; for a folder, None is ``report.html`` in it. A split page is ``index.html`` in a folder of that
        name without its suffix, beside ``audio/`` and ``img/``.
    split : bool
        Write a folder whatever the size.
    budget_mb : float > 0 [MB]
        Largest page that is written as one file.
    flac : bool or None
        FLAC instead of 16-bit WAV: about half as large, but decoded at the browser's own sample rate. None is FLAC only
        if the page then fits into one file, and with WAV does not.
    paths : bool
        Show whole paths. Otherwise, a page shows only the file names of clips, configurations and code, not their
        folders; the records on disk (``audition.json``, ``draw-N.json``) keep the paths.
    pdf : bool
        Print the page as PDF beside it, too, with a Chromium browser on PATH or in the environment variable
        ``CHROMIUM``.
    title : str
        Of the page, at most 200 characters; empty for a description of the runs.
    note : str
        A plain text below the title, at most 5000 characters; an empty line begins a paragraph.
    compare : str, path-like, Policy, or a sequence of them
        At most three policies to compare the strength with, as for `specaug_listen.frameworks.get_policy`.
    lengths_s : sequence of float > 0 [s]
        At most 12 lengths of clips, beside those of the page, for which the policy's strength is computed.
    overwrite : bool
        Replace an earlier page at this path; nothing else is ever replaced.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    ParameterError
        When there is nothing to show, for an invalid budget, title, note, policy or length, or a path that is missing,
        not a page's, or taken, or if no browser can print.
    PolicyError
        When a folder holds no audition, or a draw of another run.
    ResultError
        When a sound or picture is missing, damaged, or does not fit its record.
    OutputError
        When the page cannot be written, or another run is writing into one of the folders.

    Examples
    --------
    >>> write_report([], "out/report.html")
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: auditions is empty: expected at least one Audition, or folder of an audition
    """
    sources = list(compare) if isinstance(compare, (list, tuple)) else [compare]
    policies = tuple(get_policy(source) for source in sources)  # type: ignore[arg-type]
    form = PageOptions(
        split,
        budget_mb,
        flac,
        paths,
        pdf,
        title,
        note,
        policies,
        tuple(lengths_s) if isinstance(lengths_s, list) else lengths_s,
    )
    return publish_report(auditions, path, form, overwrite=overwrite).path


def publish_report(
    auditions: AuditionOrFolder | Sequence[AuditionOrFolder],
    path: str | os.PathLike[str] | None = None,
    form: PageOptions | None = None,
    *,
    overwrite: bool = False,
) -> WrittenPage:
    """Write a page and return facts about it; parameters and errors as for `write_report`."""
    form = PageOptions() if form is None else form
    sources = _sources(auditions)
    target = _target(sources, path)
    folders = [Path(source) for source in sources if not isinstance(source, Audition)]
    with note_reads(), reading(folders, target.parent):
        runs = _runs(sources, target.parent)
        files = (clip.files for run in runs for clip in run.clips)
        with_edits: list[tuple[PageRun, tuple[Notice, ...]]] = []

        def parts_in(place: PageTarget) -> Iterator[bytes]:
            # Once, and only after it is certain that the page can be written: it takes long for a large run.
            if not with_edits:
                with_edits.extend(map(_with_edits, runs))
            return _parts([run for run, _ in with_edits], place)

        page = publish_page(target, files, form, parts_in, overwrite=overwrite)
    edits = (notice for _, notices in with_edits for notice in notices)
    return replace(page, notices=(*(notice for run in runs for notice in run.notices), *edits))


def _sources(auditions: Any) -> list[AuditionOrFolder]:
    several = [auditions] if isinstance(auditions, (Audition, str, os.PathLike)) else auditions
    if isinstance(several, Iterable) and not isinstance(several, (bytes, bytearray, Mapping)):
        sources = list(several)
        odd = next((source for source in sources if not isinstance(source, (Audition, str, os.PathLike))), None)
        if odd is None:
            return [source if isinstance(source, Audition) else as_path(source) for source in sources]
        auditions = odd
    raise ParameterError(
        f"auditions={' '.join(repr(auditions).split())[:80]}: expected an Audition, the folder of one, or a sequence "
        "of these"
    )


def _target(sources: Sequence[AuditionOrFolder], path: str | os.PathLike[str] | None) -> Path:
    if not sources:
        raise ParameterError("auditions is empty: expected at least one Audition, or folder of an audition")
    if path is not None:
        return page_path(path)
    if isinstance(sources[0], Audition):
        raise ParameterError("path is missing: expected where to write the page, e.g. out/report.html")
    if len(sources) > 1:
        raise ParameterError("path is missing: expected where to write the page of several folders, e.g. both.html")
    return Path(sources[0]) / "report.html"


# --- reading the runs ---


def _runs(sources: Sequence[AuditionOrFolder], page: Path) -> list[PageRun]:
    at_hand = _runs_at_hand([source for source in sources if isinstance(source, Audition)])
    return at_hand + [_run_of_folder(Path(s), page) for s in sources if not isinstance(s, Audition)]


def _runs_at_hand(auditions: Sequence[Audition]) -> list[PageRun]:
    """Group auditions in memory by their configurations into runs, in their order."""
    groups: dict[str, tuple[Configuration, list[Audition]]] = {}
    for audition in auditions:
        configuration = configuration_of(audition)
        key = to_json(replace(configuration, start_s=0.0, duration_s=None, channel="mean", frontend_reason=None))
        first, members = groups.setdefault(key, (configuration, []))
        members.append(audition)
        if configuration.channel != first.channel:
            groups[key] = (replace(first, channel="each"), members)
    return [
        PageRun(printable(name_of_run(run)), tuple(_clips_at_hand(clips, run)), (), versions())
        for run, clips in groups.values()
    ]


def _clips_at_hand(auditions: Sequence[Audition], configuration: Configuration) -> Iterator[RunClip]:
    used_names: set[str] = set()
    for audition in auditions:
        yield RunClip(*clip_at_hand(audition, folder_name(f"{audition.name}.wav", used_names)), configuration)


def _run_of_folder(folder: Path, page: Path) -> PageRun:
    index = read_run(folder)
    clips = tuple(_clip_of_folder(index, entry, FolderFiles(folder, entry.folder, page)) for entry in index.clips)
    configuration = index.configuration
    name = printable(f"{name_of_run(configuration)} ({folder.resolve().name})")
    unfinished = tuple(notice for notice in index.notices if notice.kind == "unfinished")
    # The notice about an unfinished run covers unlisted files.
    beside = () if unfinished else notice_of_unlisted(folder, {entry.folder: entry.draws for entry in index.clips})
    return PageRun(name, clips, index.failures, index.versions, (*unfinished, *beside), folder)


def _clip_of_folder(index: AuditionRecord, entry: ClipEntry, files: FolderFiles) -> RunClip:
    draws = []
    for name in entry.draws:
        draws.append(read_draw(files, name))
        check_of_run(draws[-1], files.path_text(f"{name}.json"), entry, index.configuration, versions=index.versions)
    return RunClip(entry, tuple(draws), files, index.configuration)


def _with_edits(run: PageRun) -> tuple[PageRun, tuple[Notice, ...]]:
    """Return a run with badges for modified files, and notices about them."""
    if run.folder is None:
        return run, ()
    edits = Edits(run.folder)
    notices_of_run = list(edits.notices(["audition.json"]))
    clips = []
    for clip in run.clips:
        entry = clip.entry
        notices = (
            *edits.notices(embedded(run.folder, entry.folder, entry.draws), entry.folder),
            *edits.missing(entry.folder, entry.draws),
        )
        clips.append(replace(clip, entry=with_badges(entry, notices)))
        notices_of_run += notices
    return replace(run, clips=tuple(clips)), tuple(notices_of_run)


# --- making the page ---


def _groups(runs: Sequence[PageRun]) -> list[list[tuple[str, RunClip]]]:
    """Group clips of all runs by their samples: for each clip, its label and place in every run."""
    labels = [run_label(i) if len(runs) > 1 else "" for i in range(len(runs))]
    groups: dict[tuple[str, int], list[tuple[str, RunClip]]] = {}
    for label, run in zip(labels, runs, strict=True):
        n_so_far: dict[str, int] = {}
        for clip in run.clips:
            sound = clip.entry.audio.fingerprint
            n_so_far[sound] = n_so_far.get(sound, 0) + 1
            groups.setdefault((sound, n_so_far[sound]), []).append((label, clip))
    return _with_distinct_names(list(groups.values()))


def _with_distinct_names(groups: list[list[tuple[str, RunClip]]]) -> list[list[tuple[str, RunClip]]]:
    """Make the names of clips distinct: by their folders if clips of several runs share a name, and by numbers at last.

    Names within one run are distinct already.
    """
    entries = [group[0][1].entry for group in groups]
    classes: dict[str, list[int]] = {}
    for i, entry in enumerate(entries):
        classes.setdefault(entry.name.rpartition("/")[2].casefold(), []).append(i)
    names = [entry.name for entry in entries]
    for last, members in classes.items():
        folded = [names[i].casefold() for i in members]
        if len(members) > 1 and (last in folded or len(set(folded)) < len(folded)):
            for i, name in zip(members, _names_by_path([entries[i] for i in members]), strict=True):
                names[i] = name
    times: Counter[str] = Counter()
    groups_with_names = []
    for name, group in zip(names, groups, strict=True):
        times[name] += 1
        numbered = name if times[name] == 1 else f"{name} ({times[name]})"
        renamed = ((label, replace(clip, entry=replace(clip.entry, name=numbered))) for label, clip in group)
        groups_with_names.append(list(renamed))
    return groups_with_names


def _names_by_path(entries: Sequence[ClipEntry]) -> list[str]:
    """Name clips with a file by their folders."""
    paths = [path_of(entry.audio) for entry in entries]
    suffixes = [name_suffix(Choice(entry.audio.channel, entry.audio.n_channels)) for entry in entries]
    with_path = [i for i, path in enumerate(paths) if path is not None]
    names = distinct_names([paths[i] or "" for i in with_path], [suffixes[i] for i in with_path])
    by_path = dict(zip(with_path, names, strict=True))
    return [by_path.get(i, entry.name) for i, entry in enumerate(entries)]


def _clips_of_runs(group: Sequence[tuple[str, RunClip]], number: int, place: PageTarget) -> list[ClipOfRun]:
    gain = min(clip.entry.gain for _, clip in group)
    clips = []
    for label, clip in group:
        level_db = 20 * math.log10(gain / clip.entry.gain)
        assets = place.assets(clip.files, f"{number}-{label}{clip.entry.folder}")
        clips.append(ClipOfRun(clip.entry, clip.draws, assets, clip.configuration.frontend, label, level_db))
    return clips


def _parts(runs: Sequence[PageRun], place: PageTarget) -> Iterator[bytes]:
    groups = list(enumerate(_groups(runs), 1))
    table = table_of_draws(
        ((f"clip-{number}", _clips_of_runs(group, number, place)) for number, group in groups),
        sound_format="FLAC" if place.has_flac else "WAV",
    )
    paths = [path_of(clip.entry.audio) or "" for run in runs for clip in run.clips]
    head, clips = page_head(runs, place.form), _clips(groups, place)
    private_paths = None if place.form.paths else paths
    return page_parts(head, table, clips, is_split=place.folder is not None, private_paths=private_paths)


def _clips(groups: Iterable[tuple[int, list[tuple[str, RunClip]]]], place: PageTarget) -> Iterator[Clip]:
    for number, group in groups:
        yield place.with_player_bundle(page_clip(_clips_of_runs(group, number, place), f"clip-{number}"))
