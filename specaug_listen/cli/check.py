"""The command `check`: find faults of an augmentation pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._defaults import DEFAULT_CHECK_DRAWS, DEFAULT_SEED, DEFAULT_SHARE, DEFAULT_TIMEOUT_S, MAX_SEED
from .._standard_streams import quiet_stdout
from .console import complain, say
from .options import AdapterOption, FrameworkOption, FrontendOption, OverwriteOption, SetOption, adapter_of

if TYPE_CHECKING:
    from ..audio.audio_in_memory import Audio

__all__ = ["run_check"]


WhatArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="Callable to check, as module:callable or file.py:callable (or use --policy); then audio files or folders "
        "to check it on (default: synthetic speech-like sounds).",
        metavar="[MODULE:CALLABLE] [PATH]...",
    ),
]
CheckedPolicyOption = Annotated[
    str | None, typer.Option(help="Policy to check instead of a callable: a name from 'list policies', or a file.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        help="Folder for a page, with sounds and a picture of each finding.",
        metavar="OUT",
        readable=False,
    ),
]
DrawsOption = Annotated[int, typer.Option(help="Upper bound of draws for one statistic.")]
FindingsSeedOption = Annotated[
    int, typer.Option(min=0, max=MAX_SEED, help="Seed of all randomness: the same seed gives the same findings.")
]
ShareOption = Annotated[float, typer.Option(help="Masks over more than this share of a short clip are a finding.")]
TimeoutOption = Annotated[float, typer.Option(help="Time limit [s] of one call; a longer one is a finding.")]
MaxTimeShareOption = Annotated[
    float | None,
    typer.Option(help="Declared largest share of a clip that one time mask covers; a wider one is a finding."),
]


def run_check(
    what: WhatArgument = None,
    policy: CheckedPolicyOption = None,
    parameters: SetOption = None,
    frontend: FrontendOption = None,
    framework: FrameworkOption = None,
    adapter: AdapterOption = None,
    out: OutOption = None,
    draws: DrawsOption = DEFAULT_CHECK_DRAWS,
    seed: FindingsSeedOption = DEFAULT_SEED,
    share: ShareOption = DEFAULT_SHARE,
    max_time_share: MaxTimeShareOption = None,
    timeout: TimeoutOption = DEFAULT_TIMEOUT_S,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Name of a finding to leave out. May be repeated.", metavar="ID")
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Find faults of an augmentation. Prints one line for each finding; exit code 1 if there are any."""
    from .._records import to_json
    from ..checks import check
    from ..checks.export import output_of_check

    target, paths = _target(what or [], policy)
    read: list[Path | str] = [*paths, target.partition(":")[0]]
    # A callable that prints would do so in each of a thousand calls.
    with quiet_stdout(), _as_bad_usage(), ExitStack() as stack:
        output = None if out is None else output_of_check(out, overwrite=overwrite, inputs=read)
        if output is not None:
            stack.enter_context(output.alone())
        clips = _clips(paths)
        result = check(
            target, frontend=frontend, framework=framework, adapter=adapter_of(adapter), parameters=parameters or (),
            clips=clips or None, draws=draws, share=share, max_time_share=max_time_share, ignore=ignore or (),
            timeout_s=timeout, rng=seed,
        )  # fmt: skip
        if output is not None:
            result.write_into(output)
    say(to_json(result.report) if as_json else str(result))
    raise typer.Exit(0 if result.is_clean else 1)


@contextmanager
def _as_bad_usage() -> Iterator[None]:
    """Turn errors of files and folders into bad usage (exit code 2), because exit code 1 is reserved for findings."""
    from ..errors import AudioError, OutputError, ParameterError, PolicyError

    try:
        yield
    except (AudioError, OutputError, PolicyError) as error:
        raise ParameterError(str(error)) from error


def _target(what: Sequence[str], policy: str | None) -> tuple[str, list[Path]]:
    """Split the arguments into the callable or policy, and the paths of clips."""
    from ..custom.load import is_spec
    from ..errors import ParameterError

    if policy is not None:
        if what and is_spec(what[0]):
            raise ParameterError(f"{what[0]:.80} and --policy {policy:.80}: give a callable or --policy, not both")
        return policy, [Path(text) for text in what]
    if not what or not is_spec(what[0]):
        problem = f"{what[0]:.80} is not the name of a callable" if what else "nothing to check"
        raise ParameterError(f"{problem}: expected module:callable, path/to/file.py:callable, or --policy NAME|FILE")
    return what[0], [Path(text) for text in what[1:]]


def _clips(paths: Sequence[Path]) -> list[tuple[str, Audio]]:
    """Load the user's clips; raise an `AudioError` for the first path without any."""
    from .._files import printable
    from ..audio.audio_in_memory import load
    from ..audio.file_search import find_audio
    from ..checks.clips import MAX_CLIP_S
    from ..errors import AudioError

    files, problems, left_out = find_audio(paths)
    for notice in left_out:
        complain(notice.text, "note")
    if problems:
        raise AudioError(problems[0])
    clips = [(printable(file.name), load(file, duration_s=MAX_CLIP_S)) for file in files]
    for name, clip in clips:
        for notice in clip.notices:
            complain(f"{name}: {notice.text}", "warning" if notice.is_doubt else "note")
    return clips
