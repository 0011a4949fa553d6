"""MPEG audio (MP1, MP2, MP3): its frames are counted, as nothing else in such a file tells how long it is.

Each frame has a header of 4 bytes that tells its length and its number of samples. A first frame without sound may
describe the rest ("Xing" or "Info", with the encoder's delay and padding, which are removed). Decoders trust it, so its
count is corrected if it is not that of the frames in the file. Fraunhofer's ("VBRI") is compared, and not decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from ..._notices import Notice
from .file_view import Piece
from .mpeg_frames import MAX_PADDING_BYTES, Run, read_runs
from .sound_layout import MAX_FILES, FileLayout, Stream, counted_notices, left_unread
from .tags import strip_tags

__all__ = ["begins_within", "mpeg_layout"]

_FEWEST_FRAMES = 3
# So many consecutive frames never occur in other content.
_CERTAIN_FRAMES = 10
_DECODER_DELAY_SAMPLES = 529


def mpeg_layout(
    file: BinaryIO, begin: int, end: int, *, is_whole_file: bool = True, most_padding: int = MAX_PADDING_BYTES
) -> FileLayout | None:
    """Return the layout of MPEG audio between two places of a file; None if there is not one frame."""
    scan = read_runs(file, begin, strip_tags(file, begin, end), most_padding)
    longest = max((run.n_frames for run in scan.runs), default=0)
    runs = [run for run in scan.runs if run.n_frames >= min(_FEWEST_FRAMES, longest)]
    streams = [_stream(run) for run in runs]
    if streams and all(stream.expected_samples == 0 and stream.promised_samples for stream in streams):
        # Truncated within the first frames of sound, which hold the decoder's delay only.
        values = {"n_promised": streams[0].promised_samples, "sample_rate": runs[0].format.rate_hz}
        return FileLayout("MP3", notices=(Notice("cut", {"n_present": 0, **values}),))
    if longest == 0 or (runs[0].is_free and not _are_most(runs, end - begin)):
        return None
    n_foreign = sum(to - at for at, to in scan.foreign)
    if longest < _FEWEST_FRAMES and n_foreign > sum(run.n_bytes for run in runs):  # as in other content by coincidence
        return None
    if scan.is_truncated and is_whole_file and streams[-1].promised_samples is None:
        streams[-1] = replace(streams[-1], ends_within="frame")
    n_before = sum(to - at for at, to in scan.foreign if to <= runs[0].begin)
    n_after = sum(to - at for at, to in scan.foreign if at >= runs[-1].ranges[-1][1])
    n_within = n_foreign - n_before - n_after
    notices = counted_notices(
        ("junk-before", {"n_bytes": n_before}),
        ("junk-after", {"n_bytes": n_after}),
        ("damaged", {"n_bytes": n_within}),
        ("zeros-after", {"n_bytes": scan.n_zeros}),  # of an unfinished download, for example
    )
    if n_within:  # samples are missing in the middle, so a notice of truncation at the end would be wrong
        streams = [replace(stream, promised_samples=None) for stream in streams]
    if len(streams) > MAX_FILES:
        notices = (*notices, left_unread(runs[MAX_FILES].begin, end))
        streams = streams[:MAX_FILES]
    return FileLayout("MP3" if runs[0].layer == 3 else f"MP{runs[0].layer}", tuple(streams), notices)


def begins_within(file: BinaryIO, begin: int, end: int) -> bool:
    """Whether frames fill most of a part of a file, perhaps behind other content.

    Samples in other containers look like a frame header now and then, so single frames prove nothing.
    """
    runs = [run for run in read_runs(file, begin, end).runs if run.n_frames >= _FEWEST_FRAMES]
    if _are_most(runs, end - begin):
        return True
    longer = [run for run in runs if run.n_frames >= _CERTAIN_FRAMES]
    return bool(longer) and _are_most(longer, end - longer[0].ranges[0][0])


def _are_most(runs: Sequence[Run], n_bytes: int) -> bool:
    return 2 * sum(run.n_bytes for run in runs) > n_bytes


def _stream(run: Run) -> Stream:
    per_frame, n_frames, tag, promised = run.samples_per_frame, run.n_frames, run.tag, _promised_samples(run)
    frames: tuple[Piece, ...] = tuple(run.ranges)
    if tag is None or not promised:
        n_counted = tag.n_frames if tag is not None and not tag.frame else 0
        is_right = n_counted in (0, n_frames, n_frames + 1)  # it may count itself
        promised_samples, n = None if is_right else n_counted * per_frame, n_frames * per_frame
        return Stream(frames, promised_samples=promised_samples, expected_samples=n, is_seekable=False, is_endless=True)
    if tag.n_frames == n_frames:
        return Stream((tag.frame, *frames), expected_samples=n_frames * per_frame - _n_trimmed(tag.delay, tag.padding))
    padding = 0 if tag.n_frames > n_frames else tag.padding
    n_bytes = len(tag.frame) + run.n_bytes
    expected = n_frames * per_frame - _n_trimmed(tag.delay, padding)
    head = tag.mend(n_frames, n_bytes, padding)
    return Stream((head, *frames), promised_samples=promised, expected_samples=max(0, expected), is_seekable=False)


def _promised_samples(run: Run) -> int:
    """Return the samples that a Xing tag promises; 0 without such a tag, or if it covers padding only."""
    tag = run.tag
    if tag is None or not tag.frame:
        return 0
    return max(0, tag.n_frames * run.samples_per_frame - _n_trimmed(tag.delay, tag.padding))


def _n_trimmed(delay: int, padding: int) -> int:
    """Return how many samples mpg123 removes: the encoder's delay, its own delay, and the rest of the padding."""
    return delay + _DECODER_DELAY_SAMPLES + max(0, padding - _DECODER_DELAY_SAMPLES)
