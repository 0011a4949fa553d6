"""Every text of a picture is inside of it, apart from the others, and says what it must."""

from __future__ import annotations

import itertools

import matplotlib.text
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from specaug_listen import Audio, Draw, Policy, audition, augment, frontends, plot_audition
from specaug_listen.auditions import Audition
from specaug_listen.augment import FrequencyMask, TimeMask, TimeSpan, TimeWarp, WarpPath
from specaug_listen.errors import ParameterError
from specaug_listen.plots import audition_figure

FILLS = ("mean", "band_mean", "frame_mean", "min", "floor", "noise")
EVERYTHING = Policy(
    [TimeWarp(20), TimeWarp(15), *(TimeMask(max_frames=30, fill=fill) for fill in FILLS), FrequencyMask(fill=-3.25)],
    "every fill there is",
)
POLICIES = {**augment.POLICIES, "everything": EVERYTHING}
NAMES = {
    "short": "a",
    "long": "recording of the second speaker in the reverberant room, take 17, microphone 3, " * 4,
    "wide": "W" * 150,
    "dollars": r"$x_1$ and \frac{1}{2} costs 5$",
    "two lines": "first\nsecond\nthird",
}


@pytest.fixture(scope="module")
def two_seconds() -> Audio:
    seconds = np.arange(32000) / 16000
    return Audio(0.3 * np.sin(2 * np.pi * 200 * seconds) * np.exp(-3 * (seconds % 0.5)), 16000)


def heard(clip: Audio, *, policy: Policy = augment.LD, frontend: str = "whisper", name: str = "a") -> Audition:
    """An audition whose vocoder costs nothing."""
    return audition(clip, policy=policy, frontend=frontend, vocoder=lambda mel: mel.audio, name=name, rng=20250101)


def drawn_texts(figure: Figure, monkeypatch) -> dict[str, matplotlib.text.Text]:
    """The texts that really get drawn, with where they are."""
    texts = []
    draw = matplotlib.text.Text.draw

    def recording(self, renderer):
        if self.get_visible() and self.get_text().strip():
            texts.append(self)
        return draw(self, renderer)

    canvas = FigureCanvasAgg(figure)
    with monkeypatch.context() as patched:
        patched.setattr(matplotlib.text.Text, "draw", recording)
        canvas.draw()
    renderer = canvas.get_renderer()
    return {f"{n}: {text.get_text()}": text.get_window_extent(renderer) for n, text in enumerate(texts)}


def assert_readable(figure: Figure, monkeypatch) -> None:
    boxes = drawn_texts(figure, monkeypatch)
    assert len(boxes) > 12
    width, height = figure.canvas.get_width_height()
    outside = [text for text, box in boxes.items() if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]
    assert not outside
    overlapping = [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(boxes.items(), 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 0.5
    ]
    assert not overlapping


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_no_text_overlaps_another_or_leaves_the_picture_under_any_policy(two_seconds, policy, monkeypatch):
    result = heard(two_seconds, policy=policy)
    assert_readable(result.plot(result.draws[0]), monkeypatch)


@pytest.mark.parametrize("frontend", list(frontends.PRESETS))
def test_no_text_overlaps_another_or_leaves_the_picture_with_any_front_end(two_seconds, frontend, monkeypatch):
    result = heard(two_seconds, frontend=frontend)
    assert_readable(result.plot(result.draws[0]), monkeypatch)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_no_text_overlaps_another_or_leaves_the_picture_with_any_name(two_seconds, name, monkeypatch):
    result = heard(two_seconds, name=name, policy=Policy(EVERYTHING.transforms, "P" * 100))
    assert_readable(result.plot(result.draws[0]), monkeypatch)


@pytest.mark.parametrize("n_samples", [400, 3200, 16000 * 90], ids="{} samples".format)
def test_no_text_overlaps_another_or_leaves_the_picture_at_any_length(n_samples, monkeypatch):
    result = heard(Audio(0.1 * np.sin(np.arange(n_samples) * 0.3), 16000))
    assert_readable(result.plot(result.draws[0]), monkeypatch)


@pytest.mark.parametrize("n_mels", [1, 2, 13, 23, 40])
def test_no_text_overlaps_another_or_leaves_the_picture_with_few_mels(two_seconds, n_mels, monkeypatch):
    from dataclasses import replace

    frontend = replace(frontends.WHISPER, n_mels=n_mels, name="few")
    mel = frontend(two_seconds)
    draw = augment.LD.draw(mel, rng=1)
    assert_readable(audition_figure(mel, draw.apply(mel), draw, title="few"), monkeypatch)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_the_title_names_policy_seed_draw_and_masked_share_however_long_the_clips_name(two_seconds, name, monkeypatch):
    result = heard(two_seconds, name=name)
    texts = "\n".join(drawn_texts(result.plot(result.draws[0]), monkeypatch))
    for needed in ("LD", "whisper", "seed 20250101", "draw-1"):
        assert needed in texts
    assert f"{result.draws[0].draw.masked_area_ratio:.0%} of area" in texts


@pytest.mark.parametrize(
    "name", ["Straße", "音声 テスト", "речь", "emoji 🎧", "نص", "bell\a, \x1b[31m", "latin-\udce9"]
)
def test_a_name_in_any_script_is_drawn_without_a_complaint(two_seconds, name):
    from specaug_listen.plots import encode_png

    result = heard(two_seconds, name=name)
    assert encode_png(result.plot(result.draws[0])).startswith(b"\x89PNG")


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_an_audition_wants_two_or_three_axes(mel, n):
    with pytest.raises(ParameterError, match=f"{n} axes: expected two, or three"):
        plot_audition(mel, mel, Draw(80, mel.n_frames), [Figure().add_subplot() for _ in range(n)])


@pytest.mark.parametrize("n", [2, 3])
def test_an_audition_fills_the_axes_it_is_given(mel, n):
    draw = Draw(80, mel.n_frames, (WarpPath(40, 5), TimeSpan(5, 9)))
    axes = Figure().subplots(n)
    assert plot_audition(mel, draw.apply(mel), draw, axes) == tuple(axes)
    assert [len(ax.images) for ax in axes] == ([1, 1] if n == 2 else [1, 0, 1])
    (marks,) = axes[-1].collections
    assert len(marks.get_paths()) == 2  # black under white
    assert (n == 2) or axes[1].lines
