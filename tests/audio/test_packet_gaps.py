"""The time that packets tell of."""

from fractions import Fraction
from types import SimpleNamespace

from specaug_listen.audio.packet_gaps import PacketGaps

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
