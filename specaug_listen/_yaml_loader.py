"""YAML loaders without what short mappings do not need, and without what foreign configurations may not do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["YAMLError", "dump", "load", "load_tagged"]

_MAX_NODES = 300_000
_MAX_DEPTH = 60
_STANDARD = "tag:yaml.org,2002:"


def load(text: str) -> Any:
    """Read one YAML document.

    Raises
    ------
    YAMLError
        Also for tags, aliases, and repeated or odd keys.
    """
    return yaml.load(text, Loader=_PlainLoader)


Repeat = Callable[[tuple[str, ...], Any, Any], None]


def load_tagged(text: str, tagged: Callable[[str, Any], Any], repeated: Repeat) -> Any:
    """Read one YAML document of a framework: with aliases, merged keys, and tags, none of which is acted upon.

    Parameters
    ----------
    text : str
    tagged : callable
        Called with a tag such as ``!ref`` and what follows it; what it gives stands in the result.
    repeated : callable
        Called with the place of a key that stands again in its mapping, the last value, which counts, and the one
        before.

    Raises
    ------
    YAMLError
        For tags of Python objects, odd keys, and aliases that hold themselves or blow the file up.
    """
    loader = _ScalarLoader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _Tree(loader, tagged, repeated).value(node, ())
    finally:
        loader.dispose()


def dump(data: Any) -> str:
    """Plain data as YAML, in its own order."""
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100))


class _ScalarLoader(yaml.SafeLoader):
    """Safe YAML whose numbers are those of YAML 1.2."""


class _PlainLoader(_ScalarLoader):
    """Safe YAML without aliases (which blow a short text up to gigabytes), tags, and repeated or odd keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.events.AliasEvent):
            raise _refusal(f"the alias '*{event.anchor}' is not allowed; write the value out", event)
        if getattr(event, "tag", None):
            raise _refusal(f"the tag {event.tag!r:.80} is not allowed; write plain values", event)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        _check_keys(node)
        return super().construct_mapping(node, deep)


# YAML 1.2 and JSON write 1e-10; PyYAML, which is of YAML 1.1, would take it for a text.
_ScalarLoader.add_implicit_resolver(
    _STANDARD + "float",
    re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)$"),
    list("-+0123456789."),
)


class _Tree:
    """From nodes to plain data; every alias is walked again, so that it counts."""

    def __init__(self, loader: _ScalarLoader, tagged: Callable[[str, Any], Any], repeated: Repeat) -> None:
        self._loader, self._tagged, self._repeated = loader, tagged, repeated
        self._above: set[int] = set()
        self._n_nodes = 0

    def value(self, node: Any, place: tuple[str, ...]) -> Any:
        """What a node stands for."""
        self._n_nodes += 1
        if self._n_nodes > _MAX_NODES:
            raise _refusal(f"more than {_MAX_NODES} values, as its aliases are counted", node)
        if id(node) in self._above:
            raise _refusal("an alias stands for what holds it", node)
        if len(self._above) >= _MAX_DEPTH:
            raise _refusal(f"nested more than {_MAX_DEPTH} deep", node)
        if "python/" in node.tag:
            raise _refusal(f"the tag {node.tag.removeprefix(_STANDARD)!r:.80} is not allowed", node)
        self._above.add(id(node))
        try:
            value = self._untagged(node, place)
        finally:
            self._above.discard(id(node))
        return value if node.tag.startswith(_STANDARD) else self._tagged(node.tag, value)

    def _untagged(self, node: Any, place: tuple[str, ...]) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.value(entry, (*place, str(i))) for i, entry in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if not node.tag.startswith(_STANDARD):
            return node.value
        try:
            return self._loader.construct_object(node)
        except (LookupError, AttributeError, ArithmeticError, TypeError):  # PyYAML's, for e.g. !!bool x
            raise _refusal(f"{node.value!r:.60} is no {node.tag.removeprefix(_STANDARD)}", node) from None

    def _mapping(self, node: Any, place: tuple[str, ...]) -> dict[str, Any]:
        _check_names(node)
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, inside in node.value:
            value = self.value(inside, (*place, key.value))
            if key.tag != _STANDARD + "merge":
                if key.value in own:
                    self._repeated((*place, key.value), value, own[key.value])
                own[key.value] = value
                continue
            for mapping in value if isinstance(value, list) else [value]:
                if not isinstance(mapping, dict):
                    raise _refusal("'<<' is followed by what is no mapping", inside)
                merged = {**mapping, **merged}
        return {**merged, **own}


def _check_names(node: Any) -> None:
    for key, _ in node.value:
        if not isinstance(key, yaml.nodes.ScalarNode):
            raise _refusal("a key is a list or a mapping; keys are names", key)


def _check_keys(node: Any) -> None:
    _check_names(node)
    seen = set()
    for key, _ in node.value:
        if key.value in seen:
            raise _refusal(f"the key {key.value!r:.80} stands twice", key)
        seen.add(key.value)


def _refusal(problem: str, at: Any) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, at.start_mark)
