"""YAML loaders that build only plain values: for our own short files, and for configurations of frameworks."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["MAX_DEPTH", "MAX_NUMBER_LENGTH", "MAX_VALUES", "YAMLError", "dump", "load", "load_tagged"]

# Configurations of the largest models list their tokens, about 52,000.
MAX_VALUES = 60_000
_MAX_OWN_VALUES = 20_000
MAX_DEPTH = 60
MAX_NUMBER_LENGTH = 100
_STANDARD = "tag:yaml.org,2002:"
_MERGE = _STANDARD + "merge"


def load(text: str) -> Any:
    """Read one YAML document of our own.

    Raises a YAMLError also for tags, aliases (which can expand a short text to gigabytes), repeated or non-scalar keys,
    and documents that are too large.
    """
    for event in _events(text, _MAX_OWN_VALUES):
        if isinstance(event, yaml.events.AliasEvent):
            raise _refusal(f"the alias '*{event.anchor:.80}' is not allowed; write the value out", event)
        if getattr(event, "tag", None):
            raise _refusal(f"the tag {event.tag!r:.80} is not allowed; write plain values", event)
    return yaml.load(text, Loader=_loader(_parser(text), _OwnKeys))


Repeat = Callable[[tuple[str, ...], Any, Any], None]


def load_tagged(text: str, tagged: Callable[[str, Any], Any], repeated: Repeat) -> Any:
    """Read one YAML document of a framework, with aliases, merged keys and tags; no tag is executed.

    Parameters
    ----------
    text : str
    tagged : callable
        Called with a tag such as ``!ref`` and its value; the return value is used in the result.
    repeated : callable
        Called for a key that is repeated in its mapping: with its path, the last value, which counts, and the previous.

    Raises
    ------
    YAMLError
        For tags of Python objects, non-scalar keys, and recursive or exploding aliases.
    """
    for _ in _events(text):
        pass
    loader = _loader(_parser(text), _WithTags)(text)
    loader.tagged = tagged
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        repeats = list(_repeats(node, (), (), itertools.count()))
        data = loader.construct_document(node)
        for place, last, before in repeats:
            repeated(place, loader.construct_document(last), loader.construct_document(before))
        return data
    finally:
        loader.dispose()


def dump(data: Any) -> str:
    """Return plain data as YAML, in its own order."""
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100))


def _events(text: str, most: int = MAX_VALUES) -> Iterator[Any]:
    """Yield the events of the first document; raise a YAMLError as soon as it is too large or too deep."""
    depth = n_values = n_documents = 0
    for event in yaml.parse(text, Loader=_parser(text)):
        n_documents += isinstance(event, yaml.events.DocumentStartEvent)
        if n_documents > 1:  # refused later
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
    """Numbers as in YAML 1.2, of limited length."""

    def construct_number(self, node: Any) -> Any:
        """Return a number; converting one of a million digits would take minutes."""
        if len(node.value) > MAX_NUMBER_LENGTH:
            problem = f"a number of {len(node.value)} characters, {node.value[:40]}...: allowed are {MAX_NUMBER_LENGTH}"
            raise _refusal(problem, node)
        is_whole = node.tag == _STANDARD + "int"
        return self.construct_yaml_int(node) if is_whole else self.construct_yaml_float(node)


class _OwnKeys(_Numbers):
    """Mappings without repeated or non-scalar keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        _check_keys(node)
        return super().construct_mapping(node, deep)


class _WithTags(_Numbers):
    """Plain values; a tag that is not YAML's own, and its value, go to ``tagged``."""

    tagged: Callable[[str, Any], Any]

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (LookupError, AttributeError, ArithmeticError, TypeError):  # PyYAML's, for e.g. !!bool x
            raise _refusal(f"{node.value!r:.60} is not a valid {node.tag.removeprefix(_STANDARD)}", node) from None

    def construct_tagged(self, tag: str, node: Any) -> Any:
        """Return what ``tagged`` makes of a node."""
        if tag.startswith(_STANDARD):
            raise _refusal(f"the tag {tag.removeprefix(_STANDARD)!r:.80} is not allowed", node)
        if isinstance(node, yaml.ScalarNode):
            return self.tagged(tag, node.value)
        is_list = isinstance(node, yaml.SequenceNode)
        return self.tagged(tag, (self.construct_sequence if is_list else self.construct_mapping)(node, True))


# The C parser is 30 times as fast, if PyYAML was built with libyaml, as its wheels are. Short texts are read by
# PyYAML's own parser, as in the frameworks: the C parser is stricter in corner cases such as `{key:}`.
_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_SLOW_LENGTH = 1 << 15
# A number in YAML 1.2 and JSON, such as 1e-10; PyYAML, which implements YAML 1.1, would read a text.
_EXPONENT = re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)$")


def _parser(text: str) -> Any:
    """Return the parser for a text: the C one, or PyYAML's own."""
    return _Fast if len(text) > _MAX_SLOW_LENGTH else yaml.SafeLoader


@functools.cache
def _loader(parser: Any, constructor: type[_Numbers]) -> Any:
    """Return a loader class that combines a parser with a constructor."""
    loader: Any = type("_Loader", (constructor, parser), {})
    for kind in ("int", "float"):
        loader.add_constructor(_STANDARD + kind, constructor.construct_number)
    loader.add_implicit_resolver(_STANDARD + "float", _EXPONENT, list("-+0123456789."))
    if constructor is _WithTags:
        loader.add_multi_constructor(None, _WithTags.construct_tagged)
        for kind in ("set", "omap", "pairs"):  # not plain values
            del loader.yaml_constructors[_STANDARD + kind]
    return loader


def _repeats(
    node: Any, place: tuple[str, ...], parents: tuple[Any, ...], counter: Iterator[int]
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield path, last node and previous node of each repeated key; keys become texts.

    Aliases are followed each time they occur, so their values count; recursion is refused.
    """
    if next(counter) >= MAX_VALUES:
        raise _refusal(f"more than {MAX_VALUES} values, as its aliases are counted", node)
    if node in parents:
        raise _refusal("an alias contains itself", node)
    if len(parents) >= MAX_DEPTH:
        raise _refusal(f"nested more than {MAX_DEPTH} deep", node)
    if isinstance(node, yaml.SequenceNode):
        for i, entry in enumerate(node.value):
            yield from _repeats(entry, (*place, str(i)), (*parents, node), counter)
    if isinstance(node, yaml.MappingNode):
        _check_names(node)
        values: dict[str, Any] = {}
        for key, value in node.value:
            yield from _repeats(value, (*place, key.value), (*parents, node), counter)
            if key.tag != _MERGE:
                key.tag = _STANDARD + "str"
                if key.value in values:
                    yield (*place, key.value), value, values[key.value]
                values[key.value] = value


def _check_names(node: Any) -> None:
    for key, _ in node.value:
        if not isinstance(key, yaml.nodes.ScalarNode):
            raise _refusal("a key is a list or a mapping; keys are names", key)


def _check_keys(node: Any) -> None:
    _check_names(node)
    names = set()
    for key, _ in node.value:
        if key.value in names:
            raise _refusal(f"the key {key.value!r:.80} is repeated", key)
        names.add(key.value)


def _refusal(problem: str, at: Any) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, at.start_mark)
