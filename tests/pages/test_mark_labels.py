"""Names of marks: above their marks, never overlapping or crossed by a line, and on few rows."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen.pages.mark_labels import Mark, place_labels, text_width

LETTERS = st.characters(codec="utf-8", categories=["L", "N"])
NAMES = st.text(LETTERS, min_size=1, max_size=12) | st.text("iWn", min_size=1, max_size=50)
# Often at the same place, and at the ends of the chart.
POSITIONS = st.floats(0, 360) | st.sampled_from([0.0, 5.0, 180.0, 181.0, 355.0, 360.0])
MARKS = st.lists(st.builds(Mark, POSITIONS, NAMES, is_self=st.booleans()), max_size=8)
# The longest gaps of the recipes in clips of 3 s, and two policies to compare with.
EIGHT = [
    *(Mark(28, "Whisper"), Mark(63, "SpeechBrain"), Mark(80, "icefall"), Mark(81, "ESPnet", is_self=True)),
    *(Mark(84, "NeMo"), Mark(170, "LD"), Mark(115, "LD,F=27,T=95", kind="compare"), Mark(240, "wenet", kind="compare")),
]


@given(MARKS)
def test_labels_are_above_their_marks_and_never_overlap(marks):
    labels, n_rows = place_labels(marks, 360, 90)
    assert sorted(mark for label in labels for mark in label.marks) == sorted(marks)
    for label in labels:
        low, high = label.ends
        begin_x = 90 if label.row == 0 else 0
        if high - low <= 360:
            assert begin_x - 0.02 <= low <= high <= 360.02
        else:
            # A name that is wider than the chart goes beyond both ends, equally far, and is never beside the caption.
            assert len(label.marks) == 1
            assert label.row > 0
            np.testing.assert_allclose(low + high, 360)
        assert all(low - 0.02 <= mark.x <= high + 0.02 for mark in label.marks)
        assert 0 <= label.row < n_rows
    for one, other in itertools.permutations(labels, 2):
        if one.row == other.row:
            assert one.ends[1] < other.ends[0] or other.ends[1] < one.ends[0]


def test_eight_marks_have_their_names_above_them_on_few_rows():
    labels, n_rows = place_labels(EIGHT, 360, 90)
    assert n_rows <= 4
    texts = {label.text for label in labels}
    assert {"Whisper", "LD", "LD,F=27,T=95", "wenet"} <= texts
    for one, other in itertools.permutations(labels, 2):
        low, high = other.ends
        assert one.row >= other.row or not [mark for mark in one.marks if low <= mark.x <= high]
    # Marks that cannot be told apart share a label, in their order.
    assert any("icefall, ESPnet" in text for text in texts)


def test_marks_that_are_far_apart_never_share_a_label():
    labels, _ = place_labels([Mark(x, "a long name") for x in range(5, 356, 50)], 360, 90)
    assert len(labels) == 8


def test_one_row_suffices_beside_the_caption():
    labels, n_rows = place_labels([Mark(150, "LD"), Mark(300, "NeMo")], 360, 90)
    assert ([label.row for label in labels], n_rows) == ([0, 0], 1)
    below, n_rows = place_labels([Mark(20, "LD")], 360, 90)
    assert (below[0].row, n_rows) == (1, 2)
    assert place_labels([], 360, 90) == ((), 1)


def test_names_that_are_wider_than_the_chart_have_a_row_each():
    labels, n_rows = place_labels([Mark(5, "W" * 40), Mark(300, "W" * 40)], 360, 90)
    assert (sorted(label.row for label in labels), n_rows) == ([1, 2], 3)


def test_marks_that_coincide_share_a_label_unless_it_is_wider_than_the_chart():
    # 21 W are 220.5 wide, 16 are 168; a comma and a space are 8.8.
    (shared,), _ = place_labels([Mark(180, "W" * 16)] * 2, 360, 90)
    assert shared.text == f"{'W' * 16}, {'W' * 16}"
    labels, n_rows = place_labels([Mark(180, "W" * 21)] * 2, 360, 90)
    assert (len(labels), {label.row for label in labels}, n_rows) == (2, {0, 1}, 2)


def test_bold_text_is_wider():
    assert text_width("LD", is_bold=True) > text_width("LD")
