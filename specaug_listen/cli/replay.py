"""The command `replay`: render a recorded draw again."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import complain, say
from .options import OverwriteOption
from .results_folders import results_folder

if TYPE_CHECKING:
    from ..auditions.records import DrawRecord

__all__ = ["run_replay"]


def run_replay(
    draw: Annotated[
        Path,
        typer.Argument(help="Record of a draw of an earlier run: draw-N.json.", metavar="DRAW.json", readable=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="Folder for WAV, PNG and JSON; or a .wav file for the sound only.",
            metavar="OUT",
            readable=False,
            show_default="again, or the next free one: again-2, ...",
        ),
    ] = None,
    audio: Annotated[Path | None, typer.Option(help="The clip, if its file has moved.", readable=False)] = None,
    policy: Annotated[
        str | None,
        typer.Option(help="The module:callable of the draw, if it has one, because records never import code."),
    ] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Render a recorded draw again, bit for bit."""
    from ..replays import read_written_draw

    record, notices = read_written_draw(draw)
    for notice in notices:
        complain(notice.text, "note")
    with results_folder(out, "again", "replay", overwrite=overwrite) as out:
        _replay_into(out, draw, record, audio, policy, overwrite=overwrite)


def _replay_into(
    out: Path, draw: Path, record: DrawRecord, audio: Path | None, policy: str | None, *, overwrite: bool
) -> None:
    from .._files import printable
    from ..auditions import changed_versions, differences, draw_files, is_long_draw, replay_record
    from ..auditions.records import path_of
    from ..errors import error_context
    from ..outputs.output import Output

    clip = audio or path_of(record.audio)
    is_sound = out.suffix.lower() == ".wav"
    names = [out.name] if is_sound else [f"draw-{record.number}{ending}" for ending in (".wav", ".png", ".json")]
    output = Output(
        out.parent if is_sound else out, "replay", overwrite=overwrite, inputs=[draw, *([clip] if clip else [])]
    )
    output.check(names)
    for line in changed_versions(record):
        complain(f"{line}; the last bits may differ", "warning")
    with output.scratch() if is_long_draw(record) else nullcontext() as scratch:
        audition = replay_record(record, printable(draw), audio=audio, folder=scratch, policy=policy)
        with error_context(printable(draw)):
            files = draw_files(audition, audition.draws[0], record.channels)
        if difference := differences(record, audition):
            complain(f"{printable(draw)}: {difference}", "warning")
        output.write(dict(zip(names, files.values(), strict=False)))
    for name in names:
        say(printable(output.out / name))
