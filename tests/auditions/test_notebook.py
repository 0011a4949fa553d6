"""An audition in a notebook: the page in a frame; escaped, bounded, and asking the network for nothing."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from parsedpage import Page

from specaug_listen import Audio, audition, frontends
from specaug_listen.auditions import notebook

HOSTILE = "<script>alert(1)</script> \"quoted\" 'single' & <img src=x onerror=alert(1)> {{ 7 * 7 }} </style>"


@pytest.fixture(scope="module")
def heard():
    clip = Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000)
    return audition(clip, policy="SM", vocoder=lambda mel: mel.audio, draws=3, rng=0, name=HOSTILE)


@pytest.fixture(scope="module")
def page(heard):
    return page_of(heard)


def page_of(heard):
    (frame,) = Page(heard._repr_html_()).all("iframe")
    return frame["srcdoc"]


def test_the_view_is_one_frame_whose_script_cannot_reach_out_of_it(heard):
    parsed = Page(heard._repr_html_())
    assert [name for name, _ in parsed.tags] == ["iframe"]
    (frame,) = parsed.all("iframe")
    assert frame["sandbox"] == "allow-scripts"
    assert frame["title"] == f"Audition of {HOSTILE}"
    assert not parsed.open


def test_hostile_names_are_shown_as_they_are_and_never_run(page):
    parsed = Page(page)
    assert parsed.unbalanced == parsed.open == []
    assert not parsed.all("img")
    assert HOSTILE in "".join(parsed.words)
    assert all("onerror" not in attributes for _, attributes in parsed.tags)


def test_nothing_is_asked_of_the_network(page):
    parsed = Page(page)
    sources = [attributes["src"] for _, attributes in parsed.tags if "src" in attributes]
    assert sources
    assert all(source.startswith("data:") for source in sources)
    without_data = re.sub(r'"data:[^"]*"', "", page)
    assert "@import" not in without_data
    assert "url(" not in without_data


def test_sounds_are_those_of_the_files_sample_for_sample(heard, page, tmp_path):
    folder = heard.save(tmp_path)
    names = ["original", "copy-synthesis", "draw-1", "draw-2", "draw-3"]
    players = [attributes["src"] for attributes in Page(page).all("audio")]
    assert len(players) == len(names)
    for name, player in zip(names, players, strict=True):
        data = base64.b64decode(player.removeprefix("data:audio/flac;base64,"), validate=True)
        samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
        written, written_rate = soundfile.read(folder / f"{name}.wav", dtype="int16")
        assert rate == written_rate
        np.testing.assert_array_equal(samples, written)


def test_of_more_draws_than_a_notebook_holds_the_first_ones_are_shown_with_the_gain_of_all(heard, monkeypatch):
    monkeypatch.setattr(notebook, "DEFAULT_BUDGET_MB", 4.5 * 16000 * notebook._BYTES_PER_SAMPLE * 4 / 3 / 1e6)
    page = page_of(heard)
    assert "the first 2 of 3 draws" in page
    assert "draw-2" in page
    assert "draw-3" not in page


def test_a_clip_that_is_too_long_is_told_in_words(heard, monkeypatch):
    monkeypatch.setattr(notebook, "DEFAULT_BUDGET_MB", 0.05)
    parsed = Page(heard._repr_html_())
    assert [name for name, _ in parsed.tags] == ["pre"]
    assert "1 s are too long for a notebook" in "".join(parsed.words)
    assert "<script>alert(1)</script>" in "".join(parsed.words)


def test_of_a_mel_without_its_audio_there_is_no_original():
    mel = frontends.WHISPER(Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000))
    page = page_of(audition(np.array(mel.values), frontend="whisper", policy="SM", vocoder="griffinlim", rng=0))
    assert "There is no original" in page
    assert len(Page(page).all("audio")) == 2
