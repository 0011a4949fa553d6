"""Write a check report, with an example of each finding: sounds before and after, and a picture."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import vocoders
from .._arrays import runs
from .._files import io_errors, write_files
from .._records import to_json
from ..audio.audio_in_memory import common_gain, encode_wav
from ..auditions import render
from ..augment import Draw, FrequencySpan, TimeSpan
from ..custom.axes_order import MelBatch
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from ..outputs.output import Output
from ..pages import Fault, File, findings_page, folders_of_user, without_folders
from ..plots import audition_figure, encode_png
from .clips import Clip
from .findings import FINDINGS, CheckReport, Finding
from .pipelines import Outcome
from .rules_batches import batch_of_finding
from .rules_padding import draw_in_padding, n_unpadded
from .session import Session

__all__ = ["output_of_check", "save_check"]

_OF_PADDING = ("masks-in-padding", "padding-in-fill", "warp-into-padding", "masks-follow-shortest")


def output_of_check(out: Path, *, overwrite: bool = False, inputs: Iterable[str | os.PathLike[str]] = ()) -> Output:
    """Return the output of a check, after making sure that it can be written.

    Raises a `ParameterError` if ``out`` is a file, or contains other files than those that ``overwrite`` allows to
    replace.
    """
    output = Output(out, "check", overwrite=overwrite, inputs=inputs)
    output.check_folder()
    output.check(("check.html", "check.json"), also=output.own_files.by("check"))
    return output


def save_check(report: CheckReport, session: Session, output: Output) -> Path:
    """Write ``check.html``, ``check.json``, and a folder for each finding."""
    with output.alone(), output.scratch() as scratch:
        faults = []
        for finding in report.findings:
            before, after, draw = _example(session, finding)
            files = _files(report, finding, before, after, draw)
            with io_errors(output.out / finding.id):
                write_files(scratch / finding.id, files)
            faults.append(_fault(finding, files))
        with io_errors(output.out):
            index = {"check.html": _page(report, faults), "check.json": (to_json(report) + "\n").encode()}
            write_files(scratch, index)
        output.publish(scratch, last=["check.html", "check.json"])
        output.remove(output.own_files.by("check"))
    return output.out


def _fault(finding: Finding, files: dict[str, bytes]) -> Fault:
    """Describe a finding and its files for the page."""
    words = finding.id, finding.severity, finding.evidence, finding.why, finding.fix, finding.clip, finding.seed
    after = File(url=f"{finding.id}/after.wav") if "after.wav" in files else None
    picture = File(url=f"{finding.id}/picture.png", media_type="image/png")
    return Fault(*words, File(url=f"{finding.id}/before.wav"), after, picture)


def _page(report: CheckReport, faults: list[Fault]) -> bytes:
    n_errors = sum(fault.severity == "error" for fault in faults)
    clips = ", ".join(f"{name} ({n} frames)" for name, n in report.clips.items())
    facts = (
        ("errors", str(n_errors)), ("warnings", str(len(faults) - n_errors)), ("draws", str(report.n_draws)),
        ("front-end", report.frontend), ("clips", clips),
        ("seed", str(report.seed)), ("version", report.version),
    )  # fmt: skip
    folders = folders_of_user(())
    page = without_folders((f"Check of {report.subject}", tuple(facts), tuple(report.notes), tuple(faults)), folders)
    return findings_page(*page)


def _files(
    report: CheckReport, finding: Finding, before: MelSpectrogram, after: MelSpectrogram | None, draw: Draw
) -> dict[str, bytes]:
    vocoder = vocoders.get_vocoder("joint")
    sounds = {"before.wav": render(before, vocoder)}
    if after is not None:
        sounds["after.wav"] = render(after, vocoder)
    gain = common_gain(sounds.values())
    note = f"{report.subject:.60} on {report.frontend}, {finding.clip:.60}"
    figure = audition_figure(before, before if after is None else after, draw, title=finding.id, note=note)
    return {
        **{name: encode_wav(sound, gain=gain) for name, sound in sounds.items()},
        "picture.png": encode_png(figure),
    }


def _example(session: Session, finding: Finding) -> tuple[MelSpectrogram, MelSpectrogram | None, Draw]:
    """Return a mel before and after, and its masks; the mel after is None if the call failed."""
    clip = next((clip for clip in session.clips if str(clip) == finding.clip), session.reference)
    if not FINDINGS[finding.id].has_result:
        return clip.mel, None, Draw(clip.mel.n_mels, clip.n_frames)
    before, outcome = _outcome(session, finding, clip)
    nothing = Draw(before.n_mels, before.n_frames)
    values = outcome.resized_item if outcome.resized_item is not None else outcome.values[0] if outcome.values else None
    if values is None:
        return before, None, nothing
    floor = float(session.pipeline.scaled(clip.mel).min())
    finite = np.where(np.isfinite(values), values, floor)
    try:
        if finite.shape[1] == before.n_frames:
            after = session.pipeline.unscaled(finite.astype(values.dtype), before)
        else:
            after = MelSpectrogram(finite, before.frontend, statistics=before.statistics)
    except ParameterError:
        return before, None, nothing
    return before, after, _masks(session, finding, outcome, after)


def _outcome(session: Session, finding: Finding, clip: Clip) -> tuple[MelSpectrogram, Outcome]:
    scaled = session.pipeline.scaled
    if finding.id in _OF_PADDING:
        short = clip.mel.part(0, n_unpadded(clip.n_frames))
        pad_value = float(scaled(clip.mel).min())
        batch = MelBatch((scaled(short), scaled(clip.mel)), pad_value=pad_value, n_channels=session.n_channels)
        floor = float(clip.mel.values.min())
        n = clip.n_frames - short.n_frames
        padded = np.pad(short.values, ((0, 0), (0, n)), constant_values=floor)
        before = MelSpectrogram(padded, clip.mel.frontend, statistics=clip.mel.statistics)
        return before, session.pipeline(batch, finding.seed)
    if (of_batch := batch_of_finding(session, finding)) is not None:
        batch, place = of_batch
        n = batch.items[place].shape[1]
        outcome = session.pipeline(replace(batch, n_channels=session.n_channels), finding.seed)
        return clip.mel.part(0, n), replace(outcome, values=tuple(item[:, :n] for item in outcome.values[place:][:1]))
    batch = replace(session.batch(scaled(clip.mel)), n_channels=session.n_channels)
    return clip.mel, session.pipeline(batch, finding.seed, training=finding.id != "applied-in-eval")


def _masks(session: Session, finding: Finding, outcome: Outcome, after: MelSpectrogram) -> Draw:
    """Return the masks to outline: a policy's draw, or those that a probe shows under the same seed."""
    nothing = Draw(after.n_mels, after.n_frames)
    if finding.id in _OF_PADDING:
        return draw_in_padding(session, finding.seed)
    if outcome.draws and (outcome.draws[0].n_mels, outcome.draws[0].n_frames) == (after.n_mels, after.n_frames):
        return outcome.draws[0]
    if outcome.draws or outcome.resized_item is not None or batch_of_finding(session, finding) is not None:
        return nothing
    trial = session.trial(after.n_frames, finding.seed, finding.clip, training=finding.id != "applied-in-eval")
    if trial is None or len(trial.effect.masked_frames) != after.n_frames:
        return nothing
    bin_spans = [FrequencySpan(start, n) for start, n in runs(trial.effect.masked_bins)]
    frame_spans = [TimeSpan(start, n) for start, n in runs(trial.effect.masked_frames)]
    return Draw(after.n_mels, after.n_frames, (*bin_spans, *frame_spans))
