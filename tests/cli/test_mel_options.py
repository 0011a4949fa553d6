"""Files of mels on the command line."""

from __future__ import annotations

import pytest
from commandline import run


@pytest.mark.parametrize("name", ["x.wav", "x.npyy", "x"])
def test_a_file_of_another_ending_is_told_what_holds_mels(tmp_path, name):
    (tmp_path / name).write_bytes(b"RIFF")
    ran = run("invert", tmp_path / name, "-o", tmp_path / "out.wav", "--frontend", "whisper")
    assert ran.code in (1, 2)
    assert "not a file of mels; allowed are .ark, .h5" in ran.err
    assert not (tmp_path / "out.wav").exists()
