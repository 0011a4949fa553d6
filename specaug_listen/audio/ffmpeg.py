"""Decoding through FFmpeg, in the package ``av`` (the extra ``[av]``), of files that libsndfile does not read."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from .._files import open_file
from .._imports import require
from .._notices import Notice
from ..errors import AudioError
from .containers import Stream, View
from .containers.ffmpeg_parts import n_trailing_bytes
from .decoder import BLOCK_SAMPLES, Decoder, Ending, Real
from .length_slack import LengthSlack
from .packet_gaps import PacketGaps

__all__ = ["FfmpegDecoder"]

# Fewer trailing bytes than this are not reported: they are no recording.
_FEWEST_TRAILING_BYTES = 1000
# Shorter gaps between packets are not reported.
_SHORTEST_GAP_S = 0.25
# In FFmpeg's description of channels in a custom order: "8 channels (FL+FR+...)".
_OWN_ORDER_MARK = " channels ("
# Packets of larger files without a length are not counted before they are decoded.
_MAX_COUNTED_BYTES = 1 << 28
_CLOCK = re.compile(r"(\d{1,6}):(\d\d):(\d\d(?:\.\d{1,12})?)", re.ASCII)
# Containers whose header tells the duration of each track. FFmpeg guesses it for others (from the first frames of an
# AAC, the file's size); Windows Media and AVI are parsed in `ffmpeg_parts`.
_TRACK_LENGTH_FORMATS = frozenset(
    ["mov", "caf", "wav", "w64", "aiff", "au", "tta", "wv", "ape", "tak", "mpc", "mpc8", "dsf", "iff", "rm", "flac"]
)
# Containers whose header may tell the duration of the file, but not of the track.
_FILE_LENGTH_FORMATS = frozenset(["asf", "avi", "matroska"])
# Containers without a duration. Their structure shows whether a truncated file can be told from a whole one.
_PACKET_FORMATS = frozenset(["flv", "mpeg", "mpegts"])
# Containers whose timestamps have one clock for all tracks, even if they tell no duration, as a browser's recorder or a
# pipe leaves them.
_CLOCK_FORMATS = frozenset(["matroska", "mov", "wv"])
# Of these, such that a recorder writes, whose duration includes its pauses.
_PAUSE_FORMATS = frozenset(["matroska", "mov"])
# Containers whose packets are in the order of their timestamps, from the beginning of the file to its end.
_ORDERED_FORMATS = _CLOCK_FORMATS | {"asf", "flv"}
# Whose packets FFmpeg splits, and gives the times of others.
_STALE_TIMES = ("asf", "flac")


class _Source:
    """A file for FFmpeg, whose failing seeks (to a negative offset, say) would print a traceback."""

    def __init__(self, file: BinaryIO | View, name: str | os.PathLike[str]) -> None:
        self.name, self.read, self.tell = os.fspath(name), file.read, file.tell
        self._seek = file.seek

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset; return -1 if that fails, as FFmpeg expects."""
        try:
            return self._seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1


class FfmpegDecoder(Decoder):
    """The best track of sound in a file that FFmpeg reads.

    Parameters
    ----------
    path : str or path-like
    part : Stream, optional
        The part of the file to read, and what is known of it.
    ends : int, optional
        Place where the file ends by its own structure.
    follows : bool
        Whether this is a later one of several concatenated files; the notices of the first one name the decoder.

    Raises
    ------
    AudioError
        If FFmpeg cannot open the file, or finds no sound in it.
    """

    n_exact = None

    def __init__(
        self,
        path: str | os.PathLike[str],
        part: Stream | None = None,
        *,
        ends: int | None = None,
        follows: bool = False,
    ) -> None:
        self._path, self._part, self._ends, self._follows = path, part or Stream(), ends, follows
        self._reason: str | None = None
        self._errors: list[str] = []
        self._av = require("av", extra="av", purpose="reading this file")
        with self._open() as (container, stream):
            context = stream.codec_context
            self.sample_rate, self.n_channels = int(stream.rate or 0), _layout(context).nb_channels
            self._values = {
                "decoder": f"av {self._av.__version__}", "codec": str(context.name),
                "container": str(container.format.name),
            }  # fmt: skip
            self._n_tracks = len(container.streams.audio)
            self._promised = self._length(container, stream)
        self._read_to = self._n_trailing = 0
        self._begin_counting()
        if not self.sample_rate or not self.n_channels:
            raise AudioError("its track of sound has no rate or no channels; convert it to WAV")
        self.name = self._values["decoder"]

    @contextmanager
    def _open(self) -> Iterator[tuple[Any, Any]]:
        pieces = self._part.pieces
        with open_file(self._path) if pieces is None else View(self._path, pieces) as file:
            try:
                container = self._av.open(_Source(file, self._path), mode="r", metadata_errors="replace")
            except self._av.error.FFmpegError as error:
                raise AudioError(f"not readable by FFmpeg, either ({error.strerror})") from None
            try:
                with container:
                    if not container.streams.audio:
                        raise AudioError("holds no track of sound")
                    stream = container.streams.best("audio") or container.streams.audio[0]
                    if stream.codec_context is None:
                        raise AudioError(
                            "its sound is of a codec that FFmpeg does not decode, either; convert it to WAV"
                        )
                    yield container, stream
            except self._av.error.FFmpegError as error:
                raise AudioError(f"cannot be decoded by FFmpeg ({error.strerror}); convert it to WAV") from None

    def _length(self, container: Any, stream: Any) -> int | None:
        """Return the samples that the header promises for this track; None if it tells only the file's duration."""
        kind = self._format
        is_known = kind in _TRACK_LENGTH_FORMATS | _FILE_LENGTH_FORMATS
        self._could_tell = is_known or not (container.duration or kind in _PACKET_FORMATS)
        if self._part.promised_s is not None:
            return round(self._part.promised_s * self.sample_rate)
        if kind in _TRACK_LENGTH_FORMATS and stream.duration and stream.time_base:
            return round(float(stream.duration * stream.time_base) * self.sample_rate)
        if kind == "matroska" and (end_s := _seconds(stream.metadata.get("DURATION", ""))):
            begin_s = float((stream.start_time or 0) * stream.time_base) if stream.time_base else 0.0
            return round((end_s - max(0.0, begin_s)) * self.sample_rate)
        return None

    @property
    def n_likely(self) -> int | None:
        """The length by the header or a count of frames or packets; None if unknown."""
        if self._promised is None and self._part.expected_samples is None:
            return self._n_of_packets()
        return self._promised or self._part.expected_samples

    def _n_of_packets(self) -> int | None:
        """Return the duration of the packets of a small file; None for a large one, which would take too long."""
        if os.path.getsize(self._path) > _MAX_COUNTED_BYTES:
            return None
        try:
            with self._open() as (container, stream), self._log():
                n = sum(packet.duration or 0 for packet in _packets(container, stream))
                return round(n * float(stream.time_base or 0) * self.sample_rate)
        except Exception:  # PyAV can fail in any way, which is reported when decoding
            return None

    @property
    def _begin(self) -> int:
        """Where the part that is read begins in the file."""
        first = self._part.pieces[0] if self._part.pieces else b""
        return 0 if isinstance(first, bytes) else first[0]

    def blocks(self, begin: int) -> Iterator[Real]:
        """Yield samples from `begin` to the end; decoding always starts at the beginning."""
        at, waiting, n_waiting = 0, [], 0
        with self._open() as (container, stream):
            frames = self._frames(container, stream)
            while (frame := next(frames, None)) is not None:
                first, at = at, at + len(frame)
                if at > begin:
                    waiting.append(frame[max(0, begin - first) :])
                    n_waiting += len(waiting[-1])
                if n_waiting >= BLOCK_SAMPLES:
                    yield np.concatenate(waiting)
                    waiting, n_waiting = [], 0
        if waiting:
            yield np.concatenate(waiting)
        self._count_trailing_bytes()
        self.ending = Ending(at, self._reason)
        if at == 0 and self._errors and not self._follows and self._is_whole():
            raise AudioError(f"FFmpeg decodes none of its sound ({self._errors[0]:.80}); use another clip")

    def _is_whole(self) -> bool:
        """Whether its chunks or boxes show that the file is complete."""
        part = self._part
        if part.promised_bytes is not None:
            return part.promised_bytes == part.present_bytes
        return self._ends is not None and part.ends_within is None

    def _count_trailing_bytes(self) -> None:
        """Count the bytes behind the end of the file's boxes or chunks."""
        if self._ends is None:
            return
        with open_file(self._path) as file:
            size = os.fstat(file.fileno()).st_size
            # Not before what FFmpeg has read, whatever the structure says.
            self._n_trailing = n_trailing_bytes(file, max(self._ends, self._read_to), size)

    def _frames(self, container: Any, stream: Any) -> Iterator[Real]:
        self._reason, self._errors = None, []
        self._begin_counting()
        stream.codec_context.options = {"err_detect": "crccheck"}  # checksums, where the codec has them
        if _OWN_ORDER_MARK in _layout(stream.codec_context).name:
            stream.codec_context.options |= {"ch_layout": f"{self.n_channels} channels"}
        rate, n_channels = self.sample_rate, self.n_channels
        resampler, form = None, None
        packets = _packets(container, stream)
        while (frames := self._next_frames(packets)) is not None:
            for frame in frames:
                if (frame.sample_rate, len(frame.layout.channels)) != (rate, n_channels):
                    self._reason = "its rate or number of channels changes"
                    return
                if form != (form := (frame.format.name, frame.layout.name)):
                    yield from _interleave(resampler, None, n_channels)
                    resampler = self._av.AudioResampler(format="flt", layout=frame.layout, rate=rate)
                yield from _interleave(resampler, frame, n_channels)
        yield from _interleave(resampler, None, n_channels)

    def _begin_counting(self) -> None:
        kind = (self._format, self._values["codec"])
        self._gaps = PacketGaps(self.sample_rate, is_opus=kind == ("mov", "opus"))
        is_counted_in_bytes = self._part.promised_bytes is not None
        self._slack = LengthSlack(self.sample_rate, *kind, is_counted_in_bytes=is_counted_in_bytes)

    def _next_frames(self, packets: Iterator[Any]) -> list[Any] | None:
        """Return the frames of the next packet: none if it cannot be decoded, None after the last packet."""
        raised = None
        frames: list[Any] | None = []
        with self._log() as lines:
            try:
                packet = next(packets, None)
                if packet is not None and packet.pos is not None:
                    self._read_to = max(self._read_to, self._begin + packet.pos + packet.size)
            except Exception as error:  # PyAV fails, e.g. at a stream that begins late in the file
                self._reason, packet = str(getattr(error, "strerror", None) or error), None
            try:
                frames = None if packet is None else list(packet.decode())
            except Exception as error:
                raised = str(getattr(error, "strerror", None) or error)
        if packet is not None:
            n_samples = sum(frame.samples for frame in frames or ())
            self._gaps.add(packet, n_samples)
            self._slack.add(packet, n_samples)
        if lines or raised:
            self._errors.append(lines[0] if lines else str(raised))
        return frames

    @contextmanager
    def _log(self) -> Iterator[list[str]]:
        """Collect what FFmpeg logs as errors: it conceals most damage, and reports it nowhere else."""
        log = self._av.logging
        lines: list[str] = []
        level, skips = log.get_level(), log.get_skip_repeated()
        log.set_level(log.ERROR)
        log.set_skip_repeated(False)
        try:
            with log.Capture(local=False) as records:
                yield lines
        finally:
            log.set_skip_repeated(skips)
            log.set_level(level)
        lines += [str(message).strip() for severity, _, message in records if severity <= log.ERROR]

    def notices(self) -> list[Notice]:
        """Return the decoder's name, and what is known so far of disagreements between header and content."""
        notices = [] if self._follows else [Notice("decoded-by", self._values)]
        if self._n_tracks > 1 and not self._follows:
            notices.append(Notice("tracks", {"n_tracks": self._n_tracks}))
        if self._errors:
            notices.append(Notice("decoder-errors", {"n_errors": len(self._errors), "reason": self._errors[0]}))
        if self.ending is not None:
            n, promised = self.ending.n_samples, self._promised
            values = {"n_present": n, "n_promised": promised, "sample_rate": self.sample_rate}
            if self.ending.reason is not None:
                notices.append(Notice("stopped", values | {"reason": self.ending.reason}))
            elif kind := self._kind_of_length(n):
                notices.append(Notice(kind, values | {"n_promised": self._likely(n)}))
            if self._part.ends_within and not any(notice.kind == "cut" for notice in notices):
                notices.append(Notice("cut-within", values | {"within": self._part.ends_within}))
            notices += self._packet_notices()
            if self._n_trailing > _FEWEST_TRAILING_BYTES:
                notices.append(Notice("junk-after", {"n_bytes": self._n_trailing}))
        return notices

    def _packet_notices(self) -> Iterator[Notice]:
        """Yield what the times of the packets tell."""
        if n_gap := self._n_gap():
            yield Notice("time-gaps", {"n_samples": n_gap, "sample_rate": self.sample_rate})
        is_ordered = self._format in _ORDERED_FORMATS and (self._format, self._values["codec"]) != _STALE_TIMES
        if self._gaps.n_backwards and is_ordered:
            yield Notice("pages-wrong", {"n_packets": self._gaps.n_backwards})
        if self._gaps.n_other:
            yield Notice("packets-damaged", {"n_packets": self._gaps.n_other})

    @property
    def _format(self) -> str:
        """The first of FFmpeg's names of the container, e.g. "mov" of "mov,mp4,m4a"."""
        return self._values["container"].split(",")[0]

    def _kind_of_length(self, n: int) -> str | None:
        """Return the kind of notice for `n` samples, by what the header promises; None if they agree."""
        part, promised = self._part, self._promised
        if part.is_open:
            return "open-length"
        if part.promised_bytes is not None and part.present_bytes:
            if part.promised_bytes == 0:
                return "no-length"
            if part.promised_bytes != part.present_bytes:
                return "cut" if part.promised_bytes > part.present_bytes else "longer"
        if promised is None:
            return "open-length" if self._could_tell and part.ends_within is None else None
        n_paused = self._gaps.n_missing if self._format in _PAUSE_FORMATS else 0
        is_cut = n + n_paused < promised - self._slack.n_missing
        if is_cut and self._errors and self._is_whole():
            return "stopped"
        is_longer = n > promised + self._slack.n_extra
        if is_longer and (self._format, self._values["codec"]) == ("caf", "opus"):
            return None  # FFmpeg writes 120 samples for each packet of its encoder, which holds 960
        return "cut" if is_cut else "longer" if is_longer else None

    def _n_gap(self) -> int:
        """Return the samples missing between packets, if the container has one clock for all tracks."""
        n = self._gaps.n_missing
        # Elsewhere, a packet that FFmpeg skips leaves a gap, too.
        return n if self._format in _CLOCK_FORMATS and n > _SHORTEST_GAP_S * self.sample_rate else 0

    def _likely(self, n: int) -> int | None:
        """Return how many samples the header promises, perhaps in bytes."""
        part = self._part
        if part.promised_bytes is None or not part.present_bytes or part.promised_bytes == part.present_bytes:
            return self._promised
        return round(n * part.promised_bytes / part.present_bytes)


def _seconds(text: str) -> float | None:
    """Parse a time of Matroska's tags, e.g. 90.5 for "00:01:30.500000000"; None for other text."""
    match = _CLOCK.fullmatch(text)
    return sum(float(part) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else None


def _layout(context: Any) -> Any:
    """Return the channel layout of a codec.

    PyAV frees the table of a custom channel order (QuickTime's for 7 and 8 channels), though FFmpeg owns it. So such a
    layout is never released, and frames get a plain one (``ch_layout``).
    """
    layout = context.layout
    if _OWN_ORDER_MARK in layout.name:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
    return layout


def _interleave(resampler: Any, frame: Any, n_channels: int) -> Iterator[Real]:
    """Yield the samples of a frame, or for `frame=None` the remaining ones, shape (n, n_channels).

    Ask for packed (interleaved) samples: with 8 planar channels, PyAV reads past its plane table.
    """
    for part in resampler.resample(frame) if resampler is not None else ():
        yield np.array(part.to_ndarray(), dtype=np.float32).reshape(-1, n_channels)


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of one track."""
    yield from container.demux(stream)
