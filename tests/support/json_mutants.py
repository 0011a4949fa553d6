"""Every value of a JSON file replaced by each of many others, one at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

__all__ = ["mutants", "places"]

DELETED = object()
VALUES = {
    "null": None, "empty text": "", "0": 0, "-1": -1, "nan": float("nan"), "inf": float("inf"), "1e308": 1e308,
    "-1e30": -1e30, "2^70": 2**70, "1e15": 10**15, "0.5": 0.5, "true": True, "long text": "x" * 50_000,
    "text": "a\n\x00</script><b>", "lone surrogate": "\ud800", "list": [], "mapping": {}, "list of many": [1] * 3000,
    "texts": ["a"] * 3000, "nested": {"a": {"b": [None, "c"]}}, "deleted": DELETED,
}  # fmt: skip


def places(data: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every value within, mappings and lists included, the way to it."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*here, key)
        yield from places(value, (*here, key))


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """Name and JSON of each mutant; keys that nobody knows, and entries that stand twice, are among them."""
    data = json.loads(text)
    for place in places(data):
        for name, value in VALUES.items():
            made = copy.deepcopy(data)
            inside = made
            for key in place[:-1]:
                inside = inside[key]
            if value is DELETED:
                del inside[place[-1]]
            else:
                inside[place[-1]] = value
            yield f"{'.'.join(map(str, place))}: {name}", json.dumps(made)
        if isinstance(place[-1], int):
            inside = made = copy.deepcopy(data)
            for key in place[:-1]:
                inside = inside[key]
            inside.append(inside[place[-1]])
            yield f"{'.'.join(map(str, place))}: twice", json.dumps(made)
    yield "unknown key", json.dumps({**data, "unknown": 1})
