"""Energies in blocks: a clip that is read in parts is padded and filtered like a clip in memory."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen import Audio
from specaug_listen.errors import AudioError
from specaug_listen.frontends import NEMO, PRESETS, WHISPER, MelFrontend
from specaug_listen.frontends.energy import _PaddedClip, bin_energies
from specaug_listen.stft import get_window

RATE = 8000


@st.composite
def frontends_of_any_framing(draw: st.DrawFn) -> MelFrontend:
    """Odd and even sizes, windows as short as a hop, every padding; or one of the presets."""
    if draw(st.booleans()):
        return draw(st.sampled_from(list(PRESETS.values())))
    win_length = draw(st.integers(2, 40))
    preemphasis = draw(st.sampled_from((0.0, 0.97)))
    padding = draw(st.sampled_from(("center", "same", "kaldi", "snip")))
    return MelFrontend(
        name="drawn",
        sample_rate=RATE,
        n_fft=draw(st.integers(win_length, 50)),
        win_length=win_length,
        hop_length=draw(st.integers(1, win_length)),
        padding=padding,
        first_sample=draw(st.integers(0, 3)) if padding == "snip" else 0,
        pad_mode=draw(st.sampled_from(("reflect", "constant", "mirror"))),
        drop_last_frame=draw(st.booleans()),
        n_mels=1,
        preemphasis=preemphasis,
        preemphasis_per_frame=draw(st.booleans()) and preemphasis > 0,
    )


@st.composite
def clips_for(draw: st.DrawFn, frontend: MelFrontend) -> Audio:
    """From one window to a few, mostly barely longer than one."""
    window = frontend.first_sample + frontend.framing.win_length
    n_samples = window + draw(st.one_of(st.integers(0, 3), st.integers(0, 3 * window)))
    seed = draw(st.integers(0, 1000))
    return Audio(np.random.default_rng(seed).uniform(-1, 1, n_samples), frontend.sample_rate)


@given(st.data())
def test_a_clip_that_is_read_in_parts_is_extended_like_the_whole(data):
    frontend = data.draw(frontends_of_any_framing())
    clip = data.draw(clips_for(frontend))
    if frontend.framing.n_frames(clip.n_samples) < 1:
        return
    plain = replace(frontend, preemphasis=0.0) if frontend.preemphasis_per_frame else frontend
    # The lead-in of a rendering is not read.
    expected = plain.pad(clip.samples[0])[frontend.framing.with_lead_in.n_lead_in * frontend.hop_length :]
    padded = _PaddedClip(frontend, clip)
    assert padded.n_frames == frontend.framing.n_frames(clip.n_samples)
    np.testing.assert_array_equal(padded.read(0, len(expected)), expected)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(expected)), min_size=2, max_size=5)))
    for begin, end in itertools.pairwise(cuts):
        np.testing.assert_array_equal(padded.read(begin, end), expected[begin:end])


def test_energies_in_blocks_are_those_of_the_whole(subtests, speechlike, monkeypatch):
    for frontend in PRESETS.values():
        clip = speechlike.resample(frontend.sample_rate)
        (whole,) = bin_energies(frontend, clip)
        for size in (1, 7, 50):
            with subtests.test(frontend=frontend.name, size=size), monkeypatch.context() as patch:
                patch.setattr("specaug_listen.frontends.energy.FRAMES_PER_BLOCK", size)
                blocks = list(bin_energies(frontend, clip))
                assert {len(block) for block in blocks[:-1]} == {size}
                assert {block.dtype for block in blocks} == {np.dtype(np.float32)}
                # The products of matrices of other sizes may round otherwise.
                np.testing.assert_allclose(np.concatenate(blocks), whole, rtol=2e-6, atol=1e-12 * whole.max())


def test_energies_are_the_filterbank_on_the_spectra_of_the_frames(subtests, speechlike):
    for name in PRESETS:
        with subtests.test(name=name):
            frontend = replace(PRESETS[name], remove_dc_offset=False, preemphasis_per_frame=False)
            clip, framing = speechlike.resample(frontend.sample_rate), frontend.framing
            padded = frontend.pad(clip.samples[0]).astype(np.float64)
            window = get_window(framing.window, framing.win_length)
            (energies,) = bin_energies(frontend, clip)
            for t in (0, 17, len(energies) - 1):
                begin = (framing.with_lead_in.n_lead_in + t) * framing.hop_length
                spectrum = np.fft.rfft(padded[begin : begin + framing.win_length] * window, framing.n_fft)
                magnitude = np.sqrt(np.abs(spectrum) ** 2 + frontend.magnitude_epsilon / frontend.input_scale**2)
                expected = frontend.filterbank() @ magnitude**frontend.power
                np.testing.assert_allclose(energies[t], expected, rtol=1e-5, atol=1e-12)


def test_a_clip_that_is_too_loud_in_one_block_is_refused_with_the_peak_there(monkeypatch):
    monkeypatch.setattr("specaug_listen.frontends.energy.FRAMES_PER_BLOCK", 10)
    samples = np.ones(16000)
    samples[12000] = 3e20
    blocks = bin_energies(WHISPER, Audio(samples, 16000))
    assert np.isfinite(next(blocks)).all()
    with pytest.raises(AudioError, match=r"too loud: a peak of 3e\+20 gives energies above 1e\+30; scale the clip"):
        list(blocks)


def test_a_clip_shorter_than_a_window_is_refused():
    with pytest.raises(AudioError, match=r"399 samples are less than one window of the front-end \(400 samples"):
        next(bin_energies(NEMO, Audio(np.zeros(399), 16000)))
