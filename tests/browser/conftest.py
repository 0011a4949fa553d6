"""A real browser, and pages for it to open from the disk."""

from __future__ import annotations

import multiprocessing
import os
import shutil

import pytest
from webpages import STEADY, Opened, folder_of, speech

from specaug_listen import sweep, write_report
from specaug_listen.vocoders import GriffinLim

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=document-user-activation-required",
]


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser_path():
    path = chromium()
    if path is None:
        pytest.skip("there is no chromium on this machine; install it, or name it in CHROMIUM")
    return path


@pytest.fixture(scope="session")
def browser(browser_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield running
        running.close()
        # Processes that tests of checks forked hold the driver's pipes open, too; it would wait for their end for good.
        for process in multiprocessing.active_children():
            process.kill()


@pytest.fixture
def opened(browser):
    pages = []

    def open_page(path, **options):
        pages.append(Opened(browser, path, **options))
        return pages[-1]

    yield open_page
    for one in pages:
        one.context.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("two") / "out", ["first", "second"], original_phase=True)


@pytest.fixture(scope="session")
def report(folder):
    return write_report(folder)


@pytest.fixture(scope="session")
def sheet(tmp_path_factory):
    vary = {"time_mask.max_frames": [10, 40], "frequency_mask.max_bins": [8, 27], "fill": ["mean", "floor"]}
    made = sweep(speech(), vary=vary, policy=STEADY, vocoder=GriffinLim(n_iter=1), rng=0)
    return made.save(tmp_path_factory.mktemp("sheet") / "out")
