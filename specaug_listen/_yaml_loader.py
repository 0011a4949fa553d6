"""YAML loaders without what short mappings do not need, and without what foreign configurations may not do."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["LONGEST_NUMBER", "MAX_DEPTH", "MAX_VALUES", "YAMLError", "dump", "load", "load_tagged"]

# The tokens of the largest models stand in their configurations, about 52,000 of them.
MAX_VALUES = 60_000
_MAX_OWN_VALUES = 20_000
MAX_DEPTH = 60
LONGEST_NUMBER = 100
_STANDARD = "tag:yaml.org,2002:"


def load(text: str) -> Any:
    """Read one YAML document.

    Raises
    ------
    YAMLError
        Also for tags, aliases (which blow a short text up to gigabytes), repeated or odd keys, and what is too large.
    """
    for event in _events(text, _MAX_OWN_VALUES):
        if isinstance(event, yaml.events.AliasEvent):
            raise _refusal(f"the alias '*{event.anchor:.80}' is not allowed; write the value out", event)
        if getattr(event, "tag", None):
            raise _refusal(f"the tag {event.tag!r:.80} is not allowed; write plain values", event)
    return yaml.load(text, Loader=_loader(_parser(text), _OwnKeys))


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
    for _ in _events(text):
        pass
    loader = _loader(_parser(text), _Numbers)(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _Tree(loader, tagged, repeated).value(node, ())
    finally:
        loader.dispose()


def dump(data: Any) -> str:
    """Plain data as YAML, in its own order."""
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100))


def _events(text: str, most: int = MAX_VALUES) -> Iterator[Any]:
    """What the first document consists of, one after another; it ends where there is too much, before more is read.

    Raises
    ------
    YAMLError
    """
    depth = n_values = n_documents = 0
    for event in yaml.parse(text, Loader=_parser(text)):
        n_documents += isinstance(event, yaml.events.DocumentStartEvent)
        if n_documents > 1:  # which is refused later
            return
        if isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1
        if not isinstance(event, yaml.events.NodeEvent):
            continue
        n_values += 1
        depth += isinstance(event, yaml.events.CollectionStartEvent)
        if n_values > most:
            raise _refusal(f"more than {most} values", event)
        if depth > MAX_DEPTH:
            raise _refusal(f"nested more than {MAX_DEPTH} deep", event)
        yield event


class _Numbers(yaml.constructor.SafeConstructor):
    """Numbers are those of YAML 1.2, and none is endless."""

    def construct_number(self, node: Any) -> Any:
        """A number; working out one of a million digits would take minutes."""
        if len(node.value) > LONGEST_NUMBER:
            said = f"a number of {len(node.value)} characters, {node.value[:40]}...: allowed are {LONGEST_NUMBER}"
            raise _refusal(said, node)
        is_whole = node.tag == _STANDARD + "int"
        return self.construct_yaml_int(node) if is_whole else self.construct_yaml_float(node)


class _OwnKeys(_Numbers):
    """Mappings without repeated or odd keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        _check_keys(node)
        return super().construct_mapping(node, deep)


# In C, 30 times as fast, where PyYAML was built with libyaml, as its wheels are. Short texts are read by PyYAML's own
# parser, as the frameworks do: the other is stricter at corners such as `{key:}`.
_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONGEST_SLOW = 1 << 15
# YAML 1.2 and JSON write 1e-10; PyYAML, which is of YAML 1.1, would take it for a text.
_EXPONENT = re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)$")


def _parser(text: str) -> Any:
    """The parser of a text: in C, or PyYAML's own."""
    return _Fast if len(text) > _LONGEST_SLOW else yaml.SafeLoader


@functools.cache
def _loader(parser: Any, constructor: type[_Numbers]) -> Any:
    """A parser with a constructor."""
    made: Any = type("_Loader", (constructor, parser), {})
    for kind in ("int", "float"):
        made.add_constructor(_STANDARD + kind, constructor.construct_number)
    made.add_implicit_resolver(_STANDARD + "float", _EXPONENT, list("-+0123456789."))
    return made


class _Tree:
    """From nodes to plain data; every alias is walked again, so that it counts."""

    def __init__(self, loader: Any, tagged: Callable[[str, Any], Any], repeated: Repeat) -> None:
        self._loader, self._tagged, self._repeated = loader, tagged, repeated
        self._above: set[int] = set()
        self._n_nodes = 0

    def value(self, node: Any, place: tuple[str, ...]) -> Any:
        """What a node stands for."""
        self._n_nodes += 1
        if self._n_nodes > MAX_VALUES:
            raise _refusal(f"more than {MAX_VALUES} values, as its aliases are counted", node)
        if id(node) in self._above:
            raise _refusal("an alias stands for what holds it", node)
        if len(self._above) >= MAX_DEPTH:
            raise _refusal(f"nested more than {MAX_DEPTH} deep", node)
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
                for name, held in mapping.items():
                    merged.setdefault(name, held)
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
