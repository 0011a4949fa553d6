"""One way to import a package that may be absent, one message when it is."""

from __future__ import annotations

import math
import sys

import pytest

from specaug_listen._imports import is_installed, require
from specaug_listen.errors import MissingDependencyError, SpecAugListenError


def test_a_package_that_is_there_is_given():
    assert require("math", purpose="an example") is math


def test_a_submodule_is_given_itself_and_not_its_package():
    assert require("xml.dom.minidom", purpose="an example").__name__ == "xml.dom.minidom"


def test_a_core_package_that_is_absent_is_named_with_its_purpose_and_the_fix():
    with pytest.raises(
        MissingDependencyError,
        match=r"^'no_such_thing' is needed for pictures and cannot be imported \(No module named 'no_such_thing'\); "
        r"install it with: pip install 'no_such_thing'$",
    ):
        require("no_such_thing.part", purpose="pictures")


def test_a_package_of_an_extra_is_installed_by_that_extra():
    with pytest.raises(MissingDependencyError, match=r"pip install 'specaug-listen\[metrics\]'$"):
        require("no_such_thing", extra="metrics", purpose="PESQ")


def test_a_package_that_breaks_on_import_is_told_with_its_reason(tmp_path, monkeypatch):
    (tmp_path / "broken_thing.py").write_text("import its_missing_part")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingDependencyError, match=r"'broken_thing' .* \(No module named 'its_missing_part'\)"):
        require("broken_thing", purpose="an example")


def test_the_error_is_of_our_tree_and_an_import_error():
    assert issubclass(MissingDependencyError, SpecAugListenError)
    assert issubclass(MissingDependencyError, ImportError)


def test_pictures_without_matplotlib_say_how_to_get_them(monkeypatch, tone):
    from specaug_listen import augment, frontends
    from specaug_listen.plots import audition_figure

    mel = frontends.WHISPER(tone)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match=r"'matplotlib' is needed for pictures .* 'matplotlib'$"):
        audition_figure(mel, mel, augment.NONE.draw(mel, rng=0))


def test_a_folder_of_a_packages_name_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "only_a_folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not is_installed("only_a_folder")
