"""Callables by name."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from specaug_listen.custom.load import absolute_spec, is_spec, load_callable, name_of, source_sha256
from specaug_listen.errors import ParameterError

SOURCE = """
import sibling

class Mask:
    def __init__(self, width=3, fill="mean"):
        self.width, self.fill = width, fill

    def __call__(self, mel):
        return mel * self.width

class Needy:
    def __init__(self, width):
        pass

def double(mel):
    return sibling.FACTOR * mel

def make(*widths, **more):
    return lambda mel: (widths, more)

number = 3
"""


@pytest.fixture
def given(tmp_path):
    (tmp_path / "given.py").write_text(SOURCE)
    (tmp_path / "sibling.py").write_text("FACTOR = 2\n")
    yield tmp_path / "given.py"
    sys.modules.pop("sibling", None)


@pytest.mark.parametrize(
    "text", ["a:b", "a.b:c.d", "x/y.py:f", "a:B(c=1)", "a:b({'x': 1})", "C:\\x.py:f", "./f.py:g (1)"]
)
def test_the_name_of_a_callable_is_recognised(text):
    assert is_spec(text)


@pytest.mark.parametrize("text", ["LD", "policy.yaml", "a:", ":b", "a:1b", "a:b(", ""])
def test_other_texts_are_not_taken_for_one(text):
    assert not is_spec(text)


def test_a_function_of_a_module_is_imported():
    assert load_callable("numpy:flipud") is np.flipud


def test_a_function_of_a_file_is_imported_and_finds_the_modules_beside_it(given):
    before = list(sys.path)
    assert load_callable(f"{given}:double")(21) == 42
    assert sys.path == before


def test_arguments_in_brackets_make_the_callable(given):
    made = load_callable(f"{given}:Mask(width=5, fill='a:b')")
    assert (made.width, made.fill) == (5, "a:b")
    assert load_callable(f"{given}:make(1, [2, (3,)], key={{'x': None}})")(0) == ((1, [2, (3,)]), {"key": {"x": None}})


def test_a_class_without_brackets_is_made_without_arguments(given):
    assert load_callable(f"{given}:Mask")(2) == 6


def test_a_file_that_has_changed_is_read_again(given):
    old = load_callable(f"{given}:double")
    given.write_text(SOURCE.replace("sibling.FACTOR * mel", "7"))
    assert old(1) == 2
    assert load_callable(f"{given}:double")(1) == 7


def test_modules_of_the_working_folder_are_found(given, monkeypatch):
    monkeypatch.chdir(given.parent)
    given.rename(given.with_name("only_here_9173.py"))
    assert load_callable("only_here_9173:double")(2) == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{0}:doubble", r"given\.py holds no 'doubble'; did you mean 'double'\?"),
        ("{0}:number", r"is int, which cannot be called; name a function or a class"),
        ("{0}:Needy", r"cannot be created \(TypeError: .*'width'\); it is a class: give its arguments in brackets"),
        ("{0}:Mask(size=1)", r"cannot be created \(TypeError: .*'size'"),
        ("{0}:Mask(width=open('x'))", r"only plain values are allowed"),
        ("{0}:Mask(**{{}})", r"\* and \*\* are not allowed"),
        ("{0}:Mask(width=)", r"is no list of arguments"),
        ("{0}:Mask(1)(2)", r"expected one pair of brackets"),
        ("no.such.module:f", r"there is no module 'no'; install it, or give the path of its \.py file"),
        (
            "missing.py:f",
            r"^missing\.py:f: the file cannot be read \(No such file or directory\); give the path of a",
        ),
        ("a b:f", r"'a b' is neither the name of a module nor the path of a \.py file"),
        ("nothing", r"expected module:callable or path/to/file\.py:callable"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(given, name, message):
    with pytest.raises(ParameterError, match=message) as raised:
        load_callable(name.format(given))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(:", r"cannot be imported \(SyntaxError: .*line 1"),
        ("raise RuntimeError('two\\nlines')", r"cannot be imported \(RuntimeError: two lines\)"),
        ("import sys; sys.exit(3)", r"cannot be imported \(SystemExit: 3\)"),
        ("import no_such_9", r"cannot be imported \(ModuleNotFoundError: No module named 'no_such_9'\)"),
    ],
)
def test_a_file_that_fails_when_it_is_imported_is_named(tmp_path, source, message):
    (tmp_path / "bad.py").write_text(source)
    with pytest.raises(ParameterError, match=message):
        load_callable(f"{tmp_path / 'bad.py'}:f")


def test_a_path_in_a_name_is_made_absolute(given, monkeypatch):
    monkeypatch.chdir(given.parent)
    assert absolute_spec("./given.py:Mask(width=1)") == f"{given}:Mask(width=1)"
    assert absolute_spec("numpy:flipud") == "numpy:flipud"


def test_only_what_its_name_gives_back_is_called_importable():
    assert name_of(np.flipud) == ("numpy:flipud", True)
    assert name_of(lambda mel: mel)[1] is False
    assert name_of(np.random.default_rng(0).random)[1] is False
    assert name_of(np.vectorize(abs)) == ("numpy:vectorize", False)


def test_the_hash_is_that_of_the_file_of_a_function_or_of_a_class(given):
    hashes = {source_sha256(load_callable(f"{given}:{name}")) for name in ("double", "Mask", "make(1)")}
    assert len(hashes) == 1
    assert source_sha256(len) is None
    given.write_text(SOURCE + "\n")
    assert source_sha256(load_callable(f"{given}:double")) not in hashes


def test_a_class_whose_instances_cannot_be_called_is_told(tmp_path):
    (tmp_path / "mine.py").write_text("class Wrong(Exception):\n    pass\n")
    with pytest.raises(
        ParameterError, match=r"is a class whose instances cannot be called; name a function, or a class"
    ):
        load_callable(f"{tmp_path}/mine.py:Wrong")
