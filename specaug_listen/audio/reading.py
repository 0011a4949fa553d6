"""Reading audio files, for `load` and `Recording`.

A file is one stream of sound, or several concatenated ones. Each is decoded from beginning to end; the length in its
header is compared with the result, and never trusted.
"""

from __future__ import annotations

import errno
import functools
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from .._files import open_file, printable, require_unchanged, sha256_of
from .._imports import require
from .._notices import Notice
from ..errors import AudioError, MissingDependencyError, ParameterError, SpecAugListenError, SpecAugListenWarning
from .containers import FileLayout, Stream, format_by_content, layout_of
from .decoder import Decoder, keep_alike
from .excerpt import Excerpt, check_excerpt
from .ffmpeg_files import conversion_command, ffmpeg_decoders, has_ffmpeg, is_cut_file
from .sndfile_decoder import SndfileDecoder
from .sound import MAX_RATE_HZ, MIN_RATE_HZ

__all__ = ["MAX_CHANNELS", "channels_of", "lasts_longer", "open_excerpt", "warn_about"]

MAX_CHANNELS = 8
# libsndfile's errors for an unknown codec: in general, in ADPCM of other widths, and in AU, CAF, PAF, SVX, NIST, VOC
# and IRCAM.
_UNKNOWN_CODEC_ERRORS = frozenset({1, 4, 18, 73, 100, 106, 110, 112, 123})
# A file of this size with less than such a part on the disk is sparse: it was never completely written.
_LARGE_FILE_BYTES, _MAX_HOLES_FACTOR, _STAT_BLOCK_BYTES = 1 << 31, 256, 512
_NO_FILE_REASON = "not a regular file"
# libsndfile's errors for headers that are whole, but impossible, and what they tell; of a cut AIFF or VOC, it says the
# same.
_IMPOSSIBLE_FORMS = {
    24: "a sample rate of 0, or of 2^31 Hz and more", 29: "samples of a width that nothing here reads, such as floats "
    "of 16 bits", 33: "more than 1024 channels",
}  # fmt: skip
# Lists of clips.
_LIST_SUFFIXES = frozenset({".json", ".jsonl", ".csv", ".tsv", ".scp"})
_NAMES_WITH_AN = frozenset(
    ["AIFF", "AU", "AVR", "HTK", "IRCAM", "MP1", "MP2", "MP3", "MP3 in WAV", "MPC2K", "Ogg", "SDS", "SVX", "XI"]
)
# Two writes in so short a time may leave the same timestamp (2 s on FAT), so a younger file's layout is not kept.
_SETTLED_S = 3
# Files without a header, by extension: what they may be, and sox's options for that.
_LINEAR_16_BIT = ("16 kHz and 16 bits", "raw -r 16000 -e signed -b 16")
_HEADERLESS_FORMATS = {
    **dict.fromkeys((".raw", ".pcm", ".sln"), _LINEAR_16_BIT),
    **{f".{kind}": (f"8 kHz and {kind.upper()}", f"{kind} -r 8000") for kind in ("gsm", "vox", "ul", "al")},
}
_MPEG_SUFFIXES = frozenset({".mp3", ".mp2", ".mp1", ".mpga"})


@contextmanager
def open_excerpt(
    path: str | os.PathLike[str], start_s: float, duration_s: float | None, *, strict: bool = False
) -> Iterator[Excerpt]:
    """Open a part of an audio file; errors, also in the body of the ``with``, become messages of one line.

    Parameters
    ----------
    path : str or path-like
    start_s : float >= 0 [s]
    duration_s : float > 0 [s] or None
    strict : bool
        Refuse files whose header and content disagree, instead of reading them as far as possible.

    Raises
    ------
    AudioError
    ParameterError
        When ``start_s`` or ``duration_s`` are out of range.
    """
    check_excerpt(start_s, duration_s)
    name = printable(path)
    sf = require("soundfile", purpose="reading audio")
    try:
        with require_unchanged(path):
            _check_file(path)
            decoders, noticed = _decoders_or_reason(path)
            excerpt = Excerpt(decoders, noticed, start_s, duration_s, n_bytes=os.path.getsize(path))
            excerpt.check_length(excerpt.sample_rate)
            excerpt.sha256 = sha256_of(path)
            _check_strictly(excerpt, strict)
            yield excerpt
            _check_strictly(excerpt, strict)
    except MissingDependencyError:
        raise
    except (AudioError, ParameterError) as error:
        raise AudioError.of_file(name, str(error)) from None
    except (OSError, sf.LibsndfileError) as error:
        reason = str(getattr(error, "error_string", None) or getattr(error, "strerror", None) or error).rstrip(". ")
        raise AudioError.of_file(name, f"cannot be read ({reason}); check the file and its disk") from None


def lasts_longer(path: str | os.PathLike[str], seconds: float) -> bool:
    """Whether a file holds more sound than `seconds`, which is as much as is decoded; False if it cannot be read."""
    try:
        decoders, _ = _decoders(path)
        try:
            Excerpt(decoders, (), 0.0, None, n_bytes=os.path.getsize(path)).check_length(decoders[0].sample_rate)
        except AudioError:  # far too long, by its header
            return True
        most, n = seconds * decoders[0].sample_rate, 0
        for decoder in decoders:
            if decoder.n_exact is not None:
                n += decoder.n_exact
                continue
            for block in decoder.blocks(0):
                n += len(block)
                if n > most:
                    return True
        return n > most
    except Exception:  # a decoder can fail in any way, which is reported when the file is read
        return False


def warn_about(notices: Sequence[Notice], path: str | os.PathLike[str], *, stacklevel: int) -> None:
    """Warn where a file's header and content disagree."""
    for notice in notices:
        if notice.is_doubt:
            warnings.warn(f"{printable(path)}: {notice.text}", SpecAugListenWarning, stacklevel=stacklevel)


def _check_strictly(excerpt: Excerpt, strict: bool) -> None:
    doubts = [notice for notice in excerpt.notices if notice.is_doubt] if strict else []
    if doubts:
        raise AudioError(f"{doubts[0].text} (refused, as --strict, in Python strict=True, was asked for)")


def channels_of(path: str | os.PathLike[str]) -> int:
    """Return how many channels a file has; 1 if it cannot be read, which is reported when it is read."""
    if not os.path.isfile(path):  # opening a pipe would block
        return 1
    try:
        return _decoders(path)[0][0].n_channels
    except Exception:  # as in `lasts_longer`
        return 1


def _check_file(path: str | os.PathLike[str]) -> None:
    """Raise unless a file can be opened and is not empty.

    Raises
    ------
    AudioError
    """
    try:
        with open_file(path) as file:
            if not file.read(1):
                raise AudioError("the file is empty (0 bytes)")
    except FileNotFoundError:
        raise AudioError("no such file") from None
    except IsADirectoryError:
        raise AudioError("is a folder; load() takes one file") from None
    except OSError as error:
        advice = "; check its permissions" if error.errno in (errno.EACCES, errno.EPERM) else ""
        raise AudioError(f"cannot be read ({error.strerror}){advice}") from None
    except ValueError as error:
        raise AudioError(f"no path of a file ({error})") from None


def _check_holes(path: str | os.PathLike[str]) -> None:
    """Raise if a large file is sparse: it would be read for minutes, though hardly any of it is on the disk.

    Raises
    ------
    AudioError
    """
    status = os.stat(path)
    n_on_disk = getattr(status, "st_blocks", 0) * _STAT_BLOCK_BYTES  # 0 if the file system does not tell
    if status.st_size >= _LARGE_FILE_BYTES and 0 < n_on_disk < status.st_size // _MAX_HOLES_FACTOR:
        raise AudioError(
            f"is a file of holes: of its {status.st_size} bytes, {n_on_disk} are on the disk; what is missing was "
            "never written, so copy it again"
        )


def _decoders_or_reason(path: str | os.PathLike[str]) -> tuple[list[Decoder], list[Notice]]:
    """Return `_decoders`, also reporting what no parser expects, so that one file cannot end the run of a folder.

    Raises
    ------
    AudioError
    """
    sf = require("soundfile", purpose="reading audio")
    try:
        return _decoders(path)
    except (SpecAugListenError, OSError, MemoryError, sf.LibsndfileError):
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise AudioError(
            f"its structure cannot be followed ({reason:.80}), which is a bug of specaug-listen even if the file is "
            "damaged; please report it, and convert the file to WAV"
        ) from error


def _decoders(path: str | os.PathLike[str]) -> tuple[list[Decoder], list[Notice]]:
    """Return a decoder for each stream of the same rate and channels as the first one, and notices about the file.

    Raises
    ------
    AudioError
        When nothing can be decoded.
    """
    _check_holes(path)
    layout = _layout(path)
    if layout.refusal is not None:
        raise AudioError(layout.refusal.text)
    errors: dict[Stream, Exception] = {}
    decoders, left_out = keep_alike(_open_streams(path, layout, errors))
    if not decoders:
        error = errors[layout.streams[-1]]
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        return _ffmpeg_decoders_or_advice(path, layout, reason, getattr(error, "code", 0))
    if layout.streams[0] in errors and has_ffmpeg():
        with suppress(AudioError):
            return ffmpeg_decoders(path, layout)
    _check_form(decoders[0])
    return decoders, [*layout.notices, *left_out]


def _open_streams(
    path: str | os.PathLike[str], layout: FileLayout, errors: dict[Stream, Exception]
) -> Iterator[Decoder | None]:
    """Yield a decoder for each stream; None for those that libsndfile cannot open, whose errors are noted."""
    sf = require("soundfile", purpose="reading audio")
    for stream in layout.streams:
        try:
            yield SndfileDecoder(path, stream)
        except (sf.LibsndfileError, RuntimeError, TypeError) as error:
            errors[stream] = error
            yield None


def _layout(path: str | os.PathLike[str]) -> FileLayout:
    """Parse a file; keep the result for the next call, as MP3 and Ogg are walked through frame by frame."""
    status = os.stat(path)
    if time.time() - max(status.st_mtime, status.st_ctime) < _SETTLED_S:
        return layout_of(path)
    state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return _layout_in_state(os.path.abspath(path), state)


@functools.lru_cache(maxsize=1)
def _layout_in_state(path: str | bytes, state: tuple[int, ...]) -> FileLayout:
    """Parse a file whose size and timestamps are `state`."""
    return layout_of(os.fsdecode(path))


def _ffmpeg_decoders_or_advice(
    path: str | os.PathLike[str], layout: FileLayout, reason: str, code: int
) -> tuple[list[Decoder], list[Notice]]:
    """Decode through FFmpeg, if it is installed, what libsndfile does not; else raise with a way to convert it."""
    kind = format_by_content(path)
    if kind is None and not layout.container:
        raise AudioError(_not_readable(path))
    is_broken = kind is None and not _has_unknown_codec(layout, code)
    if _NO_FILE_REASON in reason:  # though libsndfile has opened it: a single frame of MP3, for example
        reason = "too little of it is there"
    article = "an" if layout.container in _NAMES_WITH_AN else "a"
    what = kind.name if kind else f"{article} {layout.container} file of a codec that libsndfile does not read"
    broken = (
        f"is {article} {layout.container} file whose beginning cannot be read ({reason}): it is cut or damaged; "
        "copy it again, or make it again"
    )
    if kind is None and code in _IMPOSSIBLE_FORMS and layout.container in ("WAV", "W64"):
        form = _IMPOSSIBLE_FORMS[code]
        broken = f"is {article} {layout.container} file whose header tells {form}; make it again, or mend its header"
    if kind is not None and not kind.has_sound:
        raise AudioError(f"is {what}, which cannot be decoded here; convert it to WAV with a program that plays it")
    if not has_ffmpeg():
        advice = f"install what decodes it: pip install 'specaug-listen[av]', or convert it: {conversion_command(path)}"
        raise AudioError(broken if is_broken else f"is {what}; {advice}")
    try:
        decoders, notices = ffmpeg_decoders(path, layout)
    except AudioError as error:
        if not is_broken and is_cut_file(path):
            name = kind.name if kind else f"{article} {layout.container} file"
            raise AudioError(
                f"is {name} that is cut: its own structure reaches beyond its end, and without what is missing nothing "
                "of it can be decoded; copy it again"
            ) from None
        raise AudioError(broken if is_broken else f"is {what}, {error}") from None
    _check_form(decoders[0])
    return decoders, notices


def _check_form(decoder: Decoder) -> None:
    """Raise unless a stream has a plausible rate and number of channels."""
    if decoder.n_channels > MAX_CHANNELS:
        raise AudioError(
            f"{decoder.n_channels} channels; allowed are 1 to {MAX_CHANNELS}; select or mix channels first"
        )
    if not MIN_RATE_HZ <= decoder.sample_rate <= MAX_RATE_HZ:
        raise AudioError(
            f"a sample rate of {decoder.sample_rate} Hz; allowed are {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz, as others "
            "hold nothing that can be heard; mend its header: sox -r RATE FILE FILE.wav"
        )


def _has_unknown_codec(layout: FileLayout, code: int) -> bool:
    """Whether a file is intact, but of a codec that libsndfile does not support, by its error code."""
    has_sound = any(stream.present_bytes is not None for stream in layout.streams)
    return code in _UNKNOWN_CODEC_ERRORS and has_sound and layout.container not in ("FLAC", "Ogg")


def _not_readable(path: str | os.PathLike[str]) -> str:
    """Describe a file of an unknown format. libsndfile's reason depends on which format it tried last."""
    ending = os.path.splitext(os.fsdecode(path))[1].lower()
    if (how := _HEADERLESS_FORMATS.get(ending)) is not None:
        return (
            "has no header that tells its rate and coding; give it one, e.g. as of "
            f"{how[0]}: sox -t {how[1]} -c 1 FILE FILE.wav"
        )
    if ending in _LIST_SUFFIXES:
        return "no sound, but a list or manifest by its name; give the sound files that it lists, or their folder"
    reason = "no MPEG frames in its first MB" if ending in _MPEG_SUFFIXES else "it begins like no known format"
    return (
        f"not readable as audio ({reason}); allowed are WAV, FLAC, Ogg, MP3, AIFF and the other formats of libsndfile, "
        "and with the extra [av] M4A, WMA, WebM and more; convert others to WAV"
    )
