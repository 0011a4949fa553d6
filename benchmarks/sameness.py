"""The same commands with two checkouts, and what comes out otherwise: for changes that are to change nothing.

    python benchmarks/sameness.py record OLD/FOLDER --checkout ../old
    python benchmarks/sameness.py record NEW/FOLDER
    python benchmarks/sameness.py compare OLD/FOLDER NEW/FOLDER

``record`` runs every command in a process of its own, with the package of the checkout and with inputs made here (the
samples, parts of them, mels, every configuration and every faulty pipeline of the tests), and keeps exit code, output,
and the files that were written. ``compare`` says what differs: samples and numbers within a tolerance, words to the
letter. Words that were changed on purpose are given as a JSON list of [regular expression, replacement]
(``--renamed``), which is applied to both sides. Takes about 15 minutes for each checkout.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent.parent
WARPED = "waveform.yaml", "- {transform: Gain, min_gain_db: -6, max_gain_db: 6, p: 1.0}\n"
MASKER = """
import numpy as np

def mask(mel):
    after = mel.copy()
    start = np.random.randint(0, after.shape[-1] // 2)
    after[..., start : start + 20] = 0
    return after

class FixedBins:
    def __call__(self, mel):
        after = mel.copy()
        after[..., 10:20, :] = after.mean()
        return after

fixed_bins = FixedBins()
"""


class Case(NamedTuple):
    """A command to run; ``{in}`` stands for the folder of inputs."""

    name: str
    arguments: list[str]


def make_inputs(folder: Path) -> None:
    """Clips, mels, configurations and callables: the same for both checkouts."""
    folder.mkdir(parents=True)
    samples, rate = soundfile.read(HERE / "samples" / "speech.flac", dtype="float32")
    soundfile.write(folder / "speech.wav", samples, rate)
    soundfile.write(folder / "short.wav", samples[rate : rate + rate // 20], rate)
    soundfile.write(folder / "second.wav", samples[: 2 * rate], rate)
    soundfile.write(folder / "stereo.flac", np.stack([samples, samples[::-1]], axis=1)[: 3 * rate], rate)
    soundfile.write(folder / "long.flac", np.tile(samples, math.ceil(75 * rate / len(samples)))[: 75 * rate], rate)
    soundfile.write(folder / "silent.wav", np.zeros(rate, np.float32), rate)
    frames = np.arange(200, dtype=np.float32)
    mel = np.sin(frames / 7) * np.linspace(0, 1, 80, dtype=np.float32)[:, None] - 1
    np.save(folder / "mel.npy", (0.5 * mel + 0.5).astype(np.float32))
    (folder / WARPED[0]).write_text(WARPED[1])
    (folder / "masker.py").write_text(MASKER)
    for module in ("pipelines", "historical_bugs"):
        written = next((HERE / "tests").rglob(f"{module}.py")).read_text()
        (folder / f"{module}.py").write_text(
            re.sub(r"^from specaug_listen\S* import Adapter$", "Adapter = dict", written, flags=re.M)
        )
    (folder / "faults.py").write_text(
        "import pipelines\n"
        "for _name, _one in list(vars(pipelines).items()):\n"
        "    if isinstance(_one, type) and issubclass(_one, pipelines.Reference):\n"
        "        globals()[_name] = _one()\n"
    )
    for name, text in configurations().items():
        (folder / f"config-{name}.yaml").write_text(text)


def configurations() -> dict[str, str]:
    """Every configuration of the tests by name."""
    namespace: dict[str, Any] = {}
    exec(next((HERE / "tests").rglob("configs.py")).read_text(), namespace)
    return {name.lower(): text for name, text in namespace.items() if name.isupper() and isinstance(text, str)}


def cases(folder: Path, names: dict[str, list[str]]) -> Iterator[Case]:
    """What is run."""
    yield from auditions(names)
    for word in names["words"]:
        name = word.replace("dialects", "frameworks")
        yield Case(f"list-{name}", ["list", word, "--json"])
        yield Case(f"list-{name}-plain", ["list", word])
    yield from (Case(f"show-{policy}", ["policy", "show", policy]) for policy in names["policies"])
    for name in sorted(path.stem for path in folder.glob("config-*.yaml")):
        file = f"{{in}}/{name}.yaml"
        yield Case(f"show-{name}", ["policy", "show", file])
        yield Case(f"show-{name}-json", ["policy", "show", file, "--json"])
        for framework in names["frameworks"]:
            yield Case(f"convert-{name}-{framework}", ["policy", "convert", file, "--to", framework])
    adapter = ["axes=batch, bands, frames", "container=numpy", "lengths=frames"]
    checked = ["--json", "--draws", "100", *(word for value in adapter for word in ("--adapter", value))]
    for name in re.findall(r"^class (\w+)[(:]", (folder / "pipelines.py").read_text(), flags=re.M):
        yield Case(f"check-{name}", ["check", f"{{in}}/faults.py:{name}", *checked])
    for name in re.findall(r"^def (\w+)\(mel", (folder / "historical_bugs.py").read_text(), flags=re.M):
        yield Case(f"check-{name}", ["check", f"{{in}}/historical_bugs.py:{name}", "--json", "--draws", "100"])
    for name in ("LD", "espnet-conformer", "nemo-conformer", "wenet"):
        yield Case(f"check-policy-{name}", ["check", "--policy", name, "--json", "--draws", "100"])


def auditions(names: dict[str, list[str]]) -> Iterator[Case]:
    """What is rendered: every front-end, policy and vocoder, other clips, and every other kind of run."""
    for frontend in names["frontends"]:
        yield Case(f"frontend-{frontend}", ["audition", "{in}/speech.wav", "-o", "out", "--frontend", frontend])
    one = ["audition", "{in}/second.wav", "-o", "out"]
    for policy in names["policies"]:
        yield Case(f"policy-{policy}", [*one, "--policy", policy, "--seed", "7"])
        yield Case(f"exact-{policy}", [*one, "--policy", policy, "--exact-rng"])
    for vocoder in names["vocoders"]:
        yield Case(f"vocoder-{vocoder}", [*one, "--vocoder", vocoder, "--draws", "2"])
    for clip in ("short.wav", "silent.wav", "stereo.flac", "long.flac"):
        for frontend in ("whisper", "kaldi", "librosa"):
            yield Case(f"{clip}-{frontend}", ["audition", f"{{in}}/{clip}", "-o", "out", "--frontend", frontend])
    yield Case("twins", [*one, "--twins", "--draws", "3"])
    yield Case("batch", [*one, "--policy", "hf-whisper", "--batch", "8x600@0"])
    yield Case("waveform", [*one, "--waveform", "{in}/waveform.yaml"])
    yield Case("channels", ["audition", "{in}/stereo.flac", "-o", "out", "--channel", "each"])
    yield Case("callable", [*one, "--policy", "{in}/masker.py:mask"])
    yield Case("callable-adapter", [*one, "--policy", "{in}/masker.py:fixed_bins", "--adapter", "axes=bands, frames"])
    yield Case("mel", ["audition", "{in}/mel.npy", "-o", "out", "--frontend", "whisper"])
    yield Case("invert", ["invert", "{in}/mel.npy", "-o", "out.wav", "--frontend", "whisper"])
    for vary in ("T=10,40", "policy=LD,espnet-conformer,wenet", "vocoder=joint,griffinlim"):
        yield Case(f"sweep-{vary}", ["sweep", "{in}/second.wav", "--vary", vary, "-o", "out"])


def names_of(environment: dict[str, str]) -> dict[str, list[str]]:
    """What the checkout lists."""
    names: dict[str, list[str]] = {"words": []}
    for listed in ("frontends", "policies", "vocoders", "frameworks"):
        for word in (listed, "dialects"):
            command = [sys.executable, "-m", "specaug_listen", "list", word, "--json"]
            process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if process.returncode == 0:
                names[listed] = [row["name"] for row in json.loads(process.stdout)]
                names["words"].append(word)
                break
    return names


def record(out: Path, checkout: Path, only: str) -> None:
    """Run every case with the package of ``checkout`` and keep what comes out in ``out``."""
    place = (
        Path(tempfile.gettempdir()) / "specaug-listen-sameness"
    )  # records name their input, so both run in one place
    shutil.rmtree(place, ignore_errors=True)
    inputs, scratch = place / "in", place / "scratch"
    make_inputs(inputs)
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout.resolve()),
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "PYTHONHASHSEED": "0",
    }
    for case in cases(inputs, names_of(environment)):
        folder = out / "runs" / re.sub(r"[^\w.,=-]", "_", case.name)
        if folder.exists() or not re.search(only, case.name):
            continue
        scratch.mkdir()
        arguments = [argument.replace("{in}", "../in") for argument in case.arguments]
        process = subprocess.run(
            [sys.executable, "-m", "specaug_listen", *arguments],
            cwd=scratch,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        (scratch / "stdout.txt").write_text(process.stdout)
        (scratch / "stderr.txt").write_text(process.stderr)
        (scratch / "exit.txt").write_text(f"{process.returncode}\n")
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(scratch, folder)
        print(process.returncode, case.name, flush=True)


def differences(old: Path, new: Path, renamed: list[list[str]], tolerance: float) -> Iterator[str]:
    """One line for each file that differs."""
    files = {path.relative_to(side) for side in (old, new) for path in side.rglob("*") if path.is_file()}
    for file in sorted(files):
        before, after = old / file, new / file
        if not (before.exists() and after.exists()):
            yield f"{file}: only in the {'old' if before.exists() else 'new'} one"
        elif before.read_bytes() != after.read_bytes():
            yield from difference(before, after, file, renamed, tolerance)


def difference(before: Path, after: Path, file: Path, renamed: list[list[str]], tolerance: float) -> Iterator[str]:
    """How two files with other bytes differ, if by more than the tolerance."""
    if file.suffix == ".wav":
        (a, _), (b, _) = (soundfile.read(path, dtype="float64") for path in (before, after))
        if a.shape != b.shape:
            yield f"{file}: {a.shape} and {b.shape} samples"
        elif (most := float(np.abs(a - b).max())) > tolerance:
            yield f"{file}: samples differ by up to {most:.2g}"
        return
    if file.suffix == ".png":
        yield f"{file}: another picture"
        return
    a_text, b_text = (rename(path.read_text(errors="replace"), renamed) for path in (before, after))
    if a_text == b_text:
        return
    a_data, b_data = (parse(text) for text in (a_text, b_text))
    if a_data is None or b_data is None:
        lines = [(x, y) for x, y in zip(a_text.splitlines(), b_text.splitlines(), strict=False) if x != y]
        first = f": {lines[0][0][:150]!r} and {lines[0][1][:150]!r}" if lines else " in length"
        yield f"{file}: {max(1, len(lines))} lines differ, the first{first}"
        return
    yield from (f"{file}: {line}" for line in compared(a_data, b_data, "", tolerance))


def rename(text: str, renamed: list[list[str]]) -> str:
    """The text in the words of today."""
    for pattern, replacement in renamed:
        text = re.sub(pattern, replacement, text)
    return text


def parse(text: str) -> Any:
    """JSON, or lines of JSON, as data; None for other text."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines()] or None
    except ValueError:
        return None


def compared(a: Any, b: Any, where: str, tolerance: float) -> Iterator[str]:
    """Where two values differ; hashes follow from what they are of, so that they alone say nothing."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if key not in a or key not in b:
                yield f"{where}.{key} is only in the {'old' if key in a else 'new'} one"
            elif "sha256" not in key:
                yield from compared(a[key], b[key], f"{where}.{key}", tolerance)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from compared(one, other, f"{where}[{index}]", tolerance)
    elif isinstance(a, float) and isinstance(b, float):
        if not math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance) and not (math.isnan(a) and math.isnan(b)):
            yield f"{where} is {a!r} and {b!r}"
    elif a != b:
        yield f"{where} is {str(a)[:150]!r} and {str(b)[:150]!r}"


def main() -> int:
    """Record, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recorder = commands.add_parser("record")
    recorder.add_argument("out", type=Path)
    recorder.add_argument("--checkout", type=Path, default=HERE)
    recorder.add_argument("--only", default="", help="regular expression for names of cases")
    comparer = commands.add_parser("compare")
    comparer.add_argument("old", type=Path)
    comparer.add_argument("new", type=Path)
    comparer.add_argument("--renamed", type=Path)
    comparer.add_argument("--tolerance", type=float, default=1e-5)
    options = parser.parse_args()
    if options.command == "record":
        record(options.out, options.checkout, options.only)
        return 0
    renamed = json.loads(options.renamed.read_text()) if options.renamed else []
    lines = list(differences(options.old / "runs", options.new / "runs", renamed, options.tolerance))
    print(*lines, sep="\n")
    print(f"{len(list((options.old / 'runs').iterdir()))} cases, {len(lines)} differences")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
