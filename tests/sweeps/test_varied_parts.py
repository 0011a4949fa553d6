"""What is varied and what is the same: two lists, and nothing is in both."""

from __future__ import annotations

import itertools
import re

import pytest
from cheap_audition import FAST, STEADY

from specaug_listen import augment, sweep
from specaug_listen.sweeps.cell_draws import key_in_words, read_cells
from specaug_listen.sweeps.records import read_sweep
from specaug_listen.sweeps.varied_parts import fixed_facts, frontend_lines, varied_facts


def facts_of(made, folder):
    made.save(folder)
    record = read_sweep(folder)
    return varied_facts(record), dict(fixed_facts(record, read_cells(record, folder))), frontend_lines(record)


def test_what_is_varied_is_not_called_the_same(subtests, speechlike, tmp_path):
    masks = "2; 0 to 27 bins; start anywhere but the last position; filled with the mean of the clip"
    cases = [
        ({"F": [8, 31]}, {"frequency masks": masks.replace(" 0 to 27 bins;", "")}, "27|31"),
        ({"frequency_mask.count": [1, 3]}, {"frequency masks": masks.removeprefix("2; ")}, "count"),
        ({"fill": ["floor", "noise"]}, {"frequency masks": masks.partition("; filled")[0]}, "filled|floor|noise"),
        ({"probability": [0.5, 0.9]}, {"policy": "steady, but for what is varied"}, "probability|0.5|0.9"),
        ({"policy": ["SM", "LB"]}, {}, "policy|masks|framework|LB"),
        ({"framework": ["espnet", "nemo"]}, {"policy": "SM, but for what is varied"}, "framework|espnet|nemo"),
        ({"frontend": ["whisper", "nemo"]}, {"of the front-ends": "80 slaney bins, 16000 Hz, hop 160"}, "whisper|nemo"),
        ({"frontend.n_mels": [40, 80]}, {"of the front-ends": "16000 Hz, n_fft 400, hop 160"}, "40 |80 |n_mels"),
        ({"vocoder": ["griffinlim:n_iter=1", "original-phase"]}, {}, "vocoder|griffinlim"),
        ({"vocoder.n_iter": [1, 2]}, {"vocoder": "griffinlim"}, "n_iter"),
    ]
    for number, (vary, expected, absent) in enumerate(cases):
        with subtests.test(vary=str(vary)):
            policy = "SM" if "framework" in vary else STEADY
            made = sweep(speechlike.part(0, 0.3), vary=vary, policy=policy, vocoder=FAST, rng=0)
            varied, fixed, _ = facts_of(made, tmp_path / f"{number}")
            ((key, values),) = vary.items()
            assert (key_in_words(key), ", ".join(map(str, values))) in varied
            assert {name: fixed.get(name) for name in expected} == expected
            assert not re.search(rf"\b({absent})", " | ".join(itertools.chain(*fixed.items())))


def test_parts_of_a_width_that_stay_are_listed(speechlike, tmp_path):
    made = sweep(speechlike.part(0, 0.3), vary={"T": [5, 9]}, policy=augment.SM, vocoder=FAST, rng=0)
    _, fixed, _ = facts_of(made, tmp_path / "out")
    assert fixed["time masks"].endswith("; max_ratio 0.2")
    assert fixed["seed"] == "0, so each cell draws the same random numbers"


def test_a_bound_that_bounds_nothing_is_not_listed(speechlike, tmp_path):
    made = sweep(speechlike.part(0, 0.3), vary={"T": [5, 9]}, policy="LD", vocoder=FAST, rng=0)
    _, fixed, _ = facts_of(made, tmp_path / "out")
    assert "max_ratio" not in fixed["time masks"]


def test_a_parameter_in_the_name_of_the_policy_is_not_shown_as_the_same(speechlike, tmp_path):
    made = sweep(speechlike.part(0, 0.3), vary={"T": [5, 9]}, policy="SM,T=33", vocoder=FAST, rng=0)
    _, fixed, _ = facts_of(made, tmp_path / "out")
    assert fixed["policy"] == "SM, but for what is varied"
    assert "33" not in str(fixed)


@pytest.mark.parametrize("frontend", [None, "whisper"])
def test_front_ends_of_policies_are_varied_unless_the_user_names_one(speechlike, tmp_path, frontend):
    vary = {"policy": ["LD", "nemo-conformer"]}
    made = sweep(speechlike.part(0, 0.3), vary=vary, vocoder=FAST, rng=0, frontend=frontend)
    varied, fixed, lines = facts_of(made, tmp_path / "out")
    assert (("front-end", "each policy's own") in varied) == (frontend is None) == ("front-end" not in fixed)
    assert bool(lines) == (frontend is None)
    if lines:
        assert lines[1].startswith("policy nemo-conformer on nemo")
