"""Mel to audio: quality, speed and masked mels of the joint vocoder, against librosa's and torchaudio's cascades.

Prints Markdown tables. Without a section all of them are measured. Everything runs in one thread; every ratio is of
runs of one process that alternate or follow each other, so that a busy machine slows both sides.

Usage: python benchmarks/reconstruction.py --clips DIR [--frontends whisper,hifigan]
           [--vocoders joint joint:n_iter=8] [--quality] [--speed] [--fft] [--masks]

The first of ``--vocoders`` is the one that is held against the bounds, and the only one whose speed and masked mels are
measured. A vocoder is written as ``name`` or ``name:field=value,field=value``.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import scipy.fft
from _masked import RANGE_DB, Met, audible, beyond, cut, masks_of, met, rmse_db, single
from _measure import median, one_thread

from specaug_listen.audio.audio_in_memory import Audio, find_audio, load
from specaug_listen.augment import LD, WarpPath
from specaug_listen.errors import AudioError, SpecAugListenError
from specaug_listen.frontends import MelFrontend, MelSpectrogram, get_frontend
from specaug_listen.frontends.presets import PRESETS
from specaug_listen.metrics import log_mel_rmse_db, spectral_convergence_db
from specaug_listen.stft import deemphasize, get_window
from specaug_listen.vocoders.griffinlim import librosa_filters
from specaug_listen.vocoders.registry import VOCODERS

Render: TypeAlias = Callable[[MelSpectrogram], Audio]

MAX_CLIP_S = 12.0
SPEED_RANGE_S = 8.0, 16.0
SILENT_DB = -100.0
FILLS = "mean", "band_mean", "frame_mean", "min", "floor", "noise", 0.0
MAX_MASKED_CLIP_S, REACHABLE_S, REACHABLE_CLIPS, REACHABLE_ITERATIONS = 4.0, 3.0, 4, 500
# What the issue asks of the default: ratio of log-mel RMSE, gain in PESQ, times the speed of librosa.
RMSE_RATIO = {"hifigan": 0.35, "hifigan-power": 0.35, "librosa": 0.35, "librosa-db": 0.35}
PESQ_GAIN = {"hifigan": 1.2, "hifigan-power": 1.2}
OWN_POWER = "mel_to_audio, power=2"
RMSE_RATIO_ELSE, PESQ_GAIN_ELSE = 0.65, 0.4
SPEED_EACH, SPEED_MEAN, ITERATION_RATIO, LOADING_S = 5.0, 8.0, 1.6, 0.3
FEW_ITERATIONS, MANY_ITERATIONS = 8, 40
FFT_BACKENDS = {"pyFFTW": "pyfftw.interfaces.scipy_fft", "mkl_fft": "mkl_fft.interfaces.scipy_fft"}
FIRST_USE = """
import json, sys, time
begin = time.perf_counter()
import numpy, scipy.fft, pydantic, soundfile
start = time.perf_counter()
from specaug_listen.audio.audio_in_memory import load
from specaug_listen.frontends.presets import PRESETS
from specaug_listen.vocoders.registry import VOCODERS
imported = time.perf_counter()
mel = PRESETS[sys.argv[1]](load(sys.argv[2], duration_s=1.0))
mel.energy
vocoder = type(VOCODERS[sys.argv[3]])(**json.loads(sys.argv[4]))
marks = [time.perf_counter()]
for _ in range(2):
    vocoder(mel)
    marks.append(time.perf_counter())
print(json.dumps([start - begin, imported - start, marks[1] - marks[0], marks[2] - marks[1]]))
"""


class Clip(NamedTuple):
    """A recording and what it is."""

    name: str
    path: Path
    is_speech: bool

    def read(self, duration_s: float | None = MAX_CLIP_S) -> Audio:
        """Its beginning, as mono."""
        return load(self.path, duration_s=duration_s).to_mono()


class Chosen(NamedTuple):
    """A vocoder of the package with its fields, as written on the command line."""

    label: str
    name: str
    fields: dict[str, Any]

    def build(self, **more: Any) -> Render:
        """The vocoder."""
        return type(VOCODERS[self.name])(**{**self.fields, **more})


@dataclass(frozen=True)
class Figures:
    """How well one clip was rendered by one vocoder; NaN where a figure does not exist."""

    rmse: float = np.nan
    convergence: float = np.nan
    stoi: float = np.nan
    pesq: float = np.nan
    seconds: float = np.nan


Results: TypeAlias = dict[str, dict[str, Figures]]


class Notes:
    """What was left out, each line once, in the order in which it came up."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def add(self, line: str) -> None:
        """Remember a line."""
        self._lines.setdefault(line)

    def show(self) -> None:
        """Print and forget them."""
        if self._lines:
            print("\n" + "\n".join(f"- {line}" for line in self._lines))
        self._lines.clear()


NOTES = Notes()


def main() -> None:
    """Print the tables that were asked for."""
    one_thread()
    arguments = parsed()
    clips, frontends, vocoders = clips_of(arguments.clips), frontends_of(arguments.frontends), arguments.vocoders
    sections = {
        "quality": lambda: quality(clips, frontends, vocoders),
        "speed": lambda: speed(clips, frontends, vocoders[0], arguments.runs),
        "fft": lambda: fft_backends(clips, frontends, vocoders[0], arguments.runs),
        "masks": lambda: masks(clips, frontends, vocoders[0], arguments.seeds),
    }
    asked = [name for name in sections if getattr(arguments, name)]
    for name in asked or sections:
        sections[name]()
        NOTES.show()


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, metavar="DIR", help="folder of recordings")
    parser.add_argument("--frontends", help="names or YAML files with commas; without it, all presets")
    parser.add_argument("--vocoders", nargs="+", type=vocoder_of, default=[vocoder_of("joint")], metavar="NAME[:F=V]")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs of each measurement of time")
    parser.add_argument("--seeds", type=int, default=3, help="LD draws of each clip under each fill")
    parser.add_argument("--quality", action="store_true", help="copy-synthesis of every clip, against the bounds")
    parser.add_argument("--speed", action="store_true", help="times, cost of an iteration, first use")
    parser.add_argument("--fft", action="store_true", help="cost of an iteration under the FFT backends there are")
    parser.add_argument("--masks", action="store_true", help="how well masked mels are met")
    return parser.parse_args()


def vocoder_of(text: str) -> Chosen:
    """Read ``name:field=value,field=value``; a value is a Python literal, else a string."""
    name, _, listed = text.partition(":")
    if name not in VOCODERS:
        raise argparse.ArgumentTypeError(f"{name!r}: allowed are {', '.join(sorted(VOCODERS))}")
    fields = {}
    for pair in filter(None, listed.split(",")):
        key, _, value = pair.partition("=")
        try:
            fields[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            fields[key] = value
    chosen = Chosen(text, name, fields)
    try:
        chosen.build()
    except (SpecAugListenError, TypeError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return chosen


def frontends_of(listed: str | None) -> list[MelFrontend]:
    """Presets by name or YAML files; without any, all presets but ``librosa-db``, whose mel is that of ``librosa``."""
    names = listed.split(",") if listed else [name for name in sorted(PRESETS) if name != "librosa-db"]
    try:
        return [get_frontend(name) for name in names]
    except SpecAugListenError as error:
        sys.exit(str(error))


def clips_of(folder: Path) -> list[Clip]:
    """Every recording; speech by ``index.csv``, else by the prefix ``sp_``, else all."""
    files, problems, _ = find_audio([folder])
    if problems or not files:
        sys.exit("\n".join(problems) or f"{folder}: no audio file")
    kinds: dict[str, str] = {}
    if (index := folder / "index.csv").is_file():
        with open(index, newline="", encoding="utf-8") as file:
            kinds = {row["file"]: row.get("kind", "") for row in csv.DictReader(file) if row.get("file")}
    is_named = any(file.name.startswith("sp_") for file in files)

    def is_speech(file: Path) -> bool:
        if file.name in kinds:
            return kinds[file.name] == "speech"
        return file.name.startswith("sp_") or not (is_named or kinds)

    return [Clip(file.relative_to(folder).as_posix(), file, is_speech(file)) for file in files]


def mels(
    clips: Iterable[Clip], frontend: MelFrontend, duration_s: float | None = MAX_CLIP_S
) -> Iterator[tuple[Clip, MelSpectrogram]]:
    """The mel of every clip that can be rendered at all."""
    for clip in clips:
        print(f"{frontend.name}: {clip.name}", file=sys.stderr)
        try:
            mel = frontend(clip.read(duration_s))
        except AudioError as error:
            NOTES.add(f"{frontend.name}: {clip.name} left out: {error}".replace(f"{clip.path}: ", ""))
            continue
        if mel.audio is None or mel.audio.rms_db < SILENT_DB:
            NOTES.add(f"{frontend.name}: {clip.name} left out: it is silent")
            continue
        mel.energy  # noqa: B018 - computed once, before any clock runs
        yield clip, mel


# Quality


def quality(clips: Sequence[Clip], frontends: Sequence[MelFrontend], vocoders: Sequence[Chosen]) -> None:
    """Copy-synthesis of every clip by every vocoder."""
    n_speech = sum(clip.is_speech for clip in clips)
    heading(f"Copy-synthesis of {len(clips)} clips ({n_speech} of speech)")
    everything: dict[str, Results] = {}
    for frontend in frontends:
        renders = {chosen.label: chosen.build() for chosen in vocoders} | references(frontend)
        everything[frontend.name] = copy_synthesis(clips, frontend, renders)
    means = "log-mel RMSE", "mel SC", "STOI", "PESQ-wb", "times as fast"
    rendered = {name: results for name, results in everything.items() if any(results.values())}
    table(
        ("front-end", "vocoder", *means, "clips won", "worst clip"),
        [(name, label, *quality_row(by, label)) for name, by in rendered.items() for label in by],
    )
    if torchaudio_is_missing():
        NOTES.add("torchaudio's InverseMelScale + GriffinLim was skipped: torch and torchaudio cannot be imported")
    NOTES.show()
    bounds(rendered, vocoders[0].label)


def references(frontend: MelFrontend) -> dict[str, Render]:
    """The cascades that others use."""
    found: dict[str, Render] = {"librosa": VOCODERS["librosa"]}
    if frontend.mel_scale != "kaldi":
        found["mel_to_audio"] = mel_to_audio
    if frontend.power == 1:
        found[OWN_POWER] = partial(mel_to_audio, power=2.0)
    if not torchaudio_is_missing():
        found["torchaudio"] = torchaudio_cascade(frontend)
    return found


def mel_to_audio(mel: MelSpectrogram, **defaults: float) -> Audio:
    """The one call: frames are taken to stand on multiples of the hop; told the mel's power, if not told another."""
    librosa = importlib.import_module("librosa")
    frontend, framing = mel.frontend, mel.frontend.framing
    signal = librosa.feature.inverse.mel_to_audio(
        mel.energy,
        hop_length=framing.hop_length,
        win_length=framing.win_length,
        **librosa_filters(frontend) | defaults,
    )
    signal = np.pad(signal[: mel.n_samples], (0, max(0, mel.n_samples - len(signal))))
    return Audio(deemphasize(signal.astype(np.float32), frontend.preemphasis), frontend.sample_rate)


@lru_cache(maxsize=1)
def torchaudio_is_missing() -> bool:
    """Whether torch or torchaudio cannot be imported."""
    try:
        importlib.import_module("torch")
        importlib.import_module("torchaudio.transforms")
    except (ImportError, OSError):  # OSError: built for another torch
        return True
    return False


def torchaudio_cascade(frontend: MelFrontend) -> Render:
    """``InverseMelScale`` and ``GriffinLim`` with 32 iterations, on the front-end's own filters and window."""
    torch, transforms = importlib.import_module("torch"), importlib.import_module("torchaudio.transforms")
    torch.set_num_threads(1)
    framing = frontend.framing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own filters, which are not used
        to_stft = transforms.InverseMelScale(framing.n_fft // 2 + 1, frontend.n_mels, frontend.sample_rate)
    to_stft.fb = torch.from_numpy(np.ascontiguousarray(frontend.filterbank().T))
    to_audio = transforms.GriffinLim(
        framing.n_fft,
        n_iter=32,
        win_length=framing.win_length,
        hop_length=framing.hop_length,
        window_fn=lambda length: torch.from_numpy(get_window(framing.window, length).astype(np.float32)),
        power=frontend.power,
    )
    # It takes frames to stand on multiples of the hop. Where they stand later, one more frame leads in.
    late = round(float(framing.center_s(0, sample_rate=1)))
    n_before = int(late > 0)

    def render(mel: MelSpectrogram) -> Audio:
        torch.manual_seed(0)
        energy = np.pad(mel.energy, ((0, 0), (n_before, 2)), mode="edge")
        with torch.no_grad():
            signal = to_audio(to_stft(torch.from_numpy(energy))).numpy()
        signal = signal[n_before * framing.hop_length - late :][: mel.n_samples]
        signal = np.pad(signal, (0, mel.n_samples - len(signal)))
        return Audio(deemphasize(signal, frontend.preemphasis), frontend.sample_rate)

    return render


def copy_synthesis(clips: Iterable[Clip], frontend: MelFrontend, renders: dict[str, Render]) -> Results:
    """Figures by vocoder and clip."""
    results: Results = {label: {} for label in renders}
    is_warm = False
    for clip, mel in mels(clips, frontend):
        if not is_warm:
            warm_up(frontend, renders)
            is_warm = True
        for label, render in renders.items():
            results[label][clip.name] = figures(clip, mel, render, label)
    return results


def warm_up(frontend: MelFrontend, renders: dict[str, Render]) -> dict[str, Render]:
    """Let every vocoder import what it needs; those that can render at all."""
    noise = np.random.default_rng(0).standard_normal(frontend.sample_rate).astype(np.float32)
    mel = frontend(Audio(0.1 * noise, frontend.sample_rate))
    return {label: render for label, render in renders.items() if attempted(render, mel, "")}


def attempted(render: Render, mel: MelSpectrogram, what: str) -> Audio | None:
    """The rendering, or None and a note (where ``what`` is named); one clip must not cost the others."""
    try:
        return render(mel)
    except (SpecAugListenError, ArithmeticError, RuntimeError, ValueError) as error:
        if what:
            NOTES.add(f"{what} failed: {' '.join(str(error).split())[:200]}")
        return None


def figures(clip: Clip, mel: MelSpectrogram, render: Render, label: str) -> Figures:
    """Time one rendering and compare it with the clip."""
    start = time.perf_counter()
    audio = attempted(render, mel, f"{mel.frontend.name}: {label} on {clip.name}")
    seconds = time.perf_counter() - start
    if audio is None:
        return Figures()
    again = mel.frontend(audio)
    stoi = pesq = np.nan
    if clip.is_speech and mel.audio is not None:
        stoi, pesq = stoi_of(mel.audio, audio), pesq_of(mel.audio, audio)
    return Figures(log_mel_rmse_db(mel, again), spectral_convergence_db(mel, again), stoi, pesq, seconds)


def stoi_of(before: Audio, after: Audio) -> float:
    """Short-time objective intelligibility; NaN where the speech is too short for it."""
    from pystoi import stoi

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(stoi(before.samples[0], after.samples[0], before.sample_rate))
        except (RuntimeWarning, ValueError):
            return np.nan


def pesq_of(before: Audio, after: Audio) -> float:
    """Wide-band PESQ at 16 kHz; NaN where it refuses the clip."""
    from pesq import PesqError, pesq

    try:
        return float(pesq(16000, *(audio.resample(16000).samples[0] for audio in (before, after)), "wb"))
    except (PesqError, ValueError):
        return np.nan


def common(results: Results, figure: str) -> dict[str, list[float]]:
    """One figure by vocoder, over the clips for which every vocoder that has any has it."""
    values = {label: {clip: getattr(f, figure) for clip, f in clips.items()} for label, clips in results.items()}
    present = [by_clip for by_clip in values.values() if np.isfinite(list(by_clip.values())).any()]
    shared = [c for c in next(iter(values.values())) if all(np.isfinite(by_clip[c]) for by_clip in present)]
    return {label: [by_clip[clip] for clip in shared] for label, by_clip in values.items()}


def quality_row(results: Results, label: str) -> list[str]:
    """Means of the figures of one vocoder."""
    row = []
    for figure, form in (("rmse", "{:.2f} dB"), ("convergence", "{:.1f} dB"), ("stoi", "{:.3f}"), ("pesq", "{:.2f}")):
        values = common(results, figure)[label]
        row.append(form.format(np.mean(values)) if values and np.isfinite(values).all() else "–")
    refused = [clip for clip, f in results[label].items() if np.isfinite(f.stoi) and not np.isfinite(f.pesq)]
    if refused:
        row[-1] += f" ({len(refused)} refused)"
    ours, theirs = results[label], results["librosa"]
    rmse = {clip: f.rmse for clip, f in ours.items() if np.isfinite(f.rmse)}
    worst = max(rmse, key=lambda clip: rmse[clip], default=None)
    times = [theirs[clip].seconds / f.seconds for clip, f in ours.items() if np.isfinite(f.rmse + theirs[clip].rmse)]
    won = clips_won(results, label) if rmse and label != "librosa" else "–"
    return [
        *row,
        f"{geometric_mean(times):.1f}" if times else "–",
        won,
        f"{worst} ({rmse[worst]:.2f} dB)" if worst else "–",
    ]


def clips_won(results: Results, label: str, baseline: str = "librosa") -> str:
    """Clips whose log-mel RMSE is below the baseline's, of all that were rendered."""
    wins = [f.rmse < results[baseline][clip].rmse for clip, f in results[label].items()]
    return f"{sum(wins)}/{len(wins)}"


def bounds(everything: dict[str, Results], label: str) -> None:
    """What the issue asks of the default, and whether it holds: against the one call, and against the lined-up one."""
    rows = []
    for name, results in everything.items():
        for baseline in (OWN_POWER, "mel_to_audio", "librosa"):
            if baseline in results:
                row = [name, baseline, *bounds_row(name, results, label, baseline)]
                rows.append([*row, against_torchaudio(results, label)] if "torchaudio" in results else row)
    heading(f"Bounds of `{label}`", level=4)
    head = ["front-end", "against", "log-mel RMSE, ratio", "PESQ-wb", "STOI", "clips won"]
    table([*head, "better than torchaudio, and no slower"] if rows and len(rows[0]) > len(head) else head, rows)
    print(
        "\n`mel_to_audio` is librosa's one call, whose sound is half a hop off where a front-end's frames stand "
        "between multiples of the hop; told that a mel sums magnitudes, or left at its own power of 2. `librosa` is "
        "its two steps, lined up with the frames and with Kaldi's filters."
    )


def bounds_row(name: str, results: Results, label: str, baseline: str) -> list[str]:
    """Figures against one baseline."""
    rmse, stoi, pesq = (common(results, figure) for figure in ("rmse", "stoi", "pesq"))
    won, n_clips = clips_won(results, label, baseline).split("/")
    ratio = mean(rmse[label]) / mean(rmse[baseline])
    gain = mean(pesq[label]) - mean(pesq[baseline])
    change = mean(stoi[label]) - mean(stoi[baseline])
    most, least = RMSE_RATIO.get(name, RMSE_RATIO_ELSE), PESQ_GAIN.get(name, PESQ_GAIN_ELSE)
    return [
        verdict(f"{ratio:.2f} (≤ {most})", ratio <= most),
        verdict(f"{gain:+.2f} (≥ +{least})", gain >= least, is_known=np.isfinite(gain)),
        verdict(f"{change:+.3f} (≥ 0)", change >= 0, is_known=np.isfinite(change)),
        verdict(f"{won}/{n_clips}", won == n_clips),
    ]


def against_torchaudio(results: Results, label: str) -> str:
    """In which of all figures torchaudio's cascade is better."""
    if not np.isfinite([f.rmse for f in results["torchaudio"].values()]).any():
        return "–"
    lost = []
    for figure, is_more_better in (("rmse", 0), ("convergence", 0), ("stoi", 1), ("pesq", 1), ("seconds", 0)):
        values = common(results, figure)
        ours, theirs = mean(values[label]), mean(values["torchaudio"])
        if (ours < theirs) if is_more_better else (ours > theirs):
            lost.append(figure)
    return verdict(f"not in {', '.join(lost)}" if lost else "in all", not lost)


# Speed


def speed(clips: Sequence[Clip], frontends: Sequence[MelFrontend], chosen: Chosen, runs: int) -> None:
    """Times against librosa, the cost of an iteration, and first use."""
    heading(f"Speed of `{chosen.label}`, one thread")
    lasting = clips_of_length(clips)
    if not lasting:
        NOTES.add("speed was not measured: no clip lasts 8 to 16 s")
        return
    rows = []
    ratios = []
    for frontend in frontends:
        renders = {chosen.label: chosen.build()} | references(frontend)
        renders.pop("mel_to_audio", None)
        n_clips, pairs = alternating(lasting, frontend, warm_up(frontend, renders), runs)
        if not pairs:
            continue
        ratio = median([pair["librosa"] / pair[chosen.label] for pair in pairs])
        ratios.append(ratio)
        times = [f"{median([pair[label] for pair in pairs]):.3f} s" if label in pairs[0] else "–" for label in renders]
        row = (frontend.name, n_clips, *times)
        rows.append((*row, verdict(f"{ratio:.1f} (≥ {SPEED_EACH:g})", ratio >= SPEED_EACH)))
    names = [chosen.label, "librosa"] + ([] if torchaudio_is_missing() else ["torchaudio"])
    table(("front-end", "clips of 8–16 s", *names, "times as fast as librosa"), rows)
    overall = geometric_mean(ratios)
    print(f"\nGeometric mean: {verdict(f'{overall:.1f} (≥ {SPEED_MEAN:g})', overall >= SPEED_MEAN)}")
    heading("One iteration against the bare real FFTs of its frames", level=4)
    iterations(lasting, frontends, chosen, runs)
    heading("First use and loading, fresh processes", level=4)
    first_use(lasting[0], frontends, chosen, runs)


def clips_of_length(clips: Iterable[Clip]) -> list[Clip]:
    """Those of 8 to 16 s."""
    shortest, longest = SPEED_RANGE_S
    return [clip for clip in clips if shortest <= clip.read(2 * longest).duration_s <= longest]


def alternating(
    clips: Iterable[Clip], frontend: MelFrontend, renders: dict[str, Render], runs: int
) -> tuple[int, list[dict[str, float]]]:
    """How many clips, and the seconds of every vocoder in each of the alternating runs."""
    n_clips, rounds = 0, []
    for _, mel in mels(clips, frontend, duration_s=None):
        n_clips += 1
        rounds += [{label: seconds_of(render, mel) for label, render in renders.items()} for _ in range(runs)]
    return n_clips, rounds


def seconds_of(function: Callable[..., Any], *arguments: Any) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def iterations(clips: Sequence[Clip], frontends: Sequence[MelFrontend], chosen: Chosen, runs: int) -> None:
    """Time of an iteration, from runs of few and of many, against the transforms alone."""
    rows = []
    for frontend in frontends:
        for clip, mel in mels(clips[:1], frontend, duration_s=None):
            ours, bare = iteration_seconds(mel, chosen, runs)
            n_frames, ratio = mel.n_frames, ours / bare
            times = f"{1e3 * ours:.2f} ms", f"{1e3 * bare:.2f} ms"
            passed = verdict(f"{ratio:.2f} (≤ {ITERATION_RATIO})", ratio <= ITERATION_RATIO)
            rows.append((frontend.name, clip.name, n_frames, frontend.n_fft, *times, passed))
    table(("front-end", "clip", "frames", "n_fft", "one iteration", "rfft + irfft", "ratio"), rows)


def iteration_seconds(mel: MelSpectrogram, chosen: Chosen, runs: int) -> tuple[float, float]:
    """Medians of the seconds of one iteration and of the bare transforms, over alternating runs."""
    few, many = chosen.build(n_iter=FEW_ITERATIONS), chosen.build(n_iter=MANY_ITERATIONS)
    n_fft, n = mel.frontend.n_fft, MANY_ITERATIONS - FEW_ITERATIONS
    frames = np.random.default_rng(0).standard_normal((mel.n_frames, n_fft), dtype=np.float32)

    def bare() -> None:
        for _ in range(n):
            scipy.fft.irfft(scipy.fft.rfft(frames, workers=1), n_fft, workers=1)

    few(mel), bare()
    rounds = [(seconds_of(few, mel), seconds_of(many, mel), seconds_of(bare)) for _ in range(max(runs, 7))]
    return median([(m - f) / n for f, m, _ in rounds]), median([b / n for _, _, b in rounds])


def first_use(clip: Clip, frontends: Sequence[MelFrontend], chosen: Chosen, runs: int) -> None:
    """Import and first call less a second call."""
    rows = []
    for frontend in frontends:
        fresh = [fresh_process(clip, frontend, chosen) for _ in range(runs)]
        package, call = median([run.package for run in fresh]), median([run.beyond_second for run in fresh])
        rows.append(
            (
                frontend.name,
                f"{package:.3f} s",
                f"{call:.3f} s",
                verdict(f"{package + call:.3f} s (< {LOADING_S})", package + call < LOADING_S),
                f"{median([run.total for run in fresh]):.3f} s",
            )
        )
    table(("front-end", "the package", "first call", "together", "with libraries"), rows)
    print(
        "\nFirst calls are on 1 s of sound, less a second call. The libraries are NumPy, SciPy's FFT (more than half "
        "of their time), pydantic and soundfile."
    )


class FirstUse(NamedTuple):
    """Seconds of importing, and of the first call beyond those of the second."""

    libraries: float
    package: float
    beyond_second: float

    @property
    def total(self) -> float:
        """All that a first call waits for."""
        return self.libraries + self.package + self.beyond_second


def fresh_process(clip: Clip, frontend: MelFrontend, chosen: Chosen) -> FirstUse:
    """Import the vocoder and call it twice."""
    arguments = frontend.name, str(clip.path), chosen.name, json.dumps(chosen.fields)
    output = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FIRST_USE, *arguments], capture_output=True, text=True, check=False
    )
    if output.returncode != 0:
        sys.exit(f"a fresh process failed:\n{output.stderr}")
    libraries, package, first, second = json.loads(output.stdout)
    return FirstUse(libraries, package, first - second)


# FFT backends


def fft_backends(clips: Sequence[Clip], frontends: Sequence[MelFrontend], chosen: Chosen, runs: int) -> None:
    """Cost of an iteration under every backend of ``scipy.fft`` there is, and how far the sound differs."""
    heading(f"FFT backends under `{chosen.label}`")
    lasting = clips_of_length(clips)
    if not lasting:
        NOTES.add("FFT backends were not measured: no clip lasts 8 to 16 s")
        return
    rows = []
    for frontend in frontends:
        for _, mel in mels(lasting[:1], frontend, duration_s=None):
            plain = chosen.build()(mel)
            for name, backend in installed_backends().items():
                with backend():
                    difference = difference_db(plain, chosen.build()(mel))
                    ours, bare = iteration_seconds(mel, chosen, runs)
                times = f"{1e3 * ours:.2f} ms", f"{1e3 * bare:.2f} ms"
                rows.append((frontend.name, name, *times, f"{ours / bare:.2f}", difference))
    table(("front-end", "backend", "one iteration", "rfft + irfft", "ratio", "difference to SciPy's"), rows)


def installed_backends() -> dict[str, Callable[[], AbstractContextManager[Any]]]:
    """SciPy's own, and those of `FFT_BACKENDS` that can be imported."""
    found: dict[str, Callable[[], AbstractContextManager[Any]]] = {"SciPy": nullcontext}
    for name, module in FFT_BACKENDS.items():
        try:
            backend = importlib.import_module(module)
        except ImportError:
            NOTES.add(f"{name} was skipped: not installed")
        else:
            found[name] = lambda backend=backend: scipy.fft.set_backend(backend)
    return found


def difference_db(before: Audio, after: Audio) -> str:
    """Level of the difference relative to the signal."""
    power = np.sum(np.square(after.samples - before.samples, dtype=np.float64))
    ratio = power / max(np.sum(np.square(before.samples, dtype=np.float64)), 1e-30)
    return f"{10 * np.log10(ratio):.0f} dB" if ratio > 0 else "none"


# Masked mels


def masks(clips: Sequence[Clip], frontends: Sequence[MelFrontend], chosen: Chosen, n_seeds: int) -> None:
    """LD draws under every fill: the mel of the rendering against the augmented mel.

    What can be asked of which cell is said in `_masked`. Beside the cells beyond every mask stand the very same cells
    of the copy-synthesis: a mask that rings would show as a difference.
    """
    heading(f"LD masks through `{chosen.label}`: {len(clips)} clips, {n_seeds} draws each")
    rows = []
    for frontend in frontends:
        render = chosen.build()
        by_fill: dict[str | float, list[tuple[Met, float]]] = {fill: [] for fill in FILLS}
        for clip, mel in mels(clips, frontend, MAX_MASKED_CLIP_S):
            plain = frontend(render(mel))
            for fill in FILLS:
                by_fill[fill] += masked_renderings(clip, mel, plain, fill, render, n_seeds)
        rows += [(frontend.name, fill, *masks_row(measured)) for fill, measured in by_fill.items() if measured]
    cells = "log-mel RMSE, masked", "within", "unmasked", "beyond", "beyond, no mask"
    levels = "masks", "level error, all cells", "≤ 1 dB", "level error, within", "≤ 1 dB", "worst"
    table(("front-end", "fill", *cells, *levels), rows)
    print(
        f"\nCells and levels more than {RANGE_DB:g} dB below the augmented mel's loudest cell count as that far below. "
        "*Within* are masked cells that hear nothing of what is beside their mask, *beyond* are unmasked cells that "
        "hear nothing of any mask. Level errors are of the mean power over the cells of each mask; their means are of "
        "absolute values. Each cell of noise shares its power with those beside it: its level is that of all cells."
    )
    heading("One mask at the floor: what any signal can reach", level=4)
    reachable(clips, frontends, chosen)


def masks_row(measured: Sequence[tuple[Met, float]]) -> tuple[str, ...]:
    """Means over the draws under one fill."""
    figures = [[found.inside, found.within, found.outside, found.beyond, plain] for found, plain in measured]
    everywhere = np.array([level for found, _ in measured for level in found.levels])
    within = np.array([level for found, _ in measured for level in found.levels_within])
    return (
        *(f"{mean_of_known(column):.2f} dB" for column in zip(*figures, strict=True)),
        str(len(everywhere)),
        f"{np.abs(everywhere).mean():.2f} dB",
        f"{(np.abs(everywhere) <= 1).mean():.0%}",
        f"{np.abs(within).mean():.2f} dB",
        f"{(np.abs(within) <= 1).mean():.0%}",
        f"{within[np.abs(within).argmax()]:+.2f} dB",
    )


def masked_renderings(
    clip: Clip, mel: MelSpectrogram, plain: MelSpectrogram, fill: str | float, render: Render, n_seeds: int
) -> Iterator[tuple[Met, float]]:
    """Draw, render and measure, once for each seed; with the copy-synthesis's error over the cells beyond."""
    policy = LD.with_fill(fill)  # type: ignore[arg-type]
    for seed in range(n_seeds):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            draw = policy.draw(mel, rng=seed)
        # A warp moves the cells and leaves none to compare.
        draw = replace(draw, steps=tuple(step for step in draw.steps if not isinstance(step, WarpPath)))
        augmented = draw.apply(mel)
        audio = attempted(render, augmented, f"{mel.frontend.name}: {clip.name}, fill {fill}, seed {seed}")
        found = None if audio is None else met(augmented, mel.frontend(audio), draw)
        if found is not None:
            cells, floor = beyond(augmented, draw), audible(augmented)
            yield found, rmse_db(mel.power[cells], plain.power[cells], floor)


def reachable(clips: Sequence[Clip], frontends: Sequence[MelFrontend], chosen: Chosen) -> None:
    """A single mask at the floor: the vocoder, with many iterations, and the clip with the mask cut out."""
    many = f"{REACHABLE_ITERATIONS} iterations"
    renders = {chosen.label: chosen.build(), many: chosen.build(n_iter=REACHABLE_ITERATIONS)}
    rows = []
    for frontend in frontends:
        by_case: dict[tuple[str, str], list[Met]] = {}
        for _, mel in mels(clips[:REACHABLE_CLIPS], frontend, REACHABLE_S):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                draw = LD.with_fill("floor").draw(mel, rng=3)
            for mask in masks_of(draw):
                alone = single(draw, mask)
                augmented = alone.apply(mel)
                signals = {label: render(augmented) for label, render in renders.items()} | {"cut": cut(mel, mask)}
                for label, audio in signals.items():
                    found = met(augmented, frontend(audio), alone)
                    by_case.setdefault((mask.kind, label), []).extend([found] if found else [])
        for (kind, label), found in sorted(by_case.items()):
            figures = ([m.inside for m in found], [m.within for m in found], [m.outside for m in found])
            levels = [level for m in found for level in m.levels]
            errors = (f"{mean_of_known(column):.2f} dB" for column in figures)
            rows.append((frontend.name, kind.replace("_", " "), label, *errors, f"{mean(levels):+.2f} dB"))
    table(("front-end", "mask", "signal", "log-mel RMSE, masked", "within", "unmasked", "level, all cells"), rows)
    print(
        "\n*Cut* is the clip itself without the mask's band (a brick wall over the whole clip) or its samples: as near "
        "to the floor as a signal comes that keeps what is beside the mask."
    )


def mean_of_known(values: Sequence[float]) -> float:
    """Arithmetic mean of what is no NaN."""
    return mean([value for value in values if np.isfinite(value)])


# Printing


def heading(text: str, level: int = 3) -> None:
    """A heading and an empty line."""
    print(f"\n{'#' * level} {text}\n")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A Markdown table."""
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def verdict(text: str, passed: bool, *, is_known: bool = True) -> str:
    """A figure with its bound, and whether it holds."""
    return f"{text} {'pass' if passed else '**FAIL**'}" if is_known else "–"


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    return float(np.mean(values)) if len(values) else np.nan


def geometric_mean(values: Sequence[float]) -> float:
    """Geometric mean; NaN of nothing."""
    return float(np.exp(np.mean(np.log(values)))) if len(values) else np.nan


if __name__ == "__main__":
    main()
