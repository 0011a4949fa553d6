"""How far a whole file may be from the length in its header."""

from fractions import Fraction
from types import SimpleNamespace

import pytest
from oddfiles import written_by_ffmpeg
from readings import RATE, VOICE, heard

from specaug_listen.audio.length_slack import LengthSlack


def slack_of(container, codec, packets, **options):
    slack = LengthSlack(RATE, container, codec, **options)
    for duration, n_samples in packets:
        slack.add(SimpleNamespace(duration=duration, time_base=Fraction(1, RATE)), n_samples)
    return slack.n_missing, slack.n_extra


def test_a_whole_file_may_lack_a_packet_and_the_delay_of_its_codec_but_not_of_pcm(subtests):
    rounding = 48
    for container, codec, packets, expected in [
        ("avi", "pcm_s16le", [(1024, 1024)] * 3, (rounding, rounding)),
        ("wv", "wavpack", [(8000, 8000)] * 3, (rounding, rounding)),
        ("avi", "mp3", [(576, 576)] * 3, (576 + rounding, 3 * 576 + rounding)),
        ("caf", "aac", [(1024, 0), (1024, 960), (1024, 1024)], (1024 + 1088 + rounding, 3 * 1024 + rounding)),
        ("avi", "flac", [(800, 800)], (1600 + rounding, 2400 + rounding)),
        ("asf", "wmav2", [(512, 512)], (1024 + rounding, 1536 + rounding)),
        ("asf", "wmav2", [(4096, 4096)], (2400, 2400)),
        ("caf", "alac", [(4096, 4096)], (4000, 4000)),
        ("matroska", "pcm_s16le", [(1024, 1024)], (1600, 1600)),
        ("mov", "aac", [], (1600, 1600)),
    ]:
        with subtests.test(container=container, codec=codec):
            assert slack_of(container, codec, packets) == expected
            assert slack_of(container, codec, packets, is_counted_in_bytes=True) == (
                (2400, 2400) if container == "asf" else (4000, 4000)
            )


def test_a_packet_that_tells_no_duration_makes_no_delay():
    assert slack_of("caf", "opus", [(None, 0), (0, 0), (None, 960)])[0] == 960 + 48


def test_whole_files_of_any_length_have_no_notice(subtests, tmp_path):
    av = pytest.importorskip("av")
    kinds = ["a.m4a aac", "a.avi mp3", "a.avi wmav2", "a.asf pcm_s16le", "a.asf adpcm_ms"]
    kinds += [
        "a.wma wmav2",
        "a.mka libopus",
        "a.webm libvorbis",
        "a.mov mp3",
        "a.rm ac3",
        "a.wv wavpack",
        "a.mp4 libopus",
    ]
    for name, codec in (kind.split() for kind in kinds):
        with subtests.test(name=name, codec=codec):
            if codec not in av.codecs_available:
                pytest.skip(f"this FFmpeg has no {codec}")
            for n in (5000, 12345, len(VOICE)):
                data = written_by_ffmpeg(tmp_path / f"made-{name}", codec, VOICE[:n])
                assert list(heard(tmp_path, data, name)[1]) == ["decoded-by"]
