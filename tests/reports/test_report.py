"""One self-contained page: from auditions at hand, or rebuilt from a folder without rendering."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re

import numpy as np
import pytest
from commandline import contents
from parsedpage import Page

from specaug_listen import Audio, Policy, audition, save, write_report
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.augment import TimeMask
from specaug_listen.errors import ParameterError, PolicyError, ResultError
from specaug_listen.frontends import WHISPER
from specaug_listen.vocoders import GriffinLim

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=20)], "<gap> & co"), GriffinLim(n_iter=1), draws=2, seed=4)


def embedded(page: Page, tag: str) -> list[bytes]:
    key = "href" if tag == "image" else "src"
    return [base64.b64decode(attributes[key].split(",", 1)[1]) for attributes in page.all(tag)]


def test_a_page_from_a_folder_embeds_the_very_files_of_the_folder(out):
    assert write_report(out) == out / "report.html"
    page = Page((out / "report.html").read_text("utf-8"))
    files = contents(out)
    folders = ["_script_alert(1)_script_", "it's _so_ & on"]
    names = ("original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-2.wav")
    assert embedded(page, "audio") == [files[f"{folder}/{name}"] for folder in folders for name in names]
    pictures = [name.replace(".wav", ".mel.png") for name in names]
    assert embedded(page, "image") == [files[f"{folder}/{name}"] for folder in folders for name in pictures]


def test_a_page_needs_nothing_but_itself(out, tmp_path):
    html = write_report(out).read_text("utf-8")
    # Where a clip was read from stands in the command that makes the page again, and nowhere else.
    without = re.sub(r'<pre [^>]*>[^<]*</pre>|(src|href)="data:[^"]*"', "", html.split("Skipped files")[0])
    assert str(tmp_path) not in without
    page = Page(html)
    assert page.unbalanced == page.open == []
    sources = [attributes[key] for _, attributes in page.tags for key in ("src", "href") if key in attributes]
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert not page.all("link")
    (policy,) = (one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        (text,) = (text for text in re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL))
        told = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{told}'" in policy


def test_hostile_names_and_failures_are_shown_as_they_are(out):
    page = Page(write_report(out).read_text("utf-8"))
    words = "".join(page.words)
    assert "<script>alert(1)<script>" in words
    assert 'it\'s "so" & on' in words
    assert "SpecAugment audition: <gap> & co on whisper" in words
    assert re.search(r"<img src=x onerror=alert\(2\)>\.wav: not readable as audio", words)
    assert len(page.all("image")) == 2 * 4
    assert not page.all("img")


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
    assert write_report(out, overwrite=True).read_bytes() == first
    assert write_report(str(out), out / "deep" / "copy.html").read_bytes() == first


def test_rebuilding_renders_nothing(out, monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("rendered again")

    monkeypatch.setattr("specaug_listen.vocoders.GriffinLim.__call__", refused)
    monkeypatch.setattr("specaug_listen.plots.auditions.plot_audition", refused)
    before = contents(out)
    write_report(out)
    after = contents(out)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("name", ["original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-2.json"])
def test_a_missing_piece_is_named_in_one_line_and_the_old_page_stays(out, name):
    first = write_report(out).read_bytes()
    (out / "it's _so_ & on" / name).unlink()
    with pytest.raises(
        PolicyError if name.endswith(".json") else ResultError,
        match=rf"it's _so_ & on/{re.escape(name)}: (cannot be read \(No such|is listed in the index)",
    ) as caught:
        write_report(out, overwrite=True)
    assert "\n" not in str(caught.value)
    assert (out / "report.html").read_bytes() == first
    assert not [path for path in os.listdir(out) if path.endswith(".partial")]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": "specaug-listen draw 1"}'], ids=str)
def test_a_folder_without_a_readable_index_is_refused(out, content):
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
    assert embedded(page, "image") == [files[name.replace(".wav", ".mel.png")] for name in names]
    assert "<b>speech</b>" in "".join(page.words)


def test_two_auditions_at_hand_come_in_their_order(tmp_path, speechlike, tone):
    two = [
        audition(clip, policy="none", vocoder=lambda mel: mel.audio, name=n)
        for n, clip in (("b", tone), ("a", speechlike))
    ]
    page = Page(write_report(two, tmp_path / "r.html").read_text("utf-8"))
    assert [one["aria-label"] for one in page.all("svg") if one["class"] == "mel"][::3] == [
        "Mel spectrogram of b, original",
        "Mel spectrogram of a, original",
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


def test_a_folder_of_an_earlier_version_shows_its_figures(out):
    for path in out.rglob("*.mel.png"):
        path.unlink()
    page = Page(write_report(out).read_text("utf-8"))
    assert page.unbalanced == page.open == []
    assert embedded(page, "img") == [
        (out / folder / f"draw-{n}.png").read_bytes()
        for folder in ("_script_alert(1)_script_", "it's _so_ & on")
        for n in (1, 2)
    ]


def test_auditions_of_two_policies_are_two_runs_of_one_clip(tmp_path, speechlike):
    two = [audition(speechlike, policy=policy, vocoder=RUN.vocoder, rng=4, name="it") for policy in ("LB", "SS")]
    page = Page(write_report(two, tmp_path / "two.html").read_text("utf-8"))
    assert len([one for one in page.all("section") if one.get("class") == "clip"]) == 1
    words = " ".join(" ".join(page.words).split())
    assert "SpecAugment audition: A = LB | B = SS" in words
    for needed in ("A: draw-1", "B: draw-1", "A: copy-synthesis", "B: copy-synthesis"):
        assert needed in words


def test_sounds_of_runs_with_other_gains_are_played_at_one_level(tmp_path, speechlike):
    from specaug_listen.pages import clip_data
    from specaug_listen.reports.page_writing import PageOptions, PageTarget
    from specaug_listen.reports.report import _clips, _groups, _runs

    loud = Audio(speechlike.samples / speechlike.peak, 16000)
    burst = Policy([TimeMask(max_frames=20, fill=3.0)], "burst")
    two = [audition(loud, policy=policy, vocoder=RUN.vocoder, rng=4) for policy in ("none", burst)]
    assert two[0].gain > two[1].gain
    groups = list(enumerate(_groups(_runs(two, tmp_path)), 1))
    (clip,) = _clips(groups, PageTarget(PageOptions()))
    levels = {one["name"]: one["level_db"] for one in clip_data(clip)["versions"]}
    assert levels["B: draw-1"] == 0
    assert levels["A: draw-1"] == pytest.approx(20 * np.log10(two[1].gain / two[0].gain))


def test_two_folders_need_a_place_for_the_page(out):
    with pytest.raises(ParameterError, match=r"path is missing: expected where to write the page of several folders"):
        write_report([out, out])
    with pytest.raises(PolicyError, match=r"audition\.json: cannot be read"):
        write_report([out, out / "nowhere"], out / "both.html")


@pytest.mark.parametrize("data", [b"", b"no sound", b"RIFF"], ids=str)
def test_a_sound_that_cannot_be_read_is_named_in_one_line(out, data):
    (out / "it's _so_ & on" / "draw-1.wav").write_bytes(data)
    with pytest.raises(
        ResultError, match=r"it's _so_ & on/draw-1\.wav: no sound can be read \([^\n]*\); take the file as the"
    ):
        write_report(out)


def test_with_a_picture_that_is_gone_nothing_is_compared(out):
    (out / "it's _so_ & on" / "original.mel.png").unlink()
    html = write_report(out).read_text("utf-8")
    told = [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)]
    assert [one["compared_with"] for one in told[1]["versions"]] == [None] * 4
    assert [one["compared_with"] for one in told[0]["versions"]] == [None, None, 0, 0]


def test_each_front_end_has_an_original_to_be_compared_with(tmp_path, speechlike):
    two = [audition(speechlike, frontend=f, policy="LB", vocoder=RUN.vocoder, rng=4) for f in ("whisper", "librosa")]
    html = write_report(two, tmp_path / "two.html").read_text("utf-8")
    (told,) = (
        json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    )
    names = [one["name"] for one in told["versions"]]
    assert names == ["A: original", "A: copy-synthesis", "A: draw-1", "B: original", "B: copy-synthesis", "B: draw-1"]
    assert [one["compared_with"] for one in told["versions"]] == [None, None, 0, None, None, 3]


def test_thirty_runs_have_names_of_their_own(tmp_path, speechlike):
    many = [audition(speechlike, policy="none", vocoder=lambda mel: mel.audio, rng=n) for n in range(30)]
    words = " ".join(Page(write_report(many, tmp_path / "many.html").read_text("utf-8")).words)
    assert "AD: draw-1" in words


def test_a_policys_name_turns_no_line_round(tmp_path, speechlike):
    policy = Policy([TimeMask()], "\u202eevil")
    html = write_report(audition(speechlike, policy=policy, vocoder=RUN.vocoder), tmp_path / "r.html").read_text(
        "utf-8"
    )
    shown = html.split("<script>")[0].split('<details class="recipe"')[0]
    assert "\u202e" not in shown
    assert r"\u202eevil" in shown


def test_clips_of_one_name_are_told_apart_by_their_folders_also_among_several_runs(tmp_path, speechlike):
    for number, folder in enumerate(("a", "b", "c")):
        (tmp_path / folder).mkdir()
        save(tmp_path / folder / "take.wav", Audio(speechlike.samples[:, number : 12000 + number], 16000))
    audition_many([tmp_path / "a" / "take.wav", tmp_path / "b" / "take.wav"], tmp_path / "one", RUN)
    audition_many([tmp_path / "c" / "take.wav"], tmp_path / "two", RUN)
    page = write_report([tmp_path / "one", tmp_path / "two"], tmp_path / "both.html").read_text("utf-8")
    assert re.findall(r"<h2[^>]*><bdi>([^<]*/take)<", page) == ["a/take", "b/take", "c/take"]
    alone = write_report(tmp_path / "two").read_text("utf-8")
    assert "c/take<" not in alone


def test_clips_of_one_name_without_files_are_counted(tmp_path, speechlike):
    heard = [
        audition(Audio(speechlike.samples[:, number : 9000 + number], 16000), policy="LB", vocoder=GriffinLim(1), rng=0)
        for number in range(2)
    ]
    page = write_report(heard, tmp_path / "page.html").read_text("utf-8")
    assert re.findall(r"<h2[^>]*><bdi>(clip[^<]*)<", page) == ["clip", "clip (2)"]
