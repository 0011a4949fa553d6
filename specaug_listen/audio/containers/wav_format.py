"""What the chunk ``fmt`` of WAV and W64 says of samples: their codec and their bytes, and whether its fields agree."""

from __future__ import annotations

import struct
from typing import NamedTuple

from ..._notices import Notice

__all__ = ["EXTENSIBLE", "FMT_BYTES", "GSM_CODEC", "WavFormat", "parse_wav_format", "sub_format"]

# As much of the chunk as is looked at: with the sub-format of WAVE_FORMAT_EXTENSIBLE.
FMT_BYTES = 40
EXTENSIBLE = 0xFFFE
_SUB_FORMAT_PLACE = 24
# How Microsoft's GUIDs of codecs end, of which the first two bytes are the codec's number.
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
GSM_CODEC = 0x31
# Codecs of which a part of a block cannot be decoded: GSM 6.10; Microsoft's, IMA's and NMS's ADPCM.
_BLOCK_CODECS = {0x02, 0x11, 0x38}
# Codecs of which each sample has as many bytes as the header says: PCM, floats, A-law, µ-law, and EXTENSIBLE, which
# names one of them in another field.
_LAW_CODECS = {0x06, 0x07}
_LINEAR_CODECS = {0x01, 0x03, EXTENSIBLE} | _LAW_CODECS


class WavFormat(NamedTuple):
    """What a chunk ``fmt`` tells.

    Parameters
    ----------
    tag : int
        The codec's number.
    block : int
        How many bytes it takes together.
    frame : int
        Bytes of a sample of all channels; 1 of a codec where they do not tell.
    refusal : Notice or None
        Why its samples cannot be read: its fields disagree on how many bytes they take.
    """

    tag: int = 0
    block: int = 1
    frame: int = 1
    refusal: Notice | None = None


def parse_wav_format(fmt: bytes, order: str) -> WavFormat:
    """Read the chunk ``fmt``.

    Parameters
    ----------
    fmt : bytes
        Its first 16 bytes, or more.
    order : {"<", ">"}

    Examples
    --------
    >>> parse_wav_format(struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16), "<")
    WavFormat(tag=1, block=1, frame=4, refusal=None)
    """
    tag, n_channels, rate, bytes_per_s, align, bits = struct.unpack_from(f"{order}HHIIHH", fmt)
    block = {GSM_CODEC: 65, 0x40: 60, 0x14: 15 * bits}.get(tag, align if tag in _BLOCK_CODECS else 1)
    if tag not in _LINEAR_CODECS:
        return WavFormat(tag, block)
    # libsndfile and FFmpeg go by the bits alone, and make noise of samples that take another number of bytes. Where
    # one field alone says so, it is the one that is wrong, as many programs write; where two do, nobody can tell.
    n_bytes = n_channels * (1 if tag in _LAW_CODECS else -(-bits // 8))
    is_doubtful = align not in (0, n_bytes) and bytes_per_s == rate * align
    values = {"n_bits": bits, "n_bytes": align, "n_channels": n_channels}
    return WavFormat(tag, block, max(1, align), Notice("sample-bytes", values) if is_doubtful else None)


def sub_format(fmt: bytes) -> int | None:
    """Return the codec that WAVE_FORMAT_EXTENSIBLE names in another field, 0 of one without a number; else None.

    Parameters
    ----------
    fmt : bytes
        The chunk's first `FMT_BYTES`, in Microsoft's order of bytes.
    """
    if len(fmt) < FMT_BYTES or struct.unpack_from("<H", fmt)[0] != EXTENSIBLE:
        return None
    guid = fmt[_SUB_FORMAT_PLACE:FMT_BYTES]
    return int(struct.unpack_from("<H", guid)[0]) if guid[2:] == _GUID_TAIL else 0
