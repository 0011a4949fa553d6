"""A mel as a picture of one pixel for each cell: crisp at any size, and readable as levels again."""

from __future__ import annotations

import functools
import io
import json
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .._imports import require
from ..frontends import AnyMel
from .mels import COLOUR_MAP, columns, extent_s

__all__ = ["Cells", "colours_hex", "read_cells"]

_KEY = "specaug-listen"
_LARGEST = 1e9
_TEXTS = ("low_db", "high_db", "extent_s")


@dataclass(frozen=True, eq=False)
class Cells:
    """Levels as indices of a colour map.

    Parameters
    ----------
    indices : np.ndarray [shape=(n_mels, n_columns), uint8]
        0 is ``low_db`` or less, 255 is ``high_db`` or more; the lowest band first.
    low_db, high_db : float [dB]
    extent_s : (float, float) [s]
        Where the first column begins and the last one ends.

    Examples
    --------
    >>> cells = Cells(np.array([[0, 255]], np.uint8), -80.0, 0.0, (0.0, 0.02))
    >>> read_cells(cells.png).indices.tolist()
    [[0, 255]]
    """

    indices: npt.NDArray[np.uint8] = field(repr=False)
    low_db: float
    high_db: float
    extent_s: tuple[float, float]

    @classmethod
    def of(cls, mel: AnyMel, *, ref_db: float, low_db: float, high_db: float) -> Cells:
        """Of a mel, levels relative to ``ref_db``; of more frames than a screen has columns, means of neighbours."""
        share = (columns(mel) - ref_db - low_db) / (high_db - low_db)
        indices = np.round(np.clip(share, 0, 1) * 255).astype(np.uint8)
        return cls(indices, low_db, high_db, extent_s(mel.frontend, mel.n_frames))

    @property
    def png(self) -> bytes:
        """As a PNG with a palette; the lowest band below, the levels' range in its text."""
        image = require("PIL.Image", purpose="pictures").fromarray(self.indices[::-1], mode="P")
        image.putpalette(_palette())
        text = require("PIL.PngImagePlugin", purpose="pictures").PngInfo()
        text.add_text(_KEY, json.dumps({name: getattr(self, name) for name in _TEXTS}))
        buffer = io.BytesIO()
        image.save(buffer, format="png", pnginfo=text, optimize=False, compress_level=9)
        return buffer.getvalue()


def read_cells(data: bytes) -> Cells:
    """The cells of `Cells.png`.

    Raises
    ------
    ValueError
        For another picture.
    """
    try:
        image = require("PIL.Image", purpose="pictures").open(io.BytesIO(data))
        low_db, high_db, (begin_s, end_s) = (json.loads(image.text[_KEY])[name] for name in _TEXTS)
        numbers = [float(one) for one in (low_db, high_db, begin_s, end_s)]
        is_range = all(abs(one) < _LARGEST for one in numbers) and low_db < high_db and begin_s < end_s
        if image.mode != "P" or not is_range:
            raise ValueError(f"mode {image.mode}, ranges {numbers}")
        return Cells(np.asarray(image)[::-1], numbers[0], numbers[1], (numbers[2], numbers[3]))
    except (OSError, AttributeError, LookupError, SyntaxError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a picture of cells ({error!s:.100})") from None


@functools.lru_cache(maxsize=1)
def _palette() -> bytes:
    colormaps = require("matplotlib", purpose="pictures").colormaps
    colours = colormaps[COLOUR_MAP](np.arange(256), bytes=True)[:, :3]
    return bytes(colours.astype(np.uint8).tobytes())


def colours_hex() -> str:
    """The colour map, six hexadecimal digits for each index."""
    return _palette().hex()
