"""What a page may embed: sounds that are WAV and pictures that are PNG, whatever their names say."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from .._optional import require
from ..errors import PolicyError

__all__ = ["HEAD", "MOST_BYTES_OF_PICTURE", "check_picture", "check_wav"]

# Bytes within which the sound of a WAV file of ours begins.
HEAD = 1 << 12
MOST_BYTES_OF_PICTURE, _MOST_PIXELS = 1 << 25, 1 << 26
_MOST_CHANNELS, _LARGEST_RATE = 8, 768_000
_PNG, _LAST_CHUNK = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_AGAIN = "take the file as the run wrote it, or run the audition again"


def check_wav(head: bytes, n_bytes: int, called: str) -> None:
    """See that a file is a whole WAV file, and nothing else.

    Parameters
    ----------
    head : bytes
        Its first `HEAD` bytes, or all.
    n_bytes : int
        Its length.
    called : str
        Its name in a message.

    Raises
    ------
    PolicyError
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise PolicyError(
            f"{called}: no sound can be read (it begins with {head[:12]!r}, and is no WAV file); {_AGAIN}"
        )
    chunks = dict(_chunks(head))
    form, sound = chunks.get(b"fmt "), chunks.get(b"data")
    if form is None or sound is None or len(head) < form[0] + 16:
        raise PolicyError(f"{called}: no sound can be read (a WAV file without its form or its samples); {_AGAIN}")
    coding, n_channels, rate, _, per_frame, _ = struct.unpack_from("<HHIIHH", head, form[0])
    if (
        coding not in (_PCM, _FLOAT, _EXTENSIBLE)
        or not 1 <= n_channels <= _MOST_CHANNELS
        or not 1 <= rate <= _LARGEST_RATE
    ):
        raise PolicyError(
            f"{called}: no sound can be read (coding {coding}, {n_channels} channels, {rate} Hz: allowed are samples "
            f"without compression, 1 to {_MOST_CHANNELS} channels, up to {_LARGEST_RATE} Hz); {_AGAIN}"
        )
    if not per_frame or sound[1] % per_frame:
        raise PolicyError(f"{called}: no sound can be read ({sound[1]} bytes are no whole samples); {_AGAIN}")
    there = n_bytes - sound[0]
    if sound[1] > there:
        raise PolicyError(f"{called}: cut off: its sound is {sound[1]} bytes, {there} are there; {_AGAIN}")
    promised = struct.unpack_from("<I", head, 4)[0] + 8
    if promised != n_bytes:
        raise PolicyError(f"{called}: its header says {promised} bytes, and it has {n_bytes}; {_AGAIN}")


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
        raise PolicyError(f"{called}: no picture can be read (it is no whole PNG file); {_AGAIN}")
    width, height = struct.unpack_from(">II", data, 16)
    if not 0 < width * height <= _MOST_PIXELS:
        raise PolicyError(f"{called}: a picture of {width} x {height} pixels; allowed are {_MOST_PIXELS}; {_AGAIN}")
    try:
        require("PIL.Image", purpose="pictures").open(io.BytesIO(data), formats=["PNG"]).load()
    except Exception as error:  # a decoder can fail in any way
        raise PolicyError(f"{called}: no picture can be read ({error!s:.80}); {_AGAIN}") from None


def _is_whole(data: bytes) -> bool:
    """Whether the first chunk that ends a picture ends the file."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        at += 12 + size
        if name == b"IEND":
            return bool(at == len(data))
    return False
