"""Conversion of a mel to a callable's form, and of its result to a mel."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mels

from specaug_listen import frontends
from specaug_listen._records import from_plain, to_plain
from specaug_listen.custom.adapter import Adapter, hand_over, take_back, with_defaults
from specaug_listen.errors import ParameterError

ORDERS = [
    ", ".join(order)
    for names in (("bins", "frames"), ("batch", "bins", "frames"), ("batch", "channel", "bins", "frames"))
    for order in itertools.permutations(names)
]
SCALES = ["own", "ln", "log10", "db", "power", "normalised"]


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def test_every_order_of_axes_goes_there_and_back(mel):
    sizes = {"bins": mel.n_mels, "frames": mel.n_frames}
    expected = np.where(mel.values == mel.values.max(), np.float32(-9), mel.values)
    for axes in ORDERS:
        adapter = with_defaults(Adapter(axes=axes))
        arguments = hand_over(mel, adapter)
        (array,) = arguments.args
        assert array.shape == tuple(sizes.get(name, 1) for name in axes.split(", ")), axes
        array[array == array.max()] = -9
        np.testing.assert_array_equal(take_back(array, arguments, mel, adapter).values, expected, axes)


@given(mel=mels(), scale=st.sampled_from(SCALES), dtype=st.sampled_from(["float32", "float64"]))
def test_cells_that_are_left_alone_come_back_to_the_bit(mel, scale, dtype):
    adapter = with_defaults(Adapter(scale=scale, dtype=dtype))
    arguments = hand_over(mel, adapter)
    np.testing.assert_array_equal(take_back(arguments.args[0], arguments, mel, adapter).values, mel.values)


# Of one scale each: ln, log10, decibels, powers; with a scale of samples, and with statistics.
FRONTENDS = ("whisper", "lhotse", "librosa-db", "librosa", "kaldi", "nemo")


@pytest.mark.parametrize("frontend", FRONTENDS)
@pytest.mark.parametrize("scale", SCALES)
def test_a_change_in_another_scale_is_the_same_change_in_ours(frontend, speechlike, scale):
    mel = frontends.PRESETS[frontend](speechlike)
    adapter = with_defaults(Adapter(scale=scale, dtype="float64"))
    arguments = hand_over(mel, adapter)
    loudest = np.unravel_index(mel.values.argmax(), mel.values.shape)
    quieter = arguments.args[0].copy()
    other = loudest[0], (loudest[1] + 3) % mel.n_frames
    quieter[loudest] = quieter[other]
    back = take_back(quieter, arguments, mel, adapter)
    if scale == "own" or (scale == "normalised" and not mel.statistics):
        assert back.values[loudest] == pytest.approx(mel.values[other], abs=1e-4)
    else:
        assert back.db[loudest] == pytest.approx(mel.db[other], abs=0.01)


def test_db_is_that_of_the_powers_whatever_the_front_end_sums(speechlike):
    for frontend in frontends.PRESETS.values():
        mel = frontend(speechlike)
        loud = mel.db > mel.range_db[1] - 30
        arguments = hand_over(mel, with_defaults(Adapter(scale="db")))
        of_samples = 20 * np.log10(frontend.input_scale)
        np.testing.assert_allclose(arguments.args[0][loud], mel.db[loud] + of_samples, atol=0.01)  # an added floor


def test_normalised_bins_have_zero_mean_and_unit_standard_deviation(mel):
    array = hand_over(mel, with_defaults(Adapter(scale="normalised"))).args[0]
    np.testing.assert_allclose(array.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(array.std(axis=1), 1, atol=1e-3)


def test_a_copy_is_handed_over(mel):
    before = mel.values.copy()
    hand_over(mel, with_defaults(Adapter())).args[0][:] = 0
    np.testing.assert_array_equal(mel.values, before)


def test_lengths_and_names_are_given_as_declared(mel):
    arguments = hand_over(mel, with_defaults(Adapter(mel_argument="spec", lengths="frames", lengths_argument="length")))
    assert arguments.args == ()
    assert arguments.kwargs["spec"].shape == mel.values.shape
    assert arguments.kwargs["length"].tolist() == [mel.n_frames]
    assert hand_over(mel, with_defaults(Adapter(lengths="ratio"))).args[1].tolist() == [1.0]
    assert list(hand_over(mel, with_defaults(Adapter(key="feat"))).args[0]) == ["feat"]


ODD_AXES = ["bins", "bins, frames, time", "bands, bins, frames", "frames, frames, bins", "", "time, freq"]


@pytest.mark.parametrize("axes", ODD_AXES)
def test_axes_of_other_names_are_refused(axes):
    with pytest.raises(ParameterError, match=r"axes=.*: allowed are bins and frames"):
        Adapter(axes=axes)


def test_commas_and_blanks_do_not_matter():
    assert Adapter(axes="batch frames,bins").axes == "batch, frames, bins"


def test_bins_may_be_called_bands_and_are_in_records():
    adapter = Adapter(axes="batch, frames, bands")
    assert adapter == Adapter(axes="batch, frames, bins")
    assert adapter.axes == "batch, frames, bins"
    assert to_plain(adapter)["axes"] == "batch, frames, bands"
    assert from_plain(Adapter, to_plain(adapter)) == adapter
    assert to_plain(Adapter())["axes"] is None


def test_half_precision_that_cannot_hold_the_mel_is_refused(speechlike):
    mel = frontends.LIBROSA(speechlike)
    loud = mel.with_values(mel.values * np.float32(1e6))
    with pytest.raises(ParameterError, match=r"dtype='float16': .* use float32"):
        hand_over(loud, with_defaults(Adapter(dtype="float16")))


@pytest.mark.parametrize(
    ("give", "message"),
    [
        (lambda a: None, r"it returned None: a callable must return the mel"),
        (lambda a: a.T, r"bins and frames are exchanged"),
        (lambda a: a[:, :-4], r"the length changed from 120 to 116 frames"),
        (lambda a: a[:-1], r"it returned shape \(79, 120\) .* expected the shape of the input"),
        (lambda a: np.stack([a, a]), r"it returned shape \(2, 80, 120\)"),
        (lambda a: a * np.nan, r"it returned 9600 cells that are NaN or infinite"),
        (lambda a: a > 0, r"it returned a numpy\.ndarray of bool: expected the mel"),
        (lambda a: a + 1j, r"of complex64: expected the mel, an array or tensor of real numbers"),
        (lambda a: {"x": a}, r"it returned a dictionary \(x\): declare the mel"),
        (lambda a: "text", r"it returned a str of 4: expected the mel"),
        (lambda a: [[1], [1, 2]], r"it returned a list of 2.*return the mel"),
        (lambda a: 3.0, r"it returned a float: expected the mel"),
        (lambda a: a[0], r"it returned shape \(120,\)"),
        (
            lambda a: a[:0],
            r"it returned shape \(0, 120\) .* 80 bins and 120 frames: it is empty; return a mel of the same size",
        ),
        (
            lambda a: np.ma.masked_less(a, 0),
            r"it returned a masked array, whose mask would be lost: fill it, \.filled\(value\)",
        ),
        (lambda a: (np.ma.masked_less(a, 0), 3), r"it returned a masked array"),
    ],
)
def test_what_is_no_mel_is_refused_in_one_line(mel, give, message):
    adapter = with_defaults(Adapter())
    arguments = hand_over(mel, adapter)
    with pytest.raises(ParameterError, match=message) as raised:
        take_back(give(arguments.args[0]), arguments, mel, adapter)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("give", "message"),
    [
        (lambda a: a[:0], r"\(0, 80, 120\) .*: it is empty; return a mel of the same size as the input"),
        (lambda a: np.concatenate([a, a]), r"\(2, 80, 120\) .*: the batch or its channels have grown"),
        (lambda a: a[np.newaxis, :, :2, :2], r"\(1, 1, 2, 2\) .*: expected the shape of the input"),
        (lambda a: a.reshape(1, 80, 60, 2)[:, :70], r"\(1, 70, 60, 2\) .*: expected the shape of the input"),
    ],
)
def test_a_batch_that_shrank_is_not_said_to_have_grown(mel, give, message):
    adapter = with_defaults(Adapter(axes="batch, bins, frames"))
    arguments = hand_over(mel, adapter)
    with pytest.raises(ParameterError, match=message):
        take_back(give(arguments.args[0]), arguments, mel, adapter)


@pytest.mark.parametrize(
    "give",
    [
        lambda a: (a, 3),
        lambda a: [a, None],
        lambda a: a[None, None],
        lambda a: a.astype(np.float64),
        lambda a: a.tolist(),
        lambda a: np.asfortranarray(a),
    ],
)
def test_tuples_other_dtypes_and_axes_of_one_are_understood(mel, give):
    adapter = with_defaults(Adapter())
    arguments = hand_over(mel, adapter)
    back = take_back(give(arguments.args[0] - 1), arguments, mel, adapter)
    np.testing.assert_array_equal(back.values, mel.values - 1)


def test_a_power_below_zero_is_refused(mel):
    adapter = with_defaults(Adapter(scale="power"))
    arguments = hand_over(mel, adapter)
    with pytest.raises(ParameterError, match=r"in power: a cell of -1: powers are 0 or more"):
        take_back(arguments.args[0] * 0 - 1, arguments, mel, adapter)


def test_no_power_at_all_is_the_floor(mel):
    adapter = with_defaults(Adapter(scale="power"))
    arguments = hand_over(mel, adapter)
    floor = mel.frontend.floor_value(float(mel.values.max()))
    np.testing.assert_allclose(take_back(arguments.args[0] * 0, arguments, mel, adapter).values, floor.min(), atol=1e-5)
