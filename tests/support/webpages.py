"""Pages for a browser to open, and what they say to it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from specaug_listen import Audio, save
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.augment import FrequencyMask, Policy, TimeMask, TimeWarp
from specaug_listen.frontends import WHISPER
from specaug_listen.vocoders import GriffinLim

POLICY = Policy([TimeWarp(20), FrequencyMask(count=1), TimeMask(count=2, max_frames=40)], "warped")
STEADY = Policy([FrequencyMask(count=1), TimeMask(count=2, max_frames=40, fill="floor")], "steady")


# Time passes for the player only when a test says so: nothing then depends on how busy the machine is.
_HELD_CLOCK = """
(() => {
  let held = 0;
  Object.defineProperty(AudioContext.prototype, "currentTime", { get: () => held });
  window.passTime = (seconds) => (held += seconds);
})();
"""
# For a page, a decoder, or a machine that is busy with other things.
_PATIENCE_S = 120


class Opened:
    """A page, and all that it complained of or asked for.

    Its clock of sound stands still until `pass_time`, unless ``is_live``.
    """

    def __init__(self, browser, path, is_live=False, **options):
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.context.set_default_timeout(1000 * _PATIENCE_S)
        if not is_live:
            self.context.add_init_script(_HELD_CLOCK)
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

    def play(self, number=0):
        """Press a clip's button, and wait for its sound to begin."""
        self.page.locator(".play").nth(number).click()
        self.until(f"specaugListen.page.players[{number}].isPlaying")

    def pass_time(self, seconds):
        """Let time pass for what is playing."""
        self.run(f"window.passTime({seconds})")

    def settle(self):
        """Wait until what the page does when it is drawn has been done."""
        self.run("for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)")

    def until(self, condition):
        """Wait for a condition; the page's own policy forbids the browser to be told to."""
        end = time.monotonic() + _PATIENCE_S
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"never came true: {condition}"
            time.sleep(0.02)


def speech(number: int = 0, seconds: float = 2.0) -> Audio:
    """Syllables of harmonics, each clip with a voice of its own."""
    t = np.arange(int(16000 * seconds)) / 16000
    f0 = 110 + 17 * number + 20 * np.sin(2 * np.pi * 2.3 * t)
    voice = sum(np.sin(2 * np.pi * k * np.cumsum(f0) / 16000) / k for k in range(1, 20))
    return Audio((0.1 * voice * np.maximum(0, np.sin(2 * np.pi * 1.9 * t))).astype(np.float32), 16000)


def folder_of(out: Path, names, policy=POLICY, draws=3, seconds=2.0, frontend=WHISPER, **options) -> Path:
    """What ``audition`` writes, of clips of these names."""
    source = out.with_name(f"{out.name}-clips")
    source.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        save(source / f"{name}.wav", speech(number, seconds))
    run = Configuration(frontend, policy, GriffinLim(n_iter=1), draws=draws, seed=4, **options)
    audition_many(sorted(source.iterdir()), out, run)
    return out
