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
