"""What can be varied, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specaug_listen import augment
from specaug_listen._records import from_plain
from specaug_listen.auditions import Configuration
from specaug_listen.augment import FrequencyMask, Policy, TimeMask, TimeWarp
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import NEMO, WHISPER
from specaug_listen.sweeps import Axis, read_axes
from specaug_listen.sweeps.axes import differing_part, with_values
from specaug_listen.vocoders import GriffinLim, Joint

RUN = Configuration(WHISPER, augment.SM, Joint(), 1, 0)


def test_texts_are_read(subtests):
    for text, key, values in [
        ("time_mask.max_frames=10,40,100", "time_mask.max_frames", (10, 40, 100)),
        (" fill = mean , floor,-4.5", "fill", ("mean", "floor", -4.5)),
        ("time_mask.max_frames=null,10", "time_mask.max_frames", (None, 10)),
        ("policy=LB", "policy", ("LB",)),
        ("vocoder=joint:quality=best", "vocoder", ("joint:quality=best",)),
    ]:
        with subtests.test(text=text, key=key, values=values):
            assert read_axes([text]) == (Axis(key, values),)


def test_a_mapping_may_hold_presets_themselves():
    assert read_axes({"frontend": [WHISPER, NEMO], "policy": augment.LB}) == (
        Axis("frontend", ("whisper", "nemo")),
        Axis("policy", ("LB",)),
    )
    assert read_axes({"vocoder": [GriffinLim(n_iter=3), Joint(quality="best")]})[0].values == (
        "griffinlim:n_iter=3",
        "joint:quality=best",
    )
    assert read_axes({"time_mask.max_frames": np.arange(1, 4)})[0].values == (1, 2, 3)
    assert read_axes({"time_mask.max_frames": range(2)})[0].values == (0, 1)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ([], "nothing to vary: expected KEY=VALUE"),
        (["time_mask"], "--vary time_mask: expected KEY=VALUE"),
        (["=3"], "--vary =3: expected KEY=VALUE"),
        (["fill="], "--vary fill=: expected KEY=VALUE"),
        (["fill=mean,,floor"], "expected KEY=VALUE"),
        (["fill=mean", "fill=floor"], "fill is varied twice"),
        (["fill=mean,mean"], "a value is repeated"),
        (["probability=1,1.0"], "a value is repeated"),
        ({"frontend": [replace(WHISPER, n_mels=40)]}, "'whisper' differs from the preset of that name"),
        ({"policy": [Policy([TimeWarp(3)], "LD")]}, "'LD' differs from the preset of that name"),
        ({"vocoder": [lambda mel: mel.audio]}, "vocoder: "),
        ({"fill": []}, r"values=\[\]: tuple should have"),
        ({"fill": [[1]]}, "fill: "),
        ({"fill": list(range(51))}, "fill: "),
    ],
    ids=lambda given: str(given)[:25],
)
def test_what_is_no_axis_is_refused_in_one_line(given, match):
    with pytest.raises(ParameterError, match=match) as caught:
        read_axes(given)
    assert "\n" not in str(caught.value)


def test_values_change_what_they_name_and_nothing_else():
    changed = with_values(RUN, {"time_mask.max_frames": 7, "frequency_mask.count": 5, "time_warp.max_frames": 3}).policy
    assert changed.transforms == (
        TimeWarp(3),
        FrequencyMask(count=5, max_bins=15),
        TimeMask(count=2, max_frames=7, max_ratio=0.2),
    )
    assert changed.name == augment.SM.name
    assert RUN.policy == augment.SM


def test_a_fill_is_that_of_all_masks():
    assert [t.fill for t in with_values(RUN, {"fill": "floor"}).policy.transforms[1:]] == ["floor", "floor"]


def test_names_take_the_place_of_whole_parts():
    changed = with_values(
        RUN, {"frontend": "nemo", "vocoder": "griffinlim:n_iter=3", "policy": "LB", "probability": 0.5}
    )
    assert changed.frontend == NEMO
    assert changed.vocoder == GriffinLim(n_iter=3)
    assert changed.policy.transforms == augment.LB.transforms
    assert changed.policy.probability == 0.5


@pytest.mark.parametrize("keys", [["time_mask.max_frames", "policy"], ["policy", "time_mask.max_frames"]])
def test_a_policy_is_chosen_before_its_numbers_are_changed(keys):
    values = {"policy": "LB", "time_mask.max_frames": 9}
    changed = with_values(RUN, {key: values[key] for key in keys}).policy
    assert changed.transforms[-1] == TimeMask(count=1, max_frames=9, max_ratio=1.0)


def test_a_framework_converts_and_its_masks_take_the_papers_names():
    changed = with_values(RUN, {"framework": "espnet", "time_mask.max_frames": 33}).policy
    assert changed.framework == "espnet"
    (mask,) = (t for t in changed.transforms if getattr(t, "axis", "") == "time")
    assert mask.max_width == 33
    assert with_values(RUN, {"framework": "paper"}).policy == augment.SM


def test_parameters_of_vocoder_and_front_end_can_be_varied():
    changed = with_values(RUN, {"vocoder.n_iter": 4, "frontend.n_mels": 40})
    assert (changed.vocoder.n_iter, changed.frontend.n_mels) == (4, 40)


def test_what_cannot_be_varied_is_refused_in_one_line(subtests):
    for key, value, match in [
        ("time_mask.max_frame", 3, r"time_mask.max_frame=3: unknown parameter; did you mean 'max_frames'\?"),
        ("time_mask", 3, "policy 'SM' has no 'time_mask'"),
        ("time_mask.max_frames", -1, "max_frames=-1: should be"),
        ("time_mask.max_frames", "wide", "max_frames='wide'"),
        ("tim_mask.count", 1, "policy 'SM' has no 'tim_mask.count'"),
        ("cutout.count", 1, "policy 'SM' has no 'cutout.count'"),
        ("fill", "loud", "fill='loud'"),
        ("probability", 2, "probability=2"),
        ("policy", 3, "policy=3: allowed is a name"),
        ("policy", "LX", "unknown policy 'LX'"),
        ("vocoder", "gl", "unknown vocoder 'gl'"),
        ("vocoder.n_iter", -1, "n_iter=-1"),
        ("vocoder.iterations", 3, "unknown parameter"),
        ("frontend", "wisper", "did you mean 'whisper'"),
        ("frontend.n_mels", 5000, "n_mels=5000"),
        ("framework", "kaldi", "unknown framework"),
    ]:
        with subtests.test(key=key, value=value, match=match):
            with pytest.raises(ParameterError, match=match) as caught:
                with_values(RUN, {key: value})
            assert "\n" not in str(caught.value)


def test_a_policy_without_masks_has_no_fill():
    with pytest.raises(ParameterError, match="policy 'warp' has no 'fill'"):
        with_values(Configuration(WHISPER, Policy([TimeWarp(5)], "warp"), Joint(), 1, 0), {"fill": "mean"})


def test_the_former_name_of_an_axis_is_read_from_texts_and_records():
    (axis,) = read_axes(["dialect=espnet,nemo"])
    assert (
        axis
        == Axis("framework", ("espnet", "nemo"))
        == from_plain(Axis, {"key": "dialect", "values": ["espnet", "nemo"]})
    )


def test_the_same_thing_under_two_names_is_repeated(subtests, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.yaml").write_text("")
    (tmp_path / "two.yaml").symlink_to("one.yaml")
    for text in (
        "policy=LD,SM,ld",
        "policy=one.yaml,./one.yaml",
        "policy=one.yaml,two.yaml",
        "frontend=whisper,Whisper",
        "vocoder=joint,JOINT",
    ):
        with subtests.test(text=text), pytest.raises(ParameterError, match=r"is repeated: it is the same as .*once$"):
            read_axes([text])
    assert read_axes(["policy=LD,LB", "fill=mean,floor"])


def test_a_cell_is_the_run_with_its_values_and_nothing_else(subtests):
    for values, changes, part in [
        ({"T": 9}, {}, None),
        ({"T": 9}, {"policy": augment.SM.with_parameters(F=5, T=9)}, "policy"),
        ({"T": 9}, {"frontend": NEMO}, "front-end"),
        ({"vocoder": "griffinlim"}, {"vocoder": GriffinLim(momentum=0.5)}, "vocoder"),
        ({"vocoder.n_iter": 9}, {"vocoder": Joint(quality="best", n_iter=9)}, "vocoder"),
        ({"policy": "LB", "T": 9}, {}, None),
        ({"policy": "LB"}, {"policy": replace(augment.LB, probability=0.5)}, "policy"),
        ({"policy": "LB"}, {"vocoder": GriffinLim()}, "vocoder"),
        ({"policy": "mine.yaml", "T": 9}, {"policy": augment.LD.with_parameters(T=9)}, None),
        ({"policy": "mine.yaml"}, {"vocoder": GriffinLim()}, "vocoder"),
        ({"frontend": "mine.yaml"}, {"frontend": NEMO}, None),
        ({"frontend": "mine.yaml"}, {"policy": augment.LB}, "policy"),
        ({"vocoder": "mine.yaml"}, {"vocoder": GriffinLim()}, None),
        ({"frontend.hop_length": 200}, {"frontend": replace(NEMO, hop_length=200)}, "front-end"),
        ({"framework": "espnet"}, {}, None),
        ({"framework": "espnet"}, {"policy": replace(augment.LB, framework="espnet")}, "policy"),
    ]:
        with subtests.test(values=values, changes=changes):
            readable = {key: value for key, value in values.items() if value != "mine.yaml"}
            cell = replace(with_values(RUN, readable), **changes)
            assert differing_part(RUN, values, cell) == part


def test_presets_of_another_version_are_not_compared_but_all_else_is():
    cell = replace(RUN, policy=replace(augment.LB, probability=0.5), frontend=NEMO)
    values = {"policy": "LB", "frontend": "nemo"}
    assert differing_part(RUN, values, cell) == "policy"
    assert differing_part(RUN, values, cell, is_same_version=False) is None
    assert differing_part(RUN, values, replace(cell, vocoder=GriffinLim()), is_same_version=False) == "vocoder"
