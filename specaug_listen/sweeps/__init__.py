"""One clip under many settings: a contact sheet of what a parameter does."""

from .axes import Axis, read_axes
from .rendering import sweep
from .results import Cell, Sweep

__all__ = ["Axis", "Cell", "Sweep", "read_axes", "sweep"]
