"""Files for FFmpeg: the command that converts one, and what is said of one that is cut."""

from __future__ import annotations

import pytest
from oddfiles import written_by_ffmpeg
from readings import heard

from specaug_listen import load
from specaug_listen.audio.ffmpeg_files import conversion_command
from specaug_listen.errors import AudioError


@pytest.mark.parametrize(("name", "codec"), [("a.caf", "alac"), ("a.m4a", "aac"), ("a.mov", "pcm_s16le")])
def test_a_file_that_is_cut_and_therefore_not_read_is_called_cut(tmp_path, name, codec):
    """Not one of a codec that is not read, or without sound: what tells of the sound was behind it."""
    pytest.importorskip("av")
    path = tmp_path / name
    data = written_by_ffmpeg(path, codec)
    path.write_bytes(data[: data.index(b"moov") + 40 if b"moov" in data else len(data) * 9 // 10])
    with pytest.raises(AudioError, match="file that is cut: its own structure reaches beyond its end"):
        load(path)


def test_the_command_names_the_file_as_a_shell_reads_it():
    assert conversion_command("/x/it's.m4a") == """ffmpeg -i 'it'"'"'s.m4a' 'it'"'"'s.wav'"""


def test_pages_of_ogg_that_ffmpeg_decodes_are_checked(tmp_path):
    av = pytest.importorskip("av")
    if "libspeex" not in av.codecs_available:
        pytest.skip("this FFmpeg writes no Speex")
    data = written_by_ffmpeg(tmp_path / "a.spx", "libspeex")
    _, notices = heard(tmp_path, data, "clip.bin")
    assert set(notices) == {"decoded-by"}
    _, notices = heard(tmp_path, data[: data.rindex(b"OggS")], "clip.bin")
    assert notices["cut-within"]["within"] == "stream"
