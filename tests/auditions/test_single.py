"""The whole chain: what an audition holds, what its draws depend on, its gain, its scores, its badges."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from specaug_listen import Audio, Draw, Policy, audition, augment, frontends, load, save, vocoders
from specaug_listen.auditions import render
from specaug_listen.augment import FrequencyMask, TimeMask, TimeSpan, TimeWarp, TrimTail
from specaug_listen.errors import AudioError, ParameterError, SpecAugListenWarning

MASKS = Policy([FrequencyMask(count=2, max_bins=20), TimeMask(count=2, max_frames=40)], "masks")
WARP = Policy([TimeWarp(10), *MASKS.transforms], "warp")


def as_it_was(mel) -> Audio:
    """A vocoder that costs nothing: the clip, whatever the mel."""
    return mel.audio


def half_where_masked(mel) -> Audio:
    """The clip at half its level where the mel is not the clip's own."""
    untouched = np.array_equal(mel.values, mel.frontend(mel.audio).values)
    return mel.audio if untouched else replace(mel.audio, samples=mel.audio.samples / 2)


def heard(clip: Audio, **more):
    return audition(clip, **{"policy": WARP, "vocoder": as_it_was, "rng": 7, **more})


# -- structure ------------------------------------------------------------------------------------------


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


def test_a_wrong_argument_is_refused_in_one_line(subtests, tone):
    for wrong, message in [
        ({"frontend": "wisper"}, "unknown front-end 'wisper'; did you mean 'whisper'"),
        ({"policy": "LDD"}, "unknown policy 'LDD'; did you mean 'LD'"),
        ({"vocoder": "griffin-lim"}, "unknown vocoder 'griffin-lim'; did you mean 'griffinlim'"),
        ({"vocoder": 5}, "vocoder=5: expected a name or a callable from MelSpectrogram to Audio"),
        ({"frontend": 5}, "front.?end.*5"),
        ({"policy": 5}, "policy.*5"),
        ({"draws": 0}, r"draws=0: allowed is a whole number from 1 to 1000"),
        ({"draws": 1001}, r"draws=1001: allowed is a whole number from 1 to 1000"),
        ({"draws": 1.0}, r"draws=1\.0: allowed is a whole number"),
        ({"draws": True}, "draws=True: allowed is a whole number"),
        ({"rng": -1}, r"rng=-1: expected an integer in \[0, 2\*\*53\)"),
        ({"rng": "0"}, "rng='0': expected an integer"),
    ]:
        with subtests.test(wrong=wrong, message=message):
            with pytest.raises(ParameterError, match=message) as caught:
                heard(tone, **wrong)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("clip", [np.zeros(16000), object(), None], ids=["array", "object", "none"])
def test_what_is_no_audio_is_refused_with_the_way_to_make_one(clip):
    with pytest.raises(ParameterError, match=r"audio is .*\(samples, sample_rate\)"):
        heard(clip)


def test_a_clip_shorter_than_a_window_is_refused():
    with pytest.raises(AudioError, match=r"100 samples are less than one window of the front-end .* use a longer clip"):
        heard(Audio(np.zeros(100), 16000))


def test_the_name_is_the_files_or_the_one_that_is_given(tmp_path, tone):
    save(tmp_path / "second speaker.v2.wav", tone)
    assert heard(load(tmp_path / "second speaker.v2.wav")).name == "second speaker.v2"
    assert heard(load(tmp_path / "second speaker.v2.wav"), name="other").name == "other"
    assert heard(tone).name == "clip"


# -- draws ----------------------------------------------------------------------------------------------


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


# -- vocoders -------------------------------------------------------------------------------------------


def test_any_callable_from_mel_to_audio_is_a_vocoder(tone):
    result = heard(tone, vocoder=lambda mel: Audio(np.zeros(mel.n_samples), mel.frontend.sample_rate))
    assert result.draws[0].audio.peak == result.copy_synthesis.peak == 0.0


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (lambda mel: mel.audio.samples, "<class 'numpy.ndarray'>"),
        (lambda mel: None, "<class 'NoneType'>"),
        (lambda mel: Audio(np.zeros(mel.n_samples - 1), 16000), "15999 samples at 16000 Hz"),
        (lambda mel: Audio(np.zeros(mel.n_samples), 8000), "16000 samples at 8000 Hz"),
    ],
    ids=["array", "none", "short", "rate"],
)
def test_what_a_vocoder_gives_is_checked(tone, wrong, got):
    with pytest.raises(ParameterError, match=f"the vocoder gave {got}: expected Audio of 16000 samples at 16000 Hz"):
        heard(tone, vocoder=wrong)


def test_a_vocoder_that_gives_two_channels_is_refused(tone):
    mel = frontends.WHISPER(tone)
    with pytest.raises(ParameterError, match=r"the vocoder gave .*channel"):
        render(mel, lambda mel: Audio(np.zeros((2, mel.n_samples)), 16000))


# -- gain -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loud_one", ["original", "copy-synthesis", "draw"])
def test_one_gain_keeps_the_loudest_rendering_from_clipping(tone, loud_one):
    factor = 4.0 if loud_one != "original" else 0.1

    def vocoder(mel):
        untouched = np.array_equal(mel.values, frontends.WHISPER(mel.audio).values)
        is_loud = untouched == (loud_one == "copy-synthesis")
        return replace(mel.audio, samples=mel.audio.samples * np.float32(factor if is_loud else 0.5))

    clip = Audio(tone.samples * np.float32(4.0 if loud_one == "original" else 1.0), 16000)
    result = heard(clip, vocoder=vocoder, policy=MASKS)
    peaks = [result.original.peak, result.copy_synthesis.peak, *(d.audio.peak for d in result.draws)]
    assert max(peaks) == pytest.approx(2.0, rel=1e-3)
    assert 0.999 < result.gain * max(peaks) <= 32767 / 32768 + 1e-9
    assert any(badge.startswith("quieter by 6.0 dB") for badge in result.badges)


def test_nothing_is_made_louder_and_nothing_is_said_where_nothing_clips(tone):
    result = heard(Audio(tone.samples / 100, 16000))
    assert result.gain == 1.0
    assert [notice.kind for notice in result.notices] == ["empty-bins"]  # a tone fills few
    assert result.badges == (result.notices[0].text,)


# -- scores ---------------------------------------------------------------------------------------------


def test_scores_are_what_a_hand_computes_from_the_draw_and_the_renderings(speechlike):
    result = heard(speechlike, vocoder=half_where_masked, draws=4)
    assert [row["draw"] for row in result.scores] == [1, 2, 3, 4]
    for row, drawn in zip(result.scores, result.draws, strict=True):
        bins, frames, shifts = set(), set(), []
        for step in drawn.draw.steps:
            if step.kind == "frequency_mask":
                bins |= set(range(step.start_bin, step.start_bin + step.n_bins))
            elif step.kind == "time_mask":
                frames |= set(range(step.start_frame, step.start_frame + step.n_frames))
            else:
                shifts.append(step.displacement_frames)
        covered = {(b, f) for b in range(80) for f in range(120) if b in bins or f in frames}
        runs = "".join("x" if f in frames else " " for f in range(120)).split()
        warped = replace(drawn.draw, steps=drawn.draw.warps).apply(result.mel)
        floor_db = warped.db.max() - 80
        change = np.maximum(drawn.mel.db, floor_db) - np.maximum(warped.db, floor_db)
        fills = [step.fill_level.vs_p95_db for step in drawn.draw.steps if getattr(step, "fill_level", None)]
        assert row["masked_frequency_ratio"] == pytest.approx(len(bins) / 80, abs=1e-4)
        assert row["masked_time_ratio"] == pytest.approx(len(frames) / 120, abs=1e-4)
        assert row["masked_area_ratio"] == pytest.approx(len(covered) / 9600, abs=1e-4)
        assert row["longest_gap_ms"] == pytest.approx(10 * max(map(len, runs), default=0))
        assert row["warp_displacement_ms"] == pytest.approx(10 * sum(shifts))
        assert row["log_mel_rmse_db"] == pytest.approx(np.sqrt(np.mean(change**2)), abs=2e-3)
        assert row["level_change_db"] == pytest.approx(-6.0206, abs=1e-3)
        assert row["peak_change_db"] == pytest.approx(-6.0206, abs=1e-3)
        assert row["loudest_fill_vs_p95_db"] == pytest.approx(max(fills), abs=1e-4)


def test_a_policy_that_does_nothing_scores_no_change(speechlike):
    (row,) = audition(speechlike, policy="none", rng=0).scores
    assert "loudest_fill_vs_p95_db" not in row
    assert {value for key, value in row.items() if key not in ("draw", "stoi", "pesq")} == {0.0}


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


# -- warnings and words ---------------------------------------------------------------------------------


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


def test_a_draw_left_alone_by_its_probability_is_badged(tone):
    result = heard(tone, policy=Policy([TimeMask()], "never", probability=0.0))
    assert any("not applied" in badge for badge in result.badges_of(result.draws[0]))
    np.testing.assert_array_equal(result.draws[0].mel.values, result.mel.values)


def test_clipped_and_constant_clips_are_badged():
    seconds = np.arange(16000) / 16000
    clipped = heard(Audio(np.clip(3 * np.sin(2 * np.pi * 220 * seconds), -1, 1), 16000))
    assert any(badge.startswith("clipped: ") and "samples at full scale" in badge for badge in clipped.badges)
    constant = heard(Audio(np.full(16000, 0.25), 16000))
    assert "constant: every sample is 0.25 (DC only)" in constant.badges
    two_constants = heard(Audio(np.stack([np.full(16000, 0.1), np.full(16000, 0.2)]), 16000))
    assert any("constant" in badge for badge in two_constants.badges)


def test_an_audition_reads_well_and_briefly(speechlike):
    result = heard(speechlike, draws=2, name="speech")
    first, *others = str(result).splitlines()
    assert first == "Audition of 'speech' (1.20 s): warp on whisper (it is the default), seed 7"
    assert [line.split(":")[0] for line in others if "draw-" in line] == ["  draw-1", "  draw-2"]
    assert f"time masked {result.scores[0]['masked_time_ratio']:.0%}" in others[0]
    assert len(repr(result)) < 3000
    assert "array(" not in repr(result)


def test_in_a_notebook_an_audition_is_its_players_and_pictures(speechlike):
    html = heard(speechlike, draws=2, name="<b>speech</b>")._repr_html_()
    assert html.count("<audio") == html.count("<image") == 4
    assert "&amp;lt;b&amp;gt;speech&amp;lt;/b&amp;gt;" in html  # a frame escapes the page, which has escaped the name
    assert "<b>" not in html


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
