"""Plots into given matplotlib Axes, without pyplot or global state.

Levels are in dB relative to the loudest cell of the *original* mel, on one scale for all panels of a figure.
"""

from .auditions import audition_figure, describe_draw, encode_png, new_figure, plot_audition
from .differences import plot_difference
from .marks import Outline, outlines, plot_steps, plot_warp, warp_lines
from .mels import COLOUR_MAP, RANGE_DB, Cells, colours_hex, extent_s, hz_ticks, plot_mel, read_cells, reference_db
from .sweeps import plot_sweep

__all__ = [
    "COLOUR_MAP",
    "RANGE_DB",
    "Cells",
    "Outline",
    "audition_figure",
    "colours_hex",
    "describe_draw",
    "encode_png",
    "extent_s",
    "hz_ticks",
    "new_figure",
    "outlines",
    "plot_audition",
    "plot_difference",
    "plot_mel",
    "plot_steps",
    "plot_sweep",
    "plot_warp",
    "read_cells",
    "reference_db",
    "warp_lines",
]
