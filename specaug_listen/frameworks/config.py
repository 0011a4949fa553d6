"""`Config`: a framework's configuration, read key by key; it collects defaults that were filled in and other notes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .._yaml import Tagged
from ..audio.channels import OneChannel
from ..errors import ParameterError, nearest
from ..frontends import PRESETS, MelFrontend
from .argument_types import Number, check_value, keys_of, types_of, words_for, yaml_text
from .references import Place, Resolver
from .unread import ReadPlaces

__all__ = ["Config", "Section"]

T = TypeVar("T")
_ARGUMENT_SECTIONS = ("SpecAugment", "spec_augment", "specaugment", "state_dict")
# Fields of a front-end whose numbers may be inconsistent.
_NUMBER_FIELDS = ("n_fft", "win_length", "hop_length", "n_mels", "sample_rate", "fmin_hz", "fmax_hz")


class Config:
    """A configuration as plain data, and the notes about it.

    Parameters
    ----------
    data : dict
    framework : str
        The framework whose configuration it is.
    resolve : callable
        Resolves the references of the framework's configurations; see `specaug_listen.frameworks.references`.
    name : str
        Name for the policy.
    places : ReadPlaces
        Records what is read; the resolver may share it.
    owners : callable
        Returns the frameworks that have an argument, for the message about an unknown one.
    spelling : callable
        Returns the name of a framework as sentences spell it.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        framework: str,
        resolve: Resolver,
        name: str = "policy",
        places: ReadPlaces | None = None,
        owners: Callable[[Iterable[str]], list[str]] = lambda keys: [],
        spelling: Callable[[str], str] = str,
    ) -> None:
        self.data, self.framework, self.name = data, framework, name[:100] or "policy"
        self.resolve, self.places, self.owners, self.spelling = resolve, places or ReadPlaces(), owners, spelling
        self.defaults: list[str] = []
        self.notes: list[str] = []
        self.frontend_error = self.why_irreplaceable = ""
        self.channel: OneChannel | None = None
        self.channel_key = ""

    @property
    def root(self) -> Section:
        """The whole configuration as a section."""
        return Section(self, self.data, ())

    def arguments_section(self) -> Section:
        """Return the section that holds the arguments of SpecAugment: one with a usual name, or the whole file."""
        names = [name for name in _ARGUMENT_SECTIONS if isinstance(self.data.get(name), dict)]
        return (self.root.section(names[0]) if names else None) or self.root

    def reject_frontend(self, why: str) -> None:
        """Note why the file's front-end cannot be reproduced; the user must then name one, as there is no default."""
        self.why_irreplaceable = self.why_irreplaceable or why
        self.notes.append(f"{why}; choose a front-end")

    def default_frontend(self) -> MelFrontend | None:
        """Return the framework's default front-end, because the file has none, which is noted."""
        self.notes.append(f"the file names no front-end; {self.spelling(self.framework)}'s default is used")
        return self.preset(self.framework)

    def preset(self, name: str, keys: Mapping[str, str] | None = None, **changes: Any) -> MelFrontend | None:
        """Return a preset with some fields changed; None, with a note, if the result is not a valid front-end.

        ``keys`` are the file's own names of the fields, for the error about numbers that no front-end can have.
        """
        base = PRESETS.get(name)
        if base is None:
            self.notes.append(f"no front-end {name!r:.80} yet; choose one of: {', '.join(sorted(PRESETS))}")
            return None
        different = {field: value for field, value in changes.items() if value != getattr(base, field)}
        try:
            frontend = replace(base, name=f"{name} of {self.name}"[:100], **different) if different else base
            frontend.filterbank()
        except ParameterError as error:
            if error.field not in _NUMBER_FIELDS:
                self.reject_frontend(f"the front-end of this file is not supported ({error})")
                return None
            value = different.get(error.field, getattr(base, error.field))
            if value is None:  # a window as long as the FFT
                value = different.get("n_fft", base.n_fft)
            key = (keys or {}).get(error.field, error.field)
            # If the file has another name or unit for the field, name ours, too.
            where = f"{key}={value}" if key.rsplit(".", 1)[-1] == error.field else f"{key} ({error.field}={value})"
            self.frontend_error = f"{where}: {error.rule}; change the numbers, or give --frontend"
            self.notes.append(f"error: {self.frontend_error}")
            return None
        return frontend


class Section:
    """A mapping within a configuration; ``place`` are the keys that lead to it."""

    def __init__(self, config: Config, data: Mapping[str, Any], place: Place) -> None:
        self._config, self.data, self.place = config, data, place

    @property
    def path(self) -> str:
        """The dotted path; empty for the whole."""
        return ".".join(self.place)

    @property
    def prefix(self) -> str:
        """What precedes a key in messages: the dotted path and a dot."""
        return f"{self.path}." if self.place else ""

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def keys(self, **others: str) -> dict[str, str]:
        """Map a front-end's fields to the dotted paths of their keys in this section; ``others`` have other names."""
        same = {name: name for name in ("n_fft", "win_length", "hop_length", "n_mels", "sample_rate")}
        return {field: self.prefix + key for field, key in {**same, **others}.items()}

    def with_data(self, data: Mapping[str, Any]) -> Section:
        """Return a section of the same place with other contents."""
        return Section(self._config, data, self.place)

    def get(self, key: str, expected: Any, default: Any = None) -> Any:
        """Return the value of a key, checked against a type, or the default.

        ``expected`` is a type of `specaug_listen.frameworks.argument_types`, or any other that pydantic knows. Raise a
        ParameterError for a value of another type.
        """
        if key not in self.data:
            return default
        self.mark_read(key)
        value = self._config.resolve(self.data[key], (*self.place, key))
        if isinstance(value, Tagged):
            raise ParameterError(
                f"{self.prefix}{key}={value.tag} {value.value!r:.60}: allowed is {words_for(expected)}; nothing in a "
                "configuration is executed, so write the value"
            )
        return check_value(expected, self.prefix + key, value)

    def get_noted(self, key: str, expected: Any, default: Any) -> Any:
        """Return the value of a key, or the default, which is noted as filled in; see `get`."""
        if key not in self.data:
            self._config.defaults.append(f"{self.prefix}{key}: {yaml_text(default)}")
        return self.get(key, expected, default)

    def get_float(self, key: str) -> float | None:
        """Return a number, or None if it is missing or null; see `get`."""
        value = self.get(key, Number | None)
        return None if value is None else float(value)

    def entries(self, key: str) -> list[Any]:
        """Return the entries of a list with unresolved references; empty if it is missing or null.

        Raise a ParameterError for another value.
        """
        value = self.data.get(key)
        if not isinstance(value, list):
            value = self._config.resolve(value, (*self.place, key))
            self.mark_read(key)
        if value is None:
            return []
        check_value(list, self.prefix + key, value)
        if not any(isinstance(entry, dict) or isinstance(getattr(entry, "value", None), dict) for entry in value):
            self.mark_read(key)
        return list(value)

    def section(self, key: str) -> Section | None:
        """Return the mapping below a key, None if it is missing or null; raise a ParameterError for another value."""
        value = self._config.resolve(self.data.get(key), (*self.place, key))
        if isinstance(value, Tagged):
            value = value.value
        if value is None or value == "":
            if key in self.data:
                self.mark_read(key)
            return None
        return Section(self._config, check_value(dict, self.prefix + key, value), (*self.place, key))

    def section_or_empty(self, key: str) -> Section:
        """Return the mapping below a key, or an empty one."""
        return self.section(key) or Section(self._config, {}, (*self.place, key))

    def arguments(
        self, function: Callable[..., Any], ignored: Iterable[str] = (), keys: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the arguments of a policy function; raise a ParameterError for other keys, except ``ignored`` ones.

        See `known_arguments`.
        """
        self.refuse_unknown({*(keys_of(function) if keys is None else keys.values()), *ignored})
        return self.known_arguments(function, keys)

    def known_arguments(self, function: Callable[..., Any], keys: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the arguments of a policy function. Its signature has their types and defaults.

        ``keys`` maps parameters to keys of the section; None if both have the same names. A default that is used is
        noted. Raises a ParameterError if a key without a default is missing, or its type does not allow a value.
        """
        expected, parameters = types_of(function), inspect.signature(function).parameters
        arguments = {}
        for name, key in (keys or {name: name for name in keys_of(function)}).items():
            default = parameters[name].default
            if default is not inspect.Parameter.empty:
                arguments[name] = self.get_noted(key, expected[name], default)
            elif key in self.data:
                arguments[name] = self.get(key, expected[name])
            else:
                raise ParameterError(f"{self.prefix}{key} is missing: allowed is {words_for(expected[name])}")
        return arguments

    def call(self, function: Callable[..., T], arguments: Mapping[str, Any], **others: Any) -> T:
        """Call a policy function; errors name this section."""
        try:
            return function(**arguments, **others)
        except ParameterError as error:
            raise ParameterError(f"{self.prefix}{error}") from None

    def mark_known(self, keys: Iterable[str]) -> None:
        """Record which keys of a section that affects the sound are known; others are listed as not read."""
        self._config.places.note_known(self.place, set(keys))

    def mark_read(self, key: str) -> None:
        """Record that the value of a key was used."""
        self._config.places.note_value((*self.place, key))

    def refuse_unknown(self, keys: Iterable[str]) -> None:
        """Raise a ParameterError for a key that the framework does not accept, with a hint."""
        allowed = set(keys)
        self.mark_known(allowed)
        for key in self.data:
            if key not in allowed:
                others = [name for name in self._config.owners([key]) if name != self._config.framework]
                looks_like = f"; it looks like {self._config.spelling(others[0])}'s" if others else ""
                hint = looks_like or nearest(key, sorted(allowed))
                raise ParameterError(
                    f"unknown key {self.prefix + key!r:.80}{hint} (allowed: {', '.join(sorted(allowed))})"
                )

    def note(self, text: str) -> None:
        """Add a note about the configuration."""
        self._config.notes.append(text)

    def note_key(self, key: str, text: str) -> None:
        """Add a note about a key of this section."""
        self.note(f"{self.prefix}{key}: {text}")
