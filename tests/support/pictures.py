"""What is drawn in the tests of pictures; `import pictures` works from every room."""

from __future__ import annotations

from matplotlib.figure import Figure

from specaug_listen import Draw
from specaug_listen.augment import FrequencySpan, TimeSpan, WarpPath

__all__ = ["EMPTY", "MASKED", "WARPED", "panels"]

WARPED = Draw(80, 120, (WarpPath(50, 12), FrequencySpan(5, 20), TimeSpan(70, 25)), "warped")
MASKED = Draw(80, 120, (FrequencySpan(0, 7), FrequencySpan(70, 10), TimeSpan(0, 3), TimeSpan(119, 1)), "masked")
EMPTY = Draw(80, 120, (FrequencySpan(3, 0), TimeSpan(9, 0)), "empty")


def panels(figure: Figure):
    """The two axes with a spectrogram, above and below."""
    return [ax for ax in figure.axes if ax.images and ax.get_ylabel() == "Frequency (Hz)"]
