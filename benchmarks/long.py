"""Recordings of any length: memory and time of a whole audition, and what it leaves at the seams.

Prints Markdown tables. A recording of the wanted length is made of the clips, one after the other, each time at another
level (44.1 kHz, two channels, 16 bits), in a folder that is removed again.

Usage: python benchmarks/long.py --clips DIR [--minutes 6 60] [--frontends whisper,hifigan]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile as sf
from _measure import one_thread

from specaug_listen.audio.audio_in_memory import Audio, find_audio, load
from specaug_listen.auditions import Configuration, long
from specaug_listen.auditions.batch import audition_many
from specaug_listen.augment import LD
from specaug_listen.frontends.presets import PRESETS
from specaug_listen.vocoders import Joint, joint

RATE, MAX_CLIP_S, SEAM_S = 44100, 16.0, 120.0
MAX_MIB, SEAM_DB = 600, -40.0
# What wait() tells of a child's memory includes this process's own at the time of the fork.
AUDITION = """
import sys
from specaug_listen.cli.app import main
try:
    main(sys.argv[2:])
finally:
    with open("/proc/self/status") as status, open(sys.argv[1], "w") as peak:
        peak.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def main() -> None:
    """Print both tables."""
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, metavar="DIR", help="folder of recordings")
    parser.add_argument("--minutes", type=float, nargs="+", default=[6.0, 60.0], help="lengths to audition")
    parser.add_argument("--frontends", default="whisper,hifigan,librosa", help="names with commas")
    arguments = parser.parse_args()
    names = arguments.frontends.split(",")
    with tempfile.TemporaryDirectory() as folder:
        whole_auditions(arguments.clips, names, arguments.minutes, Path(folder))
        seams(arguments.clips, names, Path(folder))


def recording(clips: Path, seconds: float, path: Path) -> None:
    """Write a recording of so many seconds."""
    sounds = []
    for file in find_audio([clips])[0]:
        mono = load(file, duration_s=MAX_CLIP_S).to_mono().resample(RATE).samples[0]
        sounds.append(np.stack([mono, np.roll(mono, 20)], axis=1))
    sound, rng = np.concatenate(sounds), np.random.default_rng(0)
    left = round(seconds * RATE)
    with sf.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        while left > 0:
            part = sound[:left] * rng.uniform(0.3, 0.9)
            file.write(part)
            left -= len(part)


def whole_auditions(clips: Path, names: Sequence[str], minutes: Sequence[float], folder: Path) -> None:
    """Original, copy-synthesis, one draw, picture, record and page, each in a fresh process."""
    print("| front-end | recording | audition | of its length | peak memory |\n| --- | --- | --- | --- | --- |")
    for length in minutes:
        path = folder / f"{length:g}-minutes.wav"
        recording(clips, 60 * length, path)
        for name in names:
            seconds, mib = audition(path, name, folder / f"{name}-{length:g}")
            verdict = "pass" if mib < MAX_MIB else "**FAIL**"
            share = f"1/{60 * length / seconds:.0f}"
            print(f"| {name} | {length:g} min | {seconds:.1f} s | {share} | {mib:.0f} MiB (< {MAX_MIB}) {verdict} |")
        path.unlink()


def audition(path: Path, frontend: str, out: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one run of the command line."""
    peak = out.with_suffix(".peak")
    arguments = ["audition", str(path), "-o", str(out), "--frontend", frontend]
    start = time.perf_counter()
    ran = subprocess.run([sys.executable, "-c", AUDITION, str(peak), *arguments], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"the audition of {path.name} failed:\n{ran.stderr}")
    return time.perf_counter() - start, int(peak.read_text()) / 1024


def seams(clips: Path, names: Sequence[str], folder: Path) -> None:
    """Two minutes in segments against two minutes in one piece; the files of a run in parts against those of one."""
    path = folder / "seams.wav"
    recording(clips, SEAM_S, path)
    head = "front-end", "vocoder, segments against one piece", "files, in parts against in memory"
    print(f"\n| {' | '.join(head)} |\n| --- | --- | --- |")
    for name in names:
        difference = difference_db(load(path), name)
        verdict = "pass" if difference < SEAM_DB else "**FAIL**"
        same = "the same bytes" if files(path, name, folder, 1e9) == files(path, name, folder, 10.0) else "**differ**"
        print(f"| {name} | {difference:.0f} dB (< {SEAM_DB:g}) {verdict} | {same} |")


def difference_db(clip: Audio, name: str) -> float:
    """Level of what the seams change, relative to the sound."""
    mel, usual = PRESETS[name](clip), joint._FRAMES_PER_SEGMENT
    segments = Joint()(mel).samples
    joint._FRAMES_PER_SEGMENT = 1 << 30
    whole = Joint()(mel).samples
    joint._FRAMES_PER_SEGMENT = usual
    return float(20 * np.log10(np.linalg.norm(segments - whole) / np.linalg.norm(whole) + 1e-30))


def files(path: Path, name: str, folder: Path, longest_s: float) -> list[bytes]:
    """All that an audition writes, where longer recordings than ``longest_s`` are not held in memory."""
    usual, long.LONG_S = long.LONG_S, longest_s
    with tempfile.TemporaryDirectory(dir=folder) as out:
        audition_many([path], out, Configuration(PRESETS[name], LD, Joint(), 1, 0))
        written = [file.read_bytes() for file in sorted((Path(out) / path.stem).iterdir())]
    long.LONG_S = usual
    return written


if __name__ == "__main__":
    main()
