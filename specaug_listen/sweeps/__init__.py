"""One clip under many settings: a contact sheet of what a parameter does."""

from .axes import Axis, read_axes
from .grid import Cell, Sweep, sweep

__all__ = ["Axis", "Cell", "Sweep", "read_axes", "sweep"]
