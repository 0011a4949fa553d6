"""YAML from strangers: read as plain data, or refused in one line that names the file."""

from __future__ import annotations

import builtins
import os
import re

import pytest

from specaug_listen._yaml import read_mapping
from specaug_listen.errors import PolicyError

BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.fixture
def read(tmp_path):
    def read(content: str | bytes):
        path = tmp_path / "policy.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_mapping(path, "policy")

    return read


def test_a_mapping_is_read_as_plain_data(subtests, read):
    for content, expected in [
        ("a: 1\nb: [1.5, null, true, x]\nc: {d: e}", {"a": 1, "b": [1.5, None, True, "x"], "c": {"d": "e"}}),
        ('{"a": [1, 2], "b": "c"}', {"a": [1, 2], "b": "c"}),
        ("\ufeffa: Gesprächsprobe", {"a": "Gesprächsprobe"}),
        ("{}", {}),
        ("a: {x: 1}\nb: {x: 2}", {"a": {"x": 1}, "b": {"x": 2}}),
        ("a: 1".encode("utf-16"), {"a": 1}),
    ]:
        with subtests.test(content=content, expected=expected):
            assert read(content) == expected


def test_anything_else_is_refused_in_one_line(subtests, read, tmp_path):
    for content, message in [
        ("a: &x 1\nb: *x", "the alias '*x' is not allowed; write the value out, line 2"),
        (BILLION_LAUGHS, "the alias '*a' is not allowed"),
        ("a: &x [*x]", "the alias '*x' is not allowed"),
        ("base: &b {n: 1}\nc:\n  <<: *b", "the alias '*b' is not allowed"),
        ("a: !!python/object/apply:os.system ['false']", "python/object/apply:os.system"),
        ("a: !!python/name:os.system", "python/name:os.system"),
        ("a: !mine 3", "'!mine'"),
        ("a: 1\nb: 2\na: 3", "the key 'a' is repeated, line 3"),
        ("c:\n  a: 1\n  a: 1", "the key 'a' is repeated, line 3"),
        ("a: [1, 2", "not valid YAML"),
        ("a: 1\n--- \nb: 2", "not valid YAML"),
        ("a: 2001-99-99", "not valid YAML"),
        ("a: \x00", "not a text file in UTF-8"),
        ("a: \x01", "not valid YAML"),
        ("a: " + "[" * 3000, "nested more than 60 deep"),
        ("", "holds nothing"),
        ("# only a comment", "holds nothing"),
        ("[1, 2]", "holds a list"),
        ("just a text", "holds 'just a text'"),
        ("42", "holds 42"),
        ("1: a", "holds a mapping with keys that are not text"),
        (b"a: \xff\xfe", "not a text file in UTF-8"),
        ("a: 1".encode("utf-16-le"), "not a text file in UTF-8"),
        (b"RIFF\x24\x80\x00\x00WAVEfmt ", "not a text file in UTF-8"),
    ]:
        with subtests.test(content=content, message=message):
            with pytest.raises(PolicyError, match=re.escape(message)) as caught:
                read(content)
            assert str(caught.value).startswith(f"{tmp_path / 'policy.yaml'}: ")
            assert "\n" not in str(caught.value)


def test_a_python_tag_runs_nothing(read, tmp_path):
    with pytest.raises(PolicyError, match=r"the tag .* is not allowed"):
        read(f"a: !!python/object/apply:os.mkdir ['{tmp_path / 'made'}']")
    assert not (tmp_path / "made").exists()


def test_a_file_of_one_mebibyte_is_read_and_one_byte_more_is_refused(read):
    longest = "a: 1 #".ljust(1 << 20, "x")
    assert read(longest) == {"a": 1}
    with pytest.raises(PolicyError, match=r"more than 1048576 bytes; a policy file is a short YAML mapping"):
        read(longest + "x")


def test_an_endless_file_is_refused_and_not_read_to_its_end():
    with pytest.raises(PolicyError, match="is a device"):
        read_mapping("/dev/zero", "policy")


@pytest.mark.parametrize("name", ["missing.yaml", ".", "policy.yaml/inside.yaml"])
def test_a_path_that_is_no_file_is_refused(tmp_path, name):
    (tmp_path / "policy.yaml").write_text("a: 1")
    with pytest.raises(PolicyError, match="the front-end file cannot be read"):
        read_mapping(tmp_path / name, "front-end")


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret.yaml"
    path.write_text("a: 1")

    def refuse(*args, **kwargs):
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(builtins, "open", refuse)  # chmod does not stop root
    with pytest.raises(PolicyError, match=r"cannot be read \(Permission denied\)"):
        read_mapping(path, "policy")
