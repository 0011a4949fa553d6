"""A callable that replaces functions of Python, or takes away what its process stands on, never passes a check.

Whatever it does, its faults are found or an error is told: one line, and no traceback of the process it spoilt.
"""

from __future__ import annotations

import sys

import pytest
from commandline import HOUSE, run_apart

from specaug_listen.audio.audio_in_memory import encode_wav
from specaug_listen.checks import speech_like

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="callables are called apart where there is a fork")
MODULE = """
import builtins, contextlib, copyreg, dataclasses, functools, gc, io, json, multiprocessing.connection
import multiprocessing.process, multiprocessing.reduction, os, pickle, random, resource, signal, struct, sys, threading
import time, types, warnings
import numpy as np
randint = np.random.randint
{at_import}

def augment(mel):
    {at_call}
    mel, n = mel.copy(), mel.shape[1]
    width = int(randint(0, n // 5 + 1))
    start = int(randint(0, n - width + 1))
    mel[:, start : start + width] = 0.0
    mel[3, 5] = float("nan")
    return mel
"""
NEEDED_TO_END = ["os._exit", "os.getpid", "sys.exit", "os.kill"]
OTHERS = [
    "sys.stderr", "sys.stdout", "sys.excepthook", "threading.excepthook", "builtins.print", "builtins.isinstance",
    "builtins.open", "builtins.BaseException", "builtins.getattr", "builtins.str", "builtins.type", "signal.signal",
    "time.monotonic", "os.write", "os.read", "os.fork", "os.close", "os.getcwd", "pickle.dumps", "pickle.loads",
    "multiprocessing.connection.Connection.send_bytes", "multiprocessing.connection.Connection.recv_bytes",
    "multiprocessing.reduction.ForkingPickler", "multiprocessing.process.active_children", "gc.collect",
    "contextlib.suppress", "contextlib.contextmanager", "dataclasses.replace", "functools.partial", "io.BytesIO",
    "json.dumps", "random.seed", "random.setstate", "struct.pack", "warnings.catch_warnings", "np.random.seed",
    "np.random.get_state", "np.random.set_state", "np.random.default_rng", "np.random.Generator", "np.array_equal",
    "np.save", "np.asarray", "np.array", "np.ndarray", "np.errstate", "np.zeros", "np.ascontiguousarray",
]  # fmt: skip
REPLACED = [
    f"{name} = {value}"
    for names in (NEEDED_TO_END, OTHERS)
    for name in names
    for value in ("None", "lambda *args, **more: None")
]
TAKEN_AWAY = [
    "os.closerange(0, 4096)", "os.closerange(3, 4096)", "os.chdir('/')", "os.environ.clear()", "sys.modules.clear()",
    "folder = __import__('tempfile').mkdtemp(); os.chdir(folder); os.rmdir(folder)",
    "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))", "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    "resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))", "sys.setrecursionlimit(60)", "sys.path.clear()",
    "sys.settrace(lambda *args: 1 / 0)", "sys.setprofile(lambda *args: 1 / 0)", "np.seterr(all='raise')",
    "sys.stderr.write('words')", "os.write(2, b'words')", "warnings.warn('words')",
    "threading.Thread(target=lambda: 1 / 0).start()", "__import__('faulthandler').dump_traceback()", "os.abort()",
    "sys.addaudithook(lambda *args: 1 / 0)", "os.execv('/bin/true', ['true'])",
    "os.set_blocking(2, False)", "os.dup2(1, 2)",
]  # fmt: skip
QUICK = {"os._exit = None", "sys.stderr.write('words')"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.wav"
    path.write_bytes(encode_wav(speech_like(2.0, 16000)))
    return path


def _cases(when):
    for event in [*REPLACED, *TAKEN_AWAY]:
        yield pytest.param(when, event, id=f"{when}-{event}", marks=() if event in QUICK else pytest.mark.slow)


@pytest.mark.parametrize(("when", "event"), [*_cases("at_import"), *_cases("at_call")])
def test_the_verdict_is_never_that_all_is_well(tmp_path, clip, when, event):
    (tmp_path / "spoils.py").write_text(MODULE.format(**({"at_import": "", "at_call": "pass"} | {when: event})))
    ran = run_apart(
        "check", "spoils.py:augment", clip, "--draws", 100, "--timeout", 5, "--adapter", "axes=bins, frames",
        "--adapter", "container=numpy", cwd=tmp_path,
    )  # fmt: skip
    assert ran.code in (1, 2), ran
    # What was found is told on standard output, an error on the other.
    assert ran.err.startswith("error: ") if ran.code == 2 else ran.err == "", ran
    assert len(ran.err.splitlines()) == ran.code - 1


def test_no_module_of_the_callable_s_is_imported_by_the_process_that_checks(tmp_path, clip):
    (tmp_path / "kinds.py").write_text(
        "import os\nimport numpy as np\n\n"
        "if os.environ.get('CHECKING') == str(os.getpid()):\n    os._exit(0)\n\n"
        "class Word(str):\n    pass\n\n"
        "class Dtype:\n    def __str__(self):\n        return Word('float32')\n\n"
        "class Mel(np.ndarray):\n    dtype = Dtype()\n\n"
        "def augment(mel):\n    return (mel * np.random.random()).view(Mel)\n"
    )
    # The process that checks says which one it is, before it splits another off.
    (tmp_path / "sitecustomize.py").write_text("import os\nos.environ['CHECKING'] = str(os.getpid())\n")
    ran = run_apart("check", "kinds:augment", clip, "--adapter", "axes=bins, frames", "--adapter", "container=numpy",
                    cwd=tmp_path, PYTHONPATH=f"{tmp_path}:{HOUSE}")  # fmt: skip
    assert (ran.code, ran.err) == (1, "")
    assert "error: process-ended: a call wrote to the pipe of its process" in ran.out
