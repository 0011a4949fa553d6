"""wenet's ``spec_aug``, ``spec_sub`` and ``spec_trim`` [1]_, and wespeaker's masks [2]_: no warp, before CMVN.

References
----------
.. [1] ``wenet/dataset/processor.py``.
.. [2] ``wespeaker/dataset/dataset_utils.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..augment.masks import Copy, Mask, TrimTail
from ..augment.policy import Policy
from ..frontends import WHISPER_128
from .framework import Dialect

__all__ = ["WENET", "WENET_POLICIES", "wenet_policy"]

WENET = Dialect(
    name="wenet",
    source="wenet/dataset/processor.py",
    oddities=(
        "no mask is empty: widths are 1 to the largest",
        "starts are uniform over all bins or frames, and masks are cut off at the end: the last ones "
        "are masked as often as "
        "those in the middle, the first hardly ever",
        "masks are zeros of features that are not normalised, on samples of 16-bit size: CMVN in the "
        "encoder makes them "
        "strongly negative",
        "time masks come before frequency masks; max_w is accepted and never used: there is no warp",
        "spec_aug is on where a configuration does not say",
    ),
    frontends=("wenet",),
    generators={"mask": "python", "copy": "python", "trim_tail": "python"},
    recipes={"wenet": "wenet"},
)


def wenet_policy(
    *,
    spec_aug: bool = True,
    num_t_mask: int = 2,
    num_f_mask: int = 2,
    max_t: int = 50,
    max_f: int = 10,
    spec_sub: bool = False,
    num_t_sub: int = 3,
    sub_max_t: int = 20,
    spec_trim: bool = False,
    trim_max_t: int = 20,
    name: str = "wenet",
) -> Policy:
    """The policy of the three functions' own arguments, with their own defaults.

    ``sub_max_t`` and ``trim_max_t`` are ``max_t`` of ``spec_sub`` and ``spec_trim``.

    Examples
    --------
    >>> [type(t).__name__ for t in wenet_policy(spec_sub=True).transforms]
    ['Mask', 'Mask', 'Copy']
    """
    rules: dict[str, Any] = {
        "min_width": 1,
        "width_rule": "inclusive",
        "start_rule": "anywhere",
        "order": "start_first",
    }
    transforms: list[Any] = []
    if spec_aug:
        transforms.append(Mask("time", num_t_mask, max_width=max_t, **rules))
        transforms.append(Mask("frequency", num_f_mask, max_width=max_f, **rules))
    if spec_sub:
        transforms.append(Copy(num_t_sub, sub_max_t))
    if spec_trim:
        transforms.append(TrimTail(trim_max_t))
    return Policy(tuple(transforms), name, dialect="wenet")


# examples/aishell/s0/conf: train_conformer.yaml, train_u2++_conformer.yaml; examples/aishell/whisper/conf;
# wespeaker's own defaults (for a whole batch at once).
WENET_POLICIES = (
    wenet_policy(),
    wenet_policy(spec_sub=True, sub_max_t=30, name="wenet-u2pp"),
    replace(wenet_policy(spec_sub=True, sub_max_t=30, name="wenet-whisper"), frontend=WHISPER_128),
    Policy(wenet_policy(num_t_mask=1, num_f_mask=1, max_t=10, max_f=8).transforms, "wespeaker", 0.6, dialect="wenet"),
)
