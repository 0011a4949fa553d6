"""One clip with its players and pictures as a piece of HTML, for a notebook.

Everything is escaped by the template engine; sounds and pictures are embedded as ``data:`` URIs, the sounds as the very
bytes of their WAV files, because players that are given arrays normalise them and lie about the level.
"""

from __future__ import annotations

import base64
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._imports import require

__all__ = ["ClipView", "DrawView", "clip_html"]


@dataclass(frozen=True)
class DrawView:
    """One draw as it is shown.

    Parameters
    ----------
    name : str
    wav : bytes or str
        The whole file, or the address of one that is too long for a page.
    png : bytes
        The whole file.
    facts : sequence of (str, str)
        Name and value, unit included.
    badges : sequence of str
    """

    name: str
    wav: bytes | str
    png: bytes
    facts: tuple[tuple[str, str], ...] = ()
    badges: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClipView:
    """One clip as it is shown: original, copy-synthesis, draws; parameters as in `DrawView`."""

    name: str
    original: bytes | str | None
    copy_synthesis: bytes | str
    draws: tuple[DrawView, ...]
    facts: tuple[tuple[str, str], ...] = ()
    badges: tuple[str, ...] = ()


def clip_html(clip: ClipView) -> str:
    """One clip as a fragment that carries its own style: for a notebook.

    Examples
    --------
    >>> "&lt;b&gt;" in clip_html(ClipView("<b>", b"", b"", ()))
    True
    """
    return str(_environment().get_template("notebook.html.j2").render(clip=clip))


def _data_uri(data: bytes | str, media_type: str) -> str:
    if isinstance(data, str):
        return data
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@functools.lru_cache(maxsize=1)
def _environment() -> Any:
    jinja2 = require("jinja2", purpose="reports")
    loader = jinja2.FileSystemLoader(Path(__file__).parents[1] / "reports" / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["data_uri"] = _data_uri
    return environment
