"""The pages of the project: their lines, their links, and the form of the changelog."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDTH = 120
# Folders of the project whose pages are its own, and not those of packages installed there or of results.
PAGES = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if path.relative_to(ROOT).parts[0] in ("docs", "benchmarks", "samples", "tests") or path.parent == ROOT
]
# A code span, the target of a link or a word: what no line can end within.
TOKEN = re.compile(r"(?:`+[^`]*`+|\]\([^)]*\)|[^\s`])+")
FENCE = re.compile(r"^\s*(```|~~~)")


def prose(text: str) -> list[tuple[int, str]]:
    """Numbered lines outside of blocks of code."""
    lines, is_code = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            is_code = not is_code
        elif not is_code:
            lines.append((number, line))
    return lines


def too_long(text: str) -> list[int]:
    """Numbers of lines that could have been wrapped: neither in a table nor of a single token behind a bullet."""
    return [
        number
        for number, line in prose(text)
        if len(line) > WIDTH
        and not line.lstrip().startswith("|")
        and len(TOKEN.findall(re.sub(r"^\s*([-*+]|\d+[.)])\s", "", line))) > 1
    ]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them; a heading that comes again has a number."""
    names: list[str] = []
    for _, line in prose(text):
        if heading := re.match(r"#{1,6} (.*)", line):
            words = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading[1]).lower()).strip()
            names.append(words.replace(" ", "-"))
    return {name if not names[:i].count(name) else f"{name}-{names[:i].count(name)}" for i, name in enumerate(names)}


def links(text: str) -> list[str]:
    """Targets of links and pictures, without those to other hosts."""
    words = "\n".join(line for _, line in prose(text))
    targets = re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`+[^`]*`+", "code", words))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def leads_nowhere(page: Path, target: str) -> bool:
    """Whether a link of a page names no file, or a heading that the file does not have."""
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    return not file.exists() or bool(anchor and anchor not in anchors(file.read_text(encoding="utf-8")))


def test_all_pages_are_looked_at():
    names = {str(path.relative_to(ROOT)) for path in PAGES}
    assert {"README.md", "CHANGELOG.md", "docs/house.md", "samples/README.md", "tests/reference/README.md"} <= names


def test_lines_of_pages_are_wrapped():
    long = {f"{path.relative_to(ROOT)}": too_long(path.read_text(encoding="utf-8")) for path in PAGES}
    assert {name: numbers for name, numbers in long.items() if numbers} == {}


def test_a_line_that_could_be_wrapped_is_found_and_others_are_not():
    word = "a" * 121
    table, code, bullet = f"| {word} | b |", f"```\n{word} b\n```", f"- `{word} b`"
    assert too_long("\n".join([word, table, code, bullet, f"[{word}](b)", f"{word} b"])) == [8]


def test_every_link_of_the_pages_leads_somewhere():
    wrong = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in links(page.read_text(encoding="utf-8"))
        if leads_nowhere(page, target)
    ]
    assert wrong == []
    assert sum(len(links(page.read_text(encoding="utf-8"))) for page in PAGES) > 30


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    right = "[a](other.md) [b](other.md#two-words-1) [c](#one) [d](https://x/none.md) `[e](none.md)`"
    wrong = "[f](none.md) [g](other.md#none)"
    page.write_text(f"# One\n{right} {wrong}\n```\n# no heading\n[h](none.md)\n```\n")
    other.write_text("## Two words?\n## `Two` words\n")
    assert [target for target in links(page.read_text()) if leads_nowhere(page, target)] == ["none.md", "other.md#none"]


def test_the_changelog_is_in_the_form_of_keep_a_changelog():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.M)[0] == "[Unreleased]"
    sections = re.findall(r"^### (.*)$", text, re.M)
    assert sections
    assert set(sections) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
