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
    "PolicyName",
    "SetParameters",
    "ShowPaths",
    "StatisticsText",
    "Strict",
    "WavChannels",
    "adapter_of",
    "channel_of",
    "layout_of",
]

FRAMEWORK_HELP = "Framework whose configuration the file is, e.g. espnet; else guessed from its keys."
Framework = Annotated[str | None, typer.Option(help=FRAMEWORK_HELP, metavar="NAME")]
Frontend = Annotated[
    str | None,
    typer.Option(
        help="Front-end: a name of 'list frontends', or a YAML file.", show_default="the policy's own, or whisper"
    ),
]
Adapters = Annotated[
    list[str] | None,
    typer.Option(help="How a callable wants the mel, e.g. axes='batch, frames, bands'.", metavar="KEY=VALUE"),
]
StatisticsText = Annotated[
    str | None,
    typer.Option(
        help="What a mel was normalised with: mean=NUMBER,std=NUMBER (std is the divisor), a file (.npz .npy .json "
        ".yaml, Kaldi's cmvn), or per-utterance for those of typical speech.",
        metavar="STATS",
    ),
]
AxesText = Annotated[
    str | None,
    typer.Option(
        help="Order of a mel's axes.", metavar="bins,frames|frames,bins", show_default="told by the number of bins"
    ),
]
PolicyName = Annotated[
    str,
    typer.Option(
        help="Policy: a name of 'list policies', a YAML file, a framework's configuration, or module:callable; with "
        "parameters behind it as in LD,F=27,T=40,p=0.2."
    ),
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what specaug-listen wrote there; nothing else is ever replaced.")
]
Budget = Annotated[float, typer.Option(help="Largest page in MB that is one file; a larger one is a folder.")]
Flac = Annotated[bool, typer.Option("--flac", help="FLAC in place of 16-bit WAV in the page: about half as large.")]
ShowPaths = Annotated[
    bool, typer.Option("--paths", help="Show in the page in which folders your files lie; else only their names.")
]
SetParameters = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Another value of a parameter of the policy: F, T, W, mF, mT, p as in the paper, probability, fill, or "
        "time_mask.max_frames=40. May be given again.",
        metavar="KEY=VALUE",
    ),
]
BatchText = Annotated[
    str | None,
    typer.Option(
        help="Padded batch that a clip sits in: examples, frames, value of the padding; e.g. 32x1500@-15.9.",
        metavar="N[xFRAMES[@PAD]]",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Refuse files that are cut, damaged, or longer than they say, in place of warning."),
]
LAYOUTS = ("mono", "duplicate", "before-after")
WavChannels = Annotated[
    str,
    typer.Option(
        "--wav-channels",
        "--channels",
        help="Layout of the WAV files that are written: mono, duplicate (both ears alike), or before-after "
        "(copy-synthesis left, draw right). Which channel of a recording is heard is --channel.",
        metavar="|".join(LAYOUTS),
    ),
]
ChannelText = Annotated[
    str | None,
    typer.Option(
        "--channel",
        help="What is heard of recordings with several channels: mean, left, right, a number counted from 1 (1 is the "
        "first channel), or each: a clip of each channel. How written WAV files are laid out is --wav-channels.",
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
    from ..frameworks.choice import choose_channel

    if text is not None and text.strip().lower() in LAYOUTS:
        raise ParameterError(
            f"--channel {text.strip()}: is what of a recording is heard: mean, left, right, each, or a number counted "
            f"from 1; how written WAV files are laid out is --wav-channels {text}"
        )
    if text is not None:
        return as_channel(text), ""
    channel, why = choose_channel(policy)
    return channel, f"channel {channel} of each recording, as {why}; choose another with --channel" if why else ""


def layout_of(text: str) -> Channels:
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
        raise ParameterError(f"--adapter {odd[0]!r:.80}: expected KEY=VALUE, e.g. axes='batch, frames, bands'")
    return from_plain(Adapter, dict(text.split("=", 1) for text in texts))
