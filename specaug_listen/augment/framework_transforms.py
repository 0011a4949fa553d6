"""The frameworks' other transforms, as data: rectangles, copies, cut tails and time warps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from .._notices import Notice
from .._records import record
from ..errors import ParameterError
from .fills import Fill
from .framework_masks import Mask, Transform, noise_seed
from .random_streams import RandomStream
from .steps import Batch, Count, FrameCopy, Ratio, Rectangle, Step, StepsAndNotices, TailCut, WarpPath
from .warp_maps import Interpolation

__all__ = ["Copy", "Cutout", "FixedCount", "FrameworkTransform", "TrimTail", "Warp"]


class FixedCount(Transform):
    """Base class of transforms whose ``count`` does not depend on the clip."""

    if TYPE_CHECKING:
        count: int

    @property
    def is_idle(self) -> bool:
        """Whether it has no effect on any clip."""
        return self.count == 0

    @property
    def fixed_count(self) -> int:
        """Number of masks."""
        return self.count


@record
class Cutout(FixedCount):
    """Rectangular masks: NeMo's ``SpecCutout`` [1]_.

    Start and size along both axes are uniform: sizes in {0, ..., ``max_bins``} and {0, ..., ``max_frames``}, starts
    such that the largest rectangle would fit. Frames of padding count.

    Parameters
    ----------
    count : int >= 0
    max_bins, max_frames : int >= 0
    fill : float or str

    Raises
    ------
    ParameterError
        When drawn, if ``max_bins`` exceeds the mel's bins, as NeMo raises for every clip. A clip with too few frames
        gets a notice.

    References
    ----------
    .. [1] NVIDIA NeMo, ``nemo/collections/asr/parts/submodules/spectr_augment.py``.
    """

    count: Count = 5
    max_bins: Count = 20
    max_frames: Count = 5
    fill: Fill = 0.0
    kind: Literal["cutout"] = "cutout"

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the rectangles for a mel of this size, or return a notice that explains why there are none."""
        padded = (batch or Batch()).padded(n_frames)
        if self.count and self.max_bins > n_mels:
            raise ParameterError(
                f"cutout: max_bins={self.max_bins}: the mel has {n_mels} bins, and NeMo raises here; allowed is at "
                f"most {n_mels}"
            )
        if self.max_frames > padded:  # where NeMo raises an error
            size = {"max_bins": self.max_bins, "max_frames": self.max_frames, "n_mels": n_mels, "n_frames": padded}
            return [], [Notice("cutout-too-large", {"transform": self.kind, **size})]
        steps: list[Step] = []
        for _ in range(self.count):
            highest = n_mels - self.max_bins, padded - self.max_frames, self.max_bins, self.max_frames
            start_bin, start, n_bins, n = (int(stream.integers(0, high + 1, (1,))[0]) for high in highest)
            begin = min(start, n_frames)
            seed = noise_seed(self.fill, stream)
            steps.append(Rectangle(start_bin, n_bins, begin, min(n, n_frames - begin), self.fill, seed))
        return steps, []


@record
class Copy(FixedCount):
    """Runs of frames that are replaced by earlier ones: WeNet's ``spec_sub`` [1]_.

    The start is uniform over all frames, the length uniform in {1, ..., ``max_frames``} and truncated at the end; the
    distance back to the source frames is uniform over all possible ones. Frames are copied from the mel before the
    first copy.

    Parameters
    ----------
    count : int >= 0
    max_frames : int > 0

    References
    ----------
    .. [1] wenet, ``wenet/dataset/processor.py``.
    """

    count: Count = 3
    max_frames: Annotated[int, Field(gt=0, le=10_000)] = 20
    kind: Literal["copy"] = "copy"

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the copies for a mel of this size."""
        steps: list[Step] = []
        for _ in range(self.count):
            start = int(stream.integers(0, n_frames, (1,))[0])
            length = int(stream.integers(1, self.max_frames + 1, (1,))[0])
            shift = int(stream.integers(0, start + 1, (1,))[0])
            steps.append(FrameCopy(start, min(length, n_frames - start), start - shift, is_first=not steps))
        return steps, []


@record
class TrimTail(Transform):
    """The last frames are cut off: WeNet's ``spec_trim`` [1]_.

    1 to ``max_frames`` of them, if that is less than half the clip.

    Parameters
    ----------
    max_frames : int > 0

    References
    ----------
    .. [1] wenet, ``wenet/dataset/processor.py``.
    """

    max_frames: Annotated[int, Field(gt=0, le=10_000)] = 20
    kind: Literal["trim_tail"] = "trim_tail"

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the number of frames, or return a notice that explains why none are cut."""
        length = int(stream.integers(1, self.max_frames + 1, (1,))[0])
        if length < n_frames / 2:
            return [TailCut(length)], []
        values = {"transform": self.kind, "length": length, "n_frames": n_frames}
        return [], [Notice("half-the-clip", values)]


@record
class Warp(Transform):
    """A time warp by a framework's rules: one frame moves, and the parts before and after it are resized.

    The frame is uniform in {``max_frames + after_first``, ..., n_frames - max_frames - 1}, its displacement uniform in
    {-``max_frames + 1 - to_left``, ..., ``max_frames - 1 + to_right``}.

    Parameters
    ----------
    max_frames : int >= 0 [frames]
        W.
    interpolation : str
        See `specaug_listen.augment.warp_maps.warp_taps`.
    after_first : {0, 1}
        The first frame that may move is W plus this.
    to_left, to_right : {0, 1}
        1 if the displacements include -W, or W; otherwise they begin at 1 - W, or end at W - 1.
    shortest : int [frames]
        The shortest clip that is warped has ``2 * max_frames + shortest`` frames.
    anywhere : bool
        Whether any inner frame of a clip of any length may move, instead of only those W frames from both ends; the
        clip bounds its new position (lingvo).
    max_ratio : float in [0, 1] or None
        Upper bound of the displacement as a share of the clip (lingvo).
    is_dynamic : bool
        The displacement is that share times a number in [-1, 1), rounded towards zero; ``max_frames`` only switches the
        warp on (lingvo).
    over : {"clip", "padded"}
        Frames that are warped, n_frames above: the clip's, or all of its padded batch (SpeechBrain).

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> from specaug_listen.augment.random_streams import framework_stream
    >>> Warp(max_frames=80).draw(80, 160, framework_stream("python", 0))[1][0].text
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
        """Whether it has no effect on any clip."""
        return self.max_frames == 0 or self.max_ratio == 0

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw a warp for a mel of this size, or return a notice that explains why there is none."""
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
        center = int(stream.integers(first, stop, (1,))[0])
        bound = n if self.max_ratio is None else int(self.max_ratio * n)
        if self.is_dynamic:
            displacement = int((2 * float(stream.uniform((1,))[0]) - 1) * bound)
        else:
            displacement = int(stream.integers(1 - w - self.to_left, w + self.to_right, (1,))[0])
        moved = min(max(center + min(max(displacement, -bound), bound), 1), n - 1)
        if moved == center and self.to_left:
            return [], []
        return [WarpPath(center, moved - center, self.interpolation, n if n > n_frames else None)], []


FrameworkTransform: TypeAlias = Mask | Cutout | Copy | TrimTail | Warp
