"""Fills that are louder than the clip, and zeros in scales in which 0 is an arbitrary level."""

from __future__ import annotations

from checked import ids_of
from pipelines import FAULTS

from specaug_listen.augment import FrequencyMask, Policy
from specaug_listen.checks import check
from specaug_listen.custom.adapter import Adapter


def test_a_zero_is_no_fault_where_it_is_the_mean():
    assert ids_of(FAULTS["zero"][0](), frontend="nemo") == ()


def test_a_zero_is_no_fault_where_it_is_silence():
    assert ids_of(FAULTS["zero"][0](), frontend="librosa") == ()


def test_a_zero_is_a_fault_in_decibels_that_an_adapter_asks_for():
    decibels = Adapter(axes="batch, bins, frames", container="numpy", lengths="frames", scale="db")
    assert "zero-fill-in-log" in ids_of(FAULTS["zero"][0](), frontend="librosa", adapter=decibels)


def test_a_fill_in_a_policy_is_loud():
    loud = Policy((FrequencyMask(2, 20, fill=3.0),), "loud")
    assert check(loud).report.ids == ("fill-loud", "end-bins-unmasked")
