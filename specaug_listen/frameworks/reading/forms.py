"""What a file seems to be that is no configuration: a program, options of a command line, a page, weights."""

from __future__ import annotations

import os
import re

from .arguments import owners

__all__ = ["form_of"]

_PYTHON = re.compile(r"^(?:import \w|from [\w.]+ import |def \w+\(|class \w+[(:]|@\w+|if __name__ ==)", re.M)
_SHELL = re.compile(r"^#!.*\b(?:ba|z|k|da)?sh\b|^(?:\. \./|set -\w|export \w+=|source \S)", re.M)
_OPTION = re.compile(r"--?[A-Za-z][\w\-]*(?:[= ].*)?")
_ICEFALL = re.compile(r"--(?:enable-spec-aug|spec-aug-time-warp-factor)\b")
_DEEPSPEECH = re.compile(r"--augment\s+(?:frequency_mask|time_mask|warp)\[")
_TABLE = re.compile(r"\[{1,2}[\w.\-\" ]+\]{1,2}")
_PAGE = re.compile(r"\s*<(?:!doctype|html|\?xml)", re.I)
_CALL = re.compile(
    r"\b(?:SpecAugment|SpectrogramAugmentation|SpecAug|SpectrogramDrop|FrequencyMasking|TimeMasking)\s*\(([^)]{0,2000})\)"
)
_ARGUMENT = re.compile(r"\b(\w+)\s*=[^=]")


def form_of(text: str | None, path: str | os.PathLike[str]) -> str:
    r"""What a file seems to be, and what to give in its place, as the tail of a message; empty where nobody knows.

    Parameters
    ----------
    text : str or None
        None where it is no text.
    path : str or path-like

    Examples
    --------
    >>> form_of("--sample-frequency=16000\n--num-mel-bins=40\n", "fbank.conf")
    "looks like options of Kaldi's or another command line, which set no masks that are known here"
    """
    name = os.fspath(path).lower()
    if text is None:
        return "looks like weights, without a configuration in it" if name.endswith((".pt", ".bin", ".ckpt")) else ""
    if name.endswith(".py") or _PYTHON.search(text):
        return _of_python(text)
    if name.endswith((".sh", ".bash")) or _SHELL.search(text):
        return "looks like a shell script, which is never run; give the configuration that it trains with"
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if any(_ICEFALL.search(line) for line in lines):
        return (
            "looks like options of an icefall recipe, which set no more than the warp of its masks; give --policy "
            "icefall, with --set W=N for another --spec-aug-time-warp-factor"
        )
    if any(line.startswith("spec-augment-layer ") for line in lines):
        return (
            "looks like a network of Kaldi's (xconfig) with a spec-augment-layer, whose masks are shares of bins and "
            "frames, and cannot be read yet"
        )
    if any(_DEEPSPEECH.search(line) for line in lines):
        return "looks like options of DeepSpeech or Coqui STT, whose masks cannot be read yet"
    if lines and _TABLE.fullmatch(lines[0]) and all(_TABLE.fullmatch(line) or "=" in line for line in lines[:5]):
        return "looks like TOML or INI, which is not read; write the same as YAML, one `name: value` a line"
    if lines and all(_OPTION.fullmatch(line) and line.startswith("-") and not line.startswith("- ") for line in lines):
        return "looks like options of Kaldi's or another command line, which set no masks that are known here"
    if _PAGE.match(text):
        return "looks like a page of the web; save the file itself (on GitHub: Raw)"
    return ""


def _of_python(text: str) -> str:
    """Python is never run; where it makes a known SpecAugment, its arguments can be written as YAML."""
    said = "looks like Python, which is never run"
    for inside in _CALL.findall(text):
        known = owners(_ARGUMENT.findall(inside))
        if known:
            return (
                f"{said}; it makes a SpecAugment that looks like {known[0]}'s: write its arguments as YAML, one `name: "
                "value` a line, and give that"
            )
    return f"{said}; a callable in it is given as FILE.py:NAME"
