"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..audio.channels import Channel
    from ..auditions import Channels
    from ..augment import Policy
    from ..custom.adapter import Adapter

__all__ = [
    "DEFAULT_POLICY",
    "FRAMEWORK_HELP",
    "LAYOUTS",
    "Adapters",
    "AxesText",
    "BatchText",
    "Budget",
    "ChannelText",
    "Flac",
    "Framework",
    "Frontend",
    "Open",
    "Overwrite",
    "PolicyOption",
    "SetParameters",
    "ShowPaths",
    "StatisticsText",
    "Strict",
    "WavChannels",
    "adapter_of",
    "channel_of",
    "wav_channels_of",
]

FRAMEWORK_HELP = "Framework that the configuration is for, e.g. espnet; without it, guessed from the file's keys."
Framework = Annotated[str | None, typer.Option(help=FRAMEWORK_HELP, metavar="NAME")]
Frontend = Annotated[
    str | None,
    typer.Option(
        help="Front-end, which makes the mel that the model sees: a name from 'list frontends', or a YAML file.",
        show_default="the policy's own, or whisper",
    ),
]
Adapters = Annotated[
    list[str] | None,
    typer.Option(
        help="How a callable wants the mel, e.g. axes='batch, frames, bins'. May be repeated.", metavar="KEY=VALUE"
    ),
]
StatisticsText = Annotated[
    str | None,
    typer.Option(
        help="How a mel was normalised: mean=NUMBER,std=NUMBER (std is the divisor), a file of statistics (.npz .npy "
        ".json .yaml, Kaldi's cmvn), or per-utterance, which takes the statistics of typical speech.",
        metavar="STATS",
    ),
]
AxesText = Annotated[
    str | None,
    typer.Option(
        help="Order of a mel's axes.",
        metavar="bins,frames|frames,bins",
        show_default="worked out from the number of bins",
    ),
]
DEFAULT_POLICY = "LD"
PolicyOption = Annotated[
    str | None,
    typer.Option(
        help="Policy: a name from 'list policies', a YAML file, a framework's training configuration, or "
        "module:callable. Parameters may follow, as in LD,F=27,T=40,p=0.2.",
        show_default=DEFAULT_POLICY,
    ),
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace what specaug-listen wrote there earlier; nothing else is ever replaced."),
]
Budget = Annotated[
    float, typer.Option(help="Largest page, in MB, that is written as one file; a larger one becomes a folder.")
]
Flac = Annotated[
    bool, typer.Option("--flac", help="Put sounds into the page as FLAC, which is about half as large as 16-bit WAV.")
]
ShowPaths = Annotated[
    bool, typer.Option("--paths", help="Show in the page in which folders your files lie, not only their names.")
]
SetParameters = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Change a parameter of the policy: F, T, W, mF, mT, p as in the paper, probability, fill, or one with its "
        "full name, as in time_mask.max_frames=40. May be repeated.",
        metavar="KEY=VALUE",
    ),
]
BatchText = Annotated[
    str | None,
    typer.Option(
        help="Padded batch around a clip: number of examples, frames, value of the padding; e.g. 32x1500@-15.9.",
        metavar="N[xFRAMES[@PAD]]",
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Refuse files that are cut, damaged, or longer than their headers say, instead of warning."
    ),
]
LAYOUTS = ("mono", "duplicate", "before-after")
WavChannels = Annotated[
    str,
    typer.Option(
        "--wav-channels",
        "--channels",
        help="Layout of the WAV files that are written: mono, duplicate (both channels alike), or before-after "
        "(copy-synthesis left, draw right). To choose a channel of a recording, use --channel.",
        metavar="|".join(LAYOUTS),
    ),
]
ChannelText = Annotated[
    str | None,
    typer.Option(
        "--channel",
        help="Which channel of a recording is heard: the mean of all, left, right, a number (1 is the first channel), "
        "or each, which makes a clip of each channel. For the layout of written WAV files, use --wav-channels.",
        metavar="mean|left|right|N|each",
        show_default="the configuration's channel_selector, or mean",
    ),
]


def channel_of(text: str | None, policy: Policy) -> tuple[Channel, str]:
    """The channel of ``--channel``, or the policy's own one with a line that says why.

    Raises
    ------
    ParameterError
        For a text that stands for none.
    """
    from ..audio.channels import as_channel
    from ..errors import ParameterError
    from ..frameworks.frontend_choice import choose_channel

    if text is not None and text.strip().lower() in LAYOUTS:
        raise ParameterError(
            f"--channel {text.strip()}: is what of a recording is heard: mean, left, right, each, or a number counted "
            f"from 1; how written WAV files are laid out is --wav-channels {text}"
        )
    if text is not None:
        return as_channel(text), ""
    channel, line = choose_channel(policy)
    words = f"channel {channel} of each recording, as {line} says; choose another with --channel"
    return channel, words if line else ""


def wav_channels_of(text: str) -> Channels:
    """The layout of ``--wav-channels``.

    Raises
    ------
    ParameterError
        For a text that stands for none.
    """
    from ..errors import ParameterError

    if text not in LAYOUTS:
        raise ParameterError(
            f"--wav-channels {text:.60}: is how written WAV files are laid out, one of {', '.join(LAYOUTS)}; which "
            "channel of a recording is heard is --channel mean, left, right, each, or a number counted from 1"
        )
    return text  # type: ignore[return-value]


def adapter_of(texts: Sequence[str] | None) -> Adapter | None:
    """The adapter of texts ``KEY=VALUE``.

    Raises
    ------
    ParameterError
        For another text, key or value.

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
    if odd := [text for text in texts if "=" not in text]:
        raise ParameterError(f"--adapter {odd[0]!r:.80}: expected KEY=VALUE, e.g. axes='batch, frames, bins'")
    return from_plain(Adapter, dict(text.split("=", 1) for text in texts))
