"""How the house is built: floors, names, sizes, and a light door."""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import pathlib
import re
import subprocess
import sys
import tokenize

import pytest

import specaug_listen

HOUSE = pathlib.Path(specaug_listen.__file__).parent
MODULES = sorted(HOUSE.rglob("*.py"))
HEAVY = ("librosa", "numba", "matplotlib", "audiomentations", "torch", "scipy", "pydantic")


PAGE = pathlib.Path(__file__).parents[1] / "docs" / "house.md"


def read_table(text):
    """Floors of rooms, and the order of the files in each package, from the table of the page."""
    floors, orders = {}, {}
    for floor, rooms, files in re.findall(r"^\| (\d+) \| ((?:`[\w/]+` ?)+)([\w*, ]*)\|", text, flags=re.M):
        for room in re.findall(r"`([\w/]+)`", rooms):
            if "/" not in room.rstrip("/"):
                assert room.rstrip("/") not in floors, room
                floors[room.rstrip("/")] = int(floor)
            if room.endswith("/"):
                orders[room.rstrip("/").replace("/", ".")] = with_unlisted(
                    room, [file.strip() for file in files.split(",")]
                )
    return floors, orders


def with_unlisted(room, files):
    """Put the files of a package that are not named, in alphabetical order, where a star stands."""
    if "*" not in files:
        return files
    names = {path.stem for path in (HOUSE / room).glob("*.py")} - {"__init__", *files}
    place = files.index("*")
    return [*files[:place], *sorted(names), *files[place + 1 :]]


FLOORS, ORDERS = read_table(PAGE.read_text(encoding="utf-8"))


def dotted(path):
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {dotted(path) for path in MODULES}


def imports(text, name, *, is_package=False):
    """Modules of the house that a module imports from, at any level and wherever in the file; and whether as types."""
    tree = ast.parse(text)
    typing = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    for_types = {id(inner) for node in typing for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            own = name.split(".") if is_package else name.split(".")[:-1]
            above = [HOUSE.name, *own[: len(own) - node.level + 1]] if node.level else []
            base = [*above, *(node.module.split(".") if node.module else [])]
            targets = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for first, *rest in targets:
            if first == HOUSE.name and rest:
                whole, room = ".".join(rest), ".".join(rest[:-1])
                yield whole if whole in NAMES or not room else room, id(node) in for_types


def may_import(name, other, *, as_type=False):
    """Whether a module may import from another: by the floors, and within a package by the order of its files."""
    own, others = name.split("."), other.split(".")
    if own[0] != others[0]:
        return FLOORS[others[0]] < FLOORS[own[0]]
    depth = next((i for i, (a, b) in enumerate(zip(own, others, strict=False)) if a != b), None)
    if depth is None:  # a package from within itself, or itself
        return False
    order = ORDERS[".".join(own[:depth])]
    return as_type or order.index(others[depth]) < order.index(own[depth])


def complaints(text, name):
    return [other for other, as_type in imports(text, name) if not may_import(name, other, as_type=as_type)]


def test_a_module_imports_from_lower_floors_and_from_files_before_it():
    modules = {dotted(path): path for path in MODULES if path.name not in ("__init__.py", "__main__.py")}
    found = {name: complaints(path.read_text(), name) for name, path in modules.items()}
    assert len(found) > 100
    assert {name: others for name, others in found.items() if others} == {}


def test_the_page_lists_every_room_and_every_file_and_nothing_else():
    top = {
        path.name.removesuffix(".py")
        for path in HOUSE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert set(FLOORS) == top - {"__init__", "__main__"}
    for package, files in ORDERS.items():
        folder = HOUSE.joinpath(*package.split("."))
        there = {path.stem for path in folder.glob("*.py")} | {
            path.parent.name for path in folder.glob("*/__init__.py")
        }
        assert sorted(files) == sorted(there - {"__init__"}), package
    assert set(ORDERS) == {dotted(path) for path in MODULES if path.name == "__init__.py"} - {""}


def test_the_picture_for_contributors_shows_every_package_on_its_floor():
    text = (PAGE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = re.findall(r"^ ?(\d+)  ((?:[\w/]+ )+)", text, flags=re.M)
    picture = {name.rstrip("/"): int(floor) for floor, names in lines for name in names.split()}
    assert picture == {name: floor for name, floor in FLOORS.items() if not name.startswith("_")}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from ..auditions.single import audition", "augment.draw"),
        ("from .. import plots", "augment.draw"),
        ("from ..frameworks.registry import DIALECTS", "augment.draw"),
        ("from specaug_listen.auditions import audition", "augment.draw"),
        ("from specaug_listen import plots", "augment.draw"),
        ("import specaug_listen.frameworks.convert", "augment.draw"),
        ("def late():\n    from ..frameworks import registry", "augment.draw"),
        ("if TYPE_CHECKING:\n    from ..frameworks import registry", "augment.draw"),
        ("from ..inspection.change import Change", "plots.mels"),
        ("from .policy import Policy", "augment.draw"),
        ("from . import policy", "augment.draw"),
        ("def late():\n    from .policy import Policy", "augment.draw"),
        ("from . import Draw", "augment.policy"),
        ("from .dispatch import layout_of", "audio.containers.file_view"),
        ("from ..decoder import Decoder", "audio.containers.file_view"),
    ],
)
def test_every_way_to_import_from_beside_above_or_behind_is_seen(text, name):
    assert len(complaints(text, name)) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from ..frontends.presets import WHISPER", "augment.draw"),
        ("from .. import errors", "augment.draw"),
        ("import numpy.fft", "augment.draw"),
        ("from .draw import Draw", "augment.policy"),
        ("if TYPE_CHECKING:\n    from .policy import Policy", "augment.draw"),
        ("from .containers import dispatch", "audio.sndfile_decoder"),
        ("from .file_view import View", "audio.containers.dispatch"),
    ],
)
def test_importing_from_below_and_from_before_is_fine(text, name):
    assert complaints(text, name) == []


def test_files_that_are_not_named_lie_where_the_star_is():
    order = ORDERS["frameworks"]
    assert "*" not in order
    assert order.index("framework") < order.index("hf") < order.index("wenet") < order.index("registry")
    assert complaints("from .registry import FRAMEWORKS", "frameworks.hf") == ["frameworks.registry"]


TESTS = pathlib.Path(__file__).parent


def test_every_module_has_its_tests():
    modules = {dotted(path) for path in MODULES if path.name not in ("__init__.py", "__main__.py")} - {"_version"}
    folders = {name: TESTS.joinpath(*name.split(".")[:-1]) for name in modules}
    # In a file of tests by its name, tests/ROOM/test_MODULE.py.
    files = {name: at / f"test_{name.split('.')[-1].lstrip('_')}.py" for name, at in folders.items()}
    assert [name for name, file in files.items() if not file.is_file()] == []


def test_a_room_twice_in_the_table_is_refused():
    with pytest.raises(AssertionError, match="plots"):
        read_table("| 1 | `plots/` a, b | x |\n| 2 | `plots` | y |\n")


def code_lines(source):
    """Numbers of the lines that hold code: no comment, no docstring, not blank."""
    ignored = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    held = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in ignored:
            held.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            held.difference_update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return held


def too_long(source):
    """What is longer than a module or a function may be: its name and its lines."""
    if source.count("\n") > 400:
        yield "the module", source.count("\n")
    code = code_lines(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            n_lines = len(code & set(range(node.lineno, node.end_lineno + 1)))
            if n_lines > 40:
                yield node.name, n_lines


def test_a_module_is_at_most_400_lines_and_its_functions_40_of_code():
    found = {str(path.relative_to(HOUSE)): list(too_long(path.read_text())) for path in MODULES}
    assert {path: names for path, names in found.items() if names} == {}


def test_what_is_too_long_is_seen():
    lines = "".join(f"    x{i} = {i}\n" for i in range(39))
    assert list(too_long(f"def f():\n{lines}")) == []
    assert list(too_long(f"def f():\n{lines}    y = 1\n")) == [("f", 41)]
    assert list(too_long("# a line\n" * 401)) == [("the module", 401)]


def test_code_lines_are_neither_docstring_nor_comment_nor_blank():
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    # three\n\n    return (\n        4\n    )\n'
    assert code_lines(source) == {1, 8, 9, 10}


GLOSSARY = pathlib.Path(__file__).parents[1] / "docs" / "glossary.md"
PARTICIPLES = set(
    re.findall(r"`(\w+)`", GLOSSARY.read_text(encoding="utf-8").split("bears one of these names:")[1].split(". ")[0])
)


def participles(text):
    """Functions, parameters and variables that are named by a participle alone."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = node.name
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        else:
            continue
        if name.strip("_") in PARTICIPLES:
            yield f"{node.lineno}: {name}"


def test_no_function_bears_the_name_of_its_module():
    found = {
        f"{path.relative_to(HOUSE)}: {node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == path.stem
    }
    assert found == {"stft.py: stft"}  # librosa's own name for it


def test_no_name_is_a_participle_alone():
    assert len(PARTICIPLES) > 30
    found = {str(path.relative_to(HOUSE)): list(participles(path.read_text())) for path in MODULES}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_participle_is_seen_as_a_function_a_parameter_and_a_variable():
    assert sorted(participles("def _found(given):\n    made, n = given\n")) == ["1: _found", "1: given", "2: made"]


def test_an_upper_bound_is_named_max():
    other = re.compile(r"^_?(?:MOST|LARGEST|LONGEST|HIGHEST)_", re.M)
    assert [str(path.relative_to(HOUSE)) for path in MODULES if other.search(path.read_text(encoding="utf-8"))] == []


def test_an_earlier_name_is_the_class_of_today():
    assert specaug_listen.Reconstruction is specaug_listen.RenderedDraw
    assert importlib.import_module("specaug_listen.auditions").Reconstruction is specaug_listen.RenderedDraw


def test_a_package_has_an_init_that_only_re_exports():
    for path in HOUSE.glob("*/__init__.py"):
        kinds = {type(node) for node in ast.parse(path.read_text()).body}
        assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign}, path


def test_public_names_are_complete_and_sorted():
    names = specaug_listen.__all__
    assert sorted(names) == sorted({*specaug_listen._MODULES, *specaug_listen._PACKAGES, "__version__"})
    assert names == sorted(names)
    assert set(names) <= set(dir(specaug_listen))


@pytest.mark.parametrize("name", sorted({*specaug_listen.__all__} - {"__version__"}))
def test_a_public_name_exists_and_is_documented(name):
    value = getattr(specaug_listen, name)
    assert (inspect.getdoc(value) or "").strip()
    if name not in specaug_listen._PACKAGES:
        assert value.__name__ == name


def test_no_package_exports_a_name_of_one_of_its_files():
    for path in HOUSE.rglob("__init__.py"):
        nodes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
        names = {alias.asname or alias.name for node in nodes for alias in node.names}
        files = {file.stem for file in path.parent.glob("*.py")}
        folders = {inner.parent.name for inner in path.parent.glob("*/__init__.py")}
        assert names.isdisjoint((files | folders) - {"_version"}), path


def test_type_checkers_see_the_names_that_are_loaded_late():
    tree = ast.parse((HOUSE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    packages = dict.fromkeys(specaug_listen._PACKAGES)
    assert seen == {**specaug_listen._MODULES, **packages}


def faults_of_names(path):
    """What a module lacks of its docstring and of a complete list of public names."""
    dotted = ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__")
    module = importlib.import_module(dotted)
    if not module.__doc__:
        yield "no docstring"
    defined = [node for node in ast.parse(path.read_text()).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    names = getattr(module, "__all__", [])
    if not names and not all(node.name.startswith("_") for node in defined):
        yield "no __all__"
    yield from (f"{name} is in __all__ alone" for name in names if not hasattr(module, name))
    yield from (f"{name} is twice in __all__" for name in sorted({n for n in names if names.count(n) > 1}))


def test_a_module_says_what_is_public_and_has_it():
    paths = [p for p in MODULES if p != HOUSE / "__init__.py" and p.stem != "__main__"]
    found = {str(path.relative_to(HOUSE)): list(faults_of_names(path)) for path in paths}
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'specaug_listen' has no attribute 'speech'"):
        specaug_listen.speech  # noqa: B018


def loaded_by(statement):
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in run.stdout.split()}


def test_the_door_is_light():
    assert loaded_by("import specaug_listen").isdisjoint(HEAVY)


def test_a_heavy_import_would_be_seen():
    assert {"scipy", "pydantic"} <= loaded_by("from specaug_listen import Policy")


def test_rendering_takes_neither_librosa_nor_plots():
    statement = """
import numpy as np
from specaug_listen import Audio, augment, frontends, vocoders
mel = frontends.WHISPER(Audio(np.sin(np.arange(32000) * 0.2), 16000))
masked = augment.SM.draw(mel, rng=0).apply(mel)
for name in ("joint", "griffinlim", "original-phase"):
    vocoders.get_vocoder(name)(masked)
"""
    loaded = loaded_by(statement)
    assert "scipy" in loaded
    assert loaded.isdisjoint({"librosa", "numba", "llvmlite", "matplotlib", "audiomentations", "torch"})
