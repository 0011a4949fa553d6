"""The values that a page shows."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from .sheet_values import Sheet, SweepSummary
from .terms import with_minus
from .verdict_values import RunDifferences, Verdict

__all__ = [
    "Clip",
    "ClipVersion",
    "ComparedScore",
    "Comparison",
    "Facts",
    "Fault",
    "File",
    "Head",
    "Mask",
    "Picture",
    "RerunCode",
    "SoundFacts",
]

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class File:
    """A sound or a picture: its data, or its URL beside the page.

    Parameters
    ----------
    data : bytes or None
        Embedded, unless there is a URL.
    url : str or None
    media_type : str
    """

    data: bytes | None = field(default=None, repr=False)
    url: str | None = None
    media_type: str = "audio/wav"

    @property
    def href(self) -> str:
        """The address in the page: the URL, or the data as one."""
        if self.url is not None or self.data is None:
            return self.url or ""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"

    @property
    def kind(self) -> str:
        """The form of a sound, in capital letters."""
        is_flac = self.media_type == "audio/flac" or (self.url or "").endswith(".flac")
        return "FLAC" if is_flac else "WAV"


@dataclass(frozen=True)
class Fault:
    """A finding of a check: texts, sounds before and after, and a picture.

    Parameters
    ----------
    id, severity, evidence, why, fix, clip : str
    seed : int
    before, picture : File
    after : File or None
        None if nothing was returned.
    """

    id: str
    severity: str
    evidence: str
    why: str
    fix: str
    clip: str
    seed: int
    before: File
    after: File | None
    picture: File


@dataclass(frozen=True)
class Mask:
    """One mask, to be outlined and listed, with a tooltip.

    Parameters
    ----------
    kind : str
        ``time``, ``frequency``, ``rectangle`` or ``copy``.
    begin_s, end_s : float [s]
    low_hz, high_hz : float [Hz]
    first_bin, stop_bin : int
    fill : str
    """

    kind: str
    begin_s: float
    end_s: float
    low_hz: float
    high_hz: float
    first_bin: int
    stop_bin: int
    fill: str = ""

    @property
    def text(self) -> str:
        """The mask in one line."""
        ends = {
            "time": f"{self.begin_s:.2f}–{self.end_s:.2f} s",
            "frequency": f"{self.low_hz:.0f}–{self.high_hz:.0f} Hz",
        }
        both = f"{self.low_hz:.0f}–{self.high_hz:.0f} Hz, {self.begin_s:.2f}–{self.end_s:.2f} s"
        what = "copy" if self.kind == "copy" else f"{self.kind} mask"
        return f"{what} {ends.get(self.kind, both)}" + (f", {with_minus(self.fill)}" if self.fill else "")


@dataclass(frozen=True)
class Picture:
    """A mel, one pixel per cell, and its axes.

    Parameters
    ----------
    file : File
    n_columns, n_mels : int
    left_s, right_s : float [s]
        Begin of the first column and end of the last one.
    low_db, high_db : float [dB]
        Levels of the darkest and the brightest colour.
    hz : tuple of float [Hz]
        Centre of each bin.
    ticks : tuple of (float, str, int)
        Height from the bottom, as a share; label; the least height of the picture in pixels that has room for it.
    """

    file: File
    n_columns: int
    n_mels: int
    left_s: float
    right_s: float
    low_db: float
    high_db: float
    hz: tuple[float, ...] = field(repr=False)
    ticks: tuple[tuple[float, str, int], ...] = ()


@dataclass(frozen=True)
class SoundFacts:
    """Loudness (None for silence), peak and duration of a sound."""

    loudness_lufs: float | None
    peak: float
    duration_s: float


@dataclass(frozen=True)
class ClipVersion:
    """One of the sounds of a clip with its picture: the original, the copy-synthesis or a draw.

    Parameters
    ----------
    id : str
        Of its element in the page.
    name : str
    note : (str, str)
        What it is, and what else there is to say where there is room.
    sound : File
    level_db, matched_db : float [dB] or None
        Gains for playback, by default and with matched loudness; None if it has no loudness.
    picture : Picture or None
    figure : File or None
        A picture of an older run, which has no cells.
    masks : tuple of Mask
    warp : tuple of (float, float) [s]
        Times before and after the warp.
    facts, badges
    key : str
        Of its sound and picture in the bundle of a split page; see `Clip.player_bundle`.
    compared_with : int or None
        Index of the version that its difference picture refers to.
    sound_facts : SoundFacts or None
        None if the sound is too long to be decoded.
    run : str
        Label of its run, if the page shows several runs of the clip; empty for what they have in common.
    slot : str
        Name of its place on the stage, which the same versions of several runs share; empty is its own name.
    pictured_by : int or None
        Index of the version whose picture stands for it, too.
    n_without_width : int
        Masks of the draw that are not among ``masks``, because their width was drawn as 0.
    short : str
        Its slot in the list of a narrow screen; empty is the slot itself.
    """

    id: str
    name: str
    sound: File
    note: tuple[str, str] = ("", "")
    level_db: float = 0.0
    matched_db: float | None = 0.0
    picture: Picture | None = None
    figure: File | None = None
    masks: tuple[Mask, ...] = ()
    warp: tuple[tuple[float, float], ...] = ()
    facts: Facts = ()
    badges: tuple[str, ...] = ()
    key: str = ""
    compared_with: int | None = None
    sound_facts: SoundFacts | None = None
    run: str = ""
    slot: str = ""
    pictured_by: int | None = None
    n_without_width: int = 0
    short: str = ""


@dataclass(frozen=True)
class ComparedScore:
    """A score in several runs.

    Parameters
    ----------
    title, about : str
        Its name with its unit, and its explanation.
    values : tuple of str
        For each run.
    difference : str
        Of the second run minus the first; empty for more than two.
    means, mean_difference
        The same of the means over all draws of a clip, if ``values`` are those of a draw.
    """

    title: str
    about: str
    values: tuple[str, ...]
    difference: str = ""
    means: tuple[str, ...] = ()
    mean_difference: str = ""


@dataclass(frozen=True)
class Comparison:
    """The same version of a clip in several runs.

    Parameters
    ----------
    slot : str
        As of its versions.
    runs : tuple of str
        Labels of the runs.
    scores : tuple of ComparedScore
    why_no_picture : str
        Why there is no picture of the difference; empty if there is one.
    means_of : str
        What the means are of, e.g. ``mean of 3 draws``; empty if no run has several draws.
    """

    slot: str
    runs: tuple[str, ...]
    scores: tuple[ComparedScore, ...] = ()
    why_no_picture: str = ""
    means_of: str = ""


@dataclass(frozen=True)
class Clip:
    """One clip and its versions, which play in sync.

    Parameters
    ----------
    id, name : str
    duration_s : float [s]
    versions : tuple of ClipVersion
    facts, badges
    is_plain : bool
        Without the player, because its sounds are too long for memory.
    player_bundle : str or None
        Address of the script beside the page that holds its sounds and pictures.
    sheets : tuple of Sheet
        Tables that show its versions instead of a list.
    references : Sheet or None
        Versions that the cells are compared with, if there are too many for a list.
    colours : (float, float) [dB] or None
        Levels of the darkest and the brightest colour.
    reference : str
        Name of the version that levels and differences refer to.
    loud_words : (str, str)
        By how much all sounds were turned down, if that is so much that matched loudness is offered first, and why.
    loud_badges : tuple of str
        Badges that say the same.
    comparisons : tuple of Comparison
        Of versions that several runs have.
    first : int
        Index of the version that is selected when the page opens.
    """

    id: str
    name: str
    duration_s: float
    versions: tuple[ClipVersion, ...]
    facts: Facts = ()
    badges: tuple[str, ...] = ()
    is_plain: bool = False
    player_bundle: str | None = None
    sheets: tuple[Sheet, ...] = ()
    references: Sheet | None = None
    colours: tuple[float, float] | None = None
    reference: str = "original"
    loud_words: tuple[str, str] = ("", "")
    loud_badges: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    first: int = 0

    @property
    def has_warp(self) -> bool:
        """Whether the picture of any version has the lines of a warp above it."""
        return any(version.warp for version in self.versions)

    @property
    def colour_ends(self) -> tuple[str, str]:
        """What stands left and right of the colour bar: the levels of both ends, and to what they are relative."""
        low, high = (with_minus(f"{round(level):+d} dB").replace("+0", "0") for level in self.colours or (0, 0))
        return low, f"{high} relative to the loudest cell of the {self.reference}"


@dataclass(frozen=True)
class RerunCode:
    """The command and the Python code that repeat a run.

    Parameters
    ----------
    command, python : str
    name : str
        Of the run, if there are several.
    files : tuple of (str, str)
        Name and contents of the files that they need.
    """

    command: str
    python: str
    name: str = ""
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Head:
    """The part of the page above the clips.

    Parameters
    ----------
    title : str
    facts : Facts
    badges : sequence of str
        Remarks about the whole page, e.g. that a run did not end.
    words : sequence of (str, lines)
        Name and description of each run.
    notes : sequence of str
        Behaviour that the framework's parameters do not show.
    failures : sequence of str
        One line per clip that could not be auditioned.
    has_original : bool
        Whether any clip has an original; mels without audio have none.
    rerun_codes : sequence of RerunCode
    note : sequence of str
        The user's own remarks, as paragraphs.
    verdicts : sequence of Verdict
        One for each run.
    warnings : sequence of str
        All warnings about the draws.
    sweep : SweepSummary or None
        On the page of a sweep.
    run_differences : RunDifferences or None
        Of several runs.
    """

    title: str
    facts: Facts = ()
    badges: tuple[str, ...] = ()
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    rerun_codes: tuple[RerunCode, ...] = ()
    has_original: bool = True
    note: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    warnings: tuple[str, ...] = ()
    sweep: SweepSummary | None = None
    run_differences: RunDifferences | None = None
