"""Pages for a browser to open, and what they say to it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from specaug_listen import Audio, save
from specaug_listen.augment import FrequencyMask, Policy, TimeMask, TimeWarp
from specaug_listen.batch import audition_many
from specaug_listen.frontends import WHISPER
from specaug_listen.pipeline import Configuration
from specaug_listen.vocoders import GriffinLim

POLICY = Policy([TimeWarp(20), FrequencyMask(count=1), TimeMask(count=2, max_frames=40)], "warped")
STEADY = Policy([FrequencyMask(count=1), TimeMask(count=2, max_frames=40, fill="floor")], "steady")


class Opened:
    """A page, and all that it complained of or asked for."""

    def __init__(self, browser, path, **options):
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(Path(path).as_uri())

    def run(self, script, *arguments):
        """What a function body gives, in which ``p`` is the first player."""
        return self.page.evaluate(f"async (a) => {{ const p = specaugListen.page.players[0]; {script} }}", arguments)

    def state(self, name):
        return self.run(f"return p.{name}")

    def until(self, condition, seconds=10.0):
        """Wait for a condition; the page's own policy forbids the browser to be told to."""
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"never came true: {condition}"
            time.sleep(0.02)


def speech(number: int = 0, seconds: float = 2.0) -> Audio:
    """Syllables of harmonics, each clip with a voice of its own."""
    t = np.arange(int(16000 * seconds)) / 16000
    f0 = 110 + 17 * number + 20 * np.sin(2 * np.pi * 2.3 * t)
    voice = sum(np.sin(2 * np.pi * k * np.cumsum(f0) / 16000) / k for k in range(1, 20))
    return Audio((0.1 * voice * np.maximum(0, np.sin(2 * np.pi * 1.9 * t))).astype(np.float32), 16000)


def folder_of(out: Path, names, policy=POLICY, draws=3, seconds=2.0, **options) -> Path:
    """What ``audition`` writes, of clips of these names."""
    source = out.with_name(f"{out.name}-clips")
    source.mkdir(parents=True)
    for number, name in enumerate(names):
        save(source / f"{name}.wav", speech(number, seconds))
    run = Configuration(WHISPER, policy, GriffinLim(n_iter=1), draws=draws, seed=4, **options)
    audition_many(sorted(source.iterdir()), out, run)
    return out
