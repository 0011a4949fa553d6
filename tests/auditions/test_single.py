"""The whole chain: what an audition holds, what its draws depend on, its gain, its scores, its badges."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from cheap_audition import MASKS, WARP, as_it_was, heard

from specaug_listen import Audio, Draw, Policy, audition, augment, frontends, load, save, vocoders
from specaug_listen.augment import FrequencyMask, TimeMask, TimeSpan, TimeWarp, TrimTail
from specaug_listen.errors import SpecAugListenWarning


def test_an_audition_holds_original_copy_synthesis_and_every_draw(speechlike):
    result = audition(speechlike, policy=MASKS, vocoder="griffinlim", draws=3, rng=0)
    assert [drawn.name for drawn in result.draws] == ["draw-1", "draw-2", "draw-3"]
    assert result.frontend == frontends.WHISPER
    np.testing.assert_array_equal(result.original.samples, speechlike.samples)
    np.testing.assert_array_equal(result.copy_synthesis.samples, vocoders.GriffinLim()(result.mel).samples)
    for drawn in result.draws:
        np.testing.assert_array_equal(drawn.mel.values, drawn.draw.apply(result.mel).values)
        np.testing.assert_array_equal(drawn.audio.samples, vocoders.GriffinLim()(drawn.mel).samples)
        assert drawn.draw.policy == "masks"


def test_the_original_is_the_clip_as_the_front_end_takes_it_in(rng):
    stereo = Audio(rng.uniform(-0.1, 0.1, (2, 44100)), 44100)
    result = heard(stereo)
    assert result.clip is stereo
    expected = stereo.to_mono().resample(16000)
    np.testing.assert_array_equal(result.original.samples, expected.samples)
    assert result.original.sample_rate == result.draws[0].audio.sample_rate == 16000


def test_names_and_the_things_they_name_give_the_same_audition(speechlike):
    by_name = audition(speechlike, frontend="nemo", policy="sm", vocoder="original-phase", rng=3)
    by_thing = audition(speechlike, frontend=frontends.NEMO, policy=augment.SM, vocoder=vocoders.OriginalPhase(), rng=3)
    assert by_name.draws[0].draw == by_thing.draws[0].draw
    np.testing.assert_array_equal(by_name.draws[0].audio.samples, by_thing.draws[0].audio.samples)


def test_the_name_is_the_files_or_the_one_that_is_given(tmp_path, tone):
    save(tmp_path / "second speaker.v2.wav", tone)
    assert heard(load(tmp_path / "second speaker.v2.wav")).name == "second speaker.v2"
    assert heard(load(tmp_path / "second speaker.v2.wav"), name="other").name == "other"
    assert heard(tone).name == "clip"


def draws_of(result):
    return [drawn.draw for drawn in result.draws]


def test_draws_follow_from_the_seed_and_the_samples_and_not_from_the_name(speechlike):
    first = draws_of(heard(speechlike, draws=2, name="a"))
    assert first == draws_of(heard(Audio(speechlike.samples.copy(), 16000), draws=2, name="b"))
    assert first[0] != first[1]
    assert first != draws_of(heard(speechlike, draws=2, rng=8))
    louder = Audio(speechlike.samples * np.float32(1.001), 16000)
    assert [d.steps for d in first] != [d.steps for d in draws_of(heard(louder, draws=2))]


def test_a_clip_has_the_same_draws_whatever_was_auditioned_before_it(speechlike, tone):
    alone = draws_of(heard(speechlike))
    heard(tone)
    np.random.default_rng(7).random(100)
    assert draws_of(heard(speechlike)) == alone


def test_more_draws_begin_with_the_fewer(speechlike):
    two = audition(speechlike, policy=WARP, draws=2, rng=7)
    three = audition(speechlike, policy=WARP, draws=3, rng=7)
    for a, b in zip(two.draws, three.draws, strict=False):
        assert a.draw == b.draw
        np.testing.assert_array_equal(a.audio.samples, b.audio.samples)
    assert len(three.draws) == 3


def test_draws_do_not_depend_on_the_vocoder(speechlike):
    assert draws_of(heard(speechlike)) == draws_of(heard(speechlike, vocoder="original-phase"))


def test_no_seed_gives_fresh_draws_and_writes_their_seed_down(speechlike):
    first, second = (heard(speechlike, rng=None) for _ in range(2))
    assert first.seed != second.seed
    assert draws_of(heard(speechlike, rng=first.seed)) == draws_of(first)


def test_a_generator_is_advanced_so_that_the_next_clip_differs(speechlike):
    generator = np.random.default_rng(1)
    first, second = (heard(speechlike, rng=generator) for _ in range(2))
    assert first.seed != second.seed
    assert heard(speechlike, rng=np.random.default_rng(1)).seed == first.seed


def test_an_audition_leaves_the_clip_and_the_global_generator_alone(speechlike):
    before, state = speechlike.samples.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    audition(speechlike, policy=WARP, rng=0)
    np.testing.assert_array_equal(speechlike.samples, before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_silence_and_full_masks_give_finite_scores_and_sound_and_a_badge(subtests, every_frontend):
    for vocoder in sorted(set(vocoders.VOCODERS) - {"librosa"}):
        with subtests.test(vocoder=vocoder):
            whole = Policy([TimeMask(max_frames=None), FrequencyMask(max_bins=10_000)], "whole")
            silence = Audio(np.zeros(every_frontend.sample_rate // 2), every_frontend.sample_rate)
            for rng in range(3):
                result = audition(silence, frontend=every_frontend, policy=whole, vocoder=vocoder, rng=rng)
                assert "silent: every sample is zero" in result.badges
                assert all(np.isfinite(value) for value in result.scores[0].values() if value is not None)
                assert np.isfinite(result.draws[0].audio.samples).all()
                assert result.draws[0].audio.peak < 1e-2


def test_a_draw_that_masks_everything_gives_finite_sound_and_a_badge(subtests, speechlike, every_frontend):
    for fill in ("mean", "floor", "noise"):
        with subtests.test(fill=fill):
            result = heard(speechlike, frontend=every_frontend)
            mel = result.mel
            whole = Draw(mel.n_mels, mel.n_frames, (TimeSpan(0, mel.n_frames, fill=fill, noise_seed=1),))
            assert "everything is masked" in result.badges_of(replace(result.draws[0], draw=whole))
            for vocoder in (vocoders.Joint(n_iter=2), vocoders.GriffinLim(n_iter=2), vocoders.OriginalPhase()):
                assert np.isfinite(vocoder(whole.apply(mel)).samples).all()


def test_what_was_clamped_is_warned_of_and_badged(tone):
    policy = Policy([TimeWarp(80), FrequencyMask(max_bins=100), TimeMask(max_frames=500)], "too much")
    with pytest.warns(SpecAugListenWarning) as said:
        result = audition(tone, policy=policy, vocoder=as_it_was, rng=0)
    expected = (
        "time_warp did nothing: max_frames=80 needs at least 163 frames, the clip has 100",
        "frequency_mask.max_bins=100 was clamped to the mel's 80 bins",
        "time_mask.max_frames=500 was clamped to the clip's 100 frames",
    )
    assert tuple(str(warning.message) for warning in said) == expected
    assert all(warning.filename == __file__ for warning in said)
    assert result.badges_of(result.draws[0])[:3] == expected


def test_a_policy_that_fits_warns_of_nothing(speechlike):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        heard(speechlike)


def test_a_draw_that_cuts_the_tail_is_heard_and_scored_on_what_is_left(speechlike, tmp_path):
    policy = Policy((TrimTail(20),), "cut", framework="wenet")
    heard = audition(speechlike, frontend="whisper", policy=policy, draws=1, rng=1)
    (drawn,) = heard.draws
    n_cut = drawn.draw.n_trimmed
    assert n_cut > 0
    assert drawn.mel.n_frames == heard.mel.n_frames - n_cut
    assert drawn.audio.n_samples < heard.copy_synthesis.n_samples
    assert heard.score_of(drawn)["log_mel_rmse_db"] == 0
    assert abs(heard.score_of(drawn)["level_change_db"]) < 0.5
    folder = heard.save(tmp_path, channels="before-after")
    written, _ = soundfile.read(folder / "draw-1.wav")
    assert written.shape == (drawn.audio.n_samples, 2)
