"""Clips of one name are told apart by as much of their folders as it takes, and not more."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from specaug_listen.audio.clip_names import distinct_names

PARTS = st.lists(st.sampled_from("abT"), min_size=1, max_size=4)
PATHS = st.builds(lambda parts, end: "/".join(parts) + end, PARTS, st.sampled_from([".wav", ".flac", ""]))


def test_the_shortest_end_of_the_path_that_is_one_clips_own(subtests):
    for paths, names in [
        (["a/x.wav", "b/y.wav"], ["x", "y"]),
        (["a/take.wav", "b/take.wav", "b/other.wav"], ["a/take", "b/take", "other"]),
        (["1/a/take.wav", "2/a/take.wav", "2/b/take.wav"], ["1/a/take", "2/a/take", "b/take"]),
        (["/r1/set/take.wav", "/r2/set/take.wav"], ["r1/set/take", "r2/set/take"]),
        (["take.wav", "take.flac"], ["take.wav", "take.flac"]),
        (["a/take.wav", "b/take.wav", "b/take.flac"], ["a/take", "b/take.wav", "b/take.flac"]),
        (["a/Take.wav", "b/take.wav"], ["a/Take", "b/take"]),
        (["/take.wav", "/a/take.wav"], ["/take", "a/take"]),
        (["a.b/take.1.wav", "a.c/take.1.wav"], ["a.b/take.1", "a.c/take.1"]),
        (["a/ta\nke.wav", "b/x.wav"], ["ta\\nke", "x"]),
        ([], []),
    ]:
        with subtests.test(paths=paths, names=names):
            assert distinct_names(paths) == names
            assert distinct_names(paths[::-1]) == names[::-1]


def test_channels_follow_the_name_and_do_not_hide_that_two_files_share_it():
    assert distinct_names(["a/call.wav"] * 2 + ["b/call.wav"], [".ch1", ".ch2", ""]) == [
        "a/call.ch1",
        "a/call.ch2",
        "b/call",
    ]
    assert distinct_names(["call.wav", "call.ch1.wav"], [".ch1", ""]) == ["call.wav.ch1", "call.ch1.wav"]


def test_one_file_given_twice_is_one():
    assert distinct_names(["a/x.wav", "a/../a/x.wav", "b/y.wav"]) == ["x", "x", "y"]


@given(st.lists(PATHS, unique_by=os.path.abspath, max_size=12))
def test_different_files_have_different_names_that_end_their_paths(paths):
    names = distinct_names(paths)
    assert len(set(names)) == len(paths)
    for path, name in zip(paths, names, strict=True):
        whole = os.path.abspath(path)
        assert whole.endswith(name) or os.path.splitext(whole)[0].endswith(name)
