"""A linter for augmentation pipelines: callables, modules and policies, over many draws and clips."""

from .findings import FINDINGS, CheckReport, Finding
from .running import Check, check
from .signals import speech_like

__all__ = ["FINDINGS", "Check", "CheckReport", "Finding", "check", "speech_like"]
