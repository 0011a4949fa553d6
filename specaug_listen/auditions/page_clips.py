"""One clip of one or several runs as the page shows it, from records and files; nothing is rendered again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..audio.loudness import loudness_lufs, matching_gains_db
from ..augment import Draw, FrequencySpan, Rectangle, TimeSpan
from ..errors import ResultError
from ..frontends import MelFrontend
from ..pages.page_values import Clip, ClipVersion, Mask, Picture, SoundFacts
from ..plots import extent_s, hz_ticks, outlines, read_cells, warp_lines
from ..plots.mels import edges_hz
from .badges import gain_badge
from .clip_files import InlineAssets
from .comparisons import comparisons_of
from .folder_checks import check_drawn, check_size, check_unchanged, frames_of_clip, frames_of_draw
from .record_checks import FRAMES_OF_ROUNDING
from .records import ClipEntry, DrawRecord
from .summaries import facts_of_clip, facts_of_draw

__all__ = [
    "COPY_NOTE",
    "MIN_LOUD_DB",
    "ORIGINAL_NOTE",
    "ClipOfRun",
    "colours_of",
    "draw_version",
    "loud_words",
    "loudness_matched",
    "page_clip",
    "sound_version",
    "ticks_of",
]

# Turned down by at least this, the common gain makes a clip hard to hear: matched loudness is offered first.
MIN_LOUD_DB = 3.0
ORIGINAL_NOTE = ("the recording", "")
COPY_NOTE = ("its mel, not augmented", ", through the same vocoder")
# Heights of pictures [px] from which on more ticks have room, as in `templates/styles/player.css`.
_HEIGHTS_PX = (90, 120, 160, 200)
_LABEL_PX = 15


@dataclass(frozen=True)
class ClipOfRun:
    """One clip of one run.

    Parameters
    ----------
    entry : ClipEntry
    draws : sequence of DrawRecord
    assets : InlineAssets
        Its files.
    frontend : MelFrontend
    label : str
        Of the run, if there are several.
    level_db : float [dB]
        Gain for playback.
    """

    entry: ClipEntry
    draws: Sequence[DrawRecord]
    assets: InlineAssets = field(repr=False)
    frontend: MelFrontend
    label: str = ""
    level_db: float = 0.0

    @property
    def is_mel(self) -> bool:
        """Whether the clip is a mel without audio."""
        return self.entry.audio.mel is not None and self.assets.files.size("original.wav") is None

    def title_of(self, name: str) -> str:
        """Return the name of a version, with the label of its run."""
        return f"{self.label}: {name}" if self.label else name


def page_clip(clips: Sequence[ClipOfRun], clip_id: str) -> Clip:
    """Return one clip: its original, and the copy-synthesis and draws of each run.

    ``clips`` are the same clip in each run, ``clip_id`` is the id of its element in the page.
    """
    first, versions = clips[0], _versions(clips, clip_id)
    entry, loud = first.entry, loud_words(clips)
    # The line about loud masks says what the badge of the gain says.
    loud_badges = _badges(clips, only=[gain_badge(clip.entry.gain) for clip in clips]) if loud[0] else ()
    draws = {f"draw-{draw.number}" for clip in clips for draw in clip.draws}
    return Clip(
        clip_id,
        entry.name,
        entry.duration_s,
        tuple(loudness_matched(versions)),
        facts_of_clip(entry.duration_s, entry.audio),
        tuple(badge for badge in _badges(clips) if badge not in loud_badges),
        is_plain=any(version.sound.data is None for version in versions),
        colours=colours_of(versions),
        reference="mel as it was given" if first.is_mel else "original",
        loud_words=loud,
        loud_badges=loud_badges,
        comparisons=comparisons_of(clips),
        first=next((i for i, version in enumerate(versions) if version.slot in draws), 0),
    )


def _versions(clips: Sequence[ClipOfRun], clip_id: str) -> list[ClipVersion]:
    versions: list[ClipVersion] = []
    originals: dict[MelFrontend, int] = {}
    has_one_original = len({clip.frontend for clip in clips}) == 1
    for clip in clips:
        prefix = f"{clip_id}-{clip.label}-" if clip.label else f"{clip_id}-"
        key = clip.frontend
        if key not in originals:
            # Runs with the same front-end share the original; others are compared with their own mel of it.
            name = "original" if has_one_original else clip.title_of("original")
            originals[key] = len(versions)
            if not clip.is_mel:
                original = sound_version(clip, "original", ORIGINAL_NOTE, f"{prefix}original", name)
                versions.append(replace(original, run="" if has_one_original else clip.label))
        versions.append(_copy_version(clip, f"{prefix}copy-synthesis"))
        has_mel = versions[originals[key]].picture is not None
        for draw in clip.draws:
            version = draw_version(clip, draw, prefix)
            is_comparable = has_mel and version.picture is not None
            versions.append(replace(version, compared_with=originals[key] if is_comparable else None))
            versions += _original_phase_versions(clip, draw, prefix, len(versions) - 1)
    return versions


def _badges(clips: Sequence[ClipOfRun], only: Sequence[str | None] | None = None) -> tuple[str, ...]:
    """Return the badges of a clip in any run; a badge that some runs lack begins with the label of its run.

    If there is ``only``, all other badges are left out.
    """
    shared = set(clips[0].entry.badges).intersection(*(clip.entry.badges for clip in clips))
    pairs = ((clip.label, badge) for clip in clips for badge in clip.entry.badges if only is None or badge in only)
    badges = (badge if badge in shared else f"{label}: {badge}" for label, badge in pairs)
    return tuple(dict.fromkeys(badges))


def loud_words(clips: Sequence[ClipOfRun]) -> tuple[str, str]:
    """Say by how much and why all sounds were turned down, if it is by a lot; else return empty texts."""
    down_db = max((-20 * math.log10(clip.entry.gain) - clip.level_db for clip in clips), default=0.0)
    if down_db <= MIN_LOUD_DB:
        return "", ""
    fills = [draw.scores.get("loudest_fill_vs_p95_db") for clip in clips for draw in clip.draws]
    is_of_masks = any(fill is not None and fill > 0 for fill in fills)
    why = "the masks are loud" if is_of_masks else "some renderings are loud"
    return f"Turned down {down_db:.1f} dB to avoid clipping", f": {why}, and all sounds share one gain."


def _copy_version(clip: ClipOfRun, version_id: str) -> ClipVersion:
    """Return the copy-synthesis; for a mel without audio, with the picture of that mel for comparison."""
    name = clip.title_of("copy-synthesis")
    if not clip.is_mel:
        return sound_version(clip, "copy-synthesis", COPY_NOTE, version_id, name)
    note = "the mel as it was given", ", which the picture shows, through the vocoder; there is no original"
    version = sound_version(clip, "copy-synthesis", note, version_id, name)
    return replace(version, picture=_picture(clip, "given"))


def sound_version(clip: ClipOfRun, file: str, note: tuple[str, str], version_id: str, name: str) -> ClipVersion:
    """Return the original or the copy-synthesis."""
    check_unchanged(clip.assets.files, f"{file}.wav", clip.frontend, clip.entry, clip.draws)
    return ClipVersion(
        version_id, name, clip.assets.sound(f"{file}.wav"), note, clip.level_db,
        picture=_picture(clip, file), key=version_id, sound_facts=_sound_facts(clip, f"{file}.wav"),
        run=clip.label, slot=file,
    )  # fmt: skip


def draw_version(clip: ClipOfRun, record: DrawRecord, prefix: str) -> ClipVersion:
    """Return a draw as a version of its clip."""
    name, draw = f"draw-{record.number}", record.effective_draw
    picture = _picture(clip, name, frames_of_draw(record))
    figure = clip.assets.picture(f"{name}.png") if picture is None else None
    check_drawn(clip.assets.files, f"{name}.wav", record)
    return ClipVersion(
        f"{prefix}{name}", clip.title_of(name), clip.assets.sound(f"{name}.wav"), level_db=clip.level_db,
        picture=picture, figure=figure, masks=masks_of(draw, clip.frontend),
        warp=tuple(warp_lines(draw, clip.frontend)) if draw.warps else (),
        facts=facts_of_draw(record.scores),
        badges=record.badges, key=f"{prefix}{name}", sound_facts=_sound_facts(clip, f"{name}.wav"),
        run=clip.label, slot=name, n_without_width=_n_without_width(draw),
    )  # fmt: skip


def _n_without_width(draw: Draw) -> int:
    return sum(
        (isinstance(step, FrequencySpan | Rectangle) and step.n_bins == 0)
        or (isinstance(step, TimeSpan | Rectangle) and step.n_frames == 0)
        for step in draw.steps
    )


def _original_phase_versions(clip: ClipOfRun, draw: DrawRecord, prefix: str, pictured_by: int) -> list[ClipVersion]:
    """Return the draw with the phase of the original, if it was rendered; its picture is that of the draw."""
    name = f"draw-{draw.number}-original-phase"
    if clip.assets.read(f"{name}.wav") is None:
        return []
    check_drawn(clip.assets.files, f"{name}.wav", draw)
    slot = f"draw-{draw.number}, original phase"
    return [
        ClipVersion(
            f"{prefix}{name}", clip.title_of(slot), clip.assets.sound(f"{name}.wav"),
            ("no artefacts", " of the vocoder: the same draw, with the phase of the clip"),
            clip.level_db, key=f"{prefix}{name}", sound_facts=_sound_facts(clip, f"{name}.wav"), run=clip.label,
            slot=slot, pictured_by=pictured_by,
            short=f"draw-{draw.number}, phase",
        )
    ]  # fmt: skip


def masks_of(draw: Draw, frontend: MelFrontend) -> tuple[Mask, ...]:
    """Return all that a draw fills or copies, in seconds and Hz."""
    first_s, last_s = extent_s(frontend, draw.n_frames)
    masks = []
    for outline in outlines(draw):
        ends_s = frontend.framing.center_s([outline.begin, outline.end], frontend.sample_rate)
        begin_s, end_s = (float(s) for s in np.clip(ends_s, max(0.0, first_s), last_s).round(4))
        low_hz, high_hz = (round(hz, 1) for hz in edges_hz(frontend, outline.bins))
        masks.append(Mask(outline.kind, begin_s, end_s, low_hz, high_hz, *outline.bins, outline.fill))
    return tuple(masks)


def _picture(clip: ClipOfRun, name: str, n_frames: int = 0) -> Picture | None:
    """Return the picture of a mel, whose number of frames is that of the clip unless it is given."""
    data = clip.assets.read(f"{name}.mel.png")
    if data is None:
        return None
    path = clip.assets.files.path_text(f"{name}.mel.png")
    try:
        cells = read_cells(data)
    except ValueError as error:
        raise ResultError(f"{path}: {error!s:.120}; run the audition again") from None
    n_mels, n_columns = cells.indices.shape
    of_clip = frames_of_clip(clip.frontend, clip.entry), FRAMES_OF_ROUNDING
    check_size(path, (n_mels, n_columns), clip.frontend.n_mels, *((n_frames, 0) if n_frames else of_clip))
    left_s, right_s = cells.extent_s
    return Picture(
        clip.assets.picture(f"{name}.mel.png"), n_columns, n_mels, left_s, right_s, cells.low_db, cells.high_db,
        tuple(float(hz) for hz in clip.frontend.center_hz()), ticks_of(clip.frontend),
    )  # fmt: skip


def ticks_of(frontend: MelFrontend) -> tuple[tuple[float, str, int], ...]:
    """Return round frequencies: height as a share, label, and the height of the picture [px] that has room for it."""
    positions, labels = hz_ticks(frontend, 0.0)
    shares = [(at + 0.5) / frontend.n_mels for at in positions]
    ticks: list[tuple[float, str, int]] = []
    for height in _HEIGHTS_PX:
        for share, label in zip(shares, labels, strict=True):
            if all(abs(share - other) * height >= _LABEL_PX for other, *_ in ticks):
                ticks.append((share, label, height))
    return tuple(ticks)


def colours_of(versions: Sequence[ClipVersion]) -> tuple[float, float] | None:
    """Return the levels of the darkest and the brightest colour, in dB relative to the original's loudest cell."""
    pictures = [version.picture for version in versions if version.picture is not None]
    return (pictures[0].low_db, pictures[0].high_db) if pictures else None


def loudness_matched(versions: Sequence[ClipVersion]) -> list[ClipVersion]:
    """Return the versions with gains that make them equally loud."""
    levels = [None if version.sound_facts is None else version.sound_facts.loudness_lufs for version in versions]
    peaks = [0.0 if version.sound_facts is None else version.sound_facts.peak for version in versions]
    gains = matching_gains_db(levels, peaks)
    return [replace(version, matched_db=gain) for version, gain in zip(versions, gains, strict=True)]


def _sound_facts(clip: ClipOfRun, name: str) -> SoundFacts | None:
    sound = clip.assets.audio(name)
    return None if sound is None else SoundFacts(loudness_lufs(sound), sound.peak, sound.duration_s)
