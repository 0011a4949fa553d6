"""Title, note, verdicts and the end of a page."""

from __future__ import annotations

import pytest
from parsedpage import Page

from specaug_listen import Policy, audition, write_report
from specaug_listen.auditions import Configuration
from specaug_listen.augment import Mask, TimeMask
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import WHISPER
from specaug_listen.vocoders import GriffinLim

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=20)], "<gap> & co"), GriffinLim(n_iter=1), draws=2, seed=4)


def words_of(path):
    text = " ".join(" ".join(Page(path.read_text("utf-8")).words).split())
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_page_has_a_title_and_a_note_of_the_user_and_compares_with_policies(out):
    page = write_report(
        out, title="Too <strong>?", note="first\nline\n\nsecond & last", compare=["LD", "none"], lengths_s=[2, 15]
    )
    html, words = page.read_text("utf-8"), words_of(page)
    assert "<h1><bdi>Too &lt;strong&gt;?</bdi></h1>" in html
    assert "<p>first\nline</p>\n<p>second &amp; last</p>" in html
    for needed in (
        "times as many cells as LD",
        "none masks nothing",
        "in clips of 15.0 s",
        "Weaker than all six published",
    ):
        assert needed in words
    for heading in ("Reproduce", "Skipped files", "Framework behaviour you would not guess"):
        assert f"<summary><h2>{heading}</h2></summary>" in html
    assert "1 file skipped" in words
    assert not any("open" in one for one in Page(html).all("details"))


def test_a_callable_is_judged_by_its_draws_at_hand(tmp_path, speechlike):
    def silenced(mel):
        mel = mel.copy()
        mel[:, 10:40] = mel.min()
        return mel

    made = audition(speechlike, policy=silenced, vocoder=RUN.vocoder, draws=3)
    assert "From the 3 draws of this page; a callable has no known distribution" in words_of(
        write_report(made, tmp_path / "r.html")
    )


def test_a_policy_that_its_framework_refuses_at_some_length_is_judged_by_its_draws_at_hand(tmp_path, speechlike):
    made = audition(
        speechlike, policy=Policy([Mask("time", max_width=70, start_rule="below_limit")]), vocoder=RUN.vocoder
    )
    words = words_of(write_report(made, tmp_path / "r.html", lengths_s=[0.5]))
    assert "From the one draw of this page; its framework raises at some of the lengths" in words


def test_several_runs_have_a_verdict_each(tmp_path, speechlike):
    runs = [audition(speechlike, policy=name, vocoder=RUN.vocoder) for name in ("LD", "none")]
    page = write_report(runs, tmp_path / "both.html")
    assert page.read_text("utf-8").count('<section class="verdict"') == 2
    words = words_of(page)
    assert "it is LD, one of the six" in words
    assert "It masks nothing." in words
    assert "A is stronger than B: it masks" in words
    assert words.index("A is stronger than B") < words.index("it is LD, one of the six")
    assert words.count("All numbers") == 1


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"title": "x" * 201}, "title='x+ of 201 characters: expected a text of at most 200 characters"),
        ({"note": 3}, "note=3: expected a text of at most 5000 characters"),
        ({"lengths_s": [2, -1]}, r"lengths_s=\(2, -1\): expected at most 12 lengths of clips in seconds"),
        ({"lengths_s": ["2"]}, r"lengths_s=\('2',\): expected at most 12 lengths"),
        ({"compare": ["LD"] * 4}, "compare: 4 policies; allowed are at most 3"),
        ({"compare": "numpy:flipud"}, "compare: numpy:flipud is a callable"),
        ({"compare": Policy([TimeMask()]), "title": None}, "title=None: expected a text"),
    ],
)
def test_invalid_options_are_refused_before_anything_is_written(out, option, expected):
    with pytest.raises(ParameterError, match=expected):
        write_report(out, **option)
    assert not (out / "report.html").exists()
