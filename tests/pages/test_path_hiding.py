"""Keeping the user's folders out of a page."""

from __future__ import annotations

from specaug_listen.pages import short_paths, without_folders
from specaug_listen.pages.path_hiding import hide_folders


def test_absolute_paths_are_cut_and_nothing_else(subtests):
    for text, expected in [
        ("read from /home/me/a.yaml, again", "read from a.yaml, again"),
        ("'/home/me/a.yaml': bad", "'a.yaml': bad"),
        (r"C:\Users\me\a.yaml is bad", "a.yaml is bad"),
        ("file:///home/me/a.wav", "a.wav"),
        ("~/data/a.wav", "a.wav"),
        (
            "egs2/librispeech/conf.yaml and https://a.org/b/c.html",
            "egs2/librispeech/conf.yaml and https://a.org/b/c.html",
        ),
        ("2 / 3 of the frames, and/or 1/s", "2 / 3 of the frames, and/or 1/s"),
        ("in /home/me/data/", "in ..."),
    ]:
        with subtests.test(text=text, expected=expected):
            assert hide_folders(text) == expected
            assert without_folders(((text, 1), None)) == ((expected, 1), None)


def test_files_of_one_name_keep_as_much_as_tells_them_apart():
    assert short_paths(["/d/a/x.wav", "/d/b/x.wav", "/d/b/y.wav", "/d/b/y.wav"]) == [
        "a/x.wav",
        "b/x.wav",
        "y.wav",
        "y.wav",
    ]
    assert short_paths(["x.wav", "/x.wav"]) == ["x.wav", "x.wav"]
