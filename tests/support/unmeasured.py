"""Many draws of which only the places matter: `unmeasured()`."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from unittest import mock

__all__ = ["unmeasured"]


@contextlib.contextmanager
def unmeasured() -> Iterator[None]:
    """Draw without warnings, and without the levels of fills: no place depends on them and they are most of it."""
    with (
        warnings.catch_warnings(),
        mock.patch("specaug_listen.augment.policy.with_fill_levels", lambda draw, mel: draw),
    ):
        warnings.simplefilter("ignore")
        yield
