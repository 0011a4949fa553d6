"""One BLAS thread, where results must not depend on the number of cores."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from ._imports import require

__all__ = ["one_blas_thread"]


@lru_cache(maxsize=1)
def _controller() -> Any:
    return require("threadpoolctl", purpose="results that do not depend on the core count").ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """Limit matrix products inside the ``with`` block to one thread.

    A multi-threaded product may add its terms in another order, so the last bits would depend on the number of cores.
    """
    return _controller().limit(limits=1, user_api="blas")  # type: ignore[no-any-return]
