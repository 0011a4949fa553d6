"""What a page may embed: sounds that are WAV and pictures that are PNG, whatever their names say."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import NamedTuple

from .._imports import require
from ..errors import PolicyError

__all__ = ["AGAIN", "HEAD", "MOST_BYTES_OF_PICTURE", "WavForm", "check_picture", "check_wav"]

# Bytes within which the sound of a WAV file of ours begins.
HEAD = 1 << 12
MOST_BYTES_OF_PICTURE, _MOST_PIXELS = 1 << 25, 1 << 26
_MOST_CHANNELS, _LARGEST_RATE = 2, 768_000
_PNG, _LAST_CHUNK = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
_PCM, _BITS = 1, 16
AGAIN = "take the file as the run wrote it, or run the audition again"


class WavForm(NamedTuple):
    """What the header of a WAV file says of its sound."""

    rate: int
    n_channels: int
    n_samples: int


def check_wav(head: bytes, n_bytes: int, called: str) -> WavForm:
    """See that a file is a whole WAV file as a run writes them, of 16-bit samples, and nothing else.

    Parameters
    ----------
    head : bytes
        Its first `HEAD` bytes, or all.
    n_bytes : int
        Its length.
    called : str
        Its name in a message.

    Returns
    -------
    WavForm

    Raises
    ------
    PolicyError
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise PolicyError(f"{called}: no sound can be read (it begins with {head[:12]!r}, and is no WAV file); {AGAIN}")
    found = list(_chunks(head))
    chunks = dict(found)
    if len(chunks) < len(found):  # programs differ in which of two they believe
        raise PolicyError(f"{called}: no sound can be read (a WAV file with two parts of one name); {AGAIN}")
    form, sound = chunks.get(b"fmt "), chunks.get(b"data")
    if form is None or sound is None or len(head) < form[0] + 16:
        raise PolicyError(f"{called}: no sound can be read (a WAV file without its form or its samples); {AGAIN}")
    coding, n_channels, rate, _, per_frame, n_bits = struct.unpack_from("<HHIIHH", head, form[0])
    if (coding, n_bits) != (_PCM, _BITS) or not 1 <= n_channels <= _MOST_CHANNELS or not 1 <= rate <= _LARGEST_RATE:
        raise PolicyError(
            f"{called}: no sound can be read (coding {coding} of {n_bits} bits, {n_channels} channels, {rate} Hz: "
            f"allowed is 16-bit PCM, 1 or {_MOST_CHANNELS} channels, up to {_LARGEST_RATE} Hz); {AGAIN}"
        )
    if per_frame != n_channels * _BITS // 8 or sound[1] % per_frame:
        raise PolicyError(f"{called}: no sound can be read ({sound[1]} bytes are no whole samples); {AGAIN}")
    there = n_bytes - sound[0]
    if sound[1] > there:
        raise PolicyError(f"{called}: cut off: its sound is {sound[1]} bytes, {there} are there; {AGAIN}")
    promised = struct.unpack_from("<I", head, 4)[0] + 8
    if promised != n_bytes:
        raise PolicyError(f"{called}: its header says {promised} bytes, and it has {n_bytes}; {AGAIN}")
    return WavForm(rate, n_channels, sound[1] // per_frame)


def _chunks(head: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Of each chunk its name, where it begins and how long it is; the sound is the last one that is looked for."""
    at = 12
    while at + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, at)
        yield name, (at + 8, size)
        if name == b"data":
            return
        at += 8 + size + size % 2


def check_picture(data: bytes, called: str) -> None:
    """See that bytes are a whole PNG picture of no more pixels than a page can show, and nothing else.

    Raises
    ------
    PolicyError
    """
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or not data.endswith(_LAST_CHUNK) or not _is_whole(data):
        raise PolicyError(f"{called}: no picture can be read (it is no whole PNG file); {AGAIN}")
    width, height = struct.unpack_from(">II", data, 16)
    if not 0 < width * height <= _MOST_PIXELS:
        raise PolicyError(f"{called}: a picture of {width} x {height} pixels; allowed are {_MOST_PIXELS}; {AGAIN}")
    image = require("PIL.Image", purpose="pictures")
    try:
        image.open(io.BytesIO(data), formats=["PNG"]).load()
    except Exception:  # a decoder can fail in any way, and says little of it
        raise PolicyError(f"{called}: no picture can be read (the PNG file is damaged); {AGAIN}") from None


def _is_whole(data: bytes) -> bool:
    """Whether the first chunk that ends a picture ends the file."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        at += 12 + size
        if name == b"IEND":
            return bool(at == len(data))
    return False
