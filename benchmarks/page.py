"""The page with the player: how soon it is there with 300 clips, what it holds in memory; and how long a sweep takes.

Usage: python benchmarks/page.py CLIP [--clips 300] [--draws 3], or python benchmarks/page.py --run FOLDER
Needs playwright and a chromium (named in CHROMIUM, or on the path).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
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
WRITE = """
import json, resource, sys, time
import specaug_listen as sl
begin = time.perf_counter()
path = sl.write_report(sys.argv[1], sys.argv[2], **json.loads(sys.argv[3]))
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(json.dumps([str(path), time.perf_counter() - begin, peak_mb]))
"""
AXES = {"time_mask.max_frames": [10, 40, 70, 100, 140], "frequency_mask.max_bins": [4, 8, 15, 27, 40]}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path, nargs="?", help="a clip of at least 7 seconds")
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--run", type=Path, help="an existing run, whose pages alone are measured")
    arguments = parser.parse_args()
    if (arguments.clip is None) == (arguments.run is None):
        parser.error("give a clip, or --run FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.run is None:
            sheet(arguments.clip, Path(folder))
            arguments.run = many(arguments.clip, Path(folder), arguments.clips, arguments.draws)
        pages(arguments.run, Path(folder))


def sheet(clip: Path, folder: Path) -> None:
    """A sweep of 5 x 5 cells."""
    audio = sl.load(clip, duration_s=5)
    seconds = []
    for number in range(3):
        begin = time.perf_counter()
        sl.sweep(audio, vary=AXES, rng=number).save(folder / f"sheet-{number}")
        seconds.append(time.perf_counter() - begin)
    print(f"sweep of 5 x 5 cells of {audio.duration_s:.0f} s, written: {sorted(seconds)[1]:.1f} s")


def many(clip: Path, folder: Path, n_clips: int, n_draws: int) -> Path:
    """A run of many clips of 4 s."""
    source = folder / "clips"
    source.mkdir()
    for number in range(n_clips):
        part = sl.load(clip, start_s=0.01 * number, duration_s=4)
        sl.save(source / f"clip {number:03d}.wav", part)
    run = Configuration(frontends.WHISPER, augment.LD, OriginalPhase(), n_draws, 0)
    audition_many(sorted(source.iterdir()), folder / "out", run)
    return folder / "out"


def pages(run: Path, folder: Path) -> None:
    """The page of a run: its size, its first paint, and what it holds when ten clips have been decoded."""
    n_clips = sum(path.is_dir() for path in run.iterdir())
    for name, options in (("folder", {"split": True}), ("one file", {"budget_mb": 1e6})):
        path, seconds, memory_mb = written(run, folder / f"{name}.html", options)
        print(f"{n_clips} clips, {name}: page of {path.stat().st_size / 1e6:.1f} MB, written in {seconds:.1f} s with "
              f"{memory_mb:.0f} MB of memory; {seen(path)}")  # fmt: skip


def written(run: Path, page: Path, options: dict[str, object]) -> tuple[Path, float, float]:
    """A page that a process of its own wrote, the seconds that it took, and its peak memory."""
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(run), str(page), json.dumps(options)], check=True, capture_output=True
    )
    path, seconds, memory_mb = json.loads(done.stdout)
    return Path(path), seconds, memory_mb


def seen(path: Path) -> str:
    """What a browser says of a page."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        paints, loads, heaps = [], [], []
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(path.as_uri(), wait_until="domcontentloaded", timeout=300_000)
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
