"""A notice is data; its sentence is made at the very end, and it goes wherever its clip, or its draw, goes."""

from __future__ import annotations

import ast
import json
import pathlib

import numpy as np
import pytest

import specaug_listen
from specaug_listen import Audio, Draw, SpecAugListenWarning, _notices, audition, replay
from specaug_listen._notices import Notice
from specaug_listen.auditions.records import read_record
from specaug_listen.augment import LD, Cutout, FrequencyMask, Policy, TimeMask, TrimTail
from specaug_listen.errors import PolicyError
from specaug_listen.frontends import WHISPER
from specaug_listen.plots import describe_draw

HOUSE = pathlib.Path(specaug_listen.__file__).parent
CUT = Notice("cut", {"n_present": 8000, "n_promised": 16000, "sample_rate": 16000})
TEXT = "cut: 8000 of 16000 samples are there (0.50 of 1.00 s); copy the file again"


@pytest.fixture
def heard():
    clip = Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000, notices=(CUT,))
    return audition(clip, frontend="whisper", policy="SM", vocoder="original-phase", rng=0)


def test_a_kind_has_a_sentence():
    assert CUT.text == TEXT


@pytest.mark.parametrize(
    ("notice", "text"),
    [
        (Notice("of a later version", {"n": 3, "why": "x"}), "of a later version: n 3, why x"),
        (Notice("of a later version"), "of a later version"),
        (Notice("cut", {"n": 3}), "cut: n 3"),
    ],
)
def test_what_another_version_wrote_is_still_told(notice, text):
    assert notice.text == text


def test_the_same_kind_and_values_are_the_same_notice():
    assert Notice("cut", dict(CUT.values)) == CUT
    assert Notice("cut") != CUT


def test_notices_go_through_mono_and_resampling():
    clip = Audio(np.zeros((2, 800)), 8000, notices=(CUT,))
    assert clip.to_mono().resample(16000).notices == (CUT,)


def test_a_notice_is_a_badge_and_stands_in_the_text(heard):
    assert heard.badges[0] == TEXT
    assert f"  ! {TEXT}" in str(heard)


def test_a_notice_is_written_as_data_and_read_again(heard, tmp_path):
    folder = heard.save(tmp_path)
    written = json.loads((folder / "draw-1.json").read_text())
    assert written["audio"]["notices"][0] == {"kind": "cut", "values": dict(CUT.values)}
    assert read_record(folder / "draw-1.json").audio.notices == heard.notices


def test_a_record_without_notices_is_read_as_before(heard, tmp_path):
    path = heard.save(tmp_path) / "draw-1.json"
    written = json.loads(path.read_text())
    del written["audio"]["notices"]
    path.write_text(json.dumps(written))
    assert read_record(path).audio.notices == ()


def test_a_draw_that_is_made_again_has_the_clips_notices(heard, tmp_path):
    folder = heard.save(tmp_path)
    assert replay(folder / "draw-1.json", audio=heard.clip).badges[0] == TEXT


def draw_of_little(audio):
    """A draw in which hardly anything happens as its parameters suggest."""
    added = FrequencyMask(max_bins=100), TimeMask(max_ratio=0.001), TrimTail(200), Cutout(1, 8, 90)
    mel = WHISPER(audio)
    with pytest.warns(SpecAugListenWarning):
        return mel, Policy((*LD.transforms, *added)).draw(mel, rng=0)


def test_a_draws_notices_are_its_warnings_as_data():
    _, draw = draw_of_little(Audio(np.zeros(8000), 16000))
    assert tuple(notice.text for notice in draw.notices) == draw.warnings
    assert {notice.values["transform"] for notice in draw.notices} >= {"time_warp", "frequency_mask", "time_mask"}
    again = Draw.from_json(draw.to_json())
    assert (again, again.notices, again.warnings) == (draw, draw.notices, draw.warnings)


def test_a_draw_that_an_earlier_version_wrote_has_warnings_alone():
    _, draw = draw_of_little(Audio(np.zeros(8000), 16000))
    written = json.loads(draw.to_json())
    del written["notices"]
    again = Draw.from_json(json.dumps(written))
    assert (again.notices, again.warnings) == ((), draw.warnings)


def test_a_record_whose_notices_are_not_its_warnings_is_refused(heard, tmp_path):
    path = heard.save(tmp_path) / "draw-1.json"
    written = json.loads(path.read_text())
    written["draw"]["notices"] = [{"kind": "changed-nothing", "values": {"call": "x"}}]
    path.write_text(json.dumps(written))
    with pytest.raises(PolicyError, match=r"draw\.notices: allowed are those that draw\.warnings has in words"):
        read_record(path)


def test_other_words_change_nothing_but_words(monkeypatch):
    audio = Audio(np.zeros(8000), 16000)
    mel, draw = draw_of_little(audio)
    line = describe_draw(draw, mel)
    assert "warp: none, the clip is too short" in line
    monkeypatch.setattr(_notices, "_SENTENCES", dict.fromkeys(_notices._SENTENCES, "in other words"))
    other = draw_of_little(audio)[1]
    assert set(other.warnings) == {"in other words"}
    assert (other.steps, other.notices, describe_draw(other, mel)) == (draw.steps, draw.notices, line)


# Where sentences are kept, or come from.
_SENTENCES = {"text", "warnings", "badges", "clip_badges", "evidence", "notes", "advice"}
_TAKES_APART = {
    *("startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "split", "rsplit", "find"),
    *("index", "fullmatch", "match", "search", "findall", "sub"),
}
# What is looked into there is no sentence of the project, or is compared as a whole.
_EXEMPT = {
    "auditions/record_checks.py": "names the badge of a record that is none of its draw's",
    "pages/sheet_values.py": "the name of a row, whose longest word decides its width",
    "vocoders/neural.py": "an error of onnxruntime",
}


def is_sentence(node, names, errors):
    """Whether a value is a sentence, or some, or made of one by a method or a join."""
    if isinstance(node, ast.Attribute):
        return node.attr in _SENTENCES
    if isinstance(node, ast.Call):
        method = node.func if isinstance(node.func, ast.Attribute) else None
        parts = [] if method is None else [method.value, *(node.args if method.attr == "join" else [])]
        return ast.unparse(node) in errors or any(is_sentence(part, names, errors) for part in parts)
    kinds = {ast.Subscript: ["value"], ast.IfExp: ["body", "orelse"], ast.BinOp: ["left", "right"]}
    parts = [getattr(node, name) for kind, held in kinds.items() if isinstance(node, kind) for name in held]
    if isinstance(node, ast.JoinedStr):
        parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    return (isinstance(node, ast.Name) and node.id in names) or any(is_sentence(part, names, errors) for part in parts)


def names_of_sentences(function, errors):
    """Variables of a function that a sentence is assigned to."""
    names = set()
    pairs = []
    for node in ast.walk(function):
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            value = getattr(node, "value", None)
            are_several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs += zip(target.elts, value.elts, strict=False) if are_several else [(target, value)]
    for target, value in pairs:
        if isinstance(target, ast.Name) and value is not None and is_sentence(value, names, errors):
            names.add(target.id)
    return names


def readings_of_sentences(source):
    """Lines that search a sentence, or take it apart; blanks of an error of others may be evened out."""
    tree = ast.parse(source)
    errors = {f"str({node.name})" for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)}

    def holds_sentence(node, names):
        return any(
            (isinstance(inner, ast.Attribute) and inner.attr in _SENTENCES)
            or (isinstance(inner, ast.Name) and inner.id in names)
            or (isinstance(inner, ast.Call) and ast.unparse(inner) in errors)
            for inner in ast.walk(node)
        )

    def readings(node, names):
        if isinstance(node, ast.FunctionDef):
            names = names | names_of_sentences(node, errors)
        loops = [node] if isinstance(node, ast.For) else getattr(node, "generators", [])
        for loop in loops:
            if holds_sentence(loop.iter, names):
                names = names | {inner.id for inner in ast.walk(loop.target) if isinstance(inner, ast.Name)}
        parts = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TAKES_APART:
            parts = [] if node.func.attr == "split" and not node.args else [node.func.value, *node.args]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            parts = node.comparators
        if any(holds_sentence(part, names) for part in parts):
            yield node.lineno
        for child in ast.iter_child_nodes(node):
            yield from readings(child, names)

    return list(readings(tree, frozenset()))


def test_no_module_reads_a_sentence_back():
    lines = {
        str(path.relative_to(HOUSE)): list(readings_of_sentences(path.read_text("utf-8")))
        for path in HOUSE.rglob("*.py")
    }
    assert {path for path, found in lines.items() if found} == set(_EXEMPT)


@pytest.mark.parametrize(
    "source",
    [
        'any("did nothing" in line for line in draw.warnings)',
        '"did nothing" in draw.warnings[0]',
        'notice.text.startswith("cut")',
        're.search(r"(\\d+) of", badges.text)',
        "try:\n    f()\nexcept ValueError as error:\n    str(error).endswith('raises here')",
        "def g():\n    try:\n        f()\n    except OSError as e:\n        text = str(e)\n        text.find('x')",
        "def g(notice):\n    text = notice.text\n    return 'of' in text",
        "def g(notice, path):\n    name, line = path, ' '.join(notice.text.splitlines())\n    line.startswith(name)",
    ],
)
def test_a_sentence_that_is_read_back_is_seen(source):
    assert readings_of_sentences(source) != []
