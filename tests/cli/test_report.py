"""`report`: the page of a folder."""

from __future__ import annotations

from commandline import run


def test_report_is_written_again_from_the_folder(out):
    first = (out / "report.html").read_bytes()
    (out / "report.html").unlink()
    ran = run("report", out)
    assert ran == (0, f"{out / 'report.html'} ({len(first) / 1e6:.1f} MB of 12)\n", "")
    assert (out / "report.html").read_bytes() == first
