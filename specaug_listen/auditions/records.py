"""Records of auditions: all that is needed to reproduce a draw or a run."""

from __future__ import annotations

import functools
import json
import os
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, unquote_to_bytes

from pydantic import BeforeValidator, Field

from .._defaults import MAX_DRAWS
from .._files import as_path, printable
from .._notices import Notice
from .._records import Seed, Sha256, pattern, read_record_file, record, record_key, to_plain
from .._version import __version__
from ..audio.audio_in_memory import Audio, AudioSource
from ..audio.channels import as_channel, as_one_channel, name_suffix
from ..audio.recording import Recording
from ..audio.sound import MAX_RATE_HZ
from ..augment import Draw, Policy
from ..custom.waveform import Waveform, WaveformDraw
from ..errors import ParameterError, PolicyError, error_context
from ..frameworks.frontend_choice import FrontendChoice, FrontendReason
from ..frontends import GlobalStatistics, MelFrontend
from ..inspection import Change
from ..mels import MelClip
from ..vocoders import Neural, Vocoder
from ..vocoders.registry import VOCODER_TYPES, AnyVocoder
from .badges import MAX_BADGES
from .record_checks import MAX_FRAMES, check_channel, check_draw, check_draws, check_once, check_size
from .step_scores import draw_with_change

__all__ = [
    "AuditionRecord",
    "Channels",
    "ClipEntry",
    "ClipRecord",
    "Configuration",
    "CustomVocoder",
    "DrawRecord",
    "Failure",
    "MelRecord",
    "clip_name",
    "clip_path",
    "describe_clip",
    "path_of",
    "read_index",
    "read_record",
    "to_bytes",
    "versions",
    "vocoder_name",
    "vocoder_of",
    "vocoder_record",
]

Channels = Literal["mono", "duplicate", "before-after"]
_Number = Annotated[int, Field(ge=1)]
OneChannel = Annotated[Literal["mean", "left", "right"] | _Number, BeforeValidator(as_one_channel)]
AnyChannel = Annotated[Literal["mean", "left", "right", "each"] | _Number, BeforeValidator(as_channel)]
# Names within one folder: no path, not `.` or `..`, and no control characters.
_PLAIN_NAME = r"^[^\x00-\x1f\x7f/\\]*[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*$"
PlainName = Annotated[
    str,
    Field(max_length=255),
    pattern(_PLAIN_NAME, "a name within one folder, without / \\ and control characters"),
]
_DRAW_NAME = r"^draw-[1-9]\d{0,6}$"
DrawName = Annotated[str, pattern(_DRAW_NAME, "draw- and a number from 1")]
Badges = Annotated[tuple[str, ...], Field(max_length=MAX_BADGES)]
Notices = Annotated[tuple[Notice, ...], Field(max_length=1000)]
Versions = Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(max_length=1000)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
SecondsAboveZero = Annotated[float, Field(gt=0, le=1e9)]
Gain = Annotated[float, Field(gt=0, le=1)]
_MAX_DRAW_BYTES, _MAX_INDEX_BYTES = 1 << 26, 1 << 28
# Packages whose version may change the last bits of a rendering.
_DECISIVE = ("numpy", "scipy", "soundfile", "soxr", "librosa")


@record
class CustomVocoder:
    """Placeholder for a vocoder of the user's own, which no file can restore."""

    description: str
    kind: Literal["custom"] = "custom"


@record
class MelRecord:
    """A clip that came as a mel, without its audio.

    Parameters
    ----------
    n_mels, n_frames : int
    key, item, axes
        Its place in its file, and the order of axes, if specified.
    statistics : GlobalStatistics or None
        The statistics that were undone, if the front-end has none that are the same for all clips.
    largest : float or None
        The largest value before it was normalised.
    """

    n_mels: Annotated[int, Field(ge=1, le=4096)]
    n_frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)]
    key: str | None = None
    item: Annotated[int, Field(ge=0)] | None = None
    axes: Literal["bins,frames", "frames,bins"] | None = None
    statistics: GlobalStatistics | None = None
    largest: float | None = None

    def __post_init__(self) -> None:
        """Check that there are statistics for each bin."""
        if self.statistics is not None:
            with error_context("statistics"):
                self.statistics.check(self.n_mels)


@record
class ClipRecord:
    """The sound, or the mel, that a draw was made for.

    ``channel`` is the one of the ``n_channels`` that is auditioned, counted from 1; ``fingerprint`` is of that channel,
    or of all for their mean.
    """

    sample_rate: Annotated[int, Field(ge=1, le=MAX_RATE_HZ)]
    n_channels: Annotated[int, Field(ge=1, le=100_000)]
    n_samples: Annotated[int, Field(ge=1, le=1 << 48)]
    fingerprint: Annotated[str, pattern("[0-9a-f]{32}", "32 hexadecimal digits")]
    path: str | None = None
    sha256: Sha256 | None = None
    start_s: Seconds = 0.0
    duration_s: SecondsAboveZero | None = None
    notices: Notices = ()
    decoder: str | None = None
    channel: OneChannel = "mean"
    mel: MelRecord | None = None

    def __post_init__(self) -> None:
        """Check constraints between fields."""
        check_channel(self)


@record
class DrawRecord:
    """The contents of ``draw-N.json``."""

    number: Annotated[int, Field(ge=1, le=9_999_999)]
    clip: str
    audio: ClipRecord
    frontend: MelFrontend
    policy: Policy
    draw: Draw
    vocoder: Annotated[AnyVocoder | CustomVocoder, Field(discriminator="kind")]
    seed: Seed
    gain: Gain
    channels: Channels
    scores: Annotated[dict[str, float | None], Field(max_length=1000)]
    clip_badges: Badges
    badges: Badges
    versions: Versions
    waveform: WaveformDraw | None = None
    change: Annotated[Change | None, record_key("change", "found")] = None
    frontend_reason: FrontendReason | None = None
    format: Literal["specaug-listen draw 1"] = "specaug-listen draw 1"

    def __post_init__(self) -> None:
        """Check constraints between fields."""
        check_draw(self)

    @property
    def effective_draw(self) -> Draw:
        """The draw as it is shown and scored: for a callable, with the steps found in its output."""
        return draw_with_change(self.draw, self.change)


@record
class Configuration:
    """The configuration of a run.

    ``channels`` is the layout of the written WAV files; ``channel`` is the part of each recording that is auditioned,
    counted from 1.
    """

    frontend: MelFrontend
    policy: Policy
    vocoder: Annotated[AnyVocoder | CustomVocoder, Field(discriminator="kind")]
    draws: Annotated[int, Field(ge=1, le=MAX_DRAWS)]
    seed: Seed
    channels: Channels = "mono"
    start_s: Seconds = 0.0
    duration_s: SecondsAboveZero | None = None
    waveform: Waveform | None = None
    original_phase: Annotated[bool, record_key("original_phase", "twins")] = False
    frontend_reason: FrontendReason | None = None
    strict: bool = False
    channel: AnyChannel = "mean"
    axes: Literal["bins,frames", "frames,bins"] | None = None
    statistics: GlobalStatistics | Literal["per-utterance"] | None = None

    @property
    def choice(self) -> FrontendChoice:
        """The front-end, and the reason for it."""
        return FrontendChoice(self.frontend, self.frontend_reason)


@record
class ClipEntry:
    """One clip of a run; ``folder`` and ``draws`` are names below the index."""

    name: str
    folder: PlainName
    audio: ClipRecord
    duration_s: SecondsAboveZero
    gain: Gain
    badges: Badges
    draws: Annotated[tuple[DrawName, ...], Field(max_length=MAX_DRAWS)]

    def __post_init__(self) -> None:
        """Check constraints between fields."""
        check_size(self)
        check_once("draws", self.draws)


@record
class Failure:
    """A clip that could not be auditioned, and why; ``path`` is None if the line is about something else."""

    path: str | None
    error: str


@record
class AuditionRecord:
    """The contents of ``audition.json``."""

    configuration: Configuration
    clips: tuple[ClipEntry, ...]
    failures: tuple[Failure, ...]
    versions: Versions
    notices: tuple[Notice, ...] = ()
    format: Literal["specaug-listen audition 1"] = "specaug-listen audition 1"

    def __post_init__(self) -> None:
        """Check that each clip has its own folder, and the draws of the configuration."""
        check_once("clips.folder", (clip.folder for clip in self.clips))
        for i, clip in enumerate(self.clips):
            check_draws(f"clips[{i}]", clip.draws, self.configuration.draws)


def to_bytes(record: DrawRecord | AuditionRecord) -> bytes:
    """Return a record as indented JSON."""
    return (json.dumps(to_plain(record), indent=1) + "\n").encode()


def read_record(path: str | os.PathLike[str], *, inside: str | os.PathLike[str] | None = None) -> DrawRecord:
    """Read ``draw-N.json``; of a received run only if it is inside the folder ``inside``.

    Raises
    ------
    PolicyError
        One line with the file, the key, the value and what is allowed; also if the number is not that of the file's
        name.
    """
    expected = "a draw; give a draw-N.json that an audition has written"
    record = read_record_file(DrawRecord, path, expected, _MAX_DRAW_BYTES, inside=inside)
    name = as_path(path).stem
    if re.fullmatch(_DRAW_NAME, name) and name != f"draw-{record.number}":
        raise PolicyError(
            f"{printable(path)}: number={record.number}: allowed is that of its file's name, {name}; take the file "
            "as the run wrote it"
        )
    return record


def read_index(folder: str | os.PathLike[str]) -> AuditionRecord:
    """Read ``audition.json`` of a folder that an audition has written; errors as in `read_record`."""
    expected = "an index of auditions; give a folder that 'specaug-listen audition' has written"
    path = as_path(folder) / "audition.json"
    return read_record_file(AuditionRecord, path, expected, _MAX_INDEX_BYTES, inside=folder)


def describe_clip(audio: Audio | Recording | MelClip) -> ClipRecord:
    """Return the record of a clip: its content, and its file if it has one."""
    source = audio.source
    return ClipRecord(
        sample_rate=audio.sample_rate,
        n_channels=audio.choice.n_channels if audio.choice else audio.n_channels,
        n_samples=audio.n_samples,
        fingerprint="".join(f"{word:08x}" for word in audio.fingerprint),
        path=_as_text(source.path) if source else None,
        sha256=source.sha256 if source else None,
        start_s=float(source.start_s) if source else 0.0,
        duration_s=float(source.duration_s) if source and source.duration_s is not None else None,
        notices=(*audio.notices, *audio.mix_notices),
        decoder=source.decoder if isinstance(source, AudioSource) else None,
        channel=audio.choice.channel if audio.choice else "mean",
        mel=_describe_mel(audio) if isinstance(audio, MelClip) else None,
    )


def _describe_mel(clip: MelClip) -> MelRecord:
    mel, source = clip.mel, clip.source
    statistics = mel.statistics if isinstance(mel.frontend.normalize, str) else None
    return MelRecord(
        mel.n_mels,
        mel.n_frames,
        source.key if source else None,
        source.item if source else None,
        source.axes if source else None,
        None if statistics is None else GlobalStatistics(statistics.mean, statistics.std),  # type: ignore[arg-type]
        None if statistics is None else statistics.largest,
    )


def clip_name(audio: Audio) -> str:
    """Return the default name of a clip: its file's stem, and the channel."""
    return (Path(audio.source.path).stem if audio.source else "clip") + name_suffix(audio.choice)


def path_of(clip: ClipRecord) -> str | None:
    """Return the path that a clip was read from."""
    if clip.path is None or not clip.path.startswith("file://"):
        return clip.path
    return os.fsdecode(unquote_to_bytes(clip.path.removeprefix("file://")))


def clip_path(clip: ClipRecord) -> str | None:
    """Return the path that a clip was read from, with the key of a mel as the command line takes it."""
    path = path_of(clip)
    if path is None or clip.mel is None or clip.mel.key is None:
        return path
    return f"{path}:{clip.mel.key}"


def _as_text(path: str) -> str:
    """Return a path unchanged, or as a URI if it is not UTF-8, which JSON cannot contain."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"file://{quote(os.fsencode(path))}"
    return path


def vocoder_record(vocoder: Vocoder) -> AnyVocoder | CustomVocoder:
    """Return the record of a vocoder."""
    if isinstance(vocoder, VOCODER_TYPES):
        return vocoder
    function = vocoder if hasattr(vocoder, "__qualname__") else type(vocoder)
    return CustomVocoder(f"{function.__module__}.{function.__qualname__}")


def vocoder_name(vocoder: AnyVocoder | CustomVocoder) -> str:
    """Return a vocoder's name on pages: its kind, and the file of a neural one."""
    return f"neural, {printable(Path(vocoder.model).name)}" if isinstance(vocoder, Neural) else vocoder.kind


def vocoder_of(vocoder: AnyVocoder | CustomVocoder) -> AnyVocoder:
    """Return the vocoder of a record; raise a ParameterError for one of the user's own."""
    if isinstance(vocoder, CustomVocoder):
        raise ParameterError(
            f"rendered by {vocoder.description}, which no file can bring back; in Python, call it on "
            "record.draw.apply(frontend(audio))"
        )
    return vocoder


@functools.lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str], ...]:
    pairs = [("specaug-listen", __version__), ("python", platform.python_version())]
    for package in _DECISIVE:
        try:
            pairs.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            pairs.append((package, "not installed"))
    return tuple(pairs)


def versions() -> dict[str, str]:
    """Return the versions of the packages that may change samples."""
    return dict(_versions())
