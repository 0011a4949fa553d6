"""A linter for augmentation pipelines: callables, modules and policies, over many draws and clips."""

from .checker import Check, check
from .clips import speech_like
from .findings import FINDINGS, CheckReport, Finding

__all__ = ["FINDINGS", "Check", "CheckReport", "Finding", "check", "speech_like"]
