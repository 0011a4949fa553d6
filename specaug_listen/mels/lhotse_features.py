"""Features as lhotse stores them, read without lhotse: manifests of features or cuts, lilcom, HDF5 and NumPy.

Storage formats: ``lhotse/features/io.py``. Where arrays begin in a chunked lilcom file is only in its manifest.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arrays import check_cells
from .._files import check_ordinary, open_file, printable, read_file
from .._imports import require
from .._notices import Notice
from .._standard_streams import silence_stderr
from ..errors import AudioError
from ..frontends import MelFrontend
from ..frontends.kaldi_archives import read_place, scp_places
from .npy import read_npy

__all__ = ["decompress", "features_of_manifest", "hdf5_names", "read_features", "read_hdf5", "timing_notices"]

_MAX_LINES, _MAX_LINE_LENGTH, _MAX_BYTES = 2_000_000, 1 << 20, 1 << 32
# Relative tolerance of rounded frame shifts.
_SHIFT_ROUNDING = 0.01
_MAX_EXCESS_FRAMES = 5
# HDF5's numbers of filters; gzip unpacks so few bytes to 64 MB at most.
_GZIP, _CHECKSUM = 1, 3
_FEW_BYTES, _GZIP_SLACK = 1 << 16, 1024
_STORAGE_TYPES = (
    "lilcom_chunky",
    "lilcom_files",
    "numpy_files",
    "numpy_hdf5",
    "lilcom_hdf5",
    "chunked_lilcom_hdf5",
    "kaldiio",
)


def features_of_manifest(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return name and description of each entry of a manifest, in its order.

    Raises an AudioError for a manifest without features, or with a storage type that only lhotse reads.
    """
    name = printable(path)
    entries = []
    for number, entry in enumerate(_lines(path, name), 1):
        features = entry.get("features", entry)
        if not isinstance(features, dict) or "storage_type" not in features:
            problem = "a mix of other cuts" if "tracks" in entry else "no features"
            raise AudioError(
                f"{name}, line {number}: {problem}; expected a manifest of features, or of cuts with features, as "
                "lhotse writes them"
            )
        if features["storage_type"] not in _STORAGE_TYPES:
            raise AudioError(
                f"{name}, line {number}: storage {features['storage_type']!r:.40} is not supported (allowed: "
                f"{', '.join(_STORAGE_TYPES)}); copy them with lhotse into a LilcomChunkyWriter or NumpyFilesWriter"
            )
        key = str(entry.get("id") or features.get("recording_id") or number)
        entries.append((key, {**features, "_cut": entry if "features" in entry else None}))
    if not entries:
        raise AudioError.of_file(name, "an empty manifest")
    return entries


def _lines(path: Path, name: str) -> Iterator[Mapping[str, Any]]:
    try:
        with open_file(path) as file:
            stream: Any = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
            for number in range(1, _MAX_LINES + 2):
                line = stream.readline(_MAX_LINE_LENGTH + 1)
                if not line:
                    return
                if len(line) > _MAX_LINE_LENGTH or number > _MAX_LINES:
                    raise ValueError(f"allowed are {_MAX_LINES} lines of {_MAX_LINE_LENGTH} bytes")
                if line.strip():
                    entry = json.loads(line)
                    if not isinstance(entry, dict):
                        raise AudioError(f"{name}, line {number}: not an entry of a manifest", context=name)
                    yield entry
    except (ValueError, EOFError, OSError, RecursionError, zlib.error) as error:
        raise AudioError.of_file(name, f"not a manifest of JSON lines ({error!s:.80})") from None


def read_features(features: Mapping[str, Any], manifest: Path) -> npt.NDArray[Any]:
    """Read the features of an entry, shape (n_frames, n_mels); raise an AudioError if they differ from the manifest."""
    name = printable(manifest)
    if missing := [key for key in ("storage_path", "storage_key") if not isinstance(features.get(key), str)]:
        raise AudioError.of_file(
            name, f"{missing[0]}={features.get(missing[0])!r:.80}: expected a string, as lhotse writes it"
        )
    storage = Path(features["storage_path"])
    if not storage.is_absolute() and not storage.exists() and (manifest.parent / storage).exists():
        storage = manifest.parent / storage
    key, kind = features["storage_key"], features["storage_type"]
    try:
        array = _read_storage(kind, storage, key)
    except (OSError, ValueError, LookupError) as error:
        raise AudioError.of_file(printable(storage), f"{key!r:.60} cannot be read as {kind} ({error!s:.80})") from None
    shape = {key: features[key] for key in ("num_frames", "num_features") if key in features}
    if shape and tuple(shape.values()) != array.shape[: len(shape)]:
        raise AudioError.of_file(
            name, f"{shape!s:.80}: the array of {key!r:.60} is {array.shape}; write the manifest again"
        )
    try:
        return array[_frames_of_cut(features, len(array))]
    except (ArithmeticError, KeyError, TypeError, ValueError):
        seconds = {key: features.get(key) for key in ("start", "frame_shift")}
        raise AudioError.of_file(
            name,
            f"{seconds!s:.80}, cut {features['_cut']!s:.80}: expected seconds, a cut within its "
            "features, and a frame_shift and duration above 0, as lhotse writes them",
        ) from None


def timing_notices(features: Mapping[str, Any], manifest: Path, frontend: MelFrontend) -> tuple[Notice, ...]:
    """Return a notice if an entry of a manifest has another frame shift or sample rate than the front-end.

    Raises an AudioError if these are not positive numbers.
    """
    own = {"frame_shift": frontend.hop_length / frontend.sample_rate, "sampling_rate": float(frontend.sample_rate)}
    entry = {key: features[key] for key in own if features.get(key) is not None}
    for key, value in entry.items():
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < math.inf:
            raise AudioError.of_file(
                printable(manifest), f"{key}={value!r:.80}: expected a number above 0, as lhotse writes it"
            )
    if all(abs(value - own[key]) <= _SHIFT_ROUNDING * own[key] for key, value in entry.items()):
        return ()
    values = {"frontend": frontend.name, "told": entry, "own": {key: own[key] for key in entry}}
    return (Notice("other-timing", values),)


def _frames_of_cut(features: Mapping[str, Any], n_stored: int) -> slice:
    """Return the frames of the cut that the features belong to; all frames if the entry is not a cut."""
    cut = features.get("_cut")
    if not cut or "duration" not in cut:
        return slice(None)
    shift = float(features["frame_shift"])
    begin = round((float(cut.get("start", 0)) - float(features.get("start", 0))) / shift)
    n_frames = round(float(cut["duration"]) / shift)
    # A mel may be shorter than the rounded duration: it lacks the frames whose windows exceed the sound.
    if begin < 0 or n_frames < 0 or shift < 0 or begin + n_frames > n_stored + _MAX_EXCESS_FRAMES:
        raise ValueError
    return slice(begin, begin + max(1, n_frames))


def _read_storage(kind: str, storage: Path, key: str) -> npt.NDArray[Any]:
    if kind == "lilcom_chunky":
        ends = list(accumulate(int(number) for number in key.split(",")))
        if ends != sorted(ends) or ends[0] < 0 or ends[-1] >= 1 << 63:
            raise ValueError("sizes of chunks below 0, or beyond any file")
        with open_file(storage) as file:
            file.seek(ends[0])
            return _join_chunks((file.read(end - begin) for begin, end in pairwise(ends)), printable(storage))
    if kind == "lilcom_files":
        return decompress(read_file(storage / key, _MAX_BYTES), printable(storage / key))
    if kind == "numpy_files":
        with open_file(storage / key) as file:
            return read_npy(file, printable(storage / key))
    if kind == "kaldiio":
        places = {place.key: place for place in scp_places(storage)}
        return read_place(places[key])
    return read_hdf5(storage, key)


def decompress(data: bytes, name: str) -> npt.NDArray[Any]:
    """Decompress a lilcom array; ``name`` is the file's in messages.

    Raises a ValueError if it is not one, an AudioError if it is too large for memory, and a MissingDependencyError
    without lilcom.
    """
    lilcom = require("lilcom", extra="lhotse", purpose="features that lilcom compressed")
    with silence_stderr():  # lilcom prints errors
        check_cells(lilcom.get_shape(data), name, n_stored=len(data))
        array: npt.NDArray[Any] = lilcom.decompress(data)
    return array


def _join_chunks(chunks: Iterable[bytes], name: str) -> npt.NDArray[Any]:
    """Decompress lilcom chunks and concatenate them in time."""
    arrays, n_bytes = [], 0
    for chunk in chunks:
        arrays.append(decompress(chunk, name))
        n_bytes += len(chunk)
        n_cells = sum(array.size for array in arrays)
        check_cells((n_cells,), name, n_stored=n_bytes)
    return np.concatenate(arrays)


def hdf5_names(path: Path) -> list[str]:
    """List all arrays of an HDF5 file that may be mels, but no texts and scalars.

    Raises an OSError for other files, and a MissingDependencyError without h5py.
    """
    h5py = require("h5py", extra="lhotse", purpose="HDF5 files")
    names: list[str] = []
    check_ordinary(path)
    with h5py.File(path, "r") as file:
        _check_hdf5_end(path, file)
        file.visititems(lambda name, item: names.append(name) if _may_be_mel(item) else None)
    return names


def _check_hdf5_end(path: Path, file: Any) -> None:
    """Raise if something is behind all that an HDF5 file says it has, such as a second file: HDF5 reads none of it.

    Its superblock has the address of its end. Writers differ in whether a block of the user's own before that counts.
    """
    begin = file.userblock_size
    with open_file(path) as raw:
        raw.seek(begin)
        block = raw.read(64)
        n_stored = os.fstat(raw.fileno()).st_size
    # Format specification of HDF5, superblocks of versions 0 to 3; addresses may be shorter than 8 bytes.
    version = block[8]
    n_address = block[9 if version > 1 else 13]
    at = {0: 24, 1: 28}.get(version, 12) + 2 * n_address
    end = begin + int.from_bytes(block[at : at + n_address], "little")
    if n_stored > end:
        raise AudioError.of_file(
            printable(path),
            f"{n_stored - end} bytes are behind what HDF5 reads of it, such as a second file; separate them",
        )


def _may_be_mel(stored: Any) -> bool:
    """Whether an item of an HDF5 file is a numeric or a lilcom-compressed array."""
    h5py = require("h5py", extra="lhotse", purpose="HDF5 files")
    if not isinstance(stored, h5py.Dataset) or h5py.check_string_dtype(stored.dtype) is not None:
        return False
    # The shape of a virtual array can depend on other files, which would be opened.
    return stored.is_virtual or stored.shape not in (None, ()) or stored.dtype.kind == "V"


def read_hdf5(path: Path, name: str) -> npt.NDArray[Any]:
    """Read one array of an HDF5 file: plain, lilcom-compressed, or in lilcom-compressed chunks.

    Raises a KeyError, OSError or ValueError if it does not exist.
    """
    h5py = require("h5py", extra="lhotse", purpose="HDF5 files")
    check_ordinary(path)
    with h5py.File(path, "r") as file:
        parts = name.strip("/").split("/")
        for prefix in ("/".join(parts[: i + 1]) for i in range(len(parts))):
            # To follow a link is to open the other file.
            if isinstance(file.get(prefix, getlink=True), (h5py.ExternalLink, h5py.SoftLink)):
                raise ValueError("a link, which can lead to another file; name the array itself")
        stored = file[name]
        if not isinstance(stored, h5py.Dataset):
            raise ValueError("not an array")
        # HDF5 arrays can refer to any other file.
        if stored.external or stored.is_virtual or stored.file.filename != file.filename:
            raise ValueError("its data is in another file; copy it into this one")
        name_of_array = f"{printable(path)}:{name}"
        check_cells(stored.shape or (), name_of_array, stored.dtype.itemsize, stored.id.get_storage_size())
        _check_chunks(stored, name_of_array)
        _check_complete(stored, name_of_array)
        if stored.dtype.kind == "O":
            return _join_chunks(_byte_strings(stored, path.stat().st_size), name_of_array)
        if stored.dtype.hasobject:
            raise ValueError("a compound of arrays of any length; expected an array of numbers")
        value = stored[()]
        return decompress(value.tobytes(), name_of_array) if stored.dtype.kind == "V" else np.asarray(value)


def _byte_strings(stored: Any, n_bytes_of_file: int) -> Iterator[bytes]:
    """Yield the elements of an array of byte strings one by one, because many of them can share their data."""
    if len(stored.shape) != 1:
        raise ValueError(f"arrays of any length in shape {stored.shape!s:.80}; expected a list of lilcom chunks")
    n_bytes = 0
    for index in range(len(stored)):
        chunk = np.asarray(stored[index], np.uint8).tobytes()
        n_bytes += len(chunk)
        if n_bytes > n_bytes_of_file:
            raise ValueError(f"its chunks have more than the {n_bytes_of_file} bytes of the file, so they share data")
        yield chunk


def _check_chunks(stored: Any, name: str) -> None:
    """Raise an AudioError if unpacking the chunks of an array takes much more than the array itself.

    HDF5 unpacks whole chunks, which can be larger than the array; each filter can expand its data a thousandfold.
    """
    if stored.chunks is None:
        return
    filters = stored.id.get_create_plist()
    codes = [filters.get_filter(i)[0] for i in range(filters.get_nfilters())]
    is_gzip = _GZIP in codes
    if len(set(codes)) < len(codes) or (is_gzip and set(codes[codes.index(_GZIP) + 1 :]) - {_CHECKSUM}):
        raise AudioError.of_file(name, "compressed several times; write it with one filter")
    whole = [-(-n // of_chunk) * of_chunk for n, of_chunk in zip(stored.shape, stored.chunks, strict=True)]
    check_cells(
        whole, name, stored.dtype.itemsize, stored.id.get_storage_size(), f"chunks {stored.chunks!s:.60} in an array"
    )
    n_bytes = math.prod(stored.chunks) * stored.dtype.itemsize + _GZIP_SLACK
    # HDF5 unpacks a stream of gzip to its end, even beyond the chunk.
    for index in range(stored.id.get_num_chunks() if is_gzip and stored.id.get_storage_size() > _FEW_BYTES else 0):
        chunk = stored.id.get_chunk_info(index)
        if chunk.size > _FEW_BYTES:
            stream = zlib.decompressobj()
            stream.decompress(stored.id.read_direct_chunk(chunk.chunk_offset)[1], n_bytes)
            if stream.unconsumed_tail:
                raise AudioError.of_file(name, f"a chunk unpacks to more than {n_bytes} bytes; the file is damaged")


def _check_complete(stored: Any, name: str) -> None:
    """Raise an AudioError unless the array is complete, because h5py reads missing chunks as zeros."""
    if stored.chunks is None:
        n_chunks, n_written = int(bool(stored.size)), int(stored.id.get_storage_size() > 0)
    else:
        n_chunks = math.prod(-(-n // of_chunk) for n, of_chunk in zip(stored.shape, stored.chunks, strict=True))
        n_written = stored.id.get_num_chunks()
    if n_written < n_chunks:
        raise AudioError.of_file(
            name,
            f"incomplete: only {n_written} of {n_chunks} chunks of the array of shape {stored.shape!s:.80} were "
            "written, and the rest would be read as zeros; write it again, or only the complete part",
        )
