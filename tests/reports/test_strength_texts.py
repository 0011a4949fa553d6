"""Numbers of strengths as people read them."""

from __future__ import annotations

from specaug_listen.reports.strength_texts import level_text, percent_text, seconds_text, times_text


def test_numbers_have_their_units_and_a_minus_sign():
    assert [percent_text(share) for share in (0.0, 0.004, 0.362, 1.0)] == ["0%", "0.4%", "36%", "100%"]
    assert [seconds_text(s).replace("\N{NO-BREAK SPACE}", " ") for s in (0.0, 0.04, 1.26)] == ["0 s", "0.04 s", "1.3 s"]
    assert [level_text(level).replace("\N{NO-BREAK SPACE}", " ") for level in (-29.4, 0.2, 12.6)] == [
        *("\N{MINUS SIGN}29 dB", "+0 dB", "+13 dB")
    ]
    assert [times_text(ratio) for ratio in (0.97, 1.8, 0.25)] == [
        "about as many cells",
        "1.8 times as many cells",
        "0.25 times as many cells",
    ]
