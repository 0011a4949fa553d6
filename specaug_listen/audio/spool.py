"""Arrays that are too long to hold: rows on disk, written once, read in parts."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from .._files import io_errors, printable
from ..errors import OutputError

__all__ = ["Spool"]

Real = npt.NDArray[np.float32]


class Spool:
    """float32 rows in a file, which is open only while it is written or read.

    Parameters
    ----------
    path : Path
        Of the file; it is replaced.
    n_columns : int > 0

    Raises
    ------
    OutputError
        When the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Spool(Path(folder) / "rows", 2) as spool:
    ...     spool.append(np.array([[1, 2], [3, 4]], np.float32))
    ...     len(spool), spool.read(1, 2)
    (2, array([[3., 4.]], dtype=float32))
    """

    def __init__(self, path: Path, n_columns: int) -> None:
        self._path, self._n_columns, self._n_rows = path, n_columns, 0
        with io_errors(path):
            path.write_bytes(b"")

    def __len__(self) -> int:
        return self._n_rows

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def append(self, rows: Real) -> None:
        """Write rows behind those that are there.

        Raises
        ------
        OutputError
        """
        # Not with numpy's tofile(), which says nothing where the last of its bytes do not fit on the disk.
        with io_errors(self._path), open(self._path, "ab") as file:
            file.write(np.ascontiguousarray(rows, dtype=np.float32).data)
        self._n_rows += len(rows)

    def read(self, begin: int, end: int) -> Real:
        """Rows ``begin`` to ``end - 1``, as far as there are some, shape (n, n_columns)."""
        n_rows = max(0, min(end, self._n_rows) - begin)
        try:
            with open(self._path, "rb", buffering=0) as file:
                file.seek(begin * self._n_columns * 4)
                return np.fromfile(file, np.float32, n_rows * self._n_columns).reshape(n_rows, self._n_columns)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise OutputError(
                f"{printable(self._path)}: cannot be read back ({reason}); run it again, in another -o"
            ) from None

    def close(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)
