"""`SndfileDecoder`: a stream that libsndfile reads, with silence in place of damage within FLAC."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

from .._imports import require
from .._notices import Notice
from .._standard_streams import catch_c_output
from .containers import Piece, Stream, View, flac_end, flac_frames, flac_header, trailing_zeros
from .containers.flac import HEADER_BYTES, FlacMd5
from .decoder import BLOCK_SAMPLES, Decoder, Ending, Real

__all__ = ["SndfileDecoder"]

# libsndfile reports 2^63 - 1 frames for a stream of unknown length.
_MAX_FRAMES = 1 << 48
_SAMPLE_BYTES = {
    "PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8, "ULAW": 1, "ALAW": 1,
}  # fmt: skip
# An empty ID3 tag: without it, libsndfile looks for the resource fork of a file without a name, in the working
# directory, before it looks for MPEG frames.
_EMPTY_ID3_TAG = b"ID3\4\0\0\0\0\0\x76" + bytes(0x76)
_COMPRESSED_FORMATS = {"FLAC", "OGG", "MP3"}
# MPEG frames refer to bits of earlier frames (the bit reservoir), which are missing after a seek: the decoder reports
# errors in the first frames. So it starts so many samples earlier; 32 frames hold more than the reservoir.
_WARM_UP_SAMPLES = 32 * 1152
# The longest plausible gap in a damaged FLAC; a longer one comes from a corrupt frame number.
_MAX_GAP_S = 3600
# How much is read at most to find undamaged frames: so many bytes, plus a multiple of the file's size.
_TRIED_BYTES, _TRIED_FACTOR = 1 << 18, 2
# libsndfile converts so many numbers at once. In a PAF of 24 bits, it loses its position between two such parts if they
# are not whole samples of all channels, as with three channels.
_NUMBERS_AT_ONCE = 2048


class SndfileDecoder(Decoder):
    """A stream that libsndfile reads.

    Parameters
    ----------
    path : str or path-like
    stream : Stream

    Raises
    ------
    soundfile.LibsndfileError
        When it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], stream: Stream) -> None:
        self._path, self._stream = path, stream
        self._errors: list[str] = []
        self._n_silent = self._n_gaps = 0
        self._md5 = FlacMd5(b"")
        sf = require("soundfile", purpose="reading audio")
        self._raw: dict[str, Any] | None = None
        with self._open()[0] as file:
            self.sample_rate, self.n_channels = int(file.samplerate), int(file.channels)
            self._frames, subtype = int(file.frames) - stream.skip_samples, file.subtype
            self._is_linear = subtype in _SAMPLE_BYTES and file.format not in _COMPRESSED_FORMATS
            self._is_mpeg, self._is_flac = file.format == "MP3", file.format == "FLAC"
            # Within Vorbis' last page, libsndfile 1.2.2 is sent to another place than it says, and what Opus makes of a
            # frame depends on all before it.
            is_seekable = stream.is_seekable and sf.SoundFile.seekable(file)
            self._may_seek = is_seekable and not (file.format == "OGG" and subtype in ("VORBIS", "OPUS"))
        self.name = f"libsndfile {sf.__libsndfile_version__}"
        if stream.body is not None and self._is_linear:
            self._raw = {
                "format": "RAW", "subtype": subtype, "endian": stream.body.endian,
                "samplerate": self.sample_rate, "channels": self.n_channels,
            }  # fmt: skip
            with self._open()[0] as file:
                self._frames = int(file.frames)
        if stream.most_samples is not None:
            self._frames = min(self._frames, stream.most_samples)
        self._frame_bytes = self.n_channels * _SAMPLE_BYTES.get(subtype, 1)
        self.n_exact = self._frames if self._is_linear else None

    def _open(self) -> tuple[Any, View | None]:
        stream = self._stream
        if self._raw is not None and stream.body is not None:
            view = View(self._path, [(stream.body.begin, stream.body.end)])
            return _open_file(view, **self._raw), view
        if stream.pieces is None:
            return _open_file(os.fsencode(os.path.abspath(self._path))), None
        return self._open_pieces(stream.pieces)

    def _open_pieces(self, pieces: Sequence[Piece]) -> tuple[Any, View]:
        view = View(self._path, pieces, is_endless=self._stream.is_endless)
        begins = view.read(2)
        view.seek(0)
        if len(begins) == 2 and begins[0] == 0xFF and begins[1] & 0xE0 == 0xE0:
            view.close()
            view = View(self._path, (_EMPTY_ID3_TAG, *pieces), is_endless=self._stream.is_endless)
        return _open_file(view), view

    @property
    def n_likely(self) -> int | None:
        """The length by its last frame, its header, or a count of its frames; None if unknown."""
        if self.n_exact is not None:
            return self.n_exact
        if self._is_flac:
            with View(self._path, self._stream.pieces or ((0, os.path.getsize(self._path)),)) as view:
                if (n_samples := flac_end(view)) is not None:
                    return n_samples
        return self._stream.promised_samples or self._n_expected()

    def blocks(self, begin: int) -> Iterator[Real]:
        """Yield samples from `begin` to the end; damage within FLAC becomes silence of the same length."""
        self._errors, self._n_silent, self._n_gaps = [], 0, 0
        file, view = self._open()
        at = self._seek(file, begin)
        if at < 0:
            _close_file(file, view)
            file, view = self._open()
            at = 0
        self._md5 = self._md5_of_stream() if self._is_flac and begin == 0 else FlacMd5(b"")
        for block in chain(self._read(file, view, at - self._stream.skip_samples, begin), self._resume(begin)):
            self._md5.add(block)
            yield block

    def _md5_of_stream(self) -> FlacMd5:
        with View(self._path, self._stream.pieces or ((0, HEADER_BYTES),)) as view:
            return FlacMd5(view.read(HEADER_BYTES))

    def _resume(self, begin: int) -> Iterator[Real]:
        """Yield what follows damage in FLAC, if there is some; its frames tell their place."""
        if not self._is_flac or self.error is None:
            return
        with View(self._path, self._stream.pieces or ()) as stream:
            (header, longest), end = flac_header(stream), stream.n_bytes
            n_left = _TRIED_BYTES + _TRIED_FACTOR * end
            for place, at in flac_frames(stream):
                ending = self.ending
                if ending is None or ending.reason is None or n_left < 0:
                    return
                if not self._may_follow(place, ending):
                    continue
                n_wasted = self._n_wasted_bytes(View(stream, (header, (at, min(end, at + longest)))))
                n_left -= n_wasted
                if n_wasted:
                    continue  # it only looked like a frame, or is damaged as well
                self.ending = None  # unknown until the rest is decoded
                self._n_silent += place - ending.n_samples
                self._n_gaps += place > ending.n_samples
                yield from _silence(place - max(ending.n_samples, begin), self.n_channels)
                view = View(stream, (header, (at, end)))
                yield from self._read(_open_file(view), view, place, begin)

    def _may_follow(self, place: int, ending: Ending) -> bool:
        """Whether a frame at this sample can be the next one after the damage."""
        n_lost, most = place - ending.n_samples, self._stream.promised_samples
        return 0 <= n_lost <= _MAX_GAP_S * self.sample_rate and (most is None or place < most)

    def _n_wasted_bytes(self, view: View) -> int:
        """Return how many bytes were read of what only looks like a frame; 0 if it is one."""
        file = _open_file(view)
        try:
            n, reason = self._fill(file, np.full((1, self.n_channels), np.nan, np.float32))
            return 0 if n and reason is None else max(1, view.n_read)
        finally:
            _close_file(file, view)

    def _seek(self, file: Any, begin: int) -> int:
        """Seek to `begin` or before it; return the position, -1 if seeking failed."""
        if not (self._is_linear or self._may_seek) or begin >= self._frames:
            return 0
        if begin == 0 and not self._is_mpeg:  # mpg123 rounds differently without a seek
            return 0
        at = max(0, begin - _WARM_UP_SAMPLES) if self._is_mpeg else begin
        try:
            with catch_c_output():
                file.seek(at)
        except (RuntimeError, ValueError):
            return -1
        if at:  # else it is read from its beginning, and errors mean damage
            at += self._warm_up(file, begin - at)
        return at

    def _warm_up(self, file: Any, n_samples: int) -> int:
        """Decode and drop samples, ignoring errors; return how many there were."""
        n, _ = self._fill(file, np.empty((n_samples, self.n_channels), np.float32))
        self._errors.clear()
        return n

    def _read(self, file: Any, view: View | None, at: int, begin: int) -> Iterator[Real]:
        most = self._stream.most_samples
        reason = None
        try:
            while reason is None:
                wanted = BLOCK_SAMPLES if most is None else min(BLOCK_SAMPLES, most - at)
                block = np.full((wanted, self.n_channels), np.nan, np.float32)
                if view is not None:
                    view.is_exhausted = False
                n, reason = self._fill(file, block)
                at += n
                if (n_kept := min(n, at - begin)) > 0:
                    yield block[n - n_kept : n]
                if n < BLOCK_SAMPLES:
                    break
        finally:
            _close_file(file, view)
        self.ending = Ending(at, reason, view is not None and view.is_exhausted)

    def _fill(self, file: Any, block: Real) -> tuple[int, str | None]:
        """Fill a block of NaN; return how much of it is filled, and the decoder's error."""
        sf = require("soundfile", purpose="reading audio")
        reason = None
        with catch_c_output() as lines:
            try:
                n = len(file.read(out=block)) if len(block) else 0
            except sf.LibsndfileError as error:
                reason = str(error.error_string).strip().rstrip(".")
                blank = np.isnan(block).any(axis=1)
                n = int(blank.argmax()) if blank.any() else len(block)
        if self._is_mpeg:
            self._errors += [line for line in lines if "error" in line]
        return n, reason

    def notices(self) -> list[Notice]:
        """Return what is known so far of disagreements between header and content."""
        present = self._present()
        values = {"n_present": present, "n_promised": self._n_promised(present), "sample_rate": self.sample_rate}
        notices = [*self._length_notices(values), *self._damage(is_whole=self._is_whole(present))]
        if self._stream.is_open and present:
            notices.append(Notice("open-length", values))
        if (within := self._ends_within()) is not None:
            end = {"n_present": present, "within": within, "sample_rate": self.sample_rate}
            return [*notices, Notice("cut-within", end)]
        if n_zeros := self._n_trailing_zeros():
            return [*notices, Notice("zeros-after", {"n_bytes": n_zeros})]
        if self._is_whole(present) and self.error is not None:  # of the decoder, at trailing bytes
            return [*notices, Notice("junk-after", {"n_bytes": None})]
        if present is not None and self.ending is not None and not any(notice.kind == "cut" for notice in notices):
            whole = self._n_expected() if values["n_promised"] is None else values["n_promised"]
            is_less = whole is not None and present < whole
            if is_less and self.error is None and self._stream.is_complete:
                notices.append(Notice("time-gaps", values | {"n_samples": (whole or 0) - present}))
            elif is_less or self.error is not None:
                notices.append(Notice("stopped", values | {"n_promised": whole, "reason": self.error}))
        return notices

    def _length_notices(self, values: dict[str, Any]) -> list[Notice]:
        """Compare the promised length with the present one."""
        present, promised = values["n_present"], values["n_promised"]
        if promised is None or present is None:
            return []
        if present < promised:
            has_failed = self.ending is not None and self.ending.reason is not None and not self.ending.ran_out
            return [] if has_failed else [Notice("cut", values)]
        if present > promised:
            return [Notice("longer" if promised else "no-length", values)]
        n_more = (self._stream.present_bytes or 0) - (self._stream.promised_bytes or 0)  # too few for a sample
        return [Notice("junk-after", {"n_bytes": n_more})] if n_more > 0 and self._is_linear else []

    def _damage(self, *, is_whole: bool) -> list[Notice]:
        notices = []
        if self._n_silent:
            values = {"n_lost": self._n_silent, "n_places": self._n_gaps, "sample_rate": self.sample_rate}
            notices.append(Notice("silenced", values))
        elif is_whole and self._md5.differs:
            notices.append(Notice("other-sound"))
        if self._errors:
            first = self._errors[0].rpartition("error:")[2].strip(" !")
            notices.append(Notice("decoder-errors", {"n_errors": len(self._errors), "reason": first}))
        return notices

    def _ends_within(self) -> str | None:
        stream = self._stream
        if stream.ends_within is None and stream.is_open and stream.present_bytes and self._is_linear:
            return "sample" if stream.present_bytes % self._frame_bytes else None
        return stream.ends_within

    def _n_trailing_zeros(self) -> int:
        """Count the zeros behind the frames of a completely decoded FLAC, which the decoder reports as an error."""
        stream = self._stream
        if not self._is_flac or self.error is None or stream.pieces is None:
            return 0
        if stream.promised_samples not in (None, self._present()):
            return 0
        with View(self._path, stream.pieces) as view:
            return trailing_zeros(view)

    def _is_whole(self, present: int | None) -> bool:
        """Whether a FLAC holds as many samples as its header promises."""
        return self._is_flac and present is not None and present == self._stream.promised_samples

    def _present(self) -> int | None:
        if self.ending is not None:
            return self.ending.n_samples
        if self.n_exact is not None:
            return self.n_exact
        return self._frames if self._stream.promised_bytes is not None and self._frames < _MAX_FRAMES else None

    def _n_promised(self, present: int | None) -> int | None:
        stream = self._stream
        if stream.promised_bytes is None or stream.present_bytes is None:
            return stream.promised_samples
        if self._is_linear:
            return stream.promised_bytes // self._frame_bytes
        if stream.promised_bytes in (0, stream.present_bytes) or not stream.present_bytes or present is None:
            return stream.promised_samples if stream.promised_bytes else 0
        promised = round(present * stream.promised_bytes / stream.present_bytes)
        if stream.promised_bytes <= stream.present_bytes:
            return promised
        if stream.promised_samples is not None:
            return stream.promised_samples
        return self._frames if present < self._frames < _MAX_FRAMES else max(promised, present + 1)

    def _n_expected(self) -> int | None:
        if self._stream.expected_samples is not None:
            return self._stream.expected_samples
        return self._frames if self._frames < _MAX_FRAMES else None


def _silence(n_samples: int, n_channels: int) -> Iterator[Real]:
    for begin in range(0, n_samples, BLOCK_SAMPLES):
        yield np.zeros((min(BLOCK_SAMPLES, n_samples - begin), n_channels), np.float32)


def _open_file(source: Any, **how: Any) -> Any:
    """Open a file as ``soundfile.SoundFile`` does."""
    with catch_c_output():
        return _forward()(source, **how)


def _close_file(file: Any, view: View | None) -> None:
    """Close a file, and the view that it is read from."""
    with catch_c_output():
        file.close()
    if view is not None:
        view.close()


@functools.cache
def _forward() -> Any:
    """Return a subclass of `soundfile.SoundFile` that does not seek before and after each read."""
    sf = require("soundfile", purpose="reading audio")

    class Forward(sf.SoundFile):  # type: ignore[misc, name-defined]
        def seekable(self) -> bool:
            return False

        def read(self, *, out: Any) -> Any:
            if (self.format, self.subtype) != ("PAF", "PCM_24"):
                return super().read(out=out)
            done, step = 0, max(1, _NUMBERS_AT_ONCE // self.channels)
            while n := len(super().read(out=out[done : done + step])):
                done += n
            return out[:done]

    return Forward
