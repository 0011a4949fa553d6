"""What libsndfile does not read: named by its content, and decoded by FFmpeg where the extra is installed."""

from __future__ import annotations

import io
import json
import re
import struct
from fractions import Fraction

import numpy as np
import pytest
from commandline import run
from oddfiles import written_by_ffmpeg
from readings import RATE, VOICE, encoded, heard

from specaug_listen import audition, load, replay
from specaug_listen._notices import Notice
from specaug_listen.audio.containers.frame_streams import walk_frames
from specaug_listen.audio.decoder import Decoder, Ending
from specaug_listen.audio.ffmpeg import FfmpegDecoder
from specaug_listen.audio.ffmpeg_files import conversion_command
from specaug_listen.errors import AudioError

CONTENTS = {
    "a Windows Media (WMA, ASF) file": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    "an MPEG-4 audio (M4A) file": b"\0\0\0\x20ftypM4A ",
    "an MPEG-4 (MP4) file": b"\0\0\0\x20ftypisom",
    "a Matroska or WebM file": b"\x1aE\xdf\xa3",
    "an AAC (ADTS) file": b"\xff\xf1\x50\x80",
    "an AMR file": b"#!AMR\n",
    "a WavPack file": b"wvpk",
    "an AVI file": b"RIFF\0\0\0\0AVI LIST",
    "a WAV file of G.729": b"RIFF\0\0\0\0WAVEfmt \x12\0\0\0\x83\0\x01\0",
    "an Ogg file of Speex": b"OggS" + bytes(24) + b"Speex   1.2",
}


@pytest.fixture
def without_ffmpeg(monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)


def test_a_container_is_named_by_its_content_with_what_reads_or_converts_it(subtests, tmp_path, without_ffmpeg):
    for name in CONTENTS:
        with subtests.test(name=name):
            path = tmp_path / "a clip.wav"
            path.write_bytes(CONTENTS[name] + bytes(1000))
            with pytest.raises(AudioError) as caught:
                load(path)
            assert str(caught.value) == (
                f"{path}: is {name}; install what decodes it: pip install 'specaug-listen[av]', or convert it: "
                "ffmpeg -i 'a clip.wav' 'a clip-pcm.wav'"
            )


@pytest.mark.parametrize(("name", "codec"), [("a.caf", "alac"), ("a.m4a", "aac"), ("a.mov", "pcm_s16le")])
def test_a_file_that_is_cut_and_therefore_not_read_is_called_cut(tmp_path, name, codec):
    """Not one of a codec that is not read, or without sound: what tells of the sound was behind it."""
    pytest.importorskip("av")
    path = tmp_path / name
    data = written_by_ffmpeg(path, codec)
    path.write_bytes(data[: data.index(b"moov") + 40 if b"moov" in data else len(data) * 9 // 10])
    with pytest.raises(AudioError, match="file that is cut: its own structure reaches beyond its end"):
        load(path)


def test_a_whole_file_of_which_nothing_can_be_decoded_is_not_called_cut(tmp_path):
    """As FFmpeg itself writes AAC into WAV, and does not read it."""
    data = made(tmp_path / "a.wav", "g726")
    at, n = data.index(b"fmt ") + 8, data.index(b"data") + 8
    broken = data[:at] + b"\xff\0" + data[at + 2 : n] + np.random.default_rng(2).bytes(len(data) - n)
    path = tmp_path / "b.wav"
    path.write_bytes(broken)
    with pytest.raises(AudioError, match=r"b\.wav: FFmpeg decodes none of its sound \(.*\); use another clip"):
        load(path)


def test_notes_are_no_sound(tmp_path, without_ffmpeg):
    (tmp_path / "tune.mid").write_bytes(b"MThd\0\0\0\x06" + bytes(100))
    with pytest.raises(AudioError, match=r"tune\.mid: is a MIDI file: notes, no sound, which cannot be decoded here"):
        load(tmp_path / "tune.mid")


def test_the_command_names_the_file_as_a_shell_reads_it():
    assert conversion_command("/x/it's.m4a") == """ffmpeg -i 'it'"'"'s.m4a' 'it'"'"'s.wav'"""


class StandIn(Decoder):
    """A decoder in place of FFmpeg's: the voice, twice as loud, told with a notice."""

    sample_rate, n_channels, n_exact, name = RATE, 1, None, "stand-in 1"

    def __init__(self, path, known=None, **how):
        pass

    @property
    def n_likely(self):
        return None

    def blocks(self, begin):
        for at in range(0, len(VOICE), 7000):
            if (part := 2 * VOICE[max(begin, at) : at + 7000, None]).size:
                yield part
        self.ending = Ending(len(VOICE))

    def notices(self):
        return [Notice("decoded-by", {"decoder": self.name, "codec": "aac", "container": "mp4"})]


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: True)
    monkeypatch.setattr("specaug_listen.audio.file_search.has_ffmpeg", lambda: True)
    monkeypatch.setattr("specaug_listen.audio.ffmpeg_files.FfmpegDecoder", StandIn)


M4A = CONTENTS["an MPEG-4 audio (M4A) file"] + bytes(100)


def test_what_another_decoder_gives_takes_the_same_way(tmp_path, stand_in):
    samples, notices = heard(tmp_path, M4A)
    np.testing.assert_array_equal(samples, 2 * VOICE)
    assert list(notices) == ["decoded-by"]
    part, _ = heard(tmp_path, M4A, start_s=0.6, duration_s=0.5)
    np.testing.assert_array_equal(part, samples[9600:17600])


def test_the_record_says_who_decoded_it(tmp_path, stand_in):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "talk.M4A").write_bytes(M4A)
    (tmp_path / "in" / "notes.txt").write_text("words")
    ran = run(
        "audition", tmp_path / "in", "-o", tmp_path / "out", "--vocoder", "original-phase", "--frontend", "whisper"
    )
    assert ran.code == 0
    assert "! decoded by FFmpeg: aac in mp4, by stand-in 1" in ran.out
    assert "no sound (.txt 1)" in ran.err
    index = json.loads((tmp_path / "out" / "audition.json").read_text())
    assert index["clips"][0]["audio"]["decoder"] == "stand-in 1"
    assert [notice["kind"] for notice in index["notices"]] == ["left-out"]
    written = json.loads((tmp_path / "out" / "talk" / "draw-1.json").read_text())
    assert written["audio"]["decoder"] == "stand-in 1"
    assert written["audio"]["notices"][0]["kind"] == "decoded-by"


def test_libsndfile_is_named_as_the_decoder_where_it_was(tmp_path):
    (tmp_path / "clip.wav").write_bytes(encoded())
    clip = load(tmp_path / "clip.wav")
    assert clip.source.decoder.startswith("libsndfile ")


# -- the real one, where it is installed ----------------------------------------------------------------


def made(path, codec):
    pytest.importorskip("av")
    return written_by_ffmpeg(path, codec, VOICE)


@pytest.mark.parametrize(("name", "codec"), [("clip.m4a", "aac"), ("clip.mka", "flac"), ("clip.wma", "wmav2")])
def test_ffmpeg_decodes_what_libsndfile_does_not_read(tmp_path, name, codec):
    data = made(tmp_path / name, codec)
    samples, notices = heard(tmp_path, data, name)
    assert abs(len(samples) - len(VOICE)) < 2500
    assert notices["decoded-by"]["codec"] == codec
    assert list(notices) == ["decoded-by"]
    shift = int(np.argmax(np.correlate(samples[:6000], VOICE[1000:4000], "valid"))) - 1000
    assert np.corrcoef(samples[shift + 1000 : shift + 20000], VOICE[1000:20000])[0, 1] > 0.95
    part, _ = heard(tmp_path, data, name, start_s=0.6, duration_s=0.5)
    np.testing.assert_array_equal(part, samples[9600:17600])


LAYOUTS = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")
KINDS = (
    "flac.mka",
    "wavpack.wv",
    "tta.tta",
    "pcm_s16le.mov",
    *(f"pcm_{one}.mkv" for one in ("u8", "s32le", "f32le", "f64le")),
)


def test_every_number_of_channels_is_read_through_ffmpeg_from_packed_and_planar_samples(subtests, tmp_path):
    """Of 8 planes, and of QuickTime's own orders of 7 and 8 channels, PyAV kills the process."""
    for kind in KINDS:
        with subtests.test(kind=kind):
            pytest.importorskip("av")
            for n_channels, layout in enumerate(LAYOUTS, 1):
                sound = np.rint(VOICE[:5000, None] * np.arange(1, n_channels + 1) / 8 * 127) / 128
                path = tmp_path / f"{n_channels}{kind}"
                written_by_ffmpeg(path, kind.split(".")[0], sound, layout=layout)
                decoder = FfmpegDecoder(path)
                samples = np.concatenate(list(decoder.blocks(0)))
                assert samples.shape == (5000, n_channels) == (5000, decoder.n_channels)
                np.testing.assert_allclose(samples, sound, atol=0.01)
                np.testing.assert_array_equal(np.concatenate(list(decoder.blocks(3000))), samples[3000:])


def paused(tmp_path, name, codec, gap, **options):
    """A file, and the same with all packets behind the 6th so many seconds later, as options of its muxer ask for."""
    import av

    written_by_ffmpeg(tmp_path / f"made-{name}", codec)
    with (
        av.open(str(tmp_path / f"made-{name}")) as source,
        av.open(str(tmp_path / name), "w", options=options) as target,
    ):
        stream = source.streams.audio[0]
        out = target.add_stream_from_template(stream)
        for i, packet in enumerate(source.demux(stream)):
            if packet.size:
                packet.pts += round(gap / packet.time_base) * (i > 5)
                packet.dts, packet.stream = packet.pts, out
                target.mux(packet)
    return (tmp_path / f"made-{name}").read_bytes(), (tmp_path / name).read_bytes()


def test_a_pause_between_two_packets_is_no_cut_and_said(subtests, tmp_path):
    for name, codec in [("p.mka", "flac"), ("p.m4a", "aac"), ("p.webm", "libopus"), ("p.mp4", "alac")]:
        with subtests.test(name=name, codec=codec):
            av = pytest.importorskip("av")
            if codec not in av.codecs_available:
                pytest.skip(f"this FFmpeg has no {codec}")
            whole, with_pause = paused(tmp_path, name, codec, Fraction(3, 2))
            expected, notices = heard(tmp_path, whole)
            assert list(notices) == ["decoded-by"]
            samples, notices = heard(tmp_path, with_pause)
            np.testing.assert_array_equal(samples, expected)
            assert list(notices) == ["decoded-by", "time-gaps"]
            assert abs(notices["time-gaps"]["n_samples"] / notices["time-gaps"]["sample_rate"] - 1.5) < 0.1
            load(tmp_path / name, strict=True)
            if name == "p.mka":
                assert "cut" in heard(tmp_path, with_pause[: len(with_pause) * 2 // 3])[1]


def test_a_pause_in_a_matroska_without_a_duration_is_said(tmp_path):
    """As a browser's recorder writes it."""
    pytest.importorskip("av")
    _, steady = paused(tmp_path, "p.mka", "flac", Fraction(0), live="1")
    assert list(heard(tmp_path, steady)[1]) == ["decoded-by", "open-length"]
    _, with_pause = paused(tmp_path, "p.mka", "flac", Fraction(3, 2), live="1")
    notices = heard(tmp_path, with_pause)[1]
    assert list(notices) == ["decoded-by", "open-length", "time-gaps"]
    assert abs(notices["time-gaps"]["n_samples"] / notices["time-gaps"]["sample_rate"] - 1.5) < 0.1


def test_clusters_that_are_repeated_or_in_the_wrong_order_are_said(tmp_path):
    """Their timestamps go back, and FFmpeg decodes them as they come."""
    pytest.importorskip("av")
    _, data = paused(tmp_path, "p.mka", "flac", Fraction(0), cluster_time_limit="300", live="1")
    head, *clusters = re.split(b"(?=\x1fC\xb6u)", data)
    assert len(clusters) > 3
    assert list(heard(tmp_path, data)[1]) == ["decoded-by", "open-length"]
    for first in ([0, 2, 1], [0, 1, 1, 2]):
        wrong = head + b"".join(clusters[i] for i in [*first, *range(3, len(clusters))])
        _, notices = heard(tmp_path, wrong, "wrong.mka")
        assert list(notices) == ["decoded-by", "open-length", "pages-wrong"]
        assert notices["pages-wrong"] == {"n_packets": 1}
        with pytest.raises(AudioError, match="1 packet with a timestamp earlier than the one before"):
            load(tmp_path / "wrong.mka", strict=True)


def test_blocks_of_wavpack_that_are_missing_or_in_the_wrong_order_are_said_without_a_total_too(tmp_path):
    pytest.importorskip("av")
    sound = np.tile(VOICE, 8)
    data = written_by_ffmpeg(tmp_path / "a.wv", "wavpack", sound, pipe_as="wv")
    first, second, third, *rest = re.split(b"(?=wvpk)", data)[1:]
    assert rest
    assert list(heard(tmp_path, data)[1]) == ["decoded-by", "open-length"]
    samples, notices = heard(tmp_path, b"".join([first, third, *rest]))
    assert list(notices) == ["decoded-by", "open-length", "time-gaps"]
    assert notices["time-gaps"]["n_samples"] == len(sound) - len(samples) > RATE
    notices = heard(tmp_path, b"".join([first, third, second, *rest]))[1]
    assert list(notices) == ["decoded-by", "open-length", "pages-wrong"]
    assert notices["pages-wrong"] == {"n_packets": 1}


def test_fragments_of_mp4_that_no_index_counts_are_of_open_length(tmp_path):
    pytest.importorskip("av")
    options = {"movflags": "empty_moov+default_base_moof", "frag_duration": "300000"}
    _, data = paused(tmp_path, "p.mp4", "aac", Fraction(0), **options)
    whole, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by"]
    places = [match.start() - 4 for match in re.finditer(b"moof", data)]
    samples, notices = heard(tmp_path, data[: places[2]])
    assert 0 < len(samples) < 0.7 * len(whole)
    assert list(notices) == ["decoded-by", "open-length"]
    assert "cut-within" in heard(tmp_path, data[: places[3] - 20])[1]


def test_an_index_before_the_fragments_of_mp4_tells_that_they_are_cut(tmp_path):
    """An index of all of them; one before each (DASH) does not."""
    pytest.importorskip("av")
    for flags, said, said_of_cut in [("+global_sidx", [], {"cut"}), ("+skip_trailer", ["open-length"], set())]:
        options = {"movflags": "dash+empty_moov+default_base_moof" + flags, "frag_duration": "300000"}
        _, data = paused(tmp_path, "p.mp4", "aac", Fraction(0), **options)
        assert list(heard(tmp_path, data)[1]) == ["decoded-by", *said]
        start = b"sidx" if data.count(b"sidx") > 1 else b"moof"
        places = [match.start() - 4 for match in re.finditer(start, data)]
        _, notices = heard(tmp_path, data[: places[3]])
        assert said_of_cut | set(said) == notices.keys() - {"decoded-by"}


def test_a_draw_of_what_ffmpeg_decoded_is_made_again(tmp_path):
    made(tmp_path / "clip.m4a", "aac")
    one = audition(load(tmp_path / "clip.m4a"), frontend="whisper", policy="SM", vocoder="original-phase", rng=0)
    folder = one.save(tmp_path / "out")
    assert replay(folder / "draw-1.json").draws[0].draw == one.draws[0].draw


def test_what_ffmpeg_cannot_open_is_one_line(tmp_path):
    pytest.importorskip("av")
    (tmp_path / "clip.m4a").write_bytes(M4A)
    with pytest.raises(AudioError, match=r"clip\.m4a: is an MPEG-4 audio \(M4A\) file, not readable by FFmpeg, either"):
        load(tmp_path / "clip.m4a")


def test_a_codec_that_ffmpeg_does_not_know_either_is_one_line(tmp_path):
    pytest.importorskip("av")
    data = encoded()
    data[20:22] = b"\x23\x01"  # the number of the coding
    (tmp_path / "clip.wav").write_bytes(data)
    with pytest.raises(AudioError, match=r"clip\.wav: [^\n]*of a codec that FFmpeg does not decode[^\n]*$"):
        load(tmp_path / "clip.wav")


def test_what_pyav_stumbles_over_is_the_end_of_the_sound_and_told(tmp_path, monkeypatch):
    """As over a stream of MPEG-TS that begins late: an IndexError of its own."""
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / "a.ts", "mp2")
    whole, _ = heard(tmp_path, data, "clip.ts")

    def stumbling(container, stream):
        packets = container.demux(stream)
        yield from (next(packets) for _ in range(10))
        raise IndexError("list index out of range")

    monkeypatch.setattr("specaug_listen.audio.ffmpeg._packets", stumbling)
    samples, notices = heard(tmp_path, data, "clip.ts")
    assert 0 < len(samples) < len(whole)
    assert notices["stopped"]["reason"] == "list index out of range"


def whole(tmp_path, name, codec, samples=VOICE, **options):
    """What is said of a file of which nothing is missing."""
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / f"made-{name}", codec, samples, **options)
    heard_samples, notices = heard(tmp_path, data, name)
    assert abs(len(heard_samples) - len(samples)) < 2500
    return list(notices)[1:]


def test_pictures_that_go_on_behind_the_sound_make_no_cut(subtests, tmp_path):
    for name, codec, said in [
        ("v.mkv", "flac", []),
        ("v.avi", "pcm_s16le", []),
        ("v.wmv", "wmav2", ["open-length"]),
        ("v.mov", "aac", []),
    ]:
        with subtests.test(name=name, codec=codec, said=said):
            assert whole(tmp_path, name, codec, n_pictures=10) == said


def test_a_sound_that_begins_late_is_no_cut(tmp_path):
    assert whole(tmp_path, "late.mka", "flac", begin=2 * RATE) == []


@pytest.mark.parametrize(("name", "pipe_as", "codec"), [("p.wma", "asf", "wmav2"), ("p.avi", "avi", "pcm_s16le")])
def test_what_was_written_into_a_pipe_is_of_open_length(tmp_path, name, pipe_as, codec):
    assert whole(tmp_path, name, codec, pipe_as=pipe_as) == ["open-length"]


def test_a_length_that_is_guessed_from_the_first_frames_is_not_promised(tmp_path):
    rises = np.concatenate([np.zeros(4 * RATE, np.float32), VOICE])
    assert whole(tmp_path, "rises.aac", "aac", rises) == []


def test_a_track_of_matroska_that_begins_late_and_is_cut_is_told(tmp_path):
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / "a.mka", "flac", begin=RATE)
    _, notices = heard(tmp_path, data[: len(data) // 2], "cut.mka")
    assert abs(notices["cut"]["n_promised"] - len(VOICE)) < 100


JOINED = [("a.m4a", "aac"), ("a.mov", "alac"), ("a.tta", "tta"), ("a.wma", "wmav2"), ("a.wav", "wmav2")]


ROWS = [("a.mka", "flac"), ("a.avi", "mp2"), ("a.wv", "wavpack"), ("a.flv", "aac"), ("a.wav", "g726")]


def test_all_files_in_a_row_that_ffmpeg_reads_are_heard_each_with_its_own_header(subtests, tmp_path):
    for name, codec in JOINED + ROWS:
        with subtests.test(name=name, codec=codec):
            pytest.importorskip("av")
            first = written_by_ffmpeg(tmp_path / f"made-{name}", codec)
            second = written_by_ffmpeg(tmp_path / f"made-{name}", codec, VOICE[::-1].copy())
            alone, notices = heard(tmp_path, first, name)
            other, _ = heard(tmp_path, second, name)
            both, notices_of_both = heard(tmp_path, first + second + first, name)
            np.testing.assert_array_equal(both, np.concatenate([alone, other, alone]))
            assert list(notices_of_both) == list(notices)
            assert set(notices) <= {"decoded-by", "open-length"}
            part, _ = heard(tmp_path, first + second + first, name, start_s=1.5, duration_s=1)
            np.testing.assert_array_equal(part, both[round(1.5 * len(part)) : round(2.5 * len(part))])
            _, notices = heard(tmp_path, first + second + b"these are words. " * 99, name)
            assert notices["junk-after"]["n_bytes"] >= 17 * 99


def test_a_file_of_another_rate_behind_one_that_ffmpeg_reads_is_left_out_with_a_word(tmp_path):
    pytest.importorskip("av")
    first, second = (written_by_ffmpeg(tmp_path / f"{codec}.mka", codec) for codec in ("flac", "ac3"))
    alone, _ = heard(tmp_path, first, "clip.mka")
    samples, notices = heard(tmp_path, first + second, "clip.mka")
    np.testing.assert_array_equal(samples, alone)
    assert notices["other-streams"] == {"n_streams": 1, "n_read": 1}


def test_more_files_in_a_row_than_are_read_by_ffmpeg_are_said(tmp_path, monkeypatch):
    pytest.importorskip("av")
    monkeypatch.setattr("specaug_listen.audio.containers.ffmpeg_parts.MOST_FILES", 2)
    data = written_by_ffmpeg(tmp_path / "a.tta", "tta")
    alone, _ = heard(tmp_path, data, "clip.tta")
    samples, notices = heard(tmp_path, data * 4, "clip.tta")
    assert len(samples) == 2 * len(alone)
    assert notices["files-left-out"]["n_bytes"] >= 2 * (len(data) - 200)


G726 = {"open": (0xFFFFFFFF, "open-length"), "none": (0, "no-length"), "small": (4096, "longer")}


def test_a_w64_of_another_codec_that_was_written_into_a_pipe_is_read_whole(tmp_path):
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / "a.w64", "adpcm_yamaha", pipe_as="w64")
    samples, notices = heard(tmp_path, data)
    assert len(samples) >= len(VOICE)
    assert list(notices) == ["decoded-by", "open-length"]


@pytest.mark.parametrize(("size", "kind"), G726.values(), ids=G726.keys())
def test_a_wav_of_another_codec_is_read_whole_whatever_its_size_says(tmp_path, size, kind):
    data = made(tmp_path / "a.wav", "g726")
    whole, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by"]
    at = data.index(b"data") + 4
    samples, notices = heard(tmp_path, data[:at] + struct.pack("<I", size) + data[at + 4 :])
    np.testing.assert_array_equal(samples, whole)
    assert list(notices) == ["decoded-by", kind]
    if size == 4096:
        assert notices[kind]["n_promised"] == 8192


def tags_of_flv(data):
    """Where its tags begin."""
    at, places = 13, []
    while at < len(data):
        places.append(at)
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
    return places


def test_an_flv_that_is_cut_between_two_tags_ends_earlier_than_its_header_says(tmp_path):
    data = made(tmp_path / "a.flv", "aac")
    whole, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by"]
    places = tags_of_flv(data)
    at = data.index(b"\0\x08filesize\0") + 11
    without_bytes = data[:at] + bytes(8) + data[at + 8 :]  # its duration alone tells
    assert list(heard(tmp_path, without_bytes)[1]) == ["decoded-by"]
    for one, place in [(data, places[-1]), (data, places[9]), (without_bytes, places[9])]:
        samples, notices = heard(tmp_path, one[:place])
        assert len(samples) < len(whole)
        assert notices["cut-within"]["within"] == "header"
    assert heard(tmp_path, data[: places[9] + 20])[1]["cut-within"]["within"] == "block"


def test_an_flv_that_tells_no_length_says_so(tmp_path):
    assert whole(tmp_path, "p.flv", "aac", pipe_as="flv") == ["open-length"]


def test_a_transport_stream_that_is_cut_says_so_where_its_packets_tell(tmp_path):
    data = made(tmp_path / "a.ts", "mp2")
    _, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by", "open-length"]
    for end in (188 * 20, 188 * 20 + 77, len(data) - 188):  # packets of MPEG's sound are of 16 of them and more
        assert heard(tmp_path, data[:end])[1]["cut-within"]["within"] == "packet"
    _, notices = heard(tmp_path, data[: 188 * 30] + b"x" * 500 + data[188 * 30 :])
    assert notices["damaged"] == {"n_bytes": 500}


def test_a_program_stream_is_of_open_length_without_the_mark_of_its_end(tmp_path):
    data = made(tmp_path / "a.mpg", "mp2")
    second = data.index(b"\0\0\1\xba", 4000)
    for part in (data, data[:second]):
        assert list(heard(tmp_path, part)[1]) == ["decoded-by", "open-length"]
    assert list(heard(tmp_path, data + b"\0\0\1\xb9")[1]) == ["decoded-by"]
    assert heard(tmp_path, data[: second + 700])[1]["cut-within"]["within"] == "packet"


CHAINS = [("a.aac", "aac"), ("a.ac3", "ac3"), ("a.ts", "mp2"), ("a.mpg", "mp2")]


def test_what_is_behind_and_between_frames_is_said_and_takes_none_of_them(subtests, tmp_path):
    for name, codec in CHAINS:
        with subtests.test(name=name, codec=codec):
            data = made(tmp_path / name, codec)
            alone, notices = heard(tmp_path, data)
            for rest, kinds in [
                (b"these are words. " * 99, ["junk-after"]),
                (bytes(5000), []),
                (b"TAG" + bytes(125), []),
                (b"ID3\4\0\0\0\0\x10\0" + b"PRIV\0\0\x0f\x76\0\0" + b"x" * 2038, []),
                (bytes(encoded()), ["junk-after"]),
            ]:
                samples, more = heard(tmp_path, data + rest)
                np.testing.assert_array_equal(samples, alone)
                assert list(more) == [*notices, *kinds]
            samples, more = heard(tmp_path, data + data)
            assert len(samples) == 2 * len(alone)
            assert list(more) == list(notices)
            assert heard(tmp_path, data + b"words" * 200 + data)[1]["damaged"]["n_bytes"] == 1000
            assert "cut-within" in heard(tmp_path, data[:-3])[1]


AMR = b"#!AMR\n" + b"".join(b"\x3c" + np.random.default_rng(i).bytes(31) for i in range(60))


def test_frames_of_amr_are_counted_and_files_of_it_in_a_row_heard(tmp_path):
    pytest.importorskip("av")
    alone, notices = heard(tmp_path, AMR)
    assert (len(alone), list(notices)) == (60 * 160, ["decoded-by"])
    both, notices = heard(tmp_path, AMR + AMR)
    np.testing.assert_array_equal(both, np.concatenate([alone, alone]))
    assert list(notices) == ["decoded-by"]
    assert "cut-within" in heard(tmp_path, AMR[:-7])[1]
    assert "junk-after" in heard(tmp_path, AMR + b"these are words. " * 99)[1]


def test_zeros_that_fill_up_the_sectors_of_a_video_cd_are_no_damage(tmp_path):
    data = made(tmp_path / "a.mpg", "mp2")
    alone, notices = heard(tmp_path, data)
    samples, more = heard(tmp_path, data.replace(b"\0\0\1\xba", bytes(20) + b"\0\0\1\xba")[20:])
    np.testing.assert_array_equal(samples, alone)
    assert list(more) == list(notices)


DAMAGED = {
    "TS": (b"G" + bytes(187)) * 3 + b"x",
    "PS": b"\0\0\1\xba\x21" + bytes(7) + b"\0\0\1\xc0\0\x10" + bytes(16) + b"x",
    "AC-3": (b"\x0bw\0\0\0\x40" + bytes(122)) * 2 + b"x",
}


@pytest.mark.parametrize("part", DAMAGED.values(), ids=DAMAGED.keys())
def test_the_work_of_going_on_behind_damage_grows_with_the_file(tmp_path, part):
    n_read = []
    for n in (2000, 4000):
        file = Counted(part * n)
        chain = walk_frames(file, 0, len(part) * n)
        assert chain.n_foreign == n - 1
        n_read.append(file.n_read / (len(part) * n))
    assert n_read[1] < min(100, 1.5 * n_read[0])


class Counted(io.BytesIO):
    """A file that counts the bytes that were read of it."""

    n_read = 0

    def read(self, n=-1):
        data = super().read(n)
        self.n_read += len(data)
        return data


def test_packets_of_pictures_are_none_that_are_foreign(tmp_path):
    assert whole(tmp_path, "v.ts", "aac", n_pictures=10) == ["open-length"]


def test_tags_between_frames_that_were_sent_one_by_one_are_no_damage(tmp_path):
    data = made(tmp_path / "a.aac", "aac")
    tag = b"ID3\4\0\0\0\0\0\x20PRIV" + bytes(28)
    _, notices = heard(tmp_path, tag + data + tag + data)
    assert list(notices) == ["decoded-by"]


def test_a_wav_behind_a_matroska_is_said(tmp_path):
    pytest.importorskip("av")
    data, wav = written_by_ffmpeg(tmp_path / "a.mka", "flac"), bytes(encoded())
    assert heard(tmp_path, data + wav, "clip.mka")[1]["junk-after"]["n_bytes"] == len(wav)


def test_a_w64_behind_a_windows_media_file_is_said(tmp_path):
    """Its chunks have the form of the other's objects."""
    pytest.importorskip("av")
    data, w64 = made(tmp_path / "a.wma", "wmav2"), bytes(encoded(container="W64"))
    assert list(heard(tmp_path, data, "clip.wma")[1]) == ["decoded-by"]
    assert heard(tmp_path, data + w64, "clip.wma")[1]["junk-after"]["n_bytes"] == len(w64)


def test_tags_and_zeros_behind_a_file_are_no_second_one(subtests, tmp_path):
    for name, codec in [*JOINED, ("a.mka", "flac"), ("a.avi", "pcm_s16le"), ("a.wv", "wavpack")]:
        with subtests.test(name=name, codec=codec):
            pytest.importorskip("av")
            data = written_by_ffmpeg(tmp_path / f"made-{name}", codec)
            item = struct.pack("<II", 1954, 0) + b"Title\0" + b"x" * 1954
            ape = item + struct.pack("<8sIIII8x", b"APETAGEX", 2000, 2000, 1, 0)
            for tail in (b"TAG" + b"x" * 125, ape, bytes(5000)):
                assert "junk-after" not in heard(tmp_path, data + tail, name)[1]


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "mp2"), ("a.avi", "pcm_s16le"), ("a.wma", "wmav2")])
def test_a_structure_that_reaches_beyond_the_file_is_a_cut(tmp_path, name, codec):
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / name, codec)
    whole, notices = heard(tmp_path, data, "clip.bin")
    assert "cut-within" not in notices
    samples, notices = heard(tmp_path, data[: len(data) * 6 // 10], "clip.bin")
    assert 0 < len(samples) < len(whole)
    assert "cut" in notices or notices["cut-within"]["within"] == "block"


@pytest.mark.parametrize("size", [1 << 62, (1 << 63) - 1, (1 << 64) - 1], ids=hex)
def test_a_size_of_64_bits_may_be_of_no_place(tmp_path, size):
    data = made(tmp_path / "a.wma", "wmav2")
    at = data.index(bytes.fromhex("3626b2758e66cf11")) + 16
    samples, notices = heard(tmp_path, data[:at] + struct.pack("<Q", size) + data[at + 8 :])
    assert len(samples) > RATE
    assert list(notices)[1:] == (["open-length"] if size >= 1 << 63 else ["cut-within"])
    data = made(tmp_path / "a.m4a", "aac")
    _, notices = heard(tmp_path, data + b"\0\0\0\1free" + struct.pack(">Q", size))
    assert list(notices) == ["decoded-by"]


def test_pages_of_ogg_that_ffmpeg_decodes_are_checked(tmp_path):
    av = pytest.importorskip("av")
    if "libspeex" not in av.codecs_available:
        pytest.skip("this FFmpeg writes no Speex")
    data = written_by_ffmpeg(tmp_path / "a.spx", "libspeex")
    _, notices = heard(tmp_path, data, "clip.bin")
    assert set(notices) == {"decoded-by"}
    _, notices = heard(tmp_path, data[: data.rindex(b"OggS")], "clip.bin")
    assert notices["cut-within"]["within"] == "stream"


def nist_of(n_bytes, order, samples=VOICE):
    """A NIST file of 24 or 32 bits, as SoX writes it."""
    pcm = np.rint(samples * 0x7FFFFF).astype("<i4" if order == "01" else ">i4")
    rows = pcm.view(np.uint8).reshape(-1, 4)
    if n_bytes == 3:
        rows = rows[:, :3] if order == "01" else rows[:, 1:]
    else:
        rows = (pcm << 8).astype(pcm.dtype).view(np.uint8)
    head = f"NIST_1A\n   1024\nsample_count -i {len(samples)}\nsample_n_bytes -i {n_bytes}\nchannel_count -i 1\n"
    head += f"sample_byte_format -s2 {order}\nsample_rate -i {RATE}\nsample_coding -s3 pcm\nend_head\n"
    return head.encode().ljust(1024) + rows.tobytes()


@pytest.mark.parametrize("order", ["01", "10"])
@pytest.mark.parametrize("n_bytes", [3, 4])
def test_the_count_of_a_nist_file_of_24_or_32_bits_is_compared(tmp_path, n_bytes, order):
    pytest.importorskip("av")
    data = nist_of(n_bytes, order)
    whole, notices = heard(tmp_path, data)
    np.testing.assert_allclose(whole, VOICE, atol=1e-6)
    assert list(notices) == ["decoded-by"]
    samples, notices = heard(tmp_path, data[: 1024 + n_bytes * 9000])
    np.testing.assert_array_equal(samples, whole[:9000])
    assert (notices["cut"]["n_present"], notices["cut"]["n_promised"]) == (9000, len(VOICE))
    with pytest.raises(AudioError, match="refused, as --strict"):
        load(tmp_path / "clip.bin", strict=True)
    for rest, kind in [(np.random.default_rng(3).bytes(20000), "junk-after"), (bytes(20000), "zeros-after")]:
        samples, notices = heard(tmp_path, data + rest)
        np.testing.assert_array_equal(samples, whole)
        assert set(notices) == {"decoded-by", kind}
        assert notices[kind]["n_bytes"] == 20000
    count = f"sample_count -i {len(VOICE)}\n".encode()
    for text, kind in [(b"0", "no-length"), (b"9000", "longer"), (b"4294967295", "open-length")]:
        head = data[:1024].replace(count, b"sample_count -i " + text + b"\n").ljust(1024)[:1024]
        samples, notices = heard(tmp_path, head + data[1024:])
        np.testing.assert_array_equal(samples, whole)
        assert list(notices) == ["decoded-by", kind]


def test_an_ircam_file_that_libsndfile_does_not_read_is_of_open_length_too(tmp_path):
    """One of 24 bits, or 64, whose header has no length, either."""
    pytest.importorskip("av")
    rows = np.rint(VOICE * 0x7FFFFF).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3]
    data = b"\x64\xa3\1\0" + struct.pack("<fII", RATE, 1, 3) + bytes(1008) + rows.tobytes()
    samples, notices = heard(tmp_path, data)
    np.testing.assert_allclose(samples, VOICE, atol=1e-6)
    assert list(notices) == ["decoded-by", "open-length"]


@pytest.mark.parametrize("codec", ["adpcm_ms", "adpcm_ima_wav"])
def test_a_caf_of_a_constant_rate_may_be_open_and_what_follows_it_makes_no_cut(tmp_path, codec):
    data = made(tmp_path / "a.caf", codec)
    whole, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by"]
    at = data.index(b"data") + 4
    samples, notices = heard(tmp_path, data[:at] + b"\xff" * 8 + data[at + 8 :])
    np.testing.assert_array_equal(samples, whole)
    assert list(notices) == ["decoded-by", "open-length"]
    for rest, kinds in [(b"A remark on all of it. " * 500, ["junk-after"]), (bytes(20000), [])]:
        samples, notices = heard(tmp_path, data + rest)
        np.testing.assert_array_equal(samples, whole)
        assert list(notices) == ["decoded-by", *kinds]


def caf_of_opus(packets, per_packet):
    def chunk(name, content):
        return name + struct.pack(">q", len(content)) + content

    sizes = b"".join(bytes([0x80 | len(packet) >> 7, len(packet) & 0x7F]) for packet in packets)
    table = struct.pack(">qqii", len(packets), len(packets) * per_packet, 0, 0) + sizes
    desc = struct.pack(">d4sIIIII", 48000.0, b"opus", 0, 0, per_packet, 1, 0)
    chunks = chunk(b"desc", desc) + chunk(b"data", bytes(4) + b"".join(packets)) + chunk(b"pakt", table)
    return b"caff\0\1\0\0" + chunks


def test_ffmpegs_caf_of_opus_is_whole_though_its_table_counts_too_few_samples(tmp_path):
    """For a packet of 960 samples, it counts the 120 of the shortest one."""
    av = pytest.importorskip("av")
    made(tmp_path / "a.mka", "libopus")
    with av.open(str(tmp_path / "a.mka")) as source:
        packets = [bytes(packet) for packet in source.demux(audio=0) if packet.size]
    right, notices = heard(tmp_path, caf_of_opus(packets, 960))
    assert list(notices) == ["decoded-by"]
    samples, notices = heard(tmp_path, caf_of_opus(packets, 120))
    np.testing.assert_array_equal(samples, right)
    assert list(notices) == ["decoded-by"]
    _, notices = heard(tmp_path, caf_of_opus(packets, 1920))
    assert list(notices) == ["decoded-by", "time-gaps"]


def voc_of_adpcm(data):
    block = struct.pack("<BB", 256 - 125, 1) + data
    head = b"Creative Voice File\x1a" + struct.pack("<HHH", 26, 0x10A, 0x1129)
    return head + b"\1" + struct.pack("<I", len(block))[:3] + block + b"\0"


def svx_of_deltas(data):
    header = b"VHDR" + struct.pack(">IIIIHBBI", 20, 2 * len(data), 0, 0, RATE, 1, 1, 1 << 16)
    body = b"8SVX" + header + b"BODY" + struct.pack(">I", len(data)) + data
    return b"FORM" + struct.pack(">I", len(body)) + body


@pytest.mark.parametrize("container", [voc_of_adpcm, svx_of_deltas])
def test_the_size_in_a_header_is_compared_whoever_decodes(tmp_path, container):
    """Of codecs that only FFmpeg decodes, which stops wherever the file does."""
    pytest.importorskip("av")
    data = container(np.random.default_rng(4).bytes(20000))
    whole, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by"]
    samples, notices = heard(tmp_path, data[:12000])
    assert len(samples) < 0.7 * len(whole)
    assert "cut" in notices
    samples, notices = heard(tmp_path, data + bytes(20000))
    assert len(samples) == len(whole)
    assert set(notices) == {"decoded-by", "zeros-after"}
