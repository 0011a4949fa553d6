"""What to know about a clip beside its samples: data for the program, and a sentence for people at the very end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Notice"]


def _implausible(values: Mapping[str, Any]) -> str:
    """Of a mel whose values are not those of its front-end."""
    name, low, high = (values[key] for key in ("frontend", "low", "high"))
    undone = ", once the statistics are undone," if values["with_statistics"] else ""
    line = (
        f"implausible for front-end {name!r}: values{undone} from {low:g} to {high:g} (mean {values['mean']:g}, "
        f"standard deviation {values['std']:g}), where its own lie in [{values['least']:g}, {values['most']:g}]"
    )
    if values["low"] >= values["least"] and values["high"] <= values["most"] and "spread_db" in values:
        line += f", but spread over {values['spread_db']:.1f} dB only" if values["spread_db"] < 13 else ""
    if values["plain_fits"]:
        return f"{line}; without the statistics they would be plausible"
    if values["linear"]:
        line += "; they look like powers or magnitudes of which no logarithm was taken"
    elif values["scales"]:
        line += f"; they would be plausible as {', or as '.join(values['scales'])}"
    statistics = values.get("statistics")
    if statistics:
        looks = "they look normalised: with" if values["normalised"] else "with"
        line += (
            f"; {looks} the statistics mean={statistics['mean']:g}, std={statistics['std']:g} they would have the "
            "level and the spread of speech"
        )
    return line


# A sentence for each kind: a format of the notice's values, or a function of them. Pages show what stands before the
# first colon where there is no room for more.
_SENTENCES: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
    "axes_turned": "turned: (frames, bins) became (bins, frames), {n_mels} bins by {n_frames} frames",
    "implausible": _implausible,
    "typical_statistics": (
        "level and tilt are typical speech's, not the clip's: what {rule} normalisation took out of it is unknown"
    ),
    "cut": "cut: {n_present} of {n_promised} {unit} are there; copy the file again",
}


@dataclass(frozen=True)
class Notice:
    """One thing to know about a clip.

    Parameters
    ----------
    kind : str
        Which thing; a name that stays the same.
    values : mapping of str to plain JSON values
        Its numbers and names.

    Examples
    --------
    >>> Notice("cut", {"n_present": 100, "n_promised": 200, "unit": "samples"}).text
    'cut: 100 of 200 samples are there; copy the file again'
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence; of a kind that this version does not know, its kind and values."""
        sentence = _SENTENCES.get(self.kind)
        try:
            if callable(sentence):
                return sentence(self.values)
            if sentence is not None:
                return sentence.format_map(self.values)
        except (KeyError, TypeError, ValueError):
            pass  # written by another version, with other values
        listed = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return f"{self.kind}: {listed}" if listed else self.kind
