"""`Dialect`: what a framework's SpecAugment does that its parameters do not say."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from .._records import record
from ..augment.generators import ForeignName

__all__ = ["Dialect", "Purpose"]

Purpose: TypeAlias = Literal["coin", "warp", "mask", "patch", "cutout", "copy", "trim_tail"]


@record
class Dialect:
    """A framework's way with SpecAugment.

    Parameters
    ----------
    name : str
    source : str
        The upstream files that it was read from.
    oddities : tuple of str
        What its parameters do not say.
    frontends : tuple of str
        The front-ends that it is used with.
    generators : dict
        For each purpose the generator that the framework draws from: ``torch``, ``numpy`` (the global one) or
        ``python`` (``random``); what is missing cannot be replayed.
    recipes : dict
        For each name under which people know the framework, the policy that it stands for: its main recipe.

    Examples
    --------
    >>> Dialect("mine", "mine.py", ("none",)).is_replayable
    False
    """

    name: str
    source: str
    oddities: Annotated[tuple[str, ...], Field(strict=False)]
    frontends: Annotated[tuple[str, ...], Field(strict=False)] = ()
    generators: dict[Purpose, ForeignName] = Field(default_factory=dict)
    recipes: dict[str, str] = Field(default_factory=dict)

    @property
    def is_replayable(self) -> bool:
        """Whether draws can be made with the framework's own generator."""
        return bool(self.generators)
