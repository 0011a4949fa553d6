"""A page as PDF: by the browser that is named or found, in bounded time, and never in the place of anything else."""

from __future__ import annotations

import os
import re
import time

import pytest

from specaug_listen import write_report
from specaug_listen.errors import OutputError, ParameterError
from specaug_listen.reports import pdf
from specaug_listen.reports.pdf import find_browser, print_page

PRINTS = """for one in "$@"; do case "$one" in --print-to-pdf=*) out="${one#*=}";; esac; done
printf '%%PDF-1.4 /CreationDate (D:%s+00) /ModDate (D:%s+00) %s' "$(date +%Y%m%d%H%M%S)" 20300101000000 "$*" > "$out"
"""


@pytest.fixture
def browser(tmp_path, monkeypatch):
    """Takes the place of a browser, as a shell script."""

    def make(script):
        path = tmp_path / "browser"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("CHROMIUM", str(path))
        return path

    return make


def test_the_browser_is_the_one_that_is_named_or_one_on_the_path(tmp_path, monkeypatch, browser):
    assert str(browser("exit 0")) == find_browser()
    monkeypatch.setenv("CHROMIUM", "no-such-program")
    with pytest.raises(ParameterError, match=r"CHROMIUM='no-such-program': is no program; name a Chromium browser, or"):
        find_browser()
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setattr(pdf, "_NAMES", ("google-chrome",))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ParameterError, match=r"--pdf needs a Chromium browser, and none was found on PATH; install"):
        find_browser()
    (tmp_path / "browser").rename(tmp_path / "google-chrome")
    assert find_browser() == str(tmp_path / "google-chrome")


def test_a_pdf_has_no_time_of_writing_and_a_profile_of_its_own(tmp_path, browser):
    browser(PRINTS)
    page = tmp_path / "page 1.html"
    print_page(page, tmp_path / "page.pdf")
    data = (tmp_path / "page.pdf").read_text()
    assert re.findall(r"D:(\d+)", data) == ["20000101000000"] * 2
    assert data.endswith("page%201.html")
    profile = re.search(r"--user-data-dir=(\S+)", data)[1]
    assert not os.path.exists(profile)
    assert ("--no-sandbox" in data) == (os.geteuid() == 0)


@pytest.mark.parametrize("script", ["echo 'no display' >&2; exit 1", "echo no display", "kill -9 $$"])
def test_a_browser_that_fails_is_named_in_one_line(tmp_path, browser, script):
    name = browser(script)
    with pytest.raises(
        OutputError, match=r"page\.html: could not be printed as PDF by .*browser \((no display|exit code -9)\)"
    ):
        print_page(tmp_path / "page.html", tmp_path / "page.pdf")
    name.write_text("no program")
    with pytest.raises(OutputError, match=r"browser \(Exec format error\); name another browser in CHROMIUM, or print"):
        print_page(tmp_path / "page.html", tmp_path / "page.pdf")


def test_a_browser_that_does_not_end_is_ended_with_its_children(tmp_path, browser, monkeypatch):
    browser(f"sleep 600 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr(pdf, "_MAX_S", 1.0)
    with pytest.raises(OutputError, match=r"page\.html: took .*browser more than 1 s to print as PDF; name another"):
        print_page(tmp_path / "page.html", tmp_path / "page.pdf")
    child = int((tmp_path / "child").read_text())
    for _ in range(200):  # an orphan is reaped by another process
        try:
            with open(f"/proc/{child}/stat") as file:
                if file.read().split()[2] == "Z":
                    return
        except OSError:
            return
        time.sleep(0.02)
    pytest.fail("the child of the browser still runs")


def test_a_pdf_is_beside_the_page_and_replaces_only_its_own(out, browser):
    browser(PRINTS)
    page = write_report(out, pdf=True)
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    with pytest.raises(ParameterError, match=r"exists; choose another, or replace it with --overwrite"):
        write_report(out, pdf=True)
    write_report(out, overwrite=True)  # of which the PDF would be outdated
    assert not page.with_suffix(".pdf").exists()
    page.with_suffix(".pdf").write_text("mine")
    with pytest.raises(ParameterError, match=r"report\.pdf: exists and was changed since, so it is not replaced"):
        write_report(out, pdf=True, overwrite=True)
    assert page.with_suffix(".pdf").read_text() == "mine"
    page.with_suffix(".pdf").unlink()
    split = write_report(out, split=True, pdf=True, overwrite=True)
    assert (out / "report.pdf").exists()
    assert split == out / "report" / "index.html"


def test_a_browser_that_fails_leaves_the_page_and_no_pdf(out, browser):
    browser("exit 7")
    with pytest.raises(OutputError, match=r"report\.html: could not be printed as PDF by .* \(exit code 7\)"):
        write_report(out, pdf=True)
    assert (out / "report.html").exists()
    assert not [name for name in os.listdir(out) if "pdf" in name or name.endswith(".partial")]
