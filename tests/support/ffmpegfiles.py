"""Files that FFmpeg alone reads, made for tests."""

from __future__ import annotations

import pytest
from oddfiles import written_by_ffmpeg
from readings import VOICE, heard

__all__ = ["M4A", "made", "whole"]

# The beginning of a file, which no decoder reads.
M4A = b"\0\0\0\x20ftypM4A " + bytes(100)


def made(path, codec):
    pytest.importorskip("av")
    return written_by_ffmpeg(path, codec, VOICE)


def whole(tmp_path, name, codec, samples=VOICE, **options):
    """What is said of a file of which nothing is missing."""
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / f"made-{name}", codec, samples, **options)
    heard_samples, notices = heard(tmp_path, data, name)
    assert abs(len(heard_samples) - len(samples)) < 2500
    return list(notices)[1:]
