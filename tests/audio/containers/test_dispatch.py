"""The parser for a file is found by its first bytes, whatever its ending, and copies of its header are skipped."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readings import RATE, VOICE, assert_whole, encoded, heard

from specaug_listen import load
from specaug_listen.audio.containers import layout_of
from specaug_listen.audio.containers.dispatch import _PARSERS
from specaug_listen.errors import AudioError


@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_16"), ("AU", "PCM_16"), ("WAV", "GSM610")])
def test_a_file_with_a_header_is_heard_though_its_ending_says_it_has_none(tmp_path, container, subtype):
    data = encoded(VOICE[:9600], container, subtype)
    expected, _ = heard(tmp_path, data)
    samples, notices = heard(tmp_path, data, "clip.raw")
    np.testing.assert_array_equal(samples, expected)
    assert notices == {}


def test_marks_of_many_files_are_not_each_given_a_decoder(tmp_path):
    (tmp_path / "clip.flac").write_bytes(5000 * b"fLaC\0\0\0\x22")
    layout = layout_of(tmp_path / "clip.flac")
    assert len(layout.streams) == 1000
    assert [notice.values["n_bytes"] for notice in layout.notices] == [32000]


def quiet_pcm():
    """Samples whose bytes look like headers of MPEG frames all the time: small negative numbers."""
    return np.random.default_rng(1).integers(-9, 9, RATE).astype("i2") / 32768


def test_samples_that_look_like_frames_are_no_mp3(subtests, tmp_path):
    for container, subtype in [(one, "PCM_16") for one in ("IRCAM", "PAF", "PVF", "MAT4", "MAT5")] + [
        ("XI", "DPCM_16")
    ]:
        with subtests.test(container=container, subtype=subtype):
            quiet = quiet_pcm()
            for data in (
                encoded(quiet, container, subtype),
                b"ID3\4\0\0\0\0\0\x40" + bytes(64) + encoded(quiet, container, subtype),
            ):
                if container == "XI" and data.startswith(b"ID3"):
                    continue
                samples, notices = heard(tmp_path, data)
                np.testing.assert_allclose(samples, quiet, atol=1e-6)
                assert notices.keys() <= {"open-length"}


COPIED = {"CAF": 4096, "W64": 104, "PVF": 16, "MAT4": 68, "MAT5": 264, "SDS": 21}


def test_copies_of_the_header_are_no_sound(subtests, tmp_path):
    for container, length in COPIED.items():
        for is_closed in (True, False):
            with subtests.test(is_closed=is_closed, container=container, length=length):
                data = encoded(container=container, subtype="PCM_16")
                header, sound = data[:length], data[length:]
                start = bytearray(header)
                if container in OF_NOTHING:
                    place, form = OF_NOTHING[container]
                    struct.pack_into(form, start, place, 0)
                elif container == "SDS":
                    start[10:13] = bytes(3)
                kinds = ("open-length",) if container == "PVF" else () if is_closed else ("no-length",)
                assert_whole(tmp_path, start + start + sound + (header if is_closed else b""), kinds=kinds)


def test_the_shortest_header_is_found_again_too(tmp_path):
    data = encoded(VOICE[:8000], "PVF", "PCM_16", rate=8000)
    assert data.index(b"\n", 5) == 14
    samples, _ = heard(tmp_path, data[:15] + data)
    np.testing.assert_allclose(samples, VOICE[:8000], atol=1e-4)


OF_NOTHING = {"CAF": (4096 - 12, ">q"), "W64": (96, "<Q"), "MAT4": (47, "<I"), "MAT5": (260, "<I")}


def test_sd2_is_read_where_its_other_file_is_and_nobody_can_tell_whether_it_is_cut(tmp_path):
    sf.write(tmp_path / "clip.sd2", VOICE, RATE, subtype="PCM_16")
    clip = load(tmp_path / "clip.sd2")
    np.testing.assert_allclose(clip.samples[0], VOICE, atol=1e-4)
    assert [notice.kind for notice in clip.notices] == ["open-length"]


NO_SOUND = {
    "page": (b"<!DOCTYPE html><title>404</title>" * 40, "not readable as audio"),
    "M4A": (b"\0\0\0\x20ftypM4A " + bytes(3000), r"is an MPEG-4 audio \(M4A\) file"),
    "noise": (np.random.default_rng(6).bytes(3000), "not readable as audio"),
}


def test_bytes_without_a_header_are_no_sound_whatever_their_ending(subtests, tmp_path, monkeypatch):
    for name, (data, said) in NO_SOUND.items():
        for ending in ("au", "snd", "vox6"):
            with subtests.test(ending=ending, name=name):
                monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)
                path = tmp_path / f"clip.{ending}"
                path.write_bytes(data)
                with pytest.raises(AudioError, match=said):
                    load(path)


def test_a_file_that_has_no_header_by_its_ending_is_refused_with_what_gives_it_one(subtests, tmp_path):
    for ending in ("raw", "pcm", "gsm", "vox", "ul", "al", "sln"):
        with subtests.test(ending=ending):
            path = tmp_path / f"clip.{ending}"
            path.write_bytes(np.random.default_rng(6).bytes(3000))
            with pytest.raises(
                AudioError, match=r"has no header .* as of \d+ kHz and .*: sox -t \w+ -r \d+ .*FILE FILE\.wav"
            ):
                load(path)


def test_an_au_whose_mark_is_damaged_is_no_noise(tmp_path):
    path = tmp_path / "clip.au"
    path.write_bytes(bytes(8) + encoded(container="AU", subtype="PCM_16")[8:])
    with pytest.raises(AudioError, match="not readable as audio"):
        load(path)


BEGINNINGS = [
    *(name + bytes(max(0, place - len(name))) + kind for _, name, place, kind, _ in _PARSERS),
    b"FORM\0\0\1\0AIFCCOMM\0\0\0\x16", b"FORM\0\0\1\0AIFFSSND\0\0\0\x10", b"FORM\0\0\1\x008SVXCHAN\0\0\0\4",
    b"RIFF\0\0\1\0WAVEfmt \x10\0\0\0\x50\0\1\0\x40\x1f\0\0\0\0\0\0\1\0\x10\0data\0\1\0\0", b"ID3\4",
    b"\xff\xfb\x90\x64",
]  # fmt: skip


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=64), st.integers(0, 64))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_beginning_of_a_file_is_too_short_for_its_parser(tmp_path, beginning, rest, n):
    path = tmp_path / "a.bin"
    for data in (beginning[: n + 1], beginning + rest, beginning + bytes(n), beginning + b"\xff" * n):
        path.write_bytes(data)
        assert layout_of(path).streams
