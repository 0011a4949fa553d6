"""Loops in machine code: compiled by numba once, loaded by LLVM alone in every later process.

numba has a cache of its own, but needs 0.4 s in every process before it can look into it; LLVM needs 0.05 s.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.metadata
import inspect
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from ._files import write_whole
from ._imports import require

__all__ = ["Loops", "Place"]

_C_TYPES = {"f": ctypes.c_void_p, "i": ctypes.c_void_p, "n": ctypes.c_int64, "x": ctypes.c_float}
_DTYPES: dict[str, np.dtype[Any]] = {"f": np.dtype(np.float32), "i": np.dtype(np.int64)}
# No freedom with floating point, not even the fused multiply-add, which some processors lack: results are the same
# bits on all of them. It is no slower, since memory is what the loops wait for.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": False}
# What numba's wrapper of a function calls when it raises. Loops over bare memory do not.
_OF_RAISING = ("numba_", "NRT_", "Py")


class Loops:
    """Functions over flat arrays, in machine code from their first use on.

    Where a compiled one is kept between processes: in ``NUMBA_CACHE_DIR`` if that is set, else in the user's cache
    folder. One that cannot be written to or read from costs the time to compile in every process.

    Parameters
    ----------
    kinds : mapping
        Each function, and of each of its parameters a letter: ``f`` is an array of float32, ``i`` of int64, ``n`` an
        integer, ``x`` a float32.
    parts : sequence of callable
        The functions that they call, each after those that it calls itself.

    Examples
    --------
    >>> def double(values, n):
    ...     for i in range(n):
    ...         values[i] *= 2
    >>> values = np.ones(3, np.float32)
    >>> Loops({double: "fn"}).native("double")(values, 2)
    >>> values
    array([2., 2., 1.], dtype=float32)
    """

    def __init__(self, kinds: Mapping[Callable[..., None], str], parts: Sequence[Callable[..., None]] = ()) -> None:
        self._functions: dict[str, Any] = {function.__name__: function for function in kinds}
        self._kinds = {function.__name__: letters for function, letters in kinds.items()}
        self._parts: list[Any] = list(parts)
        self._native = dict[str, Callable[..., None]]()
        self._unlock()
        if hasattr(os, "register_at_fork"):
            # A child whose parent was just compiling would wait for ever.
            os.register_at_fork(after_in_child=self._unlock)

    def native(self, name: str) -> Callable[..., None]:
        """A function in machine code.

        It takes arrays that lie in memory without gaps, and checks that, and their dtype; it keeps within no bounds.
        """
        with self._lock:
            if not self._native:
                self._load()
        return self._native[name]

    def _unlock(self) -> None:
        self._lock = threading.Lock()

    def _load(self) -> None:
        path = None
        try:
            path = _folder() / f"{self._key()}.loops"
            addresses, owner = _loaded(_read(path))
        except Exception:  # None is there, or it is damaged, or sources are out of reach: a compiler is at hand.
            addresses, owner = self._compiled(path)
        self._native = {name: _checking(addresses[name], kinds, owner) for name, kinds in self._kinds.items()}

    def _compiled(self, path: Path | None) -> tuple[dict[str, int], Any]:
        compiled = self._by_numba()
        try:
            code = _object_code(compiled)
            addresses, owner = _loaded(code)
        except Exception:  # Every process has to compile, then.
            return {name: function.address for name, function in compiled.items()}, compiled
        if path:
            with contextlib.suppress(Exception):  # A full disk, no folder, none that can be written to.
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, _written(code))
        return addresses, owner

    def _by_numba(self) -> dict[str, Any]:
        numba = require("numba", purpose="fast loops")
        # Who asked numba not to compile wants to step through code of their own.
        is_disabled, numba.config.DISABLE_JIT = numba.config.DISABLE_JIT, 0
        try:
            return self._compiled_with(numba)
        finally:
            numba.config.DISABLE_JIT = is_disabled

    def _compiled_with(self, numba: Any) -> dict[str, Any]:
        of = {"f": numba.types.CPointer(numba.float32), "i": numba.types.CPointer(numba.int64)}
        of |= {"n": numba.int64, "x": numba.float32}
        known: dict[str, Any] = {}
        for part in self._parts:
            known[part.__name__] = numba.njit(**_OPTIONS)(_knowing(known, part))
        compiled = {}
        for name, function in self._functions.items():
            rebuilt = _knowing(known, function)
            compiled[name] = numba.cfunc(numba.void(*(of[kind] for kind in self._kinds[name])), **_OPTIONS)(rebuilt)
        return compiled

    def _key(self) -> str:
        """Of everything that the machine code follows from."""
        llvm, machine = _llvm()
        functions = [*self._functions.values(), *self._parts]
        constants = {
            k: v for f in functions for k, v in inspect.getclosurevars(f).globals.items() if isinstance(v, int)
        }
        about = [[inspect.getsource(function) for function in functions], self._kinds, constants]
        about += [inspect.getsource(sys.modules[__name__]), *map(importlib.metadata.version, ("numba", "llvmlite"))]
        about += [machine.triple, *_processor(llvm), _numba_settings()]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def _knowing(known: dict[str, Any], function: Any) -> FunctionType:
    """The same function, which calls compiled ones."""
    return FunctionType(function.__code__, {**function.__globals__, **known}, function.__name__)


class Place(int):
    """Where an array lies in memory: to be found once for an array that is passed often.

    Parameters
    ----------
    array : np.ndarray
        Kept from being freed.

    Raises
    ------
    TypeError
        When it lies there with gaps.
    """

    array: np.ndarray[Any, Any]

    def __new__(cls, array: np.ndarray[Any, Any]) -> Place:
        """Find it."""
        if not array.flags.c_contiguous:
            raise TypeError(f"array has strides {array.strides}: expected one without gaps")
        place = super().__new__(cls, array.ctypes.data)
        place.array = array
        return place


class _Code(NamedTuple):
    machine_code: bytes
    symbols: dict[str, str]
    externals: list[str]


def _raised() -> None:
    raise AssertionError("loops over bare memory do not raise")


_NEVER_CALLED = ctypes.CFUNCTYPE(None)(_raised)


def _llvm() -> tuple[Any, Any]:
    """LLVM, and the processor to compile for as its target."""
    llvm = require("llvmlite.binding", purpose="fast loops")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = _processor(llvm)
    target = llvm.Target.from_default_triple()
    return llvm, target.create_target_machine(cpu=name, features=features, opt=3, jit=True)


def _processor(llvm: Any) -> tuple[str, str]:
    """Name and features of the processor to compile for: this one, or the one that numba's settings name."""
    name = os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name()
    features = os.environ.get("NUMBA_CPU_FEATURES")
    if features is None:  # as numba has it
        features = "" if name.lower() == "generic" else llvm.get_host_cpu_features().flatten()
    return name, features


def _loaded(code: _Code) -> tuple[dict[str, int], Any]:
    """Where the functions lie, and what has to live as long as they are called."""
    llvm, machine = _llvm()
    # An engine looks for symbols in the process, too; without one, LLVM does not.
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    for name in code.externals:
        if llvm.address_of_symbol(name) is None:
            if not name.startswith(_OF_RAISING):
                raise LookupError(name)
            llvm.add_symbol(name, ctypes.cast(_NEVER_CALLED, ctypes.c_void_p).value)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code.machine_code))
    engine.finalize_object()
    addresses = {name: engine.get_function_address(symbol) for name, symbol in code.symbols.items()}
    if not all(addresses.values()):
        raise LookupError(addresses)
    return addresses, engine


def _object_code(compiled: Mapping[str, Any]) -> _Code:
    llvm, machine = _llvm()
    whole = llvm.parse_assembly("")
    for function in compiled.values():
        whole.link_in(llvm.parse_assembly(function.inspect_llvm()))
    externals = [f.name for f in whole.functions if f.is_declaration and not f.name.startswith("llvm.")]
    externals += [v.name for v in whole.global_variables if v.is_declaration]
    symbols = {name: function.native_name for name, function in compiled.items()}
    return _Code(machine.emit_object(whole), symbols, externals)


def _numba_settings() -> dict[str, str]:
    """Those of the environment: many change the code that numba makes."""
    others = {"NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT", "NUMBA_NUM_THREADS"}
    return {k: os.environ[k] for k in sorted(os.environ) if k.startswith("NUMBA_") and k not in others}


def _folder() -> Path:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(chosen)
    folder = Path(require("platformdirs", purpose="a cache folder").user_cache_dir("specaug-listen"))
    if not folder.is_absolute():  # a user without a home
        raise FileNotFoundError(folder)
    return folder


def _written(code: _Code) -> bytes:
    body = json.dumps([code.symbols, code.externals]).encode() + b"\n" + code.machine_code
    return hashlib.sha256(body).digest() + body


def _read(path: Path) -> _Code:
    """What `_written` has written; raises whatever is amiss."""
    content = path.read_bytes()
    # Half a file must not be run.
    if hashlib.sha256(content[32:]).digest() != content[:32]:
        raise ValueError(path)
    head, machine_code = content[32:].split(b"\n", 1)
    symbols, externals = json.loads(head)
    return _Code(machine_code, symbols, externals)


def _checking(address: int, kinds: str, owner: Any) -> Callable[..., None]:
    """A function at an address, for arrays of the right dtype that lie in memory without gaps."""
    call = ctypes.CFUNCTYPE(None, *(_C_TYPES[kind] for kind in kinds))(address)
    dtypes: list[np.dtype[Any] | None] = [_DTYPES.get(kind) for kind in kinds]

    def checked(*arguments: Any) -> None:
        call(*(each if dtype is None else _at(each, dtype) for each, dtype in zip(arguments, dtypes, strict=True)))

    checked.owner = owner  # type: ignore[attr-defined]
    return checked


def _at(array: np.ndarray[Any, Any] | Place, dtype: np.dtype[Any]) -> Place:
    place = array if isinstance(array, Place) else Place(array)
    if place.array.dtype != dtype:
        raise TypeError(f"array is {place.array.dtype}: expected {dtype}")
    return place
