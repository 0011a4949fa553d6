"""A YAML loader without what short mappings do not need."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["YAMLError", "load"]


def load(text: str) -> Any:
    """Read one YAML document.

    Raises
    ------
    YAMLError
        Also for tags, aliases, and repeated or odd keys.
    """
    return yaml.load(text, Loader=_PlainLoader)


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML without aliases (which blow a short text up to gigabytes), tags, and repeated or odd keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.events.AliasEvent):
            raise _refusal(f"the alias '*{event.anchor}' is not allowed; write the value out", event)
        if getattr(event, "tag", None):
            raise _refusal(f"the tag {event.tag!r} is not allowed; write plain values", event)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.nodes.ScalarNode):
                raise _refusal("a key is a list or a mapping; keys are names", key)
            if key.value in seen:
                raise _refusal(f"the key {key.value!r} stands twice", key)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# YAML 1.2 and JSON write 1e-10; PyYAML, which is of YAML 1.1, would take it for a text.
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)$"),
    list("-+0123456789."),
)


def _refusal(problem: str, at: Any) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, at.start_mark)
