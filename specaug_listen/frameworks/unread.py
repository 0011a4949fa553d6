"""Sections and keys of a configuration that were not read, as data and as text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .._files import printable
from .._records import record
from .._yaml import Tagged
from .references import Place

__all__ = ["ReadPlaces", "UnreadKey", "unread_in_words"]


_MAX_UNREAD_KEYS = 1000
_MAX_PATH_LENGTH = 120
# Bounds for references that refer to each other.
_MAX_LEVELS, _MAX_SAME_TARGETS = 100, 100
# A key that may affect the sound in any section; whole words, so that special_tokens does not match.
_SOUND_KEY = re.compile(
    r"(?:^|[_.\-])(?:\w*augment\w*|spec_?aug\w*|aug|masking|warp|fbank\w*|filterbank|mels?|spectrogram\w*|mfcc\w*|lfr|"
    r"front_?end\w*|preprocess\w*|preproc|features?|cmvn\w*|mvn|dither|stft|fft|rir\w*|reverb\w*|\w*perturb\w*|speed|"
    r"volume|loudness|resample\w*|sample_?rate|sampling_?rate|fs|channel_selector|codec)(?:$|[_.\-])|"
    r"^noise|^channels?$|^sing(?:le|al)_channel",
    re.I,
)
# Sections unrelated to the mel of training clips: networks, losses, other data sets, training options.
_OTHER_SECTION = re.compile(
    r"(?:\w+_)?(?:encoder|decoder|joint|joint_network|joint_net|predictor|loss|optim|optimizer|scheduler|adapter|tokenizer|"
    r"llm|model_defaults|sortformer_modules|aggregator|modality_adapter|ctc|rnnt|postencoder|preencoder|trainer|"
    r"exp_manager|hydra)\d*(?:_conf|_config|_args|_list)?|(?:valid|validation|dev|test|eval|cv)(?:_\w+)?",
    re.I,
)


@record
class UnreadKey:
    """A section or a key of a configuration that was not read.

    Parameters
    ----------
    path : str
        Its dotted path.
    n_values : int >= 0
        Number of values below it; 0 for a value.
    is_near : bool
        Whether it may affect the sound, by its section or its name.
    nearest : str
        The known key that may have been meant; empty if none is similar.

    Examples
    --------
    >>> UnreadKey("optim", 14).words
    'optim (14 values)'
    """

    path: str
    n_values: int = 0
    is_near: bool = False
    nearest: str = ""

    @property
    def words(self) -> str:
        """The path with the number of values."""
        details = [f"{self.n_values} value{'' if self.n_values == 1 else 's'}"] if self.n_values else []
        details += [f"did you mean {self.nearest!r:.80}?"] if self.nearest else []
        return f"{self.path} ({', '.join(details)})" if details else self.path


class ReadPlaces:
    """Records which places of a configuration were read.

    Examples
    --------
    >>> places = ReadPlaces()
    >>> places.note_value(("specaug_conf", "num_freq_mask"))
    >>> data = {"specaug_conf": {"num_freq_mask": 2, "n_freq_mask": 3}, "optim": {"lr": 1.0, "betas": [0.9, 0.98]}}
    >>> [each.words for each in places.unread(data)]
    ['specaug_conf.n_freq_mask', 'optim (2 values)']
    """

    def __init__(self) -> None:
        self._values: set[Place] = set()
        self._opened: set[Place] = {()}
        self._known: dict[Place, set[str]] = {}
        self._targets: dict[Place, Place] = {}

    def note_value(self, place: Place) -> None:
        """Record that everything at a place was read."""
        for each in self._same(place):
            self._values.add(each)
            self._opened.update(each[:i] for i in range(len(each)))

    def note_known(self, place: Place, keys: Collection[str]) -> None:
        """Record that a section affects the sound, and which of its keys are known."""
        for each in self._same(place):
            self._opened.update(each[:i] for i in range(len(each) + 1))
            self._known.setdefault(each, set()).update(keys)
            self._values.update((*each, key) for key in keys)

    def note_reference(self, place: Place, target: Place, value: Any) -> None:
        """Record that a place refers to another, and its value."""
        if place != target:
            self._targets[place] = target
        if _inside(value) is None:
            self.note_value(target)
        else:
            self._values.add(place)

    def _same(self, place: Place) -> Iterator[Place]:
        """Yield the place, and the places that it refers to, also through other references."""
        places, pending = {place}, [place]
        while pending:
            each = pending.pop()
            yield each
            targets = ((i, self._targets.get(each[:i])) for i in range(len(each) + 1))
            others = {(*target, *each[i:]) for i, target in targets if target is not None} - places
            new = [at for at in others if len(at) <= _MAX_LEVELS][:_MAX_SAME_TARGETS]
            places.update(new)
            pending += new if len(places) <= _MAX_SAME_TARGETS else []

    def unread(self, data: Mapping[str, Any]) -> tuple[UnreadKey, ...]:
        """List what was not read, keys that may affect the sound first; beyond the bound, the last entry is a count."""
        entries = sorted(self._walk(data, ()), key=lambda each: not each.is_near)
        if len(entries) <= _MAX_UNREAD_KEYS:
            return tuple(entries)
        rest = sum(each.n_values or 1 for each in entries[_MAX_UNREAD_KEYS:])
        return (*entries[:_MAX_UNREAD_KEYS], UnreadKey("...", rest))

    def _walk(self, value: Any, place: Place) -> Iterator[UnreadKey]:
        if place in self._values:
            return
        inside = _inside(value)
        if place in self._opened and inside is not None:
            for key, value_there in inside:
                yield from self._walk(value_there, (*place, key))
            return
        siblings = self._known.get(place[:-1])
        if siblings is not None or (_is_of_sound(place[-1]) and not any(map(_OTHER_SECTION.fullmatch, place[:-1]))):
            close = difflib.get_close_matches(place[-1], siblings or (), n=1)
            yield UnreadKey(_path(place), _count(value), True, *close)
            return
        near = list(_near_below(value, place))
        n_values = _count(value)
        rest = n_values - sum(each.n_values or 1 for each in near)
        yield from near
        if rest > 0 or not n_values:
            yield UnreadKey(_path(place), rest)


def _near_below(value: Any, place: Place) -> Iterator[UnreadKey]:
    if _OTHER_SECTION.fullmatch(place[-1]):
        return
    for key, inner in _inside(value) or ():
        at = (*place, key)
        if _is_of_sound(key):
            yield UnreadKey(_path(at), _count(inner), True)
        else:
            yield from _near_below(inner, at)


def _is_of_sound(key: str) -> bool:
    return _SOUND_KEY.search(key) is not None


def _inside(value: Any) -> list[tuple[str, Any]] | None:
    """Return the entries of a mapping, or of a list of mappings; None for other values."""
    if isinstance(value, Tagged):
        value = value.value
    if isinstance(value, dict):
        return [(str(key), inner) for key, inner in value.items()]
    if isinstance(value, list) and any(_inside(inner) is not None for inner in value):
        return [(str(i), inner) for i, inner in enumerate(value)]
    return None


def _count(value: Any) -> int:
    """Return the number of values below; 0 for a value."""
    inside = _inside(value)
    return 0 if inside is None else sum(_count(inner) or 1 for _, inner in inside)


def _path(place: Place) -> str:
    path = printable(".".join(place))
    return path if len(path) <= _MAX_PATH_LENGTH else f"{path[: _MAX_PATH_LENGTH - 3]}..."


def unread_in_words(unread: Sequence[UnreadKey], most: int = 24) -> tuple[str, ...]:
    """Return a line about keys that may affect the sound and one about the rest, each with at most ``most`` paths.

    Examples
    --------
    >>> unread_in_words([UnreadKey("specaug_conf.n_mask", 0, True), UnreadKey("optim", 14), UnreadKey("seed")])
    ('not read, but may affect the sound: specaug_conf.n_mask', 'not read: optim (14 values), seed')
    """
    lines = []
    for is_near, head in ((True, "not read, but may affect the sound"), (False, "not read")):
        paths = [each.words for each in unread if each.is_near == is_near]
        if paths:
            more = f", and {len(paths) - most} more" if len(paths) > most else ""
            lines.append(f"{head}: {', '.join(paths[:most])}{more}")
    return tuple(lines)
