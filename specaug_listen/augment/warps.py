"""The frameworks' time warps as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .._notices import Notice
from .._records import record
from .generators import Source
from .steps import Batch, Count, Ratio, StepsAndNotices, WarpPath
from .warp_maps import Interpolation

__all__ = ["Warp"]


@record
class Warp:
    """A time warp by a framework's rules: a frame goes elsewhere, what lies before and after it is resized.

    The frame is uniform in {``max_frames + after_first``, ..., n_frames - max_frames - 1}, its displacement uniform in
    {-``max_frames + 1 - to_left``, ..., ``max_frames - 1 + to_right``}.

    Parameters
    ----------
    max_frames : int >= 0 [frames]
        W.
    interpolation : str
        See `specaug_listen.augment.warp_maps.warp_taps`.
    after_first : {0, 1}
        Added to W, it is the first frame that may be moved.
    to_left, to_right : {0, 1}
        1 where -W, or W, is among the displacements; else they begin at 1 - W, or end at W - 1.
    shortest : int [frames]
        The shortest clip that is warped has ``2 * max_frames + shortest`` frames.
    anywhere : bool
        Whether any inner frame of a clip of any length may be moved, and not only those W frames from its ends; the
        place to go to is bounded by the clip (lingvo).
    max_ratio : float in [0, 1] or None
        Bounds the displacement by a share of the clip (lingvo).
    is_dynamic : bool
        The displacement is that share times a number in [-1, 1), rounded towards zero; ``max_frames`` only switches the
        warp on (lingvo).
    over : {"clip", "padded"}
        Whose frames are warped, n_frames above: the clip's, or those of its batch with padding (SpeechBrain).

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> from specaug_listen.augment.generators import framework_source
    >>> Warp(max_frames=80).draw(80, 160, framework_source("python", 0))[1][0].text
    'time_warp did nothing: max_frames=80 needs at least 161 frames, the clip has 160'
    """

    max_frames: Count = 5
    interpolation: Interpolation = "bicubic"
    after_first: Annotated[int, Field(ge=0, le=1)] = 0
    to_left: Annotated[int, Field(ge=0, le=1)] = 0
    to_right: Annotated[int, Field(ge=0, le=1)] = 1
    shortest: Annotated[int, Field(ge=1, le=3)] = 1
    anywhere: bool = False
    max_ratio: Ratio | None = None
    is_dynamic: bool = False
    over: Literal["clip", "padded"] = "clip"
    kind: Literal["warp"] = "warp"

    @property
    def is_idle(self) -> bool:
        """Whether it never does anything, whatever the clip."""
        return self.max_frames == 0 or self.max_ratio == 0

    @property
    def purpose(self) -> str:
        """What a framework's generator is asked for."""
        return self.kind

    def draw(self, n_mels: int, n_frames: int, source: Source, batch: Batch | None = None) -> StepsAndNotices:
        """Draw a warp for a mel of this size, or say why there is none."""
        w = self.max_frames
        if w == 0:
            return [], []
        padded = (batch or Batch()).padded(n_frames)
        n = padded if self.over == "padded" else n_frames
        needed = 3 if self.anywhere else 2 * w + self.shortest
        if n < needed:
            values = {"transform": self.kind, "max_frames": w, "needed": needed, "n_frames": n, "over": self.over}
            return [], [Notice("too-short-to-warp", values)]
        first, stop = (1, n - 1) if self.anywhere else (w + self.after_first, n - w)
        center = int(source.integers(first, stop, (1,))[0])
        bound = n if self.max_ratio is None else int(self.max_ratio * n)
        if self.is_dynamic:
            displacement = int((2 * float(source.uniform((1,))[0]) - 1) * bound)
        else:
            displacement = int(source.integers(1 - w - self.to_left, w + self.to_right, (1,))[0])
        moved = min(max(center + min(max(displacement, -bound), bound), 1), n - 1)
        if moved == center and self.to_left:
            return [], []
        return [WarpPath(center, moved - center, self.interpolation, n if n > n_frames else None)], []
