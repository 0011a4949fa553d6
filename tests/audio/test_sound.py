"""Levels, gathered block after block, and what all signals have in common."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from specaug_listen import Audio
from specaug_listen.audio.recording import SpooledAudio
from specaug_listen.audio.sound import measure_levels
from specaug_listen.errors import AudioError

FULL = 32766 / 32768


@st.composite
def signals_in_blocks(draw: st.DrawFn) -> tuple[np.ndarray, list[np.ndarray]]:
    """A signal that often stands at full scale, and the same in blocks of any size."""
    n_channels, n_samples = draw(st.integers(1, 3)), draw(st.integers(1, 40))
    values = st.sampled_from((0.0, 0.25, -0.5, FULL, -FULL, 1.0, -1.0, draw(st.sampled_from((0.5, 1.5)))))
    cells = draw(st.lists(values, min_size=n_channels * n_samples, max_size=n_channels * n_samples))
    signal = np.array(cells, np.float32).reshape(n_channels, n_samples)
    cuts = sorted(draw(st.sets(st.integers(1, n_samples - 1), max_size=12))) if n_samples > 1 else []
    return signal, np.split(signal, cuts, axis=1)


def longest_run(flags: np.ndarray) -> int:
    return max(len(run) for run in "".join("x" if flag else " " for flag in flags).split(" "))


def in_ones(signal: list[float]) -> tuple[np.ndarray, list[np.ndarray]]:
    whole = np.array([signal], np.float32)
    return whole, np.split(whole, whole.shape[1], axis=1)


@given(signals_in_blocks())
@example(in_ones([1.0, 1.0, 1.0]))
@example(in_ones([0.0, -1.0, 1.0, FULL, 0.0]))
def test_levels_are_those_of_the_whole_however_it_is_cut(case):
    signal, blocks = case
    levels = measure_levels(blocks)
    mean_power = np.square(signal, dtype=np.float64).mean()
    full = np.abs(signal) >= np.float32(FULL)
    is_clipped = max(map(longest_run, full)) >= 3 and np.abs(signal).max() <= 1.0
    assert levels.peak == np.abs(signal).max()
    assert levels.first == signal[0, 0]
    assert levels.spread == np.ptp(signal, axis=1).max()
    assert levels.n_clipped == (full.sum() if is_clipped else 0)
    if mean_power:
        assert levels.rms_db == pytest.approx(10 * np.log10(mean_power), abs=1e-9)
    else:
        assert levels.rms_db == -np.inf


def test_the_levels_of_audio_are_those_of_its_samples_in_one_block(speechlike):
    assert speechlike.levels == measure_levels([speechlike.samples])
    assert (speechlike.peak, speechlike.rms_db) == (speechlike.levels.peak, speechlike.levels.rms_db)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted_over_all_blocks_and_the_first_is_named(bad):
    signal = np.zeros((2, 50), np.float32)
    signal[1, 23] = signal[0, 24] = signal[1, 24] = signal[0, 40] = bad
    with pytest.raises(AudioError, match=r"^4 samples are NaN or infinite, the first at sample 23; allowed are finite"):
        measure_levels(np.split(signal, [10, 20, 30], axis=1))


def test_the_error_is_the_one_that_audio_in_memory_gives():
    signal = np.where(np.arange(50) == 31, np.nan, 0.0)[np.newaxis]
    with pytest.raises(AudioError) as in_memory:
        Audio(signal, 8000)
    with pytest.raises(AudioError, match="the first at sample 31;") as in_blocks:
        measure_levels(np.split(signal.astype(np.float32), 5, axis=1))
    assert str(in_blocks.value) == str(in_memory.value)


def test_a_signal_on_disk_answers_as_the_same_one_in_memory(tmp_path, speechlike):
    spooled = SpooledAudio(tmp_path / "speech.f32", 16000)
    for part in np.array_split(speechlike.samples[0], 7):
        spooled.append(part)
    for name in ("sample_rate", "n_channels", "n_samples", "duration_s", "peak", "levels"):
        assert getattr(spooled, name) == getattr(speechlike, name), name
    for begin, end in ((0, 1), (100, 5000), (19000, 30000), (0, 19200), (19200, 19300)):
        np.testing.assert_array_equal(spooled.read(begin, end), speechlike.read(begin, end))
    spooled.close()
    assert list(tmp_path.iterdir()) == []


def test_the_levels_of_a_signal_on_disk_are_read_in_blocks(tmp_path, tone, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.recording._SAMPLES_AT_ONCE", 999)
    spooled = SpooledAudio(tmp_path / "tone.f32", 16000)
    spooled.append(tone.samples[0])
    assert spooled.levels == pytest.approx(tone.levels, rel=1e-12)
