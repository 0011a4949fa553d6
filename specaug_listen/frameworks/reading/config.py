"""`Config`: a framework's configuration, read key by key, with notes of what was filled in and what has no effect."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from ..._yaml import Tagged
from ...audio.channels import OneChannel
from ...augment.policy import Policy
from ...errors import ParameterError
from ...frontends import PRESETS, MelFrontend
from .arguments import unknown_key
from .fields import LIST, MAPPING, Kind, Kinds
from .unread import Reading

__all__ = ["Config", "Found", "Section"]

Place = tuple[str, ...]
Made = TypeVar("Made")
Resolver = Callable[[Any, Place], Any]
_NUMBERS = re.compile(r"MelFrontend: (n_fft|win_length|hop_length|n_mels|sample_rate|fmin_hz|fmax_hz)=([^:]*): (.*)")


class Found(NamedTuple):
    """What a reader found in a configuration."""

    policy: Policy
    frontend: MelFrontend | None


class Config:
    """A configuration as plain data, and what is said about it.

    Parameters
    ----------
    data : dict
    dialect : str
    resolve : callable
        What a value at a place stands for, where a framework has references.
    reading : Reading
        Notes what is read; the resolver may be another that tells it.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        dialect: str,
        resolve: Resolver | None = None,
        name: str = "policy",
        reading: Reading | None = None,
    ) -> None:
        self.data, self.dialect, self.name = data, dialect, name[:100] or "policy"
        self.defaults: list[str] = []
        self.notes: list[str] = []
        self.frontend_error = self.frontend_missing = ""
        self.reading = reading or Reading()
        self.channel: OneChannel | None = None
        self.channel_key = ""
        self._resolve = resolve or _plain

    @property
    def root(self) -> Section:
        """The whole as a section."""
        return Section(self, self.data, ())

    def resolved(self, value: Any, place: Place) -> Any:
        """What a value stands for."""
        return self._resolve(value, place)

    def no_frontend(self, why: str) -> None:
        """Say why the front-end of the file cannot be had: none may be put in its place."""
        self.frontend_missing = self.frontend_missing or why
        self.notes.append(f"{why}; choose a front-end")

    def preset(self, name: str, keys: Mapping[str, str] | None = None, **changes: Any) -> MelFrontend | None:
        """A front-end that differs so from a preset; None, with a note, where we have none like it.

        ``keys`` are the file's own, by the names of the fields: they stand in the ``frontend_error`` of numbers that
        no front-end can have.
        """
        base = PRESETS.get(name)
        if base is None:
            self.notes.append(f"no front-end {name!r:.80} here yet; choose one of: {', '.join(sorted(PRESETS))}")
            return None
        different = {key: value for key, value in changes.items() if value != getattr(base, key)}
        try:
            frontend = replace(base, name=f"{name} of {self.name}"[:100], **different) if different else base
            frontend.filterbank()
        except ParameterError as error:
            wrong = _NUMBERS.match(str(error))
            if wrong:
                self.frontend_error = _wrong_numbers(wrong, keys or {})
                self.notes.append(f"error: {self.frontend_error}")
                return None
            self.no_frontend(f"the front-end of this file cannot be had here ({error})")
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
        self._config, self.data, self._place = config, data, place

    @property
    def where(self) -> str:
        """The keys that lead to it, each followed by a point."""
        return "".join(f"{key}." for key in self._place)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def keys(self, **others: str) -> dict[str, str]:
        """The places of a front-end's fields in this section, of which some have ``others`` for names."""
        same = {name: name for name in ("n_fft", "win_length", "hop_length", "n_mels", "sample_rate")}
        return {field: self.where + key for field, key in {**same, **others}.items()}

    def over(self, data: Mapping[str, Any]) -> Section:
        """The same place with other contents."""
        return Section(self._config, data, self._place)

    def get(self, key: str, kind: Kind, default: Any = None) -> Any:
        """A value, or the default without a word.

        Raises
        ------
        ParameterError
            When it is of another kind.
        """
        if key not in self.data:
            return default
        self._config.reading.value((*self._place, key))
        value = self._config.resolved(self.data[key], (*self._place, key))
        if isinstance(value, Tagged):
            raise ParameterError(
                f"{self.where}{key}={value.tag} {value.value!r:.60}: allowed is {kind.allowed}; nothing in a "
                "configuration is executed, write the value out"
            )
        return kind.checked(self.where + key, value)

    def entries(self, key: str) -> list[Any]:
        """What stands in a list, references as they are; empty where there is no list.

        Raises
        ------
        ParameterError
            When something else stands there.
        """
        value, place = self.data.get(key), (*self._place, key)
        if not isinstance(value, list):
            value = self._config.resolved(value, place)
            self._config.reading.value(place)
        if value is None:
            return []
        LIST.checked(self.where + key, value)
        if not any(isinstance(entry, dict) or isinstance(getattr(entry, "value", None), dict) for entry in value):
            self._config.reading.value(place)
        return list(value)

    def take(self, key: str, kind: Kind, default: Any) -> Any:
        """A value, or the default, which is noted."""
        if key not in self.data:
            self._config.defaults.append(f"{self.where}{key}: {_short(default)}")
        return self.get(key, kind, default)

    def section(self, key: str) -> Section | None:
        """The mapping below a key; None where there is none, or null.

        Raises
        ------
        ParameterError
            When something else stands there.
        """
        value = self._config.resolved(self.data.get(key), (*self._place, key))
        if isinstance(value, Tagged):
            value = value.value
        if value is None or value == "":
            if key in self.data:
                self._config.reading.value((*self._place, key))
            return None
        MAPPING.checked(self.where + key, value)
        return Section(self._config, value, (*self._place, key))

    def arguments(self, function: Callable[..., Any], kinds: Kinds, ignored: Iterable[str] = ()) -> dict[str, Any]:
        """The arguments of a dialect's function, with upstream's defaults noted, and unknown keys refused."""
        parameters = inspect.signature(function).parameters
        self.refuse_unknown({*kinds, *ignored})
        taken: dict[str, Any] = {}
        for key, kind in kinds.items():
            default = parameters[key].default
            if default is inspect.Parameter.empty:
                if key not in self.data:
                    raise ParameterError(f"{self.where}{key} is missing: allowed is {kind.allowed}")
                taken[key] = self.get(key, kind)
            else:
                taken[key] = self.take(key, kind, default)
        return taken

    def made(self, function: Callable[..., Made], arguments: Mapping[str, Any], **others: Any) -> Made:
        """What a dialect's function makes of arguments of this section; its messages name the section."""
        try:
            return function(**arguments, **others)
        except ParameterError as error:
            raise ParameterError(f"{self.where}{error}") from None

    def knows(self, known: Iterable[str]) -> None:
        """Tell which keys of a section that decides the sound are understood; others count as not read."""
        self._config.reading.known(self._place, set(known))

    def knows_value(self, key: str) -> None:
        """Tell that a value was taken into account, though not by `get`."""
        self._config.reading.value((*self._place, key))

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise a ParameterError for a key that the framework would not take."""
        allowed = set(known)
        self._config.reading.known(self._place, allowed)
        for key in self.data:
            if key not in allowed:
                raise ParameterError(unknown_key(key, self.where, allowed, self._config.dialect))

    def note(self, text: str) -> None:
        """Say something about the configuration."""
        self._config.notes.append(text)


def _wrong_numbers(wrong: re.Match[str], keys: Mapping[str, str]) -> str:
    field, value, allowed = wrong.groups()
    key = keys.get(field, field)
    # Where the file has another name for it, or another unit, ours is said besides.
    said = f"{key}={value}" if key.rsplit(".", 1)[-1] == field else f"{key} ({field}={value})"
    return f"{said}: {allowed}; write other numbers, or give --frontend"


def _plain(value: Any, place: Place) -> Any:
    return value


def _short(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(list(value)) if isinstance(value, tuple) else str(value)
