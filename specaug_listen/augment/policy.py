"""`Policy`: transforms in order, and drawing from them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import Field

from .._notices import Notice
from .._records import record, record_key
from .._rng import MAX_SEED, as_seed
from ..custom.adapter import Adapter
from ..custom.transform import CallableTransform
from ..errors import ParameterError, SpecAugListenWarning, error_context, value_text
from ..frontends import AnyMel, MelFrontend, check_mel
from .describe import notes_on
from .draw import Draw, Step, with_fill_levels
from .fills import Fill
from .framework_masks import Mask
from .framework_transforms import Cutout, FrameworkTransform, Warp
from .paper_transforms import FrequencyMask, PaperTransform, TimeMask, TimeWarp
from .parameters import Value, canonical_key, check_each_once, parameters_text, split_name, with_parameter
from .random_streams import OwnStream, RandomStream
from .steps import Batch, check_counts, check_n_steps, within_clip

TransformCount = Annotated[int, Field(ge=0, le=100)]
_MAX_NAME_LENGTH = 100
# The package of the frameworks checks which names exist. In files and records, the key is ``dialect``.
_FRAMEWORK_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
FrameworkName: TypeAlias = Annotated[str, record_key("framework", "dialect")]
Transform: TypeAlias = Annotated[PaperTransform | FrameworkTransform | CallableTransform, Field(discriminator="kind")]

__all__ = ["FrameworkName", "Policy", "applied_transforms", "callable_policy", "with_policy_parameter"]


@record
class Policy:
    """An ordered set of transforms.

    Parameters
    ----------
    transforms : sequence of FrequencyMask, TimeMask, TimeWarp, Mask, Cutout, Copy, TrimTail, Warp and CallableTransform
        Applied in this order.
    name : str
    probability : float in [0, 1]
        Probability that the policy is applied at all.
    framework : str
        The framework whose rules the transforms follow; see `specaug_listen.frameworks`.
    warp_probability : float in [0, 1] or None
        Separate probability of warps, while ``probability`` is that of all other transforms (lhotse with supervision
        segments). None: warps are applied together with the others.
    n_applied : (int, int) or None
        Minimum and maximum of the number of transforms that are applied, counted from the first one; the number is
        drawn, and all are applied if there are fewer (SpeechBrain's ``min_augmentations`` and ``max_augmentations``).
        None applies all.
    is_shuffled : bool
        Whether the transforms are first put into a random order (SpeechBrain's ``shuffle_augmentations``).
    min_mels : int >= 0
        A mel with fewer bins is left unchanged (fairseq).
    batch : Batch or None
        The padded batch that clips are assumed to be in, if the framework's rules depend on it.
    exact_rng : bool
        Use the framework's own generator, seeded as the framework does; see `specaug_listen.frameworks.exact_streams`.
    frontend : MelFrontend or None
        The front-end of its configuration or published recipe; see `specaug_listen.frameworks.choose_frontend`.
        ``frontend``, ``frontend_error``, ``channel`` and ``channel_key`` affect neither draws nor equality.
    frontend_error : str
        Why the front-end of its configuration is invalid; empty if it is valid.
    channel : "mean", int >= 1 or None
        The channel of recordings that its configuration selects, counted from 1; None if it does not say.
    channel_key : str
        The configuration's key and value that select the channel.
    notes : tuple of str
        Remarks about the configuration: defaults that were filled in, settings without effect or without an audible
        one.

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
    name: Annotated[str, Field(min_length=1, max_length=_MAX_NAME_LENGTH)] = "policy"
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    framework: FrameworkName = "paper"
    warp_probability: Annotated[float, Field(ge=0, le=1)] | None = None
    n_applied: Annotated[tuple[TransformCount, TransformCount], Field(strict=False)] | None = None
    is_shuffled: bool = False
    min_mels: Annotated[int, Field(ge=0, le=10_000)] = 0
    batch: Batch | None = None
    exact_rng: bool = False
    notes: Annotated[tuple[str, ...], Field(strict=False)] = field(default=(), compare=False, repr=False)
    frontend: MelFrontend | None = field(default=None, compare=False, repr=False)
    frontend_error: str = field(default="", compare=False, repr=False)
    channel: Literal["mean", "left", "right"] | Annotated[int, Field(ge=1)] | None = field(
        default=None, compare=False, repr=False
    )
    channel_key: str = field(default="", compare=False, repr=False)

    def __repr__(self) -> str:
        kinds = [transform.kind for transform in self.transforms]
        contents = ", ".join(kinds[:5]) + (f", ... {len(kinds)} in all" if len(kinds) > 5 else "")
        probability = f", probability {self.probability:g}" if self.probability < 1 else ""
        frontend = f", front-end {self.frontend.name!r:.60}" if self.frontend is not None else ""
        rules = f"rules of {self.framework:.40}: {contents or 'no transform'}"
        return f"Policy({self.name!r:.60}, {rules}{probability}{frontend})"

    def __post_init__(self) -> None:
        """Check combinations of fields, and all transforms together."""
        check_counts(self.transforms)
        if not _FRAMEWORK_NAME.fullmatch(self.framework):
            rule = "allowed is the name of a framework in lower case, e.g. espnet"
            raise ParameterError.of_field("framework", self.framework, rule)
        if self.n_applied and self.n_applied[0] > self.n_applied[1]:
            raise ParameterError(f"n_applied={self.n_applied}: allowed is (minimum, maximum)")

    def draw(
        self,
        mel: AnyMel,
        *,
        rng: int | np.random.Generator | None = None,
        batch: Batch | None = None,
        streams: Mapping[str, RandomStream] | None = None,
    ) -> Draw:
        """Draw all random decisions for one mel.

        Parameters
        ----------
        mel : MelSpectrogram or MelStream
        rng : int, numpy.random.Generator or None
            The same integer gives the same draw.
        batch : Batch or None
            Replaces the policy's own.
        streams : mapping or None
            Random numbers for each kind of transform, and for ``coin``, instead of ``rng``; see
            `specaug_listen.frameworks.exact_streams`.

        Returns
        -------
        Draw

        Raises
        ------
        ParameterError
            When an argument has another type, or the front-end's scale has no such value as a constant fill.

        Warns
        -----
        SpecAugListenWarning
            When a mask was clamped or a transform had no effect; the same texts are in ``draw.warnings``, and as data
            in ``draw.notices``.
        """
        _check_types(mel, batch, streams)
        batch = batch or self.batch
        generator = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(as_seed(rng))
        is_warped, is_masked = self._toss(generator, streams or {}, batch)
        if not (is_warped or is_masked):
            return Draw(mel.n_mels, mel.n_frames, (), self.name, applied=False, batch=batch)
        steps: list[Step] = []
        notices: list[Notice] = []
        if mel.n_mels < self.min_mels:
            notices.append(Notice("mask-above-mel", {"min_mels": self.min_mels, "n_mels": mel.n_mels}))
        for transform in applied_transforms(self, mel.n_mels, generator, streams or {}):
            if not (is_warped if _is_warp(transform) else is_masked):
                continue
            # Each transform has its own generator, so changing one does not affect what the others draw.
            own_generator = np.random.default_rng(int(generator.integers(0, MAX_SEED, endpoint=True)))
            if isinstance(transform, CallableTransform):
                so_far = Draw(mel.n_mels, mel.n_frames, tuple(steps), batch=batch).apply(mel)  # type: ignore[type-var]
                calls, more_notices = transform.draw(so_far, own_generator)
                steps += calls
            else:
                stream = (streams or {}).get(transform.purpose) or OwnStream(own_generator)
                more_steps, more_notices = transform.draw(mel.n_mels, mel.n_frames, stream, batch)
                steps += more_steps
            notices += more_notices
            check_n_steps(len(steps))
        lines = tuple(notice.text for notice in notices)
        for line in lines:
            warnings.warn(line, SpecAugListenWarning, stacklevel=2)
        with error_context(f"policy {self.name!r}"):
            steps_of_clip, n_lost = within_clip(steps, mel.n_frames)
            draw = Draw(mel.n_mels, mel.n_frames, steps_of_clip, self.name, True, lines, batch, n_lost, tuple(notices))
            return with_fill_levels(draw, mel)

    def _toss(
        self, generator: np.random.Generator, streams: Mapping[str, RandomStream], batch: Batch | None
    ) -> tuple[bool, bool]:
        """Draw two decisions: whether warps are applied, and whether the other transforms are."""

        def toss() -> float:
            return float(streams["coin"].uniform((1,))[0]) if "coin" in streams else generator.random()

        if self.warp_probability is None:
            is_applied = toss() < self.probability
            return is_applied, is_applied
        # The framework first draws a number for the warp of each example, then one for the masks.
        first, *_ = [toss() for _ in range(batch.size if batch else 1)]
        has_warp = any(isinstance(t, TimeWarp | Warp) and t.max_frames for t in self.transforms)
        return has_warp and first < self.warp_probability, toss() < self.probability

    def with_fill(self, fill: Fill) -> Policy:
        """Return the policy with ``fill`` as the fill of every mask.

        Examples
        --------
        >>> from specaug_listen.augment import LB
        >>> LB.with_fill("floor").transforms[1].fill
        'floor'
        """
        filling = FrequencyMask | TimeMask | Mask | Cutout
        transforms = tuple(replace(t, fill=fill) if isinstance(t, filling) else t for t in self.transforms)
        return replace(self, transforms=transforms)

    def with_parameters(self, parameters: Mapping[str, Value] | None = None, /, **letters: Value) -> Policy:
        """Return the policy with some parameters changed; its name includes the changes.

        Parameters
        ----------
        parameters : mapping or None
            By their names on the command line: a letter of the paper (``F``, ``T``, ``W``, ``mF``, ``mT``, ``p``; see
            `specaug_listen.augment.parameters`), ``probability``, ``fill``, or a name such as ``time_mask.max_frames``.
        **letters : int or float
            The same as keywords.

        Raises
        ------
        ParameterError
            For a parameter that the policy does not have, with a list of those it has; for a value out of range.

        Examples
        --------
        >>> from specaug_listen.augment import LD
        >>> LD.with_parameters(F=8, p=0.2).name
        'LD,F=8,p=0.2'
        """
        pairs = [*(parameters or {}).items(), *letters.items()]
        changes = {canonical_key(key): value.item() if isinstance(value, np.generic) else value for key, value in pairs}
        if len(changes) < len(pairs):
            raise ParameterError(f"{', '.join(key for key, _ in pairs):.80}: a parameter is given twice; give it once")
        check_each_once(changes)
        policy = self
        for key, value in changes.items():
            text = value if isinstance(value, str) else value_text(value)
            with error_context(f"{key:.80}={text:.60}"):
                policy = with_policy_parameter(policy, key, value)
        notes = tuple(dict.fromkeys((*policy.notes, *notes_on(changes, policy.transforms))))
        return replace(policy, name=_name_with(self.name, changes), notes=notes)

    @property
    def callables(self) -> tuple[CallableTransform, ...]:
        """Users' callables among the transforms."""
        return tuple(t for t in self.transforms if isinstance(t, CallableTransform))


def with_policy_parameter(policy: Policy, key: str, value: Value, also: Sequence[str] = ()) -> Policy:
    """Return the policy with one parameter set to ``value`` and its name unchanged; raises as `Policy.with_parameters`.

    ``also`` lists further keys for the error message that the caller accepts.
    """
    if key == "probability":
        return replace(policy, probability=value)  # type: ignore[arg-type]
    transforms = with_parameter(policy.transforms, key, value, f"policy {policy.name!r}", also)
    # fairseq leaves mels with fewer than F bins unchanged, so min_mels follows F.
    widest = _widest_frequency_mask(policy.transforms)
    least = _widest_frequency_mask(transforms) if policy.min_mels and policy.min_mels == widest else policy.min_mels
    return replace(policy, transforms=transforms, min_mels=least)


def _widest_frequency_mask(transforms: Sequence[Any]) -> int:
    return max((t.max_width or 0 for t in transforms if isinstance(t, Mask) and t.axis == "frequency"), default=0)


def _name_with(name: str, changes: Mapping[str, Value]) -> str:
    base, before = split_name(name)
    unchanged = {key: value for key, value in before.items() if key not in changes}
    new_name = base + parameters_text({**unchanged, **changes})
    return new_name if len(new_name) <= _MAX_NAME_LENGTH else name


def _check_types(mel: object, batch: object, streams: object) -> None:
    check_mel(mel)
    if not isinstance(batch, Batch | None) or not isinstance(streams, Mapping | None):
        raise ParameterError(f"batch={batch!r:.60}, streams={streams!r:.60}: expected a Batch and a mapping, or None")


def applied_transforms(
    policy: Policy, n_mels: int, generator: np.random.Generator, streams: Mapping[str, RandomStream] | None = None
) -> Sequence[Any]:
    """Return the transforms that one draw applies, in order; the choice may be random or depend on the mel.

    ``streams["mask"]`` draws the number of transforms, ``streams["coin"]`` their order. ``generator`` draws what has no
    stream.
    """
    streams, own_stream = streams or {}, OwnStream(generator)
    if n_mels < policy.min_mels:
        return ()
    n = len(policy.transforms)
    if policy.n_applied is not None:
        least, most = policy.n_applied
        n = int(streams.get("mask", own_stream).integers(least, most + 1, (1,))[0])
    if not policy.is_shuffled or n == 0:
        return policy.transforms[:n]
    order = streams.get("coin", own_stream).shuffled(len(policy.transforms))
    return [policy.transforms[i] for i in order[:n]]


def _is_warp(transform: Any) -> bool:
    return isinstance(transform, TimeWarp | Warp)


def callable_policy(
    function: Callable[..., Any] | str, *, adapter: Adapter | None = None, name: str | None = None
) -> Policy:
    """Make a policy that calls a Mel -> Mel callable or ``torch.nn.Module``.

    Parameters
    ----------
    function : callable or str
        The callable, or its name: ``module:callable``, ``path/to/file.py:callable``, ``module:Class(width=8)``.
    adapter : Adapter or None
        How it expects the mel; None guesses, and the draw reports the guess.
    name : str or None
        Name of the policy; None uses the callable's.

    Returns
    -------
    Policy

    Raises
    ------
    ParameterError
        When it cannot be imported or called.

    Examples
    --------
    >>> callable_policy("numpy:flipud").name
    'numpy:flipud'
    """
    transform = CallableTransform.of(function, adapter)
    # Only the file's name: pages and figures should not reveal the user's folders.
    call = re.sub(r"^.*[/\\](?=[^/\\]+\.py:)", "", transform.call)
    return Policy((transform,), call[-_MAX_NAME_LENGTH:] if name is None else name)
