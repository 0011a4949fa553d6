"""A page as one file or as a folder, and neither in the place of anything else."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
from commandline import contents
from parsedpage import Page

from specaug_listen import Audio, Policy, save, write_report
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.augment import TimeMask
from specaug_listen.errors import OutputError, ParameterError, ResultError
from specaug_listen.frontends import WHISPER
from specaug_listen.reports.page_writing import PageOptions
from specaug_listen.reports.report import publish_report
from specaug_listen.vocoders import GriffinLim

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=20)], "<gap> & co"), GriffinLim(n_iter=1), draws=2, seed=4)


def embedded(page: Page, tag: str) -> list[bytes]:
    key = "href" if tag == "image" else "src"
    return [base64.b64decode(attributes[key].split(",", 1)[1]) for attributes in page.all(tag)]


def test_a_page_that_cannot_be_written_leaves_the_old_one(out, monkeypatch):
    first = write_report(out).read_bytes()

    def refused(*args):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OutputError, match=r"out/report\.html: cannot be written \(No space left on device\)"):
        write_report(out, overwrite=True)
    monkeypatch.undo()
    assert (out / "report.html").read_bytes() == first
    assert not [path for path in os.listdir(out) if path.endswith(".partial")]


def resolved(page_path: Path, source: str) -> bytes:
    """What a browser finds under an address on a page."""
    assert not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|/", source)
    assert re.fullmatch(r"[A-Za-z0-9_.~/%()-]+", source)
    return Path(os.fsdecode(os.path.join(os.fsencode(page_path.parent), unquote_to_bytes(source)))).read_bytes()


def largest_embedded(out: Path, monkeypatch, change: int) -> None:
    sizes = {path.stat().st_size for path in out.rglob("*.wav")}
    assert len(sizes) == 1
    monkeypatch.setattr("specaug_listen.auditions.clip_files._MAX_EMBEDDED_BYTES", sizes.pop() + change)


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
    assert embedded(page, "image")[0] == files["_script_alert(1)_script_/original.mel.png"]
    assert str(out.parent) not in "".join(attributes["src"] for attributes in page.all("audio"))


def test_sounds_up_to_the_limit_are_embedded(out, monkeypatch):
    first = write_report(out).read_bytes()
    largest_embedded(out, monkeypatch, 0)
    assert write_report(out, overwrite=True).read_bytes() == first


def test_of_one_clip_only_what_is_too_long_is_linked(out, monkeypatch):
    largest_embedded(out, monkeypatch, 0)
    long = out / "it's _so_ & on" / "draw-2.wav"
    save(long, Audio(np.zeros(12001), 16000))
    sources = [attributes["src"] for attributes in Page(write_report(out).read_text("utf-8")).all("audio")]
    assert [source.startswith("data:audio/wav;base64,") for source in sources] == [True] * 7 + [False]
    assert sources[-1] == "it%27s%20_so_%20%26%20on/draw-2.wav"
    assert resolved(out / "report.html", sources[-1]) == long.read_bytes()


def test_a_folder_whose_name_is_no_unicode_is_linked_too(tmp_path, speechlike, monkeypatch):
    save(tmp_path / "clip.wav", speechlike)
    out = tmp_path / "latin-\udce9: 音"
    audition_many([tmp_path / "clip.wav"], out, RUN)
    monkeypatch.setattr("specaug_listen.auditions.clip_files._MAX_EMBEDDED_BYTES", 0)
    page = write_report(out, tmp_path / "page.html")
    sources = [attributes["src"] for attributes in Page(page.read_text("utf-8")).all("audio")]
    assert sources[0] == "latin-%E9%3A%20%E9%9F%B3/clip/original.wav"
    assert resolved(page, sources[0]) == (out / "clip" / "original.wav").read_bytes()


def test_a_long_sound_that_is_gone_is_named(out, monkeypatch):
    monkeypatch.setattr("specaug_listen.auditions.clip_files._MAX_EMBEDDED_BYTES", 0)
    (out / "it's _so_ & on" / "draw-1.wav").unlink()
    with pytest.raises(ResultError, match=r"draw-1\.wav: cannot be read \(No such file or directory\); run"):
        write_report(out)


def test_a_page_beyond_its_budget_is_a_folder_and_the_other_form_goes(out):
    (whole := write_report(out)).stat()
    with pytest.raises(ParameterError, match=r"report\.html: exists; choose another, or replace it with --overwrite"):
        write_report(out, budget_mb=0.01)
    split = write_report(out, budget_mb=0.01, overwrite=True)
    assert split == out / "report" / "index.html"
    assert not whole.exists()
    page, files = Page(split.read_text("utf-8")), contents(out)
    assert page.unbalanced == page.open == []
    assert (
        next(resolved(split, one["src"]) for one in page.all("audio")) == files["_script_alert(1)_script_/original.wav"]
    )
    assert next(resolved(split, one["href"]) for one in page.all("image")).startswith(b"\x89PNG")
    assert len(split.read_bytes()) < 250_000
    assert sorted(path.name for path in (out / "report" / "audio").glob("*.js")) == ["clip-1.js", "clip-2.js"]
    assert write_report(out, overwrite=True) == whole
    assert not (out / "report").exists()


def test_split_twice_gives_the_same_folder(out):
    write_report(out, split=True)
    first = contents(out / "report")
    write_report(out, split=True, overwrite=True)
    assert contents(out / "report") == first


def test_a_folder_of_the_users_is_never_taken_for_a_page(out, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("mine")
    with pytest.raises(ParameterError, match="mine: exists and is not a report; a split page needs its own folder"):
        write_report(out, tmp_path / "mine.html", split=True)
    write_report(out, tmp_path / "mine.html")
    assert contents(tmp_path / "mine") == {"index.html": b"mine"}


def test_a_split_that_fails_leaves_the_old_one_whole(out, monkeypatch):
    write_report(out, split=True)
    first = contents(out)
    (out / "it's _so_ & on" / "draw-1.wav").unlink()
    with pytest.raises(ResultError, match=r"draw-1\.wav: cannot be read"):
        write_report(out, split=True, overwrite=True)
    after = contents(out)
    assert {name: after[name] for name in after if name.startswith("report/")} == {
        name: first[name] for name in first if name.startswith("report/")
    }
    assert not [path for path in os.listdir(out) if path.endswith(".partial")]


@pytest.mark.parametrize("budget", [0, -1.0, float("nan")])
def test_a_budget_that_is_no_size_is_refused(out, budget):
    with pytest.raises(ParameterError, match=r"budget_mb=.*: expected a size above 0, in MB"):
        write_report(out, budget_mb=budget)


def test_flac_holds_the_samples_of_the_files(out):
    import io

    import soundfile

    page = Page(write_report(out, flac=True).read_text("utf-8"))
    assert all(one["src"].startswith("data:audio/flac;base64,") for one in page.all("audio"))
    heard, rate = soundfile.read(io.BytesIO(embedded(page, "audio")[2]), dtype="int16")
    wanted, _ = soundfile.read(out / "_script_alert(1)_script_" / "draw-1.wav", dtype="int16")
    assert rate == 16000
    assert (heard == wanted).all()


def test_a_page_that_fits_only_with_flac_has_flac_and_one_that_fits_with_wav_has_wav(out, monkeypatch):
    wav, flac = (write_report(out, flac=flac, overwrite=True).stat().st_size for flac in (False, True))
    assert flac < 0.9 * wav

    def written(budget, **options):
        page = publish_report(out, form=PageOptions(budget_mb=(budget + 0.1) / 1e6, **options), overwrite=True)
        return page.path.name, page.has_flac, page.advice

    assert written(wav) == ("report.html", False, f"{wav / 1e6:.1f} MB of {wav / 1e6:g}")
    name, has_flac, advice = written(wav - 1)
    assert (name, has_flac) == ("report.html", True)
    assert advice == f"{flac / 1e6:.1f} MB of {(wav - 1) / 1e6:g}, sounds as FLAC to fit"
    assert b'<a class="sound" href="#clip-1-draw-1" title="Save the sound of this draw">FLAC</a>' in (
        out / "report.html"
    ).read_bytes().replace(b"\n", b"")
    assert written(flac)[:2] == ("report.html", True)
    # One byte less, and it becomes a folder, whose sounds need no codec.
    name, has_flac, advice = written(flac - 1)
    assert (name, has_flac) == ("index.html", False)
    assert "--flac takes about half, --budget" in advice
    assert written(wav - 1, flac=False)[:2] == ("index.html", False)
    assert written(flac - 1, flac=True)[:2] == ("index.html", True)


def test_a_page_that_is_begun_again_checks_its_files_once(out):
    (out / "it's _so_ & on" / "draw-1.json").write_bytes((out / "it's _so_ & on" / "draw-1.json").read_bytes() + b" ")
    wav = write_report(out, flac=False).stat().st_size
    page = publish_report(out, form=PageOptions(budget_mb=(wav - 1) / 1e6), overwrite=True)
    assert page.has_flac
    assert len(page.notices) == len(set(page.notices)) == 1


def test_the_budget_that_is_advised_makes_one_file(out):
    split = publish_report(out, form=PageOptions(budget_mb=0.01))
    whole = write_report(out, budget_mb=split.size_mb, flac=False, overwrite=True)
    assert whole == out / "report.html"
    assert whole.stat().st_size / 1e6 == pytest.approx(split.size_mb, rel=0.05)


def test_a_folder_of_the_users_beside_a_page_is_left_alone_whatever_its_names(out, tmp_path):
    mine = {"index.html": b"mine", "audio/song.wav": b"mine", "img/face.png": b"mine"}
    for name, data in mine.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_bytes(data)
    write_report(out, tmp_path / "site.html")
    assert contents(tmp_path / "site") == mine
    split = write_report(out, tmp_path / "other.html", split=True)
    (split.parent / "audio" / "song.wav").write_bytes(b"mine")
    write_report(out, tmp_path / "other.html", overwrite=True)
    assert contents(split.parent) == {"audio/song.wav": b"mine"}
    with pytest.raises(ParameterError, match="other: exists and is not a report"):
        write_report(out, tmp_path / "other.html", split=True, overwrite=True)


@pytest.mark.parametrize("name", ["audition.json", "it's _so_ & on/original.wav", "page", "."])
def test_only_a_page_is_ever_written_over(out, name):
    before = contents(out)
    with pytest.raises(ParameterError, match=r"not a path of a page; expected one that ends in \.html"):
        write_report(out, out / name)
    assert contents(out) == before
