"""Mels of random numbers, and files of them; `import some_mels` works from every room."""

from __future__ import annotations

import struct

import numpy as np

from specaug_listen.frontends import WHISPER, mel_format
from specaug_listen.mels import clips_of_file

__all__ = ["MEL", "OTHER", "READY", "RNG", "ark_bytes", "values_of"]

RNG = np.random.default_rng(0)
MEL = RNG.uniform(-0.9, 1.0, (80, 30)).astype(np.float32)
OTHER = RNG.uniform(-0.9, 1.0, (80, 40)).astype(np.float32)
READY = mel_format(WHISPER)


def values_of(path, **how):
    return {clip.name: clip.mel.values for clip in clips_of_file(path, READY, **how)}


def ark_bytes(**matrices):
    parts = []
    for key, matrix in matrices.items():
        head = f"{key} ".encode() + b"\0BFM " + struct.pack("<BiBi", 4, *matrix.shape[:1], 4, *matrix.shape[1:])
        parts.append(head + matrix.astype("<f4").tobytes())
    return b"".join(parts)
