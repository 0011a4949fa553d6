"""Auditions of many clips, each in its own folder; a bad clip does not stop the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._files import printable, sha256_of
from .._notices import Notice
from ..audio.audio_in_memory import load
from ..audio.channels import Channel, Choice, OneChannel, name_suffix
from ..audio.clip_names import distinct_names
from ..audio.reading import channels_of
from ..audio.recording import open_recording
from ..custom.transform import MAX_HELD_S
from ..errors import AudioError, OutputError, ParameterError, SpecAugListenError, error_context
from ..frontends import mel_format
from ..mels import MelFile, clip_of_file
from ..outputs.output import Output
from ..outputs.result_names import check_page, folder_name, page_names
from ..vocoders import Joint
from .journal import Journal, RunWriter, journal_to_resume, read_journal
from .long import Within, audition_long, is_long
from .record_rendering import check_callable
from .records import AuditionRecord, ClipEntry, Configuration, Failure, read_record, versions, vocoder_of
from .rendering import needs_whole_clip
from .results import Audition
from .save import names_in_clip_folder, names_taken
from .single import audition

__all__ = ["Progress", "audition_many", "count_clips", "output_of_audition"]


Progress = Callable[[int, Audition | Failure | ClipEntry], None]


def output_of_audition(
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    resume: bool = False,
    page: bool = False,
    inputs: Sequence[str | os.PathLike[str]] = (),
) -> Output:
    """Open the output folder of a run, and check it before any work; parameters as in `audition_many`.

    ``page`` says whether a page will be written. Raises a ParameterError if the folder is a file, is not empty without
    ``overwrite`` or ``resume``, or contains something that must not be replaced.
    """
    if resume and overwrite:
        raise ParameterError("resume keeps what is done, and overwrite replaces it: give one of them")
    paths = [path.path if isinstance(path, MelFile) else path for path in inputs]
    output = Output(Path(out), "audition", inputs=paths)
    _check_free(output, overwrite=overwrite, resume=resume)
    if page:
        check_page(output, "report.html")
    return output


def _check_free(output: Output, *, overwrite: bool, resume: bool) -> None:
    """Check that a run may start or resume in a folder, and decide whether it replaces existing files."""
    is_resumed = resume and read_journal(output.folder) is not None
    output.overwrite = overwrite or is_resumed
    output.check_folder()
    old_files = () if is_resumed else output.own_files.by("audition")
    output.check(["audition.json"], also=[*old_files, *page_names(Path("report.html"), output.own_files)])


@dataclass(frozen=True)
class _Clip:
    """One clip of a run: a file, or one of its channels."""

    path: str | os.PathLike[str]
    channel: OneChannel
    name: str
    folder: str


def count_clips(files: Sequence[str | os.PathLike[str]], channel: Channel = "mean") -> int:
    """Return the number of clips in files: one per file, or one per channel."""
    return len(files) if channel != "each" else sum(len(_choices(path, channel)) for path in files)


def audition_many(
    files: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    configuration: Configuration,
    *,
    overwrite: bool = False,
    resume: bool = False,
    problems: Sequence[str] = (),
    notices: Sequence[Notice] = (),
    progress: Progress = lambda number, result: None,
    within: Within = lambda what, share: None,
    remark: Callable[[Notice], None] = lambda notice: None,
) -> AuditionRecord:
    """Audition many files: write a folder for each, and ``audition.json`` beside them.

    Parameters
    ----------
    files : sequence of str or path-like
    out : str or path-like
        A new or empty folder, unless ``overwrite`` or ``resume``.
    configuration : Configuration
    overwrite : bool
        Replace the results of an earlier run; other files stay.
    resume : bool
        Continue an unfinished run: finished clips are kept if their files have not changed.
    problems : sequence of str
        Refusals before the run, one line each, which the index lists among the failures.
    notices : sequence of Notice
        Files that were left out of folders, for the index.
    progress : callable (int, Audition, Failure or ClipEntry) -> None
        Called after each clip; with its entry if it is kept from an earlier run.
    within : callable (str, float) -> None
        Called with the step of a long recording and the finished share of it.
    remark : callable (Notice) -> None
        Called if there is no run to resume, and for each of its clips whose file was replaced since. The index does not
        have these notices, as it equals that of an uninterrupted run.

    Returns
    -------
    AuditionRecord
        The written index. An interrupted run writes none, so its clips are not mistaken for all; ``resume`` continues
        it.

    Raises
    ------
    ParameterError
        If ``out`` is not free, an input would be overwritten, or the run to resume differs.
    OutputError
        If results cannot be written; finished clips stay complete.
    """
    output = output_of_audition(out, overwrite=overwrite, resume=resume, inputs=files)
    vocoder_of(configuration.vocoder)
    failures = tuple(Failure(None, line) for line in problems)
    index = AuditionRecord(configuration, (), failures, versions(), tuple(notices))
    with output.alone():
        _check_free(output, overwrite=overwrite, resume=resume)  # another run may have ended since
        clips = _clips(files, configuration.channel, output)
        for clip in clips:
            _check_clip(output, clip, configuration)
        journal = _clips_to_keep(output, clips, configuration, remark) if resume else None
        entries = {} if journal is None else {entry.folder: entry for entry in journal.index.clips}
        run = RunWriter(output, index, len(clips), journal)
        for number, clip in enumerate(clips, start=1):
            entry = entries.get(clip.folder)
            progress(number, _audition_clip(clip, run, configuration, within) if entry is None else run.keep(entry))
        run.end()
    return run.index


def _check_clip(output: Output, clip: _Clip, configuration: Configuration) -> None:
    if os.path.lexists(output.folder / clip.folder):
        names = names_in_clip_folder(configuration.draws, original_phase=configuration.original_phase)
        output.check(f"{clip.folder}/{name}" for name in names)


def _clips_to_keep(
    output: Output, clips: Sequence[_Clip], configuration: Configuration, remark: Callable[[Notice], None]
) -> Journal | None:
    """Return the clips of an unfinished run whose files have not changed; None without such a run."""
    journal = journal_to_resume(output.folder, configuration)
    if journal is None:
        remark(Notice("nothing-to-resume", {"folder": printable(output.out)}))
        return None
    by_folder = {clip.folder: clip for clip in clips}
    for entry in journal.index.clips:
        if entry.folder not in by_folder or by_folder[entry.folder].name != entry.name:
            raise ParameterError(
                f"the run to go on with differs: it did {printable(entry.name)!r:.80}, which is none of the clips now; "
                "give the same files, or --overwrite"
            )
    is_same = {entry.folder: _is_same(by_folder[entry.folder], entry) for entry in journal.index.clips}
    for entry in journal.index.clips:
        if not is_same[entry.folder]:
            remark(Notice("replaced-since", {"clip": entry.name}))
    to_keep = journal.only({folder for folder in is_same if is_same[folder]})
    _check_callable(output, to_keep, by_folder, configuration)
    return to_keep


def _check_callable(output: Output, to_keep: Journal, clips: Mapping[str, _Clip], configuration: Configuration) -> None:
    """Call the user's code for a draw of each finished clip again: what it imports or reads may have changed, too."""
    functions = {transform.call: transform.function for transform in configuration.policy.callables}
    if not functions:
        return
    for entry in to_keep.index.clips:
        for draw in entry.draws:
            path = output.folder / entry.folder / f"{draw}.json"
            record = read_record(path)
            calls = {step.call for step in record.draw.calls}
            function = functions.get(calls.pop()) if len(calls) == 1 else None
            if function is not None:
                clip = clips[entry.folder].path
                with error_context("the run to go on with differs"):
                    check_callable(record, printable(path), function, None if isinstance(clip, MelFile) else clip)
                break


def _is_same(clip: _Clip, entry: ClipEntry) -> bool:
    path = clip.path.path if isinstance(clip.path, MelFile) else clip.path
    try:
        return sha256_of(path) == entry.audio.sha256
    except OSError:
        return False


def _clips(files: Sequence[str | os.PathLike[str]], channel: Channel, output: Output) -> list[_Clip]:
    """List the clips of files with names and folders, sorted, so none depends on the order of arguments."""
    used_names = names_taken(output)
    recordings = [path for path in files if not isinstance(path, MelFile)]
    pairs = [(path, item) for path in sorted(recordings, key=os.path.abspath) for item in _choices(path, channel)]
    suffixes = [name_suffix(choice) for _, choice in pairs]
    names = distinct_names([path for path, _ in pairs], suffixes)
    clips = [
        _Clip(path, choice.channel, name, folder_name(_with_suffix(path, suffix), used_names))
        for (path, choice), suffix, name in zip(pairs, suffixes, names, strict=True)
    ]
    # The mels of one file stay in its order.
    mels = sorted((item for item in files if isinstance(item, MelFile)), key=lambda item: os.path.abspath(item.path))
    return clips + [_Clip(item, "mean", item.name, folder_name(f"{item.name}.mel", used_names)) for item in mels]


def _choices(path: str | os.PathLike[str], channel: Channel) -> list[Choice]:
    """List the channels of a file to audition."""
    if isinstance(path, MelFile):
        return [Choice("mean", 1)]
    n_channels = 1 if channel == "mean" else channels_of(path)
    if channel != "each":
        return [Choice(channel, n_channels)]
    return [Choice(number, n_channels) for number in range(1, n_channels + 1)]


def _with_suffix(path: str | os.PathLike[str], suffix: str) -> str | os.PathLike[str]:
    return f"{Path(path).stem}{suffix}.wav" if suffix else path


def _audition_clip(
    clip_of_run: _Clip, run: RunWriter, configuration: Configuration, within: Within
) -> Audition | Failure:
    path = clip_of_run.path
    try:
        if isinstance(path, MelFile):
            return _audition_mel(path, clip_of_run.folder, run, configuration)
        is_whole = needs_whole_clip(configuration.policy, configuration.waveform)
        if is_whole and is_long(path, configuration.duration_s, MAX_HELD_S):
            raise ParameterError(
                f"callables and waveform stages need the whole clip at once, at most {MAX_HELD_S:.0f} s of it; "
                "take a part with --duration"
            )
        vocoder = configuration.vocoder
        if isinstance(vocoder, Joint) and not is_whole and is_long(path, configuration.duration_s):
            return _audition_long_clip(clip_of_run, run, configuration, vocoder, within)
        span: dict[str, Any] = {"start_s": configuration.start_s, "duration_s": configuration.duration_s}
        channel = None if clip_of_run.channel == "mean" else clip_of_run.channel
        clip = load(path, channel=channel, strict=configuration.strict, **span)
        how = {"frontend": configuration.choice, "name": clip_of_run.name, "channel": "mean"}
        return _audition_and_write(clip, clip_of_run.folder, run, configuration, **how)
    except OutputError:
        raise
    except SpecAugListenError as error:
        return run.fail(_failure(path, error))
    except MemoryError:
        return run.fail(
            _failure(path, AudioError("not enough memory for this clip; take a part of it with --duration"))
        )


def _audition_mel(file: MelFile, folder: str, run: RunWriter, configuration: Configuration) -> Audition:
    ready = mel_format(configuration.frontend, configuration.statistics)
    span: dict[str, Any] = {"start_s": configuration.start_s, "duration_s": configuration.duration_s}
    return _audition_and_write(clip_of_file(file, ready, axes=configuration.axes, **span), folder, run, configuration)


def _audition_and_write(
    clip: Any, folder: str, run: RunWriter, configuration: Configuration, **of_clip: Any
) -> Audition:
    """Audition a clip with the run's configuration and its own arguments, and write its folder."""
    result = audition(
        clip,
        policy=configuration.policy,
        waveform=configuration.waveform,
        vocoder=vocoder_of(configuration.vocoder),
        draws=configuration.draws,
        rng=configuration.seed,
        original_phase=configuration.original_phase,
        **of_clip,
    )
    run.write(result, folder)
    return result


def _audition_long_clip(
    clip: _Clip, run: RunWriter, configuration: Configuration, vocoder: Joint, within: Within
) -> Audition:
    # On the disk of the results, since the system's temporary folder is often in memory.
    with run.scratch() as scratch:
        rate = configuration.frontend.sample_rate
        recording = open_recording(
            clip.path,
            rate,
            scratch,
            start_s=configuration.start_s,
            duration_s=configuration.duration_s,
            channel=clip.channel,
            strict=configuration.strict,
        )
        result = audition_long(
            recording,
            scratch,
            frontend=configuration.frontend,
            policy=configuration.policy,
            vocoder=vocoder,
            draws=configuration.draws,
            seed=configuration.seed,
            name=clip.name,
            frontend_reason=configuration.frontend_reason,
            within=within,
        )
        run.write(result, clip.folder)
    return result


def _failure(path: str | os.PathLike[str], error: SpecAugListenError) -> Failure:
    name = printable(path)
    return Failure(name, str(error) if error.context == name else f"{name}: {error}")
