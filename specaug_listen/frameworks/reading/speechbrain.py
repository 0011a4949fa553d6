"""SpeechBrain's HyperPyYAML: the ``Augmenter`` over features, ``Fbank``, ``InputNormalization``; nothing is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..._yaml import Tagged
from ...augment.masks import Mask, Warp
from ...augment.policy import NONE, Policy
from ...errors import ParameterError
from ...frontends import MelFrontend
from ..speechbrain import speechbrain_drop, speechbrain_legacy_policy, speechbrain_warp
from .arguments import SPEECHBRAIN_DROP, SPEECHBRAIN_LEGACY, SPEECHBRAIN_WARP
from .config import Config, Found, Section
from .fields import COUNT, FLAG, LEAST_ONE, LIST, NUMBER, RATE, SHARE, TEXT, or_none

__all__ = ["read_speechbrain", "read_speechbrain_legacy"]

_DROP, _WARP, _LEGACY = "SpectrogramDrop", "Warping", "SpecAugment"
_AUGMENTER = "Augmenter"
_OF_WAVEFORM = (
    *(
        "TimeDomainSpecAugment",
        "EnvCorrupt",
        "SpeedPerturb",
        "DropFreq",
        "DropChunk",
        "AddNoise",
        "AddReverb",
        "AddBabble",
    ),
    *("FastDropChunk", "DoClip", "RandAmp", "ChannelDrop", "ChannelSwap", "CutCat", "DropBitResolution", "SignFlip"),
)
_OF_FBANK = (
    *("deltas", "context", "requires_grad", "sample_rate", "f_min", "f_max", "n_fft", "n_mels", "filter_shape"),
    *("param_change_factor", "param_rand_factor", "left_frames", "right_frames", "win_length", "hop_length"),
)
_NETWORKS = re.compile(r"wav2vec|w2v|hubert|wavlm|data2vec|weightedssl|encodec|discrete|codec", re.I)
# In place of what cannot be drawn here, where it matters how many there are.
_NOTHING = Mask("time", 0, max_width=0)


def read_speechbrain(config: Config) -> Found:
    """The policy and the front-end of a recipe's hyper-parameters."""
    made = list(_made(config.data, ()))
    left = sorted(
        {tagged.tag for _, tagged in _tags(config.data, ()) if tagged.tag.startswith(("!apply:", "!include:"))}
    )
    if left:
        config.notes.append(f"not executed, and what they would give is not seen: {', '.join(left)[:300]}")
    waveform = sorted({_class(tagged) for _, tagged in made} & set(_OF_WAVEFORM))
    for place, tagged in made:
        if _class(tagged) in _OF_WAVEFORM:
            config.reading.value(place)
    if waveform:
        config.notes.append(f"of the waveform, before the mel, left out: {', '.join(waveform)}")
    old = [_section(config, at, tagged) for at, tagged in made if _class(tagged) == _LEGACY]
    new = [(at, tagged) for at, tagged in made if _class(tagged) in (_DROP, _WARP)]
    frontend = _frontend(config, made)
    augmenter = _augmenter(config, made)
    listed = [entry for _, entry in augmenter[1]] if augmenter else []
    _note_unlisted(config, [each for each in new if not any(each[1] is entry for entry in listed)])
    if augmenter is not None:
        _refuse_latents(made)
        return Found(_augmented(config, *augmenter), frontend)
    if old:
        return Found(_legacy(config, old[0]), frontend)
    if not new:
        bare = _bare(config)
        if bare is not None:
            return Found(bare, frontend)
        config.notes.append("the file makes no SpectrogramDrop, Warping or SpecAugment: nothing is masked")
    return Found(Policy(NONE.transforms, config.name, dialect="speechbrain"), frontend)


def _refuse_latents(made: list[tuple[tuple[str, ...], Tagged]]) -> None:
    """Where no filterbank is made, but a network that takes the waveform, its output is what is masked."""
    if any(_class(tagged) in ("Fbank", "STFT") for _, tagged in made):
        return
    for place, tagged in made:
        if _NETWORKS.search(_class(tagged)):
            raise ParameterError(
                f"{'.'.join(place)}={tagged.tag[:80]}: the file makes no Fbank, and what a network makes of the "
                "waveform is no mel spectrogram, so the masks cannot be heard"
            )


def _note_unlisted(config: Config, unlisted: list[tuple[tuple[str, ...], Tagged]]) -> None:
    """What no Augmenter lists is made, with its arguments checked, and not applied."""
    for place, tagged in unlisted:
        _transform(_class(tagged), _section(config, place, tagged))
    if unlisted:
        names = ", ".join(".".join(place) for place, _ in unlisted)[:200]
        config.notes.append(
            f"{names}: masks nothing, as no Augmenter lists it: SpeechBrain applies what an Augmenter's augmentations "
            "list"
        )


def read_speechbrain_legacy(config: Config) -> Found:
    """The same for the bare arguments of the old ``SpecAugment``, or a recipe of its time."""
    if any(isinstance(value, Tagged) for value in config.data.values()):
        return read_speechbrain(config)
    return Found(_legacy(config, config.root), config.preset("speechbrain"))


def _bare(config: Config) -> Policy | None:
    keys = set(config.data)
    if not keys & ({*SPEECHBRAIN_DROP, *SPEECHBRAIN_WARP} - {"dim"}):
        return None
    name = _WARP if keys & {"warp_window", "warp_mode"} else _DROP
    return Policy((_transform(name, config.root),), config.name, dialect="speechbrain")


def _tags(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Tagged]]:
    if isinstance(value, Tagged):
        yield place, value
        value = value.value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inside:
        yield from _tags(held, (*place, str(key)))


def _made(data: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Tagged]]:
    return ((at, tagged) for at, tagged in _tags(data, place) if tagged.tag.startswith("!new:"))


def _class(tagged: Tagged) -> str:
    return tagged.tag.rsplit(".", 1)[-1]


def _section(config: Config, place: tuple[str, ...], tagged: Tagged) -> Section:
    if isinstance(tagged.value, dict):
        return Section(config, tagged.value, place)
    if tagged.value in ("", None):
        return Section(config, {}, place)
    raise ParameterError(
        f"{'.'.join(place)}: {tagged.tag} is followed by {tagged.value!r:.60}; allowed are names and values"
    )


def _augmenter(
    config: Config, made: list[tuple[tuple[str, ...], Tagged]]
) -> tuple[Section, list[tuple[tuple[str, ...], Tagged]]] | None:
    """The Augmenter that holds masks or a warp of the spectrogram, and what it holds."""
    holding = []
    for place, tagged in made:
        if _class(tagged) != _AUGMENTER:
            continue
        section = _section(config, place, tagged)
        held = section.entries("augmentations")
        found = []
        for number, entry in enumerate(held):
            at: tuple[str, ...] = (*place, "augmentations", str(number))
            if isinstance(entry, Tagged) and entry.tag in ("!ref", "!copy"):
                entry, at = config.resolved(entry, at), tuple(str(entry.value).strip("<> ").split("."))
            found.append((at, entry))
        if any(isinstance(entry, Tagged) and _class(entry) in (_DROP, _WARP) for _, entry in found):
            holding.append((section, found))
    if len({repr(found) for _, found in holding}) > 1:
        names = ", ".join(section.where[:-1] for section, _ in holding)[:200]
        raise ParameterError(
            f"{names}: each lists masks or a warp of the spectrogram, and the training script decides which one runs; "
            "keep that one"
        )
    return holding[0] if holding else None


def _augmented(config: Config, section: Section, held: list[tuple[tuple[str, ...], Tagged]]) -> Policy:
    transforms: list[Mask | Warp] = []
    for place, entry in _enabled(section, held):
        if not isinstance(entry, Tagged) or _class(entry) not in (_DROP, _WARP):
            said = entry.tag if isinstance(entry, Tagged) else repr(entry)[:60]
            section.note(f"{'.'.join(place)}: {said} is no mask or warp of a spectrogram; it only keeps its place")
            transforms.append(_NOTHING)
            continue
        transforms.append(_transform(_class(entry), _section(config, place, entry)))
    n_applied = _n_applied(section, len(held), len(transforms))
    is_shuffled = section.get("shuffle_augmentations", FLAG, False) and len(transforms) > 1
    if n_applied[1] < len(transforms) and not is_shuffled:
        section.note(
            f"{section.where}max_augmentations: {n_applied[1]} of {len(transforms)}: those after the first "
            f"{n_applied[1]} never run"
        )
    if is_shuffled or n_applied[0] < len(transforms):
        kept = transforms
    else:
        kept = [each for each in transforms if each is not _NOTHING]
        n_applied = (len(kept), len(kept))
    policy = Policy(tuple(kept), config.name, dialect="speechbrain", n_applied=n_applied, is_shuffled=is_shuffled)
    return _repeated(section, policy)


def _n_applied(section: Section, n_listed: int, n: int) -> tuple[int, int]:
    """The fewest and the most; both are bounded by the number that is listed, with those that are switched off."""
    least = section.take("min_augmentations", or_none(COUNT), None)
    most = section.take("max_augmentations", or_none(COUNT), None)
    least, most = min(1 if least is None else least, n_listed), min(n_listed if most is None else most, n_listed)
    if most < least:
        section.note(f"{section.where}max_augmentations: less than the fewest; SpeechBrain raises it to {least}")
        most = least
    if least < most > n:
        section.note(
            f"{section.where}max_augmentations: {most}, with those that are switched off; {n} to {most} are all {n}"
        )
    return least, most


def _enabled(section: Section, held: list[tuple[tuple[str, ...], Tagged]]) -> Iterator[tuple[tuple[str, ...], Tagged]]:
    flags = section.get("enable_augmentations", or_none(LIST))
    flags = [True] * len(held) if flags is None else flags
    if len(flags) != len(held) or not all(isinstance(flag, bool) for flag in flags):
        raise ParameterError(
            f"{section.where}enable_augmentations={list(flags)!r:.80}: allowed is true or false for each of the "
            f"{len(held)} augmentations"
        )
    for entry, is_on in zip(held, flags, strict=True):
        if is_on:
            yield entry
        else:
            section.note(f"{section.where}enable_augmentations: {'.'.join(entry[0])} is switched off")


def _repeated(section: Section, policy: Policy) -> Policy:
    """What becomes of one clip, where a batch holds several copies of it."""
    policy = replace(policy, probability=float(section.take("augment_prob", SHARE, 1.0)))
    if section.take("parallel_augment", FLAG, False) and len(policy.transforms) > 1:
        least, most = policy.n_applied or (0, 0)
        is_even = policy.is_shuffled or least >= len(policy.transforms)
        section.note(
            f"{section.where}parallel_augment: each augmentation goes to a copy of its own; a draw here is one of "
            "these copies"
            + ("" if is_even else f", all of them equally often, while the first {least} are there more often")
        )
        if section.get("parallel_augment_fixed_bs", FLAG, False):
            section.note(f"{section.where}parallel_augment_fixed_bs: a clip is in one of the copies only")
        policy = replace(policy, n_applied=(min(1, most), 1), is_shuffled=True)
    if section.get("concat_original", FLAG, False):
        section.note(
            f"{section.where}concat_original: the clip as it was is in the batch too, where others are not skipped"
        )
    for key in ("augment_start_index", "augment_end_index"):
        if section.get(key, or_none(COUNT)):
            section.note(f"{section.where}{key}: examples of the batch on one side of it are left out of it")
    repeats = section.get("repeat_augment", COUNT, 1)
    if repeats == 0:
        section.note(f"{section.where}repeat_augment: 0: nothing is done")
        return replace(policy, transforms=(), n_applied=None, is_shuffled=False)
    if repeats > 1:
        section.note(
            f"{section.where}repeat_augment: {repeats} copies, each with a draw of its own, of the same augmentations"
        )
    return policy


def _transform(name: str, section: Section) -> Mask | Warp:
    if name == _WARP:
        return section.made(speechbrain_warp, section.arguments(speechbrain_warp, SPEECHBRAIN_WARP))
    return section.made(speechbrain_drop, section.arguments(speechbrain_drop, SPEECHBRAIN_DROP))


def _legacy(config: Config, section: Section) -> Policy:
    arguments = section.arguments(speechbrain_legacy_policy, SPEECHBRAIN_LEGACY)
    if arguments["time_mask"] and arguments["time_mask_ratio"] > 0 and "time_mask_width" in section:
        section.note(f"{section.where}time_mask_width: without effect, time_mask_ratio replaces it")
    return section.made(speechbrain_legacy_policy, arguments, name=config.name)


def _frontend(config: Config, made: list[tuple[tuple[str, ...], Tagged]]) -> MelFrontend | None:
    classes = {_class(tagged): (place, tagged) for place, tagged in reversed(made)}
    if "Fbank" not in classes and "MFCC" in classes:
        place, tagged = classes["MFCC"]
        raise ParameterError(
            f"{'.'.join(place)}={tagged.tag[:80]}: cepstral coefficients are no mel spectrogram, so the masks cannot "
            "be heard; allowed is Fbank"
        )
    if "Fbank" not in classes:
        config.no_frontend("the file makes no Fbank")
        return None
    section = _section(config, *classes["Fbank"])
    section.knows(_OF_FBANK)
    rate = section.take("sample_rate", RATE, 16000)
    ms = rate / 1000
    normalize = None
    if "InputNormalization" in classes:
        normalize = "sentence"
        kind = _section(config, *classes["InputNormalization"]).take("norm_type", TEXT, "global")
        if kind != "sentence":
            config.notes.append(f"norm_type: {kind}: its statistics are not in the file; each clip's own are taken")
    for key in ("deltas", "context"):
        if section.get(key, FLAG, False):
            raise ParameterError(f"{section.where}{key}=True: features of several frames are no mel; allowed is false")
    changes: dict[str, Any] = {
        "sample_rate": rate,
        "n_fft": section.take("n_fft", LEAST_ONE, 400),
        "win_length": round(section.take("win_length", NUMBER, 25) * ms),
        "hop_length": round(section.take("hop_length", NUMBER, 10) * ms),
        "n_mels": section.take("n_mels", LEAST_ONE, 40),
        "fmin_hz": float(section.get("f_min", NUMBER, 0)),
        "fmax_hz": _float_or_none(section.get("f_max", or_none(NUMBER))),
        "normalize": normalize,
    }
    if section.get("filter_shape", TEXT, "triangular") != "triangular":
        config.no_frontend(f"{section.where}filter_shape: other filters than triangles cannot be had here")
        return None
    return config.preset("speechbrain", section.keys(fmin_hz="f_min", fmax_hz="f_max"), **changes)


def _float_or_none(value: float | None) -> float | None:
    return None if value is None else float(value)
