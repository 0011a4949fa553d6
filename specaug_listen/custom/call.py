"""Call a user's callable on a copy, under a seed, in training mode and without gradients, and restore all state."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import sys
import sysconfig
import types
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .._files import printable
from .._rng import seeded_randomness
from ..errors import ParameterError, SpecAugListenError
from ..frontends import MelSpectrogram
from .adapter import Adapter, hand_over, take_back
from .exits import no_exit, text_of

__all__ = [
    "RaisedError",
    "call_on_mel",
    "check_container",
    "code_of_user",
    "describe_error",
    "device_of",
    "generators_of",
    "in_mode",
    "isolated",
    "owner_module",
    "unwrap_partial",
    "without_gradients",
]

_MAX_REACHED = 5000
# Types that contain no other objects; and the flag of classes defined in Python (Py_TPFLAGS_HEAPTYPE of CPython).
_LEAVES = frozenset({bool, int, float, complex, str, bytes, type(None), np.ndarray, np.float32, np.float64})
_OF_PYTHON = 1 << 9
_SLOTS: weakref.WeakKeyDictionary[type, list[types.MemberDescriptorType]] = weakref.WeakKeyDictionary()
_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"]


class RaisedError(ParameterError):
    """The callable raised an error; ``description`` is that error in one line."""

    def __init__(self, text: str, description: str = "") -> None:
        super().__init__(text)
        self.description = description


def describe_error(error: BaseException) -> str:
    """Describe an error in one line: its type, the first line of its text, and where it was raised."""
    lines = [" ".join(line.split()) for line in text_of(error).splitlines() if line.strip()]
    place = _place(error)
    return f"{type(error).__name__}{f': {lines[0]:.200}' if lines else ''}{f' ({place})' if place else ''}"


def _place(error: BaseException) -> str:
    """Return file and line of an error, preferably in the user's own code; empty if none was reached."""
    step = error.__traceback__
    places = []
    while step is not None:
        places.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    places = places[1:]  # Without our own call.
    own = [place for place in places if not _is_of_library(place[0])]
    if not places:
        return ""
    file, line = (own or places)[-1]
    return f"{printable(os.path.basename(file))}, line {line}"


def _is_of_library(file: str) -> bool:
    """Return whether a file is compiled or part of an installed package; interactive code has names like <stdin>."""
    is_code = file.endswith(".py") or file.startswith(("<stdin", "<ipython", "<string"))
    return not is_code or "site-packages" in file or file.startswith(_STANDARD_LIBRARY)


@contextlib.contextmanager
def code_of_user() -> Iterator[None]:
    """Turn what a callable's code raises outside of its call, also an exit, into a `ParameterError`.

    Attributes of a callable, and of what it returns, may run code when they are read. Filters of warnings that the code
    sets end with it: as "error" they would turn our own warnings into exceptions.

    Examples
    --------
    >>> with code_of_user():  # doctest: +ELLIPSIS
    ...     raise ValueError("odd")
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: it, or what it returned, raised ValueError: odd ... when it was examined
    """
    with no_exit(), warnings.catch_warnings():
        try:
            yield
        except (SpecAugListenError, KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:
            # Within `no_exit`, as the text of an error is code of the user's, too.
            text = f"it, or what it returned, raised {describe_error(error)} when it was examined"
            raise ParameterError(text) from error


def check_container(module: Any, adapter: Adapter) -> None:
    """Raise a `ParameterError` unless a torch module would get tensors."""
    if module is not None and adapter.container != "torch":
        raise ParameterError(f"container={adapter.container!r}: a torch.nn.Module takes tensors; set container='torch'")


def call_on_mel(
    function: Callable[..., Any], mel: MelSpectrogram, adapter: Adapter, seed: int, *, to_hear: bool = False
) -> MelSpectrogram:
    """Call a callable on a mel, with a complete adapter.

    ``seed`` seeds the global generators of Python, numpy and torch, and those that the callable holds; ``to_hear``
    requires a result that can be rendered. Raises a `ParameterError` if the callable raises an error, or does not
    return a mel of the same size.
    """
    module = owner_module(function)
    check_container(module, adapter)
    arguments = hand_over(mel, adapter, device_of(module))
    with isolated(module, generators_of(function), seed, training=True), same_folder():
        try:
            result = function(*arguments.args, **arguments.kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            own = describe_error(error)
            form = f"given {adapter} of {mel.n_mels} bins and {mel.n_frames} frames"
            raise RaisedError(f"it raised {own}, {form}", own) from error
        return take_back(result, arguments, mel, adapter, to_hear=to_hear)


@contextlib.contextmanager
def isolated(module: Any, generators: Sequence[Any], seed: int, *, training: bool) -> Iterator[None]:
    """Set seed, mode and gradients for a call, and restore them; see `owner_module` and `generators_of`."""
    with seeded_randomness(seed, generators), in_mode(module, training=training), without_gradients():
        yield


@contextlib.contextmanager
def same_folder() -> Iterator[None]:
    """Restore the working folder, which paths of results are relative to."""
    folder = os.getcwd()
    try:
        yield
    finally:
        os.chdir(folder)


def unwrap_partial(function: Any) -> Any:
    """Return the function inside of `functools.partial` objects."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def owner_module(function: Any) -> Any:
    """Return the ``torch.nn.Module`` that a callable is, or is a method of; None for other callables."""
    function = unwrap_partial(function)
    torch: Any = sys.modules.get("torch")
    owner = getattr(function, "__self__", function)
    return owner if torch is not None and isinstance(owner, torch.nn.Module) else None


def device_of(module: Any) -> Any:
    """Return the device of a module's parameters and buffers; None if it has none."""
    tensors = [] if module is None else [*module.parameters(), *module.buffers()]
    return tensors[0].device if tensors else None


@contextlib.contextmanager
def in_mode(module: Any, *, training: bool) -> Iterator[None]:
    """Set a module to training or evaluation mode; restore the mode of each part and all buffers."""
    if module is None:
        yield
        return
    modes = [(part, part.training) for part in module.modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    module.train(training)
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
        for buffer, before in buffers:
            buffer.data.copy_(before)


@contextlib.contextmanager
def without_gradients() -> Iterator[None]:
    """Disable gradients, and use one thread, so that sums do not depend on the number of cores."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield
        return
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(n_threads)


def generators_of(function: Any) -> list[Any]:
    """Find the random generators that a callable can reach: by attributes, class, closure, arguments and globals."""
    torch: Any = sys.modules.get("torch")
    kinds = (random.Random, np.random.Generator, np.random.RandomState)
    kinds += () if torch is None else (torch.Generator,)
    generators: list[Any] = []
    # By identity, with references to the objects, because identities of deleted ones are reused.
    reached: dict[int, Any] = {}
    # Breadth first: otherwise a library could exhaust the limit before nearer objects are visited.
    waiting = deque([function])
    while waiting and len(reached) < _MAX_REACHED:
        here = waiting.popleft()
        if type(here) in _LEAVES or id(here) in reached:
            continue
        reached[id(here)] = here
        if isinstance(here, kinds):
            generators.append(here)
        else:
            waiting += _within(here)
    return generators


def _within(here: Any) -> list[Any]:
    """List the objects that an object refers to directly."""
    if isinstance(here, functools.partial):
        return [here.func, *here.args, *here.keywords.values()]
    if isinstance(here, types.MethodType):
        return [here.__self__, here.__func__]
    if isinstance(here, types.FunctionType):
        cells = [cell.cell_contents for cell in here.__closure__ or () if _is_filled(cell)]
        names = [here.__globals__[name] for name in here.__code__.co_names if name in here.__globals__]
        return [*cells, *names, *(here.__defaults__ or ()), *(here.__kwdefaults__ or {}).values()]
    if isinstance(here, Mapping):
        return list(here.values()) if len(here) < _MAX_REACHED else []
    if isinstance(here, (list, tuple)):
        return list(here) if len(here) < _MAX_REACHED else []
    if isinstance(here, type):
        if not here.__flags__ & _OF_PYTHON:  # a class written in C has no Python functions and no generators
            return []
        # Descriptors other than functions and methods (slots, properties) concern instances.
        values = [value for base in here.__mro__ for value in vars(base).values()]
        values = [getattr(value, "__func__", value) for value in values]
        return [v for v in values if isinstance(v, types.FunctionType) or not hasattr(type(v), "__get__")]
    if isinstance(here, types.ModuleType):
        return []
    called_by = [type(here).__call__] if callable(here) else []
    return [*getattr(here, "__dict__", {}).values(), *called_by, *_slots_of(here), type(here)]


def _slots_of(here: Any) -> Iterator[Any]:
    """Yield the values of an object's ``__slots__``, including inherited ones."""
    for slot in _slots_of_type(type(here)):
        # An unset slot raises AttributeError.
        with contextlib.suppress(AttributeError):
            yield slot.__get__(here)


def _slots_of_type(kind: type) -> list[types.MemberDescriptorType]:
    """List the slots of a class (cached, as they never change)."""
    if kind not in _SLOTS:
        slots = (value for base in kind.__mro__ for value in vars(base).values())
        _SLOTS[kind] = [slot for slot in slots if isinstance(slot, types.MemberDescriptorType)]
    return _SLOTS[kind]


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
