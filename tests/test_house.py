"""How the house is built: floors, names, sizes, and a light door."""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import pathlib
import subprocess
import sys
import tokenize

import pytest

import specaug_listen

HOUSE = pathlib.Path(specaug_listen.__file__).parent
FLOORS = [
    "errors _version",
    "_interrupts _streams _ordinary_files _walking",
    "_c_output _channels _flags _optional _random _record _files _notices _sound _yaml_loader _quiet _tensors _cells",
    "containers _locks _marker",
    "_decoding _rooms _timeline",
    "_ffmpeg _ownership",
    "_mixing _threads _yaml _clips _clip_names _kaldi _reading _json_records _spool _compiled _wav",
    "audio stft",
    "recording audio_input",
    "frontends",
    "mels",
    "augment vocoders metrics loudness",
    "plots fragments inspection",
    "pages",
    "pipeline",
    "mel_options options report batch listing severity listening showing checking sweeping",
    "commands console written_draw",
    "audition_command check_command invert_command policy_commands replay_command report_command sweep_command",
    "app cli",
]
FLOOR = {room: i for i, row in enumerate(FLOORS) for room in row.split()}
MODULES = sorted(HOUSE.rglob("*.py"))
HEAVY = ("librosa", "numba", "llvmlite", "matplotlib", "audiomentations", "torch", "scipy", "pydantic")


def room(path):
    return path.relative_to(HOUSE).with_suffix("").parts[0]


def leans_on(tree, depth):
    """Rooms that a file ``depth`` folders deep imports from, wherever in the file it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            if node.level == depth:
                yield from (name.split(".")[0] for name in names)
            elif node.level == 0 and names[0].split(".")[0] == HOUSE.name:
                yield ([*names[0].split("."), node.names[0].name])[1]
        elif isinstance(node, ast.Import):
            inside = [alias.name.split(".") for alias in node.names]
            yield from (name[1] for name in inside if name[0] == HOUSE.name and len(name) > 1)


def complaints(text, own_room, depth=1):
    return [other for other in leans_on(ast.parse(text), depth) if FLOOR[other] >= FLOOR[own_room]]


def test_a_room_leans_only_on_lower_floors():
    found = {
        str(path.relative_to(HOUSE)): complaints(path.read_text(), room(path), len(path.relative_to(HOUSE).parts))
        for path in MODULES
        if room(path) not in ("__init__", "__main__")
    }
    assert len(found) > 100
    assert {path: others for path, others in found.items() if others} == {}


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("from .vocoders import Joint", 1),
        ("from . import plots", 1),
        ("from ..vocoders.joint import Joint", 2),
        ("from specaug_listen.auditions import audition", 1),
        ("from specaug_listen import vocoders", 1),
        ("import specaug_listen.vocoders.joint", 1),
        ("def late():\n    from .metrics import score", 1),
    ],
)
def test_every_way_to_lean_on_a_sibling_or_a_higher_floor_is_seen(text, depth):
    assert len(complaints(text, "augment", depth)) == 1


@pytest.mark.parametrize("text", ["from .frontends import WHISPER", "from . import errors", "import numpy.fft"])
def test_leaning_on_a_lower_floor_is_fine(text):
    assert complaints(text, "augment") == []


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


def test_a_package_has_an_init_that_only_re_exports():
    for path in HOUSE.glob("*/__init__.py"):
        kinds = {type(node) for node in ast.parse(path.read_text()).body}
        assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign}, path


def test_public_names_are_complete_and_sorted():
    names = specaug_listen.__all__
    assert sorted(names) == sorted({*specaug_listen._HOMES, *specaug_listen._ROOMS, "__version__"})
    assert names == sorted(names)
    assert set(names) <= set(dir(specaug_listen))


@pytest.mark.parametrize("name", sorted({*specaug_listen.__all__} - {"__version__"}))
def test_a_public_name_exists_and_is_documented(name):
    value = getattr(specaug_listen, name)
    assert (inspect.getdoc(value) or "").strip()
    if name not in specaug_listen._ROOMS:
        assert value.__name__ == name


def test_no_public_name_is_that_of_a_module():
    modules = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert modules & set(specaug_listen._HOMES) == set()


def test_type_checkers_see_the_names_that_are_loaded_late():
    tree = ast.parse((HOUSE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    rooms = dict.fromkeys(specaug_listen._ROOMS)
    assert seen == {**specaug_listen._HOMES, **rooms}


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
    vocoders.get(name)(masked)
"""
    loaded = loaded_by(statement)
    if "numba" in loaded:  # which compiles once, wherever nobody has rendered before
        loaded = loaded_by(statement)
    assert "scipy" in loaded
    assert loaded.isdisjoint({"librosa", "numba", "matplotlib", "audiomentations", "torch"})
