"""Hear and see what SpecAugment does to your training data.

The names below are loaded when they are first used, so importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

# name -> module
_MODULES = {
    "Audio": "audio",
    "load": "audio",
    "save": "audio",
    "Draw": "augment",
    "Policy": "augment",
    "get_policy": "frameworks",
    "read_policy": "frameworks",
    "MelFrontend": "frontends",
    "MelSpectrogram": "frontends",
    "get_frontend": "frontends",
    "read_frontend": "frontends",
    "Vocoder": "vocoders",
    "get_vocoder": "vocoders",
    "Audition": "auditions",
    "RenderedDraw": "auditions",
    "audition": "auditions",
    "replay": "replays",
    "Check": "checks",
    "check": "checks",
    "score": "metrics",
    "plot_audition": "plots",
    "plot_difference": "plots",
    "plot_mel": "plots",
    "plot_sweep": "plots",
    "Sweep": "sweeps",
    "sweep": "sweeps",
    "show_policy": "frameworks",
    "write_report": "reports.report",
    "SpecAugListenError": "errors",
    "SpecAugListenWarning": "errors",
}
# earlier name -> name
_EARLIER_NAMES = {"Reconstruction": "RenderedDraw"}
_PACKAGES = ("augment", "custom", "errors", "frameworks", "frontends", "plots", "vocoders")

__all__ = [
    "Audio",
    "Audition",
    "Check",
    "Draw",
    "MelFrontend",
    "MelSpectrogram",
    "Policy",
    "RenderedDraw",
    "SpecAugListenError",
    "SpecAugListenWarning",
    "Sweep",
    "Vocoder",
    "__version__",
    "audition",
    "augment",
    "check",
    "custom",
    "errors",
    "frameworks",
    "frontends",
    "get_frontend",
    "get_policy",
    "get_vocoder",
    "load",
    "plot_audition",
    "plot_difference",
    "plot_mel",
    "plot_sweep",
    "plots",
    "read_frontend",
    "read_policy",
    "replay",
    "save",
    "score",
    "show_policy",
    "sweep",
    "vocoders",
    "write_report",
]

if TYPE_CHECKING:
    from . import augment, custom, errors, frameworks, frontends, plots, vocoders
    from .audio import Audio, load, save
    from .auditions import Audition, RenderedDraw, audition
    from .augment import Draw, Policy
    from .checks import Check, check
    from .errors import SpecAugListenError, SpecAugListenWarning
    from .frameworks import get_policy, read_policy, show_policy
    from .frontends import MelFrontend, MelSpectrogram, get_frontend, read_frontend
    from .metrics import score
    from .plots import plot_audition, plot_difference, plot_mel, plot_sweep
    from .replays import replay
    from .reports.report import write_report
    from .sweeps import Sweep, sweep
    from .vocoders import Vocoder, get_vocoder


def __getattr__(name: str) -> Any:
    if name in _EARLIER_NAMES:
        value = __getattr__(_EARLIER_NAMES[name])
    elif name in _MODULES:
        value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    elif name in _PACKAGES:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
