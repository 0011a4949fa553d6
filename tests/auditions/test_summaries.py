"""An audition in words."""

from __future__ import annotations

from cheap_audition import heard


def test_an_audition_reads_well_and_briefly(speechlike):
    result = heard(speechlike, draws=2, name="speech")
    first, *others = str(result).splitlines()
    assert first == "Audition of 'speech' (1.20 s): warp on whisper (it is the default), seed 7"
    assert [line.split(":")[0] for line in others if "draw-" in line] == ["  draw-1", "  draw-2"]
    assert f"time masked {result.scores[0]['masked_time_ratio']:.0%}" in others[0]
    assert len(repr(result)) < 3000
    assert "array(" not in repr(result)
