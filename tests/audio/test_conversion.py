"""Clips in any form: paths, samples with their rate, tensors, integers, data sets; what cannot be told is refused."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import specaug_listen as sl
from specaug_listen.audio.conversion import as_audio, is_audio_input
from specaug_listen.errors import AudioError, ParameterError, SpecAugListenError
from specaug_listen.metrics import score

RATE = 16000
TONE = (np.sin(np.arange(RATE // 2) * 0.2) / 2).astype(np.float32)
FORMS = {
    "audio": lambda path: sl.Audio(TONE, RATE),
    "path": lambda path: path,
    "text": str,
    "pair": lambda path: (TONE, RATE),
    "list pair": lambda path: [TONE, RATE],
    "scipy": lambda path: (RATE, TONE),
    "numpy rate": lambda path: (TONE, np.int64(RATE)),
    "float rate": lambda path: (TONE, float(RATE)),
    "float64": lambda path: (TONE.astype(np.float64), RATE),
    "list": lambda path: (TONE.tolist(), RATE),
    "channels first": lambda path: (TONE[np.newaxis], RATE),
    "channels last": lambda path: (np.stack([TONE, TONE], axis=1), RATE),
    "batch of one": lambda path: (TONE[np.newaxis, np.newaxis], RATE),
    "data set": lambda path: {"array": TONE, "sampling_rate": RATE, "path": None},
}


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.wav"
    sl.Audio(TONE, RATE).save(path)
    return path


def test_every_form_gives_the_same_clip(subtests, clip):
    for form in FORMS:
        with subtests.test(form=form):
            audio = as_audio(FORMS[form](clip))
            step = 1 / 32768 if form in ("path", "text") else 0
            assert audio.sample_rate == RATE
            np.testing.assert_allclose(audio.to_mono().samples[0], TONE, rtol=0, atol=step)


def test_every_door_takes_every_form(subtests, clip):
    for form in ("path", "scipy", "channels last", "data set"):
        with subtests.test(form=form):
            value = FORMS[form](clip)
            cheap = {"vocoder": sl.vocoders.OriginalPhase(), "policy": "SM"}
            assert sl.audition(value, **cheap).original.n_samples == TONE.size
            assert sl.frontends.WHISPER(value).n_frames == 50
            assert len(sl.sweep(value, vary={"fill": ["mean"]}, **cheap).cells) == 1
            assert score(value, value)["level_change_db"] == 0


def test_integers_are_divided_by_their_full_scale_and_it_is_said(subtests):
    for dtype, value, expected in [
        ("int16", 16384, 0.5),
        ("int16", -32768, -1.0),
        ("int32", 1 << 30, 0.5),
        ("int8", -64, -0.5),
        ("uint8", 128, 0.0),
        ("uint8", 192, 0.5),
        ("uint8", 0, -1.0),
    ]:
        with subtests.test(dtype=dtype, value=value, expected=expected):
            audio = as_audio((np.full(100, value, dtype), RATE))
            assert audio.samples[0, 0] == pytest.approx(expected, abs=1e-6)
            (notice,) = audio.notices
            assert (notice.kind, notice.values["dtype"]) == ("integers", dtype)
            assert f"{dtype} samples were divided by" in notice.text


def test_what_was_said_of_the_samples_is_a_badge():
    heard = sl.audition(((TONE * 32767).astype(np.int16), RATE), policy="SM", vocoder="original-phase")
    assert any("int16 samples were divided by 32768" in badge for badge in heard.badges)


@given(st.integers(1, 12), st.integers(1, 12))
def test_an_order_of_axes_is_told_only_when_sure(n_first, n_second):
    samples = np.zeros((n_first, n_second))
    if (n_first <= 8) == (n_second <= 8):
        with pytest.raises(ParameterError, match=r"which axis is that of the channels cannot be told"):
            as_audio((samples, RATE))
    else:
        assert as_audio((samples, RATE)).n_channels == min(n_first, n_second)


def test_what_is_no_clip_is_refused_in_one_line(subtests):
    for value, match in [
        (TONE, r"audio is a bare numpy.ndarray of shape \(8000,\).*without its sample rate: give \(samples, "),
        (TONE.tolist(), r"audio is a bare list of 8000, without its sample rate: give \(samples, sample_rate\)"),
        ((8000, 16000), r"tuple of 2 whole numbers"),
        ((TONE, TONE), r"tuple of 2 values, none of them a sample rate"),
        ((TONE, "16000"), r"none of them a sample rate"),
        ((TONE, True), r"none of them a sample rate"),
        ((TONE, 16000.5), r"none of them a sample rate"),
        ((TONE, 0), r"sample_rate=0: expected an integer from 1 to 10000000 \[Hz\]"),
        ((TONE, 1e15), r"audio: sample_rate=1000000000000000: expected an integer from 1 to 10000000 \[Hz\]"),
        ({"array": TONE, "sampling_rate": 10**9}, r"audio: sample_rate=1000000000: expected an integer from 1 to"),
        ((TONE.astype(complex), RATE), r"samples of dtype complex64|complex128: expected floating-point"),
        ((np.zeros(4, np.int64), RATE), r"samples of dtype int64: .*divide others by their full scale"),
        ((np.zeros((2, 3, 100)), RATE), r"samples of shape \(2, 3, 100\).*one clip at a time"),
        ({"array": TONE}, r"a mapping with 'array' and 'sampling_rate'"),
        (b"clip.wav", r"audio is bytes: expected a path"),
        (None, r"audio is NoneType: expected a path, Audio, or \(samples, sample_rate\)"),
        (sl.frontends.WHISPER(sl.Audio(TONE, RATE)), r"MelSpectrogram, which is no sound"),
    ]:
        with subtests.test(value=value, match=match):
            with pytest.raises(ParameterError, match=match) as refused:
                as_audio(value)
            assert "\n" not in str(refused.value)
            assert len(str(refused.value)) < 300


@pytest.mark.parametrize("value", [([], RATE), (np.zeros((0, 4)), RATE), (np.array([np.nan] * 9), RATE)])
def test_a_clip_without_sound_is_refused(value):
    with pytest.raises(SpecAugListenError):
        as_audio(value)


def test_several_clips_are_told_from_one():
    assert is_audio_input((TONE, RATE))
    assert is_audio_input(pathlib.Path("x.wav"))
    assert not is_audio_input([sl.Audio(TONE, RATE)])
    assert not is_audio_input(["a.wav", "b.wav"])


def test_a_part_is_the_same_from_a_file_and_from_memory(clip):
    part = {"start_s": 0.1, "duration_s": 0.2}
    np.testing.assert_array_equal(as_audio(clip, **part).samples, as_audio(sl.load(clip), **part).samples)
    assert as_audio(sl.load(clip), **part).source == sl.load(clip, **part).source
    heard = sl.audition((TONE, RATE), policy="SM", vocoder="original-phase", **part)
    assert heard.original.duration_s == pytest.approx(0.2)


def test_a_part_that_cannot_be_is_refused(subtests, clip):
    for span in [{"start_s": -1}, {"start_s": "a"}, {"duration_s": 0}, {"duration_s": []}]:
        with subtests.test(span=span):
            for value in (clip, (TONE, RATE)):
                with pytest.raises(SpecAugListenError, match=r"start|duration"):
                    as_audio(value, **span)


def test_a_part_behind_the_end_is_refused():
    with pytest.raises(AudioError, match=r"start=9 s is after the end; the clip lasts 0\.500 s"):
        as_audio((TONE, RATE), start_s=9)


def test_audio_saves_itself(tmp_path):
    audio = sl.Audio(TONE, RATE)
    audio.save(tmp_path / "a.wav", gain=0.5)
    sl.save(tmp_path / "b.wav", audio, gain=0.5)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    with pytest.raises(ParameterError, match="would clip"):
        audio.save(tmp_path / "c.wav", gain=9.0)


def test_tensors_are_taken_whatever_they_remember():
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(TONE)
    for value in (
        (tensor.clone().requires_grad_(), RATE),
        (tensor[None], RATE),  # as torchaudio.load gives it
        (RATE, tensor.double()),
        (tensor, torch.tensor(RATE)),
    ):
        np.testing.assert_allclose(as_audio(value).samples[0], TONE, rtol=0, atol=1e-7)
    for dtype in (torch.bfloat16, torch.float16):
        np.testing.assert_allclose(as_audio((tensor.to(dtype), RATE)).samples[0], TONE, rtol=0, atol=4e-3)
    assert as_audio(((tensor * 32767).to(torch.int16), RATE)).notices[0].values["full_scale"] == 32768
    np.testing.assert_array_equal(sl.Audio(tensor.clone().requires_grad_(), RATE).samples[0], TONE)
