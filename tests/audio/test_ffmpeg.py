"""What libsndfile does not read: named by its content, and decoded by FFmpeg where the extra is installed."""

from __future__ import annotations

import re
import struct
from fractions import Fraction

import numpy as np
import pytest
from ffmpegfiles import M4A, made, whole
from oddfiles import written_by_ffmpeg
from readings import RATE, VOICE, encoded, heard

from specaug_listen import audition, load, replay
from specaug_listen.audio.ffmpeg import FfmpegDecoder
from specaug_listen.errors import AudioError


def test_a_whole_file_of_which_nothing_can_be_decoded_is_not_called_cut(tmp_path):
    """As FFmpeg itself writes AAC into WAV, and does not read it."""
    data = made(tmp_path / "a.wav", "g726")
    at, n = data.index(b"fmt ") + 8, data.index(b"data") + 8
    broken = data[:at] + b"\xff\0" + data[at + 2 : n] + np.random.default_rng(2).bytes(len(data) - n)
    path = tmp_path / "b.wav"
    path.write_bytes(broken)
    with pytest.raises(AudioError, match=r"b\.wav: FFmpeg decodes none of its sound \(.*\); use another clip"):
        load(path)


def test_libsndfile_is_named_as_the_decoder_where_it_was(tmp_path):
    (tmp_path / "clip.wav").write_bytes(encoded())
    clip = load(tmp_path / "clip.wav")
    assert clip.source.decoder.startswith("libsndfile ")


# -- the real one, where it is installed ----------------------------------------------------------------


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
    counted = written_by_ffmpeg(tmp_path / "b.wv", "wavpack", sound)
    blocks = re.split(b"(?=wvpk)", counted)[1:]
    assert "cut" in heard(tmp_path, b"".join([blocks[0], *blocks[2:]]))[1]
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
    assert list(notices) == ["decoded-by", "cut"]


def zeroed(data, at, n):
    return data[:at] + bytes(n) + data[at + n :]


def in_packets(path, codec):
    """The bytes of a file of packets of 1000 samples of PCM."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        for at in range(0, len(VOICE), 1000):
            pcm = np.rint(VOICE[None, at : at + 1000] * 127 + (128 if codec == "pcm_u8" else 0))
            pcm = pcm.astype(np.uint8) if codec == "pcm_u8" else (pcm * 256).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(pcm, format=stream.codec_context.format.name, layout="mono")
            frame.sample_rate, frame.pts = RATE, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def test_sound_that_ffmpeg_skips_silently_is_said_by_the_length_in_the_header(subtests, tmp_path):
    """A few packets, or a few seconds, of containers that count the samples or tell the time."""
    for name, codec in [
        ("a.asf", "pcm_s16le"),
        ("a.avi", "pcm_u8"),
        ("a.avi", "ac3"),
        ("a.avi", "mp3"),
        ("a.rm", "ac3"),
    ]:
        with subtests.test(name=name, codec=codec):
            av = pytest.importorskip("av")
            if codec not in av.codecs_available:
                pytest.skip(f"this FFmpeg has no {codec}")
            write = in_packets if codec.startswith("pcm") else written_by_ffmpeg
            data = write(tmp_path / f"made-{name}", codec)
            whole, notices = heard(tmp_path, data, name)
            assert list(notices) == ["decoded-by"]
            samples, notices = heard(tmp_path, zeroed(data, len(data) // 2, 2500), name)
            assert len(samples) < len(whole) - 500
            assert {"cut", "stopped"} & set(notices)
            with pytest.raises(AudioError, match="refused, as --strict"):
                load(tmp_path / name, strict=True)


def test_a_damaged_table_of_a_caf_is_a_cut_and_no_pause(tmp_path):
    av = pytest.importorskip("av")
    made(tmp_path / "a.mka", "libopus")
    with av.open(str(tmp_path / "a.mka")) as source:
        packets = [bytes(packet) for packet in source.demux(audio=0) if packet.size]
    data = caf_of_opus(packets, 960)
    whole, _ = heard(tmp_path, data)
    sound = data.index(b"data") + 16
    for n in (len(packets) // 8, len(packets) // 2):
        n_bytes = sum(map(len, packets[:n]))
        samples, notices = heard(tmp_path, zeroed(data, sound + len(packets[0]), n_bytes))
        assert len(samples) < len(whole) - 2 * 960
        assert list(notices) == ["decoded-by", "cut"]


def test_a_sound_twice_in_an_avi_is_longer_than_its_header_says(tmp_path):
    pytest.importorskip("av")
    data = in_packets(tmp_path / "a.avi", "pcm_u8")
    first, second = (match.start() for match in list(re.finditer(b"00wb", data))[1:3])
    whole, _ = heard(tmp_path, data)
    samples, notices = heard(tmp_path, data[:second] + data[first:])
    assert len(samples) > len(whole)
    assert "longer" in notices


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


def test_flac_in_windows_media_is_in_order_though_ffmpeg_s_times_are_not(tmp_path):
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / "a.wma", "flac", np.resize(VOICE, 5 * RATE))
    samples, notices = heard(tmp_path, data, "a.wma")
    assert (len(samples), list(notices)) == (5 * RATE, ["decoded-by"])
