"""A recording is read whole, or a word is said: odd headers, files that are cut, joined, damaged, or never finished."""

from __future__ import annotations

import cProfile
import io
import pstats
import struct

import numpy as np
import pytest
import soundfile as sf
from oddfiles import in_ogg
from readings import RATE, SIZED, VOICE, assert_whole, encoded, heard, pcm16, wav

from specaug_listen import load
from specaug_listen.audio.containers import View, flac_frames
from specaug_listen.audio.containers.flac import _crc8
from specaug_listen.audio.recording import open_recording
from specaug_listen.errors import AudioError, SpecAugListenWarning

# -- files that are cut ------------------------------------------------------------------------------


def test_a_cut_file_is_heard_as_far_as_it_goes(subtests, tmp_path):
    for container in ["WAV", "WAVEX", *SIZED, "VOC", "SVX"]:
        for kept in (0.3, 0.95):
            with subtests.test(kept=kept, container=container):
                whole = encoded(container=container, subtype="PCM_16")
                samples, notices = heard(tmp_path, whole[: int(kept * len(whole))])
                np.testing.assert_allclose(samples, VOICE[: len(samples)], atol=1e-4)
                assert notices == {"cut": {"n_present": len(samples), "n_promised": 32000, "sample_rate": RATE}}
                assert kept - 0.16 < len(samples) / 32000 <= kept


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_that_ends_too_early_says_so(tmp_path, subtype):
    whole = encoded(container="OGG", subtype=subtype)
    samples, notices = heard(tmp_path, whole)
    assert (len(samples), notices) == (32000, {})
    pages = [i for i in range(len(whole)) if whole[i : i + 4] == b"OggS"]
    for end, within in ((len(whole) - 5, "page"), (pages[-1], "stream")):
        samples, notices = heard(tmp_path, whole[:end])
        assert 4000 < len(samples) < 32000
        assert notices == {"cut-within": {"n_present": len(samples), "within": within, "sample_rate": RATE}}


def test_strictly_a_cut_file_is_refused_and_a_whole_one_is_not(tmp_path):
    whole = encoded()
    (tmp_path / "clip.wav").write_bytes(whole)
    assert load(tmp_path / "clip.wav", strict=True).n_samples == 32000
    (tmp_path / "clip.wav").write_bytes(whole[:-64])
    message = r"clip\.wav: cut: 31968 of 32000 samples are there .*; copy the file again \(refused, as --strict"
    with pytest.raises(AudioError, match=message):
        load(tmp_path / "clip.wav", strict=True)
    with pytest.raises(AudioError, match=message):
        open_recording(tmp_path / "clip.wav", RATE, tmp_path, strict=True)
    flac = encoded(container="FLAC")
    (tmp_path / "clip.flac").write_bytes(flac[:-64])
    with pytest.raises(AudioError, match=r"cut: \d+ of 32000 .*strict"):
        load(tmp_path / "clip.flac", strict=True)


def test_of_a_cut_file_of_which_nothing_is_left_nothing_is_heard(tmp_path):
    (tmp_path / "clip.wav").write_bytes(wav(b"", 200))
    with pytest.raises(AudioError, match=r"clip\.wav: cut: 0 of 100 samples are there"):
        load(tmp_path / "clip.wav")


def test_a_start_behind_what_is_there_says_how_much_that_is(tmp_path):
    (tmp_path / "clip.flac").write_bytes(encoded(container="FLAC")[:20000])
    with pytest.raises(AudioError, match=r"start=1\.9 s is after the end; the clip lasts 0\.\d+ s"):
        load(tmp_path / "clip.flac", start_s=1.9)


# -- damage -------------------------------------------------------------------------------------------


def test_a_flac_that_is_damaged_is_silent_there_and_heard_behind_it(subtests, tmp_path):
    for damage in ("bytes", "removed", "inserted"):
        for span in [{}, {"start_s": 0.9}, {"start_s": 1.2, "duration_s": 0.5}, {"duration_s": 1.5}]:
            with subtests.test(span=span, damage=damage):
                data = encoded(container="FLAC")
                middle = len(data) // 2
                if damage == "bytes":
                    data[middle : middle + 20] = b"\xff" * 20
                elif damage == "removed":
                    del data[middle : middle + 100]
                else:
                    data[middle:middle] = b"hello" * 20
                samples, notices = heard(tmp_path, data, **span)
                begin = round(span.get("start_s", 0) * RATE)
                expected = VOICE[begin : begin + round(span.get("duration_s", 9) * RATE)]
                assert len(samples) == len(expected)
                is_silent = samples == 0
                np.testing.assert_allclose(samples[~is_silent], expected[~is_silent], atol=1e-4)
                assert set(notices) <= {"silenced"}
                if "start_s" not in span:
                    n_lost = notices["silenced"]["n_lost"]
                    assert notices == {"silenced": {"n_lost": n_lost, "n_places": 1, "sample_rate": RATE}}
                    assert 0 < n_lost <= is_silent.sum() < n_lost + 20


def test_a_flac_that_is_damaged_in_two_places_and_cut_is_heard_between_them(tmp_path):
    data = encoded(np.tile(VOICE, 4), "FLAC")[:-5000]
    for share in (0.3, 0.6):
        data[int(share * len(data))] ^= 255
    samples, notices = heard(tmp_path, data)
    assert notices["silenced"]["n_places"] == 2
    assert notices["cut"] == {"n_present": len(samples), "n_promised": 4 * 32000, "sample_rate": RATE}
    assert len(samples) > 3.5 * 32000


def test_a_number_of_a_frame_that_means_nothing_makes_no_silence(tmp_path):
    """Frames of another, far longer file are no reason for hours of silence."""
    data = encoded(np.tile(VOICE, 2), "FLAC")
    frames = [place for place, _ in flac_frames_of(tmp_path, data)]
    assert frames == list(range(0, 64000, 4096))


def flac_frames_of(tmp_path, data):
    path = tmp_path / "frames.flac"
    path.write_bytes(data)
    with View(path, [(0, len(data))]) as stream:
        return list(flac_frames(stream))


def test_what_only_looks_like_frames_of_a_flac_is_tried_now_and_then(tmp_path, monkeypatch):
    """Each of these would be decoded up to the end of the file, which would last for hours."""
    data = encoded(VOICE[:8000], "FLAC")
    _, second = (at for _, at in flac_frames_of(tmp_path, data))
    data[21:26] = bytes([data[21] & 0xF0]) + struct.pack(">I", 1 << 25)
    fakes = b"".join(head + bytes([_crc8(head)]) for head in (b"\xff\xf8\xc9\x08%c" % (n % 100) for n in range(5000)))
    read = []
    monkeypatch.setattr(
        "specaug_listen.audio.sndfile_decoder._close_file", lambda file, view: (file.close(), read.append(view.n_read))
    )
    assert len(heard(tmp_path, data[:second] + fakes)[0]) == 4096
    assert len(read) < 500
    assert sum(read) < 100 * len(fakes)


def test_behind_damage_in_ogg_the_work_grows_with_the_file(tmp_path):
    """Where all pages were listed again for each frame, twice as many made four times the work."""
    calls = []
    for n in (1, 2):
        data = in_ogg(bytes(encoded(0.01 * np.tile(VOICE, n), "FLAC", compression_level=0)), 50)
        (tmp_path / "clip.oga").write_bytes(data[: len(data) // 2] + data[len(data) // 2 + 500 :])
        profile = cProfile.Profile()
        with pytest.warns(SpecAugListenWarning):
            profile.runcall(load, tmp_path / "clip.oga")
        calls.append(pstats.Stats(profile).total_calls)
    assert calls[1] < 2.5 * calls[0]


@pytest.mark.parametrize("junk", [b"junk " * 300, bytes(1000) + b"junk"], ids=["text", "zeros and text"])
def test_what_is_behind_the_frames_of_a_flac_is_said_and_no_sound(tmp_path, junk):
    assert assert_whole(tmp_path, encoded(container="FLAC") + junk, kinds=("junk-after",))
    assert_whole(tmp_path, encoded(container="FLAC") + b"TAG" + bytes(125))


def test_an_ogg_that_has_lost_a_page_says_so(tmp_path):
    data = encoded(np.tile(VOICE, 4), "OGG", "VORBIS")
    pages = [i for i in range(len(data)) if data[i : i + 4] == b"OggS"]
    samples, notices = heard(tmp_path, data[: pages[4]] + data[pages[5] :])
    assert notices["pages-lost"] == {"n_pages": 1, "n_bytes": 0, "n_bad": 0}
    assert len(samples) < 4 * 32000
    data[pages[4] + 100] ^= 255
    samples, notices = heard(tmp_path, data)
    assert notices["pages-lost"] == {"n_pages": 0, "n_bytes": 0, "n_bad": 1}
    assert notices["stopped"]["n_promised"] == 4 * 32000 > notices["stopped"]["n_present"] == len(samples)


# -- formats that cannot be sought, and codecs ---------------------------------------------------------

UNSEEKABLE = [
    ("WAV", "GSM610"), ("AIFF", "GSM610"), ("W64", "GSM610"), ("WAV", "G721_32"), ("AU", "G721_32"),
    ("AU", "G723_24"), ("AU", "G723_40"), ("WAV", "NMS_ADPCM_32"),
]  # fmt: skip


def test_what_cannot_be_sought_is_read_from_the_beginning(subtests, tmp_path):
    for container, subtype in UNSEEKABLE:
        with subtests.test(container=container, subtype=subtype):
            samples, notices = heard(tmp_path, encoded(container=container, subtype=subtype))
            assert 32000 <= len(samples) <= 32400
            assert notices == {}
            assert np.corrcoef(samples[:32000], VOICE)[0, 1] > 0.9
            part, _ = heard(tmp_path, encoded(container=container, subtype=subtype), start_s=0.6, duration_s=0.5)
            np.testing.assert_array_equal(part, samples[9600:17600])


def test_a_cut_file_of_a_codec_says_how_much_is_there(tmp_path):
    whole = encoded(subtype="GSM610")
    samples, notices = heard(tmp_path, whole[: len(whole) // 2])
    assert abs(notices["cut"]["n_promised"] - 32000) < 700
    assert notices["cut"]["n_present"] == len(samples)


# -- several streams in one file -----------------------------------------------------------------------

JOINED = [
    ("WAV", "PCM_16"), ("AU", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("AIFF", "PCM_16"), ("W64", "PCM_16"),
    ("W64", "PCM_U8"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"),
]  # fmt: skip


def test_files_behind_each_other_are_all_read(subtests, tmp_path):
    for container, subtype in JOINED:
        with subtests.test(container=container, subtype=subtype):
            one, two = encoded(VOICE, container, subtype), encoded(-VOICE[:20000], container, subtype)
            first, second = heard(tmp_path, one)[0], heard(tmp_path, two)[0]
            samples, notices = heard(tmp_path, one + two)
            np.testing.assert_array_equal(samples, np.concatenate([first, second]))
            assert notices == {}
            part, _ = heard(tmp_path, one + two, start_s=1.9, duration_s=0.3)
            np.testing.assert_allclose(part, samples[30400:35200], atol=1e-6)
            behind, _ = heard(tmp_path, one + two, start_s=2.5)
            np.testing.assert_allclose(behind, samples[40000:], atol=1e-6)


def test_a_short_file_that_is_there_twice_is_heard_twice(subtests, tmp_path):
    for container, subtype in JOINED:
        with subtests.test(container=container, subtype=subtype):
            short = bytes(encoded(VOICE[:100], container, subtype))
            one, notices = heard(tmp_path, short)
            samples, again = heard(tmp_path, 2 * short)
            np.testing.assert_allclose(samples, np.tile(one, 2), atol=1e-6)
            assert again == notices == {}


@pytest.mark.parametrize("container", ["WAV", "FLAC", "OGG"])
def test_more_files_in_a_row_than_are_read_are_said(tmp_path, monkeypatch, container):
    for module in ("dispatch", "flac", "ogg"):
        monkeypatch.setattr(f"specaug_listen.audio.containers.{module}.MAX_FILES", 3)
    data = bytes(encoded(VOICE[:4000], container))
    samples, notices = heard(tmp_path, 3 * data)
    assert (len(samples), notices) == (12000, {})
    samples, notices = heard(tmp_path, 5 * data)
    assert (len(samples), notices) == (12000, {"files-left-out": {"n_files": 1000, "n_bytes": 2 * len(data)}})


def test_a_stream_of_another_rate_is_left_out_with_a_word(subtests, tmp_path):
    for container, subtype in JOINED:
        with subtests.test(container=container, subtype=subtype):
            one, two = encoded(VOICE, container, subtype), encoded(VOICE, container, subtype, rate=8000)
            samples, notices = heard(tmp_path, one + two)
            assert len(samples) == 32000
            assert notices == {"other-streams": {"n_streams": 1, "n_read": 1}}


def test_a_warning_is_the_packages_own(tmp_path):
    (tmp_path / "clip.wav").write_bytes(wav(pcm16(), 8000))
    with pytest.warns(SpecAugListenWarning, match=r"clip\.wav: longer than its header says: 32000 samples in place of"):
        load(tmp_path / "clip.wav")


def test_flac_in_ogg_is_read_whole_and_a_cut_one_with_a_word(tmp_path):
    data = in_ogg(encoded(container="FLAC"))
    assert_whole(tmp_path, data)
    assert assert_whole(tmp_path, data + data, np.concatenate([VOICE, VOICE])) == {}
    _, notices = heard(tmp_path, data[: len(data) * 2 // 3])
    assert notices["cut"]["n_promised"] == len(VOICE)
    assert list(notices) == ["cut"]


def test_a_page_of_text_that_is_named_mp3_is_not_called_a_pipe(tmp_path):
    path = tmp_path / "clip.mp3"
    path.write_bytes(b"<html>not found</html>" * 99)
    with pytest.raises(AudioError, match="no MPEG frames in its first MB"):
        load(path)


# -- zeros behind frames, and blocks -----------------------------------------------------------------


def test_zeros_behind_the_frames_of_a_flac_are_called_zeros(subtests, tmp_path):
    for total in ("told", "open"):
        for n in (1, 20, 3000):
            with subtests.test(n=n, total=total):
                data = bytes(encoded(container="FLAC", subtype="PCM_16"))
                data = data if total == "told" else data[:22] + bytes(4) + data[26:]
                samples, notices = heard(tmp_path, data + bytes(n))
                assert len(samples) == len(VOICE)
                assert list(notices) == ["zeros-after"] if total == "told" else ["open-length", "zeros-after"]
                assert notices["zeros-after"] == {"n_bytes": n}
                assert "zeros-after" not in heard(tmp_path, data + bytes(n) + b"words " * 20)[1]


@pytest.mark.parametrize("n_blocks", [10, 11])
def test_of_an_odd_number_of_blocks_of_gsm_no_more_is_heard_than_was_written(tmp_path, n_blocks):
    samples, notices = heard(tmp_path, encoded(VOICE[: 320 * n_blocks], subtype="GSM610"))
    assert (len(samples), notices) == (320 * n_blocks, {})


IN_BLOCKS = [
    *(("WAV", one) for one in ("IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32", "NMS_ADPCM_16")),
    *(("AU", one) for one in ("G721_32", "G723_24", "G723_40")),
    *(("AIFF", one) for one in ("IMA_ADPCM", "GSM610")),
    *(("W64", one) for one in ("IMA_ADPCM", "MS_ADPCM", "GSM610")),
    ("CAF", "ALAC_16"),
]


def test_of_a_block_that_is_cut_nothing_is_heard(subtests, tmp_path):
    for container, subtype in IN_BLOCKS:
        with subtests.test(container=container, subtype=subtype):
            data = encoded(container=container, subtype=subtype)
            whole, _ = heard(tmp_path, data)
            for share in (0.43, 0.81):
                samples, notices = heard(tmp_path, data[: int(share * len(data))])
                assert len(samples) > 0
                np.testing.assert_array_equal(samples, whole[: len(samples)])
                assert list(notices) == ["cut"]
                assert notices["cut"]["n_present"] == len(samples)
                if container != "CAF":  # there, how many packets there were may stand behind the sound
                    assert notices["cut"]["n_promised"] == len(whole)


# -- a codec that is not read, and a file that is broken -----------------------------------------------


def test_a_header_that_is_cut_is_no_reason_to_install_anything(subtests, tmp_path):
    for container in ("WAV", "AIFF", "CAF", "W64", "FLAC", "OGG", "NIST", "VOC", "PAF", "SVX", "MAT5"):
        with subtests.test(container=container):
            path = tmp_path / "clip.bin"
            path.write_bytes(encoded(container=container)[:28])
            with pytest.raises(
                AudioError, match=r"is an? \w+ file whose beginning cannot be read \(.*cut or damaged; copy it"
            ):
                load(path)


@pytest.mark.parametrize("place", [".AppleDouble", "._"])
def test_what_lies_in_the_working_folder_is_not_taken_for_a_part_of_an_mp3(tmp_path, monkeypatch, place):
    data = encoded(container="MP3")
    before, _ = heard(tmp_path, data)
    monkeypatch.chdir(tmp_path)
    (tmp_path / place).mkdir()
    samples, notices = heard(tmp_path, data)
    np.testing.assert_array_equal(samples, before)
    assert notices == {}


@pytest.mark.parametrize(("form", "subtype"), [("AIFF", "DWVW_16"), ("CAF", "ALAC_16")])
def test_a_cut_file_of_packed_samples_says_its_own_length(tmp_path, form, subtype):
    """Its bytes do not tell how many samples there were; another field does."""
    buffer = io.BytesIO()
    sf.write(buffer, VOICE, RATE, format=form, subtype=subtype)
    data = buffer.getvalue()
    samples, notices = heard(tmp_path, data)
    assert (len(samples), notices) == (len(VOICE), {})
    samples, notices = heard(tmp_path, data[: len(data) // 2])
    assert 0 < len(samples) < len(VOICE)
    assert notices == {"cut": {"n_present": len(samples), "n_promised": len(VOICE), "sample_rate": RATE}}
