"""`Config`: a framework's configuration, read key by key, with notes of what was filled in and what has no effect."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .._yaml import Tagged
from ..audio.channels import OneChannel
from ..errors import ParameterError, nearest
from ..frontends import PRESETS, MelFrontend
from .fields import Number, check_value, keys_of, types_of, words_for
from .references import Place, Resolver
from .unread import ReadPlaces

__all__ = ["Config", "Section"]

T = TypeVar("T")
_ARGUMENT_SECTIONS = ("SpecAugment", "spec_augment", "specaugment", "state_dict")
# Fields of a front-end whose numbers can contradict each other.
_NUMBER_FIELDS = ("n_fft", "win_length", "hop_length", "n_mels", "sample_rate", "fmin_hz", "fmax_hz")


class Config:
    """A configuration as plain data, and what is said about it.

    Parameters
    ----------
    data : dict
    framework : str
        The framework whose configuration it is.
    resolve : callable
        Says what a value at a place stands for, where the framework has references.
    name : str
        Of the policy that is read from it.
    places : ReadPlaces
        Notes what is read; the resolver may note more in it.
    owners : callable
        Names the frameworks that take an argument, for the message about an unknown one.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        framework: str,
        resolve: Resolver,
        name: str = "policy",
        places: ReadPlaces | None = None,
        owners: Callable[[Iterable[str]], list[str]] = lambda keys: [],
    ) -> None:
        self.data, self.framework, self.name = data, framework, name[:100] or "policy"
        self.resolve, self.places, self.owners = resolve, places or ReadPlaces(), owners
        self.defaults: list[str] = []
        self.notes: list[str] = []
        self.frontend_error = self.why_irreplaceable = ""
        self.channel: OneChannel | None = None
        self.channel_key = ""

    @property
    def root(self) -> Section:
        """The whole as a section."""
        return Section(self, self.data, ())

    def arguments_section(self) -> Section:
        """Return the section of a SpecAugment's arguments where one of the usual names stands at the top, or all."""
        names = [name for name in _ARGUMENT_SECTIONS if isinstance(self.data.get(name), dict)]
        return (self.root.section(names[0]) if names else None) or self.root

    def no_frontend(self, why: str) -> None:
        """Note why the file's features cannot be reproduced, so that no front-end may be put in place of its own."""
        self.why_irreplaceable = self.why_irreplaceable or why
        self.notes.append(f"{why}; choose a front-end")

    def preset(self, name: str, keys: Mapping[str, str] | None = None, **changes: Any) -> MelFrontend | None:
        """Return a front-end that differs from a preset in some fields; None, with a note, where there can be none.

        Parameters
        ----------
        name : str
            Of the preset.
        keys : mapping or None
            The file's own key of each field, for the ``frontend_error`` about numbers that no front-end can have.
        **changes
            The fields.
        """
        base = PRESETS.get(name)
        if base is None:
            self.notes.append(f"no front-end {name!r:.80} here yet; choose one of: {', '.join(sorted(PRESETS))}")
            return None
        different = {field: value for field, value in changes.items() if value != getattr(base, field)}
        try:
            frontend = replace(base, name=f"{name} of {self.name}"[:100], **different) if different else base
            frontend.filterbank()
        except ParameterError as error:
            if error.field not in _NUMBER_FIELDS:
                self.no_frontend(f"the front-end of this file cannot be had here ({error})")
                return None
            value = different.get(error.field, getattr(base, error.field))
            if value is None:  # a window as long as the FFT
                value = different.get("n_fft", base.n_fft)
            key = (keys or {}).get(error.field, error.field)
            # Where the file has another name for the field, or another unit, ours is said besides.
            where = f"{key}={value}" if key.rsplit(".", 1)[-1] == error.field else f"{key} ({error.field}={value})"
            self.frontend_error = f"{where}: {error.rule}; write other numbers, or give --frontend"
            self.notes.append(f"error: {self.frontend_error}")
            return None
        return frontend


class Section:
    """A mapping within a configuration.

    Parameters
    ----------
    config : Config
    data : dict
    place : tuple of str
        The keys that lead to it.
    """

    def __init__(self, config: Config, data: Mapping[str, Any], place: Place) -> None:
        self._config, self.data, self.place = config, data, place

    @property
    def where(self) -> str:
        """The keys that lead to it, each followed by a point."""
        return "".join(f"{key}." for key in self.place)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def keys(self, **others: str) -> dict[str, str]:
        """Map a front-end's fields to their keys in this section; some have ``others`` for names."""
        same = {name: name for name in ("n_fft", "win_length", "hop_length", "n_mels", "sample_rate")}
        return {field: self.where + key for field, key in {**same, **others}.items()}

    def with_data(self, data: Mapping[str, Any]) -> Section:
        """Return the same place with other contents."""
        return Section(self._config, data, self.place)

    def get(self, key: str, expected: Any, default: Any = None) -> Any:
        """Return the value of a key, or the default, which is filled in silently; `get_noted` notes it.

        Parameters
        ----------
        key : str
        expected : type
            One of `specaug_listen.frameworks.fields`, or any other that pydantic knows.
        default : any

        Raises
        ------
        ParameterError
            When the value is of another type.
        """
        if key not in self.data:
            return default
        self.mark_read(key)
        value = self._config.resolve(self.data[key], (*self.place, key))
        if isinstance(value, Tagged):
            raise ParameterError(
                f"{self.where}{key}={value.tag} {value.value!r:.60}: allowed is {words_for(expected)}; nothing in a "
                "configuration is executed, write the value out"
            )
        return check_value(expected, self.where + key, value)

    def get_noted(self, key: str, expected: Any, default: Any) -> Any:
        """Return the value of a key, or the default, which is noted as filled in; see `get`."""
        if key not in self.data:
            self._config.defaults.append(f"{self.where}{key}: {_short(default)}")
        return self.get(key, expected, default)

    def get_float(self, key: str) -> float | None:
        """Return a number; None where there is none, or null; see `get`."""
        value = self.get(key, Number | None)
        return None if value is None else float(value)

    def entries(self, key: str) -> list[Any]:
        """Return what stands in a list, references as they are; nothing where there is no list.

        Raises
        ------
        ParameterError
            When something else stands there.
        """
        value = self.data.get(key)
        if not isinstance(value, list):
            value = self._config.resolve(value, (*self.place, key))
            self.mark_read(key)
        if value is None:
            return []
        check_value(list, self.where + key, value)
        if not any(isinstance(entry, dict) or isinstance(getattr(entry, "value", None), dict) for entry in value):
            self.mark_read(key)
        return list(value)

    def section(self, key: str) -> Section | None:
        """Return the mapping below a key; None where there is none, or null.

        Raises
        ------
        ParameterError
            When something else stands there.
        """
        value = self._config.resolve(self.data.get(key), (*self.place, key))
        if isinstance(value, Tagged):
            value = value.value
        if value is None or value == "":
            if key in self.data:
                self.mark_read(key)
            return None
        return Section(self._config, check_value(dict, self.where + key, value), (*self.place, key))

    def section_or_empty(self, key: str) -> Section:
        """Return the mapping below a key, which is empty where there is none."""
        return self.section(key) or Section(self._config, {}, (*self.place, key))

    def arguments(
        self, function: Callable[..., Any], ignored: Iterable[str] = (), keys: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the arguments of a policy function, and refuse all other keys; see `known_arguments`.

        Parameters
        ----------
        function : callable
        ignored : iterable of str
            Further keys that may stand in the section.
        keys : mapping or None

        Raises
        ------
        ParameterError
            Also for an unknown key.
        """
        self.refuse_unknown({*(keys_of(function) if keys is None else keys.values()), *ignored})
        return self.known_arguments(function, keys)

    def known_arguments(self, function: Callable[..., Any], keys: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the arguments of a policy function, by the types and defaults of its signature; defaults are noted.

        Parameters
        ----------
        function : callable
            With `specaug_listen.frameworks.fields.check_arguments`.
        keys : mapping or None
            The section's key of each parameter; None where they are the parameters' own names.

        Raises
        ------
        ParameterError
            For a key that is missing, or a value that its type does not allow.
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
                raise ParameterError(f"{self.where}{key} is missing: allowed is {words_for(expected[name])}")
        return arguments

    def call(self, function: Callable[..., T], arguments: Mapping[str, Any], **others: Any) -> T:
        """Call a policy function with arguments of this section, whose name stands before its messages."""
        try:
            return function(**arguments, **others)
        except ParameterError as error:
            raise ParameterError(f"{self.where}{error}") from None

    def mark_known(self, keys: Iterable[str]) -> None:
        """Note which keys of a section that decides the sound are understood; its others are listed as not read."""
        self._config.places.note_known(self.place, set(keys))

    def mark_read(self, key: str) -> None:
        """Note that the value of a key was taken into account, so that it is not listed as not read."""
        self._config.places.note_value((*self.place, key))

    def refuse_unknown(self, keys: Iterable[str]) -> None:
        """Raise a ParameterError for a key that the framework would not take; it says whose the key may be."""
        allowed = set(keys)
        self.mark_known(allowed)
        for key in self.data:
            if key not in allowed:
                others = [name for name in self._config.owners([key]) if name != self._config.framework]
                hint = f"; it looks like {others[0]}'s" if others else nearest(key, sorted(allowed))
                raise ParameterError(
                    f"unknown key {self.where + key!r:.80}{hint} (allowed: {', '.join(sorted(allowed))})"
                )

    def note(self, text: str) -> None:
        """Say something about the configuration."""
        self._config.notes.append(text)


def _short(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(list(value)) if isinstance(value, tuple) else str(value)
