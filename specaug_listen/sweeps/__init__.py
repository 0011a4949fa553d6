"""One clip under every combination of values: what each parameter does."""

from .axes import Axis, read_axes
from .cell_rendering import sweep
from .results import Cell, Sweep

__all__ = ["Axis", "Cell", "Sweep", "read_axes", "sweep"]
