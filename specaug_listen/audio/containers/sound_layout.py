"""What is known of a sound file before it is decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ..._notices import Notice
from .file_view import Piece, mend

__all__ = [
    "MAX_FILES", "Body", "FileLayout", "Stream", "counted_notices", "dropped_notices", "impossible_layout",
    "left_unread", "unknown_layout",
]  # fmt: skip

# Of concatenated files in one, each of which needs a decoder.
MAX_FILES = 1000
# What libsndfile opens at most.
_MAX_CHANNELS, _RATE_LIMIT_HZ = 1024, 1 << 31
_REFUSAL_KINDS = frozenset({"coded", "cut", "impossible-header", "one-by-one", "sample-bytes", "variables"})


@dataclass(frozen=True)
class Body:
    """Where uncompressed samples are in a file, and their byte order: "LITTLE" or "BIG"."""

    begin: int
    end: int
    endian: str


@dataclass(frozen=True)
class Stream:
    """One stream of sound in a file: what its decoder opens, and what must come out of it.

    Parameters
    ----------
    pieces : tuple of Piece or None
        Parts of the file; None for the file as it is.
    body : Body or None
        The samples, if the header's length must be ignored.
    promised_bytes, present_bytes : int or None
        Bytes of sound by the header, and in the file; None if there is nothing to compare.
    promised_samples : int or None
        By the header; 0 if it was never filled in, None if it is open or counts bytes.
    expected_samples : int or None
        As counted in the stream itself.
    most_samples : int or None
        How many to keep, if the decoder returns more than there are.
    skip_samples : int
        How many to drop at the beginning, which the decoder does not.
    is_seekable : bool
        Whether seeking in it can be trusted.
    ends_within : str or None
        What the truncated file ends in: "frame", "page", "sample", ...
    is_open : bool
        Whether the header leaves the length open, so that truncation cannot be detected.
    is_complete : bool
        Whether all packets are present, so that a decoder that returns less than their duration leaves gaps.
    is_endless : bool
        Whether the decoder would guess the length from the file's size, which must seem to be larger.
    promised_s : float or None [s]
        By a header that tells seconds only.
    """

    pieces: tuple[Piece, ...] | None = None
    body: Body | None = None
    promised_bytes: int | None = None
    present_bytes: int | None = None
    promised_samples: int | None = None
    expected_samples: int | None = None
    most_samples: int | None = None
    skip_samples: int = 0
    is_seekable: bool = True
    ends_within: str | None = None
    is_open: bool = False
    is_complete: bool = False
    is_endless: bool = False
    promised_s: float | None = None


@dataclass(frozen=True)
class FileLayout:
    """The container of a file, its streams in order, notices, and where an appended file begins."""

    container: str
    streams: tuple[Stream, ...] = (Stream(),)
    notices: tuple[Notice, ...] = ()
    next_file: int | None = None

    def within(self, begin: int, end: int) -> FileLayout:
        """Return the layout with streams that are restricted to a part of the file."""
        streams = [stream if stream.pieces else replace(stream, pieces=((begin, end),)) for stream in self.streams]
        return replace(self, streams=tuple(streams))

    def with_pieces(self, edit: Callable[[tuple[Piece, ...]], Iterable[Piece]]) -> FileLayout:
        """Return the layout with edited pieces of all streams, which must have some (`within`)."""
        streams = [replace(stream, pieces=tuple(edit(stream.pieces or ()))) for stream in self.streams]
        return replace(self, streams=tuple(streams))

    def with_bytes(self, span: tuple[int, int], place: int, new: bytes) -> FileLayout:
        """Return the layout with other bytes at a place of the header of a file from begin to end."""

        def edit(pieces: tuple[Piece, ...]) -> Iterator[Piece]:
            for piece in pieces:
                if isinstance(piece, bytes) or not piece[0] <= place <= piece[1] - len(new):
                    yield piece
                else:
                    yield from mend(*piece, (place, new))

        return self.within(*span).with_pieces(edit)

    def with_notice(self, notice: Notice | None) -> FileLayout:
        """Return the layout with one more notice, if there is one."""
        return self if notice is None else replace(self, notices=(*self.notices, notice))

    @property
    def refusal(self) -> Notice | None:
        """Why nothing of the file is decoded; None if it is."""
        return next((notice for notice in self.notices if notice.kind in _REFUSAL_KINDS), None)


def impossible_layout(container: str, n_channels: int, rate_hz: float) -> FileLayout | None:
    """Return the layout of a file whose header tells no channel, too many, or no rate of sound; None for another.

    libsndfile refuses such a file with words that it also has for files that are cut.
    """
    if not 1 <= n_channels <= _MAX_CHANNELS:
        what = f"{n_channels} channels"
    elif not 0 < rate_hz < _RATE_LIMIT_HZ:
        what = "a sample rate of 0" if rate_hz <= 0 else "a sample rate of 2^31 Hz or more"
    else:
        return None
    return FileLayout(container, notices=(Notice("impossible-header", {"container": container, "what": what}),))


def unknown_layout(container: str) -> FileLayout:
    """Return the layout of a file whose header does not tell where its sound is: the decoder decides."""
    return FileLayout(container, (Stream(is_open=True),))


def counted_notices(*counts: tuple[str, dict[str, int]]) -> tuple[Notice, ...]:
    """Return notices of these kinds and values, without those whose values are all 0."""
    return tuple(Notice(kind, values) for kind, values in counts if any(values.values()))


def dropped_notices(rest: str, n_bytes: int) -> tuple[Notice, ...]:
    """Return the notice of dropped trailing bytes of a kind (`classify_trailing`): for zeros and junk only."""
    return (Notice(f"{rest}-after", {"n_bytes": n_bytes}),) if rest in ("zeros", "junk") else ()


def left_unread(begin: int, end: int) -> Notice:
    """Return the notice that a part of a file is not read, as `MAX_FILES` precede it."""
    return Notice("files-left-out", {"n_files": MAX_FILES, "n_bytes": end - begin})
