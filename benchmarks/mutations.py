"""Small faults, planted one at a time into a copy of the tree: which of them do the tests find?

    python benchmarks/mutations.py                          # all of them, about an hour
    python benchmarks/mutations.py --only 'mel|warp'        # those whose name matches
    python benchmarks/mutations.py --list                   # whether each still applies; nothing is run
    python benchmarks/mutations.py --checkout ../old --json old.json

A fault is a piece of code, which stands once in the package, and what takes its place. It is looked for by its text
and not by its file, so that moving code keeps it alive; a fault whose text is gone is told, and is to be written anew.
The tests of the changed file run first, then those of its room, until one fails; that one is to pass again without the
fault. A fault that no test finds in time is
a gap, unless it changes nothing (then it is no fault, and is to be replaced).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "specaug_listen"
# The first failure in the short summary of pytest; a file that cannot be imported is one, too.
_FAILURE = re.compile(
    r"^(?:FAILED|ERROR|SUBFAILED).*?((?:tests|specaug_listen|notebooks)/[\w./]+(?:::[\w.]+)*)", flags=re.M
)


class Fault(NamedTuple):
    """A piece of code that stands once in the package, and the fault that takes its place.

    ``also`` are tests of another room that hold the code to what it is to be, e.g. to recordings.
    """

    name: str
    code: str
    fault: str
    also: str = ""


_RECORDED = "tests/frameworks/test_recorded.py"
FAULTS = (
    # audio, stft
    Fault("left and right exchanged", '{"left": 0, "right": 1}', '{"left": 1, "right": 0}'),
    Fault("a mix called cancelling 3 dB too early", "(-_CANCELLED_DB / 10)", "(-_CANCELLED_DB / 20)"),
    Fault("samples scaled to 32767", "* gain * FULL_SCALE)", "* gain * (FULL_SCALE - 1))"),
    Fault("a loudness gain that clips", "round(gain - max(0.0, highest), 2)", "round(gain, 2)"),
    Fault("a symmetric window made periodic", "max(length - 1 if symmetric else length, 1)", "max(length, 1)"),
    Fault(
        "pre-emphasis of the first sample",
        "emphasized[1:] -= np.float32(coefficient) * signal[:-1]",
        "emphasized[1:] -= np.float32(coefficient) * signal[:-1]\n    emphasized[0] *= np.float32(1 - coefficient)",
    ),
    Fault(
        "frames of 'same' half a hop early",
        "return (self.n_fft - self.hop_length) // 2 - into_fft",
        "return self.n_fft // 2 - into_fft",
    ),
    # frontends
    Fault("HTK's mel in Kaldi's scale", "1127.0 * np.log(1.0 + f / 700.0)", "1127.0 * np.log(1.0 + f / 720.0)"),
    Fault("filters normed by half their width", "else hz[2:] - hz[:-2]", "else hz[1:-1] - hz[:-2]"),
    Fault(
        "dB of magnitudes counted as of powers", "np.log10(energy) * (20 / self.power if", "np.log10(energy) * (10 if"
    ),
    Fault(
        "a dynamic range without its clamp",
        "(top)) - self.dynamic_range",
        "(top)) - 1e9",
    ),
    Fault("a biased standard deviation", "max(1, cells.n_frames - 1)", "max(1, cells.n_frames)"),
    Fault("NeMo's guard below the logarithm", "floor=2.0**-24", "floor=2.0**-23"),
    # augment
    Fault(
        "the widest mask never drawn",
        "stream.integers(0, widest + 1, (1,))",
        "stream.integers(0, max(1, widest), (1,))",
    ),
    Fault("an inclusive width that is exclusive", '+ (rule == "inclusive")', "", also=_RECORDED),
    Fault(
        "the level of a fill in amplitudes",
        "10 * np.log10(max(mean_power, 1e-20))",
        "20 * np.log10(max(mean_power, 1e-20))",
    ),
    Fault(
        "noise below the floor",
        'np.maximum(self.noise("standard_normal") * cells.std + cells.mean, self.floor)',
        'self.noise("standard_normal") * cells.std + cells.mean',
    ),
    Fault("the seed of a fill ignored", "default_rng((seed, block))", "default_rng((0, block))"),
    Fault(
        "a warp to the other side",
        "center + min(max(displacement, -bound), bound)",
        "center - min(max(displacement, -bound), bound)",
    ),
    Fault("Keys' cubic kernel", "_CUBIC = -0.75", "_CUBIC = -0.5", also=_RECORDED),
    Fault("a rectangle beyond the clip", "min(n, n_frames - begin)", "n"),
    # frameworks, custom
    Fault(
        "ESPnet's widest mask drawn",
        'width_rule="exclusive",\n        start_rule="below_widest"',
        'width_rule="inclusive",\n        start_rule="below_widest"',
    ),
    Fault("NeMo's channel counted from 1", "return value + 1, key", "return value, key"),
    Fault(
        "HF's masks of bins as long as those of frames",
        "max_width=mask_feature_length, count_ratio",
        "max_width=mask_time_length, count_ratio",
    ),
    Fault("a callable's scale with another sign", "return values * std + mean", "return values * std - mean"),
    # vocoders, metrics
    Fault(
        "momentum in the other direction",
        "consistent - np.float32(momentum / (1 + momentum)) * previous",
        "consistent + np.float32(momentum / (1 + momentum)) * previous",
    ),
    Fault(
        "the seed of a phase ignored",
        "random_phase((shape[0], shape[1]), self.seed)",
        "random_phase((shape[0], shape[1]), 0)",
    ),
    Fault(
        "a loud fill without its bound",
        "spectrum * mel_bins.spread(np.minimum(gain, largest))",
        "spectrum * mel_bins.spread(gain)",
    ),
    Fault(
        "windows summed over the wrong axis",
        "np.square(pieces).sum(axis=0)",
        "np.square(pieces.reshape(hop_length, -1)).sum(axis=1)",
    ),
    Fault("de-emphasis begun anew in each part", "restored = float(padded[-1])", "restored = 0.0"),
    Fault("a peak in dB of power", '"peak_change_db": 20 *', '"peak_change_db": 10 *'),
    Fault(
        "an error relative to the wrong mel",
        "np.linalg.norm(b - a) / max(float(np.linalg.norm(a)), 1e-30)",
        "np.linalg.norm(b - a) / max(float(np.linalg.norm(b)), 1e-30)",
    ),
    # inspection, plots
    Fault("a box as high as its end", "Box(bins.start, bins.stop - bins.start,", "Box(bins.start, bins.stop,"),
    Fault("ticks one bin too high", "- lowest) / spacing - 1)", "- lowest) / spacing)"),
    Fault("a difference the other way round", "new - old,", "old - new,"),
    # auditions, reports
    Fault(
        "a gap in seconds",
        "draw.longest_gap_frames * hop_ms",
        "draw.longest_gap_frames * hop_ms / 1000",
    ),
    Fault("a span that forgets its longer part", "max(stop, merged[-1][1])", "stop"),
    Fault(
        "one waveform for all draws",
        "(*clip.fingerprint, _WAVEFORM_STREAM), number)",
        "(*clip.fingerprint, _WAVEFORM_STREAM), 1)",
    ),
    Fault(
        "a gain told in dB of power",
        "down_db = -20 * np.log10(gain)",
        "down_db = -10 * np.log10(gain)",
    ),
    Fault("edges of masks half a bin off", "spacing * (np.array(bins) + 0.5)", "spacing * (np.array(bins) + 1.0)"),
    Fault("a command without its channels", '["--wav-channels", run.channels] if run.channels != "mono" else []', "[]"),
    Fault(
        "a player without levels",
        "return i === this.selected ? this.levels[i] : 0;",
        "return i === this.selected ? 1 : 0;",
    ),
    # checks, sweeps, mels
    Fault("warps that all go later taken for both ways", "if 0 < later < n or", "if 0 < later <= n or"),
    Fault(
        "a policy set after its parameters",
        "_WHOLE.index(key) if key in _WHOLE else len(_WHOLE)",
        "_WHOLE.index(key) if key in _WHOLE else -1",
    ),
    Fault("what follows an array left out", "if rest := file.read(len(_MAGIC)):", 'if rest := b"":'),
    # cli, outputs
    Fault(
        "--start not heeded",
        "axes=order, start_s=start, duration_s=duration",
        "axes=order, start_s=0.0, duration_s=duration",
    ),
    Fault(
        "a frame's place in milliseconds",
        "offset = framing.center_s(0, sample_rate=1)",
        "offset = framing.center_s(0, sample_rate=1000)",
    ),
    Fault("a user's folder taken for ours", "return not os.listdir(path) or", "return True or"),
)


class Place(NamedTuple):
    """The only file in which a fault's code stands."""

    file: Path
    text: str


def find_place(fault: Fault, tree: Path) -> Place | str:
    """Find the file that a fault is planted in, or say why it no longer applies."""
    files = [*(tree / PACKAGE).rglob("*.py"), *(tree / PACKAGE).rglob("*.js")]
    places = [Place(file, text) for file in sorted(files) if fault.code in (text := file.read_text(encoding="utf-8"))]
    n = sum(place.text.count(fault.code) for place in places)
    return places[0] if n == 1 else f"no longer applies: its code stands {n} times in the package"


def tests_of(file: Path, tree: Path) -> list[str]:
    """List the tests of a file: its own, then those of its room, then its examples."""
    name = file.relative_to(tree / PACKAGE)
    if len(name.parts) == 1:
        candidates = [f"tests/test_{name.stem.lstrip('_')}.py"]
    else:
        own = [f"tests/{'/'.join((*name.parts[:depth], f'test_{name.stem}.py'))}" for depth in (len(name.parts) - 1, 1)]
        candidates = [*own, f"tests/{name.parts[0]}"]
    if file.suffix == ".js":
        candidates = ["tests/browser", *candidates]
    else:
        candidates.append(f"{PACKAGE}/{name.as_posix()}")
    return [path for path in dict.fromkeys(candidates) if (tree / path).exists()]


def copy_tree(checkout: Path, folder: Path) -> Path:
    """Copy the files that git knows, so that faults never touch the checkout itself."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, check=True).stdout
    tree = folder / "tree"
    for name in listed.decode().split("\0"):
        if name and (checkout / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, tree / name)
    return tree


def run_tests(tree: Path, paths: list[str], seconds: float, cache: Path) -> tuple[str, str, float]:
    """Run tests until one fails: the outcome, the test that failed, and the seconds it took."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *paths]
    environment = {**os.environ, "PYTHONPATH": str(tree), "NUMBA_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return "not in time", "", time.perf_counter() - start
    passed = time.perf_counter() - start
    if process.returncode in (0, 5):
        return "not found", "", passed
    failure = _FAILURE.search(output)
    return "found", failure.group(1) if failure else output.strip().splitlines()[-1], passed


def plant(fault: Fault, tree: Path, seconds: float, cache: Path) -> dict[str, Any]:
    """Plant a fault, run the tests of its room, and take it out again."""
    place = find_place(fault, tree)
    if isinstance(place, str):
        return {"fault": fault.name, "outcome": place, "test": "", "seconds": 0.0}
    place.file.write_text(place.text.replace(fault.code, fault.fault), encoding="utf-8")
    try:
        outcome, test, passed = run_tests(
            tree, [*tests_of(place.file, tree), *([fault.also] if fault.also else [])], seconds, cache
        )
    finally:
        place.file.write_text(place.text, encoding="utf-8")
    if outcome == "found" and run_tests(tree, [test], seconds, cache)[0] == "found":
        outcome = "fails anyway"  # as it does without the fault, which says nothing
    return {"fault": fault.name, "outcome": outcome, "test": test, "seconds": round(passed, 1)}


def main() -> int:
    """Plant every fault and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="another checkout, whose tests are run")
    parser.add_argument("--only", default="", help="a regular expression: faults whose name it matches")
    parser.add_argument("--seconds", type=float, default=300.0, help="for the tests of one fault")
    parser.add_argument("--json", type=Path, help="where the rows are written, too; rows that stand there are kept")
    parser.add_argument("--list", action="store_true", help="say where each fault applies, and run nothing")
    options = parser.parse_args()
    faults = [fault for fault in FAULTS if re.search(options.only, fault.name)]
    if options.list:
        for fault in faults:
            place = find_place(fault, options.checkout)
            print(f"{fault.name:45} {place if isinstance(place, str) else place.file.relative_to(options.checkout)}")
        return 0
    rows: list[dict[str, Any]] = []
    if options.json is not None and options.json.exists():
        rows = json.loads(options.json.read_text())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # some tests go through other users
        tree = copy_tree(options.checkout, Path(folder))
        for fault in faults:
            if any(row["fault"] == fault.name for row in rows):
                continue
            rows.append(plant(fault, tree, options.seconds, Path(folder) / "numba"))
            print("{fault:45} {outcome:12} {seconds:6.1f} s  {test}".format(**rows[-1]), flush=True)
            if options.json is not None:
                options.json.write_text(json.dumps(rows, indent=1) + "\n")
    n_found = sum(row["outcome"] == "found" for row in rows)
    print(f"{n_found} of {len(rows)} faults are found")
    return 0 if n_found == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
