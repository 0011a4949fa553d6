"""Call a user's callable: on a copy, under a seed, in training mode, without gradients, and leaving no trace."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import sys
import sysconfig
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .._files import printable
from .._rng import seeded_randomness
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from .adapter import Adapter, hand_over, take_back

__all__ = [
    "RaisedError",
    "call_on_mel",
    "check_container",
    "describe_error",
    "device_of",
    "generators_of",
    "in_mode",
    "isolated",
    "owner_module",
    "unwrap_partial",
    "without_gradients",
]

_MOST_REACHED = 5000
# What holds nothing else; and the flag of classes that were made by Python code (Py_TPFLAGS_HEAPTYPE of CPython).
_LEAVES = frozenset({bool, int, float, complex, str, bytes, type(None), np.ndarray, np.float32, np.float64})
_OF_PYTHON = 1 << 9
_SLOTS: weakref.WeakKeyDictionary[type, list[types.MemberDescriptorType]] = weakref.WeakKeyDictionary()
_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"]


class RaisedError(ParameterError):
    """The callable itself raised an error; ``description`` is that error in one line."""

    def __init__(self, text: str, description: str = "") -> None:
        super().__init__(text)
        self.description = description


def describe_error(error: BaseException) -> str:
    """Describe the error of a callable in one line: its type, the first line of its text, and where it was raised."""
    lines = [" ".join(line.split()) for line in _text(error).splitlines() if line.strip()]
    place = _place(error)
    return f"{type(error).__name__}{f': {lines[0]:.200}' if lines else ''}{f' ({place})' if place else ''}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # An error may fail to tell its text, too.
        return ""


def _place(error: BaseException) -> str:
    """Return file and line, of the user's own code where there is some; empty where it was never reached."""
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
    """Say whether a file is of an installed package, or compiled; what is typed in has a name in angle brackets."""
    is_code = file.endswith(".py") or file.startswith(("<stdin", "<ipython", "<string"))
    return not is_code or "site-packages" in file or file.startswith(_STANDARD_LIBRARY)


def check_container(module: Any, adapter: Adapter) -> None:
    """Raise a ParameterError where a module would be given something else."""
    if module is not None and adapter.container != "torch":
        raise ParameterError(f"container={adapter.container!r}: a torch.nn.Module takes tensors; set container='torch'")


def call_on_mel(
    function: Callable[..., Any], mel: MelSpectrogram, adapter: Adapter, seed: int, *, to_hear: bool = False
) -> MelSpectrogram:
    """Call a callable on a mel.

    Parameters
    ----------
    function : callable
    mel : MelSpectrogram
    adapter : Adapter
        Without a None.
    seed : int
        Of the global generators of Python, numpy and torch, and of those that the callable keeps.
    to_hear : bool
        Whether what it gives must stand for a sound.

    Raises
    ------
    ParameterError
        When it raises an error, or gives what is no mel of this size.
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
    """Call a callable under a seed, in a mode and without gradients, and leave all of that as it was.

    Parameters
    ----------
    module : torch.nn.Module or None
        See `owner_module`.
    generators : sequence
        See `generators_of`.
    seed : int
    training : bool
    """
    with seeded_randomness(seed, generators), in_mode(module, training=training), without_gradients():
        yield


@contextlib.contextmanager
def same_folder() -> Iterator[None]:
    """Come back to the working folder, which results are written relative to."""
    folder = os.getcwd()
    try:
        yield
    finally:
        os.chdir(folder)


def unwrap_partial(function: Any) -> Any:
    """Return what lies under `functools.partial`."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def owner_module(function: Any) -> Any:
    """Return the ``torch.nn.Module`` that is called, itself or by one of its methods; None where there is none."""
    function = unwrap_partial(function)
    torch: Any = sys.modules.get("torch")
    owner = getattr(function, "__self__", function)
    return owner if torch is not None and isinstance(owner, torch.nn.Module) else None


def device_of(module: Any) -> Any:
    """Return the device that a module's parameters lie on; None where it has none."""
    held = [] if module is None else [*module.parameters(), *module.buffers()]
    return held[0].device if held else None


@contextlib.contextmanager
def in_mode(module: Any, *, training: bool) -> Iterator[None]:
    """Set a module to training, where augmentations act, or not; restore the mode of each part, and all buffers."""
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
    """Switch gradients off, and use one thread, so that sums do not depend on how many cores there are."""
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
    """Find the generators that a callable keeps: in its attributes or its class's, closure, arguments, or module."""
    torch: Any = sys.modules.get("torch")
    kinds = (random.Random, np.random.Generator, np.random.RandomState)
    kinds += () if torch is None else (torch.Generator,)
    generators: list[Any] = []
    # By identity; the objects themselves are held, as the identity of one that is gone may be another's.
    reached: dict[int, Any] = {}
    # What is nearest comes first, or a library that is reached could use up what is allowed.
    waiting = deque([function])
    while waiting and len(reached) < _MOST_REACHED:
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
    """List what an object holds, one step down."""
    if isinstance(here, functools.partial):
        return [here.func, *here.args, *here.keywords.values()]
    if isinstance(here, types.MethodType):
        return [here.__self__, here.__func__]
    if isinstance(here, types.FunctionType):
        cells = [cell.cell_contents for cell in here.__closure__ or () if _is_filled(cell)]
        names = [here.__globals__[name] for name in here.__code__.co_names if name in here.__globals__]
        return [*cells, *names, *(here.__defaults__ or ()), *(here.__kwdefaults__ or {}).values()]
    if isinstance(here, Mapping):
        return list(here.values()) if len(here) < _MOST_REACHED else []
    if isinstance(here, (list, tuple)):
        return list(here) if len(here) < _MOST_REACHED else []
    if isinstance(here, type):
        if not here.__flags__ & _OF_PYTHON:  # written in C, it holds no functions of Python and no generators
            return []
        # Of descriptors, those that are or hold functions; what lies in slots is for an instance to say.
        held = [value for base in here.__mro__ for value in vars(base).values()]
        held = [getattr(value, "__func__", value) for value in held]
        return [v for v in held if isinstance(v, types.FunctionType) or not hasattr(type(v), "__get__")]
    if isinstance(here, types.ModuleType):
        return []
    called_by = [type(here).__call__] if callable(here) else []
    return [*getattr(here, "__dict__", {}).values(), *called_by, *_slots_of(here), type(here)]


def _slots_of(here: Any) -> Iterator[Any]:
    """Yield what an object holds in the ``__slots__`` of its class and of those that it inherits from."""
    for slot in _slots_of_type(type(here)):
        # One that was never filled is no attribute.
        with contextlib.suppress(AttributeError):
            yield slot.__get__(here)


def _slots_of_type(kind: type) -> list[types.MemberDescriptorType]:
    """List the slots of a class; they are as they are from its beginning, so they are looked for once."""
    if kind not in _SLOTS:
        slots = (value for base in kind.__mro__ for value in vars(base).values())
        _SLOTS[kind] = [slot for slot in slots if isinstance(slot, types.MemberDescriptorType)]
    return _SLOTS[kind]


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
