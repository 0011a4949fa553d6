"""The HTML of a page, made from its values by a template, and the data for the player.

The template engine escapes all texts of the user. The page can run and load only what it was written with: its content
security policy names the hashes of its own script and style.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .._imports import require
from ..plots import colours_hex
from ..plots.differences import DIFFERENCE_DB
from .page_values import Clip, ClipVersion, Facts, Fault, File, Head
from .path_hiding import folders_of_user, without_folders
from .table_values import Table
from .terms import about_of, marked_terms, with_minus
from .verdict_values import RUN_COLUMNS, STRENGTH_COLUMNS

__all__ = ["clip_data", "findings_page", "page_parts", "player_bundle_script"]

# Clips beyond these are shown by turning a page, or by search.
_MAX_CARDS = 10
_LOADING = "player/loading.js"
_SCRIPTS = (
    *("folds.js", "loaded.js", "tips.js"),
    *("sound.js", "pictures.js", "waveform.js", "plot.js", "version.js", "stage.js", "compare.js", "blind.js"),
    *("player.js", "cards.js", "keys.js", "table.js", "sheet.js", "page.js", "print.js"),
)
_STYLES = (
    "base.css",
    "verdict.css",
    "player.css",
    "stage.css",
    "compare.css",
    "blind.css",
    "table.css",
    "sheet.css",
    "end.css",
    "print.css",
)
_STYLES_OF_CHECK = ("base.css", "player.css", "findings.css")
# Where a long name of a parameter breaks as a reader would break it.
_JOINT = re.compile(r"(?<=[A-Za-z])([._])(?=[A-Za-z])")
# The space between a number and its unit, where no line breaks.
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:s|ms|min|dB|k?Hz|[MG]B|LUFS|bins?|frames?)\b)")
_TEMPLATES = Path(__file__).parent / "templates"


def page_parts(
    head: Head,
    table: Table | None,
    clips: Iterable[Clip],
    *,
    is_split: bool = False,
    private_paths: Iterable[str] | None = None,
) -> Iterator[bytes]:
    """Yield a whole page in parts, so that only one clip is in memory at a time.

    ``table`` is that of all draws, if there are any; ``is_split`` is whether sounds and pictures are beside the page;
    ``private_paths`` are files of the user whose folders it must not show; None shows all paths.
    """
    if private_paths is not None:
        folders = folders_of_user(private_paths)
        head, table = without_folders(head, folders), without_folders(table, folders)
        clips = (without_folders(clip, folders) for clip in clips)
    script, style = _script(), _style(_STYLES)
    parts = _environment().get_template("page.html.j2").generate(
        head=head, table=table, clips=clips, script=script, style=style, loading=_text(_LOADING),
        policy=_policy(script, style, is_split),
        settings={"colours": colours_hex(), "difference_db": DIFFERENCE_DB, "max_cards": _MAX_CARDS},
    )  # fmt: skip
    for part in parts:
        yield part.encode("utf-8", "backslashreplace")


def findings_page(title: str, shown_facts: Facts, notes: Iterable[str], findings: Iterable[Fault]) -> bytes:
    """Return a page with the findings of a check, in the report's style: no scripts, and only files beside it."""
    style = _style(_STYLES_OF_CHECK)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; img-src data: 'self' file:; media-src data: 'self' file:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = _environment().get_template("check.html.j2")
    page: str = template.render(
        title=title, shown_facts=shown_facts, notes=tuple(notes), findings=tuple(findings), style=style, policy=policy
    )
    return page.encode("utf-8", "backslashreplace")


def clip_data(clip: Clip) -> dict[str, Any]:
    """Return a clip's data for the player."""
    return {
        "name": clip.name,
        "duration_s": clip.duration_s,
        "parcel": clip.player_bundle,  # its name in the page's scripts
        "first": clip.first,
        "versions": [_version_data(version) for version in clip.versions],
    }


def player_bundle_script(url: str, versions: Iterable[ClipVersion]) -> bytes:
    """Return sounds and pictures as a script, the only kind of file beside it that a page opened from disk may read."""

    def encoded(files: Iterable[tuple[str, File | None]]) -> dict[str, str]:
        return {
            key: base64.b64encode(file.data).decode()
            for key, file in files
            if file is not None and file.data is not None
        }

    versions = tuple(versions)
    held = {
        "sounds": encoded((version.key, version.sound) for version in versions),
        "pictures": encoded((version.key, version.picture.file if version.picture else None) for version in versions),
    }
    return f"specaugListen.page.deliver({json.dumps(url)}, {json.dumps(held)});\n".encode()


def _version_data(version: ClipVersion) -> dict[str, Any]:
    picture = version.picture
    picture_data = None
    if picture is not None:
        names = ("n_columns", "n_mels", "left_s", "right_s", "low_db", "high_db")
        picture_data = {name: getattr(picture, name) for name in names} | {"hz": [round(hz, 1) for hz in picture.hz]}
    masks = [
        {
            "begin_s": mask.begin_s, "end_s": mask.end_s, "first_bin": mask.first_bin, "stop_bin": mask.stop_bin,
            "text": mask.text,
        }
        for mask in version.masks
    ]  # fmt: skip
    return {
        "id": version.id, "name": version.name, "key": version.key, "level_db": version.level_db,
        "matched_db": version.matched_db, "picture": picture_data, "masks": masks,
        "compared_with": version.compared_with, "run": version.run, "slot": version.slot or version.name,
        "about": "".join(version.note), "pictured_by": version.pictured_by,
        "short": version.short or version.slot or version.name,
        "warp": [[round(second, 4) for second in pair] for pair in version.warp],
    }  # fmt: skip


def _policy(script: str, style: str, is_split: bool) -> str:
    beside = " 'self' file:" if is_split else ""
    # 'strict-dynamic' trusts scripts that the page's own script adds: the sounds beside the page are such scripts.
    added = " 'strict-dynamic'" if is_split else ""
    scripts = f"'{_hash(script)}' '{_hash(_text(_LOADING))}'{added}"
    return (
        f"default-src 'none'; script-src {scripts}; style-src '{_hash(style)}'; "
        f"img-src data:{beside}; media-src data:{beside}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@functools.lru_cache(maxsize=1)
def _script() -> str:
    body = "\n".join(_text(f"player/{name}") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{body}\n}})();\n'


@functools.lru_cache(maxsize=2)
def _style(names: tuple[str, ...]) -> str:
    return "".join(_text(f"styles/{name}") for name in names)


def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _seconds_ticks(duration_s: float) -> list[tuple[float, str]]:
    """Return the ticks of a time axis, as shares and labels: round numbers, at most nine."""
    steps = (base * 10**power for power in range(-3, 10) for base in (1, 2, 5))
    step = next(step for step in steps if duration_s / step <= 8)
    digits = max(0, 2 - len(str(int(step / 0.01))) + 1) if step < 1 else 0
    n = int(duration_s / step + 1e-9)
    return [(i * step / duration_s, f"{i * step:.{digits}f}") for i in range(n + 1)]


@functools.lru_cache(maxsize=1)
def _environment() -> Any:
    jinja2 = require("jinja2", purpose="reports")
    loader = jinja2.FileSystemLoader(_TEMPLATES)
    markup = jinja2.utils.markupsafe.Markup
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["difference_db"] = DIFFERENCE_DB
    environment.globals["max_cards"] = _MAX_CARDS
    environment.globals["strength_columns"] = STRENGTH_COLUMNS
    environment.globals["run_columns"] = RUN_COLUMNS
    environment.filters["clip_data"] = clip_data
    environment.filters["seconds_ticks"] = _seconds_ticks
    environment.globals["about_of"] = about_of
    environment.globals["marked_terms"] = marked_terms
    environment.filters["with_minus"] = with_minus
    environment.filters["breakable"] = lambda text: markup(_JOINT.sub(r"\1<wbr>", str(markup.escape(text))))
    environment.filters["unbroken"] = lambda text: _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)
    environment.filters["share"] = lambda value, whole: f"{100 * value / whole:.4f}%"
    return environment
