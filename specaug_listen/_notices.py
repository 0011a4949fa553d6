"""What to know about a clip beside its samples: data for the program, and a sentence for people at the very end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Notice"]

# A sentence for each kind: a format of the notice's values, or a function of them. Pages show what stands before the
# first colon where there is no room for more.
_SENTENCES: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
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
