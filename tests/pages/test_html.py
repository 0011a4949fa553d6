"""The page: escaped, whole, forbidding all but itself, and telling the player what it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import numpy as np
import pytest
from parsedpage import Page

from specaug_listen import Audio
from specaug_listen.audio.audio_in_memory import encode_wav
from specaug_listen.metrics import Score
from specaug_listen.pages import (
    Clip,
    ClipVersion,
    Column,
    File,
    Head,
    Heading,
    Mask,
    Picture,
    RerunCode,
    Row,
    Sheet,
    SheetCell,
    Table,
    clip_data,
    page_parts,
    player_bundle_script,
)
from specaug_listen.plots import Cells

HOSTILE = "</script><script>alert(1)</script> \"quoted\" 'single' & <img src=x onerror=alert(1)> {{ 7 * 7 }} </style>"
WAV = encode_wav(Audio(0.1 * np.sin(np.arange(400) * 0.1), 16000))
PNG = Cells(np.arange(20, dtype=np.uint8).reshape(4, 5), -80.0, 0.0, (0.0, 1.0)).png
PICTURE = Picture(
    File(PNG, media_type="image/png"), 5, 4, 0.0, 1.0, -80.0, 0.0, (100.0, 200.0, 300.0, 400.0), ((0.5, "250", 90),)
)
MASKS = (Mask("time", 0.2, 0.4, 50.0, 450.0, 0, 4, HOSTILE), Mask("frequency", 0.0, 1.0, 150.0, 250.0, 1, 2))

HEADING = Heading(HOSTILE, HOSTILE)
SHEET = Sheet(
    "s",
    HOSTILE,
    (HEADING,),
    (HEADING,),
    ((SheetCell((1,), ((HOSTILE, HOSTILE),), 0.5, 0.6, (HOSTILE,)),),),
    (HEADING, HEADING),
    HOSTILE,
    HOSTILE,
)


def column(title, unit="", about=""):
    return Column(Score(title, title, unit, 1, "stronger", 0.1, about), title == "a", 0.0, 1.0)


def table(*rows, columns=()):
    return Table(columns or (column("a"), column("b")), rows, HOSTILE)


def clip(text="speech", **options):
    versions = (
        ClipVersion("v-1", "original", File(WAV), text, picture=PICTURE, key="v-1"),
        ClipVersion("v-2", text, File(WAV), picture=PICTURE, masks=MASKS, warp=((0.1, 0.2),), facts=((text, text),),
                badges=(text,), key="v-2", compared_with=0, matched_db=None),
    )  # fmt: skip
    return Clip("clip-1", text, 1.0, versions, ((text, text),), (text,), **options)


def html_of(text="speech", rows=True, is_split=False, **options):
    head = Head(
        text,
        ((text, text),),
        (text,),
        ((text, (text,)),),
        (text,),
        (f"{text}: bad",),
        (RerunCode(text, text, text, ((text, text),)),),
    )
    row = Row(text, text, "v-2", ((0.5, "50"), (None, text)), (text,))
    columns = (column("a", "%", text), column("b"))
    parts = page_parts(
        head, table(row, columns=columns) if rows else None, iter([clip(text, **options)]), is_split=is_split
    )
    return b"".join(parts).decode()


@pytest.mark.parametrize("sheets", [(), (SHEET, SHEET)], ids=["list", "sheet"])
def test_hostile_texts_are_shown_as_they_are_and_everything_is_closed(sheets):
    html = html_of(HOSTILE, sheets=sheets)
    page = Page(html)
    assert page.unbalanced == page.open == []
    assert len(page.all("script")) == 4  # of the clip, of the page, the program, and its announcement
    assert not page.all("img")
    assert all("onerror" not in attributes for _, attributes in page.tags)
    assert HOSTILE in "".join(page.words)
    (told,) = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert json.loads(told)["name"] == HOSTILE


def test_the_policy_names_the_hashes_of_the_pages_own_script_and_style():
    html = html_of()
    (policy,) = (m["content"] for m in Page(html).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def told(kind, attributes=""):
        (text,) = re.findall(rf"<{kind}{attributes}>(.*?)</{kind}>", html, re.DOTALL)
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "script-src": " ".join((told("script"), told("script", ' id="loading"'))),
        "style-src": told("style"),
        "img-src": "data:",
        "media-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_no_style_stands_in_an_attribute_where_the_policy_would_forbid_it():
    page = Page(html_of())
    assert not [attributes for _, attributes in page.tags if "style" in attributes]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_a_page_is_a_whole_document_in_utf_8():
    html = html_of("Straße 音")
    assert html.lstrip().startswith("<!doctype html>")
    assert html.rstrip().endswith("</html>")
    parsed = Page(html)
    assert parsed.all("meta")[0] == {"charset": "utf-8"}
    assert parsed.all("html") == [{"lang": "en"}]
    assert len(parsed.all("title")) == len(parsed.all("h1")) == len(parsed.all("main")) == 1
    assert html.count("Straße 音") > 5


def test_masks_lie_where_they_were_drawn():
    page = Page(html_of())
    time, frequency = (one for one in page.all("rect") if one["class"] in ("time", "frequency"))
    assert (time["x"], time["width"], time["y"], time["height"]) == ("20.0000%", "20.0000%", "0.0000%", "100.0000%")
    assert (frequency["x"], frequency["y"], frequency["height"]) == ("0.0000%", "50.0000%", "25.0000%")
    (line,) = (one for one in page.all("line") if one.get("x1") == "10.0000%" and one.get("y2") == "100%")
    assert line["x2"] == "20.0000%"


def test_the_player_is_told_of_versions_pictures_and_masks():
    told = clip_data(clip())
    assert told["duration_s"] == 1.0
    second = told["versions"][1]
    assert second["matched_db"] is None
    assert second["compared_with"] == 0
    assert second["picture"]["hz"] == [100.0, 200.0, 300.0, 400.0]
    assert [mask["text"] for mask in second["masks"]] == [
        f"time mask 0.20–0.40 s, {HOSTILE}",
        "frequency mask 150–250 Hz",
    ]
    assert json.loads(json.dumps(told)) == told


def test_a_player_bundle_calls_the_page_with_the_sounds_and_pictures_it_holds():
    script = player_bundle_script("audio/clip-1.js", clip().versions).decode()
    url, held = re.fullmatch(r'specaugListen\.page\.deliver\(("[^"]*"), (\{.*\})\);\n', script).groups()
    assert json.loads(url) == "audio/clip-1.js"
    assert base64.b64decode(json.loads(held)["sounds"]["v-2"]) == WAV
    assert base64.b64decode(json.loads(held)["pictures"]["v-1"]) == PNG


def test_a_split_page_may_load_its_neighbours_and_nothing_else():
    html = html_of(is_split=True)
    (policy,) = (m["content"] for m in Page(html).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert "'strict-dynamic'" in policy
    assert "http" not in policy


def test_a_clip_that_is_too_long_has_plain_players_and_no_data():
    html = html_of(is_plain=True)
    assert "data-clip" not in html.split("<script>")[0].split("</style>")[1]
    assert "application/json" not in html.split('<template id="transport">')[0]
    assert len(Page(html).all("audio")) == 2


@pytest.mark.parametrize(
    ("duration_s", "labels"),
    [
        (0.05, "0.00 0.01 0.02 0.03 0.04 0.05"),
        (1.0, "0.0 0.2 0.4 0.6 0.8 1.0"),
        (5.0, "0 1 2 3 4 5"),
        (700.0, "0 100 200 300 400 500 600 700"),
    ],
)
def test_time_is_labelled_in_round_numbers(duration_s, labels):
    from specaug_listen.pages.html import _seconds_ticks

    ticks = _seconds_ticks(duration_s)
    assert " ".join(label for _, label in ticks) == labels
    np.testing.assert_allclose(
        [share * duration_s for share, _ in ticks], [float(label) for _, label in ticks], atol=1e-9
    )


def test_a_number_is_not_parted_from_its_unit():
    from specaug_listen.pages.html import _environment

    unbroken = _environment().filters["unbroken"]
    assert unbroken(
        "gap 0.07 s, 3 dB of 16 kHz, 8 bins"
    ) == "gap 0.07\N{NO-BREAK SPACE}s, 3\N{NO-BREAK SPACE}dB of " + ("16\N{NO-BREAK SPACE}kHz, 8\N{NO-BREAK SPACE}bins")
    assert unbroken("draw 1 of 3, 2 sets") == "draw 1 of 3, 2 sets"


def test_failures_and_the_table_stand_on_the_page_only_if_there_are_some():
    assert "Skipped files" in html_of()
    assert 'id="table-name"' in html_of()
    assert 'id="table-name"' not in html_of(rows=False)


def test_a_page_is_made_in_parts_and_asks_for_one_clip_at_a_time():
    asked = []

    def clips():
        for number in range(3):
            asked.append(number)
            yield clip()

    for part in page_parts(Head("slow"), None, clips()):
        if b"<section" in part or asked:
            break
    assert asked == [0]


def test_a_name_that_is_not_unicode_still_gives_a_page():
    assert rb"latin-\udce9" in b"".join(page_parts(Head("latin-\udce9"), None, []))


def test_a_table_says_badges_in_full():
    badge = "clipped: 4 samples at full scale, loud"
    row = Row("a", "draw-1", "v-2", ((0.5, "50"), (None, "-")), (badge,))
    parts = page_parts(Head("t"), table(row), iter([]))
    assert badge in Page(b"".join(parts).decode()).words
