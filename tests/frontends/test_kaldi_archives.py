"""Kaldi's archives and lists: binary, text and compressed, and never a command."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from specaug_listen.errors import AudioError
from specaug_listen.frontends.kaldi_archives import ark_places, read_place, scp_places

MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2) / 4


def binary(matrix, kind="FM"):
    rows, columns = matrix.shape
    dtype = "<f4" if kind == "FM" else "<f8"
    return b"\0B" + kind.encode() + b" " + struct.pack("<BiBi", 4, rows, 4, columns) + matrix.astype(dtype).tobytes()


def ark(tmp_path, *parts, name="f.ark"):
    path = tmp_path / name
    path.write_bytes(b"".join(parts))
    return path


def test_float_double_and_text_are_read_in_the_order_of_the_archive(tmp_path):
    text = b"utt-t  [\n  0 0.25\n  0.5 0.75\n  1 1.25 ]\n"
    path = ark(
        tmp_path, b"utt-f ", binary(MATRIX), b"utt-d ", binary(MATRIX, "DM"), text, b"utt-2 ", binary(MATRIX[:1])
    )
    places = ark_places(path)
    assert [place.key for place in places] == ["utt-f", "utt-d", "utt-t", "utt-2"]
    for place in places[:3]:
        assert np.array_equal(read_place(place), MATRIX)
    assert np.array_equal(read_place(places[3]), MATRIX[:1])


def test_a_list_leads_to_offsets_and_ranges_that_count_both_ends(tmp_path):
    path = ark(tmp_path, b"utt ", binary(MATRIX))
    scp = tmp_path / "f.scp"
    scp.write_text(f"whole {path}:4\nrows {path}:4[1:2]\ncell f.ark:4[0:0,1:1]\n")
    whole, rows, cell = (read_place(place) for place in scp_places(scp))
    assert np.array_equal(whole, MATRIX)
    assert np.array_equal(rows, MATRIX[1:3])
    assert np.array_equal(cell, MATRIX[:1, 1:2])


@pytest.mark.parametrize("part", ["[0:9]", "[40:41]", "[0:0,0:99]"])
def test_a_range_far_beyond_a_matrix_is_refused(tmp_path, part):
    path = tmp_path / "f.ark"
    path.write_bytes(b"u  [\n 1 2 3\n 4 5 6 ]\n")
    scp = tmp_path / "f.scp"
    scp.write_text(f"u {path}:2{part}\nnear {path}:2[1:4]\n")
    far, near = scp_places(scp)
    assert read_place(near).tolist() == [[4, 5, 6]]
    with pytest.raises(AudioError, match=r"f\.ark: 'u': a range up to \d+, but the matrix has \d+ rows or columns"):
        read_place(far)


@pytest.mark.parametrize("line", ["utt touch {done} |", "utt | touch {done}", "utt touch {done}; cat f.ark|"])
def test_a_command_is_refused_and_never_run(tmp_path, line):
    scp = tmp_path / "f.scp"
    done = tmp_path / "done"
    scp.write_text(line.format(done=done) + "\n")
    with pytest.raises(AudioError, match=r"line 1: .* is a command, and commands in files are never run"):
        scp_places(scp)
    assert not done.exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("utt -", "'-' behind 'utt' names no file"),
        ("utt", "'' behind 'utt' names no file"),
        ("utt gone.ark:4", "gone.ark does not exist or is not a file"),
        ("", "an empty list"),
    ],
)
def test_other_lines_are_refused(tmp_path, line, words):
    scp = tmp_path / "f.scp"
    scp.write_text(line)
    with pytest.raises(AudioError, match=words):
        scp_places(scp)


def test_a_list_of_recordings_is_told(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    scp = tmp_path / "wav.scp"
    scp.write_text("utt x.wav\n")
    with pytest.raises(AudioError, match="is a recording; pass the recordings"):
        scp_places(scp)


def test_what_is_no_archive_of_matrices_is_refused_in_words(subtests, tmp_path):
    for data, words in [
        (b"utt " + binary(MATRIX)[:-3], "truncated: 3 by 2 cells are 24 bytes, the file has 21"),
        (b"utt " + binary(MATRIX)[:9], "truncated within a header"),
        (b"utt", "truncated after the key"),
        (b"utt \0BFV \x04\x01\0\0\0\0\0\0\0", "contains a vector"),
        (b"utt \0B\x04\x01\0\0\0", "contains a vector"),
        (b"utt \0BXX abcdefgh", "expected a matrix"),
        (b"utt \0BFM \x04\xff\xff\xff\xff\x04\x02\0\0\0" + bytes(60), "matrix of -1 by 2"),
        (b"utt PKLxxxx", "a Python pickle, which is never loaded"),
        (b"utt AUDIOxx", "contains audio"),
        (b"utt NPYxxxx", "inside a Kaldi archive"),
        (b"utt  [\n 1 2\n 3 4", "without closing bracket"),
        (b"utt hello", "is not a matrix"),
        (b"\x93NUMPY\x01\x00v\x00", "not a Kaldi archive"),
    ]:
        with subtests.test(data=data, words=words), pytest.raises(AudioError, match=words):
            ark_places(ark(tmp_path, data))


def test_text_that_is_ragged_or_no_numbers_is_refused(subtests, tmp_path):
    for text, words in [
        (b"utt [\n 1 2\n 3 ]\n", "1 numbers in row 2: expected 2 numbers in every row"),
        (b"utt [\n 1 2\n a b ]\n", "row 2: 'a': expected numbers only"),
        (b"utt [ hello world ]\n", "row 1: 'hello': expected numbers only"),
    ]:
        with subtests.test(text=text):
            (place,) = ark_places(ark(tmp_path, text))
            with pytest.raises(AudioError, match=words):
                read_place(place)


def test_a_list_may_have_tabs_and_a_mark_of_its_byte_order(tmp_path):
    (tmp_path / "a b.ark").write_bytes(b"")
    scp = tmp_path / "f.scp"
    scp.write_bytes(b"\xef\xbb\xbfutt\ta b.ark:4\r\nother \t a b.ark:9\n")
    assert [(place.key, place.path.name, place.offset) for place in scp_places(scp)] == [
        ("utt", "a b.ark", 4), ("other", "a b.ark", 9),
    ]  # fmt: skip


def test_compressed_matrices_are_decoded_by_kaldi_native_io(tmp_path):
    kaldi = pytest.importorskip("kaldi_native_io")
    matrix = np.linspace(-10, 5, 40 * 20, dtype=np.float32).reshape(40, 20)
    path = tmp_path / "c.ark"
    with kaldi.CompressedMatrixWriter(f"ark:{path}") as writer:
        writer["one"], writer["two"] = matrix, matrix[:25]
    first, second = ark_places(path)
    assert np.allclose(read_place(first), matrix, atol=0.1)
    assert np.allclose(read_place(second), matrix[:25], atol=0.1)


def test_without_it_compressed_matrices_are_listed_and_the_extra_is_named(tmp_path, monkeypatch):
    """``CM2``: a global header of least value, range, rows and columns, then two bytes a cell."""
    data = b"\0BCM2 " + struct.pack("<ffii", -1.0, 2.0, 3, 2) + np.arange(6, dtype="<u2").tobytes()
    places = ark_places(ark(tmp_path, b"a ", data, b"b ", binary(MATRIX)))
    assert [place.key for place in places] == ["a", "b"]
    monkeypatch.setitem(__import__("sys").modules, "kaldi_native_io", None)
    with pytest.raises(ImportError, match=r"specaug-listen\[kaldi\]"):
        read_place(places[0])
