"""One BLAS thread where results must not depend on the machine's core count."""

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
    """Limit matrix products inside the ``with`` to one thread.

    A threaded product may add its terms in another order, and the last bits would then tell how many cores the
    machine has.
    """
    return _controller().limit(limits=1, user_api="blas")  # type: ignore[no-any-return]
