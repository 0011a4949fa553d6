"""The page with the player: how soon it is there with 100 clips, what it holds in memory; and how long a sweep takes.

Usage: python benchmarks/page.py CLIP [--clips 100] [--draws 3]
Needs playwright and a chromium (named in CHROMIUM, or on the path).
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import specaug_listen as sl
from specaug_listen import augment, frontends
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.vocoders import OriginalPhase

PAINTED = "performance.getEntriesByType('paint').map((one) => [one.name, one.startTime])"
LOADED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
HEAP = "performance.memory.usedJSHeapSize / 1e6"
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"]
AXES = {"time_mask.max_frames": [10, 40, 70, 100, 140], "frequency_mask.max_bins": [4, 8, 15, 27, 40]}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path, help="a clip of at least 5 seconds")
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--draws", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sheet(arguments.clip, Path(folder))
        pages(arguments.clip, Path(folder), arguments.clips, arguments.draws)


def sheet(clip: Path, folder: Path) -> None:
    """A sweep of 5 x 5 cells."""
    audio = sl.load(clip, duration_s=5)
    seconds = []
    for number in range(3):
        begin = time.perf_counter()
        sl.sweep(audio, vary=AXES, rng=number).save(folder / f"sheet-{number}")
        seconds.append(time.perf_counter() - begin)
    print(f"sweep of 5 x 5 cells of {audio.duration_s:.0f} s, written: {sorted(seconds)[1]:.1f} s")


def pages(clip: Path, folder: Path, n_clips: int, n_draws: int) -> None:
    """Many clips: the page, its first paint, and what it holds when ten clips have been decoded."""
    source = folder / "clips"
    source.mkdir()
    for number in range(n_clips):
        part = sl.load(clip, start_s=0.01 * number, duration_s=4)
        sl.save(source / f"clip {number:03d}.wav", part)
    run = Configuration(frontends.WHISPER, augment.LD, OriginalPhase(), n_draws, 0)
    audition_many(sorted(source.iterdir()), folder / "out", run)
    for name, options in (("one file", {"budget_mb": 1e6}), ("folder", {"split": True})):
        begin = time.perf_counter()
        path = sl.write_report(folder / "out", folder / f"{name}.html", **options)
        written_s = time.perf_counter() - begin
        print(f"{n_clips} clips x {n_draws} draws of 4 s, {name}: page of {path.stat().st_size / 1e6:.1f} MB, "
              f"written in {written_s:.1f} s; {seen(path)}")  # fmt: skip


def seen(path: Path) -> str:
    """What a browser says of a page."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        paints, loads, heaps = [], [], []
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(path.as_uri())
            paints.append(dict(page.evaluate(PAINTED))["first-contentful-paint"])
            loads.append(page.evaluate(LOADED))
            for number in range(10):
                page.evaluate(f"specaugListen.page.players[{number}].buffers().then(() => null)")
            heaps.append(page.evaluate(f"(gc(), {HEAP})"))
            page.close()
        browser.close()
    return (
        f"first paint {sorted(paints)[1] / 1000:.2f} s, player ready {sorted(loads)[1] / 1000:.2f} s, "
        f"heap after ten clips were decoded {sorted(heaps)[1]:.0f} MB"
    )


if __name__ == "__main__":
    main()
