"""The kinds of findings, each with a stable id, severity, reason and fix, and the report that lists findings."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field

from .._records import record
from .._version import __version__
from ..frameworks.frontend_choice import FrontendReason, reason_in_words

__all__ = ["FINDINGS", "CheckReport", "Finding", "Severity", "in_order"]

Severity: TypeAlias = Literal["error", "warning"]


class FindingKind(NamedTuple):
    """A kind of finding.

    Parameters
    ----------
    severity : {"error", "warning"}
    why, fix : str
    has_result : bool
        Whether calls that show it return something to hear.
    is_of_axes : bool
        Whether it depends on which axis is time.
    silences : tuple of str
        Findings that are consequences of this one, and are left out beside it.
    """

    severity: Severity
    why: str
    fix: str
    has_result: bool = True
    is_of_axes: bool = False
    silences: tuple[str, ...] = ()


_E: Severity = "error"
_W: Severity = "warning"
_crash = functools.partial(FindingKind, _E, has_result=False)
_of_axes = functools.partial(FindingKind, is_of_axes=True)
# Kinds that depend on the positions of masks.
_OF_PLACES = (
    "masks-only-at-start", "masks-only-at-end", "masks-stop-early", "frames-unevenly-masked", "bins-unevenly-masked",
    "starts-on-grid", "widths-cut-twice", "end-bins-unmasked", "end-frames-unmasked",
)  # fmt: skip
_OF_FRAMES = ("end-frames-unmasked", "frames-unevenly-masked")
# In the order of a report. An error is a bug for any use; a warning weakens or distorts the augmentation.
FINDINGS: dict[str, FindingKind] = {
    "call-hangs": _crash("one such draw stops the training", "limit loops that draw until something fits"),
    "process-ended": _crash("one such draw ends the training without a message", "raise an error instead"),
    "process-forked": FindingKind(
        _E, "the training continues in several processes at once", "start processes once, outside of the call"
    ),
    "crash-short-clip": _crash(
        "one short clip ends the training", "limit widths to the clip's length, or skip such clips"
    ),
    "crash-long-clip": _crash("one long clip ends the training", "limit what is drawn or allocated by its length"),
    "crash-at-random": _crash("some draws end the training", "limit what is drawn, and guard rare cases"),
    "crash-all-masked": _crash(
        "a silent or fully masked clip ends the training",
        "guard divisions by a standard deviation, and searches for speech",
    ),
    "crash-mono": _crash("a clip of one channel ends the training", "keep the channel axis"),
    "crash-batch": _crash("batches of some sizes end the training", "keep the batch axis"),
    "crash-few-bins": _crash(
        "every clip of mels of this size ends the training", "limit widths to the number of bins, or skip the mask"
    ),
    "not-finite": FindingKind(
        _E,
        "one NaN spreads to all weights",
        "guard divisions and logarithms",
        silences=(*_OF_PLACES, "stronger-than-published"),
    ),
    "length-changed": FindingKind(_E, "lengths and alignments no longer fit", "keep the length, or return the new one"),
    "dtype-changed": FindingKind(_E, "memory doubles, or mixed precision fails", "return the dtype of the input"),
    "device-changed": FindingKind(
        _E, "the model is on another device", "create new tensors on the device of the input"
    ),
    "input-modified": FindingKind(
        _E, "other users of the input, such as a cache, see the masks, too", "work on a copy: x = x.clone()"
    ),
    "result-overwritten": FindingKind(
        _E, "earlier results of the same batch are overwritten", "return new memory, and keep no array between calls"
    ),
    "other-clip-returned": FindingKind(
        _E,
        "audio and transcript of a training example do not match",
        "keep nothing of earlier inputs, and return items in their order",
        silences=(
            *_OF_PLACES,
            "fill-loud",
            "zero-fill-in-log",
            "masks-in-padding",
            "masks-follow-shortest",
            "padding-in-fill",
            "warp-into-padding",
            "axes-swapped",
        ),
    ),
    "order-changed": _of_axes(
        _E,
        "the model is trained on impossible speech",
        "undo any reversal after the call, and do not shuffle frames or bins",
    ),
    "axes-swapped": _of_axes(
        _E,
        "time is masked by the rules of frequency",
        "exchange F and T, or transpose before the call and back after it",
        silences=(
            *_OF_PLACES,
            "short-clip-mostly-masked",
            "masks-in-padding",
            "padding-in-fill",
            "warp-one-sided",
            "warp-ineffective",
            "warp-skipped",
            "cap-exceeded",
            "stronger-than-published",
        ),
    ),
    "rectangles-turned": _of_axes(
        _E,
        "each side follows the rule of the other axis",
        "exchange the sizes where the cells are cut out",
        silences=(*_OF_PLACES, "stronger-than-published"),
    ),
    "masks-only-at-start": _of_axes(
        _E,
        "the rest of every clip is never masked",
        "draw starts in [0, length - width], and use them",
        silences=_OF_FRAMES,
    ),
    "masks-only-at-end": _of_axes(
        _E,
        "the rest of every clip is never masked",
        "draw starts in [0, length - width], and use them",
        silences=_OF_FRAMES,
    ),
    "masks-stop-early": _of_axes(
        _E,
        "the rest of long clips is never masked",
        "limit starts by the clip's own length",
        silences=_OF_FRAMES,
    ),
    "nothing-applied": FindingKind(
        _E,
        "the training runs without augmentation",
        "check probabilities, widths and modes",
        silences=("warp-ineffective",),
    ),
    "items-left-out": FindingKind(_E, "a part of each batch is not augmented", "process all items of the batch"),
    "applied-in-eval": FindingKind(
        _E, "the evaluation uses masked clips", "return the input if self.training is false"
    ),
    "same-draw-every-time": FindingKind(
        _E,
        "the model learns to ignore one fixed change",
        "draw in each call, and do not seed inside it",
        silences=(*_OF_PLACES, "same-draw-in-batch", "warp-one-sided"),
    ),
    "not-reproducible": FindingKind(
        _E, "a run cannot be reproduced", "draw from random, numpy.random, torch, or a generator of your own"
    ),
    "cap-exceeded": _of_axes(_E, "a mask is wider than declared", "limit the width before it is drawn"),
    "crash-2d": FindingKind(
        _W,
        "a single mel cannot be augmented, only a batch",
        "count axes from the end (dim=-1), and accept any number of others",
        has_result=False,
    ),
    "same-draw-in-batch": FindingKind(
        _W, "all items of a batch get the same augmentation", "draw for each item (iid_masks=True)"
    ),
    "fill-loud": FindingKind(_W, "masks are bursts of noise instead of gaps", "fill with the clip's mean or its floor"),
    "zero-fill-in-log": FindingKind(
        _W, "in log mels, 0 is an arbitrary level", "fill with the mean or the floor, or normalise before masking"
    ),
    "masks-in-padding": _of_axes(_W, "masks in the padding have no effect", "draw starts within each item's length"),
    "masks-follow-shortest": _of_axes(
        _W, "the masks of a clip depend on the rest of the batch", "draw starts within each item's own length"
    ),
    "warp-into-padding": _of_axes(
        _W, "speech moves into the padding, or padding into the clip", "warp each item within its own length"
    ),
    "padding-in-fill": FindingKind(
        _W, "the level of the fill depends on the rest of the batch", "take the mean over valid frames"
    ),
    "frames-unevenly-masked": _of_axes(
        _W,
        "some times of a clip are hardly augmented",
        "draw starts uniformly in [0, length - width]",
        silences=("end-frames-unmasked",),
    ),
    "bins-unevenly-masked": _of_axes(
        _W,
        "some frequencies are hardly augmented",
        "draw starts uniformly in [0, size - width]",
        silences=("end-bins-unmasked",),
    ),
    "starts-on-grid": _of_axes(_W, "masks repeat the same positions", "draw starts from all positions"),
    "widths-cut-twice": _of_axes(
        _W, "masks are far narrower than configured", "draw a width once, and mask from start to start + width"
    ),
    "stronger-than-published": _of_axes(
        _W, "masks cover more than recipes that are known to help", "lower widths, counts or shares"
    ),
    "end-bins-unmasked": _of_axes(_W, "an end of the spectrum is never masked", "let starts reach size - width"),
    "end-frames-unmasked": _of_axes(_W, "an end of each clip is never masked", "let starts reach length - width"),
    "short-clip-mostly-masked": _of_axes(_W, "little of short clips is left", "limit masks to a share of the clip"),
    "warp-one-sided": FindingKind(_W, "frames only move later, or only earlier", "draw displacements around zero"),
    "warp-ineffective": FindingKind(_W, "a warp costs time and moves nothing", "check how displacements are drawn"),
    "clips-left-out": FindingKind(
        _W,
        "clips of these lengths are not augmented",
        "remove the limit of length, or draw masks and warps by a share of the clip",
        silences=("warp-skipped",),
    ),
    "warp-skipped": FindingKind(_W, "short clips are never warped", "limit the warp to a share of the clip"),
}


@record
class Finding:
    """One fault of a pipeline.

    Parameters
    ----------
    id : str
        A key of `FINDINGS`.
    severity : {"error", "warning"}
    evidence : str
        One line with the numbers that show it.
    why, fix : str
        Why it matters, and what to do.
    numbers : dict
        The numbers of the evidence.
    clip : str
        A clip that shows it.
    seed : int
        The seed of a draw that shows it.

    Examples
    --------
    >>> print(Finding.of("cap-exceeded", "a mask of 45 %"))
    error: cap-exceeded: a mask of 45 %; a mask is wider than declared: limit the width before it is drawn
    """

    id: str
    severity: Severity
    evidence: str
    why: str
    fix: str
    numbers: dict[str, float]
    clip: str = ""
    seed: int = 0

    @classmethod
    def of(cls, id: str, evidence: str, clip: str = "", seed: int = 0, **numbers: float) -> Finding:  # noqa: A002
        """Make a finding of a kind of `FINDINGS`."""
        kind = FINDINGS[id]
        return cls(id, kind.severity, evidence, kind.why, kind.fix, numbers, clip, seed)

    def __str__(self) -> str:
        return f"{self.severity}: {self.id}: {self.evidence}; {self.why}: {self.fix}"


@record
class CheckReport:
    """The report of a check.

    Parameters
    ----------
    subject : str
        Name of the callable or policy.
    frontend : str
    findings : tuple of Finding
        Errors and warnings, in the order of `FINDINGS`.
    notes : tuple of str
        What was guessed, and what could not be checked.
    clips : dict
        Number of frames by the name of each clip.
    n_draws : int
        Number of calls or draws.
    seed : int
    frontend_reason : str or None
        Why this front-end was chosen; see `specaug_listen.frameworks.FrontendChoice`.

    Examples
    --------
    >>> CheckReport("mine", "whisper", (), (), {}, 0, 0).is_clean
    True
    """

    subject: str
    frontend: str
    findings: Annotated[tuple[Finding, ...], Field(strict=False)]
    notes: Annotated[tuple[str, ...], Field(strict=False)]
    clips: dict[str, int]
    n_draws: int
    seed: int
    frontend_reason: FrontendReason | None = None
    version: str = __version__
    format: Literal["specaug-listen check 1"] = "specaug-listen check 1"

    @property
    def is_clean(self) -> bool:
        """Whether there is no finding."""
        return not self.findings

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all findings."""
        return tuple(finding.id for finding in self.findings)

    @property
    def summary(self) -> str:
        """One line: subject, front-end, number of findings and of draws."""
        n = len(self.findings)
        what = "nothing found" if n == 0 else "1 finding" if n == 1 else f"{n} findings"
        why = "" if self.frontend_reason in (None, "named") else f" ({reason_in_words(self.frontend_reason)})"
        return f"{self.subject} on {self.frontend}{why}: {what} in {self.n_draws} draws"

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings] + [f"note: {line}" for line in self.notes]
        return "\n".join([*lines, self.summary])


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings as in `FINDINGS`: the first of each kind, without kinds that another one silences."""
    by_id: dict[str, Finding] = {}
    for finding in findings:
        by_id.setdefault(finding.id, finding)
    silenced = {what for finding in by_id for what in FINDINGS[finding].silences}
    return tuple(by_id[what] for what in FINDINGS if what in by_id and what not in silenced)
