"""References to other values of the same file: OmegaConf's ``${...}`` and HyperPyYAML's ``!ref <...>``.

Only names and arithmetic with numbers are resolved: no environment variables, resolvers or constructors.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .._yaml import Tagged
from ..errors import ParameterError

__all__ = ["OnReference", "Place", "Resolver", "ResolverMaker", "hyper_resolver", "omega_resolver"]

Place: TypeAlias = tuple[str, ...]
# Returns the value that the value at a place refers to, or the value itself.
Resolver: TypeAlias = Callable[[Any, Place], Any]
# Called with the place of a reference, the place that it refers to, and the value there.
OnReference: TypeAlias = Callable[[Place, Place, Any], None]
ResolverMaker: TypeAlias = Callable[[Mapping[str, Any], OnReference], Resolver]

_MAX_STEPS = 30
# Per file, because a reference to a text of two references doubles the number with every step.
_MAX_REFERENCES = 5000
_MAX_ENTRIES = 1000
_MAX_TEXT_LENGTH = 200
_WHOLE_REFERENCE = re.compile(r"^\$\{([^${}]*)\}$")
_REFERENCE_WITHIN = re.compile(r"\$\{([^${}]*)\}")
_TUPLE_TEXT = re.compile(r"\(\s*[-\d.]+\s*(,\s*[-\d.]+\s*)*,?\s*\)")
_NAME_TEXT = re.compile(r"<([^<>]*)>")
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def _ignore(place: Place, target: Place, value: Any) -> None:
    """Ignore a reference."""


def omega_resolver(root: Mapping[str, Any], on_reference: OnReference = _ignore) -> Resolver:
    """Return a resolver of ``${a.b}``, ``${.sibling}`` and ``${..of_parent}``.

    Examples
    --------
    >>> omega_resolver({"rate": 16000})("${rate}", ("model", "sample_rate"))
    16000
    """
    file = _File(root, on_reference)

    def resolve(value: Any, place: Place, above: tuple[Place, ...] = ()) -> Any:
        if value == "???":
            raise ParameterError(f"{'.'.join(place)} is '???', a missing value; write its value")
        if not isinstance(value, str) or "${" not in value:
            return value
        reference, here = f"{'.'.join(place)}={value!r:.80}", (*above, place)

        def follow(name: str) -> Any:
            if ":" in name:
                raise ParameterError(
                    f"{reference}: resolvers such as {name.split(':')[0]!r:.30} are not run; write its value"
                )
            target = _absolute(name.strip(), place)
            return resolve(file.follow(target, here, reference), target, here)

        whole = _WHOLE_REFERENCE.match(value)
        if whole:
            return follow(whole[1])
        text = _REFERENCE_WITHIN.sub(lambda match: _as_text(follow(match[1]), place), value)[:_MAX_TEXT_LENGTH]
        return resolve(text, place, here) if text != value else text

    return resolve


class _File:
    """The values of a file; references to them are bounded in number and depth."""

    def __init__(self, root: Mapping[str, Any], on_reference: OnReference) -> None:
        self._root: Any = root
        self._on_reference, self._n_references = on_reference, 0

    def follow(self, target: Place, here: tuple[Place, ...], reference: str) -> Any:
        """Return the value at a place; ``here`` are the places that led to the reference, its own last.

        Raise a ParameterError for too many references, a missing value, or a reference to itself by way of others.
        """
        self._n_references += 1
        if self._n_references > _MAX_REFERENCES:
            raise ParameterError(f"{'.'.join(here[-1]):.80}: more than {_MAX_REFERENCES} references; write its value")
        if len(here) > _MAX_STEPS:
            raise ParameterError(f"{reference}: a chain of more than {_MAX_STEPS} references; write its value")
        if target in here:
            raise ParameterError(f"{reference} refers to itself; write its value")
        value = self._root
        for key in target:
            value = value.value if isinstance(value, Tagged) else value
            if isinstance(value, Mapping) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdecimal() and len(key) < 9 and int(key) < len(value):
                value = value[int(key)]
            else:
                raise ParameterError(f"{reference}: the file has no {'.'.join(target)!r:.80}; write its value")
        self._on_reference(here[-1], target, value)
        return value


def _as_text(value: Any, place: Place) -> str:
    """Return the value of a reference within a longer text as text."""
    if isinstance(value, (list, dict, Tagged)):
        raise ParameterError(f"{'.'.join(place):.80}: a list or a mapping within a text; write its value")
    return str(value)[:_MAX_TEXT_LENGTH]


def _absolute(name: str, place: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of a name: one leading dot is the enclosing mapping, each further one the mapping around it."""
    n_points = len(name) - len(name.lstrip("."))
    keys = tuple(part for part in re.split(r"[.\[\]]", name[n_points:]) if part)
    return keys if n_points == 0 else (*place[: max(0, len(place) - n_points)], *keys)


def hyper_resolver(root: Mapping[str, Any], on_reference: OnReference = _ignore) -> Resolver:
    """Return a resolver of ``!ref <name>``, arithmetic with numbers, ``(0, 20)`` and ``!tuple (0, 20)``.

    References in lists are resolved, too; other tags are returned unchanged.

    Examples
    --------
    >>> hyper_resolver({"rate": 16000})(Tagged("!ref", "<rate> // 2"), ("half",))
    8000
    """
    return _Hyper(root, on_reference).resolve_value


class _Hyper:
    """Resolves HyperPyYAML's references within one file."""

    def __init__(self, root: Mapping[str, Any], on_reference: OnReference) -> None:
        self._file, self._n_entries = _File(root, on_reference), 0

    def resolve_value(self, value: Any, place: Place) -> Any:
        """Return the value at a place with its references resolved."""
        self._n_entries = 0
        return self._resolve(value, place, ())

    def _resolve(self, value: Any, place: Place, above: tuple[Place, ...]) -> Any:
        if isinstance(value, str) and _TUPLE_TEXT.fullmatch(value):
            return list(_numbers(value, place))
        if isinstance(value, list):
            inside = (*above, place)
            return [self._entry(entry, (*place, str(i)), inside) for i, entry in enumerate(value)]
        if not isinstance(value, Tagged) or not isinstance(value.value, str):
            return value
        if value.tag == "!tuple":
            return list(_numbers(value.value, place))
        return self._reference(value, place, above) if value.tag in ("!ref", "!copy") else value

    def _entry(self, value: Any, place: Place, above: tuple[Place, ...]) -> Any:
        """Resolve an entry of a list; objects with other tags are returned unchanged."""
        self._n_entries += 1
        if self._n_entries > _MAX_ENTRIES:
            raise ParameterError(f"{'.'.join(place)}: nested references to lists with more than {_MAX_ENTRIES} values")
        return self._resolve(value, place, above)

    def _reference(self, value: Tagged, place: Place, above: tuple[Place, ...]) -> Any:
        reference = f"{'.'.join(place)}={value.tag} {value.value!r:.80}"
        here, text = (*above, place), value.value
        targets = [_absolute(name, ()) for name in _NAME_TEXT.findall(text)]
        values = [self._resolve(self._file.follow(target, here, reference), target, here) for target in targets]
        if _NAME_TEXT.fullmatch(text.strip()):
            return values[0]
        each = iter(values)
        if not all(isinstance(each, int | float) for each in values):
            return _NAME_TEXT.sub(lambda _: _as_text(next(each), place), text)[:_MAX_TEXT_LENGTH]
        return _evaluate(_NAME_TEXT.sub(lambda _: f"({next(each)!r})", text), reference)


def _evaluate(text: str, reference: str) -> Any:
    """Evaluate an expression of numbers with + - * / // %."""
    try:
        if len(text) > _MAX_TEXT_LENGTH:
            raise ValueError
        return _term(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError):
        raise ParameterError(f"{reference}: only + - * / // % of numbers are evaluated; write its value") from None


def _term(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_term(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_term(node.left), _term(node.right))
    raise ValueError


def _numbers(text: str, place: tuple[str, ...]) -> tuple[float, ...]:
    try:
        body = ast.parse(text[:_MAX_TEXT_LENGTH].strip(), mode="eval").body
        return tuple(_term(entry) for entry in getattr(body, "elts", [body]))
    except (SyntaxError, ValueError, ArithmeticError, RecursionError):
        raise ParameterError(f"{'.'.join(place)}=!tuple {text!r:.80}: allowed is a tuple of numbers") from None
