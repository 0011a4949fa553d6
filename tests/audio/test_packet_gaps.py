"""The time that packets tell of."""

from fractions import Fraction
from types import SimpleNamespace

from specaug_listen.audio.packet_gaps import PacketGaps, opus_seconds

RATE = 1000


def test_time_without_packets_is_missing_and_nothing_else(subtests):
    for packets, n_missing in [
        ([(0, 100), (100, 100), (200, 100)], 0),
        ([(0, 100), (100, 0), (200, 100)], 0),  # a damaged one was there
        ([(0, 0), (100, 100), (200, 100)], 0),
        ([(0, 0), (100, 0)], 0),
        ([(-50, 100), (50, 100), (650, 100)], 500),
        ([(0, 100), (130, 100), (170, 100), (300, 100)], 0),  # they came late, in turn
        ([(0, 100), (0, 100), (100, 100)], 0),  # it began anew
        ([], 0),
    ]:
        with subtests.test(packets=packets, n_missing=n_missing):
            time = PacketGaps(RATE)
            for at, n_samples in packets:
                time.add(SimpleNamespace(pts=at, time_base=Fraction(1, RATE), size=1), n_samples)
            time.add(SimpleNamespace(pts=None, time_base=None, size=0), 0)
            assert time.n_missing == n_missing


def test_packets_that_are_earlier_than_the_one_before_are_counted(subtests):
    for times, n_backwards in [
        ((0, 200, 400, 600), 0),
        ((-200, 0, 2000, 2200), 0),
        ((0, 200, 150, 350), 0),  # they overlap, as those before an edit
        ((0, 400, 600, 200, 800), 1),
        ((0, 200, 0, 200, 0, 200), 2),
    ]:
        with subtests.test(times=times):
            time = PacketGaps(RATE)
            for at in times:
                time.add(SimpleNamespace(pts=at, time_base=Fraction(1, RATE), size=1), 200)
            assert time.n_backwards == n_backwards


class Packet(bytes):
    pts, time_base, size, duration = 0, Fraction(1, 48000), 100, 960


def test_packets_of_opus_that_tell_another_duration_are_counted_but_for_the_last(subtests):
    whole, damaged = Packet(b"\xfc" + bytes(99)), Packet(bytes(100))  # 20 ms of CELT, 10 ms of SILK
    for packets, n_other in [
        ((whole, whole, whole), 0),
        ((whole, damaged, damaged, whole), 2),
        ((whole, whole, damaged), 0),
    ]:
        with subtests.test(n_other=n_other, n=len(packets)):
            for is_opus in (True, False):
                time = PacketGaps(48000, is_opus=is_opus)
                for packet in packets:
                    time.add(packet, 960)
                assert time.n_other == n_other * is_opus


def test_the_duration_of_a_packet_of_opus_is_in_its_first_bytes():
    lengths_ms = {
        b"\x00": 10, b"\x08": 20, b"\x10": 40, b"\x18": 60, b"\x60": 10, b"\x68": 20, b"\x80": 2.5, b"\x88": 5,
        b"\xf8": 20, b"\xf9": 40, b"\xfa": 40, b"\xfb\x03": 60, b"\xfb\x83": 60, b"\xfb": 0, b"": 0,
    }  # fmt: skip
    assert {head: opus_seconds(head) * 1000 for head in lengths_ms} == lengths_ms
