"""Statistics for normalisation, from the files that frameworks write.

ESPnet: ``feats_stats.npz`` with ``count``, ``sum`` and ``sum_square`` (``espnet2/layers/global_mvn.py``, where the
variance is at least 1e-20). Kaldi: a matrix of two rows, sums and sums of squares, with the count after the sums.
WeNet: JSON with ``mean_stat``, ``var_stat`` and ``frame_num`` (``wenet/utils/cmvn.py``). fairseq: ``mean`` and ``std``.
PANNs and others that begin with a BatchNorm over the bins: ``running_mean``, ``running_var``, ``weight`` and ``bias``.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .._arrays import on_cpu
from .._files import check_ordinary, open_file, printable
from .._imports import require
from .._yaml import YAML_SUFFIXES, read_mapping
from ..errors import AudioError, ParameterError, PolicyError
from .from_array import PER_UTTERANCE
from .kaldi_archives import Place, ark_places, read_place
from .statistics import GlobalStatistics

__all__ = ["read_statistics", "statistics_of_text"]

Wide = npt.NDArray[np.float64]
_LEAST_VARIANCE = 1e-20
_BATCH_NORM_EPSILON = 1e-5
_PAIR = re.compile(r"\s*(mean|std)\s*=\s*([^,]+?)\s*")
_KNOWN = "mean and std; mean and var; count, sum and sum_square; or running_mean, running_var, weight and bias"


def statistics_of_text(text: str) -> GlobalStatistics | Literal["per-utterance"]:
    """Parse the value of ``--stats``: ``mean=..,std=..``, "per-utterance", or the name of a file.

    Raises
    ------
    ParameterError
        For invalid numbers.
    PolicyError
        For a file that cannot be read.

    Examples
    --------
    >>> statistics_of_text("mean=-4.27,std=9.14").std
    9.14
    """
    if text == PER_UTTERANCE:
        return "per-utterance"
    if re.match(r"\s*(mean|std)\s*=", text):
        pairs = [_PAIR.fullmatch(part) for part in text.split(",")]
        numbers = {pair.group(1): pair.group(2) for pair in pairs if pair is not None}
        try:
            if None not in pairs and set(numbers) == {"mean", "std"} and len(pairs) == 2:
                return GlobalStatistics(float(numbers["mean"]), float(numbers["std"]))
        except ValueError:
            pass
        raise ParameterError(
            f"statistics {text!r:.80}: expected mean=NUMBER,std=NUMBER with std > 0; for one number per bin use a file"
        )
    return read_statistics(text)


def read_statistics(path: str | os.PathLike[str]) -> GlobalStatistics:
    """Read the mean and standard deviation that a mel was normalised with.

    Parameters
    ----------
    path : str or path-like
        ``.npz``, ``.npy``, ``.json``, ``.yaml``, ``.pt``, or Kaldi's (``FILE.ark:KEY`` for one of several).

    Returns
    -------
    GlobalStatistics

    Raises
    ------
    PolicyError
        One line that names the file, when it cannot be read or has other contents.
    """
    name = printable(path)
    try:
        return _statistics(Path(path), name)
    except AudioError as error:  # its message already names the file
        raise PolicyError(str(error)) from None
    except ParameterError as error:
        raise PolicyError(f"{name}: {error}") from None
    except OSError as error:
        raise PolicyError.unreadable(f"{name}: cannot be read ({error.strerror})", error) from None
    except (ValueError, IndexError) as error:
        raise PolicyError(
            f"{name}: its numbers are inconsistent ({error!s:.80}); expected {_KNOWN}, one number each, or one per bin"
        ) from None


def _statistics(path: Path, name: str) -> GlobalStatistics:
    suffix = path.suffix.lower()
    if suffix in YAML_SUFFIXES:
        return _of_mapping(read_mapping(path, "statistics"), name)
    if suffix in (".npz", ".npy"):
        loaded = _load_numpy(path, name)
        return _of_matrix(loaded, name) if isinstance(loaded, np.ndarray) else _of_mapping(loaded, name)
    if suffix in (".pt", ".pth"):
        check_ordinary(path)
        torch = require("torch", extra="torch", purpose="files of torch (.pt)")
        try:
            with open_file(path) as file:
                state = torch.load(file, map_location="cpu", weights_only=True)
        except OSError:
            raise
        except Exception as error:
            raise ParameterError(f"not read ({str(error).splitlines()[0]:.80}); only tensors are loaded") from None
        tensors = {key: on_cpu(value) for key, value in dict(state).items() if isinstance(value, torch.Tensor)}
        return _of_mapping(tensors, name)
    return _of_kaldi(path, name)


def _load_numpy(path: Path, name: str) -> Any:
    try:
        with open_file(path) as file:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else {key: loaded[key] for key in loaded.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ParameterError(f"not a NumPy file ({error!s:.60}); pickles are never loaded") from None


def _of_mapping(data: Mapping[str, Any], name: str) -> GlobalStatistics:
    norm = next((key.removesuffix("running_mean") for key in data if key.endswith("running_mean")), None)
    if norm is not None:
        return _of_batch_norm(data, norm)
    keys = set(data)
    if {"mean_stat", "var_stat", "frame_num"} <= keys:
        return _of_sums(_wide(data["frame_num"]), _wide(data["mean_stat"]), _wide(data["var_stat"]))
    if {"count", "sum", "sum_square"} <= keys:
        return _of_sums(_wide(data["count"]), _wide(data["sum"]), _wide(data["sum_square"]))
    if {"mean", "std", "var"} <= keys and not np.allclose(_wide(data["std"]) ** 2, _wide(data["var"]), rtol=0.02):
        raise ParameterError("std and var contradict each other; expected std² = var, or only one of them")
    if {"mean", "std"} <= keys:
        return _of_pair(data["mean"], data["std"])
    if {"mean", "var"} <= keys:
        return _of_pair(data["mean"], _root(_wide(data["var"]), "var"))
    raise ParameterError(f"no statistics (it contains {', '.join(map(str, data)) or 'nothing':.80}); expected {_KNOWN}")


def _wide(value: Any) -> Wide:
    try:
        numbers = np.asarray(value)
        if numbers.dtype.kind != "c":
            return numbers.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise ParameterError(f"{value!r:.60}: expected real numbers")


def _root(variance: Wide, name: str, rounding: Wide | float = 0.0) -> Wide:
    """Return the deviations of variances that are at least 0, but for ``rounding``."""
    if (variance < -rounding).any():
        raise ParameterError(f"{name} is {variance.min():.4g} in one bin: a variance is at least 0; compute them again")
    return np.asarray(np.sqrt(np.maximum(variance, _LEAST_VARIANCE)))


def _of_pair(mean: Any, std: Any) -> GlobalStatistics:
    means, divisors = (array if array.ndim == 0 else array.reshape(-1) for array in (_wide(mean), _wide(std)))
    if not (means.size and divisors.size):
        raise ParameterError(f"{means.size} and {divisors.size} numbers for mean and std: expected one or more of each")
    wrong = divisors[~(np.isfinite(divisors) & (divisors > 0))]
    if wrong.size:
        raise ParameterError(f"std is {wrong.flat[0]:.4g} in one bin: expected finite numbers above 0")
    return GlobalStatistics(means, divisors)  # type: ignore[arg-type]


def _of_sums(count: Wide, total: Wide, squares: Wide) -> GlobalStatistics:
    if not count.reshape(-1)[0] > 0:
        raise ParameterError(f"a count of {count.reshape(-1)[0]:g} frames: expected more than 0")
    n_frames = float(count.reshape(-1)[0])
    mean = total.reshape(-1) / n_frames
    variance = squares.reshape(-1) / n_frames - mean**2
    # Sums of 32 bits leave a few millionths of the squares.
    return _of_pair(mean, _root(variance, "the variance of the sums", 1e-4 * mean**2))


def _of_batch_norm(data: Mapping[str, Any], norm: str) -> GlobalStatistics:
    """Express ``weight * (x - running_mean) / sqrt(running_var + 1e-5) + bias`` as one mean and one divisor."""
    mean, variance = _wide(data[f"{norm}running_mean"]), _wide(data.get(f"{norm}running_var", 1.0))
    weight, bias = _wide(data.get(f"{norm}weight", 1.0)), _wide(data.get(f"{norm}bias", 0.0))
    if weight.min() <= 0:
        raise ParameterError(f"{norm}weight is {weight.min():.4g} in one bin, which cannot be undone; expected above 0")
    std = _root(variance + _BATCH_NORM_EPSILON, f"{norm}running_var") / weight
    return _of_pair(mean - bias * std, std)


def _of_matrix(matrix: npt.NDArray[Any], name: str) -> GlobalStatistics:
    """Read two rows: Kaldi's sums, whose last column is the count and 0, or a mean and a standard deviation."""
    if matrix.dtype.kind not in "fiu" or matrix.ndim != 2 or len(matrix) != 2 or matrix.shape[1] < 2:
        raise ParameterError(
            f"an array of shape {matrix.shape}: expected two rows, mean and std, or Kaldi's (2, n_mels + 1)"
        )
    rows = matrix.astype(np.float64)
    if rows[1, -1] == 0 and rows[0, -1] > 0:
        return _of_sums(rows[0, -1:], rows[0, :-1], rows[1, :-1])
    return _of_pair(rows[0], rows[1])


def _of_kaldi(path: Path, name: str) -> GlobalStatistics:
    key = None
    if not path.exists() and ":" in os.fspath(path):
        text, _, key = os.fspath(path).rpartition(":")
        path = Path(text)
    with open_file(path) as file:
        head = file.read(64)
    if head.startswith(b"\0B") or head.lstrip().startswith(b"["):
        return _of_matrix(read_place(Place("", path, 0)), name)
    places = [place for place in ark_places(path) if key is None or place.key == key]
    if len(places) != 1:
        contents = f"{len(places)} matrices" if key is None else f"no {key!r:.60}"
        raise ParameterError(f"contains {contents}: select one, FILE:KEY")
    return _of_matrix(read_place(places[0]), name)
