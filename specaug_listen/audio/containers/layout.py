"""What is known of a file of sound before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from ..._notices import Notice
from .file_view import Piece

__all__ = ["MOST_FILES", "Body", "FileLayout", "Stream", "left_unread", "unknown_layout"]

# That are put one behind the other in one file; each costs a decoder of its own.
MOST_FILES = 1000
_REFUSAL_KINDS = frozenset({"coded", "cut", "one-by-one", "sample-bytes", "variables"})


@dataclass(frozen=True)
class Body:
    """Where the samples lie in a file.

    Parameters
    ----------
    begin, end : int [bytes]
    endian : {"LITTLE", "BIG"}
        Order of the bytes of samples that are not compressed.
    """

    begin: int
    end: int
    endian: str


@dataclass(frozen=True)
class Stream:
    """One stream of sound in a file: what its decoder opens, and what must come out of it.

    Parameters
    ----------
    pieces : tuple of Piece or None
        Of the file; None is all of it as it is.
    body : Body or None
        Where the samples lie, where the header's length must not be followed.
    promised_bytes, present_bytes : int or None
        Bytes of sound: as the header states, and as there are in the file; None where there is nothing to be compared.
    promised_samples : int or None
        By the header; 0 where it was never filled in, None where it leaves it open or speaks of bytes.
    expected_samples : int or None
        As counted in the stream itself.
    most_samples : int or None
        How much to take, where the decoder gives more than is there.
    skip_samples : int
        How many samples at the beginning to drop, which no decoder does by itself.
    is_seekable : bool
        Whether its middle can be trusted to be found.
    ends_within : {"frame", "page", "sample"} or None
        What the file ends in the middle of.
    is_open : bool
        Whether its header leaves open how much sound there is, so that nobody can tell whether all of it is there.
    is_complete : bool
        Whether all packets are known to be there, so that a decoder that gives less time than they tell leaves gaps.
    is_endless : bool
        Whether the decoder would guess the length from that of the file, and has to be told a longer one.
    promised_s : float or None [s]
        By a header that tells seconds alone.
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
    """The streams of a file, in their order, and what is noticed beside them.

    Parameters
    ----------
    container : str
        Its name.
    streams : tuple of Stream
    notices : tuple of Notice
    next_file : int or None
        Where another file begins that was put behind it.
    """

    container: str
    streams: tuple[Stream, ...] = (Stream(),)
    notices: tuple[Notice, ...] = ()
    next_file: int | None = None

    @property
    def refusal(self) -> Notice | None:
        """Why nothing of the file is to be decoded; None where it is."""
        return next((notice for notice in self.notices if notice.kind in _REFUSAL_KINDS), None)


def unknown_layout(container: str) -> FileLayout:
    """The layout of a file whose header does not tell where its sound is, so that its decoder has the only word."""
    return FileLayout(container, (Stream(is_open=True),))


def left_unread(begin: int, end: int) -> Notice:
    """That a part of a file is not read, as more files precede it than are taken."""
    return Notice("files-left-out", {"n_files": MOST_FILES, "n_bytes": end - begin})
