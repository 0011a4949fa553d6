"""The pieces of HTML: escaped, whole, and asking the network for nothing."""

from __future__ import annotations

import base64
import re

import numpy as np
from parsedpage import Page

from specaug_listen import Audio
from specaug_listen.audio.signal import encode_wav
from specaug_listen.auditions.display import ClipView, DrawView, clip_html

HOSTILE = "<script>alert(1)</script> \"quoted\" 'single' & <img src=x onerror=alert(1)> {{ 7 * 7 }} {% raw %} </style>"
ORIGINAL, COPY, AUGMENTED = (
    encode_wav(Audio(level * np.sin(np.arange(400) * 0.1), 16000)) for level in (0.1, 0.2, 0.3)
)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def clip(text: str = "speech") -> ClipView:
    draws = (
        DrawView("draw-1", AUGMENTED, PICTURE, (("time masked", "33%"), (text, text)), (text,)),
        DrawView("draw-2", COPY, PICTURE),
    )
    return ClipView(text, ORIGINAL, COPY, draws, (("length", "1.20 s"),), (text, "silent"))


HTML = clip_html(clip(HOSTILE))


def test_every_tag_that_is_opened_is_closed_in_its_order():
    parsed = Page(HTML)
    assert parsed.unbalanced == []
    assert parsed.open == []


def test_hostile_texts_are_shown_as_they_are_and_never_run():
    parsed = Page(HTML)
    assert not parsed.all("script")
    assert not parsed.all("b")
    assert all("onerror" not in attributes for _, attributes in parsed.tags)
    assert HOSTILE in "".join(parsed.words)
    assert any(
        attributes.get("alt", "").startswith(f"Mel spectrograms of {HOSTILE}") for attributes in parsed.all("img")
    )
    assert "49" not in "".join(parsed.words)


def test_nothing_is_asked_of_the_network():
    parsed = Page(HTML)
    sources = [attributes["src"] for _, attributes in parsed.tags if "src" in attributes]
    assert len(sources) >= 6
    assert all(source.startswith("data:") for source in sources)
    assert not any(
        {"href", "srcset", "action", "poster", "background"} & set(attributes) for _, attributes in parsed.tags
    )
    without_data = re.sub(r'"data:[^"]*"', "", HTML)
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


def test_every_player_and_picture_has_a_name_for_those_who_do_not_see_it():
    parsed = Page(HTML)
    labels = [player["aria-label"] for player in parsed.all("audio")]
    assert len(labels) == 4
    assert all(labels)
    assert all(picture["alt"] for picture in parsed.all("img"))


def test_nothing_plays_by_itself_and_every_player_has_controls():
    for player in Page(HTML).all("audio"):
        assert "controls" in player
        assert "autoplay" not in player
