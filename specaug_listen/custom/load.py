"""Import callables by name: ``module:name``, ``path/to/file.py:name``, ``module:Class(width=8)``."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from .._files import printable, read_file
from ..errors import ParameterError, error_context, nearest
from .exits import text_of

__all__ = ["absolute_spec", "is_spec", "load_callable", "name_of", "source_sha256"]

Arguments = tuple[list[Any], dict[str, Any]]
_SPEC = re.compile(r"(?P<where>.+?):(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(?P<arguments>\(.*\))?", re.S)
_MAX_SPEC_LENGTH = 10_000
_MAX_BYTES = 1 << 24


def is_spec(text: str) -> bool:
    """Return whether a text has the form of a callable's name.

    Examples
    --------
    >>> is_spec("my.module:mask"), is_spec("LD")
    (True, False)
    """
    return _SPEC.fullmatch(text.strip()) is not None


def load_callable(spec: str) -> Callable[..., Any]:
    """Import the callable that a text names.

    Its module is imported, and so run. With arguments in brackets, the named object is called once with them, and the
    result is the callable; arguments are parsed as literals and never run. A class without brackets is called without
    arguments.

    Parameters
    ----------
    spec : str
        ``module:name`` or ``path/to/file.py:name``, optionally followed by ``(values and keyword=values)``. Modules in
        the working folder are found as well.

    Returns
    -------
    callable

    Raises
    ------
    ParameterError
        If it cannot be found, imported or called.

    Examples
    --------
    >>> load_callable("numpy:flipud").__name__
    'flipud'
    >>> load_callable("numpy:pi")
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: numpy:pi: is float, which cannot be called; name a function or a class
    """
    if not isinstance(spec, str):
        raise ParameterError(f"spec={spec!r:.80}: expected a text such as module:callable or path/to/file.py:callable")
    where, name, arguments = _split_spec(spec)
    with error_context(printable(spec)):
        positional, keyword = _literals(arguments) if arguments else ([], {})
        target = _attribute(_module(where), name, printable(where))
        if not callable(target):
            raise ParameterError(f"is {type(target).__name__}, which cannot be called; name a function or a class")
        if arguments or isinstance(target, type):
            target = _instantiate(target, positional, keyword, has_arguments=bool(arguments))
    return target  # type: ignore[no-any-return]


def absolute_spec(spec: str) -> str:
    """Make the path in a callable's name absolute, so that it can be found from any folder."""
    where, name, arguments = _split_spec(spec)
    return f"{os.path.abspath(where) if _is_file(where) else where}:{name}{arguments or ''}"


def source_sha256(function: Any) -> str | None:
    """Hash the source file of a callable or its class; None if it cannot be read."""
    import inspect

    while hasattr(function, "func"):  # functools.partial
        function = function.func
    source = function if hasattr(function, "__code__") or isinstance(function, type) else type(function)
    source = getattr(function, "__func__", source)
    try:
        file = inspect.getsourcefile(inspect.unwrap(source))
        return None if file is None else hashlib.sha256(read_file(file, _MAX_BYTES)).hexdigest()
    except (TypeError, OSError, ValueError):
        return None


def name_of(function: Any) -> tuple[str, bool]:
    """Return the name of a callable, and whether importing that name returns the same object.

    Examples
    --------
    >>> import math
    >>> name_of(math.floor), name_of(lambda mel: mel)[1]
    (('math:floor', True), False)
    """
    while hasattr(function, "func") and not hasattr(function, "__qualname__"):
        function = function.func
        module, name = _dotted(function)
        return f"{module}:{name}", False
    module, name = _dotted(function)
    target: Any = sys.modules.get(module)
    for part in name.split("."):
        target = getattr(target, part, None)
    return f"{module}:{name}", target is function and module != "__main__" and not isinstance(function, type)


def _dotted(function: Any) -> tuple[str, str]:
    source = function if hasattr(function, "__qualname__") else type(function)
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType):
        return type(owner).__module__, f"{type(owner).__qualname__}.{function.__name__}"
    return str(getattr(source, "__module__", None) or "builtins"), str(source.__qualname__)


def _split_spec(spec: str) -> tuple[str, str, str | None]:
    match = _SPEC.fullmatch(spec.strip()) if len(spec) <= _MAX_SPEC_LENGTH else None
    if match is None:
        raise ParameterError(
            f"{printable(spec):.80}: expected module:callable or path/to/file.py:callable, e.g. "
            "torchaudio.transforms:TimeMasking(time_mask_param=40)"
        )
    return match["where"], match["name"], match["arguments"]


def _literals(arguments: str) -> Arguments:
    try:
        call = ast.parse(f"f{arguments}", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ParameterError(f"{arguments:.80} is no list of arguments ({getattr(error, 'msg', error)})") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ParameterError(f"{arguments:.80}: expected one pair of brackets with arguments")
    if any(isinstance(value, ast.Starred) for value in call.args) or any(k.arg is None for k in call.keywords):
        raise ParameterError(f"{arguments:.80}: * and ** are not allowed; write the values out")
    try:
        keyword = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
        return [ast.literal_eval(value) for value in call.args], keyword
    except (ValueError, TypeError, RecursionError, MemoryError, SyntaxError):
        raise ParameterError(
            f"{arguments:.80}: only plain values are allowed (numbers, texts, lists, True, None), no names and calls"
        ) from None


def _is_file(where: str) -> bool:
    return where.endswith(".py") or "/" in where or os.sep in where


def _module(where: str) -> ModuleType:
    if _is_file(where):
        return _module_of_file(where)
    if not all(part.isidentifier() for part in where.split(".")):
        raise ParameterError(f"{where!r:.80} is neither the name of a module nor the path of a .py file")
    try:
        with _on_path(os.getcwd()):
            return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name is not None and (where == error.name or where.startswith(f"{error.name}.")):
            raise ParameterError(
                f"there is no module {error.name!r:.80}; install it, or give the path of its .py file"
            ) from None
        raise ParameterError(f"{where} cannot be imported ({_short(error)})") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ParameterError(f"{where} cannot be imported ({_short(error)})") from None


def _module_of_file(where: str) -> ModuleType:
    path = Path(os.path.abspath(where))
    try:
        source = read_file(path, _MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ParameterError(f"the file cannot be read ({reason}); give the path of a .py file") from None
    # An unchanged file is imported once, like any module.
    name = f"specaug_listen_given_{hashlib.sha256(os.fsencode(path) + b':' + source).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    loader = importlib.util.spec_from_file_location(name, path)
    if loader is None or loader.loader is None:
        raise ParameterError("the file is no Python file; its name should end in .py")
    module = importlib.util.module_from_spec(loader)
    sys.modules[name] = module
    try:
        with _on_path(str(path.parent)):
            loader.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        del sys.modules[name]
        raise ParameterError(f"the file cannot be imported ({_short(error)})") from None
    return module


@contextlib.contextmanager
def _on_path(folder: str) -> Iterator[None]:
    """Append a folder to the module search path."""
    sys.path.append(folder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.reverse()
            sys.path.remove(folder)
            sys.path.reverse()


def _attribute(module: ModuleType, name: str, where: str) -> Any:
    target: Any = module
    for part in name.split("."):
        if not hasattr(target, part):
            names = [n for n in dir(target) if not n.startswith("_")]
            raise ParameterError(f"{Path(where).name:.80} holds no {name!r:.80}{nearest(part, names)}")
        target = getattr(target, part)
    return target


def _instantiate(target: Any, positional: list[Any], keyword: dict[str, Any], *, has_arguments: bool) -> Any:
    try:
        instance = target(*positional, **keyword)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        advice = "" if has_arguments else "; it is a class: give its arguments in brackets after its name"
        raise ParameterError(f"cannot be created ({_short(error)}){advice}") from None
    if not callable(instance):
        advice = "leave the brackets out?" if has_arguments else "name a function, or a class with __call__"
        raise ParameterError(f"is a class whose instances cannot be called; {advice}")
    return instance


def _short(error: BaseException) -> str:
    text = " ".join(text_of(error).split())
    return f"{type(error).__name__}: {text:.200}" if text else type(error).__name__
