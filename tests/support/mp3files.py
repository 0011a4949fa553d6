"""MP3 files made for tests, and their frames."""

from __future__ import annotations

import io

import numpy as np
import soundfile as sf
from readings import RATE, VOICE

from specaug_listen.audio.containers.mpeg_frames import read_runs

__all__ = ["LONG", "PER_FRAME", "frames", "mp3", "without_tag"]

LONG = np.concatenate([VOICE, 0.001 * VOICE, VOICE, VOICE])
PER_FRAME = 576


def mp3(samples=LONG, rate=RATE, mode="CONSTANT"):
    """An MP3 as LAME writes it: a first frame that tells of the others, then sound."""
    buffer = io.BytesIO()
    sf.write(buffer, samples, rate, format="MP3", bitrate_mode=mode, compression_level=0.6)
    return buffer.getvalue()


def frames(data):
    """Where the frames of sound are, and the first frame that is none."""
    (run,) = read_runs(io.BytesIO(data), 0, len(data)).runs
    return run, b"".join(data[a:b] for a, b in run.ranges)


def without_tag(data):
    return frames(data)[1]
