"""The table of containers in docs/audio.md, which ``python tests/audio/test_containers_page.py --write`` makes.

Every file is made, read, and put into words by what was heard and noticed.
"""

from __future__ import annotations

import struct
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from oddfiles import CONTAINERS, FOREIGN, TEXT, cut, damaged, with_sample_count, written_by_ffmpeg

from specaug_listen import load
from specaug_listen.errors import AudioError

PAGE = Path(__file__).parents[2] / "docs" / "audio.md"
BEGIN, END = "<!-- containers -->\n", "<!-- end of containers -->"
COLUMNS = ("intact", "truncated", "size 0", "size left open", "size too small", "trailing text", "damaged inside")
NONE = "no size field"


def read(data, folder):
    """What is heard of a file, and the kinds of its notices; None where it is refused."""
    path = Path(folder) / "clip.bin"
    path.write_bytes(bytes(data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            clip = load(path)
        except AudioError:
            return None, ()
    return clip.samples[0], tuple(notice.kind for notice in clip.notices if notice.kind != "decoded-by")


def word(data, whole, folder):
    """What happens to a file, in a few words."""
    samples, kinds = read(data, folder)
    if samples is None:
        return "refused"
    n = min(len(samples), len(whole))
    differs = np.abs(samples[:n] - whole[:n]) > 1e-6
    if len(samples) > len(whole) and differs.any():
        heard = "all, with the encoder's padding" if holds(samples, whole) else "different sound"
    elif not differs.any():
        heard = "all" if len(samples) == len(whole) else "longer" if len(samples) > n else "up to the cut"
    elif len(samples) < len(whole):
        heard = "remaining parts"
    else:
        heard = "silence there" if not samples[:n][differs].any() else "decoded as it is"
    return ", ".join([heard, *(f"`{kind}`" for kind in kinds)])


def holds(samples, whole):
    """Whether all of a sound is within another one."""
    shifts = range(len(samples) - len(whole) + 1)
    return any(np.allclose(samples[shift : shift + len(whole)], whole, atol=1e-4) for shift in shifts)


def row(container, folder):
    """The cells of a container."""
    data = container.whole()
    whole, _ = read(data, folder)
    sized_layout = container.format in ("NIST", "SDS", "VOC") or container.field is not None
    cells = [word(data, whole, folder), word(cut(data), whole, folder)]
    if sized_layout:
        zero, opened, small = sizes(container)
        cells += [word(zero, whole, folder)]
        words = {word(one, whole, folder) for one in opened}
        cells += [" or ".join(sorted(words)), word(small, whole, folder)]
    else:
        cells += [NONE] * 3
    cells += [word(data + TEXT, whole, folder), word(damaged(data), whole, folder)]
    return cells


def row_of_ffmpeg(name, folder):
    """The cells of a container that goes through FFmpeg; but for WAV, its header's sizes are not ours to change."""
    ending, codec = FOREIGN[name]
    data = written_by_ffmpeg(Path(folder) / f"made{ending}", codec)
    whole, _ = read(data, folder)
    ends = [word(data, whole, folder), word(cut(data), whole, folder)]
    sized_layout = [wav_of(data, size) for size in (0, 0xFFFFFFFF, 4096)] if ending == ".wav" else []
    words = [word(one, whole, folder) for one in sized_layout] or [""] * 3
    return [*ends, *words, word(data + TEXT, whole, folder), word(damaged(data), whole, folder)]


def wav_of(data, size):
    at = data.index(b"data") + 4
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def line(name, cells):
    return f"| {name} | " + " | ".join(cell or "not tested" for cell in cells) + " |"


def sizes(container):
    """Files with a size of 0, with open ones, and with one that is too small."""
    data = container.whole()
    if container.format == "NIST":
        half, most = container.n_samples // 2, (0x7FFFFFFF, 0xFFFFFFFF)
        return with_sample_count(data, 0), [with_sample_count(data, n) for n in most], with_sample_count(data, half)
    if container.format == "SDS":
        return sds_of(data, 0), [], sds_of(data, 8000)
    if container.format == "VOC":
        return voc_of(data, 0), [voc_of(data, size) for size in (0xFFFFFF, 0x7FFFFF)], voc_of(data, len(data) // 2)
    if container.format == "FLAC":  # of 0, STREAMINFO says that it is the open one
        return container.with_size(0), [container.with_size(0)], container.with_size(container.n_samples // 2)
    opened = [] if container.field[0] == b"Xing" else [container.with_size(size) for size in container.open_sizes()]
    return container.with_size(0), opened, container.with_half_its_size()


def sds_of(data, n):
    return data[:10] + bytes([n & 127, n >> 7 & 127, n >> 14 & 127]) + data[13:]


def voc_of(data, size):
    return data[:27] + struct.pack("<I", size)[:3] + data[30:]


def table(folder):
    lines = ["| container | " + " | ".join(COLUMNS) + " |", "|" + "---|" * (len(COLUMNS) + 1)]
    lines += [line(name, row(container, folder)) for name, container in CONTAINERS.items()]
    lines += [line(name, row_of_ffmpeg(name, folder)) for name in FOREIGN]
    return "\n".join(lines) + "\n"


def rows_of_page():
    lines = PAGE.read_text().split(BEGIN)[1].split(END)[0].splitlines()
    return {one.split(" | ")[0].strip("| "): one for one in lines if one.startswith("| ")}


def test_the_page_tells_what_happens_to_files_of_each_container(subtests, tmp_path):
    for name in CONTAINERS:
        with subtests.test(name=name):
            assert rows_of_page()[name] == line(name, row(CONTAINERS[name], tmp_path))


def test_the_page_tells_what_happens_to_files_that_go_through_ffmpeg(subtests, tmp_path):
    for name in FOREIGN:
        with subtests.test(name=name):
            pytest.importorskip("av")
            assert rows_of_page()[name] == line(name, row_of_ffmpeg(name, tmp_path))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        made = table(place)
    before, rest = PAGE.read_text().split(BEGIN)
    if "--write" in sys.argv:
        PAGE.write_text(before + BEGIN + made + END + rest.split(END)[1])
    else:
        sys.stdout.write(made)
