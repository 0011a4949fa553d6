"""SpeechBrain's ``SpectrogramDrop`` and ``Warping`` [1]_, and the ``SpecAugment`` of its old versions [2]_.

References
----------
.. [1] ``speechbrain/augment/freq_domain.py``, ``speechbrain/augment/augmenter.py``.
.. [2] ``speechbrain/lobes/augment.py`` until version 0.5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..augment.masks import Mask, Warp
from ..augment.policy import Policy
from ..errors import ParameterError
from ..frontends import SPEECHBRAIN as FRONTEND
from .espnet import espnet_mask, width_range
from .framework import Dialect

__all__ = [
    "SPEECHBRAIN",
    "SPEECHBRAIN_LEGACY",
    "SPEECHBRAIN_POLICIES",
    "speechbrain_drop",
    "speechbrain_legacy_policy",
    "speechbrain_warp",
]

SPEECHBRAIN = Dialect(
    name="speechbrain",
    source="speechbrain/augment/freq_domain.py",
    oddities=(
        "starts are uniform over all bins or frames, and masks are cut off at the end: the last ones "
        "are masked as often as "
        "those in the middle, the first hardly ever (issue 2542)",
        "the number of masks is drawn once for the whole batch",
        "masks and means are taken over the padded batch, with what was masked before",
        "the order is that of the recipe: its masks come before the warp",
        "a warp moves by -(W - 1) to W frames of the padded batch, one and the same in all its clips, and is skipped "
        "where that has 2 W frames or fewer",
        "rand draws noise for the whole padded batch; replayed, its masks lie where they should, but hold other noise",
        "cutcat takes the frames of the example before it in the batch: nothing happens in a batch of one",
    ),
    frontends=("speechbrain",),
    generators={"coin": "python", "warp": "torch", "mask": "torch"},
    recipes={"speechbrain": "speechbrain-conformer"},
)
SPEECHBRAIN_LEGACY = Dialect(
    name="speechbrain-legacy",
    source="speechbrain/lobes/augment.py (until 0.5)",
    oddities=(
        "starts stay below the size less the widest mask of the whole batch, so the last bin and "
        "frame are never masked",
        "time_mask_ratio replaces the range of widths by a share of the padded batch",
        "a warp moves by -(W - 1) to W frames of the padded batch, one and the same in all its clips, and is skipped "
        "where that has 2 W frames or fewer",
    ),
    frontends=("speechbrain",),
    generators={"warp": "torch", "mask": "torch"},
)
_FILLS: dict[str, float | str] = {"zeros": 0.0, "mean": "mean", "rand": "uniform", "swap": "swap"}


def speechbrain_drop(
    *,
    drop_length_low: int = 5,
    drop_length_high: int = 15,
    drop_count_low: int = 1,
    drop_count_high: int = 3,
    replace: str = "zeros",
    dim: int = 1,
) -> Mask:
    """The masks of ``SpectrogramDrop``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        For ``cutcat``, which takes frames of another clip; ``random_selection``, which keeps what it picks first for
        ever; or a range whose ends are the wrong way round.

    Examples
    --------
    >>> speechbrain_drop(dim=2, replace="mean").axis
    'frequency'
    """
    _check_ends(drop_length_low, drop_length_high, "drop_length")
    _check_ends(drop_count_low, drop_count_high, "drop_count")
    if replace == "cutcat":
        raise ParameterError(
            "replace='cutcat' takes frames of another clip of the batch, and does nothing in a batch "
            "of one; it cannot be "
            "auditioned on one clip"
        )
    if replace not in _FILLS:
        raise ParameterError(
            f"replace={replace!r:.80}: allowed is {', '.join(_FILLS)} (random_selection picks one of them, and "
            "keeps it)"
        )
    fill: Any = _FILLS[replace]
    return Mask(
        "time" if dim == 1 else "frequency",
        drop_count_low,
        "range",
        drop_count_high,
        min_width=drop_length_low,
        max_width=drop_length_high,
        width_rule="exclusive",
        start_rule="anywhere",
        order="widths_first",
        over="padded",
        together=True,
        fill=fill,
        fill_over="current",
    )


def _check_ends(low: int, high: int, what: str) -> None:
    if low > high:
        raise ParameterError(f"{what}_low={low}: allowed is at most {what}_high={high}")


def speechbrain_warp(*, warp_window: int = 5, warp_mode: str = "bicubic", dim: int = 1) -> Warp:
    """The warp of ``Warping``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        For a warp of the frequency axis, or another interpolation than bicubic.

    Examples
    --------
    >>> speechbrain_warp().max_frames
    5
    """
    if dim != 1:
        raise ParameterError(f"dim={dim}: allowed is 1, a warp of time")
    if warp_mode != "bicubic":
        raise ParameterError(f"warp_mode={warp_mode!r:.80}: allowed is bicubic")
    return Warp(warp_window, "bicubic_corners", over="padded")


def speechbrain_legacy_policy(
    *,
    time_warp: bool = True,
    time_warp_window: int = 5,
    time_warp_mode: str = "bicubic",
    freq_mask: bool = True,
    freq_mask_width: int | tuple[int, int] = (0, 20),
    n_freq_mask: int = 2,
    time_mask: bool = True,
    time_mask_width: int | tuple[int, int] = (0, 100),
    n_time_mask: int = 2,
    replace_with_zero: bool = True,
    time_mask_ratio: float = 0.0,
    name: str = "speechbrain-legacy",
) -> Policy:
    """The policy of the old ``SpecAugment``'s own arguments, with its own defaults.

    Examples
    --------
    >>> len(speechbrain_legacy_policy().transforms)
    3
    """
    fill: Any = 0.0 if replace_with_zero else "mean"
    transforms: list[Any] = []
    if time_warp:
        transforms.append(speechbrain_warp(warp_window=time_warp_window, warp_mode=time_warp_mode))
    if freq_mask:
        transforms.append(espnet_mask("frequency", n_freq_mask, width_range(freq_mask_width), fill))
    if time_mask and time_mask_ratio > 0:
        share = {"max_ratio": time_mask_ratio, "ratio_rule": "replaces"}
        transforms.append(espnet_mask("time", n_time_mask, share, fill))
    elif time_mask:
        transforms.append(espnet_mask("time", n_time_mask, width_range(time_mask_width), fill))
    return Policy(tuple(transforms), name, dialect="speechbrain-legacy")


# recipes/LibriSpeech/ASR/transformer/hparams: conformer_small.yaml and conformer_large.yaml.
SPEECHBRAIN_POLICIES = (
    Policy(
        (
            speechbrain_drop(
                drop_length_low=15, drop_length_high=25, drop_count_low=4, drop_count_high=4, replace="mean"
            ),
            speechbrain_drop(
                drop_length_low=10, drop_length_high=20, drop_count_low=4, drop_count_high=4, replace="mean", dim=2
            ),
            speechbrain_warp(),
        ),
        "speechbrain-conformer",
        dialect="speechbrain",
        n_applied=(3, 3),
        frontend=replace(FRONTEND, n_mels=80, name="speechbrain of speechbrain-conformer"),
    ),
)
