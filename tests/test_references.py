"""Names and paths of ours in docstrings, comments and pages exist, so that a rename leaves none behind."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import io
import pathlib
import re
import sys
import tokenize
import types
from collections.abc import Iterator
from typing import Any

import pytest

import specaug_listen

HOUSE = pathlib.Path(specaug_listen.__file__).parent
MODULES = sorted(path for path in HOUSE.rglob("*.py") if path.stem != "__main__")
# Within single back quotes; double ones hold code, which may be anybody's.
REFERENCE = re.compile(r"(?<!`)`([A-Za-z_][\w.]*\w)`(?!`)")
# Whose names are not looked up: some are installed with an extra alone.
LIBRARIES = {*sys.stdlib_module_names, "librosa", "numpy", "scipy", "soundfile", "torch"}


def dotted(path: pathlib.Path) -> str:
    return ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__")


ROOMS = {dotted(path) for path in MODULES}


def references(text: str) -> Iterator[tuple[int, str]]:
    """Line of each comment and of what each docstring belongs to, and a name that it puts in back quotes."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield from ((token.start[0], name) for name in REFERENCE.findall(token.string))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            line = getattr(node, "lineno", 1)
            yield from ((line, name) for name in REFERENCE.findall(ast.get_docstring(node) or ""))


@functools.cache
def names_of_house() -> frozenset[str]:
    """All names that a file of the house is called by, defines, takes or assigns."""
    names = {part for room in ROOMS for part in room.split(".")}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
                names.add(node.id if isinstance(node, ast.Name) else node.attr)
    return frozenset(names)


def attribute(value: Any, name: str) -> Any:
    """An attribute of a module or a class; that of an instance where only its annotation or an assignment tells."""
    if isinstance(value, types.ModuleType) and f"{value.__name__}.{name}" in ROOMS:
        return importlib.import_module(f"{value.__name__}.{name}")
    if isinstance(value, type) and not hasattr(value, name):
        fields = {key for base in value.__mro__ for key in vars(base).get("__annotations__", {})}
        source = pathlib.Path(sys.modules[value.__module__].__file__).read_text()
        if name in fields or re.search(rf"\bself\.{name}\b[^=\n]*=", source):
            return None
    return getattr(value, name)


def roots(module: types.ModuleType, first: str) -> Iterator[Any]:
    """What the first part of a dotted name may be: a name of the module, or a room beside or above it."""
    if hasattr(module, first):
        yield getattr(module, first)
    parts = module.__name__.split(".")
    for n in range(len(parts), 0, -1):
        room = ".".join([*parts[:n], first])
        if room in ROOMS:
            yield importlib.import_module(room)
    if first == HOUSE.name:
        yield specaug_listen
    for room in ROOMS:  # a class of another module
        defined = vars(importlib.import_module(room)).get(first)
        if isinstance(defined, type) and defined.__module__.startswith(HOUSE.name):
            yield defined


def exists(module: types.ModuleType, name: str) -> bool:
    first, *rest = name.split(".")
    if not rest:
        return hasattr(module, first) or hasattr(builtins, first) or first in names_of_house()
    for value in roots(module, first):
        try:
            for part in rest:
                value = attribute(value, part)
        except AttributeError:
            continue
        return True
    return first in LIBRARIES


def test_what_docstrings_and_comments_refer_to_exists(subtests):
    for path in MODULES:
        with subtests.test(str(path.relative_to(HOUSE))):
            module = importlib.import_module(dotted(path))
            assert [f"{line}: {name}" for line, name in references(path.read_text()) if not exists(module, name)] == []


def lost_paths(text: str) -> list[str]:
    """Paths such as ``room/file`` and ``room/file.name`` on a page that lead nowhere; not those in blocks of code."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    lost = []
    for whole in re.findall(r"`(?:specaug_listen/)?([a-z_]+/[\w/.]*)`", prose):
        path, _, name = whole.removesuffix(".py").partition(".")
        files = [whole] if name else [path, f"{path}.py"]
        is_file = any((root / file).exists() for root in (HOUSE, HOUSE.parent) for file in files)
        module = f"{HOUSE.name}.{path.replace('/', '.')}"
        if not is_file and not (module in ROOMS and hasattr(importlib.import_module(module), name)):
            lost.append(whole)
    return lost


@pytest.mark.parametrize("page", sorted((HOUSE.parent / "docs").glob("*.md")), ids=lambda page: page.name)
def test_what_pages_say_lies_somewhere_does(page):
    assert lost_paths(page.read_text(encoding="utf-8")) == []


def test_a_path_that_leads_nowhere_is_found():
    text = "`frameworks/choice` `frameworks/read` `docs/house.md` `outputs/locks.reading` `outputs/locks.writing`"
    assert lost_paths(text) == ["frameworks/choice", "outputs/locks.writing"]


@pytest.mark.parametrize("name", ["augment.Nothing", "specaug_listen.frameworks.choice", "Policy.dialect", "_marker"])
def test_what_does_not_exist_is_found(name):
    module = importlib.import_module("specaug_listen.augment.policy")
    text = f'def f():\n    """See `{name}`, ``{name}`` and `Policy.draw`."""\n    # As `{name}`.\n'
    assert list(references(text)) == [(3, name), (1, name), (1, "Policy.draw")]
    assert not exists(module, name)
    assert exists(module, "Policy.draw")
