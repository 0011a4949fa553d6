"""Loops in machine code: kept between processes, and compiled again whatever is wrong with what was kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from processors import is_x86

from specaug_listen import _compiled
from specaug_listen._compiled import Loops, Place

FACTOR = 3


def scaled(values, n, by):
    for i in range(n):
        put(values, i, FACTOR * by)


def put(values, i, by):
    values[i] = np.sqrt(values[i]) * by


def picked(values, which, n, out):
    for i in range(n):
        out[i] = values[which[i]]


def loops():
    return Loops({scaled: "fnx", picked: "finf"}, parts=[put])


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def no_compiler(monkeypatch):
    """From here on, only what was kept can be used."""

    def refuse(self):
        raise AssertionError("compiled again")

    def forbid():
        monkeypatch.setattr(Loops, "_by_numba", refuse)

    return forbid


def check(made):
    values = np.array([1, 4, 9], np.float32)
    made.native("scaled")(values, 2, 2.0)
    assert_array_equal(values, [6, 12, 9])
    out = np.zeros(2, np.float32)
    made.native("picked")(values, np.array([2, 0], np.int64), 2, out)
    assert_array_equal(out, [9, 6])


def test_what_was_compiled_is_loaded_by_the_next(cache, no_compiler):
    check(loops())
    (kept,) = cache.iterdir()
    assert kept.suffix == ".loops"
    no_compiler()
    check(loops())


def test_kept_code_runs_in_a_process_without_numba(cache):
    code = (
        "import sys, numpy as np; from specaug_listen.vocoders.loops import LOOPS; "
        "LOOPS.native('window_frames'); print('numba' in sys.modules)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    told = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert told == ["True\n", "False\n"]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "not ours", "a folder"])
def test_damaged_code_is_compiled_again_and_mended(cache, no_compiler, damage):
    check(loops())
    (kept,) = cache.iterdir()
    content = kept.read_bytes()
    if damage == "a folder":
        kept.unlink()
        kept.mkdir()
    else:
        wrong = {"cut": content[:-9], "changed": content[:-9] + bytes(9), "empty": b"", "not ours": b"x" * 99}[damage]
        kept.write_bytes(wrong)
    check(loops())
    if damage != "a folder":
        no_compiler()
        check(loops())


@pytest.mark.parametrize("place", ["/dev/null/cache", "/proc/cache", "\0", "a file"])
def test_no_folder_to_keep_it_in_is_no_error(tmp_path, monkeypatch, place):
    if place == "\0":
        monkeypatch.setattr(_compiled, "_folder", lambda: tmp_path / place)
    else:
        (tmp_path / "file").touch()
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file") if place == "a file" else place)
    check(loops())


def test_a_full_disk_is_no_error(cache, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_compiled, "write_whole", full)
    check(loops())


def test_without_llvms_own_way_numbas_machine_code_is_used(cache, monkeypatch):
    def unable(code):
        raise LookupError("sqrtf")

    monkeypatch.setattr(_compiled, "_loaded", unable)
    made = loops()
    check(made)
    assert not cache.exists()


def test_symbols_that_nothing_has_are_refused(cache):
    loops().native("scaled")
    code = _compiled._read(next(cache.iterdir()))
    with pytest.raises(LookupError, match="nobody_has_this"):
        _compiled._loaded(code._replace(externals=["nobody_has_this"]))


def test_other_constants_are_other_code(cache, monkeypatch):
    check(loops())
    monkeypatch.setattr(sys.modules[__name__], "FACTOR", 5)
    values = np.ones(1, np.float32)
    loops().native("scaled")(values, 1, 1.0)
    assert values[0] == 5
    assert len(list(cache.iterdir())) == 2


def test_settings_of_numba_make_other_code(cache, monkeypatch):
    check(loops())
    monkeypatch.setenv("NUMBA_OPT", "0")
    check(loops())
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("settings", [("generic", None), ("generic", "+sse2"), ("x86-64", "")])
def test_another_processor_is_other_code_as_its_settings_say(cache, monkeypatch, settings):
    if not is_x86() and settings != ("generic", None):
        pytest.skip("the names are of x86 processors")
    for setting in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        monkeypatch.delenv(setting, raising=False)
    check(loops())
    name, features = settings
    monkeypatch.setenv("NUMBA_CPU_NAME", name)
    if features is not None:
        monkeypatch.setenv("NUMBA_CPU_FEATURES", features)
    check(loops())
    assert len(list(cache.iterdir())) == 2
    assert _compiled._processor(_compiled._llvm()[0]) == (name, features or "")


def test_a_user_without_a_home_gets_no_folder_in_the_way(tmp_path, monkeypatch):
    import platformdirs

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: f"~/.cache/{name}")
    check(loops())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_child_of_a_process_that_is_compiling_does_not_wait_for_it(cache):
    made = loops()
    check(made)
    made._lock.acquire()
    child = os.fork()
    if child == 0:
        os._exit(0 if made._lock.acquire(timeout=5) else 1)
    made._lock.release()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_request_not_to_compile_is_not_for_us(cache, monkeypatch):
    import numba

    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    check(loops())
    assert numba.config.DISABLE_JIT == 1


def test_threads_that_come_at_once_get_the_same(cache):
    made, errors = loops(), []

    def use():
        try:
            check(made)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_memory_is_only_handed_over_when_it_is_what_the_loop_takes(cache):
    made = loops()
    with pytest.raises(TypeError, match="array is float64: expected float32"):
        made.native("scaled")(np.ones(3), 3, 1.0)
    with pytest.raises(TypeError, match="array is int32: expected int64"):
        made.native("picked")(np.ones(3, np.float32), np.zeros(3, np.int32), 3, np.ones(3, np.float32))
    with pytest.raises(TypeError, match=r"strides \(8,\)"):
        made.native("scaled")(np.ones(6, np.float32)[::2], 3, 1.0)
    with pytest.raises(ValueError, match="zip"):
        made.native("scaled")(np.ones(3, np.float32), 3)


def test_a_place_is_of_the_array_and_keeps_it():
    array = np.ones(3, np.float32)
    place = Place(array)
    assert place == array.ctypes.data
    assert place.array is array
