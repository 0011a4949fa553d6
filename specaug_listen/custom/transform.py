"""Any Mel -> Mel callable or ``torch.nn.Module`` as a transform of a policy."""

from __future__ import annotations

import dataclasses
import hashlib
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from .._notices import Notice
from .._records import Seed, Sha256, record
from .._rng import MAX_SEED
from ..errors import ParameterError, code_at_fault, error_context
from ..frontends import AnyMel, MelSpectrogram
from .adapter import Adapter
from .call import call_on_mel, code_of_user, describe_error
from .exits import no_exit
from .guess import GuessedForm, adapter_for, lengths_left_out, optional_lengths
from .load import absolute_spec, load_callable, name_of, source_sha256

__all__ = ["MAX_HELD_S", "CallableStep", "CallableTransform"]

# A callable needs the whole clip in memory; longer clips are refused.
MAX_HELD_S = 600.0
# Never written to a file or read from one.
Function: TypeAlias = Annotated[SkipJsonSchema[Callable[..., Any] | None], Field(exclude=True)]
Result: TypeAlias = Annotated[SkipJsonSchema[types.SimpleNamespace | None], Field(exclude=True)]


@record
class CallableStep:
    """One drawn call of a callable.

    Parameters
    ----------
    call : str
        Name of the callable; ``module:callable`` if it can be imported.
    adapter : Adapter
        The form of mel that it got.
    seed : int
        Seed of all randomness in the call.
    given_sha256, made_sha256 : str
        Hashes of the input mel and of the result.
    is_importable : bool
        Whether importing ``call`` returns the callable.
    is_repeatable : bool
        Whether two calls under the seed gave the same result.
    source_sha256 : str or None
        Hash of the callable's source file.
    function : callable or None
        The callable itself; it is not written to files, see `specaug_listen.augment.Draw.with_callable`.
    """

    call: Annotated[str, Field(min_length=1, max_length=10_000)]
    adapter: Adapter
    seed: Seed
    given_sha256: Sha256
    made_sha256: Sha256
    is_importable: bool
    is_repeatable: bool
    source_sha256: Sha256 | None = None
    function: Function = dataclasses.field(default=None, compare=False, repr=False)
    result: Result = dataclasses.field(default=None, compare=False, repr=False)
    kind: Literal["foreign"] = "foreign"  # the former term, which records keep

    def apply(self, mel: AnyMel) -> MelSpectrogram:
        """Repeat the call under the seed.

        Parameters
        ----------
        mel : MelSpectrogram

        Returns
        -------
        MelSpectrogram

        Raises
        ------
        ParameterError
            If the callable is missing, does not return a mel of the same size, or gives another result than recorded
            for the recorded input.
        """
        mel = whole(mel, self.call)
        is_same = _sha256(mel) == self.given_sha256
        if is_same and self.result is not None:
            return mel.with_values(self.result.values)
        with error_context(self.call):
            if self.function is None:
                raise ParameterError(
                    "is code, and a draw that was read from a file does not import any: pass the callable, "
                    f"draw.with_callable({self._how_to_name()}) or --policy {self._how_to_name(quote=False)}"
                )
            self._check_source(self.function)
            with code_at_fault(), code_of_user():
                after = call_on_mel(self.function, mel, self.adapter, self.seed)
            if is_same and _sha256(after) != self.made_sha256:
                raise ParameterError(self._why_other())
        return after

    def with_function(self, function: Callable[..., Any] | str) -> CallableStep:
        """Return the step with its callable, which may be given by name."""
        if isinstance(function, str):
            with code_of_user():
                function = load_callable(function)
        return dataclasses.replace(self, function=function)

    def _how_to_name(self, *, quote: bool = True) -> str:
        if not self.is_importable:
            return "the_callable" if quote else "module:callable"
        return repr(self.call) if quote else f"'{self.call}'"

    def _check_source(self, function: Callable[..., Any]) -> None:
        now = source_sha256(function)
        if self.source_sha256 is not None and now != self.source_sha256:
            why = "has changed since the draw" if now else "cannot be read"
            raise ParameterError(f"its source file {why}; the draw can only be repeated with the same version")

    def _why_other(self) -> str:
        if not self.is_repeatable:
            return (
                "is not reproducible: it gave two results under the same seed when it was drawn, and another one now; "
                "draw from random, numpy.random or torch"
            )
        return "gives another result than when it was drawn: its code, its parameters or library versions differ"


@record
class CallableTransform:
    """A Mel -> Mel callable as a transform.

    It is called on a copy, in training mode and without gradients, under a seed that the draw records. The global
    generators of Python, numpy and torch are seeded for the call and restored afterwards.

    Parameters
    ----------
    call : str
        Name of the callable.
    adapter : Adapter
        The form of mel that it expects; fields that are not declared are guessed, with a notice.
    is_importable : bool
        Whether importing ``call`` returns the callable.
    source_sha256 : str or None
        Hash of the callable's source file.
    function : callable or None
        The callable itself; it is not written to files.

    Raises
    ------
    ParameterError
        If a value is not allowed.

    Examples
    --------
    >>> from specaug_listen import Audio, frontends
    >>> def quieter(mel):
    ...     return mel - 1
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(32000) * 0.2), 16000))
    >>> steps, notices = CallableTransform.of(quieter).draw(mel, np.random.default_rng(0))
    >>> round(float((steps[0].apply(mel).values - mel.values).mean()), 3)
    -1.0
    """

    call: Annotated[str, Field(min_length=1, max_length=10_000)]
    adapter: Adapter = Adapter()
    is_importable: bool = False
    source_sha256: Sha256 | None = None
    function: Function = dataclasses.field(default=None, compare=False, repr=False)
    kind: Literal["foreign"] = "foreign"

    @classmethod
    def of(cls, function: Callable[..., Any] | str, adapter: Adapter | None = None) -> CallableTransform:
        """Make a transform of a callable, or of its name (see `specaug_listen.custom.load_callable`)."""
        spec = function if isinstance(function, str) else None
        if spec is not None:
            with code_of_user():
                function = load_callable(spec)
        elif not callable(function):
            raise ParameterError(f"{function!r:.80}: expected a callable from mel to mel, or module:callable")
        with no_exit():
            try:
                call, is_importable = name_of(function) if spec is None else (absolute_spec(spec), True)
                sha256 = source_sha256(function)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # an object may raise an error for any attribute
                raise ParameterError(
                    f"{type(function).__name__}: no attribute of this callable can be read, as it raises "
                    f"{describe_error(error)}; expected AttributeError, or a value, where one is asked for __qualname__"
                ) from None
        return cls(call, adapter or Adapter(), is_importable, sha256, function)

    def draw(self, mel: AnyMel, rng: np.random.Generator) -> tuple[list[CallableStep], list[Notice]]:
        """Draw a seed and call the callable; return the step, with notices of guesses and irreproducible results."""
        mel = whole(mel, self.call)
        seed = int(rng.integers(0, MAX_SEED, endpoint=True))
        with error_context(self.call):
            if self.function is None:
                raise ParameterError("is code, and a policy that was read from a file imports none; pass the callable")
            with code_at_fault(), code_of_user():
                form = adapter_for(self.function, self.adapter, mel, seed)
                after = call_on_mel(self.function, mel, form.adapter, seed, to_hear=True)
                again = call_on_mel(self.function, mel, form.adapter, seed)
                optional = optional_lengths(self.function)
        step = CallableStep(
            self.call,
            form.adapter,
            seed,
            _sha256(mel),
            _sha256(after),
            self.is_importable,
            bool(np.array_equal(after.values, again.values)),
            self.source_sha256,
            self.function,
            types.SimpleNamespace(values=after.values),
        )
        return [step], self._notices(step, form, optional, mel)

    def _notices(
        self, step: CallableStep, form: GuessedForm, optional: str | None, mel: MelSpectrogram
    ) -> list[Notice]:
        notices = []
        if form.how is not None:
            values = {"call": self.call, "adapter": str(step.adapter), "how": form.how.value}
            notices.append(Notice("guessed-form", values))
        if form.failure:
            notices.append(Notice("failed-once", {"call": self.call, "error": form.failure}))
        notices += lengths_left_out(self.call, optional, self.adapter, step.adapter)
        if not step.is_repeatable:
            notices.append(Notice("not-repeatable", {"call": self.call}))
        if step.result is not None and np.array_equal(step.result.values, mel.values):
            notices.append(Notice("changed-nothing", {"call": self.call}))
        return notices


def whole(mel: AnyMel, call: str) -> MelSpectrogram:
    """Return a mel that is in memory; raise a `ParameterError` for one that is read in parts."""
    if isinstance(mel, MelSpectrogram):
        return mel
    raise ParameterError(
        f"{call} needs the whole clip, but {mel.duration_s:.0f} s are read in parts; take at most "
        f"{MAX_HELD_S:.0f} s of it (--duration)"
    )


def _sha256(mel: MelSpectrogram) -> str:
    return hashlib.sha256(np.ascontiguousarray(mel.values, dtype="<f4").tobytes()).hexdigest()
