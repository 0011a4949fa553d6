"""Each fault gives its finding and no other; a correct pipeline has none; policies have those of their frameworks."""

from __future__ import annotations

import numpy as np
import pytest
from checked import check_of_fault, ids_of, quick_check
from hypothesis import given, settings
from hypothesis import strategies as st
from pipelines import ADAPTER, FAULTS, MONO, Reference

from specaug_listen import Audio
from specaug_listen.augment import Policy, TimeMask, callable_policy
from specaug_listen.checks import check, speech_like
from specaug_listen.custom.adapter import Adapter
from specaug_listen.errors import AudioError, ParameterError

SEEDS = st.integers(0, 2**53 - 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_no_other(fault):
    _, expected, _ = FAULTS[fault]
    assert check_of_fault(fault).report.ids == (expected,)


def test_a_clean_pipeline_has_no_finding_in_a_process_of_its_own():
    result = check(Reference(), adapter=ADAPTER, frontend="whisper", draws=100)
    assert result.findings == ()
    assert result.is_clean
    assert str(result).endswith(f"Reference on whisper: nothing found in {result.report.n_draws} draws")


@pytest.mark.parametrize("frontend", ["lhotse", "nemo", "librosa", "hifigan"])
def test_a_clean_pipeline_has_no_finding_on_any_front_end(frontend):
    assert ids_of(Reference(), frontend=frontend) == ()


@pytest.mark.slow
@settings(max_examples=25)
@given(st.sampled_from(sorted(FAULTS)), SEEDS)
def test_what_is_found_does_not_depend_on_the_seed(fault, seed):
    make, expected, options = FAULTS[fault]
    assert check(make(), rng=seed, **({"adapter": ADAPTER, "draws": 100} | options)).report.ids == (expected,)


@pytest.mark.slow
@settings(max_examples=8)
@given(SEEDS)
def test_a_clean_pipeline_has_no_finding_under_any_seed(seed):
    assert check(Reference(), adapter=ADAPTER, draws=100, rng=seed).findings == ()


def test_the_same_seed_gives_the_same_report():
    again = quick_check(FAULTS["in-padding"][0](), adapter=ADAPTER)
    assert again.report == check_of_fault("in-padding").report


def test_the_global_state_of_numpy_is_as_it_was_before():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    ids_of(Reference())
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_a_pipeline_with_channels_is_clean():
    class OfChannels(Reference):
        def __call__(self, mels, lengths):
            return super().__call__(mels[:, 0], lengths)[:, np.newaxis].repeat(mels.shape[1], axis=1)

    assert ids_of(OfChannels(), adapter=MONO) == ()


def test_frames_may_come_before_bins():
    class Turned(Reference):
        def __call__(self, mels, lengths):
            return super().__call__(mels.swapaxes(1, 2), lengths).swapaxes(1, 2)

    turned = Adapter(axes="batch, frames, bins", container="numpy", lengths="frames")
    assert ids_of(Turned(), adapter=turned) == ()


def test_a_function_of_one_mel_is_guessed_and_said():
    def one(mel):
        return Reference()(mel[np.newaxis], [mel.shape[1]])[0]

    result = quick_check(one)
    assert result.findings == ()
    assert "was given (bins, frames) as float32 of numpy" in result.report.notes[0]


def test_a_pipeline_that_fails_on_everything_is_bad_usage():
    def fails(mels, lengths):
        raise KeyError("feat")

    with pytest.raises(ParameterError, match=r"fails on every clip: KeyError: 'feat' \(test_checker.py, line \d+\)$"):
        ids_of(fails)


def test_the_clips_of_the_user_are_taken():
    clips = [("long", speech_like(3.0, 16000)), ("short", speech_like(0.7, 16000))]
    report = quick_check(FAULTS["long-only"][0](), adapter=ADAPTER, clips=clips).report
    assert report.clips == {"short": 70, "long": 300}
    assert report.ids == ("warp-skipped",)
    assert "short (70 frames)" in report.findings[0].evidence


def test_clips_at_another_rate_are_resampled():
    report = quick_check(Reference(), adapter=ADAPTER, clips=[speech_like(1.0, 44100)]).report
    assert report.clips == {"clip 1": 100}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 99}, r"draws=99: allowed is a whole number from 100 to 100000"),
        ({"draws": True}, "draws=True"),
        ({"share": 0.0}, r"share=0.0: expected a number in \(0, 1\]"),
        ({"max_time_share": 1.5}, r"max_time_share=1.5: expected a number in \(0, 1\]"),
        ({"ignore": ["fil-loud"]}, "ignore='fil-loud': no such finding; did you mean 'fill-loud'"),
        ({"rng": -1}, "rng=-1"),
        ({"frontend": "wisper"}, "did you mean 'whisper'"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        check(Reference(), **({"adapter": ADAPTER} | options))


def test_of_long_clips_the_first_minute_is_taken_and_of_many_some():
    clips = [speech_like(0.2 + 0.01 * i, 16000) for i in range(20)] + [speech_like(70.0, 16000)]
    lengths = check("none", clips=clips, draws=100).report.clips
    assert len(lengths) == 12
    assert (min(lengths.values()), max(lengths.values())) == (20, 6000)


def test_a_clip_below_a_window_is_refused():
    with pytest.raises(AudioError, match="100 samples are less than one window"):
        check(Reference(), clips=[Audio(np.zeros(100), 16000)])


def test_a_policy_of_more_than_a_callable_is_refused():
    theirs = callable_policy(lambda mel: mel).transforms
    with pytest.raises(ParameterError, match="callables are checked one at a time"):
        check(Policy((*theirs, TimeMask())))


# What the reference document has read in the sources and measured.
POLICIES = {
    ("espnet-conformer", "lhotse"): {
        "zero-fill-in-log", "masks-in-padding", "end-bins-unmasked", "end-frames-unmasked", "short-clip-mostly-masked",
    },
    ("icefall", "lhotse"): {
        "masks-in-padding", "padding-in-fill", "end-bins-unmasked", "end-frames-unmasked", "warp-skipped",
    },
    ("LD", "whisper"): {"end-bins-unmasked", "end-frames-unmasked", "short-clip-mostly-masked", "warp-skipped"},
    ("none", "whisper"): {"nothing-applied"},
}  # fmt: skip


@pytest.mark.parametrize(("policy", "frontend"), POLICIES)
def test_a_framework_s_policy_has_what_is_known_of_it(policy, frontend):
    assert set(quick_check(policy, frontend=frontend, draws=700).report.ids) == POLICIES[policy, frontend]
