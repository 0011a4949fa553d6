"""What a SpeechBrain recipe holds: the objects that its HyperPyYAML would make, its front-end, its ``Augmenter`` [1]_.

Nothing is made: objects are found by their tags, and their arguments read.

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
from .config import Config, Section
from .fields import Count, LeastOne, Number, SampleRate, Share
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
    """A value with a tag, such as ``!new:speechbrain.lobes.features.Fbank``, and where it stands.

    Parameters
    ----------
    place : tuple of str
    tagged : Tagged
    """

    place: Place
    tagged: Tagged

    @property
    def tag(self) -> str:
        """What stands before the arguments."""
        return self.tagged.tag

    @property
    def class_name(self) -> str:
        """The name of the class without its module."""
        return self.tag.rsplit(".", 1)[-1]

    @property
    def where(self) -> str:
        """The keys that lead to it, with points between."""
        return ".".join(self.place)

    def section(self, config: Config) -> Section:
        """Return the arguments as a section.

        Raises
        ------
        ParameterError
            When something else than names and values follows the tag.
        """
        value = self.tagged.value
        if isinstance(value, dict) or value in ("", None):
            return Section(config, value or {}, self.place)
        raise ParameterError(f"{self.where}: {self.tag} is followed by {value!r:.60}; allowed are names and values")


def objects_in(value: Any, place: Place = ()) -> Iterator[HyperObject]:
    """Find all values with tags, those within others too."""
    if isinstance(value, Tagged):
        yield HyperObject(place, value)
        value = value.value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from objects_in(inner, (*place, str(key)))


def refuse_networks(objects: Sequence[HyperObject]) -> None:
    """Refuse a recipe without a filterbank whose masks fall on what a network makes of the waveform."""
    if any(each.class_name in ("Fbank", "STFT") for each in objects):
        return
    for each in objects:
        if _NETWORK_NAMES.search(each.class_name):
            raise ParameterError(
                f"{each.where}={each.tag[:80]}: the file makes no Fbank, and what a network makes of the "
                "waveform is no mel spectrogram, so the masks cannot be heard"
            )


def read_frontend(config: Config, objects: Sequence[HyperObject]) -> MelFrontend | None:
    """Read the front-end of the first ``Fbank`` and ``InputNormalization``, or say why there is none."""
    first = {each.class_name: each for each in reversed(objects)}
    if "Fbank" not in first and "MFCC" in first:
        mfcc = first["MFCC"]
        raise ParameterError(
            f"{mfcc.where}={mfcc.tag[:80]}: cepstral coefficients are no mel spectrogram, so the masks cannot "
            "be heard; allowed is Fbank"
        )
    if "Fbank" not in first:
        config.no_frontend("the file makes no Fbank")
        return None
    section = first["Fbank"].section(config)
    section.mark_known(_FBANK_KEYS)
    rate = section.get_noted("sample_rate", SampleRate, 16000)
    normalize = None
    if "InputNormalization" in first:
        normalize = "sentence"
        kind = first["InputNormalization"].section(config).get_noted("norm_type", str, "global")
        if kind != "sentence":
            config.notes.append(f"norm_type: {kind}: its statistics are not in the file; each clip's own are taken")
    for key in ("deltas", "context"):
        if section.get(key, bool, False):
            raise ParameterError(f"{section.where}{key}=True: features of several frames are no mel; allowed is false")
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
        config.no_frontend(f"{section.where}filter_shape: other filters than triangles cannot be had here")
        return None
    return config.preset("speechbrain", section.keys(fmin_hz="f_min", fmax_hz="f_max"), **changes)


def find_augmenter(
    config: Config, objects: Sequence[HyperObject], classes: Collection[str]
) -> tuple[Section, list[tuple[Place, Any]]] | None:
    """Find the ``Augmenter`` that lists objects of some classes, and all that it lists, each with its place.

    Raises
    ------
    ParameterError
        Where there are several that list different things.
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
        names = ", ".join(section.where[:-1] for section, _ in augmenters)[:200]
        raise ParameterError(
            f"{names}: each lists masks or a warp of the spectrogram, and the training script decides which one runs; "
            "keep that one"
        )
    return augmenters[0] if augmenters else None


def enabled_entries(augmenter: Section, entries: Sequence[tuple[Place, Any]]) -> Iterator[tuple[Place, Any]]:
    """Leave out of an ``Augmenter``'s list what is switched off."""
    flags = augmenter.get("enable_augmentations", list | None)
    flags = [True] * len(entries) if flags is None else flags
    if len(flags) != len(entries) or not all(isinstance(flag, bool) for flag in flags):
        raise ParameterError(
            f"{augmenter.where}enable_augmentations={flags!r:.80}: allowed is true or false for each of the "
            f"{len(entries)} augmentations"
        )
    for entry, is_on in zip(entries, flags, strict=True):
        if is_on:
            yield entry
        else:
            augmenter.note(f"{augmenter.where}enable_augmentations: {'.'.join(entry[0])} is switched off")


def read_n_applied(augmenter: Section, n_listed: int, n: int) -> tuple[int, int]:
    """Read the fewest and the most that are applied of ``n`` that are switched on.

    Both are bounded by the number that is listed, with those that are switched off.
    """
    least = augmenter.get_noted("min_augmentations", Count | None, None)
    most = augmenter.get_noted("max_augmentations", Count | None, None)
    least, most = min(1 if least is None else least, n_listed), min(n_listed if most is None else most, n_listed)
    if most < least:
        augmenter.note(f"{augmenter.where}max_augmentations: less than the fewest; SpeechBrain raises it to {least}")
        most = least
    if least < most > n:
        augmenter.note(
            f"{augmenter.where}max_augmentations: {most}, with those that are switched off; {n} to {most} are all {n}"
        )
    return least, most


def with_repeats(section: Section, policy: Policy) -> Policy:
    """Return what becomes of one clip, where a batch holds several copies of it, by an ``Augmenter``'s section."""
    policy = replace(policy, probability=float(section.get_noted("augment_prob", Share, 1.0)))
    if section.get_noted("parallel_augment", bool, False) and len(policy.transforms) > 1:
        least, most = policy.n_applied or (0, 0)
        is_even = policy.is_shuffled or least >= len(policy.transforms)
        section.note(
            f"{section.where}parallel_augment: each augmentation goes to a copy of its own; a draw here is one of "
            "these copies"
            + ("" if is_even else f", all of them equally often, while the first {least} are there more often")
        )
        if section.get("parallel_augment_fixed_bs", bool, False):
            section.note(f"{section.where}parallel_augment_fixed_bs: a clip is in one of the copies only")
        policy = replace(policy, n_applied=(min(1, most), 1), is_shuffled=True)
    if section.get("concat_original", bool, False):
        section.note(
            f"{section.where}concat_original: the clip as it was is in the batch too, where others are not skipped"
        )
    for key in ("augment_start_index", "augment_end_index"):
        if section.get(key, Count | None):
            section.note(f"{section.where}{key}: examples of the batch on one side of it are left out of it")
    repeats = section.get("repeat_augment", Count, 1)
    if repeats == 0:
        section.note(f"{section.where}repeat_augment: 0: nothing is done")
        return replace(policy, transforms=(), n_applied=None, is_shuffled=False)
    if repeats > 1:
        section.note(
            f"{section.where}repeat_augment: {repeats} copies, each with a draw of its own, of the same augmentations"
        )
    return policy
