"""Former names of options and lists."""

from __future__ import annotations

import re

from commandline import run


def test_former_names_of_options_and_lists_still_work_and_no_help_shows_them(tmp_path, clips):
    assert run("list", "dialects") == run("list", "frameworks")
    (tmp_path / "espnet.yaml").write_text("specaug: specaug\nspecaug_conf: {apply_time_mask: true}\n")
    show = "policy", "show", tmp_path / "espnet.yaml"
    assert run(*show, "--dialect=espnet") == run(*show, "--framework", "espnet")
    assert run(*show, "--dialect", "nemo") == run(*show, "--framework", "nemo")
    assert run("audition", clips / "a.wav", "-o", tmp_path / "out", "--twins", "--no-report").code == 0
    assert (tmp_path / "out" / "a" / "draw-1-original-phase.wav").is_file()
    for command in ("audition", "check", "sweep", "list"):
        assert not re.search("dialect|twins", run(command, "--help").out)
