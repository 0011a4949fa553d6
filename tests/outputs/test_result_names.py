"""Names of folders of results."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from specaug_listen.outputs.result_names import folder_name

RESERVED = {"report.html", "audition.json"}


FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)} | {"\x7f"}


file_names = st.one_of(
    st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=90),
    st.sampled_from(
        ["a.wav", "A.wav", "a-2.wav", "a.flac", "report.html.wav", "Audition.JSON.wav", "x" * 251 + ".wav"]
    ),
    st.sampled_from(
        ["ß.wav", "SS.wav", "ss.wav", "CON.wav", "con.wav", "音" * 80 + ".wav", "...wav", " .wav", "-.wav"]
    ),
)


@given(st.lists(file_names, min_size=1, max_size=8))
@example(["a .wav"])
@example(["a ..wav"])
@example([". .wav"])
@example(["x" * 119 + " y.wav"])
@example(["x" * 119 + ".y.wav"])
def test_a_folder_name_is_one_safe_component_of_a_path_and_never_clashes(names):
    taken = set(RESERVED)
    folders = [folder_name(f"somewhere/{name}", taken) for name in names]
    for folder in folders:
        assert Path(folder).parts == (folder,)
        assert folder not in (".", "..")
        assert not FORBIDDEN & set(folder)
        assert folder[0] not in "-."
        assert folder[-1] not in " ."
        assert len(folder.encode()) <= 255 - len("..partial")
    folded = [folder.casefold() for folder in folders]
    assert len(set(folded)) == len(folded)
    assert not RESERVED & set(folded)


@settings(max_examples=20)
@given(st.lists(file_names, min_size=1, max_size=6))
def test_every_folder_name_can_be_made_on_this_disk(names):
    with tempfile.TemporaryDirectory() as root:
        taken: set[str] = set()
        for name in names:
            (Path(root) / folder_name(name, taken)).mkdir()
        assert len(os.listdir(root)) == len(names)


def test_names_of_windows_devices_are_prefixed(subtests):
    for device in ("con", "PRN", "Aux", "nul", "com1", "LPT9"):
        with subtests.test(device=device):
            assert folder_name(f"{device}.wav", set()) == f"_{device}"


def test_the_second_clip_of_a_name_gets_the_suffix_that_is_free():
    taken = {"speech-2"}
    assert [folder_name(f"{where}/speech.wav", taken) for where in "abc"] == ["speech", "speech-3", "speech-4"]
