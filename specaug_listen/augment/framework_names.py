"""`DialectName`: the frameworks by whose rules policies draw; those of `DIALECTS`, which are made of policies."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["DialectName"]

DialectName: TypeAlias = Literal[
    "paper", "lingvo", "torchaudio", "espnet", "nemo", "nemo-legacy", "nemo-numba", "speechbrain",
    "speechbrain-legacy", "lhotse", "wenet", "hf", "fairseq",
]  # fmt: skip
