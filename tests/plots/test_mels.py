"""What the pictures hold: axes, scale, ticks, outlines, the warp's path, the pixels; and cells, read as written."""

from __future__ import annotations

import io
import subprocess
import sys

import matplotlib.image
import numpy as np
import presets
import pytest
from commandline import environment
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pictures import EMPTY, MASKED, WARPED, panels
from PIL import Image
from streams import as_stream

from specaug_listen import Audio, Draw, Policy, frontends, plot_mel
from specaug_listen.augment import FrequencySpan, TimeMask, TimeSpan, TimeWarp, WarpPath
from specaug_listen.plots import (
    COLOUR_MAP,
    Cells,
    audition_figure,
    colours_hex,
    describe_draw,
    encode_png,
    read_cells,
    reference_db,
)
from specaug_listen.plots.mels import columns


def pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def pixels_of(figure: Figure, ax, seconds: tuple[float, float], margin: int = 4) -> np.ndarray:
    """The pixels of all bins between two moments, less a margin for the outline."""
    image = pixels(figure)
    (left, low), (right, high) = ax.transData.transform([(seconds[0], -0.5), (seconds[1], 79.5)])
    rows = slice(image.shape[0] - int(high) + margin, image.shape[0] - int(low) - margin)
    return image[rows, int(left) + margin : int(right) - margin].reshape(-1, 3)


@pytest.mark.parametrize(("draw", "n_axes"), [(MASKED, 3), (EMPTY, 3), (WARPED, 4)], ids=lambda value: str(value)[:12])
def test_a_picture_has_two_panels_and_a_colour_bar_and_a_strip_for_the_warp_if_there_is_one(mel, draw, n_axes):
    figure = audition_figure(mel, draw.apply(mel), draw)
    assert len(figure.axes) == n_axes
    above, below = panels(figure)
    assert above.get_position().y0 > below.get_position().y1


def test_both_panels_share_one_scale_in_db_relative_to_the_loudest_original_cell(mel, every_frontend, speechlike):
    before = every_frontend(speechlike)
    draw = Policy([TimeMask(max_frames=20)]).draw(before, rng=0)
    above, below = (ax.images[0] for ax in panels(audition_figure(before, draw.apply(before), draw)))
    assert above.get_clim() == below.get_clim() == (-80.0, 0.0)
    assert float(above.get_array().max()) == 0.0
    np.testing.assert_allclose(above.get_array(), before.db - before.db.max(), atol=1e-4)
    assert above.cmap.name == below.cmap.name == COLOUR_MAP


def test_a_fill_louder_than_the_original_raises_the_scale_of_both_panels_so_that_nothing_saturates(mel):
    draw = Draw(80, 120, (TimeSpan(10, 30, fill=float(mel.values.max()) + 0.5),))
    after = draw.apply(mel)
    above, below = (ax.images[0] for ax in panels(audition_figure(mel, after, draw)))
    assert above.get_clim() == below.get_clim()
    assert above.get_clim()[1] >= float((after.db - mel.db.max()).max()) > 10


def test_the_colour_bar_is_labelled_in_db(mel):
    figure = audition_figure(mel, MASKED.apply(mel), MASKED)
    assert any("dB" in ax.get_ylabel() for ax in figure.axes if ax not in panels(figure))


def test_frequency_ticks_stand_at_the_band_of_their_frequency(every_frontend, speechlike):
    ax = Figure().add_subplot()
    mel = every_frontend(speechlike)
    plot_mel(mel, ax)
    hz = np.array([float(label.get_text()) for label in ax.get_yticklabels()])
    centers_hz = every_frontend.center_hz()
    inside = (hz >= centers_hz[0]) & (hz <= centers_hz[-1])
    assert inside.sum() >= 5
    by_band = np.interp(hz[inside], centers_hz, np.arange(mel.n_mels))
    np.testing.assert_allclose(ax.get_yticks()[inside], by_band, atol=0.15)


@pytest.mark.parametrize("hz", [300.0, 1000.0, 3000.0])
def test_a_tone_is_drawn_at_its_frequency_and_while_it_sounds(every_frontend, hz):
    seconds = np.arange(16000) / 16000
    tone = Audio(np.where((seconds > 0.4) & (seconds < 0.6), 0.5 * np.sin(2 * np.pi * hz * seconds), 0.0), 16000)
    ax = Figure().add_subplot()
    image = plot_mel(every_frontend(tone), ax).images[-1]
    row, column = np.unravel_index(np.argmax(image.get_array()), image.get_array().shape)
    left, right, low, high = image.get_extent()
    at_s = left + (column + 0.5) * (right - left) / image.get_array().shape[1]
    at_bin = low + (row + 0.5) * (high - low) / image.get_array().shape[0]
    assert 0.38 < at_s < 0.62
    expected = np.interp(hz, every_frontend.center_hz(), np.arange(every_frontend.n_mels))
    # Of filters narrower than a bin, some hold the tone's and some do not (torchaudio).
    assert abs(at_bin - expected) <= (1.5 if every_frontend.allow_empty_filters else 1.0)
    assert ax.get_xlim() == (0.0, 1.0)


def test_the_second_line_says_what_was_drawn(mel):
    draw = Draw(80, 120, (WarpPath(50, -20), TimeSpan(0, 30), FrequencySpan(0, 40)))
    assert describe_draw(draw, mel).startswith("masked: 25% of time, 50% of frequency, 62% of area")
    assert f"warp: {mel.times_s[50]:.2f} s moves by -0.20 s" in describe_draw(draw, mel)
    assert "probability" in describe_draw(Draw(80, 120, applied=False), mel)


def test_a_mask_that_did_not_happen_and_a_warp_that_could_not_are_told(mel):
    draw = Policy([TimeWarp(80)]).draw(mel, rng=0)
    assert "warp: none, the clip is too short" in describe_draw(draw, mel)
    assert describe_draw(draw, mel).startswith("masked: 0% of time, 0% of frequency, 0% of area")


def test_a_png_is_1200_pixels_wide_and_the_same_bytes_twice(mel):
    first, second = (encode_png(audition_figure(mel, WARPED.apply(mel), WARPED, title="t")) for _ in range(2))
    assert first == second
    assert matplotlib.image.imread(io.BytesIO(first)).shape[:2] == (720, 1200)
    assert b"Software" not in first


def test_a_masked_area_has_one_colour_and_the_rest_has_many(mel):
    draw = Draw(80, 120, (TimeSpan(30, 40),))
    figure = audition_figure(mel, draw.apply(mel), draw)
    above, below = panels(figure)
    seconds = mel.times_s[30] - 0.005, mel.times_s[70] - 0.005
    masked = pixels_of(figure, below, seconds)
    assert len(masked) > 10_000
    assert len(np.unique(masked, axis=0)) == 1
    assert len(np.unique(pixels_of(figure, above, seconds), axis=0)) > 50


def test_the_clip_fills_the_panel_from_its_first_to_its_last_moment(every_frontend, speechlike):
    mel = every_frontend(speechlike)
    ax = Figure().add_subplot()
    left, right, _, _ = plot_mel(mel, ax).images[-1].get_extent()
    hop_s = every_frontend.hop_length / every_frontend.sample_rate
    window_s = every_frontend.framing.win_length / every_frontend.sample_rate
    assert left <= window_s / 2
    assert right >= mel.duration_s - hop_s - window_s / 2


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_a_silent_clip_is_dark(name):
    mel = frontends.get_frontend(name)(Audio(np.zeros(16000), 16000))
    draw = Draw(mel.n_mels, mel.n_frames, (TimeSpan(2, 5, fill="floor"),))
    figure = audition_figure(mel, draw.apply(mel), draw)
    for ax in panels(figure):
        image = ax.images[0]
        darkest = np.asarray(image.cmap(0.0)[:3]) * 255
        drawn = image.cmap(image.norm(image.get_array()))[..., :3] * 255
        assert np.abs(drawn - darkest).max() < 90


def test_a_silent_clip_has_a_reference_that_is_no_cell_of_it():
    assert reference_db(frontends.LIBROSA(Audio(np.zeros(22050), 22050))) == 0.0


def test_a_clip_of_twenty_thousand_frames_is_drawn_at_its_true_times(rng):
    long = frontends.WHISPER(Audio(rng.uniform(-0.1, 0.1, 20_000 * 160), 16000))
    draw = Draw(80, long.n_frames, (TimeSpan(16_000, 1500),))
    figure = audition_figure(long, draw.apply(long), draw)
    _, below = panels(figure)
    assert below.images[0].get_array().shape[1] <= 2400
    masked = pixels_of(figure, below, (160.0, 175.0), margin=5)
    assert len(np.unique(masked, axis=0)) == 1
    beside = pixels_of(figure, below, (175.5, 180.0), margin=5)
    assert len(np.unique(beside, axis=0)) > 5


@pytest.mark.parametrize("n_columns", [1, 7, 40, 119, 120, 2400])
@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_columns_of_a_long_mel_are_means_over_neighbouring_frames_in_parts_or_at_once(
    mel, n_columns, at_once, monkeypatch
):
    monkeypatch.setattr("specaug_listen.plots.mels._MAX_COLUMNS", n_columns)
    monkeypatch.setattr("specaug_listen.plots.mels._COLUMNS_AT_ONCE", at_once)
    step = -(-mel.n_frames // n_columns)
    expected = [mel.db[:, i : i + step].mean(axis=1, dtype=np.float64) for i in range(0, mel.n_frames, step)]
    found = columns(as_stream(mel))
    assert found.shape[1] <= n_columns
    np.testing.assert_allclose(found, np.stack(expected, axis=1), rtol=1e-6)
    np.testing.assert_array_equal(found, columns(mel))


@pytest.mark.parametrize("draw", [WARPED, MASKED], ids=lambda draw: draw.policy)
def test_a_mel_that_is_read_in_parts_gives_the_same_picture(mel, draw, monkeypatch):
    monkeypatch.setattr("specaug_listen.plots.mels._MAX_COLUMNS", 50)
    monkeypatch.setattr("specaug_listen.plots.mels._COLUMNS_AT_ONCE", 9)
    stream = as_stream(mel)
    pictures = [audition_figure(one, draw.apply(one), draw, title="speech") for one in (mel, stream)]
    np.testing.assert_array_equal(*map(pixels, pictures))


def test_two_frames_can_be_drawn():
    mel = frontends.LHOTSE(Audio(np.sin(np.arange(560) * 0.1), 16000))
    draw = Draw(80, mel.n_frames, (TimeSpan(0, 1),))
    assert encode_png(audition_figure(mel, draw.apply(mel), draw)).startswith(b"\x89PNG")


def test_pictures_import_no_pyplot_and_keep_no_global_state():
    code = """
import sys, numpy as np
from specaug_listen import Audio, augment, frontends, plots
mel = frontends.WHISPER(Audio(np.sin(np.arange(48000) * 0.2), 16000))
draw = augment.LD.draw(mel, rng=0)
import matplotlib

def settings():  # reading 'backend' would choose one, and import pyplot for that
    return {key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != 'backend'}

before = settings()
plots.encode_png(plots.audition_figure(mel, draw.apply(mel), draw))
assert settings() == before
assert 'matplotlib.figure' in sys.modules
assert 'matplotlib.pyplot' not in sys.modules, 'pyplot'
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 30))),
    st.floats(-200, 0),
    st.floats(1, 200),
)
def test_a_picture_is_read_as_it_was_written(indices, low, size):
    cells = Cells(indices, low, low + size, (0.0125, 1.5))
    again = read_cells(cells.png)
    np.testing.assert_array_equal(again.indices, indices)
    assert (again.low_db, again.high_db, again.extent_s) == (low, low + size, (0.0125, 1.5))


def test_levels_lie_between_the_ends_of_the_scale(speechlike):
    mel = frontends.WHISPER(speechlike)
    cells = Cells.of(mel, ref_db=mel.range_db[1], low_db=-60.0, high_db=0.0)
    drawn = -60 + cells.indices / 255 * 60
    np.testing.assert_allclose(drawn, np.clip(mel.db - mel.range_db[1], -60, 0), atol=60 / 255 / 2 + 1e-4)
    assert cells.indices.max() == 255


def test_the_lowest_band_is_below_and_colours_are_those_of_the_map():
    picture = Image.open(io.BytesIO(Cells(np.array([[0], [255]], np.uint8), -80.0, 0.0, (0.0, 1.0)).png)).convert("RGB")
    colours = colours_hex()
    assert len(colours) == 6 * 256
    assert "".join(f"{part:02x}" for part in picture.getpixel((0, 1))) == colours[:6]
    assert "".join(f"{part:02x}" for part in picture.getpixel((0, 0))) == colours[-6:]


def test_no_two_levels_have_one_colour():
    colours = colours_hex()
    assert len({colours[i : i + 6] for i in range(0, len(colours), 6)}) == 256


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"], ids=str)
def test_another_picture_is_refused(data):
    with pytest.raises(ValueError, match="not a picture of cells"):
        read_cells(data)


def test_a_png_without_its_scale_is_refused():
    buffer = io.BytesIO()
    Image.new("P", (3, 3)).save(buffer, format="png")
    with pytest.raises(ValueError, match="not a picture of cells"):
        read_cells(buffer.getvalue())


def test_a_mel_is_drawn_into_the_axes_it_is_given(tone):
    ax = Figure().add_subplot()
    assert plot_mel(frontends.WHISPER(tone), ax) is ax
    assert plot_mel(frontends.WHISPER(Audio(np.zeros(16000), 16000)), ax) is ax
