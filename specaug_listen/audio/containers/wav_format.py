"""The chunk ``fmt`` of WAV and W64: codec and size of samples, and whether its fields agree."""

from __future__ import annotations

import struct
from typing import NamedTuple

from ..._notices import Notice

__all__ = ["EXTENSIBLE", "FMT_BYTES", "GSM_CODEC", "WavFormat", "parse_wav_format", "sub_format"]

# How much of the chunk is read, including the sub-format of WAVE_FORMAT_EXTENSIBLE.
FMT_BYTES = 40
# How much of it holds the number of samples per block.
_ADPCM_BYTES = 20
EXTENSIBLE = 0xFFFE
_SUB_FORMAT_PLACE = 24
# The end of Microsoft's GUIDs of codecs, whose first two bytes are the codec's number.
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
GSM_CODEC = 0x31
# Codecs that decode whole blocks only: GSM 6.10; Microsoft's, IMA's and NMS's ADPCM.
_BLOCK_CODECS = {0x02, 0x11, 0x38}
# Of Microsoft's and IMA's ADPCM: bytes of a block's header per channel, and the samples in it.
_ADPCM_HEADERS = {0x02: (7, 2), 0x11: (4, 1)}
# Codecs with a constant number of bytes per sample: PCM, floats, A-law, µ-law, and EXTENSIBLE, which names one of them
# in another field.
_LAW_CODECS = {0x06, 0x07}
# A lower byte rate is a filler, such as 1, and contradicts nothing.
_FEWEST_BYTES_PER_S = 1000
_LINEAR_CODECS = {0x01, 0x03, EXTENSIBLE} | _LAW_CODECS


class WavFormat(NamedTuple):
    """The content of a chunk ``fmt``.

    Parameters
    ----------
    tag : int
        The codec's number.
    block : int
        The number of bytes that are decoded together.
    frame : int
        Bytes of a sample of all channels; 1 for other codecs.
    refusal : Notice or None
        Why its samples cannot be read: the fields disagree on their size.
    doubt : Notice or None
        Why they may be read wrongly: nothing confirms their number of bits, or the size of blocks.
    """

    tag: int = 0
    block: int = 1
    frame: int = 1
    refusal: Notice | None = None
    doubt: Notice | None = None


def parse_wav_format(fmt: bytes, order: str) -> WavFormat:
    """Parse the first 16 bytes, or more, of the chunk ``fmt``.

    Examples
    --------
    >>> parse_wav_format(struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16), "<")
    WavFormat(tag=1, block=1, frame=4, refusal=None, doubt=None)
    """
    tag, n_channels, rate, bytes_per_s, align, bits = struct.unpack_from(f"{order}HHIIHH", fmt)
    block = {GSM_CODEC: 65, 0x40: 60, 0x14: 15 * bits}.get(tag, align if tag in _BLOCK_CODECS else 1)
    if tag not in _LINEAR_CODECS:
        return WavFormat(tag, block, doubt=_doubt_block(fmt, order) if tag in _ADPCM_HEADERS else None)
    # libsndfile and FFmpeg trust the number of bits alone, and turn samples of another size into noise. If only one
    # other field contradicts it, that field is wrong, as many programs write it; if two do, this cannot be decided.
    n_bytes = n_channels * (1 if tag in _LAW_CODECS else -(-bits // 8))
    refusal = doubt = None
    if align != n_bytes and bytes_per_s not in (0, rate * n_bytes):
        if align and bytes_per_s == rate * align:
            refusal = Notice("sample-bytes", {"n_bits": bits, "n_bytes": align, "n_channels": n_channels})
        else:
            doubt = Notice("header-disagrees", {"what": "bits, block size and byte rate"})
    elif (
        align == n_bytes
        and sub_format(fmt) in _LINEAR_CODECS | {None}
        and not _is_byte_rate(bytes_per_s, rate, n_channels, bits, align)
    ):
        doubt = Notice("header-disagrees", {"what": "rate and byte rate"})
    return WavFormat(tag, block, max(1, align), refusal, doubt)


def _is_linear(fmt: bytes) -> bool:
    """Whether EXTENSIBLE, if that is the codec, names one with a constant number of bytes per sample."""
    return sub_format(fmt) in _LINEAR_CODECS | {None}


def _is_byte_rate(bytes_per_s: int, rate: int, n_channels: int, bits: int, align: int) -> bool:
    """Whether a byte rate confirms the sample rate, or is one of the usual mistakes: a filler, samples or bits."""
    if bytes_per_s < _FEWEST_BYTES_PER_S:
        return True
    factors = (1, n_channels, -(-bits // 8), align, bits, 8 * align)
    return bytes_per_s in {rate * factor & 0xFFFFFFFF for factor in factors}


def _doubt_block(fmt: bytes, order: str) -> Notice | None:
    """Return a notice if a block of ADPCM does not hold as many samples of 4 bits as the header says."""
    if len(fmt) < _ADPCM_BYTES:
        return None
    tag, n_channels, align, bits, n_samples = struct.unpack_from(f"{order}HH8xHH2xH", fmt)
    n_header, n_first = _ADPCM_HEADERS[tag]
    # Some programs do not count the samples of the header.
    n_bytes = {n_channels * (n_header + max(0, n - n_first) // 2) for n in (n_samples, n_samples + n_first)}
    if bits != 4 or not n_samples or align in n_bytes:
        return None
    return Notice("header-disagrees", {"what": "block size and samples per block"})


def sub_format(fmt: bytes) -> int | None:
    """Return the codec in the sub-format of WAVE_FORMAT_EXTENSIBLE, 0 if it has no number; None for other formats.

    `fmt` are the chunk's first `FMT_BYTES`, in little-endian order.
    """
    if len(fmt) < FMT_BYTES or struct.unpack_from("<H", fmt)[0] != EXTENSIBLE:
        return None
    guid = fmt[_SUB_FORMAT_PLACE:FMT_BYTES]
    return int(struct.unpack_from("<H", guid)[0]) if guid[2:] == _GUID_TAIL else 0
