"""Waveform augmentation with audiomentations, before the mel is computed, drawn under a seed."""

from __future__ import annotations

import copy
import dataclasses
import os
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from .._files import printable
from .._imports import require
from .._records import Seed, record, record_key
from .._rng import as_seed, fingerprint, seeded_randomness
from .._standard_streams import hold_prints, silence_c_output
from .._yaml import read_plain
from ..audio.audio_in_memory import Audio
from ..errors import ParameterError, PolicyError, error_context
from .audiomentations import (
    DrawnTransform,
    WaveformTransform,
    build_stage,
    describe,
    failing_transform,
    last_parameters,
    parse_entry,
)

__all__ = ["Waveform", "WaveformDraw", "get_waveform", "read_waveform"]

Real = npt.NDArray[np.float32]
Original: TypeAlias = Annotated[SkipJsonSchema[Callable[..., Any] | None], Field(exclude=True)]


@record
class Waveform:
    """Transforms of audiomentations, applied to a clip (mono, at the front-end's rate) before its mel is computed.

    Parameters
    ----------
    transforms : sequence of WaveformTransform
        In the order of application.
    name : str
    is_rebuildable : bool
        Whether names and parameters describe the transforms completely; an object may have further state.
    original : callable or None
        The original audiomentations object; it is not written to files.

    Raises
    ------
    ParameterError
        If a value is not allowed.

    Examples
    --------
    >>> mask = Waveform((WaveformTransform("TimeMask", {"min_band_part": 0.1, "max_band_part": 0.2, "p": 1.0}),))
    >>> clip = Audio(np.sin(np.arange(16000) * 0.2), 16000)
    >>> draw = mask.draw(clip, rng=0)
    >>> draw.steps[0].name, 1600 <= draw.steps[0].parameters["t"] <= 3200
    ('TimeMask', True)
    >>> draw.apply(clip).n_samples
    16000
    """

    transforms: Annotated[tuple[WaveformTransform, ...], Field(strict=False, max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=100)] = "waveform"
    is_rebuildable: bool = True
    original: Original = dataclasses.field(default=None, compare=False, repr=False)

    def draw(self, audio: Audio, *, rng: int | np.random.Generator | None = None) -> WaveformDraw:
        """Draw the random parameters of all transforms for one clip.

        Parameters
        ----------
        audio : Audio
            A mono clip.
        rng : int, numpy.random.Generator or None

        Returns
        -------
        WaveformDraw

        Raises
        ------
        ParameterError
            If a transform does not exist, does not accept its parameters, fails, or changes the length.
        """
        seed = as_seed(rng)
        with error_context(f"waveform {self.name!r}"):
            result, parameters = _run(self._stage(), audio, seed)
            is_repeatable = self.is_rebuildable and np.array_equal(
                result.samples, _run(build_stage(self.transforms), audio, seed)[0].samples
            )
        version = str(require("audiomentations", purpose="waveform augmentation").__version__)
        return WaveformDraw(
            self.transforms,
            seed,
            parameters,
            _fingerprint(audio),
            _fingerprint(result),
            version,
            self.name,
            is_repeatable,
            result=types.SimpleNamespace(audio=result),
        )

    def _stage(self) -> Any:
        if self.original is None:
            return build_stage(self.transforms)
        # A copy, because a transform stores its last draw; in a Compose like that of `build_stage`, which draws, too.
        return require("audiomentations", purpose="waveform augmentation").Compose([copy.deepcopy(self.original)])


@record
class WaveformDraw:
    """One draw of a waveform stage for one clip.

    Parameters
    ----------
    transforms : tuple of WaveformTransform
    seed : int
        Seed that reproduces the draw.
    steps : tuple of DrawnTransform
        Parameters that each transform drew, in order; nested ones in place of their parent.
    input_fingerprint, output_fingerprint : str
        Of the clip before and after.
    audiomentations : str
        Version of audiomentations.
    name : str
    is_repeatable : bool
        Whether transforms that were rebuilt from names and parameters gave the same result.
    """

    transforms: Annotated[tuple[WaveformTransform, ...], Field(strict=False)]
    seed: Seed
    steps: Annotated[tuple[DrawnTransform, ...], Field(strict=False), record_key("steps", "drawn")]
    input_fingerprint: Annotated[str, record_key("input_fingerprint", "given")]
    output_fingerprint: Annotated[str, record_key("output_fingerprint", "made_of_it")]
    audiomentations: str
    name: str = "waveform"
    is_repeatable: bool = True
    result: Annotated[SkipJsonSchema[types.SimpleNamespace | None], Field(exclude=True)] = dataclasses.field(
        default=None, compare=False, repr=False
    )

    def apply(self, audio: Audio) -> Audio:
        """Transform a clip; the same clip and draw give the same bits.

        Parameters
        ----------
        audio : Audio

        Returns
        -------
        Audio

        Raises
        ------
        ParameterError
            If the transforms cannot be rebuilt, or give another result than when they were drawn.
        """
        is_same = _fingerprint(audio) == self.input_fingerprint
        if is_same and self.result is not None:
            held: Audio = self.result.audio
            return held
        with error_context(f"waveform {self.name!r}"):
            if not self.is_repeatable:
                raise ParameterError(
                    "was made from an object that cannot be rebuilt from names and parameters; audition it again in "
                    "Python"
                )
            after, _ = _run(build_stage(self.transforms), audio, self.seed)
            if is_same and _fingerprint(after) != self.output_fingerprint:
                now = require("audiomentations", purpose="waveform augmentation").__version__
                raise ParameterError(
                    "gives another result than when it was drawn, under audiomentations "
                    f"{self.audiomentations} (now {now}); the versions or files it reads differ"
                )
        return after


def get_waveform(source: Any) -> Waveform:
    """Make a waveform stage from a file or an audiomentations object.

    Parameters
    ----------
    source : Waveform, str, path-like or audiomentations object

    Returns
    -------
    Waveform

    Raises
    ------
    ParameterError
        For any other type.
    PolicyError
        If a file cannot be read.
    """
    if isinstance(source, Waveform):
        return source
    if isinstance(source, (str, os.PathLike)):
        return read_waveform(source)
    audiomentations = require("audiomentations", purpose="waveform augmentation")
    interface = require("audiomentations.core.transforms_interface", purpose="waveform augmentation")
    composition = require("audiomentations.core.composition", purpose="waveform augmentation")
    if not isinstance(source, (interface.BaseWaveformTransform, composition.BaseCompose)):
        raise ParameterError(
            f"waveform is {type(source).__name__}: expected audiomentations.Compose, one of its transforms, or a YAML "
            "file"
        )
    recipe, is_all = describe(source, audiomentations)
    name = getattr(source, "__name__", None) or type(source).__name__
    return Waveform((recipe,), str(name)[:100], is_all, source)


def read_waveform(path: str | os.PathLike[str]) -> Waveform:
    """Read a waveform stage from YAML or JSON: a list of transforms, or a mapping with ``transforms`` and ``name``.

    Only names of audiomentations transforms are allowed; nothing in the file is imported or run.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    Waveform

    Raises
    ------
    PolicyError
        With the file, the transform, the value and what is allowed, in one line.

    Examples
    --------
    ::

        - TimeMask: {min_band_part: 0.1, max_band_part: 0.2, p: 1.0}
        - OneOf:
            p: 0.5
            transforms:
              - BandStopFilter: {min_center_freq: 200.0, max_center_freq: 4000.0}
              - Gain
    """
    name = printable(path)
    data = read_plain(path, "waveform", "YAML list of transforms, e.g. - TimeMask: {p: 1.0}")
    with error_context(name, PolicyError):
        stage_data = {"transforms": data} if isinstance(data, list) else data
        if not isinstance(stage_data, dict) or not isinstance(stage_data.get("transforms"), list):
            raise ParameterError("expected a list of transforms, e.g. - TimeMask: {p: 1.0}")
        if odd := set(stage_data) - {"name", "transforms"}:
            raise ParameterError(f"unknown key {min(map(str, odd))!r:.80} (allowed: name, transforms)")
        transforms = tuple(parse_entry(entry, f"[{i}]", 1) for i, entry in enumerate(stage_data["transforms"]))
        stage = Waveform(transforms, stage_data.get("name", Path(name).stem[:100]))
        if not transforms:
            raise ParameterError("holds no transforms, so nothing would be applied; list one or more")
        build_stage(stage.transforms)
    return stage


def _run(stage: Any, audio: Audio, seed: int) -> tuple[Audio, tuple[DrawnTransform, ...]]:
    if audio.n_channels != 1:
        raise ParameterError(f"a clip of {audio.n_channels} channels: expected mono; call to_mono()")
    before = audio.samples[0].copy()
    with seeded_randomness(seed), hold_prints(), silence_c_output(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = stage(before, audio.sample_rate)
        except ModuleNotFoundError as error:
            raise ParameterError(
                f"{failing_transform(stage, error)}: needs the package {error.name}, which is not installed; "
                "pip install 'audiomentations[extras]' brings what most transforms need"
            ) from error
        except Exception as error:
            text = " ".join(str(error).split())
            where = failing_transform(stage, error)
            raise ParameterError(f"{where}: audiomentations raised {type(error).__name__}: {text:.200}") from error
    samples = np.asarray(result)
    if samples.shape != (audio.n_samples,):
        raise ParameterError(
            f"the clip of {audio.n_samples} samples became {samples.shape}, so before and after cannot be compared; "
            "leave out what changes the length (Trim, AdjustDuration), or set leave_length_unchanged: true"
        )
    if samples.dtype.kind != "f" or not np.isfinite(samples).all():
        raise ParameterError(
            "the transforms gave samples that are NaN, infinite or no real numbers; check their ranges"
        )
    return Audio(samples, audio.sample_rate), tuple(last_parameters(stage))


def _fingerprint(audio: Audio) -> str:
    return "".join(f"{word:08x}" for word in fingerprint(audio.samples, audio.sample_rate))
