"""Import of optional and heavy packages, with one message if a package is missing."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from .errors import MissingDependencyError

__all__ = ["is_installed", "require"]


def require(module: str, *, extra: str | None = None, purpose: str) -> ModuleType:
    """Import ``module``, or raise a MissingDependencyError that says how to install it.

    ``extra`` is the extra of this package that brings it (None for a core dependency), ``purpose`` completes "needed
    for ...".

    Examples
    --------
    >>> require("math", purpose="an example").sqrt(4.0)
    2.0
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        requirement = f"specaug-listen[{extra}]" if extra else package
        raise MissingDependencyError(
            f"{package!r} is needed for {purpose} and cannot be imported ({error}); "
            f"install it with: pip install '{requirement}'"
        ) from error


def is_installed(module: str) -> bool:
    """Whether a package is installed; it is not imported.

    Examples
    --------
    >>> is_installed("math"), is_installed("no_such_package")
    (True, False)
    """
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin is not None  # a folder of that name is no package
