"""One self-contained page: from auditions at hand, or rebuilt from a folder without rendering."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from commandline import contents
from test_fragments import Page

from specaug_listen import Audio, Policy, audition, save, write_report
from specaug_listen.augment import TimeMask
from specaug_listen.batch import audition_many
from specaug_listen.errors import OutputError, ParameterError, PolicyError
from specaug_listen.frontends import WHISPER
from specaug_listen.pipeline import Configuration
from specaug_listen.vocoders import GriffinLim

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=20)], "<gap> & co"), GriffinLim(n_iter=1), draws=2, seed=4)


@pytest.fixture
def out(tmp_path, speechlike):
    """A folder with two good clips of hostile names and a bad one."""
    (tmp_path / "in").mkdir()
    for number, name in enumerate(("<script>alert(1)<script>.wav", 'it\'s "so" & on.wav')):
        save(tmp_path / "in" / name, Audio(speechlike.samples[:, number : 12000 + number], 16000))
    (tmp_path / "in" / "<img src=x onerror=alert(2)>.wav").write_bytes(b"no sound")
    audition_many(sorted((tmp_path / "in").iterdir()), tmp_path / "out", RUN)
    return tmp_path / "out"


def embedded(page: Page, tag: str) -> list[bytes]:
    return [base64.b64decode(attributes["src"].split(",", 1)[1]) for attributes in page.all(tag)]


def test_a_page_from_a_folder_embeds_the_very_files_of_the_folder(out):
    assert write_report(out) == out / "report.html"
    page = Page((out / "report.html").read_text("utf-8"))
    files = contents(out)
    folders = ["_script_alert(1)_script_", "it's _so_ & on"]
    names = ("original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-2.wav")
    assert embedded(page, "audio") == [files[f"{folder}/{name}"] for folder in folders for name in names]
    assert embedded(page, "img") == [files[f"{folder}/draw-{n}.png"] for folder in folders for n in (1, 2)]


def test_a_page_needs_nothing_but_itself(out, tmp_path):
    html = write_report(out).read_text("utf-8")
    assert str(tmp_path) not in re.sub(r'src="data:[^"]*"', "", html.split("Not auditioned")[0])
    page = Page(html)
    assert page.unbalanced == page.open == []
    sources = [attributes["src"] for _, attributes in page.tags if "src" in attributes]
    assert all(source.startswith("data:") for source in sources)
    assert not page.all("script")
    assert not page.all("link")


def test_hostile_names_and_failures_are_shown_as_they_are(out):
    page = Page(write_report(out).read_text("utf-8"))
    words = "".join(page.words)
    assert "<script>alert(1)<script>" in words
    assert 'it\'s "so" & on' in words
    assert "SpecAugment audition: <gap> & co on whisper" in words
    assert re.search(r"<img src=x onerror=alert\(2\)>\.wav: not readable as audio", words)
    assert len(page.all("img")) == 4


def test_a_page_shows_each_clips_parameters_and_scores(out):
    words = " ".join(" ".join(Page(write_report(out).read_text("utf-8")).words).split())
    for needed in (
        "policy <gap> & co",
        "front-end whisper",
        "vocoder griffinlim",
        "seed 4",
        "clips 2",
        "draws of each 2",
    ):
        assert needed in words
    for needed in ("length 0.75 s", "source 16000 Hz, 1 channel", "time masked", "longest gap", "level change"):
        assert words.count(needed) >= 2


def test_a_page_rebuilt_from_its_folder_is_the_same_page(out):
    first = write_report(out).read_bytes()
    (out / "report.html").unlink()
    assert write_report(out).read_bytes() == first
    assert write_report(out).read_bytes() == first
    assert write_report(str(out), out / "deep" / "copy.html").read_bytes() == first


def test_rebuilding_renders_nothing(out, monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("rendered again")

    monkeypatch.setattr("specaug_listen.vocoders.GriffinLim.__call__", refused)
    monkeypatch.setattr("specaug_listen.plots.plot_audition", refused)
    before = contents(out)
    write_report(out)
    after = contents(out)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("name", ["original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-2.png", "draw-2.json"])
def test_a_missing_piece_is_named_in_one_line_and_the_old_page_stays(out, name):
    first = write_report(out).read_bytes()
    (out / "it's _so_ & on" / name).unlink()
    with pytest.raises(
        PolicyError, match=rf"it's _so_ & on/{re.escape(name)}: cannot be read \(No such file"
    ) as caught:
        write_report(out)
    assert "\n" not in str(caught.value)
    assert (out / "report.html").read_bytes() == first
    assert not [path for path in os.listdir(out) if path.endswith(".partial")]


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"format": "specaug-listen draw 1"}'], ids=str)
def test_a_folder_without_a_readable_index_is_refused(out, content):
    (out / "audition.json").unlink()
    if content is not None:
        (out / "audition.json").write_bytes(content)
    with pytest.raises(PolicyError, match=r"^[^\n]*audition\.json: [^\n]+$"):
        write_report(out)
    assert not (out / "report.html").exists()


def test_auditions_at_hand_give_a_page_with_the_same_sounds(tmp_path, speechlike):
    heard = audition(speechlike, policy=RUN.policy, vocoder=RUN.vocoder, draws=2, rng=4, name="<b>speech</b>")
    path = write_report([heard], tmp_path / "deep" / "report.html")
    files = contents(heard.save(tmp_path / "out"))
    page = Page(path.read_text("utf-8"))
    assert page.unbalanced == page.open == []
    names = ("original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-2.wav")
    assert embedded(page, "audio") == [files[name] for name in names]
    assert embedded(page, "img") == [files["draw-1.png"], files["draw-2.png"]]
    assert "<b>speech</b>" in "".join(page.words)


def test_two_auditions_at_hand_come_in_their_order(tmp_path, speechlike, tone):
    two = [
        audition(clip, policy="none", vocoder=lambda mel: mel.audio, name=n)
        for n, clip in (("b", tone), ("a", speechlike))
    ]
    page = Page(write_report(two, tmp_path / "r.html").read_text("utf-8"))
    assert [picture["alt"].split(":")[0] for picture in page.all("img")] == [
        "Mel spectrograms of b",
        "Mel spectrograms of a",
    ]


def test_nothing_to_show_or_nowhere_to_write_is_refused(tmp_path, tone):
    with pytest.raises(ParameterError, match="auditions is empty: expected at least one Audition"):
        write_report([], tmp_path / "r.html")
    with pytest.raises(ParameterError, match="path is missing"):
        write_report([audition(tone, policy="none", vocoder=lambda mel: mel.audio)])


def test_a_single_audition_is_taken_as_a_list_of_one(tmp_path, tone):
    heard = audition(tone, policy="none", vocoder=lambda mel: mel.audio)
    one, listed = write_report(heard, tmp_path / "1.html"), write_report([heard], tmp_path / "2.html")
    assert one.read_bytes() == listed.read_bytes()


def test_a_page_that_cannot_be_written_leaves_the_old_one(out, monkeypatch):
    first = write_report(out).read_bytes()

    def refused(*args):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OutputError, match=r"report\.html: cannot be written \(No space left on device\)"):
        write_report(out)
    monkeypatch.undo()
    assert (out / "report.html").read_bytes() == first
    assert not [path for path in os.listdir(out) if path.endswith(".partial")]


# -- sounds too long for a page -------------------------------------------------------------------------


def resolved(page_path: Path, source: str) -> bytes:
    """What a browser finds under an address on a page."""
    assert not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|/", source)
    assert re.fullmatch(r"[A-Za-z0-9_.~/%()-]+", source)
    return Path(os.fsdecode(os.path.join(os.fsencode(page_path.parent), unquote_to_bytes(source)))).read_bytes()


def largest_embedded(out: Path, monkeypatch, change: int) -> None:
    sizes = {path.stat().st_size for path in out.rglob("*.wav")}
    assert len(sizes) == 1
    monkeypatch.setattr("specaug_listen.report._LARGEST_EMBEDDED", sizes.pop() + change)


@pytest.mark.parametrize("where", ["out/report.html", "out/deep/er/copy.html", "else where/50% & #1?.html"])
def test_long_sounds_are_linked_as_seen_from_the_page_and_pictures_are_embedded(out, monkeypatch, where):
    largest_embedded(out, monkeypatch, -1)
    written = write_report(out, out.parent / where)
    page, files = Page(written.read_text("utf-8")), contents(out)
    assert page.unbalanced == page.open == []
    names = ("original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-2.wav")
    expected = [
        files[f"{folder}/{name}"] for folder in ("_script_alert(1)_script_", "it's _so_ & on") for name in names
    ]
    assert [resolved(written, attributes["src"]) for attributes in page.all("audio")] == expected
    assert embedded(page, "img")[0] == files["_script_alert(1)_script_/draw-1.png"]
    assert str(out.parent) not in "".join(attributes["src"] for attributes in page.all("audio"))


def test_sounds_up_to_the_limit_are_embedded(out, monkeypatch):
    first = write_report(out).read_bytes()
    largest_embedded(out, monkeypatch, 0)
    assert write_report(out).read_bytes() == first


def test_of_one_clip_only_what_is_too_long_is_linked(out, monkeypatch):
    largest_embedded(out, monkeypatch, 0)
    long = out / "it's _so_ & on" / "draw-2.wav"
    long.write_bytes(long.read_bytes() + b"\0\0")
    sources = [attributes["src"] for attributes in Page(write_report(out).read_text("utf-8")).all("audio")]
    assert [source.startswith("data:audio/wav;base64,") for source in sources] == [True] * 7 + [False]
    assert sources[-1] == "it%27s%20_so_%20%26%20on/draw-2.wav"
    assert resolved(out / "report.html", sources[-1]) == long.read_bytes()


def test_a_folder_whose_name_is_no_unicode_is_linked_too(tmp_path, speechlike, monkeypatch):
    save(tmp_path / "clip.wav", speechlike)
    out = tmp_path / "latin-\udce9: 音"
    audition_many([tmp_path / "clip.wav"], out, RUN)
    monkeypatch.setattr("specaug_listen.report._LARGEST_EMBEDDED", 0)
    page = write_report(out, tmp_path / "page.html")
    sources = [attributes["src"] for attributes in Page(page.read_text("utf-8")).all("audio")]
    assert sources[0] == "latin-%E9%3A%20%E9%9F%B3/clip/original.wav"
    assert resolved(page, sources[0]) == (out / "clip" / "original.wav").read_bytes()


def test_a_long_sound_that_is_gone_is_named(out, monkeypatch):
    monkeypatch.setattr("specaug_listen.report._LARGEST_EMBEDDED", 0)
    (out / "it's _so_ & on" / "draw-1.wav").unlink()
    with pytest.raises(PolicyError, match=r"draw-1\.wav: cannot be read \(No such file or directory\); run"):
        write_report(out)
