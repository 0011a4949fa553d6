"""Reading YAML that a stranger may have written: no tags, no aliases, no endless files."""

from __future__ import annotations

import os
from typing import Any

import yaml

from .errors import PolicyError

__all__ = ["read_mapping"]

_MAX_BYTES = 1 << 20


def read_mapping(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Read a YAML (or JSON) file that holds one mapping.

    Raises
    ------
    PolicyError
        When the file is missing, unreadable, over 1 MiB, no YAML, no mapping, or uses tags or aliases.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError(f"{name}: the {what} file cannot be read ({error.strerror})") from None
    if len(raw) > _MAX_BYTES:
        raise PolicyError(f"{name}: more than {_MAX_BYTES} bytes; a {what} file is a short YAML mapping")
    try:
        data = yaml.load(raw.decode("utf-8"), Loader=_PlainLoader)
    except UnicodeDecodeError:
        raise PolicyError(f"{name}: not a text file in UTF-8; a {what} file is a YAML mapping") from None
    except RecursionError:
        raise PolicyError(f"{name}: nested too deeply; a {what} file is a flat YAML mapping") from None
    except (yaml.YAMLError, ValueError) as error:
        raise PolicyError(f"{name}: not valid YAML ({_one_line(error)})") from None
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise PolicyError(f"{name}: holds {_kind(data)}; a {what} file is a YAML mapping of names to values")
    return data


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML without aliases, which can blow a short text up to gigabytes, and without repeated keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(
                None,
                None,
                f"the alias '*{event.anchor}' is not allowed; write the value out",
                event.start_mark,
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _one_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f", line {mark.line + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or error}{place}".replace("\n", " ")


def _kind(data: Any) -> str:
    if data is None:
        return "nothing"
    if isinstance(data, dict):
        return "a mapping with keys that are not text"
    return "a list" if isinstance(data, list) else repr(data)[:60]
