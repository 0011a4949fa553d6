"""`MelFile`: one mel in a file, identified by file, key and index in a batch; and the readers of all formats."""

from __future__ import annotations

import functools
import math
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from .._arrays import check_total
from .._files import open_file, printable, read_file
from .._notices import Notice
from ..errors import AudioError, SpecAugListenError
from ..frontends import MelFrontend
from ..frontends.kaldi_archives import ark_places, read_place, scp_places
from .lhotse_features import decompress, features_of_manifest, hdf5_names, read_features, read_hdf5, timing_notices
from .npy import NO_PICKLES, read_header, read_npy
from .torch_files import read_tensors
from .zip_checks import check_ends

__all__ = ["LIST_SUFFIXES", "MEL_SUFFIXES", "MelFile", "list_mels", "suffix_of"]

# Usual names of other arrays in a file of mels.
_KEYS_BESIDE_MELS = frozenset(
    {"mean", "std", "var", "scale", "largest", "count", "sum", "sum_square", "lengths", "labels"}
)
_MAX_BYTES = 1 << 32
_MAX_ITEMS = 100_000
# How many arrays beside the mels are named.
_MAX_NAMED = 6
# The header before each member of a ZIP archive ends with the lengths of a name and of extra fields, which follow it.
# All else in it is in the directory of the archive, too.
_LOCAL_HEADER = struct.Struct("<26xHH")


@dataclass(frozen=True)
class MelFile(os.PathLike[str]):
    """One mel in a file.

    Parameters
    ----------
    path : Path
    key : str or None
        Key of the mel, if the file has several.
    item : int or None
        Index in a batch.
    place : object
        Where its reader finds it.
    beside : tuple of str
        Arrays of its file that might be mels by their shapes, but not by their numbers.
    shape : tuple of int or None
        Of the batch that it is an item of.
    """

    path: Path
    key: str | None = None
    item: int | None = None
    place: Any = field(default=None, compare=False, repr=False)
    beside: tuple[str, ...] = field(default=(), compare=False, repr=False)
    shape: tuple[int, ...] | None = field(default=None, compare=False, repr=False)

    def __fspath__(self) -> str:
        key = "" if self.key is None else f":{self.key}"
        return f"{os.fspath(self.path)}{key}" + ("" if self.item is None else f"[{self.item}]")

    @property
    def name(self) -> str:
        """Name of its clip: the key, or the file's name."""
        stem = self.path.name.removesuffix(suffix_of(self.path)) if self.key is None else self.key
        return printable(stem) + ("" if self.item is None else f"-{self.item}")

    @property
    def axes(self) -> str | None:
        """Order of axes that the format prescribes, or None."""
        return "frames,bins" if _FORMATS[suffix_of(self.path)].is_frames_first else None

    def notices(self, frontend: MelFrontend) -> tuple[Notice, ...]:
        """Return notices about arrays that were left out, and a manifest's frame shift or sample rate.

        These are compared with the front-end's.

        Raises
        ------
        AudioError
            When the manifest's values are invalid.
        """
        timing = timing_notices(self.place, self.path, frontend) if isinstance(self.place, dict) else ()
        return (Notice("arrays-left-out", {"arrays": list(self.beside)}), *timing) if self.beside else timing

    def read(self) -> npt.NDArray[Any]:
        """Read its array, of two axes.

        Raises
        ------
        AudioError
            When it cannot be read.
        """
        with _damage_reported(printable(self)):
            array = _FORMATS[suffix_of(self.path)].read(self)
            return array if self.item is None else array[self.item]


def suffix_of(path: Path) -> str:
    """Return the suffix that determines a file's format.

    Examples
    --------
    >>> suffix_of(Path("feats.jsonl.gz")), suffix_of(Path("mel.NPY"))
    ('.jsonl.gz', '.npy')
    """
    name = path.name.lower()
    return ".jsonl.gz" if name.endswith(".jsonl.gz") else Path(name).suffix


def list_mels(path: Path, key: str | None = None) -> list[MelFile]:
    """List the mels of a file, or only the one with ``key``; a batch is several mels.

    Raises
    ------
    AudioError
        When the file cannot be read, or has no mel, or none with this key.
    MissingDependencyError
        When a package that reads it is not installed.
    """
    name = printable(path)
    with _damage_reported(name):
        with open_file(path) as file:
            if not file.read(1):
                raise AudioError.of_file(name, "the file is empty (0 bytes)")
        if (file_format := _FORMATS.get(suffix_of(path))) is None:
            allowed = ", ".join(sorted(MEL_SUFFIXES))
            raise AudioError.of_file(name, f"not a file of mels; allowed are {allowed}; use 'audition' for recordings")
        mels = file_format.list_mels(path)
    if key is None:
        return mels
    matching = [mel for mel in mels if mel.key == key]
    if not matching:
        keys = [mel.key for mel in mels if mel.key is not None]
        contents = f"has {', '.join(map(str, keys[:6]))}{', ...' if len(keys) > 6 else ''}" if keys else "has no keys"
        raise AudioError.of_file(name, f"no mel with the key {key!r:.60}; it {contents:.200}")
    return matching


@contextmanager
def _damage_reported(name: str) -> Iterator[None]:
    """Turn any exception of a reader into an AudioError of one line."""
    try:
        yield
    except SpecAugListenError:
        raise
    except OSError as error:
        if error.strerror:
            raise AudioError.of_file(name, f"cannot be read ({error.strerror})") from None
        raise AudioError.of_file(  # of HDF5
            name, f"cannot be read ({' '.join(str(error).split()):.160}); it is damaged or cut: copy or write it again"
        ) from None
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise AudioError.of_file(
            name, f"cannot be read ({reason:.80}); it is damaged or truncated: write it again"
        ) from None


def _items(path: Path, key: str | None, shape: tuple[int, ...]) -> list[MelFile]:
    if len(shape) == 3 and shape[0] > _MAX_ITEMS:
        raise AudioError.of_file(
            printable(path),
            f"an array of shape {shape!s:.80}: allowed are {_MAX_ITEMS} mels in one array; save a part of it",
        )
    if len(shape) == 3 and shape[0] > 1:
        return [MelFile(path, key, item, shape=shape) for item in range(shape[0])]
    return [MelFile(path, key)]


# --- numpy ---


def _list_npy(path: Path) -> list[MelFile]:
    with open_file(path) as file:
        shape, _ = read_header(file, printable(path))
    return _items(path, None, shape)


def _read_npy(mel: MelFile) -> npt.NDArray[Any]:
    with open_file(mel.path) as file:
        return read_npy(file, printable(mel.path))


@dataclass(frozen=True)
class _Member:
    """An array in an archive: where it is, its shape, and whether its numbers are real."""

    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    is_real: bool


@functools.lru_cache(maxsize=1)
def _members(path: Path, modified_ns: int) -> dict[str, _Member]:
    """List the arrays of an archive; the last file's are cached, as reading the directory for each is quadratic."""
    name, members = printable(path), {}
    try:
        with open_file(path) as held, zipfile.ZipFile(held) as archive:
            n_bytes = os.fstat(held.fileno()).st_size
            check_ends(held, archive, n_bytes, name)
            for info in archive.infolist():
                key = info.filename.removesuffix(".npy")
                if key in members:
                    raise AudioError.of_file(name, f"two arrays have the name {key!r:.80}; write it again")
                with archive.open(info) as file:
                    shape, dtype = read_header(file, f"{name}:{key}", min(info.compress_size, n_bytes))
                members[key] = _Member(info, shape, dtype.kind == "f")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise AudioError.of_file(
            name, f"not an .npz archive of NumPy; {NO_PICKLES}; write one with np.savez(path, mel=mel)"
        ) from None
    mels = [member for member in members.values() if member.is_real]
    n_cells = sum(math.prod(member.shape) for member in mels)
    check_total(n_cells, sum(member.info.file_size for member in mels), n_bytes, name)
    return members


def _list_npz(path: Path) -> list[MelFile]:
    members = _members(path, path.stat().st_mtime_ns)
    return _mels_of(path, {key: (member.shape, member.is_real) for key, member in members.items()})


def _mels_of(path: Path, arrays: dict[str, tuple[tuple[int, ...], bool]]) -> list[MelFile]:
    """List the arrays that may be mels: real numbers, two or three axes, and not the usual name of something else."""
    mels: list[MelFile] = []
    beside: list[str] = []
    for key, (shape, is_real) in arrays.items():
        is_usual = len(arrays) > 1 and key.split(".")[-1].lower() in _KEYS_BESIDE_MELS
        if len(shape) < 2 or (is_usual and (1 in shape or not is_real)):
            continue
        if is_real and len(shape) < 4 and not is_usual:
            mels += _items(path, key, shape)
        else:
            beside.append(printable(key))
        if len(mels) > _MAX_ITEMS:
            raise AudioError.of_file(
                printable(path), f"more than {_MAX_ITEMS} mels: allowed are {_MAX_ITEMS} in one file; save a part"
            )
    if not mels:
        contents = ", ".join(f"{key} {shape}" for key, (shape, _) in arrays.items()) or "nothing"
        raise AudioError.of_file(printable(path), f"none of its arrays is a mel (it contains {contents:.160})")
    if len({mel.key for mel in mels}) == 1 and len(arrays) == 1:
        return [replace(mel, key=None, place=mel.key) for mel in mels]
    return [replace(mel, beside=tuple(beside[:_MAX_NAMED])) for mel in mels]


def _read_npz(mel: MelFile) -> npt.NDArray[Any]:
    info = _members(mel.path, mel.path.stat().st_mtime_ns)[str(mel.place if mel.key is None else mel.key)].info
    with open_file(mel.path) as held:
        held.seek(info.header_offset)
        n_name, n_extra = _LOCAL_HEADER.unpack(held.read(_LOCAL_HEADER.size))  # of the copy before the content
        held.seek(n_name + n_extra, os.SEEK_CUR)
        with zipfile.ZipExtFile(held, "r", info) as file:
            return read_npy(file, printable(mel))


# --- torch ---


def _list_pt(path: Path) -> list[MelFile]:
    tensors = read_tensors(path, path.stat().st_mtime_ns)
    if None in tensors:
        return _items(path, None, tensors[None].shape)
    return _mels_of(path, {str(key): (array.shape, array.dtype.kind == "f") for key, array in tensors.items()})


def _read_pt(mel: MelFile) -> npt.NDArray[Any]:
    return read_tensors(mel.path, mel.path.stat().st_mtime_ns)[mel.place if mel.key is None else mel.key]


# --- Kaldi and lhotse ---


def _list_ark(path: Path) -> list[MelFile]:
    places = ark_places(path)
    if not places:
        raise AudioError.of_file(printable(path), "an empty archive")
    return [MelFile(path, place.key, place=place) for place in places]


def _list_hdf5(path: Path) -> list[MelFile]:
    names = hdf5_names(path)
    if not names:
        raise AudioError.of_file(printable(path), "contains no array")
    return [MelFile(path, name) for name in names if name.split("/")[-1].lower() not in _KEYS_BESIDE_MELS]


def _read_llc(mel: MelFile) -> npt.NDArray[Any]:
    try:
        return decompress(read_file(mel.path, _MAX_BYTES), printable(mel.path))
    except ValueError:
        raise AudioError(
            f"{printable(mel.path)}: not a single lilcom array; only its manifest tells where the arrays in a file "
            "begin: use that, e.g. feats.jsonl.gz"
        ) from None


@dataclass(frozen=True)
class _Format:
    """A file format: how its mels are listed and read."""

    list_mels: Callable[[Path], list[MelFile]]
    read: Callable[[MelFile], npt.NDArray[Any]]
    is_frames_first: bool = False
    refers_to_files: bool = False


_TORCH = _Format(_list_pt, _read_pt)
_HDF5 = _Format(_list_hdf5, lambda mel: read_hdf5(mel.path, str(mel.key)))
_MANIFEST = _Format(
    lambda path: [MelFile(path, key, place=features) for key, features in features_of_manifest(path)],
    lambda mel: read_features(mel.place, mel.path),
    is_frames_first=True,
    refers_to_files=True,
)
_FORMATS = {
    ".npy": _Format(_list_npy, _read_npy),
    ".npz": _Format(_list_npz, _read_npz),
    ".pt": _TORCH,
    ".pth": _TORCH,
    ".ark": _Format(_list_ark, lambda mel: read_place(mel.place), is_frames_first=True),
    ".scp": _Format(
        lambda path: [MelFile(path, place.key, place=place) for place in scp_places(path)],
        lambda mel: read_place(mel.place),
        is_frames_first=True,
        refers_to_files=True,
    ),
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    ".llc": _Format(lambda path: [MelFile(path)], _read_llc, is_frames_first=True),
    ".jsonl": _MANIFEST,
    ".jsonl.gz": _MANIFEST,
}
MEL_SUFFIXES = frozenset(_FORMATS)
LIST_SUFFIXES = frozenset(suffix for suffix, file_format in _FORMATS.items() if file_format.refers_to_files)
