"""Which channel is heard: what is taken, what is refused, and that nothing else follows from it."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import Audio, load
from specaug_listen.audio.channels import Choice, as_channel, channel_at, channel_words, name_suffix
from specaug_listen.errors import AudioError, ParameterError


@pytest.fixture
def stereo(tmp_path, rng):
    samples = rng.uniform(-0.5, 0.5, (800, 2)).astype(np.float32)
    sf.write(tmp_path / "call.wav", samples, 8000, subtype="FLOAT")
    return tmp_path / "call.wav", samples


def test_numbers_count_from_one_and_sides_are_the_first_two(subtests, stereo):
    for channel, at in [("left", 0), (1, 0), ("1", 0), ("right", 1), (2, 1), ("RIGHT", 1)]:
        with subtests.test(channel=channel, at=at):
            path, samples = stereo
            clip = load(path, channel=channel)
            assert (clip.n_channels, clip.choice) == (1, Choice(as_channel(channel), 2))
            np.testing.assert_array_equal(clip.samples[0], samples[:, at])
            again = load(path).select(channel)
            np.testing.assert_array_equal(again.samples, clip.samples)
            assert (again.choice, again.source, again.fingerprint) == (clip.choice, clip.source, clip.fingerprint)


def test_one_channel_is_drawn_for_like_a_mono_file_of_it_and_the_mean_like_the_whole(stereo):
    path, samples = stereo
    assert load(path, channel=2).fingerprint == Audio(samples[:, 1], 8000).fingerprint
    whole, mean = load(path), load(path, channel="mean")
    assert (mean.n_channels, mean.fingerprint) == (1, whole.fingerprint)
    np.testing.assert_array_equal(mean.samples, whole.to_mono().samples)
    # What is made of it is another signal.
    assert mean.resample(16000).fingerprint == Audio(mean.samples, 8000).resample(16000).fingerprint


@pytest.mark.parametrize("channel", ["left", 1, "mean"])
def test_mono_is_its_own_first_channel(channel):
    clip = Audio(np.ones(4), 8000)
    assert clip.select(channel) is clip


def test_what_is_no_channel_is_refused_with_the_counting_said(subtests):
    for channel, why in [
        (0, "channel 0: channels count from 1, so the first is 1; allowed is mean, left, right, each"),
        ("0", "channel 0: channels count from 1"),
        (-1, "channel -1: allowed is mean"),
        (True, "channel True: allowed is mean"),
        (1.5, "channel 1.5: allowed is mean"),
        ("both", "channel 'both': allowed is mean"),
        ("x" * 500, "channel 'xxxxxxxx"),
        ("each", "channel each: makes several clips, and this takes one"),
        (None, "channel None: allowed"),
    ]:
        with subtests.test(channel=channel, why=why):
            with pytest.raises(ParameterError) as caught:
                Audio(np.ones((2, 4)), 8000).select(channel)
            assert str(caught.value).startswith(why)
            assert len(str(caught.value)) < 250
            assert "(1 is the first channel)" in str(caught.value)


def test_a_channel_that_is_not_there_is_refused_with_those_that_are(subtests, tmp_path):
    for n, channel in [(1, "right"), (1, 2), (2, 3), (4, 5)]:
        with subtests.test(n=n, channel=channel):
            sf.write(tmp_path / "clip.wav", np.zeros((80, n)), 8000)
            with pytest.raises(
                AudioError, match=rf"clip\.wav: channel {channel}.*the clip has {n}.*; channels count from 1"
            ):
                load(tmp_path / "clip.wav", channel=channel)


def test_each_is_refused_before_the_file_is_opened(tmp_path):
    with pytest.raises(ParameterError, match="makes several clips"):
        load(tmp_path / "missing.wav", channel="each")


def test_a_bad_sample_in_another_channel_is_no_matter(tmp_path):
    sf.write(tmp_path / "clip.wav", np.array([[0.1, np.nan]] * 9), 8000, subtype="FLOAT")
    assert load(tmp_path / "clip.wav", channel=1).peak == pytest.approx(0.1)
    with pytest.raises(AudioError, match="NaN"):
        load(tmp_path / "clip.wav", channel=2)


@pytest.mark.parametrize(
    ("channel", "n", "words"), [("left", 2, "the left one"), (1, 2, "the first"), (3, 4, "number 3")]
)
def test_words_and_names_say_which(channel, n, words):
    assert channel_words(channel, n) == f"{n} channels, of which {words} is heard"
    assert name_suffix(Choice(channel, n)).lstrip(".") in ("left", f"ch{channel}")
    assert channel_at(channel, n) == {"left": 0}.get(channel, channel if isinstance(channel, str) else channel - 1)
