"""The one way to import an optional or heavy package, and the one message when it is absent."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from .errors import MissingDependencyError

__all__ = ["is_installed", "require"]


def require(module: str, *, extra: str | None = None, purpose: str) -> ModuleType:
    """Import ``module`` or say how to install it.

    Parameters
    ----------
    module : str
        Dotted name of the module.
    extra : str or None
        Extra of this package that brings it; None for a core dependency.
    purpose : str
        What it is needed for, as the end of "needed for ...".

    Returns
    -------
    module

    Raises
    ------
    MissingDependencyError
        When the module cannot be imported.

    Examples
    --------
    >>> require("math", purpose="an example").sqrt(4.0)
    2.0
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        what = f"specaug-listen[{extra}]" if extra else package
        raise MissingDependencyError(
            f"{package!r} is needed for {purpose} and cannot be imported ({error}); "
            f"install it with: pip install '{what}'"
        ) from error


def is_installed(module: str) -> bool:
    """Whether a package is there to be imported; it is not imported.

    Examples
    --------
    >>> is_installed("math"), is_installed("no_such_package")
    (True, False)
    """
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin is not None  # a folder of that name is no package
