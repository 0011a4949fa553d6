"""`MelContract`: the mel that a neural vocoder was trained on, and the layout of its input array.

A neural vocoder takes any array of the right shape, and turns a wrong mel into noise. So the contract declares the
model's own front-end, which is compared with the front-end of each mel before the model is called.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from .._files import printable
from .._records import from_plain, record, to_plain
from .._yaml import read_mapping
from ..errors import ParameterError, PolicyError, error_context, nearest
from ..frontends import PRESETS, MelFrontend, MelSpectrogram
from ..frontends.by_name import frontend_from_mapping
from ..stft import Real
from .mel_bins import check_mel_in_memory

__all__ = ["CONTRACT_KEYS", "MelContract", "contract_of", "read_contract"]

_LAYOUT = ("axes", "batch", "input_name")
CONTRACT_KEYS = ("base", *(f.name for f in dataclasses.fields(MelFrontend)), *_LAYOUT)
# Properties that no conversion of the mel can change.
_GEOMETRY = (
    *("sample_rate", "n_fft", "hop_length", "win_length", "window", "padding", "first_sample"),
    *("n_mels", "fmin_hz", "fmax_hz", "mel_scale", "mel_norm", "power"),
    *("preemphasis", "preemphasis_per_frame", "remove_dc_offset"),
)
# The statistics of a clip are known only in the front-end's own scale.
_OF_STATISTICS = ("normalize", "log", "shift", "scale", "input_scale")


@record
class MelContract:
    """What a neural vocoder expects of a mel.

    Parameters
    ----------
    frontend : MelFrontend
        The one that the model was trained with: rate, frames, filters, logarithm, floor, normalisation.
    axes : {"mels_frames", "frames_mels"}
        Order of the last two axes of the model's input.
    batch : bool
        Whether an axis of length 1 stands before them.
    input_name : str or None
        Of the model's input, for ONNX; None is its only one.

    Raises
    ------
    ParameterError
        When a value is out of range, or a filter of the front-end is empty.

    Notes
    -----
    What is exact is converted, through the energy of each cell: another base of the logarithm or none, shift and
    scale, integer samples, the order of axes, and a normalisation of the front-end's, whose statistics
    the mel carries. An energy below the contract's floor is raised to it, as in training; one that the front-end has
    floored (or cut by its ``dynamic_range``) stays where it is, which may be above the contract's floor.

    What is not exact is refused: another rate, FFT, hop, window, centring, other bins, filters, power or
    pre-emphasis. Not compared is what only the first and last frames (``pad_mode``, ``drop_last_frame``) or silence
    (``magnitude_epsilon``) can tell.

    Examples
    --------
    >>> from specaug_listen import Audio, frontends
    >>> contract = MelContract(frontends.LIBROSA_DB, axes="frames_mels")
    >>> mel = frontends.LIBROSA(Audio(np.zeros(22050), 22050))
    >>> contract.features(mel).shape  # powers are turned into dB
    (1, 44, 128)
    """

    frontend: MelFrontend
    axes: Literal["mels_frames", "frames_mels"] = "mels_frames"
    batch: bool = True
    input_name: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def __post_init__(self) -> None:
        """Raise a ParameterError unless every filter of the front-end contains an FFT bin."""
        self.frontend.filterbank()

    def check(self, frontend: MelFrontend) -> None:
        """Compare a front-end with the model's own, field by field.

        Raises
        ------
        ParameterError
            One line that names each field that differs, both values, and what to do.

        Examples
        --------
        >>> from specaug_listen import frontends
        >>> MelContract(frontends.WHISPER_128).check(frontends.WHISPER)
        Traceback (most recent call last):
        ...
        specaug_listen.errors.ParameterError: the mel does not fit the contract: n_mels=80 in front-end 'whisper', \
128 in the contract; use the front-end 'whisper-128', or a model for this one
        """
        differing = _differences(self.frontend, frontend)
        if not differing:
            return
        first, *others = differing
        lines = [f"{first}={_value(frontend, first)!r} in front-end {frontend.name!r}, "]
        lines[0] += f"{_value(self.frontend, first)!r} in the contract"
        lines += [f"{f}={_value(frontend, f)!r}, not {_value(self.frontend, f)!r}" for f in others]
        preset = next((p.name for p in PRESETS.values() if not _differences(self.frontend, p)), None)
        values = ", ".join(f"{f}: {_yaml(_value(self.frontend, f))}" for f in differing)
        fix = f"the front-end {preset!r}" if preset else f"a front-end file with {values}"
        raise ParameterError(
            f"the mel does not fit the contract: {'; '.join(lines)}; use {fix}, or a model for this one"
        )

    def features(self, mel: MelSpectrogram) -> Real:
        """Return the input array of the model.

        Parameters
        ----------
        mel : MelSpectrogram

        Returns
        -------
        np.ndarray [shape=(1, n_mels, n_frames), float32]
            In the contract's scale; transposed, or without the first axis, if the contract says so.

        Raises
        ------
        ParameterError
            If the mel's front-end is not the contract's, or its values do not represent power.
        """
        check_mel_in_memory(mel)
        self.check(mel.frontend)
        values = self.frontend.compress(mel.energy)
        if self.frontend.normalize and mel.statistics is not None:
            values = mel.statistics.normalise(values)
        values = values.T if self.axes == "frames_mels" else values
        return np.ascontiguousarray(values[np.newaxis] if self.batch else values)


def read_contract(path: str | os.PathLike[str]) -> MelContract:
    """Read a contract from YAML: the fields of `MelFrontend`, ``base``, ``axes``, ``batch`` and ``input_name``.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.

    Examples
    --------
    ::

        base: hifigan          # a preset that gives what is not said here
        log: log10
        axes: frames_mels
    """
    return contract_of(read_mapping(path, "contract"), path)


def contract_of(data: dict[str, Any], path: str | os.PathLike[str], others: tuple[str, ...] = ()) -> MelContract:
    """Return the contract in the mapping of a YAML file; ``others`` are keys that the caller has removed."""
    name = printable(path)
    allowed = [*others, *CONTRACT_KEYS]
    for key in data:
        if key not in CONTRACT_KEYS:
            hint = nearest(key, allowed)
            raise PolicyError(f"{name}: unknown key {key!r:.80}{hint} (allowed: {', '.join(sorted(allowed))})")
    layout = {key: data[key] for key in _LAYOUT if key in data}
    frontend = frontend_from_mapping({key: value for key, value in data.items() if key not in _LAYOUT}, path)
    with error_context(name, PolicyError):
        return from_plain(MelContract, {"frontend": to_plain(frontend), **layout})


def _differences(contract: MelFrontend, frontend: MelFrontend) -> list[str]:
    fields = _GEOMETRY + (_OF_STATISTICS if contract.normalize else ())
    return [field for field in fields if _value(contract, field) != _value(frontend, field)]


def _value(frontend: MelFrontend, field: str) -> Any:
    """Return a field of a front-end, with None resolved to its meaning."""
    if field == "win_length":
        return frontend.framing.win_length
    return frontend.top_hz if field == "fmax_hz" else getattr(frontend, field)


def _yaml(value: Any) -> str:
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
