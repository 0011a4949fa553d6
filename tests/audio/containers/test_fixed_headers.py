"""Containers with a header of fixed form, which may hold a length: PAF, IRCAM, PVF and AVR."""

from __future__ import annotations

import struct

import pytest
from readings import RATE, assert_whole, encoded, heard

from specaug_listen.errors import AudioError


@pytest.mark.parametrize("container", ["PAF", "IRCAM", "PVF"])
def test_a_container_without_a_length_is_read_to_its_end(tmp_path, container):
    whole = encoded(container=container, subtype="PCM_16")
    assert_whole(tmp_path, whole, kinds=("open-length",))
    samples, notices = heard(tmp_path, whole[: len(whole) // 2 // 2 * 2])
    assert 0 < len(samples) < 16000
    assert notices == {"open-length": {"n_present": len(samples), "n_promised": None, "sample_rate": RATE}}
    samples, notices = heard(tmp_path, whole[:-1])
    assert notices["cut-within"] == {"n_present": 31999, "within": "sample", "sample_rate": RATE}


@pytest.mark.parametrize("n_bits", [0, 1, 7])
def test_an_avr_of_samples_without_bytes_is_no_traceback(tmp_path, n_bits):
    data = encoded(container="AVR", subtype="PCM_16")
    data[14:16] = struct.pack(">H", n_bits)
    with pytest.raises(AudioError, match=r"clip\.bin"):
        heard(tmp_path, data)
