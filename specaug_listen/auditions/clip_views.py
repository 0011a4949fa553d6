"""One clip of a run as the page shows it, from its records and files: nothing is rendered again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..audio.loudness import loudness_lufs, matching_gains_db
from ..augment import Draw
from ..errors import PolicyError
from ..frontends import MelFrontend
from ..frontends.filterbank import hz_to_mel, mel_to_hz
from ..metrics import SCORES, Score
from ..pages.model import Clip, Mask, Picture, Row, SoundFacts, Version
from ..plots import extent_s, hz_ticks, outlines, read_cells, warp_lines
from .assets import InlineAssets
from .display import facts_of_clip, facts_of_draw
from .integrity import check_drawn, check_unchanged
from .records import ClipEntry, DrawRecord

__all__ = [
    "ClipOfRun",
    "clip_view",
    "colours_of",
    "columns_for",
    "draw_version",
    "loudness_matched",
    "rows_of",
    "sound_version",
]


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
        Of the run, where there are several.
    level_db : float [dB]
        With which its sounds are played.
    """

    entry: ClipEntry
    draws: Sequence[DrawRecord]
    assets: InlineAssets = field(repr=False)
    frontend: MelFrontend
    label: str = ""
    level_db: float = 0.0

    @property
    def is_mel(self) -> bool:
        """Whether the clip came as a mel, without its audio."""
        return self.entry.audio.mel is not None and self.assets.files.size("original.wav") is None

    def called(self, name: str) -> str:
        """A version's name among those of all runs."""
        return f"{self.label}: {name}" if self.label else name


def clip_view(shown: Sequence[ClipOfRun], clip_id: str) -> Clip:
    """One clip: its original, and of each run the copy-synthesis and the draws.

    Parameters
    ----------
    shown : sequence of ClipOfRun
        The same clip in each run.
    clip_id : str
        Of its element in the page.
    """
    first = shown[0]
    versions: list[Version] = []
    originals: dict[MelFrontend, int] = {}
    for one in shown:
        prefix = f"{clip_id}-{one.label}-" if one.label else f"{clip_id}-"
        key = one.frontend
        if key not in originals:
            # Runs of one front-end share the original; others have a mel of their own to be compared with.
            name = one.called("original") if originals else "original"
            originals[key] = len(versions)
            if not one.is_mel:
                versions.append(sound_version(one, "original", "the recording", f"{prefix}original", name))
        versions.append(_copy_version(one, f"{prefix}copy-synthesis"))
        has_mel = versions[originals[key]].picture is not None
        for drawn in one.draws:
            version = draw_version(one, drawn, prefix)
            is_comparable = has_mel and version.picture is not None
            versions.append(replace(version, compared_with=originals[key] if is_comparable else None))
            versions += _twins(one, drawn, prefix)
    names = [f"{one.label}: {badge}" if one.label else badge for one in shown for badge in one.entry.badges]
    entry = first.entry
    return Clip(
        clip_id,
        entry.name,
        entry.duration_s,
        tuple(loudness_matched(versions)),
        facts_of_clip(entry.duration_s, entry.audio),
        tuple(dict.fromkeys(names)),
        is_plain=any(version.sound.data is None for version in versions),
        colours=colours_of(versions),
        reference="mel as it was given" if first.is_mel else "original",
    )


def _copy_version(one: ClipOfRun, version_id: str) -> Version:
    """The copy-synthesis; of a mel without its audio with the picture of that mel, which is what is compared with."""
    name, note = one.called("copy-synthesis"), "its mel, not augmented, through the same vocoder"
    if not one.is_mel:
        return sound_version(one, "copy-synthesis", note, version_id, name)
    note = "the mel as it was given, which the picture shows, through the vocoder; there is no original"
    version = sound_version(one, "copy-synthesis", note, version_id, name)
    return replace(version, picture=_picture(one, "given"))


def sound_version(one: ClipOfRun, file: str, note: str, version_id: str, name: str) -> Version:
    """The original, or the copy-synthesis."""
    check_unchanged(one.assets.files, f"{file}.wav", one.frontend, one.entry, one.draws)
    return Version(
        version_id, name, one.assets.sound(f"{file}.wav"), note, one.level_db,
        picture=_picture(one, file), key=version_id, heard=_heard(one, f"{file}.wav"),
    )  # fmt: skip


def draw_version(one: ClipOfRun, drawn: DrawRecord, prefix: str) -> Version:
    """A draw."""
    name, draw = f"draw-{drawn.number}", drawn.effective_draw
    picture = _picture(one, name)
    figure = one.assets.picture(f"{name}.png") if picture is None else None
    check_drawn(one.assets.files, f"{name}.wav", drawn)
    return Version(
        f"{prefix}{name}", one.called(name), one.assets.sound(f"{name}.wav"), "", one.level_db,
        picture=picture, figure=figure, masks=masks_of(draw, one.frontend),
        warp=tuple(warp_lines(draw, one.frontend)) if draw.warps else (),
        facts=facts_of_draw(drawn.scores), badges=drawn.badges, key=f"{prefix}{name}", heard=_heard(one, f"{name}.wav"),
    )  # fmt: skip


def _twins(one: ClipOfRun, drawn: DrawRecord, prefix: str) -> list[Version]:
    """The same draw with the phase of the original, where it was rendered."""
    name = f"draw-{drawn.number}-original-phase"
    if one.assets.read(f"{name}.wav") is None:
        return []
    check_drawn(one.assets.files, f"{name}.wav", drawn)
    note = "the same draw without the vocoder's part"
    sound = one.assets.sound(f"{name}.wav")
    called = one.called(f"draw-{drawn.number}, original phase")
    return [
        Version(
            f"{prefix}{name}",
            called,
            sound,
            note,
            one.level_db,
            key=f"{prefix}{name}",
            heard=_heard(one, f"{name}.wav"),
        )
    ]


def masks_of(draw: Draw, frontend: MelFrontend) -> tuple[Mask, ...]:
    """All that a draw fills or copies, in seconds and Hz."""
    first_s, last_s = extent_s(frontend, draw.n_frames)
    found = []
    for one in outlines(draw):
        ends_s = frontend.framing.center_s([one.begin, one.end], frontend.sample_rate)
        begin_s, end_s = (float(s) for s in np.clip(ends_s, max(0.0, first_s), last_s).round(4))
        low_hz, high_hz = (round(hz, 1) for hz in edges_hz(frontend, one.bins))
        found.append(Mask(one.kind, begin_s, end_s, low_hz, high_hz, *one.bins, one.fill))
    return tuple(found)


def edges_hz(frontend: MelFrontend, bins: tuple[int, int]) -> tuple[float, float]:
    """From where to where bands reach: half way to the neighbours' centres, on the mel scale."""
    low, high = hz_to_mel([frontend.fmin_hz, frontend.top_hz], frontend.mel_scale)
    spacing = (high - low) / (frontend.n_mels + 1)
    below, above = mel_to_hz(low + spacing * (np.array(bins) + 0.5), frontend.mel_scale)
    return float(below), float(above)


def _picture(one: ClipOfRun, name: str) -> Picture | None:
    data = one.assets.read(f"{name}.mel.png")
    if data is None:
        return None
    called = one.assets.files.called(f"{name}.mel.png")
    try:
        cells = read_cells(data)
    except ValueError as error:
        raise PolicyError(f"{called}: {error!s:.120}; run the audition again") from None
    n_mels, n_columns = cells.indices.shape
    if n_mels != one.frontend.n_mels:
        raise PolicyError(
            f"{called}: a picture of {n_mels} bins, and the front-end has {one.frontend.n_mels}; run the audition again"
        )
    positions, labels = hz_ticks(one.frontend)
    ticks = tuple(((at + 0.5) / n_mels, label) for at, label in zip(positions, labels, strict=True))
    left_s, right_s = cells.extent_s
    return Picture(
        one.assets.picture(f"{name}.mel.png"), n_columns, n_mels, left_s, right_s, cells.low_db, cells.high_db,
        tuple(float(hz) for hz in one.frontend.center_hz()), ticks,
    )  # fmt: skip


def colours_of(versions: Sequence[Version]) -> tuple[float, float] | None:
    """Levels of the darkest and of the brightest colour, in dB relative to the original's loudest cell."""
    pictures = [version.picture for version in versions if version.picture is not None]
    return (pictures[0].low_db, pictures[0].high_db) if pictures else None


def loudness_matched(versions: Sequence[Version]) -> list[Version]:
    """The versions with the gains that make them equally loud."""
    levels = [None if version.heard is None else version.heard.loudness_lufs for version in versions]
    peaks = [0.0 if version.heard is None else version.heard.peak for version in versions]
    gains = matching_gains_db(levels, peaks)
    return [replace(version, matched_db=gain) for version, gain in zip(versions, gains, strict=True)]


def _heard(one: ClipOfRun, name: str) -> SoundFacts | None:
    sound = one.assets.audio(name)
    return None if sound is None else SoundFacts(loudness_lufs(sound), sound.peak, sound.duration_s)


def columns_for(draws: Iterable[DrawRecord]) -> tuple[Score, ...]:
    """Return the columns of the table of draws; that of empty bins only where a clip has some."""
    keys = {key for draw in draws for key in draw.scores}
    of_empty_bins = "masked_area_empty_ratio"
    return tuple(
        score for score in SCORES.values() if score.in_tables and (score.key != of_empty_bins or score.key in keys)
    )


def rows_of(shown: Sequence[ClipOfRun], clip_id: str, columns: Sequence[Score]) -> list[Row]:
    """Return a row of the table for each draw."""
    rows = []
    for one in shown:
        prefix = f"{clip_id}-{one.label}-" if one.label else f"{clip_id}-"
        for drawn in one.draws:
            name = f"draw-{drawn.number}"
            values = tuple(_value(drawn, score) for score in columns)
            badges = one.entry.badges + drawn.badges
            rows.append(Row(one.entry.name, one.called(name), f"{prefix}{name}", values, badges))
    return rows


def _value(draw: DrawRecord, score: Score) -> tuple[float | None, str]:
    value = draw.scores.get(score.key)
    if value is None:
        return None, _why_not(draw, score.key)
    return value, score.number(value).replace("-", "−")


def _why_not(drawn: DrawRecord, key: str) -> str:
    if key not in ("stoi", "pesq"):
        return "–"
    if key not in drawn.scores:
        return "not installed"
    draw = drawn.effective_draw
    if draw.warps:
        return "n/a: warped"
    return "n/a: cut" if draw.n_trimmed else "n/a: too short or silent"
