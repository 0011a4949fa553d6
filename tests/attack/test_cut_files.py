"""Files of every container, cut anywhere and with other bytes anywhere: read, with a word, or refused in one line."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from oddfiles import CONTAINERS

from specaug_listen import load
from specaug_listen.errors import AudioError

# As few samples as show it, so that there can be many files.
N_SAMPLES = {"FLAC": 20000, "Ogg of Vorbis": 60000, "Ogg of Opus": 60000, "MP3": 20000, "WAV of MP3": 20000}


@pytest.fixture(scope="module", params=CONTAINERS)
def container(request):
    return request.param, CONTAINERS[request.param].whole(N_SAMPLES.get(request.param, 4000))


def read(path, data):
    """What is heard, the notices, and what an error says."""
    path.write_bytes(bytes(data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            clip = load(path)
        except AudioError as error:
            return None, (), str(error)
    return clip.samples, clip.notices, ""


def says_something(notices):
    return any(notice.is_doubt or notice.kind == "open-length" for notice in notices)


def attack(container, path, capfd, ends=(), flips=(), seed=0):
    """Cut a file at some places and change bytes of it at others, and complain of whatever is silent or loud."""
    name, data = container
    whole, notices, error = read(path, data)
    assert not error
    assert notices == () or name in ("PAF", "PAF of 24 bits", "IRCAM", "PVF")
    chance = np.random.default_rng(seed)
    found = []
    for end in ends:
        samples, notices, error = read(path, data[:end])
        if error.count("\n") or (samples is None and not error):
            found.append((end, error))
        is_between_frames = name == "MP2" and end % 576 == 0  # nothing tells how many there were
        if samples is not None and samples.shape != whole.shape and not (is_between_frames or says_something(notices)):
            found.append((end, "silently short", samples.shape, whole.shape))
        # mpg123 gives other last bits where it has sought
        if samples is not None and not np.allclose(samples, whole[:, : samples.shape[1]], rtol=0, atol=1e-7):
            found.append((end, "not what was there", samples.shape))
    for places in flips:
        changed = bytearray(data)
        for place in places:
            changed[place] = chance.integers(256)
        samples, notices, error = read(path, changed)
        is_in_header = min(places) < 5000 if name.startswith(("CAF", "Ogg")) else min(places) < 2100
        if error.count("\n") or not (samples is None or np.isfinite(samples).all()):
            found.append((places, error))
        if samples is not None and not is_in_header and samples.shape != whole.shape and not says_something(notices):
            found.append((places, "silently of another length", samples.shape, whole.shape))
    printed = capfd.readouterr()
    assert (found, printed.out, printed.err) == ([], "", "")


def ends_of(data, n):
    """All of the header's first bytes, the last ones, and some between."""
    return sorted({*range(1, 60, 3), *np.linspace(60, len(data) - 1, n, dtype=int).tolist(), len(data) - 2})


def flips_of(data, n, seed):
    chance = np.random.default_rng(seed)
    header = [sorted(chance.integers(4, min(len(data), 120), 2).tolist()) for _ in range(n)]
    return [*header, *(sorted(chance.integers(4, len(data), 3).tolist()) for _ in range(n))]


def edited(data, chance):
    """A file from which a part was taken, or into which one was put, and what was done."""
    at, n = int(chance.integers(len(data))), int(chance.integers(1, 3000))
    junk = (b"words and no sound " * n)[:n] if chance.random() < 0.5 else chance.bytes(n)
    edits = {
        "taken out": data[:at] + data[at + n :],
        "put in": data[:at] + junk + data[at:],
        "zeros": data[:at] + bytes(len(data[at : at + n])) + data[at + n :],
        "put behind": data + junk,
        "twice": data[:at] + data[max(0, at - n) : at] + data[at:],
    }
    name = list(edits)[chance.integers(len(edits))]
    return (name, at, n), edits[name]


def edit_many(container, path, capfd, n, seed):
    """Of parts taken out and put in, expect a word where the length is another, or where something stands behind."""
    name, data = container
    whole, _, _ = read(path, data)
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        what, changed = edited(bytes(data), chance)
        samples, notices, error = read(path, changed)
        if samples is None and error.count("\n") == 0:
            continue
        is_other = samples is None or samples.shape != whole.shape or what[0] == "put behind"
        # Of frames that stand alone, one that is missing shows nowhere, nor one that is there twice; a header that is
        # made of other bytes may promise anything.
        cannot_show = (name == "MP2" and what[0] in ("taken out", "twice")) or (
            name == "CAF of ALAC" and what[1] < 4200
        )
        if is_other and not notices and not cannot_show:
            found.append((what, None if samples is None else samples.shape, whole.shape))
    assert (found, *capfd.readouterr()) == ([], "", "")


def test_what_is_cut_changed_missing_or_too_much_is_never_silent_and_nothing_is_printed(container, tmp_path, capfd):
    attack(container, tmp_path / "clip.bin", capfd, ends_of(container[1], 8), flips_of(container[1], 8, 1))
    edit_many(container, tmp_path / "clip.bin", capfd, 8, 2)


def test_a_table_of_packets_that_is_longer_than_its_file_is_read_to_the_end_of_the_file(tmp_path):
    data = CONTAINERS["CAF of ALAC"].whole(4000)
    place = data.index(b"pakt") + 4
    data[place : place + 8] = (1 << 60).to_bytes(8, "big")
    _, _, error = read(tmp_path / "clip.caf", data)
    assert error.count("\n") == 0
    assert "cannot be read" in error


def test_what_fills_up_the_header_of_nist_is_not_taken_for_sound(tmp_path):
    data = CONTAINERS["NIST"].whole(4000)
    errors = [read(tmp_path / "clip.sph", data[:end])[2] for end in (200, 481, 1000, 1023)]
    assert [error.partition(": ")[2] for error in errors] == [
        "cut: 0 of 4000 samples are there (0.00 of 0.25 s); copy the file again"
    ] * len(errors)


@pytest.mark.parametrize(("name", "ends"), [("MP2", (576, 692, 1100)), ("WAV of MP3", (96, 133, 353, 427, 600))])
def test_of_less_than_two_frames_of_mpeg_no_sound_is_made(name, ends, tmp_path):
    data = CONTAINERS[name].whole(20000)
    errors = [read(tmp_path / "clip.bin", data[:end])[2] for end in ends]
    assert all("it is cut or damaged; copy it again" in error for error in errors), errors


@pytest.mark.parametrize(("name", "n_missing"), [("WAV of IMA ADPCM", 40), ("WAV", 12), ("AIFF", 12), ("AIFF", 80)])
def test_a_cut_file_before_another_one_is_called_cut_where_the_chunks_of_both_fit_into_one(name, n_missing, tmp_path):
    data = CONTAINERS[name].whole(4000)
    whole, _, _ = read(tmp_path / "clip.bin", data)
    samples, notices, _ = read(tmp_path / "clip.bin", data[:-n_missing] + data)
    assert [notice.kind for notice in notices] == ["cut"]
    assert np.array_equal(samples[:, -whole.shape[1] :], whole)
    n_first = samples.shape[1] - whole.shape[1]
    assert n_first == notices[0].values["n_present"]
    assert np.array_equal(samples[:, :n_first], whole[:, :n_first])


@pytest.mark.slow
def test_many_more_of_them(container, tmp_path, capfd):
    attack(container, tmp_path / "clip.bin", capfd, ends_of(container[1], 150), flips_of(container[1], 600, 100))
    edit_many(container, tmp_path / "clip.bin", capfd, 400, 200)
