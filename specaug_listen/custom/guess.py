"""Guess the adapter of a callable: of known modules by name, of others by their documentation and by trial."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from .._notices import Notice
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from .adapter import Adapter, OtherShapeError, with_defaults
from .call import RaisedError, call_on_mel, owner_module, unwrap_partial

__all__ = [
    "KNOWN",
    "Evidence",
    "GuessedForm",
    "adapter_for",
    "adapter_without_trial",
    "candidates",
    "documented_axes",
    "lengths_left_out",
    "optional_lengths",
    "widen_square",
]


class Evidence(Enum):
    """How an adapter is known; the value describes it in messages."""

    MODULE = "as it is known of this module"
    TRIAL = "guessed; where that is wrong, declare an Adapter (--adapter axes=...)"


_BINS_LAST = Adapter(axes="batch, frames, bins", container="torch", lengths="none")
_FRAMES_LAST = Adapter(axes="batch, bins, frames", container="torch", lengths="none")
_WITH_LENGTHS = dataclasses.replace(_BINS_LAST, lengths="frames")
_NEMO = dataclasses.replace(_FRAMES_LAST, mel_argument="input_spec", lengths="frames", lengths_argument="length")
# (package, name of a class or function) -> its adapter, from the sources of its project.
KNOWN: dict[tuple[str, str], Adapter] = {
    **{("torchaudio", name): _FRAMES_LAST for name in ("TimeMasking", "FrequencyMasking", "SpecAugment")},
    **{("espnet2", name): _WITH_LENGTHS for name in ("SpecAug", "MaskAlongAxis", "MaskAlongAxisVariableMaxWidth")},
    ("espnet2", "TimeWarp"): _WITH_LENGTHS,
    **{("nemo", name): _NEMO for name in ("SpectrogramAugmentation", "SpecAugment", "MaskedPatchAugmentation")},
    ("nemo", "SpecCutout"): dataclasses.replace(_NEMO, lengths="none", lengths_argument=None),
    **{("speechbrain", name): _BINS_LAST for name in ("SpectrogramDrop", "Warping", "SpecAugment")},
    ("speechbrain", "Augmenter"): dataclasses.replace(_BINS_LAST, lengths="ratio"),
    ("lhotse", "SpecAugment"): _BINS_LAST,
    **{
        ("wenet", name): Adapter(axes="frames, bins", container="torch", lengths="none", key="feat")
        for name in ("spec_aug", "spec_sub", "spec_trim")
    },
    ("fairseq", "SpecAugmentTransform"): Adapter(axes="frames, bins", container="numpy", lengths="none"),
    ("transformers", "_mask_input_features"): _FRAMES_LAST,
}
_AXES_OF_ONE = ("bins, frames", "batch, bins, frames", "frames, bins", "batch, frames, bins")
_AXES_OF_BATCHES = ("batch, bins, frames", "batch, frames, bins", "bins, frames", "frames, bins")
_AXES_OF_IMAGES = ("batch, channel, bins, frames", "batch, channel, frames, bins")
_WORDS = {
    "batch": "... b bs bsz batch batch_size n * n_batch",
    "channel": "1 c channel channels n_channels",
    "frames": "frame frames l len length n_frames num_frames seq seq_len t time time_steps timesteps",
    "bins": "band bands bin bins d dim f feat feature_dim features freq freqs frequency mel mels n_mels num_mels",
}
_AXIS_OF = {word: axis for axis, words in _WORDS.items() for word in words.split()}
_SHAPE = re.compile(r"[(\[]([^()\[\]\n]{3,80})[)\]]")
_LENGTHS = re.compile(r"(.*_)?(length|lengths|len|lens|ilens|n_frames)", re.I)
# Parameters with these words in their names are lengths of masks or limits, not lengths of clips.
_NO_LENGTHS = frozenset({"max", "min", "mask", "target", "chunk", "crop", "fixed", "hop", "win", "pad", "warp"})
_MELS = frozenset({"input_spec", "spec", "mel", "mels", "x", "xs", "features", "feats", "spectrogram", "specgram"})


class GuessedForm(NamedTuple):
    """The form of mel that a callable is given.

    Parameters
    ----------
    adapter : Adapter
    how : Evidence or None
        None if everything was declared.
    failure : str
        The error of a trial in this form that did not fail when it was repeated; empty if there was none.
    """

    adapter: Adapter
    how: Evidence | None
    failure: str = ""


def adapter_for(function: Callable[..., Any], declared: Adapter, mel: MelSpectrogram, seed: int) -> GuessedForm:
    """Complete a declared adapter, if necessary by trial calls on ``mel``.

    Raises a `ParameterError` if no way of calling works.
    """
    certain = adapter_without_trial(function, declared)
    return _form_by_trial(function, declared, mel, seed) if certain is None else GuessedForm(*certain)


def adapter_without_trial(function: Callable[..., Any], declared: Adapter) -> tuple[Adapter, Evidence | None] | None:
    """Complete an adapter that is declared in full or known for a module; None if a trial is needed."""
    if declared.axes is not None and declared.container is not None:
        return with_defaults(declared), None
    adapter = _adapter_of_module(function)
    if adapter is None:
        return None
    changes = {key: value for key, value in dataclasses.asdict(declared).items() if value != getattr(Adapter(), key)}
    return with_defaults(dataclasses.replace(adapter, **changes)), Evidence.MODULE


def _adapter_of_module(function: Any) -> Adapter | None:
    inner = unwrap_partial(function)
    source = inner if hasattr(inner, "__qualname__") else type(inner)
    for base in source.__mro__ if isinstance(source, type) else [source]:
        package = str(getattr(base, "__module__", None) or "").split(".")[0]
        adapter = KNOWN.get((package, getattr(base, "__name__", "")))
        if adapter is not None:
            return adapter
    return None


def _form_by_trial(function: Callable[..., Any], declared: Adapter, mel: MelSpectrogram, seed: int) -> GuessedForm:
    probe = widen_square(mel)
    errors: list[tuple[Adapter, ParameterError]] = []
    works = None
    for adapter in candidates(function, declared):
        error = _error_of(function, probe, adapter, seed)
        if error is None:
            works = adapter
            break
        errors.append((adapter, error))
    # A call that fails by chance, or because it is one of the first, must not lead to another form.
    for adapter, error in errors:
        if not isinstance(error, OtherShapeError) and _error_of(function, probe, adapter, seed) is None:
            return GuessedForm(adapter, Evidence.TRIAL, getattr(error, "description", "") or str(error))
    if works is None:
        raise _refusal([error for _, error in errors])
    return GuessedForm(works, Evidence.TRIAL)


def _error_of(function: Callable[..., Any], mel: MelSpectrogram, adapter: Adapter, seed: int) -> ParameterError | None:
    """Call a callable on a mel, and return why that is no use; None if it works."""
    try:
        call_on_mel(function, mel, adapter, seed)
    except ParameterError as error:
        return error
    return None


def _refusal(errors: list[ParameterError]) -> ParameterError:
    """Choose the most informative error of all trials; add that others were tried if an adapter may help."""
    # Wrong results say more than errors raised by the callable, which other orders of axes cause.
    first = min(errors, key=lambda error: isinstance(error, OtherShapeError) + 2 * isinstance(error, RaisedError))
    if len(errors) == 1:
        return first
    if isinstance(first, RaisedError) and len({getattr(error, "description", "") for error in errors}) == 1:
        return RaisedError(f"it raised {first.description}, in whatever way it was given the mel", first.description)
    if not isinstance(first, (RaisedError, OtherShapeError)):
        return first
    advice = f"{len(errors)} ways of calling it were tried: declare an Adapter (--adapter axes=...)"
    return type(first)(f"{first}; {advice}")


def widen_square(mel: MelSpectrogram) -> MelSpectrogram:
    """Add a frame to a square mel, so that bins and frames cannot be confused; return other mels unchanged."""
    if mel.n_mels != mel.n_frames:
        return mel
    values = np.concatenate([mel.values, mel.values[:, -1:]], axis=1)
    return MelSpectrogram(values, mel.frontend, statistics=mel.statistics)


def candidates(function: Any, declared: Adapter) -> Iterator[Adapter]:
    """Yield possible adapters of a callable, the likeliest first; at least one."""
    calls = [_with_arguments(function, declared)]
    optional = optional_lengths(function)
    if optional and calls[0].lengths is None and calls[0].lengths_argument is None:
        # First with lengths, as in training; without them only if no call with them works.
        calls.insert(0, dataclasses.replace(calls[0], lengths="frames", lengths_argument=optional))
    documented = documented_axes(function)
    plain = _AXES_OF_BATCHES if owner_module(function) is not None else _AXES_OF_ONE
    orders = (declared.axes,) if declared.axes else dict.fromkeys((*documented, *plain, *_AXES_OF_IMAGES))
    for axes in orders:
        for call, container in itertools.product(calls, _containers(function, declared)):
            yield with_defaults(dataclasses.replace(call, axes=axes, container=container))


def _containers(function: Any, declared: Adapter) -> tuple[Any, ...]:
    if declared.container is not None:
        return (declared.container,)
    if owner_module(function) is not None:
        return ("torch",)
    if sys.modules.get("torch") is None:
        return ("numpy",)
    inner = unwrap_partial(function)
    hints = str(getattr(inner, "__annotations__", {}))
    used = getattr(inner, "__code__", None)
    names = set(used.co_names) if used is not None else set()
    if "Tensor" in hints or ("torch" in names and "ndarray" not in hints):
        return ("torch", "numpy")
    return ("numpy", "torch")


def _parameters(function: Any) -> list[inspect.Parameter]:
    """List the parameters of a callable; empty if they cannot be read."""
    inner = owner_module(function)
    target = inner.forward if inner is not None and unwrap_partial(function) is inner else function
    try:
        return list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return []


def optional_lengths(function: Any) -> str | None:
    """Return the name of a callable's optional argument for lengths, such as ``lengths=None``; None without one."""
    bound = function.keywords if isinstance(function, functools.partial) else {}
    by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    optional = [p.name for p in _parameters(function)[1:] if p.kind in by_name and p.default is None]
    names = [name for name in optional if name not in bound and _LENGTHS.fullmatch(name)]
    return next((name for name in names if not _NO_LENGTHS & set(name.lower().split("_"))), None)


def lengths_left_out(call: str, optional: str | None, declared: Adapter, adapter: Adapter) -> list[Notice]:
    """Return a notice if a callable is called without its optional lengths although nobody declared that."""
    if optional is None or declared.lengths is not None or adapter.lengths != "none":
        return []
    return [Notice("lengths-left-out", {"call": call, "argument": optional})]


def _with_arguments(function: Any, declared: Adapter) -> Adapter:
    """Complete how mel and lengths are passed, by the names of the callable's required parameters."""
    fixed = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    needed = [p for p in _parameters(function) if p.default is inspect.Parameter.empty and p.kind not in fixed]
    for number, parameter in enumerate(needed):
        by_name = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        name = parameter.name if by_name else None
        if _LENGTHS.fullmatch(parameter.name) and (number or len(needed) > 1):
            declared = dataclasses.replace(
                declared, lengths=declared.lengths or "frames", lengths_argument=declared.lengths_argument or name
            )
        elif number == 0 or parameter.name in _MELS:
            declared = dataclasses.replace(declared, mel_argument=declared.mel_argument or name)
        elif declared.lengths is None or number > 1:
            raise ParameterError(
                f"it needs {parameter.name!r} beside the mel; set it with functools.partial or in brackets after its "
                "name, or declare what it means with an Adapter"
            )
    return declared


def documented_axes(function: Any) -> list[str]:
    """List orders of axes that a callable's documentation names, such as "(batch, time, freq)"."""
    inner = unwrap_partial(function)
    texts = []
    for part in (inner, getattr(inner, "forward", None), None if inspect.isroutine(inner) else type(inner).__call__):
        with contextlib.suppress(Exception):
            texts.append(inspect.getdoc(part) or "")
    orders = []
    for shape in _SHAPE.findall("\n".join(texts)):
        words = [word.strip(" *`'\"").lower() for word in re.split(r",|×| x ", shape)]
        axes = [_AXIS_OF.get(word) or _AXIS_OF.get(word.split("=")[0].strip()) for word in words]
        if None not in axes and len(set(axes)) == len(axes) and {"bins", "frames"} <= set(axes):
            orders.append(", ".join(str(axis) for axis in axes))
    return orders
