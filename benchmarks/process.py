"""Whole processes: one clip through the command line, against a plain librosa script; and start-up times.

Every ratio is of runs that alternate, so that a busy machine slows both.

Usage: python benchmarks/process.py CLIP [--runs 7]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from _measure import median, run

HERE = Path(__file__).parent
PYTHON = sys.executable
PICTURE = """
import sys, time, numpy as np
from specaug_listen import augment, frontends, load
from specaug_listen.plots import audition_figure, encode_png
mel = frontends.WHISPER(load(sys.argv[1]))
seconds = []
for seed in range(9):
    draw = augment.LD.draw(mel, rng=seed)
    after = draw.apply(mel)
    start = time.perf_counter()
    encode_png(audition_figure(mel, after, draw, title="benchmark"))
    seconds.append(time.perf_counter() - start)
print(sorted(seconds[1:])[4])
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path, help="a clip of 8 to 9 seconds")
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    whole_process(arguments.clip, arguments.runs)
    start_up(arguments.runs)
    one_picture(arguments.clip)


def whole_process(clip: Path, runs: int) -> None:
    """Original, copy-synthesis, one draw, PNG, JSON and report, against the plain script."""
    with tempfile.TemporaryDirectory() as folder:
        plain = [PYTHON, str(HERE / "plain_script.py"), str(clip), folder]
        table = []
        for frontend in ("librosa", "whisper"):
            ours = [PYTHON, "-m", "specaug_listen", "audition", str(clip), "-o", f"{folder}/out", "--overwrite"]
            ours += ["--frontend", frontend]
            run(plain), run(ours)  # caches of bytecode and of the disk
            pairs = [(run(plain), run(ours)) for _ in range(runs)]
            seconds = median([p[0] for p, _ in pairs]), median([o[0] for _, o in pairs])
            ratio = median([p[0] / o[0] for p, o in pairs])
            memory = max(p[1] for p, _ in pairs), max(o[1] for _, o in pairs)
            table.append((frontend, *seconds, ratio, *memory))
    print("| front-end | plain script | specaug-listen audition | ratio | peak memory, plain | peak memory, ours |")
    print("|---|---|---|---|---|---|")
    for name, plain_s, ours_s, ratio, plain_mib, ours_mib in table:
        print(f"| {name} | {plain_s:.2f} s | {ours_s:.2f} s | {ratio:.2f} | {plain_mib:.0f} MiB | {ours_mib:.0f} MiB |")


def start_up(runs: int) -> None:
    """Import and help, against bare Python."""
    commands = {
        "bare": [PYTHON, "-c", "pass"],
        "import": [PYTHON, "-c", "import specaug_listen"],
        "help": [PYTHON, "-m", "specaug_listen", "--help"],
    }
    seconds = {name: median([run(command)[0] for _ in range(2 * runs)]) for name, command in commands.items()}
    print(f"\nimport specaug_listen: {seconds['import'] - seconds['bare']:.3f} s more than bare Python")
    print(f"specaug-listen --help: {seconds['help']:.3f} s")


def one_picture(clip: Path) -> None:
    """A picture after the first."""
    output = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", PICTURE, str(clip)], capture_output=True, text=True, check=True
    )
    print(f"one picture after the first: {float(output.stdout):.3f} s")


if __name__ == "__main__":
    main()
