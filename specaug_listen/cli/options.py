"""Options of several commands, and the conversion of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from .._defaults import DEFAULT_POLICY, MAX_SEED

if TYPE_CHECKING:
    from ..audio.channels import Channel
    from ..auditions import Channels
    from ..augment import Policy
    from ..custom.adapter import Adapter
    from ..reports.page_writing import PageOptions

__all__ = [
    "FRAMEWORK_HELP",
    "LAYOUTS",
    "AdapterOption",
    "AxesOption",
    "BatchOption",
    "BudgetOption",
    "ChannelOption",
    "CompareOption",
    "FlacOption",
    "FrameworkOption",
    "FrontendOption",
    "LengthsOption",
    "NoteOption",
    "OpenOption",
    "OverwriteOption",
    "PathsOption",
    "PdfOption",
    "PolicyOption",
    "SeedOption",
    "SetOption",
    "StatisticsOption",
    "StrictOption",
    "TitleOption",
    "VocoderOption",
    "WavChannelsOption",
    "adapter_of",
    "channel_of",
    "lengths_of",
    "page_options",
    "wav_channels_of",
]

FRAMEWORK_HELP = "Framework of the configuration, e.g. espnet (default: guessed from the file's keys)."
FrameworkOption = Annotated[str | None, typer.Option(help=FRAMEWORK_HELP, metavar="NAME")]
FrontendOption = Annotated[
    str | None,
    typer.Option(
        help="Front-end that computes the mel: a name from 'list frontends', or a YAML file.",
        show_default="the policy's own, or whisper",
    ),
]
AdapterOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Form of mel that a callable expects, e.g. axes='batch, frames, bins'. May be repeated.",
        metavar="KEY=VALUE",
    ),
]
StatisticsOption = Annotated[
    str | None,
    typer.Option(
        help="Normalisation of a mel: mean=NUMBER,std=NUMBER (std is the divisor), a file of statistics (.npz .npy "
        ".json .yaml, Kaldi's cmvn), or per-utterance, which uses statistics of typical speech.",
        metavar="STATS",
    ),
]
AxesOption = Annotated[
    str | None,
    typer.Option(
        help="Order of a mel's axes.",
        metavar="bins,frames|frames,bins",
        show_default="worked out from the number of bins",
    ),
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        help="Policy: a name from 'list policies', a YAML file, a framework's training configuration, or "
        "module:callable. Parameters may follow, as in LD,F=27,T=40,p=0.2.",
        show_default=DEFAULT_POLICY,
    ),
]
VocoderOption = Annotated[str, typer.Option(help="Vocoder: a name from 'list vocoders', or a YAML file.")]
SeedOption = Annotated[
    int, typer.Option(min=0, max=MAX_SEED, help="Seed of all randomness: the same seed gives the same files.")
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace what specaug-listen wrote there earlier; nothing else is ever replaced."),
]
BudgetOption = Annotated[
    float, typer.Option(help="Largest size, in MB, of a page in one file; a larger page becomes a folder.")
]
FlacOption = Annotated[
    bool | None,
    typer.Option(
        "--flac/--no-flac",
        help="Embed sounds as FLAC, which is about half as large as 16-bit WAV.",
        show_default="only if the page fits into one file with FLAC, and not with WAV",
    ),
]
PathsOption = Annotated[
    bool, typer.Option("--paths", help="Show the folders of your files in the page, not only their names.")
]
PdfOption = Annotated[
    bool, typer.Option("--pdf", help="Print the page as PDF, too; needs a Chromium browser on PATH, or in $CHROMIUM.")
]
TitleOption = Annotated[
    str, typer.Option(help="Title of the page.", metavar="TEXT", show_default="a description of the run")
]
NoteOption = Annotated[
    str, typer.Option(help="A remark below the title of the page; an empty line begins a paragraph.", metavar="TEXT")
]
CompareOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Policy to compare the page's with, in numbers: a name, a file, or either with parameters. May be given "
        "three times.",
        metavar="POLICY",
    ),
]
LengthsOption = Annotated[
    str | None,
    typer.Option(
        help="Further lengths of clips, in seconds, for which the page says how strong the policy is; e.g. 2,5,15.",
        metavar="SECONDS,...",
        show_default="those of the clips",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Change a parameter of the policy: F, T, W, mF, mT, p as in the paper, probability, fill, or any other by "
        "its full name, as in time_mask.max_frames=40. May be repeated.",
        metavar="KEY=VALUE",
    ),
]
BatchOption = Annotated[
    str | None,
    typer.Option(
        help="Padded batch around a clip: number of examples, number of frames, pad value; e.g. 32x1500@-15.9.",
        metavar="N[xFRAMES[@PAD]]",
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Refuse files that are truncated, damaged, or longer than their headers say, instead of warning.",
    ),
]
LAYOUTS = ("mono", "duplicate", "before-after")
WavChannelsOption = Annotated[
    str,
    typer.Option(
        "--wav-channels",
        "--channels",
        help="Layout of written WAV files: mono, duplicate (both channels equal), or before-after (copy-synthesis "
        "left, draw right). To choose a channel of a recording, use --channel.",
        metavar="|".join(LAYOUTS),
    ),
]
ChannelOption = Annotated[
    str | None,
    typer.Option(
        "--channel",
        help="Channel of a recording to use: the mean of all, left, right, a number (1 is the first channel), or each, "
        "which makes a clip of each channel. For the layout of written WAV files, use --wav-channels.",
        metavar="mean|left|right|N|each",
        show_default="the configuration's channel_selector, or mean",
    ),
]


def channel_of(text: str | None, policy: Policy) -> tuple[Channel, str]:
    """Parse ``--channel``; without it, return the policy's own channel, and a line that says so.

    Raises a `ParameterError` for any other text.
    """
    from ..audio.channels import as_channel
    from ..errors import ParameterError
    from ..frameworks.frontend_choice import choose_channel

    if text is not None and text.strip().lower() in LAYOUTS:
        raise ParameterError(
            f"--channel {text.strip()}: allowed is a channel of a recording: mean, left, right, each, or a number from "
            f"1; for the layout of written WAV files, use --wav-channels {text}"
        )
    if text is not None:
        return as_channel(text), ""
    channel, line = choose_channel(policy)
    words = f"channel {channel} of each recording, as {line} says; choose another with --channel"
    return channel, words if line else ""


def wav_channels_of(text: str) -> Channels:
    """Parse ``--wav-channels``; raise a `ParameterError` unless it is one of `LAYOUTS`."""
    from ..errors import ParameterError

    if text not in LAYOUTS:
        raise ParameterError(
            f"--wav-channels {text:.60}: allowed is a layout of written WAV files: {', '.join(LAYOUTS)}; to choose a "
            "channel of a recording, use --channel mean, left, right, each, or a number from 1"
        )
    return text  # type: ignore[return-value]


def page_options(
    budget: float,
    flac: bool | None,
    paths: bool,
    pdf: bool,
    title: str,
    note: str,
    compare: Sequence[str] | None,
    lengths: str | None,
    *,
    split: bool = False,
) -> PageOptions:
    """Make the options of a page of the values of their options; raise a `SpecAugListenError` for invalid ones."""
    from ..errors import error_context
    from ..frameworks.policies import get_policy
    from ..reports.page_writing import PageOptions

    with error_context("--compare"):
        policies = tuple(get_policy(text) for text in compare or ())
    return PageOptions(split, budget, flac, paths, pdf, title, note, policies, lengths_of(lengths))


def lengths_of(text: str | None) -> tuple[float, ...]:
    """Parse ``--lengths``; raise a `ParameterError` for anything but numbers.

    Examples
    --------
    >>> lengths_of("2,5,15")
    (2.0, 5.0, 15.0)
    """
    from ..errors import ParameterError

    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise ParameterError(f"--lengths {text!r:.80}: expected seconds, e.g. 2,5,15") from None


def adapter_of(texts: Sequence[str] | None) -> Adapter | None:
    """Make an adapter of texts ``KEY=VALUE``; raise a `ParameterError` for any other text, key or value.

    Examples
    --------
    >>> adapter_of(["scale=db"]).scale
    'db'
    """
    from .._records import from_plain
    from ..custom.adapter import Adapter
    from ..errors import ParameterError

    if not texts:
        return None
    if without_value := [text for text in texts if "=" not in text]:
        raise ParameterError(f"--adapter {without_value[0]!r:.80}: expected KEY=VALUE, e.g. axes='batch, frames, bins'")
    return from_plain(Adapter, dict(text.split("=", 1) for text in texts))
