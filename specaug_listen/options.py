"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .augment import Adapter

__all__ = [
    "DIALECT_HELP",
    "Adapters",
    "AxesText",
    "BatchText",
    "Dialect",
    "Frontend",
    "PolicyName",
    "StatisticsText",
    "Strict",
    "adapter_of",
]

DIALECT_HELP = "Framework whose configuration the file is, e.g. espnet; else guessed from its keys."
Dialect = Annotated[str | None, typer.Option(help=DIALECT_HELP, metavar="NAME")]
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
        help="Policy: a name of 'list policies', a YAML file, a framework's configuration, or module:callable."
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


def adapter_of(given: Sequence[str] | None) -> Adapter | None:
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
    from ._record import from_plain
    from .augment import Adapter
    from .errors import ParameterError

    if not given:
        return None
    if odd := [text for text in given if "=" not in text]:
        raise ParameterError(f"--adapter {odd[0]}: expected KEY=VALUE, e.g. axes='batch, frames, bands'")
    return from_plain(Adapter, dict(text.split("=", 1) for text in given))
