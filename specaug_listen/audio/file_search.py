"""Lists the audio files in folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .._files import identity, printable, walk_once
from .._imports import require
from .._notices import Notice
from ..outputs.marker import MARKER, WrittenFiles
from ..outputs.scratch import is_scratch_folder
from .containers import format_by_content, layout_of
from .ffmpeg_files import has_ffmpeg
from .sndfile_decoder import SndfileDecoder

__all__ = ["AUDIO_SUFFIXES", "Found", "find_audio"]

# The formats of libsndfile, by its names, and their extensions.
_EXTENSIONS = {
    "WAV": "wav wave bwf wavex", "RF64": "rf64", "W64": "w64", "AIFF": "aif aiff aifc aiffc", "FLAC": "flac",
    "OGG": "ogg oga opus", "MP3": "mp3 mp2 mp1 mpga", "AU": "au snd", "NIST": "nist sph sphere wv1 wv2", "CAF": "caf",
    "VOC": "voc", "PAF": "paf fap", "IRCAM": "ircam sf", "PVF": "pvf", "SVX": "svx 8svx 16sv iff", "AVR": "avr",
    "SDS": "sds", "XI": "xi", "HTK": "htk", "WVE": "wve", "MAT5": "mat",
}  # fmt: skip
AUDIO_SUFFIXES = frozenset(f".{extension}" for extensions in _EXTENSIONS.values() for extension in extensions.split())
# Extensions that other programs use for other content, too.
_AMBIGUOUS_SUFFIXES = frozenset({".mat", ".iff", ".htk", ".sf", ".xi", ".wve", ".sds", ".avr", ".snd", ".mpga"})
_FFMPEG_EXTENSIONS = (
    "m4a m4b m4v mp4 mov webm mka mkv wma asf wmv aac adts amr awb 3gp 3g2 ac3 dts ape wv tta mpc tak spx flv avi ts "
    "mpg mpeg vob rm ra dsf dff bw64 shn qcp"
)
_FFMPEG_SUFFIXES = frozenset(f".{extension}" for extension in _FFMPEG_EXTENSIONS.split())

_MAX_LINKS = 3
# The index of an audition, and of a sweep.
_RESULT_INDEXES = frozenset({"audition.json", "sweep.json"})


class Found(NamedTuple):
    """The audio files of paths.

    Parameters
    ----------
    files : list of Path
        Each once, sorted by path, so that the order of the arguments does not matter.
    problems : list of str
        One line for each path that is missing or holds no audio.
    left_out : list of Notice
        What was left out of each folder, by extension; and links to a file that is in the list already.
    """

    files: list[Path]
    problems: list[str]
    left_out: list[Notice]


@dataclass
class _Folder:
    """The files of a folder."""

    files: list[Path] = field(default_factory=list)
    other_extensions: Counter[str] = field(default_factory=Counter)
    of_ffmpeg: Counter[str] = field(default_factory=Counter)
    n_hidden: int = 0
    n_results: int = 0
    upwards: list[str] = field(default_factory=list)
    unreadable: list[OSError] = field(default_factory=list)

    def notice(self, name: str) -> list[Notice]:
        """Return notices of what was left out, if anything was."""
        notices = [Notice("results", {"folder": name, "n_files": self.n_results})] if self.n_results else []
        if self.upwards:
            links = [printable(path) for path in self.upwards]
            notices.append(Notice("upwards", {"folder": name, "links": links[:_MAX_LINKS], "n_links": len(links)}))
        if not (self.other_extensions or self.of_ffmpeg or self.n_hidden):
            return notices
        values = {
            "folder": name, "endings": dict(self.other_extensions.most_common()), "n_hidden": self.n_hidden,
            "of_ffmpeg": dict(self.of_ffmpeg.most_common()),
        }  # fmt: skip
        return [Notice("left-out", values), *notices]


def find_audio(paths: Iterable[str | os.PathLike[str]]) -> Found:
    """List the audio files of paths.

    Parameters
    ----------
    paths : iterable of str or path-like
        A file stands for itself, whatever its extension; a folder for all audio files below it: those with an extension
        of libsndfile's formats, in any case, or of FFmpeg's if the extra ``[av]`` is installed; including linked
        folders, but no file twice. The content decides if an extension is ambiguous. Results of specaug-listen in a
        folder are left out, with a notice, and so are links to a file of the list (symbolic or hard).

    Returns
    -------
    Found
    """
    files: dict[tuple[int, int] | str, dict[str, Path]] = {}
    problems: list[str] = []
    left_out: list[Notice] = []
    for path_text in paths:
        if not os.fspath(path_text).strip():
            problems.append("an empty path: expected a file or a folder")
            continue
        path = Path(path_text)
        name = printable(path)
        inside: list[Path] = []
        if path.is_dir():
            folder = _audio_below(path)
            inside = folder.files
            left_out += folder.notice(name)
            problems += [f"{printable(e.filename)}: cannot be listed ({e.strerror})" for e in folder.unreadable]
            if not inside and not folder.unreadable:
                problems.append(f"{name}: the folder holds no audio file (.wav .flac .ogg .mp3 and others are allowed)")
        elif os.path.lexists(path):
            inside = [path]
        else:
            problems.append(f"{name}: no such file or folder")
        for file in inside:
            files.setdefault(identity(file), {}).setdefault(os.path.abspath(file), file)
    # The same file under two names keeps the shorter one, whichever came first.
    names = [sorted(of_file.values(), key=lambda p: (len(str(p)), str(p))) for of_file in files.values()]
    shortest = sorted((of_file[0] for of_file in names), key=os.path.abspath)
    return Found(shortest, problems, [*left_out, *_notice_of_links(names)])


def _notice_of_links(names: Iterable[list[Path]]) -> list[Notice]:
    """Return a notice of all names of a file but its first, if there are any."""
    pairs = sorted([printable(other), printable(of_file[0])] for of_file in names for other in of_file[1:])
    return [Notice("links", {"links": pairs[:_MAX_LINKS], "n_links": len(pairs)})] if pairs else []


def _audio_below(path: Path) -> _Folder:
    results = WrittenFiles()
    folder, extensions, ffmpeg = _Folder(), _installed_extensions(), has_ffmpeg()
    for root, folders, names in walk_once(path, folder.unreadable.append, folder.upwards.append):
        if root != os.fspath(path) and not _RESULT_INDEXES.isdisjoint(names) and MARKER not in names:
            # Results of an earlier version, which wrote no list of its files.
            folder.n_results += len(names)
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not is_scratch_folder(Path(root, name)))
        for name in sorted(names):
            file = Path(root, name)
            extension = file.suffix.lower()
            if name == MARKER:
                continue
            if results.holds(root, name):
                folder.n_results += 1
            elif name.startswith("."):
                folder.n_hidden += 1
            elif extension in extensions and (extension not in _AMBIGUOUS_SUFFIXES or _is_readable(file)):
                folder.files.append(file)
            elif extension in _FFMPEG_SUFFIXES and _is_ffmpeg_format(file):
                if ffmpeg:
                    folder.files.append(file)
                else:
                    folder.of_ffmpeg[extension] += 1
            else:
                folder.other_extensions[printable(extension) if extension else "without an ending"] += 1
    return folder


def _installed_extensions() -> frozenset[str]:
    """Return the extensions of the formats that the installed libsndfile reads."""
    formats = require("soundfile", purpose="reading audio").available_formats()
    names = [name for format_name, names in _EXTENSIONS.items() if format_name in formats for name in names.split()]
    return frozenset(f".{name}" for name in names)


def _is_readable(file: Path) -> bool:
    sf = require("soundfile", purpose="reading audio")
    try:
        layout = layout_of(file)
        return layout.refusal is None and SndfileDecoder(file, layout.streams[0]).n_channels > 0
    except (sf.LibsndfileError, RuntimeError, TypeError, OSError):
        return False


def _is_ffmpeg_format(file: Path) -> bool:
    try:
        return format_by_content(file) is not None
    except OSError:
        return True
