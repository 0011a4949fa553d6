"""Vocoders by name."""

from __future__ import annotations

import pytest

from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.vocoders import VOCODERS, GriffinLim, Joint, Librosa, OriginalPhase, get_vocoder


def test_a_name_stands_for_its_vocoder_with_defaults(subtests):
    for name, kind in [
        ("joint", Joint),
        ("griffinlim", GriffinLim),
        ("original-phase", OriginalPhase),
        ("librosa", Librosa),
    ]:
        with subtests.test(name=name, kind=kind):
            assert get_vocoder(name) == kind()
            assert get_vocoder(name).kind == name


def test_every_vocoder_is_known_by_its_kind():
    assert [vocoder.kind for vocoder in VOCODERS.values()] == list(VOCODERS)
    assert next(iter(VOCODERS)) == "joint"


def test_a_vocoder_stands_for_itself():
    mine = Joint(n_iter=3)
    assert get_vocoder(mine) is mine


def test_an_unknown_name_is_refused_with_the_nearest_one(subtests):
    for name, hint in [("jiont", "'joint'"), ("Griffin-Lim", "'griffinlim'"), ("original_phase", "'original-phase'")]:
        with (
            subtests.test(name=name, hint=hint),
            pytest.raises(ParameterError, match=rf"unknown vocoder '{name}'; did you mean {hint}\? \(allowed: griff"),
        ):
            get_vocoder(name)


def test_a_path_with_nothing_there_is_a_missing_file(tmp_path):
    with pytest.raises(PolicyError, match=r"nofile: the contract file cannot be read \(No such file"):
        get_vocoder(str(tmp_path / "nofile"))


def test_a_name_like_no_other_gets_no_suggestion():
    with pytest.raises(
        ParameterError,
        match=r"'xyz' \(allowed: griffinlim, joint, librosa, original-phase, or a .yaml file for a neural one\)",
    ):
        get_vocoder("xyz")


def test_every_vocoder_gives_a_mono_clip_of_the_same_length_and_rate(speechlike, every_frontend, subtests):
    for name in VOCODERS:
        with subtests.test(name=name):
            mel = every_frontend(speechlike)
            heard = get_vocoder(name)(mel)
            assert heard.samples.shape == mel.audio.samples.shape
            assert heard.sample_rate == every_frontend.sample_rate
            assert heard.rms_db == pytest.approx(mel.audio.rms_db, abs=3)


def test_no_vocoder_changes_its_mel(speechlike, subtests):
    for name in VOCODERS:
        with subtests.test(name=name):
            from specaug_listen.frontends import WHISPER

            mel = WHISPER(speechlike)
            before = mel.values.tobytes(), mel.audio.samples.tobytes()
            get_vocoder(name)(mel)
            assert (mel.values.tobytes(), mel.audio.samples.tobytes()) == before


def test_a_parameter_out_of_range_is_refused_with_what_is_allowed(subtests):
    for kind, field, value, rule in [
        (Joint, "n_iter", -1, "greater than or equal to 0"),
        (Joint, "n_iter", 1.5, "a valid integer"),
        (Joint, "start", "zero", "'auto', 'spsi' or 'random'"),
        (Joint, "seed", 2**53, "less than or equal to 9007199254740991"),
        (GriffinLim, "n_iter", 10_001, "less than or equal to 10000"),
        (GriffinLim, "momentum", 1.0, "less than 1"),
        (GriffinLim, "momentum", -0.1, "greater than or equal to 0"),
        (GriffinLim, "magnitude", "lstsq", "'pinv' or 'nnls'"),
        (GriffinLim, "refine", 1, "a valid boolean"),
        (GriffinLim, "seed", -1, "greater than or equal to 0"),
        (Librosa, "seed", 2**32, "less than 4294967296"),
        (OriginalPhase, "max_gain_db", -1.0, "greater than or equal to 0"),
        (OriginalPhase, "max_gain_db", float("nan"), "less than or equal to 120"),
        (OriginalPhase, "seed", -1, "greater than or equal to 0"),
    ]:
        refusal = rf"^{kind.__name__}: {field}=.*: should be {rule}"
        with subtests.test(kind=kind, field=field, value=value), pytest.raises(ParameterError, match=refusal):
            kind(**{field: value})


def test_an_unknown_first_phase_is_refused(subtests):
    for init in ["zeros", 3, None]:
        refusal = rf"^GriffinLim: init={init!r}: should be 'random' or 'original', or"
        with subtests.test(init=init), pytest.raises(ParameterError, match=refusal):
            GriffinLim(init=init)


def test_parameters_may_stand_behind_a_name():
    assert get_vocoder("joint:quality=best,n_iter=7") == Joint(quality="best", n_iter=7)
    assert get_vocoder("griffinlim: n_iter = 3 ") == GriffinLim(n_iter=3)


def test_parameters_that_are_none_are_refused_in_one_line(subtests):
    for name, match in [
        ("joint:", "expected NAME:KEY=VALUE"),
        ("joint:n_iter", "expected NAME:KEY=VALUE"),
        ("joint:n_iter=", "expected NAME:KEY=VALUE"),
        ("joint:n_iter=1, n_iter=2", "n_iter is given twice; give it once"),
        ("joint:n_iter=-1", "n_iter=-1: should be greater than or equal to 0"),
        ("joint:n_iter=many", "n_iter='many'"),
        ("joint:iterations=3", "iterations"),
        ("joint:kind=librosa", "kind"),
        ("jont:n_iter=3", "unknown vocoder"),
    ]:
        with subtests.test(name=name, match=match):
            with pytest.raises(ParameterError, match=match) as caught:
                get_vocoder(name)
            assert "\n" not in str(caught.value)
