"""NeMo's ``channel_selector``: which channel of a recording its datasets take.

NeMo counts from 0; ``null`` takes the file as it is, a list several channels at once (NeMo,
``asr/parts/preprocessing/segment.py``, ``select_channels``).
"""

from __future__ import annotations

from typing import Any

from ...audio.channels import OneChannel
from .config import Section
from .fields import Kind

__all__ = ["read_channel"]

_KEY = "channel_selector"
# SpecAugment is for training, so what training takes comes first.
_DATASETS = ("train_ds", "validation_ds", "test_ds")
_ANYTHING = Kind("a number that counts from 0, a list of one, average, or null", lambda value: True)


def read_channel(root: Section, model: Section) -> tuple[OneChannel | None, str]:
    """The channel that a configuration's datasets take, counted from 1, and where it stands; None where none says so.

    What cannot be heard as one channel is noted.
    """
    found = [section for section in _sections(root, model) if section.get(_KEY, _ANYTHING) is not None]
    if not found:
        return None, ""
    first, *others = found
    key = _line(first)
    for other in others:
        if other.get(_KEY, _ANYTHING) != first.get(_KEY, _ANYTHING):
            first.note(f"{_line(other)} differs from {key}, which is meant")
    channel = _channel(first.get(_KEY, _ANYTHING))
    if channel is None:
        first.note(
            f"{key} is not one channel to be heard; allowed is {_ANYTHING.allowed}; the "
            "mean of all is heard, choose with --channel"
        )
        return None, ""
    return channel, key


def _line(section: Section) -> str:
    written = section.get(_KEY, _ANYTHING)
    written = list(written) if isinstance(written, tuple) else written
    return f"{section.where}{_KEY}: {written!s:.60}"


def _sections(root: Section, model: Section) -> list[Section]:
    places = [model] if model.where == root.where else [model, root]
    below = [place.section(key) for key in _DATASETS for place in places if isinstance(place.data.get(key), dict)]
    datasets = [section for section in below if section is not None]
    training = [section for section in datasets if section.where.endswith("train_ds.")]
    return [*training, *places, *(section for section in datasets if section not in training)]


def _channel(written: Any) -> OneChannel | None:
    if isinstance(written, list | tuple) and len(written) == 1:
        (written,) = written
    if written == "average":
        return "mean"
    is_number = isinstance(written, int) and not isinstance(written, bool) and written >= 0
    return written + 1 if is_number else None
