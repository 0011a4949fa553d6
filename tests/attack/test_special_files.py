"""Devices, pipes, sockets and folders where a file is expected: refused in one line, and never waited for."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import specaug_listen
from specaug_listen import custom, frameworks, frontends
from specaug_listen._files import open_file, read_file
from specaug_listen.audio.recording import open_recording
from specaug_listen.auditions import read_index, read_record
from specaug_listen.auditions.batch import _is_same
from specaug_listen.errors import SpecAugListenError
from specaug_listen.frameworks.config_source import content_of
from specaug_listen.frontends.statistics_files import read_statistics
from specaug_listen.mels import clips_of_file, find_mels, list_mels
from specaug_listen.sweeps.records import read_sweep
from specaug_listen.vocoders.neural import read_neural

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")


def bind(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


KINDS = {
    "pipe": os.mkfifo,
    "linked pipe": lambda path: (os.mkfifo(path.with_name("pipe")), path.symlink_to("pipe")),
    "socket": bind,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": lambda path: path.mkdir(),
}
READERS = {
    "clip.wav": specaug_listen.load,
    "long.wav": lambda path: open_recording(path, 16000, path.parent),
    **{f"mel{suffix}": list_mels for suffix in (".npy", ".npz", ".pt", ".ark", ".scp", ".h5", ".llc", ".jsonl.gz")},
    **{f"stats{suffix}": read_statistics for suffix in (".npz", ".npy", ".json", ".yaml", ".pt", ".ark", "")},
    "frontend.yaml": frontends.read_frontend,
    "policy.yaml": frameworks.read_policy,
    "model.nemo": frameworks.import_policy,
    "config.json": content_of,
    "draw-1.json": read_record,
    "audition.json": lambda path: read_index(path.parent),
    "sweep.json": lambda path: read_sweep(path.parent),
    "code.py": lambda path: custom.load_callable(f"{path}:f"),
    "vocoder.yaml": read_neural,
}


@pytest.fixture(autouse=True)
def alarm():
    """Whatever waits is stopped, and fails."""

    def stop(*_):
        raise AssertionError("waited for a pipe, or read without end")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def refused(call):
    with pytest.raises(SpecAugListenError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1000
    return message


@pytest.mark.parametrize("name", READERS)
def test_what_is_no_ordinary_file_is_refused_with_the_way_out(subtests, tmp_path, name):
    for kind in KINDS:
        with subtests.test(kind=kind):
            path = tmp_path / kind / name
            path.parent.mkdir()
            KINDS[kind](path)
            message = refused(partial(READERS[name], path))
            assert name in message
            if kind != "folder":
                assert f"is a {kind.removeprefix('linked ')}; save it to a file first" in message


def test_what_stands_for_a_pipe_of_a_shell_is_refused():
    reading, writing = os.pipe()
    try:
        assert "is a pipe; save it to a file first" in refused(lambda: specaug_listen.load(f"/dev/fd/{reading}"))
        assert "is a pipe; save it to a file first" in refused(lambda: frameworks.read_policy(f"/dev/fd/{reading}"))
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    ("name", "text"),
    [("feats.scp", "utt {pipe}:5\n"), ("feats.scp", "utt {pipe}\n")],
)
def test_a_list_that_names_a_pipe_is_refused(tmp_path, name, text):
    os.mkfifo(tmp_path / "pipe.ark")
    (tmp_path / name).write_text(text.format(pipe=tmp_path / "pipe.ark"))
    refused(lambda: clips_of_file(tmp_path / name, frontends.mel_format(frontends.WHISPER)))


@pytest.mark.parametrize("kind", ["lilcom_chunky", "lilcom_files", "numpy_files", "numpy_hdf5", "kaldiio"])
def test_a_manifest_that_names_a_pipe_is_refused(tmp_path, kind):
    os.mkfifo(tmp_path / "pipe")
    is_folder = kind.endswith("_files")
    entry = {
        "storage_type": kind,
        "storage_path": str(tmp_path if is_folder else tmp_path / "pipe"),
        "storage_key": "pipe" if is_folder else "0,9",
        "recording_id": "r",
    }
    (tmp_path / "feats.jsonl").write_text(json.dumps(entry))
    refused(lambda: clips_of_file(tmp_path / "feats.jsonl", frontends.mel_format(frontends.WHISPER)))


def test_statistics_that_a_front_end_names_are_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "stats.npz")
    (tmp_path / "frontend.yaml").write_text("base: whisper\nnormalize: {file: stats.npz}\n")
    assert "is a pipe" in refused(lambda: frontends.read_frontend(tmp_path / "frontend.yaml"))


def test_a_model_that_a_vocoder_names_is_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "model.onnx")
    (tmp_path / "vocoder.yaml").write_text("model: model.onnx\nfrontend: whisper\n")
    refused(lambda: read_neural(tmp_path / "vocoder.yaml"))


def test_a_folder_of_mels_with_a_pipe_in_it_names_the_pipe(tmp_path):
    os.mkfifo(tmp_path / "mel.npy")
    found, problems = find_mels([tmp_path])
    assert found == []
    assert "mel.npy: cannot be read (is a pipe" in problems[0]


def test_a_clip_that_became_a_pipe_is_another_one_when_a_run_goes_on(tmp_path):
    os.mkfifo(tmp_path / "clip.wav")
    clip = SimpleNamespace(path=tmp_path / "clip.wav")
    assert not _is_same(clip, SimpleNamespace(audio=SimpleNamespace(sha256="0" * 64)))


def test_a_pipe_that_comes_between_two_looks_is_not_waited_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "clip.wav")
    monkeypatch.setattr("specaug_listen._files.check_ordinary", lambda path: None)
    with pytest.raises(OSError, match="is a pipe"):
        open_file(tmp_path / "clip.wav")


def test_a_file_is_read_up_to_a_limit(tmp_path):
    (tmp_path / "x").write_bytes(bytes(10))
    assert read_file(tmp_path / "x", 10) == bytes(10)
    with pytest.raises(OSError, match="more than the 9 bytes that are allowed"):
        read_file(tmp_path / "x", 9)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="files of Linux that wait")
def test_a_file_of_the_system_is_no_clip():
    refused(lambda: specaug_listen.load("/proc/self/status"))


def outside(path, secret):
    """Files of HDF5 whose array lies elsewhere, in each way that there is."""
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(path.with_name("other.h5"), "w") as other:
        other["mel"] = np.zeros((50, 80), np.float32)
    secret.write_bytes(bytes(50 * 80 * 4))
    with h5py.File(path, "w") as file:
        file.create_dataset("raw", (50, 80), "f4", external=[(str(secret), 0, 50 * 80 * 4)])
        file["linked"] = h5py.ExternalLink(str(path.with_name("other.h5")), "mel")
        layout = h5py.VirtualLayout((50, 80), "f4")
        layout[:] = h5py.VirtualSource(str(path.with_name("other.h5")), "mel", (50, 80))
        file.create_virtual_dataset("virtual", layout)
        file.create_group("group")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("raw", "its data is in another file"),
        ("linked", "a link, which can lead to another file"),
        ("virtual", "its data is in another file"),
        ("group", "not an array"),
    ],
)
def test_an_array_of_hdf5_that_lies_in_another_file_is_refused(tmp_path, name, reason):
    outside(tmp_path / "feats.h5", tmp_path / "secret")
    entry = {"storage_type": "numpy_hdf5", "storage_path": str(tmp_path / "feats.h5"), "storage_key": name}
    (tmp_path / "feats.jsonl").write_text(json.dumps({**entry, "recording_id": "r"}))
    message = refused(lambda: clips_of_file(tmp_path / "feats.jsonl", frontends.mel_format(frontends.WHISPER)))
    assert reason in message
