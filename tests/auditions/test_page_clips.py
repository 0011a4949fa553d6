"""What a page shows of a clip: the version that it opens with, and where its masks lie, in seconds and Hz."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from webpages import speech

from specaug_listen import audition, write_report
from specaug_listen.auditions.page_clips import masks_of, ticks_of
from specaug_listen.augment import Draw, FrequencyMask, FrequencySpan, Policy, TimeMask, TimeSpan
from specaug_listen.frontends import WHISPER
from specaug_listen.plots.mels import edges_hz
from specaug_listen.vocoders import GriffinLim


def test_a_mask_of_bins_reaches_half_way_to_the_centres_beyond_it():
    # Slaney's mel is linear below 1 kHz, so that half way is half way in Hz.
    centers_hz = WHISPER.center_hz()
    low_hz, high_hz = edges_hz(WHISPER, (3, 8))
    assert low_hz == pytest.approx((centers_hz[2] + centers_hz[3]) / 2)
    assert high_hz == pytest.approx((centers_hz[7] + centers_hz[8]) / 2)


def test_a_mask_of_frames_reaches_half_a_hop_beyond_their_centres_and_not_beyond_the_clip():
    first, last = masks_of(Draw(80, 100, (TimeSpan(10, 20), TimeSpan(90, 10))), WHISPER)
    assert (first.begin_s, first.end_s) == (0.095, 0.295)
    assert (last.begin_s, last.end_s) == (0.895, 0.995)
    assert (first.low_hz, first.high_hz) == tuple(np.round(edges_hz(WHISPER, (0, 80)), 1))


def test_bins_of_a_mask_are_those_of_its_step():
    (mask,) = masks_of(Draw(80, 100, (FrequencySpan(3, 5),)), WHISPER)
    assert (mask.low_hz, mask.high_hz) == tuple(np.round(edges_hz(WHISPER, (3, 8)), 1))
    assert mask.begin_s == 0.0


def test_each_height_has_frequencies_that_do_not_touch_and_a_taller_picture_keeps_them(every_frontend):
    ticks = ticks_of(every_frontend)
    assert ticks[0][1:] == ("1000", 90)
    for height, least in ((90, 3), (120, 3), (160, 4), (200, 5)):
        shares = sorted(share for share, _, from_px in ticks if from_px <= height)
        assert min(np.diff(shares)) * height >= 14
        assert len(shares) >= least


def test_a_page_opens_with_the_first_draw_and_tells_masks_without_a_width(tmp_path):
    policy = Policy([FrequencyMask(count=2, max_bins=0), TimeMask(count=1, max_frames=30)], "narrow")
    heard = audition(speech(seconds=0.6), policy=policy, vocoder=GriffinLim(n_iter=1), rng=0)
    html = write_report(heard, tmp_path / "page.html").read_text("utf-8")
    (data,) = (
        json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    )
    assert data["versions"][data["first"]]["name"] == "draw-1"
    assert "<summary>3 masks, 2 of width 0</summary>" in html
