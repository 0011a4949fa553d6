"""`Policy`: transforms in order, and the papers' policies."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import Field

from .._random import MAX_SEED, as_seed
from .._record import record
from ..errors import ParameterError, SpecAugListenWarning, naming
from ..frontends import AnyMel
from .adapter import Adapter
from .draw import Draw, Step, measured
from .fill import Fill
from .foreign import Foreign
from .masks import Cutout, FrameworkTransform, Mask
from .sources import OwnSource, Source
from .steps import Batch
from .transforms import FrequencyMask, PaperTransform, TimeMask, TimeWarp

Count = Annotated[int, Field(ge=0, le=100)]
Transform: TypeAlias = Annotated[PaperTransform | FrameworkTransform | Foreign, Field(discriminator="kind")]

__all__ = ["ADAPTIVE", "LB", "LD", "NONE", "POLICIES", "SM", "SS", "Policy", "foreign_policy"]


@record
class Policy:
    """An ordered set of transforms.

    Parameters
    ----------
    transforms : sequence of FrequencyMask, TimeMask, TimeWarp, Mask, Cutout, Copy, TrimTail, Warp and Foreign
        Applied in this order.
    name : str
    probability : float in [0, 1]
        Chance that anything is applied at all.
    dialect : str
        The framework whose rules the transforms follow; see `specaug_listen.augment.dialects`.
    n_applied : (int, int) or None
        So many of the transforms, from the first one on, are applied: a number between both, drawn (SpeechBrain's
        ``min_augmentations`` and ``max_augmentations``). None applies all.
    min_mels : int >= 0
        A mel of fewer bands is left alone (fairseq).
    batch : Batch or None
        The padded batch that clips are taken to sit in, where the dialect's rules depend on it.
    exact_rng : bool
        Draws come from the framework's own generator, seeded as it seeds it; see
        `specaug_listen.augment.exact_sources`.
    notes : tuple of str
        What there is to know of the configuration that it was read from: defaults that were filled in, what has no
        effect, what is not heard. Two policies that differ in nothing else are equal.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> from specaug_listen import Audio, frontends
    >>> mel = frontends.WHISPER(Audio(np.zeros(32000), 16000))
    >>> draw = Policy([FrequencyMask(count=2), TimeMask()]).draw(mel, rng=0)
    >>> len(draw.steps)
    3
    """

    transforms: Annotated[tuple[Transform, ...], Field(strict=False, max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=100)] = "policy"
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    dialect: Annotated[str, Field(min_length=1, max_length=100)] = "paper"
    n_applied: Annotated[tuple[Count, Count], Field(strict=False)] | None = None
    min_mels: Annotated[int, Field(ge=0, le=10_000)] = 0
    batch: Batch | None = None
    exact_rng: bool = False
    notes: Annotated[tuple[str, ...], Field(strict=False)] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """Check what concerns two fields at once."""
        if self.n_applied and not self.n_applied[0] <= self.n_applied[1] <= len(self.transforms):
            raise ParameterError(
                f"n_applied={self.n_applied}: allowed is (least, most), of which the most is at most the number of "
                f"transforms, {len(self.transforms)}"
            )

    def draw(
        self,
        mel: AnyMel,
        *,
        rng: int | np.random.Generator | None = None,
        batch: Batch | None = None,
        sources: Mapping[str, Source] | None = None,
    ) -> Draw:
        """Decide all that is left to chance, for one mel.

        Parameters
        ----------
        mel : MelSpectrogram or MelStream
        rng : int, numpy.random.Generator or None
            The same integer gives the same draw.
        batch : Batch or None
            In place of the policy's own.
        sources : mapping or None
            For each kind of transform, and for ``coin``, where its numbers come from in place of ``rng``; see
            `specaug_listen.augment.exact_sources`.

        Returns
        -------
        Draw

        Raises
        ------
        ParameterError
            When ``rng`` is none of these, or a constant fill does not exist in the front-end's scale.

        Warns
        -----
        SpecAugListenWarning
            When a mask was clamped or a transform did nothing; the same lines are in ``draw.warnings``.
        """
        batch = batch or self.batch
        generator = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(as_seed(rng))
        coin = float(sources["coin"].uniform((1,))[0]) if sources and "coin" in sources else generator.random()
        if coin >= self.probability:
            return Draw(mel.n_mels, mel.n_frames, (), self.name, applied=False, batch=batch)
        steps: list[Step] = []
        lines: list[str] = []
        if mel.n_mels < self.min_mels:
            lines.append(f"nothing was done: a mask of {self.min_mels} bins is wider than the mel's {mel.n_mels}")
        for transform in self._applied(mel, generator, sources or {}):
            # A stream for each transform: changing one leaves what the others draw as it was.
            stream = np.random.default_rng(int(generator.integers(0, MAX_SEED, endpoint=True)))
            if isinstance(transform, Foreign):
                so_far = Draw(mel.n_mels, mel.n_frames, tuple(steps), batch=batch).apply(mel)  # type: ignore[type-var]
                called, said = transform.draw(so_far, stream)
                steps += called
                lines += said
                continue
            if isinstance(transform, PaperTransform):
                drawn, said = transform.draw(mel.n_mels, mel.n_frames, stream)
            else:
                source = (sources or {}).get(transform.purpose) or OwnSource(stream)
                drawn, said = transform.draw(mel.n_mels, mel.n_frames, source, batch)
            steps += drawn
            lines += said
        for line in lines:
            warnings.warn(line, SpecAugListenWarning, stacklevel=2)
        with naming(f"policy {self.name!r}"):
            drawn_so = Draw(mel.n_mels, mel.n_frames, tuple(steps), self.name, warnings=tuple(lines), batch=batch)
            return measured(drawn_so, mel)

    def _applied(self, mel: AnyMel, generator: np.random.Generator, sources: Mapping[str, Source]) -> Sequence[Any]:
        """The transforms that are applied, where it is left to chance or to the mel."""
        if mel.n_mels < self.min_mels:
            return ()
        if self.n_applied is None:
            return self.transforms
        least, most = self.n_applied
        return self.transforms[: int((sources.get("mask") or OwnSource(generator)).integers(least, most + 1, (1,))[0])]

    def with_fill(self, fill: Fill) -> Policy:
        """The same policy with another fill in every mask.

        Examples
        --------
        >>> LB.with_fill("floor").transforms[1].fill
        'floor'
        """
        filling = FrequencyMask | TimeMask | Mask | Cutout
        transforms = tuple(replace(t, fill=fill) if isinstance(t, filling) else t for t in self.transforms)
        return replace(self, transforms=transforms)

    @property
    def foreign(self) -> tuple[Foreign, ...]:
        """The callables of others among the transforms."""
        return tuple(t for t in self.transforms if isinstance(t, Foreign))


def foreign_policy(
    function: Callable[..., Any] | str, *, adapter: Adapter | None = None, name: str | None = None
) -> Policy:
    """A policy that calls a Mel -> Mel callable or ``torch.nn.Module`` of others.

    Parameters
    ----------
    function : callable or str
        Or its name: ``module:callable``, ``path/to/file.py:callable``, ``module:Class(width=8)``.
    adapter : Adapter or None
        How it wants the mel; None guesses, and the draw says what.
    name : str or None
        Of the policy; None takes the callable's.

    Returns
    -------
    Policy

    Raises
    ------
    ParameterError
        When it cannot be called, or not be imported.

    Examples
    --------
    >>> foreign_policy("numpy:flipud").name
    'numpy:flipud'
    """
    made = Foreign.of(function, adapter)
    return Policy((made,), made.call[-100:] if name is None else name)


def _paper(name: str, w: int, f: int, m_f: int, t: int, p: float, m_t: int) -> Policy:
    """A row of table 1 of Park et al. 2019; warp, then frequency, then time, as its section 2 lists them."""
    masks = FrequencyMask(count=m_f, max_bins=f), TimeMask(count=m_t, max_frames=t, max_ratio=p)
    return Policy((TimeWarp(w), *masks), name)


NONE = Policy((), "none")
LB = _paper("LB", w=80, f=27, m_f=1, t=100, p=1.0, m_t=1)
LD = _paper("LD", w=80, f=27, m_f=2, t=100, p=1.0, m_t=2)
SM = _paper("SM", w=40, f=15, m_f=2, t=70, p=0.2, m_t=2)
SS = _paper("SS", w=40, f=27, m_f=2, t=70, p=0.2, m_t=2)
# Park et al. 2020: F = 27, m_F = 2, p_M = p_S = 0.04, at most 20 masks. The warp of 80 is LibriSpeech's in the 2019
# paper; whether the 2020 paper keeps it for its adaptive policy could not be checked at the source.
ADAPTIVE = Policy(
    (
        TimeWarp(80),
        FrequencyMask(count=2, max_bins=27),
        TimeMask(max_frames=None, max_ratio=0.04, count_ratio=0.04, max_count=20),
    ),
    "adaptive",
)
POLICIES = {policy.name: policy for policy in (NONE, LB, LD, SM, SS, ADAPTIVE)}
