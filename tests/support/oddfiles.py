"""Files of sound in every container that can be written here: whole, cut, with an open length, damaged, with a rest."""

from __future__ import annotations

import contextlib
import functools
import io
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import soundfile as sf

RATE = 16000
_TIME = np.arange(2 * RATE)
VOICE = (0.3 * np.sin(_TIME**2 / 4e5) + np.random.default_rng(0).normal(0, 0.01, 2 * RATE)).astype("f4")


@dataclass(frozen=True)
class Container:
    """How a container is written, and where its header tells how much sound there is.

    Parameters
    ----------
    format, subtype : str
        As soundfile has them.
    field : (bytes or None, int, str) or None
        A mark, how far behind its beginning the size is, and its form; None where there is no size.
    n_samples, rate : int
    endian : str
    change : callable
        What is done to the file that soundfile wrote.
    """

    format: str
    subtype: str
    field: tuple[bytes | None, int, str] | None = None
    n_samples: int = RATE
    rate: int = RATE
    endian: str = "FILE"
    change: Callable[[bytearray], bytes] = bytes

    def whole(self, n_samples=None):
        """The bytes of a file."""
        n = self.n_samples if n_samples is None else n_samples
        buffer = io.BytesIO()
        sf.write(buffer, np.resize(VOICE, n), self.rate, format=self.format, subtype=self.subtype, endian=self.endian)
        data = bytearray(self.change(bytearray(buffer.getvalue())))
        if self.format == "XI":  # libsndfile leaves the size open there, FastTracker does not
            struct.pack_into("<I", data, 298, 2 * n)
        return data

    def place(self, data):
        """Where the size is in a file."""
        mark, offset, _ = self.field
        return (data.index(mark) if mark else 0) + offset

    def with_size(self, size):
        """The file, with another size in its header."""
        data, form = self.whole(), self.field[2]
        struct.pack_into(form, data, self.place(data), size % (1 << 8 * struct.calcsize(form)))
        return data

    def with_half_its_size(self):
        """The file, with a size that tells of about half of its sound."""
        data = self.whole()
        size = struct.unpack_from(self.field[2], data, self.place(data))[0]
        return self.with_size(size // 4096 * 2048 or size // 2)

    def open_sizes(self):
        """What writers that cannot go back leave as a size."""
        sizes = [0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFF - 36]
        return sizes + ([(1 << 64) - 1, (1 << 63) - 1] if self.field[2].endswith(("Q", "q")) else [])


def in_ogg(flac, page_size=30000):
    """A FLAC file's header and frames as packets of Ogg, in pages of some 30 KB, or less."""
    packets = [b"\x7fFLAC\1\0\0\1" + flac[:42], flac[42:]]
    bodies = [packets[0], *(packets[1][i : i + page_size] for i in range(0, len(packets[1]), page_size))]
    pages = b""
    for number, body in enumerate(bodies):
        lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
        flags = 2 if number == 0 else 4 if number == len(bodies) - 1 else 0
        page = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, 7, number, 0, len(lacing)) + lacing + bytes(body)
        pages += page[:22] + struct.pack("<I", ogg_checksum(page)) + page[26:]
    return pages


@functools.cache
def _table_of_ogg():
    table = []
    for crc in range(256):
        crc <<= 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x104C11DB7 if crc >> 31 else 0)
        table.append(crc)
    return table


def ogg_checksum(page):
    """As the format's description tells it, a bit at a time."""
    crc, table = 0, _table_of_ogg()
    for byte in page:
        crc = (crc << 8 & 0xFFFFFFFF) ^ table[crc >> 24 ^ byte]
    return crc


def in_wav(mp3):
    """The frames of an MP3 as the sound of a WAV file, without the first one that tells of the others."""
    sound = mp3[mp3.index(mp3[:2], 150) :]
    fmt = struct.pack("<4sIHHIIHHHHIHHH", b"fmt ", 30, 0x55, 1, RATE, 4000, 1, 0, 12, 1, 2, 288, 1, 1393)
    body = b"WAVE" + fmt + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


CONTAINERS = {
    "WAV": Container("WAV", "PCM_16", (b"data", 4, "<I")),
    "WAV, big-endian (RIFX)": Container("WAV", "PCM_16", (b"data", 4, ">I"), endian="BIG"),
    "WAV of floats": Container("WAV", "FLOAT", (b"data", 4, "<I")),
    "WAV of IMA ADPCM": Container("WAV", "IMA_ADPCM", (b"data", 4, "<I")),
    "WAV of GSM 6.10": Container("WAV", "GSM610", (b"data", 4, "<I")),
    "WAVEX": Container("WAVEX", "PCM_24", (b"data", 4, "<I")),
    "RF64": Container("RF64", "PCM_16", (b"ds64", 16, "<Q")),
    "BW64": Container("RF64", "PCM_16", (b"ds64", 16, "<Q"), change=lambda data: b"BW64" + data[4:]),
    "W64": Container("W64", "PCM_16", (b"data", 16, "<Q")),
    "AIFF": Container("AIFF", "PCM_16", (b"SSND", 4, ">I")),
    "AIFF of µ-law": Container("AIFF", "ULAW", (b"SSND", 4, ">I")),
    "AU": Container("AU", "PCM_16", (None, 8, ">I")),
    "CAF": Container("CAF", "PCM_16", (b"data", 4, ">Q")),
    "CAF of ALAC": Container("CAF", "ALAC_16", (b"data", 4, ">Q")),
    "FLAC": Container("FLAC", "PCM_16", (None, 22, ">I"), 4 * RATE),
    "Ogg of Vorbis": Container("OGG", "VORBIS", None, 8 * RATE),
    "Ogg of Opus": Container("OGG", "OPUS", None, 8 * RATE),
    "Ogg of FLAC": Container("FLAC", "PCM_16", None, 4 * RATE, change=in_ogg),
    "MP3": Container("MP3", "MPEG_LAYER_III", (b"Xing", 8, ">I"), 4 * RATE),
    "WAV of MP3": Container("MP3", "MPEG_LAYER_III", (b"data", 4, "<I"), 4 * RATE, change=in_wav),
    "MP2": Container("MP3", "MPEG_LAYER_III", None, change=lambda data: 41 * (b"\xff\xf5\x88\xc4" + bytes(572))),
    "NIST": Container("NIST", "PCM_16", None),
    "VOC": Container("VOC", "PCM_16", None),
    "SVX": Container("SVX", "PCM_16", (b"BODY", 4, ">I")),
    "HTK": Container("HTK", "PCM_16", (None, 0, ">I")),
    "SDS": Container("SDS", "PCM_16", None),
    "AVR": Container("AVR", "PCM_16", (None, 26, ">I")),
    "MAT4": Container("MAT4", "PCM_16", (None, 47, "<I")),
    "MAT5": Container("MAT5", "PCM_16", (None, 260, "<I")),
    "MPC2K": Container("MPC2K", "PCM_16", (None, 30, "<I")),
    "WVE": Container("WVE", "ALAW", (None, 18, ">I"), rate=8000),
    "XI": Container("XI", "DPCM_16", (None, 298, "<I")),
    "PAF": Container("PAF", "PCM_16", None),
    "PAF of 24 bits": Container("PAF", "PCM_24", None),
    "IRCAM": Container("IRCAM", "PCM_16", None),
    "PVF": Container("PVF", "PCM_16", None),
}
# What goes through FFmpeg: the ending, and the codec.
FOREIGN = {
    "M4A of AAC": (".m4a", "aac"),
    "M4A of ALAC": (".m4a", "alac"),
    "AAC (ADTS)": (".aac", "aac"),
    "Matroska of FLAC": (".mka", "flac"),
    "Windows Media": (".wma", "wmav2"),
    "WavPack": (".wv", "wavpack"),
    "True Audio": (".tta", "tta"),
    "AC-3": (".ac3", "ac3"),
    "WAV of G.726": (".wav", "g726"),
    "AVI": (".avi", "pcm_s16le"),
    "Flash video (FLV)": (".flv", "aac"),
    "MPEG-TS": (".ts", "mp2"),
    "MPEG-PS": (".mpg", "mp2"),
}
TEXT = b"these are words and no sound. " * 40


def cut(data, share=0.6):
    """Most of a file."""
    return data[: int(share * len(data)) // 2 * 2]


def damaged(data, share=0.5):
    """A file with other bytes in its middle."""
    at = int(share * len(data))
    return data[:at] + b"\xff\x00\x55" * 7 + data[at + 21 :]


def with_sample_count(data, count):
    """A NIST file with another number of samples, a text that may be longer than before."""
    head = re.sub(rb"sample_count -i \d+", b"sample_count -i %d" % count, bytes(data[:1024]))
    return bytearray(head[:1024].ljust(1024) + data[1024:])


def piped_by_libsndfile(header, data):
    """What ``sox -t caf -`` and others leave: the header thrice, of which the last alone tells the size."""
    return header + header + data[len(header) :] + data[: len(header)]


def written_by_ffmpeg(path, codec, samples=VOICE, *, layout="mono", begin=0, n_pictures=0, pipe_as=None):
    """The bytes of a file that FFmpeg writes, as the package `av` holds it.

    Parameters
    ----------
    path : Path
    codec : str
    samples : array
        Of shape (n,), or (n, n_channels).
    layout : str
        Of the channels.
    begin : int
        At which sample of the file the sound begins.
    n_pictures : int
        Of an empty picture, one a second, beside the sound.
    pipe_as : str, optional
        A container that is written as into a pipe, where nothing can be filled in afterwards.
    """
    import av

    rate = {"ac3": 48000, "g726": 8000}.get(codec, RATE)
    with contextlib.ExitStack() as stack:
        pipe = stack.enter_context(path.open("wb")) if pipe_as else None
        target = _Pipe(pipe) if pipe_as else str(path)
        container = stack.enter_context(av.open(target, "w", format=pipe_as))
        pictures = container.add_stream("mpeg4", rate=1) if n_pictures else None
        if pictures is not None:
            pictures.width, pictures.height, pictures.pix_fmt = 16, 16, "yuv420p"
        stream = container.add_stream(codec, rate=rate, layout=layout)
        stream.codec_context.time_base, stream.bit_rate = Fraction(1, rate), 32000 if codec == "g726" else 64000
        pcm = np.rint(samples * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
        frame.sample_rate, frame.pts = rate, begin
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        parts = [*resampler.resample(frame), *resampler.resample(None)]
        for packet in [packet for part in parts for packet in stream.encode(part)] + stream.encode(None):
            container.mux(packet)
        for packet in _black(pictures, n_pictures):
            container.mux(packet)
    return path.read_bytes()


def _black(stream, n):
    """Packets of empty pictures, one a second."""
    import av

    for i in range(n):
        picture = av.VideoFrame.from_ndarray(np.zeros((24, 16), np.uint8), format="yuv420p")
        picture.pts, picture.time_base = i, Fraction(1)
        yield from stream.encode(picture)
    yield from stream.encode(None) if n else ()


class _Pipe:
    """A file that can only be written in a row."""

    def __init__(self, file):
        self.write = file.write
