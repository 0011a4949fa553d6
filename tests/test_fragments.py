"""The pieces of HTML: escaped, whole, and asking the network for nothing."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from specaug_listen import Audio
from specaug_listen.audio import encode_wav
from specaug_listen.fragments import ClipView, DrawView, PageView, clip_html, page_html

HOSTILE = "<script>alert(1)</script> \"quoted\" 'single' & <img src=x onerror=alert(1)> {{ 7 * 7 }} {% raw %} </style>"
VOID = {"meta", "img", "br", "link", "input", "hr"}
ORIGINAL, COPY, AUGMENTED = (
    encode_wav(Audio(level * np.sin(np.arange(400) * 0.1), 16000)) for level in (0.1, 0.2, 0.3)
)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class Page(HTMLParser):
    """Tags in their order, whether they balance, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def clip(text: str = "speech") -> ClipView:
    draws = (
        DrawView("draw-1", AUGMENTED, PICTURE, (("time masked", "33%"), (text, text)), (text,)),
        DrawView("draw-2", COPY, PICTURE),
    )
    return ClipView(text, ORIGINAL, COPY, draws, (("length", "1.20 s"),), (text, "silent"))


def page(text: str = "speech", n_clips: int = 2) -> str:
    head = PageView(text, (("policy", text),), (f"{text}: truncated",))
    return b"".join(page_html(head, iter([clip(text)] * n_clips))).decode()


BOTH = pytest.mark.parametrize("html", [clip_html(clip(HOSTILE)), page(HOSTILE)], ids=["fragment", "page"])


@BOTH
def test_every_tag_that_is_opened_is_closed_in_its_order(html):
    parsed = Page(html)
    assert parsed.unbalanced == []
    assert parsed.open == []


@BOTH
def test_hostile_texts_are_shown_as_they_are_and_never_run(html):
    parsed = Page(html)
    assert not parsed.all("script")
    assert not parsed.all("b")
    assert all("onerror" not in attributes for _, attributes in parsed.tags)
    assert HOSTILE in "".join(parsed.words)
    assert any(
        attributes.get("alt", "").startswith(f"Mel spectrograms of {HOSTILE}") for attributes in parsed.all("img")
    )
    assert "49" not in "".join(parsed.words)


@BOTH
def test_nothing_is_asked_of_the_network(html):
    parsed = Page(html)
    sources = [attributes["src"] for _, attributes in parsed.tags if "src" in attributes]
    assert len(sources) >= 6
    assert all(source.startswith("data:") for source in sources)
    assert not any(
        {"href", "srcset", "action", "poster", "background"} & set(attributes) for _, attributes in parsed.tags
    )
    without_data = re.sub(r'"data:[^"]*"', "", html)
    assert "://" not in without_data
    assert "@import" not in without_data
    assert "url(" not in without_data


def test_players_hold_the_very_bytes_of_the_wav_files_in_their_order():
    parsed = Page(clip_html(clip()))
    players = [attributes["src"] for attributes in parsed.all("audio")]
    assert all(player.startswith("data:audio/wav;base64,") for player in players)
    decoded = [base64.b64decode(player.split(",", 1)[1], validate=True) for player in players]
    assert decoded == [ORIGINAL, COPY, AUGMENTED, COPY]
    pictures = [attributes["src"] for attributes in parsed.all("img")]
    assert [base64.b64decode(picture.split(",", 1)[1]) for picture in pictures] == [PICTURE, PICTURE]


def test_a_page_forbids_all_but_its_own_data():
    (policy,) = (m["content"] for m in Page(page()).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "media-src": "data: 'self' file:",
        "style-src": "'unsafe-inline'",
    }


def test_a_page_is_a_whole_document_in_utf_8():
    html = page("Straße 音")
    assert html.startswith("<!doctype html>")
    assert html.rstrip().endswith("</html>")
    parsed = Page(html)
    assert parsed.all("meta")[0] == {"charset": "utf-8"}
    assert parsed.all("html") == [{"lang": "en"}]
    assert len(parsed.all("title")) == len(parsed.all("h1")) == len(parsed.all("main")) == 1
    assert html.count("Straße 音") > 5


def test_every_player_and_picture_has_a_name_for_those_who_do_not_see_it():
    parsed = Page(page())
    labels = [player["aria-label"] for player in parsed.all("audio")]
    assert len(labels) == 8
    assert all(labels)
    assert all(picture["alt"] for picture in parsed.all("img"))


def test_nothing_plays_by_itself_and_every_player_has_controls():
    for player in Page(page()).all("audio"):
        assert "controls" in player
        assert "autoplay" not in player


def test_failures_stand_on_the_page_only_if_there_are_some():
    assert "speech: truncated" in "".join(Page(page()).words)
    quiet = b"".join(page_html(PageView("all fine"), [clip()])).decode()
    assert "Not auditioned" not in quiet
    assert Page(quiet).unbalanced == []


def test_a_page_is_made_in_parts_and_asks_for_one_clip_at_a_time():
    asked = []

    def clips():
        for number in range(3):
            asked.append(number)
            yield clip()

    parts = page_html(PageView("slow"), clips())
    for part in parts:
        if b"<section" in part or asked:
            break
    assert asked == [0]


def test_a_name_that_is_not_unicode_still_gives_a_page():
    html = b"".join(page_html(PageView("latin-\udce9"), []))
    assert rb"latin-\udce9" in html
