"""A run in words, and the command and Python code that repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .._files import printable
from .._imports import require
from .._records import to_plain
from .._yaml import scalar_text
from ..auditions.records import Configuration, CustomVocoder, vocoder_name
from ..augment import Policy
from ..augment.describe import in_words
from ..frameworks.frontend_choice import reason_in_words
from ..frameworks.policies import recipe_behind
from ..frameworks.registry import spelling
from ..frontends import PRESETS, GlobalStatistics, MelFrontend
from ..pages.page_values import RerunCode
from ..vocoders import Neural, to_spec

__all__ = ["describe_run", "is_on_own_frontends", "rerun_code", "rerun_code_of_sweep"]


def describe_run(run: Configuration, versions: dict[str, str]) -> tuple[str, ...]:
    """Describe a run, one line for each part."""
    lines = [*_words_of_policy(run.policy), _words_of_frontend(run)]
    if run.waveform is not None:
        lines.append(
            f"before the mel: {', '.join(transform.name for transform in run.waveform.transforms)} on the waveform"
        )
    if run.channel != "mean":
        counted = (
            f"channel {run.channel}, counted from 1" if isinstance(run.channel, int) else f"the {run.channel} channel"
        )
        lines.append(f"heard of each recording: {'each channel by itself' if run.channel == 'each' else counted}")
    lines.append(f"vocoder {vocoder_name(run.vocoder)}, seed {run.seed}, {run.draws} of each clip")
    lines.append(", ".join(f"{name} {version}" for name, version in versions.items()))
    return tuple(printable(line) for line in lines)


def is_on_own_frontends(run: Configuration, varied: Iterable[str]) -> bool:
    """Whether a sweep over these keys uses each policy's own front-end, because the user named none."""
    return run.frontend_reason not in ("named", None) and not {"policy", "framework"}.isdisjoint(varied)


def _words_of_policy(policy: Policy) -> list[str]:
    probability = f", applied with a probability of {policy.probability:g}" if policy.probability < 1 else ""
    lines = [f"policy {policy.name}, by the rules of {spelling(policy.framework)}{probability}"]
    if policy.batch:
        padded = f" padded to {policy.batch.n_frames} frames" if policy.batch.n_frames else ""
        lines.append(f"each clip drawn as one of a batch of {policy.batch.size}{padded}")
    return lines + (
        [f"{i}. {in_words(transform)}" for i, transform in enumerate(policy.transforms, 1)] or ["no transform"]
    )


def _words_of_frontend(run: Configuration) -> str:
    f, why = run.frontend, reason_in_words(run.frontend_reason, run.policy)
    return (
        f"front-end {f.name}: {f.n_mels} {f.mel_scale} bins at {f.sample_rate} Hz, n_fft {f.n_fft}, hop {f.hop_length}"
        + (f"; {why}" if why else "")
    )


def rerun_code(run: Configuration, paths: Sequence[str | None], name: str = "", *, is_mel: bool = False) -> RerunCode:
    """Return the command and the Python code that repeat a run, and the files that they need.

    Parameters
    ----------
    run : Configuration
    paths : sequence of str or None
        Of the clips; None for one in memory.
    name : str
        Of the run, if there are several.
    is_mel : bool
        Whether the clips are mels without audio.
    """
    files: list[tuple[str, str]] = []
    known_paths = list(dict.fromkeys(path for path in paths if path is not None)) or [
        "MEL.npy" if is_mel else "CLIP.wav"
    ]
    policy, frontend = _policy(run.policy, files), _frontend(run.frontend, files)
    options = ["--frontend", frontend, "--policy", policy]
    if run.waveform is not None:
        _write(
            "waveform.yaml",
            [{transform.name: to_plain(transform.parameters)} for transform in run.waveform.transforms],
            files,
        )
        options += ["--waveform", "waveform.yaml"]
    options += ["--draws", str(run.draws), "--seed", str(run.seed)]
    options += ["--original-phase"] if run.original_phase else []
    options += _span_options(run)
    options += _mel_options(run, files)
    options += _channel_options(run)
    options += ["--wav-channels", run.channels] if run.channels != "mono" else []
    command = _command(known_paths, options, run)
    python = _python(known_paths, run, policy, frontend, is_mel=is_mel)
    return RerunCode(command, python, name, tuple(files))


def _mel_options(run: Configuration, files: list[tuple[str, str]]) -> list[str]:
    options = ["--axes", run.axes] if run.axes else []
    if isinstance(run.statistics, GlobalStatistics):
        mean, std = run.statistics.mean, run.statistics.std
        plain = isinstance(mean, float) and isinstance(std, float)
        value = f"mean={mean!r},std={std!r}" if plain else _write("stats.yaml", to_plain(run.statistics), files)
        return [*options, "--stats", value]
    return [*options, "--stats", run.statistics] if run.statistics else options


def rerun_code_of_sweep(
    run: Configuration, paths: Sequence[str], axes: Sequence[tuple[str, Sequence[Any]]]
) -> RerunCode:
    """Return the command and the Python code that repeat a sweep, and the files that they need.

    ``paths`` are those of the clips; none for one in memory.
    """
    files: list[tuple[str, str]] = []
    policy, frontend = _policy(run.policy, files), _frontend(run.frontend, files)
    clips = list(dict.fromkeys(paths)) or ["CLIP.wav"]
    vary = [part for key, values in axes for part in ("--vary", f"{key}={','.join(map(scalar_text, values))}")]
    options = ["--policy", policy, "--draws", str(run.draws), "--seed", str(run.seed)]
    # Without --frontend, each policy is heard on its own.
    is_own = is_on_own_frontends(run, (key for key, _ in axes))
    options = options if is_own else ["--frontend", frontend, *options]
    options += _span_options(run) + _channel_options(run)
    vocoder = _vocoder_option(run)
    command = f"specaug-listen sweep {shlex.join([*clips, *vary, '-o', 'OUT', *options])}"
    command += f" --vocoder {shlex.quote(vocoder)}" if vocoder else ""
    on = "" if is_own else f", frontend={frontend!r}"
    loads = [f"sl.load({clip!r}{_span(run)})" for clip in clips]
    lines = [
        *_imports(run),
        f"clip = {loads[0]}" if len(loads) == 1 else "clip = [\n    " + ",\n    ".join(loads) + ",\n]",
        f"vary = { ({key: list(values) for key, values in axes})!r}",
        f"result = sl.sweep(clip, vary=vary{on}, policy={policy!r}, vocoder={_vocoder(run)}, "
        f"draws={run.draws}, rng={run.seed})",
        'result.save("OUT")',
    ]
    return RerunCode(command, "\n".join(lines), files=tuple(files))


def _command(paths: Sequence[str], options: list[str], run: Configuration) -> str:
    vocoder = _vocoder_option(run)
    if vocoder is None:
        return f"# the command line has no way to {vocoder_name(run.vocoder)}; see the Python below"
    quoted_paths = " ".join(shlex.quote(path) for path in paths)
    return f"specaug-listen audition {quoted_paths} -o OUT {shlex.join([*options, '--vocoder', vocoder])}"


def _vocoder_option(run: Configuration) -> str | None:
    """Return the vocoder's name on the command line; None if it has none."""
    return None if isinstance(run.vocoder, (CustomVocoder, Neural)) else to_spec(run.vocoder)


def _python(paths: Sequence[str], run: Configuration, policy: str, frontend: str, *, is_mel: bool) -> str:
    arguments = f"policy={policy!r}, vocoder={_vocoder(run)}, draws={run.draws}, rng={run.seed}"
    indent, channels = "    ", ""
    if not is_mel:
        waveform = "" if run.waveform is None else ', waveform="waveform.yaml"'
        phase = ", original_phase=True" if run.original_phase else ""
        arguments = f"frontend={frontend!r}, {arguments}{waveform}{phase}"
        indent += "    " * (run.channel == "each")
        channels = f', channels="{run.channels}"' if run.channels != "mono" else ""
    lines = [
        *(_mel_loop(paths, run, frontend) if is_mel else _audio_loop(paths, run)),
        f"{indent}result = sl.audition(clip, {arguments})",
        f'{indent}result.save("OUT"{channels})',
        f"{indent}auditions.append(result)",
        'sl.write_report(auditions, "OUT/report.html")',
    ]
    return "\n".join(lines)


def _mel_loop(paths: Sequence[str], run: Configuration, frontend: str) -> list[str]:
    """Return the code that reads clips that are mels, of which each file may hold several."""
    statistics = "None"
    if isinstance(run.statistics, GlobalStatistics):
        statistics = f"({run.statistics.mean!r}, {run.statistics.std!r})"
    elif run.statistics:
        statistics = repr(run.statistics)
    span = _span(run) + (f", axes={run.axes!r}" if run.axes else "")
    return [
        *_imports(run, "frontends", "mels"),
        f"ready = frontends.mel_format(frontends.get_frontend({frontend!r}), {statistics})",
        f"files, problems = mels.find_mels({list(paths)!r})",
        "auditions = []",
        "for file in files:",
        f"    clip = mels.clip_of_file(file, ready{span})",
    ]


def _audio_loop(paths: Sequence[str], run: Configuration) -> list[str]:
    """Return the code that reads clips, or each of their channels."""
    head = [*_imports(run), "auditions = []", f"for path in {list(paths)!r}:"]
    if run.channel != "each":
        return [*head, f"    clip = sl.load(path{_span(run)})"]
    return [
        *head,
        f"    whole = sl.load(path{_span(replace(run, channel='mean'))})",
        "    for channel in range(1, whole.n_channels + 1):",
        "        clip = whole.select(channel)",
    ]


def _channel_options(run: Configuration) -> list[str]:
    # Also if it comes from the configuration's channel_selector.
    return ["--channel", str(run.channel)] if run.channel != "mean" else []


def _imports(run: Configuration, *packages: str) -> list[str]:
    names = [*packages, *(["vocoders"] if isinstance(run.vocoder, Neural) else [])]
    return ["import specaug_listen as sl", *([f"from specaug_listen import {', '.join(names)}"] if names else []), ""]


def _span_options(run: Configuration) -> list[str]:
    options = ["--start", repr(run.start_s)] if run.start_s else []
    options += ["--strict"] if run.strict else []
    return options + (["--duration", repr(run.duration_s)] if run.duration_s is not None else [])


def _span(run: Configuration) -> str:
    span = f", start_s={run.start_s!r}" if run.start_s else ""
    span += f", duration_s={run.duration_s!r}" if run.duration_s is not None else ""
    span += ", strict=True" if run.strict else ""
    return span + (f", channel={run.channel!r}" if run.channel != "mean" else "")


def _vocoder(run: Configuration) -> str:
    option = _vocoder_option(run)
    if option is not None:
        return repr(option)
    if isinstance(run.vocoder, CustomVocoder):
        return f"...  # {run.vocoder.description}, of your own\n        "
    fields = {key: value for key, value in to_plain(run.vocoder).items() if key != "kind"}
    return f"vocoders.{type(run.vocoder).__name__}({', '.join(f'{key}={value!r}' for key, value in fields.items())})"


def _policy(policy: Policy, files: list[tuple[str, str]]) -> str:
    if policy.callables:
        return policy.callables[0].call
    if recipe_behind(policy) is not None:
        return policy.name
    plain = to_plain(policy)
    plain["transforms"] = [{transform.pop("kind"): transform} for transform in plain["transforms"]]
    # The front-end is a separate option.
    without = ("frontend", "frontend_error", "channel", "channel_key")
    return _write("policy.yaml", {k: v for k, v in plain.items() if v is not None and k not in without}, files)


def _frontend(frontend: MelFrontend, files: list[tuple[str, str]]) -> str:
    if PRESETS.get(frontend.name) == frontend:
        return frontend.name
    return _write("frontend.yaml", to_plain(frontend), files)


def _write(name: str, data: Any, files: list[tuple[str, str]]) -> str:
    yaml = require("yaml", purpose="policy files")
    files.append((name, yaml.safe_dump(data, sort_keys=False, allow_unicode=True)))
    return name
