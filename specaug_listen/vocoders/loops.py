"""The loops between the transforms of an iteration, to be compiled.

Rows here hold the same bin, band or sample of neighbouring frames, so that whatever the geometry, an innermost loop
runs over contiguous memory with one weight, which is what a processor's vector instructions want. Arrays are flat, and
``at`` and ``to`` are places in them; complex values lie there as real part, imaginary part, and so on. Signals are
``(hop_length, n_hops)``: sample ``h * hop_length + p`` lies at ``[p, h]``.

Every number follows from additions, multiplications, divisions and roots in the order that is written here, each
rounded by itself. So a frame comes out in the same bits whatever frames it is computed with, and on any processor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._compiled import Loops

__all__ = ["FRAMES_AT_ONCE", "LOOPS"]

# Frames whose bands stay close to the first-level cache.
FRAMES_AT_ONCE = 128

Numbers = Any


def window_frames(
    signal: Numbers, n_hops: int, first: int, window: Numbers, win_length: int, hop_length: int, frames: Numbers, n: int
) -> None:
    """Cut ``n`` windowed frames out of a signal, from frame ``first``.

    Parameters
    ----------
    signal : [shape=(hop_length, n_hops)]
    window : [shape=(win_length,)]
    frames : [shape=(win_length or more, n)]
        Written to.
    """
    for i in range(win_length):
        put_scaled(window[i], signal, i % hop_length * n_hops + first + i // hop_length, frames, i * n, n)


def apply_gains(
    spectrum: Numbers,
    n: int,
    n_bins: int,
    lowest: int,
    highest: int,
    begins: Numbers,
    bands: Numbers,
    analysis: Numbers,
    synthesis: Numbers,
    wanted: Numbers,
    least: Numbers,
    n_mels: int,
    n_frames: int,
    first: int,
    is_power: int,
    values: Numbers,
    row: Numbers,
) -> None:
    """Multiply spectra by the gains that give them the wanted band energies, ``wanted / (energy + least)``.

    Parameters
    ----------
    spectrum : [shape=(n_bins, 2 * n)]
        Changed in place.
    lowest, highest : int
        Bins below the first keep their values, those from the second on become zero.
    begins, bands, analysis, synthesis : [shape=(n_bins + 1,), (n_weights,) and twice (n_weights,)]
        The bands of bin k are ``bands[begins[k] : begins[k + 1]]``; their weights there lie at the same places.
    wanted, least : [shape=(n_mels, n_frames)]
    first : int
        The first frame of the spectra.
    is_power : int
        1 where energies are sums of powers, 0 for magnitudes.
    values, row : [shape=(n_mels, 2 * FRAMES_AT_ONCE) and (2 * FRAMES_AT_ONCE,)]
        To work in.
    """
    for begin in range(0, n, FRAMES_AT_ONCE):
        n_now = min(FRAMES_AT_ONCE, n - begin)
        put_zeros(values, 0, n_mels * 2 * FRAMES_AT_ONCE)
        for k in range(lowest, highest):
            put_magnitudes(spectrum, 2 * (k * n + begin), row, n_now, is_power)
            add_to_bands(row, 0, begins[k], begins[k + 1], bands, analysis, values, n_now)
        for m in range(n_mels):
            at = m * n_frames + first + begin
            put_gains(wanted, least, at, values, m * 2 * FRAMES_AT_ONCE, row, n_now, is_power)
        for k in range(lowest, highest):
            to = 2 * (k * n + begin)
            multiply_by_bands(values, begins[k], begins[k + 1], bands, synthesis, row, spectrum, to, 2 * n_now)
    put_zeros(spectrum, 2 * highest * n, 2 * (n_bins - highest) * n)


def add_frames(
    frames: Numbers,
    n: int,
    window: Numbers,
    win_length: int,
    hop_length: int,
    carried: Numbers,
    n_carried: int,
    edges: Numbers,
    n_head: int,
    n_tail: int,
    signals: Numbers,
    n_hops: int,
    first: int,
    inertia: float,
    relaxation: float,
    total: Numbers,
) -> None:
    """Overlap ``n`` frames from frame ``first``, and go on from their sum with inertia.

    Parameters
    ----------
    frames : [shape=(win_length or more, n)]
    window : [shape=(win_length,)]
        No shorter than a hop.
    carried : [shape=(hop_length, n_carried)]
        Of frames that reach beyond their first hop, from the block before; then for the next one.
    edges : [shape=(hop_length, n_head + n_tail)]
        Factors for the first and the last hops of the signal.
    signals : [shape=(3, hop_length, n_hops)]
        The signal, and what `go_on` needs; written to.
    inertia, relaxation : float
        With a relaxation of 1, the signal becomes the sum itself.
    total : [shape=(n + n_carried,)]
        To work in.
    """
    n_done = n + n_carried if first + n + n_carried == n_hops else n
    tail = max(first, n_hops - n_tail)
    for p in range(hop_length):
        put_scaled(window[p], frames, p * n, total, 0, n)
        put_zeros(total, n, n_carried)
        add_scaled(1.0, carried, p * n_carried, total, 0, n_carried)
        for j in range(1, (win_length - 1 - p) // hop_length + 1):
            i = j * hop_length + p
            add_scaled(window[i], frames, i * n, total, j, n)
        put_scaled(1.0, total, n, carried, p * n_carried, n_carried)
        edge = p * (n_head + n_tail)
        multiply(edges, edge + first, total, 0, min(n_head - first, n_done))
        multiply(edges, edge + n_head + tail - (n_hops - n_tail), total, tail - first, first + n_done - tail)
        if relaxation == 1:
            put_scaled(1.0, total, 0, signals, p * n_hops + first, n_done)
        else:
            go_on(total, signals, p * n_hops + first, hop_length * n_hops, n_done, inertia, relaxation)


def go_on(total: Numbers, signals: Numbers, at: int, n_signal: int, n: int, inertia: float, relaxation: float) -> None:
    """t_n = gamma y + (1 - gamma) d; c = t_n + alpha (t_n - t_{n-1}); d = t_n + (t_n - t_{n-1}).

    The sum is y, ``relaxation`` gamma, ``inertia`` alpha. The first of the signals becomes c; the others, each of them
    ``n_signal`` numbers long, are t and (1 - gamma) d of the iteration before, and become those of this one.
    """
    term, pull = at + n_signal, at + 2 * n_signal
    for h in range(n):
        now = relaxation * total[h] + signals[pull + h]
        step = now - signals[term + h]
        signals[term + h] = now
        signals[pull + h] = (np.float32(1) - relaxation) * (now + step)
        signals[at + h] = now + inertia * step


def sharpen(
    target: Numbers,
    n: int,
    n_bins: int,
    n_mels: int,
    begins: Numbers,
    bands: Numbers,
    analysis: Numbers,
    synthesis: Numbers,
    shares: Numbers,
    per_band: Numbers,
    n_steps: int,
    least: float,
    is_power: int,
    density: Numbers,
    values: Numbers,
    row: Numbers,
) -> None:
    """Spread band energies over the bins, and draw the peaks together again by Richardson and Lucy's steps.

    Parameters
    ----------
    target : [shape=(n_mels, n)]
    begins, bands, analysis, synthesis, shares : [shape=(n_bins + 1,), (n_weights,) and three times (n_weights,)]
        As in `apply_gains`; ``shares`` are each band's parts of a bin's analysis weights.
    per_band : [shape=(n_mels,)]
        1 over the sum of a band's analysis weights.
    n_steps : int
    least : float
        Added to both sides of a ratio.
    is_power : int
        1 where the bins' roots are wanted.
    density : [shape=(n_bins, n)]
        Written to.
    values, row : [shape=(n_mels, 2 * FRAMES_AT_ONCE) and (2 * FRAMES_AT_ONCE,)]
        To work in.
    """
    width = 2 * FRAMES_AT_ONCE
    for begin in range(0, n, width):
        n_now = min(width, n - begin)
        for m in range(n_mels):
            put_scaled(per_band[m], target, m * n + begin, values, m * width, n_now)
        for k in range(n_bins):
            put_sum_of_bands(values, begins[k], begins[k + 1], bands, synthesis, density, k * n + begin, n_now)
        for _ in range(n_steps):
            put_zeros(values, 0, n_mels * width)
            for k in range(n_bins):
                add_to_bands(density, k * n + begin, begins[k], begins[k + 1], bands, analysis, values, n_now)
            for m in range(n_mels):
                put_ratios(target, m * n + begin, least, values, m * width, n_now)
            for k in range(n_bins):
                multiply_by_bands(values, begins[k], begins[k + 1], bands, shares, row, density, k * n + begin, n_now)
    if is_power == 1:
        for i in range(n_bins * n):
            density[i] = np.sqrt(density[i])


def put_ratios(target: Numbers, at: int, least: float, values: Numbers, to: int, n: int) -> None:
    """From energies to what they are to be multiplied by."""
    for f in range(n):
        values[to + f] = (target[at + f] + least) / (values[to + f] + least)


def put_turned(turns: Numbers, magnitudes: Numbers, spectrum: Numbers, n: int) -> None:
    """Complex values of ``n`` magnitudes and phases.

    The series of sine and cosine, since libraries for processors with other instructions have other last bits.

    Parameters
    ----------
    turns : [shape=(n,)], in [0, 1]
    magnitudes : [shape=(n,)]
    spectrum : [shape=(2 * n,)]
        Written to.
    """
    for f in range(n):
        quarter = np.int32(turns[f] * np.float32(4) + np.float32(0.5))
        x = turns[f] * np.float32(4) - np.float32(quarter)
        y = x * x
        sine = np.float32(-0.0046817541) + y * np.float32(0.00016044118)
        sine = x * (np.float32(1.5707964) + y * (np.float32(-0.6459641) + y * (np.float32(0.07969263) + y * sine)))
        cosine = np.float32(-0.020863481) + y * np.float32(0.00091926027)
        cosine = np.float32(1) + y * (np.float32(-1.2337006) + y * (np.float32(0.2536695) + y * cosine))
        is_odd = quarter & np.int32(1)
        real = sine if is_odd else cosine
        imaginary = cosine if is_odd else sine
        spectrum[2 * f] = magnitudes[f] * (-real if (quarter + np.int32(1)) & np.int32(2) else real)
        spectrum[2 * f + 1] = magnitudes[f] * (-imaginary if quarter & np.int32(2) else imaginary)


def put_magnitudes(spectrum: Numbers, at: int, row: Numbers, n: int, is_power: int) -> None:
    """Powers or magnitudes of complex values."""
    for f in range(n):
        real, imaginary = spectrum[at + 2 * f], spectrum[at + 2 * f + 1]
        row[f] = real * real + imaginary * imaginary
    if is_power == 0:
        for f in range(n):
            row[f] = np.sqrt(row[f])


def put_gains(
    wanted: Numbers, least: Numbers, at: int, values: Numbers, to: int, row: Numbers, n: int, is_power: int
) -> None:
    """From energies to gains, each twice: for the real and for the imaginary part."""
    for f in range(n):
        row[f] = wanted[at + f] / (values[to + f] + least[at + f])
    if is_power == 1:
        for f in range(n):
            row[f] = np.sqrt(row[f])
    for f in range(n):
        values[to + 2 * f] = row[f]
        values[to + 2 * f + 1] = row[f]


def put_zeros(target: Numbers, to: int, n: int) -> None:
    """Put ``n`` zeros."""
    for f in range(n):
        target[to + f] = 0


def put_scaled(weight: float, source: Numbers, at: int, target: Numbers, to: int, n: int) -> None:
    """Put ``n`` numbers, times a weight."""
    for f in range(n):
        target[to + f] = weight * source[at + f]


def add_scaled(weight: float, source: Numbers, at: int, target: Numbers, to: int, n: int) -> None:
    """Add ``n`` numbers, times a weight."""
    for f in range(n):
        target[to + f] += weight * source[at + f]


def multiply(source: Numbers, at: int, target: Numbers, to: int, n: int) -> None:
    """Multiply by ``n`` numbers."""
    for f in range(n):
        target[to + f] *= source[at + f]


def add_to_bands(
    source: Numbers, at: int, begin: int, end: int, bands: Numbers, weights: Numbers, values: Numbers, n: int
) -> None:
    """Add a bin's ``n`` numbers to its bands."""
    width = 2 * FRAMES_AT_ONCE
    # Nearly all bins lie in just two filters, and are done with in one pass.
    if end - begin == 2:
        to, other_to = bands[begin] * width, bands[begin + 1] * width
        add_to_two(source, at, weights[begin], to, weights[begin + 1], other_to, values, n)
    else:
        for i in range(begin, end):
            add_scaled(weights[i], source, at, values, bands[i] * width, n)


def multiply_by_bands(
    values: Numbers,
    begin: int,
    end: int,
    bands: Numbers,
    weights: Numbers,
    row: Numbers,
    spectrum: Numbers,
    to: int,
    n: int,
) -> None:
    """Multiply a bin's ``n`` numbers by what its bands say."""
    width = 2 * FRAMES_AT_ONCE
    if end - begin == 2:
        at, other_at = bands[begin] * width, bands[begin + 1] * width
        multiply_by_two(values, weights[begin], at, weights[begin + 1], other_at, spectrum, to, n)
    else:
        put_sum_of_bands(values, begin, end, bands, weights, row, 0, n)
        multiply(row, 0, spectrum, to, n)


def put_sum_of_bands(
    values: Numbers, begin: int, end: int, bands: Numbers, weights: Numbers, target: Numbers, to: int, n: int
) -> None:
    """Put what a bin's bands add up to."""
    put_zeros(target, to, n)
    for i in range(begin, end):
        add_scaled(weights[i], values, bands[i] * 2 * FRAMES_AT_ONCE, target, to, n)


def add_to_two(
    source: Numbers, at: int, weight: float, to: int, other: float, other_to: int, target: Numbers, n: int
) -> None:
    """Add ``n`` numbers to two places, with a weight for each."""
    for f in range(n):
        target[to + f] += weight * source[at + f]
        target[other_to + f] += other * source[at + f]


def multiply_by_two(
    source: Numbers, weight: float, at: int, other: float, other_at: int, target: Numbers, to: int, n: int
) -> None:
    """Multiply by the weighted sum of ``n`` numbers from two places."""
    for f in range(n):
        target[to + f] *= weight * source[at + f] + other * source[other_at + f]


# In the order of calls: what is compiled has to know what it calls.
LOOPS = Loops(
    {
        window_frames: "fnnfnnfn",
        apply_gains: "fnnnniiffffnnnnff",
        add_frames: "fnfnnfnfnnfnnxxf",
        sharpen: "fnnniiffffnxnfff",
        put_turned: "fffn",
    },
    parts=[
        put_zeros,
        put_scaled,
        add_scaled,
        multiply,
        add_to_two,
        multiply_by_two,
        add_to_bands,
        put_sum_of_bands,
        multiply_by_bands,
        put_magnitudes,
        put_gains,
        put_ratios,
        go_on,
    ],
)
