"""The command `invert`: turn mels of another pipeline into sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._defaults import DEFAULT_VOCODER
from .console import complain, plural, say
from .mel_options import exit_code_without_mels
from .options import AxesOption, OverwriteOption, StatisticsOption, VocoderOption
from .resolve import check_vocoder

if TYPE_CHECKING:
    from ..audio.audio_in_memory import Audio
    from ..frontends import MelFrontend
    from ..mels import MelClip, MelFile
    from ..outputs.output import Output
    from ..vocoders.registry import AnyVocoder

__all__ = ["run_invert"]

MelsArgument = Annotated[
    list[str],
    typer.Argument(
        help="Mel files (.npy .npz .pt .ark .scp .h5 .jsonl.gz), FILE:KEY for one mel of a file, or folders.",
        metavar="MEL",
    ),
]
OutOption = Annotated[
    Path,
    typer.Option("-o", "--out", help="A .wav file, or a folder for several mels.", metavar="OUT", readable=False),
]


def run_invert(
    mels: MelsArgument,
    out: OutOption,
    frontend: Annotated[
        str | None, typer.Option(help="Front-end that made the mel: a name from 'list frontends', or a YAML file.")
    ] = None,
    vocoder: VocoderOption = DEFAULT_VOCODER,
    stats: StatisticsOption = None,
    axes: AxesOption = None,
    start: Annotated[float, typer.Option(help="Start of the part of each mel to use, in seconds.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="Length of the part of each mel to use, in seconds.")] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Turn mels from your own pipeline into sound."""
    from .. import vocoders
    from ..auditions.inputs import check_sound_is_not_needed
    from ..errors import ParameterError, SpecAugListenError
    from ..frontends import get_frontend, mel_format, parse_axes, statistics_of_text
    from ..mels import clip_of_file

    if frontend is None:
        raise ParameterError(
            "--frontend is missing: a mel does not say which front-end made it; give a name of 'list frontends', or a "
            "YAML file"
        )
    ready = mel_format(get_frontend(frontend), None if stats is None else statistics_of_text(stats))
    order, rendering = parse_axes(axes), vocoders.get_vocoder(vocoder)
    check_sound_is_not_needed(rendering, None, original_phase=False)
    check_vocoder(rendering, ready.frontend)
    files, failed = _find_files(mels, ready.frontend)
    output, names = _targets(files, out, overwrite=overwrite)
    for file, name in zip(files, names, strict=True):
        try:
            clip = clip_of_file(file, ready, axes=order, start_s=start, duration_s=duration)
            _tell(output.out / name, file, clip, _write_sound(clip, rendering, output, name))
        except SpecAugListenError as error:
            complain(str(error))
            failed += 1
    if failed:
        raise typer.Exit(1)


def _find_files(mels: Sequence[str], frontend: MelFrontend) -> tuple[list[MelFile], int]:
    """Find mel files; print and count those that cannot be read, and exit if no other is left."""
    from ..mels import find_mels
    from ..mels.file_search import split_off_batches

    files, problems = find_mels(mels)
    files, other_batches = split_off_batches(files, frontend)
    problems += other_batches
    for problem in problems or ([] if files else ["no mel was found"]):
        complain(problem)
    if not files:
        raise typer.Exit(exit_code_without_mels(mels) if problems else 2)
    return files, len(problems)


def _targets(files: list[MelFile], out: Path, *, overwrite: bool) -> tuple[Output, list[str]]:
    """Return the output folder and the names of the sound files, after making sure that they can be written."""
    from .._files import printable
    from ..errors import ParameterError
    from ..outputs.output import Output
    from ..outputs.result_names import folder_name

    if out.suffix.lower() == ".wav":
        if len(files) > 1:
            raise ParameterError(
                f"-o {printable(out)}: {len(files)} mels do not fit into one .wav file; give a folder, or FILE:KEY for "
                "one of them"
            )
        folder, names = out.parent, [out.name]
    elif out.suffix.lower() in (".flac", ".mp3", ".ogg"):
        raise ParameterError(f"-o {printable(out)}: only .wav is written")
    else:
        names_in_use: set[str] = set()
        folder, names = out, [f"{folder_name(f'{file.name}.wav', names_in_use)}.wav" for file in files]
    output = Output(folder, "invert", overwrite=overwrite, inputs=[file.path for file in files])
    output.check(names)
    return output, names


def _write_sound(clip: MelClip, vocoder: AnyVocoder, output: Output, name: str) -> tuple[Audio, float]:
    """Write the sound of a mel; return it with the gain that kept it from clipping."""
    from ..audio.audio_in_memory import common_gain, encode_wav
    from ..auditions import render

    sound = render(clip.mel, vocoder)
    gain = common_gain([sound])
    output.write({name: encode_wav(sound, gain=gain)})
    return sound, gain


def _tell(target: Path, file: MelFile, clip: MelClip, sound_and_gain: tuple[Audio, float]) -> None:
    import math

    from .._files import printable

    sound, gain = sound_and_gain
    for notice in clip.notices:
        complain(f"{clip.name}: {notice.text}", "note")
    if gain < 1:
        complain(f"{clip.name}: quieter by {-20 * math.log10(gain):.1f} dB, so that it does not clip", "note")
    mel = clip.mel
    say(
        f"{printable(target)}: {sound.duration_s:.2f} s at {sound.sample_rate} Hz, from {printable(file)} "
        f"({plural(mel.n_frames, 'frame')} of {mel.n_mels} bins)"
    )
