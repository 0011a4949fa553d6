"""The contents of a SpeechBrain recipe: the objects of its HyperPyYAML, its front-end and its ``Augmenter`` [1]_.

Objects are found by their tags and never created; only their arguments are read.

References
----------
.. [1] ``speechbrain/augment/augmenter.py``, ``speechbrain/lobes/features.py``, ``speechbrain/processing/features.py``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .._yaml import Tagged
from ..augment.policy import Policy
from ..errors import ParameterError
from ..frontends import MelFrontend
from .argument_types import Count, LeastOne, Number, SampleRate, Share
from .config import Config, Section
from .references import Place

__all__ = [
    "HyperObject",
    "enabled_entries",
    "find_augmenter",
    "objects_in",
    "read_frontend",
    "read_n_applied",
    "refuse_networks",
    "with_repeats",
]

_FBANK_KEYS = (
    *("deltas", "context", "requires_grad", "sample_rate", "f_min", "f_max", "n_fft", "n_mels", "filter_shape"),
    *("param_change_factor", "param_rand_factor", "left_frames", "right_frames", "win_length", "hop_length"),
)
_NETWORK_NAMES = re.compile(r"wav2vec|w2v|hubert|wavlm|data2vec|weightedssl|encodec|discrete|codec", re.I)


class HyperObject(NamedTuple):
    """A value with a tag, such as ``!new:speechbrain.lobes.features.Fbank``, and its place in the file."""

    place: Place
    tagged: Tagged

    @property
    def tag(self) -> str:
        """The tag in front of the arguments."""
        return self.tagged.tag

    @property
    def class_name(self) -> str:
        """The class name without its module."""
        return self.tag.rsplit(".", 1)[-1]

    @property
    def path(self) -> str:
        """The dotted path."""
        return ".".join(self.place)

    def section(self, config: Config) -> Section:
        """Return the arguments as a section; raise a ParameterError unless they are names and values."""
        value = self.tagged.value
        if isinstance(value, dict) or value in ("", None):
            return Section(config, value or {}, self.place)
        raise ParameterError(f"{self.path}: {self.tag} is followed by {value!r:.60}; allowed are names and values")


def objects_in(value: Any, place: Place = ()) -> Iterator[HyperObject]:
    """Yield all values with tags, nested ones too."""
    if isinstance(value, Tagged):
        yield HyperObject(place, value)
        value = value.value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from objects_in(inner, (*place, str(key)))


def refuse_networks(objects: Sequence[HyperObject]) -> None:
    """Refuse a recipe without a filterbank whose masks fall on the output of a network."""
    if any(each.class_name in ("Fbank", "STFT") for each in objects):
        return
    for each in objects:
        if _NETWORK_NAMES.search(each.class_name):
            raise ParameterError(
                f"{each.path}={each.tag[:80]}: the file has no Fbank, and the output of a network is not a mel "
                "spectrogram, so the masks cannot be heard"
            )


def read_frontend(config: Config, objects: Sequence[HyperObject]) -> MelFrontend | None:
    """Read the front-end of the first ``Fbank`` and ``InputNormalization``; None, with a note, if it is unsupported."""
    first = {each.class_name: each for each in reversed(objects)}
    if "Fbank" not in first and "MFCC" in first:
        mfcc = first["MFCC"]
        raise ParameterError(
            f"{mfcc.path}={mfcc.tag[:80]}: cepstral coefficients are not a mel spectrogram, so the masks cannot be "
            "heard; allowed is Fbank"
        )
    if "Fbank" not in first:
        config.reject_frontend("the file has no Fbank")
        return None
    section = first["Fbank"].section(config)
    section.mark_known(_FBANK_KEYS)
    rate = section.get_noted("sample_rate", SampleRate, 16000)
    normalize = None
    if "InputNormalization" in first:
        normalize = "sentence"
        kind = first["InputNormalization"].section(config).get_noted("norm_type", str, "global")
        if kind != "sentence":
            config.notes.append(f"norm_type: {kind}: its statistics are not in the file; those of each clip are used")
    for key in ("deltas", "context"):
        if section.get(key, bool, False):
            raise ParameterError(
                f"{section.prefix}{key}=True: features of several frames are not a mel spectrogram; allowed is false"
            )
    changes: dict[str, Any] = {
        "sample_rate": rate,
        "n_fft": section.get_noted("n_fft", LeastOne, 400),
        "win_length": round(section.get_noted("win_length", Number, 25) * rate / 1000),
        "hop_length": round(section.get_noted("hop_length", Number, 10) * rate / 1000),
        "n_mels": section.get_noted("n_mels", LeastOne, 40),
        "fmin_hz": float(section.get("f_min", Number, 0)),
        "fmax_hz": section.get_float("f_max"),
        "normalize": normalize,
    }
    if section.get("filter_shape", str, "triangular") != "triangular":
        config.reject_frontend(f"{section.prefix}filter_shape: only triangular filters are supported")
        return None
    return config.preset("speechbrain", section.keys(fmin_hz="f_min", fmax_hz="f_max"), **changes)


def find_augmenter(
    config: Config, objects: Sequence[HyperObject], classes: Collection[str]
) -> tuple[Section, list[tuple[Place, Any]]] | None:
    """Return the ``Augmenter`` that lists objects of the given classes, and the places and values of all that it lists.

    Raise a ParameterError for several that list different things.
    """
    augmenters = []
    for each in objects:
        if each.class_name != "Augmenter":
            continue
        section = each.section(config)
        entries: list[tuple[Place, Any]] = []
        for number, entry in enumerate(section.entries("augmentations")):
            at: Place = (*each.place, "augmentations", str(number))
            if isinstance(entry, Tagged) and entry.tag in ("!ref", "!copy"):
                entries.append((tuple(str(entry.value).strip("<> ").split(".")), config.resolve(entry, at)))
            else:
                entries.append((at, entry))
        tagged = [HyperObject(at, entry) for at, entry in entries if isinstance(entry, Tagged)]
        if any(entry.class_name in classes for entry in tagged):
            augmenters.append((section, entries))
    if len({repr(entries) for _, entries in augmenters}) > 1:
        names = ", ".join(section.path for section, _ in augmenters)[:200]
        raise ParameterError(
            f"{names}: each lists masks or a warp of the spectrogram, and the training script decides which one runs; "
            "keep only that one"
        )
    return augmenters[0] if augmenters else None


def enabled_entries(augmenter: Section, entries: Sequence[tuple[Place, Any]]) -> Iterator[tuple[Place, Any]]:
    """Yield the entries of an ``Augmenter``'s list that are switched on."""
    flags = augmenter.get("enable_augmentations", list | None)
    flags = [True] * len(entries) if flags is None else flags
    if len(flags) != len(entries) or not all(isinstance(flag, bool) for flag in flags):
        raise ParameterError(
            f"{augmenter.prefix}enable_augmentations={flags!r:.80}: allowed is true or false for each of the "
            f"{len(entries)} augmentations"
        )
    for entry, is_on in zip(entries, flags, strict=True):
        if is_on:
            yield entry
        else:
            augmenter.note_key("enable_augmentations", f"{'.'.join(entry[0])} is switched off")


def read_n_applied(augmenter: Section, n_listed: int, n: int) -> tuple[int, int]:
    """Read how many augmentations are applied at least and at most, out of ``n`` that are switched on.

    Both are bounded by the number of listed ones, which includes those that are switched off.
    """
    least = augmenter.get_noted("min_augmentations", Count | None, None)
    most = augmenter.get_noted("max_augmentations", Count | None, None)
    least, most = min(1 if least is None else least, n_listed), min(n_listed if most is None else most, n_listed)
    if most < least:
        augmenter.note_key("max_augmentations", f"below min_augmentations; SpeechBrain raises it to {least}")
        most = least
    if least < most > n:
        augmenter.note_key(
            "max_augmentations", f"{most}, including those that are switched off; {n} to {most} all apply {n}"
        )
    return least, most


def with_repeats(section: Section, policy: Policy) -> Policy:
    """Return the policy for one clip of a batch that holds several copies of it, as an ``Augmenter``'s section says."""
    policy = replace(policy, probability=float(section.get_noted("augment_prob", Share, 1.0)))
    if section.get_noted("parallel_augment", bool, False) and len(policy.transforms) > 1:
        least, most = policy.n_applied or (0, 0)
        is_even = policy.is_shuffled or least >= len(policy.transforms)
        section.note_key(
            "parallel_augment",
            "each augmentation is applied to its own copy; a draw here is one of "
            "these copies"
            + ("" if is_even else f", all equally likely, although SpeechBrain uses the first {least} more often"),
        )
        if section.get("parallel_augment_fixed_bs", bool, False):
            section.note_key("parallel_augment_fixed_bs", "each clip is in only one of the copies")
        policy = replace(policy, n_applied=(min(1, most), 1), is_shuffled=True)
    if section.get("concat_original", bool, False):
        section.note_key("concat_original", "the unchanged clip is also in the batch, unless augmentation is skipped")
    for key in ("augment_start_index", "augment_end_index"):
        if section.get(key, Count | None):
            section.note_key(key, "examples of the batch on one side of it are not augmented")
    repeats = section.get("repeat_augment", Count, 1)
    if repeats == 0:
        section.note_key("repeat_augment", "0: nothing is augmented")
        return replace(policy, transforms=(), n_applied=None, is_shuffled=False)
    if repeats > 1:
        section.note_key("repeat_augment", f"{repeats} copies with the same augmentations, each with its own draw")
    return policy
