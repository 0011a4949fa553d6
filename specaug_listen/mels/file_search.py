"""Search for mels in files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .._files import identity, printable, walk_once
from ..errors import SpecAugListenError
from ..frontends import MelFrontend
from .files import LIST_SUFFIXES, MEL_SUFFIXES, MelFile, list_mels, suffix_of

__all__ = ["MEL_SUFFIXES", "find_mels", "is_mel_path", "split_off_batches", "without_key"]

# Beginnings of the names of Kaldi's other files.
_NAMES_WITHOUT_FEATURES = ("wav.scp", "cmvn", "vad", "spk2utt", "utt2spk", "segments", "ivector", "xvector")


def is_mel_path(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of a file of mels, with or without a key after a colon.

    Examples
    --------
    >>> is_mel_path("mel.npy"), is_mel_path("feats.ark:utt-1"), is_mel_path("speech.wav")
    (True, True, False)
    """
    return suffix_of(without_key(path)) in MEL_SUFFIXES


def without_key(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file of mels, without the key after its colon.

    Examples
    --------
    >>> without_key("feats.ark:utt-1").name
    'feats.ark'
    """
    return _split(Path(path))[0]


def _split(path: Path) -> tuple[Path, str | None]:
    """Split a path into file and key at its colon, unless a file of the whole name exists."""
    text = os.fspath(path)
    if os.path.exists(path) or ":" not in text:
        return path, None
    for at in (i for i, letter in enumerate(text) if letter == ":"):
        head = Path(text[:at])
        if suffix_of(head) in MEL_SUFFIXES:
            return head, text[at + 1 :]
    return path, None


def find_mels(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[MelFile], list[str]]:
    """List the mels in files and folders.

    Parameters
    ----------
    paths : iterable of str or path-like
        A file stands for all its mels, ``FILE:KEY`` for one of them. A folder stands for all files of mels below it; if
        there are lists (scp) or manifests, only for those, not for the archives that they refer to.

    Returns
    -------
    mels : list of MelFile
        Sorted by file, then in the file's order.
    problems : list of str
        One line for each file that cannot be read.
    """
    mels_of: dict[Path, list[MelFile]] = {}
    names: dict[tuple[int, int] | str, Path] = {}
    problems = []
    for path_text in paths:
        if not os.fspath(path_text).strip():
            problems.append("an empty path: expected a file or a folder")
            continue
        path, key = _split(Path(path_text))
        unreadable: list[OSError] = []
        files = _files_below(path, unreadable) if path.is_dir() else [path]
        problems += [f"{printable(e.filename)}: cannot be listed ({e.strerror})" for e in unreadable]
        for file in files:
            try:
                mels = list_mels(file, key)
            except SpecAugListenError as error:
                problems.append(str(error))
            else:
                mels_of_file = mels_of.setdefault(names.setdefault(identity(file), Path(os.path.abspath(file))), [])
                mels_of_file += [mel for mel in mels if mel not in mels_of_file]
    return [mel for file in sorted(mels_of) for mel in mels_of[file]], problems


def split_off_batches(mels: Iterable[MelFile], frontend: MelFrontend) -> tuple[list[MelFile], list[str]]:
    """Split off the items of batches that hold no mel of a front-end.

    Returns
    -------
    mels : list of MelFile
        All others.
    problems : list of str
        One line for each such batch.
    """
    others: list[MelFile] = []
    problems: dict[str, str] = {}
    for mel in mels:
        if mel.shape is None or frontend.n_mels in mel.shape[1:]:
            others.append(mel)
            continue
        batch = printable(replace(mel, item=None))
        fix = "name the front-end that made it"
        if frontend.n_mels == mel.shape[0]:
            fix = "put the axis of the mels first: np.moveaxis(batch, AXIS, 0)"
        problems[batch] = (
            f"{batch}: a batch of shape {mel.shape}, that is {mel.shape[0]} mels of shape {mel.shape[1:]}: front-end "
            f"{frontend.name!r} has {frontend.n_mels} mel bins; {fix}"
        )
    return others, list(problems.values())


def _files_below(folder: Path, unreadable: list[OSError]) -> list[Path]:
    files: list[Path] = []
    for root, _, names in walk_once(folder, unreadable.append):
        here = [Path(root, name) for name in sorted(names) if suffix_of(Path(name)) in MEL_SUFFIXES and name[0] != "."]
        files += [path for path in here if not path.name.startswith(_NAMES_WITHOUT_FEATURES)]
    if any(suffix_of(path) in LIST_SUFFIXES for path in files):
        files = [path for path in files if suffix_of(path) in LIST_SUFFIXES]
    return files
