"""Whisper's masks in Hugging Face transformers [1]_: of fixed width, in place, off unless switched on.

References
----------
.. [1] ``transformers/models/whisper/modeling_whisper.py``: ``_compute_mask_indices`` and ``_mask_input_features``.
"""

from __future__ import annotations

from typing import Any

from ..augment.masks import Mask
from ..augment.policy import NONE, Policy
from ..errors import ParameterError
from .framework import Dialect

__all__ = ["HF", "HF_POLICIES", "hf_policy"]

# The 30 s to which published models pad every clip.
_FRAMES = 3000

HF = Dialect(
    name="hf",
    source="transformers/models/whisper/modeling_whisper.py",
    oddities=(
        "every mask has the same width, at places that are no two alike, but may overlap",
        "mask_time_prob is an upper bound of the share that is masked",
        "with an attention mask, starts and numbers are those of the clip, but the number is bounded by what fits into "
        "the 30 s that it is padded to: with the defaults, clips of 11 to 19 frames get two masks that overlap",
        "a zero of Whisper's scale is -40 dB below full scale, not silence",
        "without an attention mask (return_attention_mask: false), masks are spread over the 30 s that a clip is "
        "padded to: of a short clip, little is masked",
        "apply_spec_augment is off in published configurations; it changes the caller's tensor in place",
    ),
    frontends=("whisper", "whisper-128"),
    generators={"mask": "numpy"},
    recipes={"hf": "hf-whisper", "whisper": "hf-whisper", "transformers": "hf-whisper"},
)


def hf_policy(
    *,
    apply_spec_augment: bool = False,
    mask_time_prob: float = 0.05,
    mask_time_length: int = 10,
    mask_time_min_masks: int = 2,
    mask_feature_prob: float = 0.0,
    mask_feature_length: int = 10,
    mask_feature_min_masks: int = 0,
    attention_mask: bool = True,
    row_frames: int = _FRAMES,
    name: str = "hf",
) -> Policy:
    """The policy of ``WhisperConfig``'s own fields, with their own defaults.

    Parameters
    ----------
    attention_mask : bool
        Whether the model is given one; else masks are drawn over the padded batch.
    row_frames : int > 0 [frames]
        To which every clip is padded.

    Raises
    ------
    ParameterError
        Where transformers would raise: a mask length below 1, or a mask of time longer than a row.

    Examples
    --------
    >>> hf_policy(apply_spec_augment=True).transforms[0].max_width
    10
    """
    if not apply_spec_augment:
        return Policy(NONE.transforms, name, dialect="hf")
    masks: list[Any] = []
    settings = (
        ("time", mask_time_prob, mask_time_length, mask_time_min_masks),
        ("frequency", mask_feature_prob, mask_feature_length, mask_feature_min_masks),
    )
    for axis, probability, length, least in settings:
        if length < 1:
            raise ParameterError(f"mask length {length} of {axis}: allowed is 1 or more")
        if axis == "time" and probability > 0 and length > row_frames:
            raise ParameterError(
                f"mask_time_length={length}: allowed is at most the {row_frames} frames that a clip is padded to; "
                "transformers raises here"
            )
        if probability > 0:
            rules: dict[str, Any] = {"width_rule": "fixed", "start_rule": "distinct", "together": True}
            over: Any = {"over": "clip", "row_frames": row_frames} if attention_mask else {"over": "padded"}
            over = over if axis == "time" else {}
            count: Any = {"count": least, "count_rule": "share", "count_ratio": float(probability)}
            masks.append(Mask(axis, max_width=length, **over, **count, **rules))  # type: ignore[arg-type]
    return Policy(tuple(masks), name, dialect="hf")


HF_POLICIES = (hf_policy(apply_spec_augment=True, name="hf-whisper"),)
