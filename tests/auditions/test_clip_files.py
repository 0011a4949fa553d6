"""Files of a clip are found by their names, also behind a link within the folder."""

from __future__ import annotations

import pytest
from received import make_run

from specaug_listen import write_report


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def test_a_link_within_the_folder_is_followed(run):
    (run / "clip" / "draw-1.wav").rename(run / "sound")
    (run / "clip" / "draw-1.wav").symlink_to("../sound")
    assert write_report(run).is_file()
