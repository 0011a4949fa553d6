"""Files of a clip are found by their names, also behind a link within the folder."""

from __future__ import annotations

import pytest
from received import make_run

from specaug_listen import write_report
from specaug_listen.auditions.clip_files import check_picture, check_wav
from specaug_listen.cli.exit_codes import exit_code_of
from specaug_listen.errors import ResultError


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def test_a_link_within_the_folder_is_followed(run):
    (run / "clip" / "draw-1.wav").rename(run / "sound")
    (run / "clip" / "draw-1.wav").symlink_to("../sound")
    assert write_report(run).is_file()


def test_a_damaged_sound_or_picture_is_an_error_of_results_and_of_a_files_content(run):
    picture = (run / "clip" / "original.mel.png").read_bytes()
    with pytest.raises(ResultError, match=r"^original\.mel\.png: no picture can be read") as of_picture:
        check_picture(picture[:-1], "original.mel.png")
    with pytest.raises(ResultError, match=r"^draw-1\.wav: no sound can be read") as of_sound:
        check_wav(b"", 0, "draw-1.wav")
    assert [exit_code_of(error.value) for error in (of_picture, of_sound)] == [1, 1]
