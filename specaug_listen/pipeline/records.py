"""What is written beside the sound: all that is needed to make it again."""

from __future__ import annotations

import functools
import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import quote, unquote_to_bytes

from pydantic import BeforeValidator, Field

from .._channels import as_channel, as_one_channel, name_suffix
from .._files import as_path, printable
from .._notices import Notice
from .._random import MAX_SEED
from .._record import from_plain, record, to_plain
from .._version import __version__
from ..audio import Audio, AudioSource
from ..augment import Draw, FrontendChoice, FrontendReason, Policy, Waveform, WaveformDraw
from ..errors import ParameterError, PolicyError, naming
from ..frontends import GlobalStatistics, MelFrontend
from ..inspection import Change
from ..mels import MelClip
from ..recording import Recording
from ..vocoders import GriffinLim, Joint, Librosa, Neural, OriginalPhase, Vocoder
from ..vocoders.names import AnyVocoder

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
_PLAIN_NAME = r"^[^/\\]*[^/\\.][^/\\]*$"
# Another version of one of these may change the last bits of a rendering.
_DECISIVE = ("numpy", "scipy", "soundfile", "soxr", "librosa")


@record
class CustomVocoder:
    """Stands for a vocoder of the user's own, which no file can bring back."""

    description: str
    kind: Literal["custom"] = "custom"


@record
class MelRecord:
    """What a clip was that came as a mel, without its audio.

    Parameters
    ----------
    n_mels, n_frames : int
    key, item, axes
        Where it lies in its file, and in which order, where that was said.
    statistics : GlobalStatistics or None
        What was undone, where the front-end has none that are the same for all clips.
    largest : float or None
        The largest value before it was normalised.
    """

    n_mels: int
    n_frames: int
    key: str | None = None
    item: int | None = None
    axes: Literal["bins,frames", "frames,bins"] | None = None
    statistics: GlobalStatistics | None = None
    largest: float | None = None


@record
class ClipRecord:
    """Which sound, or which mel, a draw was made for.

    ``channel`` says which of the ``n_channels`` was heard, counted from 1; ``fingerprint`` is of that one, or of all
    where it is their mean.
    """

    sample_rate: int
    n_channels: int
    n_samples: int
    fingerprint: str
    path: str | None = None
    sha256: str | None = None
    start_s: float = 0.0
    duration_s: float | None = None
    notices: tuple[Notice, ...] = ()
    decoder: str | None = None
    channel: OneChannel = "mean"
    mel: MelRecord | None = None


@record
class DrawRecord:
    """The contents of ``draw-N.json``."""

    number: Annotated[int, Field(ge=1)]
    clip: str
    audio: ClipRecord
    frontend: MelFrontend
    policy: Policy
    draw: Draw
    vocoder: Annotated[AnyVocoder | CustomVocoder, Field(discriminator="kind")]
    seed: Annotated[int, Field(ge=0)]
    gain: Annotated[float, Field(gt=0, le=1)]
    channels: Channels
    scores: dict[str, float | None]
    clip_badges: tuple[str, ...]
    badges: tuple[str, ...]
    versions: dict[str, str]
    waveform: WaveformDraw | None = None
    found: Change | None = None
    frontend_reason: FrontendReason | None = None
    format: Literal["specaug-listen draw 1"] = "specaug-listen draw 1"


@record
class Configuration:
    """What a run was asked for.

    ``channels`` is the layout of the written WAV files; ``channel`` is what of each recording is heard, counted from 1.
    """

    frontend: MelFrontend
    policy: Policy
    vocoder: Annotated[AnyVocoder | CustomVocoder, Field(discriminator="kind")]
    draws: Annotated[int, Field(ge=1, le=1000)]
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)]
    channels: Channels = "mono"
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    duration_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    waveform: Waveform | None = None
    twins: bool = False
    frontend_reason: FrontendReason | None = None
    strict: bool = False
    channel: AnyChannel = "mean"
    axes: Literal["bins,frames", "frames,bins"] | None = None
    statistics: GlobalStatistics | Literal["per-utterance"] | None = None

    @property
    def choice(self) -> FrontendChoice:
        """The front-end, and why it is this one."""
        return FrontendChoice(self.frontend, self.frontend_reason)


@record
class ClipEntry:
    """One clip of a run; ``folder`` and ``draws`` are names below the index."""

    name: str
    folder: Annotated[str, Field(pattern=_PLAIN_NAME)]
    audio: ClipRecord
    duration_s: float
    gain: float
    badges: tuple[str, ...]
    draws: tuple[Annotated[str, Field(pattern=_PLAIN_NAME)], ...]


@record
class Failure:
    """One clip that could not be auditioned, and why; ``path`` is None where the line is about another thing."""

    path: str | None
    error: str


@record
class AuditionRecord:
    """The contents of ``audition.json``."""

    configuration: Configuration
    clips: tuple[ClipEntry, ...]
    failures: tuple[Failure, ...]
    versions: dict[str, str]
    notices: tuple[Notice, ...] = ()
    format: Literal["specaug-listen audition 1"] = "specaug-listen audition 1"


R = TypeVar("R", DrawRecord, AuditionRecord)


def to_bytes(record: DrawRecord | AuditionRecord) -> bytes:
    """A record as JSON that people can read."""
    return (json.dumps(to_plain(record), indent=1) + "\n").encode()


def read_record(path: str | os.PathLike[str]) -> DrawRecord:
    """Read ``draw-N.json``.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.
    """
    return _read(DrawRecord, path, "a draw; give a draw-N.json that an audition has written")


def read_index(folder: str | os.PathLike[str]) -> AuditionRecord:
    """Read ``audition.json`` of a folder that an audition has written; errors as in `read_record`."""
    advice = "an index of auditions; give a folder that 'specaug-listen audition' has written"
    return _read(AuditionRecord, Path(folder) / "audition.json", advice)


def _read(cls: type[R], path: str | os.PathLike[str], advice: str) -> R:
    name = printable(as_path(path))
    try:
        data = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise PolicyError(f"{name}: cannot be read ({error.strerror}); expected {advice}") from None
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{name}: not valid JSON ({error}); expected {advice}") from None
    if not isinstance(data, dict) or "format" not in data:
        raise PolicyError(f"{name}: not {advice}")
    with naming(name, PolicyError):
        return from_plain(cls, data)


def describe_clip(audio: Audio | Recording | MelClip) -> ClipRecord:
    """Name a clip by its content, and by its file where it has one."""
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
    own = mel.statistics if isinstance(mel.frontend.normalize, str) else None
    return MelRecord(
        mel.n_mels,
        mel.n_frames,
        source.key if source else None,
        source.item if source else None,
        source.axes if source else None,
        None if own is None else GlobalStatistics(own.mean, own.std),  # type: ignore[arg-type]
        None if own is None else own.largest,
    )


def clip_name(audio: Audio) -> str:
    """What a clip is called where nobody says: its file's name without ending, and the channel that was chosen."""
    return (Path(audio.source.path).stem if audio.source else "clip") + name_suffix(audio.choice)


def path_of(clip: ClipRecord) -> str | None:
    """Where a clip was read from."""
    if clip.path is None or not clip.path.startswith("file://"):
        return clip.path
    return os.fsdecode(unquote_to_bytes(clip.path.removeprefix("file://")))


def clip_path(clip: ClipRecord) -> str | None:
    """Where a clip was read from, with the key of a mel as the command line takes it."""
    path = path_of(clip)
    if path is None or clip.mel is None or clip.mel.key is None:
        return path
    return f"{path}:{clip.mel.key}"


def _as_text(path: str) -> str:
    """A path as it is; one that is not UTF-8, and so cannot stand in JSON, as a URI."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"file://{quote(os.fsencode(path))}"
    return path


def vocoder_record(vocoder: Vocoder) -> AnyVocoder | CustomVocoder:
    """A vocoder as it is written down."""
    if isinstance(vocoder, (Joint, GriffinLim, OriginalPhase, Librosa, Neural)):
        return vocoder
    named = vocoder if hasattr(vocoder, "__qualname__") else type(vocoder)
    return CustomVocoder(f"{named.__module__}.{named.__qualname__}")


def vocoder_name(written: AnyVocoder | CustomVocoder) -> str:
    """What a page calls a vocoder: its kind, and the file of a neural one."""
    return f"neural, {printable(Path(written.model).name)}" if isinstance(written, Neural) else written.kind


def vocoder_of(written: AnyVocoder | CustomVocoder) -> AnyVocoder:
    """The vocoder that a record names.

    Raises
    ------
    ParameterError
        For one of the user's own.
    """
    if isinstance(written, CustomVocoder):
        raise ParameterError(
            f"rendered by {written.description}, which no file can bring back; in Python, call it on "
            "record.draw.apply(frontend(audio))"
        )
    return written


@functools.lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str], ...]:
    found = [("specaug-listen", __version__), ("python", platform.python_version())]
    for package in _DECISIVE:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            found.append((package, "not installed"))
    return tuple(found)


def versions() -> dict[str, str]:
    """Versions of what decides over the samples."""
    return dict(_versions())
