"""Names of formats that libsndfile does not read, by their first bytes; file extensions are not trusted."""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from ..._files import open_file
from .chunks import RIFF, W64
from .file_view import read_at
from .tags import skip_id3

__all__ = ["ASF_HEADER", "FfmpegFormat", "format_by_content", "format_by_head"]


class FfmpegFormat(NamedTuple):
    """A format that FFmpeg may read.

    Parameters
    ----------
    name : str
        With its article, as in "is an MP4 file".
    has_sound : bool
        Whether FFmpeg can decode its sound.
    """

    name: str
    has_sound: bool = True


_HEAD_BYTES = 4096
# Microsoft's GUID of the object that a Windows Media file begins with.
ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
# First bytes, more bytes at another place, name.
_FORMATS: tuple[tuple[bytes, int, bytes, FfmpegFormat], ...] = (
    (ASF_HEADER, 0, b"", FfmpegFormat("a Windows Media (WMA, ASF) file")),
    (b"\x1aE\xdf\xa3", 0, b"", FfmpegFormat("a Matroska or WebM file")),
    (b"FLV", 0, b"", FfmpegFormat("a Flash video (FLV) file")),
    (b"RIFF", 8, b"AVI ", FfmpegFormat("an AVI file")),
    (b"RIFF", 8, b"QLCM", FfmpegFormat("a QCELP (QCP) file")),
    (b"#!AMR", 0, b"", FfmpegFormat("an AMR file")),
    (b"#!SILK", 0, b"", FfmpegFormat("a SILK file", False)),
    (b"\x02#!SILK", 0, b"", FfmpegFormat("a SILK file", False)),
    (b".RMF", 0, b"", FfmpegFormat("a RealMedia file")),
    (b".ra\xfd", 0, b"", FfmpegFormat("a RealAudio file")),
    (b"ADIF", 0, b"", FfmpegFormat("an AAC (ADIF) file")),
    (b"MAC ", 0, b"", FfmpegFormat("a Monkey's Audio (APE) file")),
    (b"wvpk", 0, b"", FfmpegFormat("a WavPack file")),
    (b"TTA1", 0, b"", FfmpegFormat("a True Audio (TTA) file")),
    (b"MPCK", 0, b"", FfmpegFormat("a Musepack file")),
    (b"MP+", 0, b"", FfmpegFormat("a Musepack file")),
    (b"tBaK", 0, b"", FfmpegFormat("a TAK file")),
    (b"OFR ", 0, b"", FfmpegFormat("an OptimFROG file", False)),
    (b"ajkg", 0, b"", FfmpegFormat("a Shorten file")),
    (b"DSD ", 0, b"", FfmpegFormat("a DSD (DSF) file")),
    (b"FRM8", 12, b"DSD ", FfmpegFormat("a DSD (DSDIFF) file")),
    (b"\x0bw", 0, b"", FfmpegFormat("an AC-3 file")),
    (b"\x7f\xfe\x80\x01", 0, b"", FfmpegFormat("a DTS file")),
    (b"\0\0\x01\xba", 0, b"", FfmpegFormat("an MPEG program stream (MPG, VOB)")),
    (b"OggS", 28, b"Speex   ", FfmpegFormat("an Ogg file of Speex")),
    (b"OggS", 28, b"\x80theora", FfmpegFormat("an Ogg video of Theora")),
    (b"OggS", 28, b"fishead", FfmpegFormat("an Ogg file of several tracks (Skeleton)")),
    (b"OggS", 28, b"CELT    ", FfmpegFormat("an Ogg file of CELT", False)),
    (b"MThd", 0, b"", FfmpegFormat("a MIDI file: notes, no sound", False)),
)
_MP4_BRANDS = {
    b"M4A ": "an MPEG-4 audio (M4A) file",
    b"M4B ": "an MPEG-4 audio (M4B) file",
    b"qt  ": "a QuickTime file",
}
_WAV_FORMS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_WAV_CODECS = {
    0x02: "MS ADPCM", 0x22: "TrueSpeech", 0x28: "LH codec", 0x2D: "SBC", 0x42: "G.723.1", 0x45: "G.726", 0x64: "G.726",
    0x65: "G.722", 0x83: "G.729", 0x130: "ACELP", 0x160: "WMA 1", 0x161: "WMA 2", 0x162: "WMA Pro",
    0x163: "WMA Lossless", 0x270: "ATRAC3", 0xFF: "AAC", 0x1600: "AAC", 0x2000: "AC-3", 0x2001: "DTS", 0xA106: "AAC",
    0x566F: "Vorbis", 0x674F: "Vorbis", 0xF1AC: "FLAC",
}  # fmt: skip

# Codecs that libsndfile reads; 0xFFFE (EXTENSIBLE) says that another number follows.
_WAV_CODECS_OF_LIBSNDFILE = frozenset({0x01, 0x02, 0x03, 0x06, 0x07, 0x11, 0x14, 0x31, 0x38, 0x40, 0x50, 0x55, 0xFFFE})


def format_by_content(path: str | os.PathLike[str]) -> FfmpegFormat | None:
    """Return the format of a file by its content; None if it is unknown, or if libsndfile reads it.

    Raises
    ------
    OSError
    """
    with open_file(path) as file:
        return format_by_head(read_at(file, skip_id3(file, 0, os.fstat(file.fileno()).st_size), _HEAD_BYTES))


def format_by_head(head: bytes) -> FfmpegFormat | None:
    """Return the format of a file by its first bytes; None if it is unknown, or if libsndfile reads it.

    Examples
    --------
    >>> format_by_head(b"#!AMR-WB").name
    'an AMR file'
    """
    for begins, place, also, kind in _FORMATS:
        if head.startswith(begins) and head[place:].startswith(also):
            return kind
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return FfmpegFormat(_MP4_BRANDS.get(head[8:12], "an MPEG-4 (MP4) file"))
    if len(head) > 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return FfmpegFormat("an AAC (ADTS) file")
    if any(head[at : at + 3 * step : step] == b"GGG" for at, step in ((0, 188), (4, 192))):
        return FfmpegFormat("an MPEG transport stream (TS)")
    return _wav_with_other_codec(head)


def _wav_with_other_codec(head: bytes) -> FfmpegFormat | None:
    is_w64 = head[:4] == b"riff" and head[24:28] == b"wave"
    if not is_w64 and (head[:4] not in _WAV_FORMS or head[8:12] != b"WAVE"):
        return None
    place = head.find(b"fmt ")
    at = place + (W64 if is_w64 else RIFF).n_header
    if place < 0 or len(head) < at + 2:
        return None
    tag = struct.unpack(">H" if head[:4] == b"RIFX" else "<H", head[at : at + 2])[0]
    kind = "W64" if is_w64 else "WAV"
    if tag in _WAV_CODECS:
        return FfmpegFormat(f"a {kind} file of {_WAV_CODECS[tag]}")
    return None if tag in _WAV_CODECS_OF_LIBSNDFILE else FfmpegFormat(f"a {kind} file of codec 0x{tag:04X}")
