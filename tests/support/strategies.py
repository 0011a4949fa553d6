"""Hypothesis strategies for the toolkit's own types; `import strategies` works from every room."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from specaug_listen import Audio, MelSpectrogram, Policy, frontends
from specaug_listen._rng import MAX_SEED
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp
from specaug_listen.frontends import MelFrontend

__all__ = ["FILLS", "audios", "mels", "policies", "seeds"]

FILLS = ("mean", "band_mean", "frame_mean", "min", "floor", "noise")


def seeds() -> st.SearchStrategy[int]:
    """Every seed that `rng` accepts."""
    return st.integers(0, MAX_SEED)


@st.composite
def audios(
    draw: st.DrawFn,
    *,
    sample_rates: tuple[int, ...] = (8000, 16000, 22050),
    max_channels: int = 2,
    min_samples: int = 1,
    max_samples: int = 6000,
) -> Audio:
    """Noise or a tone, from silence to full scale; the samples follow from a seed, so that examples stay short."""
    rate = draw(st.sampled_from(sample_rates))
    shape = draw(st.integers(1, max_channels)), draw(st.integers(min_samples, max_samples))
    gain = draw(st.sampled_from((0.0, 1e-4, 0.1, 1.0)))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):
        samples = generator.uniform(-1.0, 1.0, shape)
    else:
        turns = generator.uniform(0.01, 0.4) * np.arange(shape[1]) + generator.uniform(0, 1, (shape[0], 1))
        samples = np.sin(2 * np.pi * turns)
    return Audio(gain * samples, rate)


@st.composite
def mels(
    draw: st.DrawFn,
    *,
    among: tuple[MelFrontend, ...] = tuple(frontends.PRESETS.values()),
    max_frames: int = 60,
) -> MelSpectrogram:
    """The mel spectrogram of a mono clip with between 1 and ``max_frames`` frames, with its audio."""
    frontend = draw(st.sampled_from(among))
    framing = frontend.framing
    wanted = framing.n_samples(draw(st.integers(1, max_frames)))
    n_samples = max(wanted, framing.win_length)
    clip = audios(sample_rates=(frontend.sample_rate,), max_channels=1, min_samples=n_samples, max_samples=n_samples)
    return frontend(draw(clip))


def policies(*, max_transforms: int = 4) -> st.SearchStrategy[Policy]:
    """Any order and number of transforms, the empty policy among them."""
    count = st.integers(0, 4)
    fill = st.sampled_from(FILLS)
    transforms = st.one_of(
        st.builds(FrequencyMask, count=count, max_bins=st.integers(0, 150), fill=fill),
        st.builds(
            TimeMask,
            count=count,
            max_frames=st.none() | st.integers(0, 120),
            max_ratio=st.floats(0, 1),
            count_ratio=st.none() | st.floats(0, 1),
            max_count=count,
            fill=fill,
        ),
        st.builds(TimeWarp, max_frames=st.integers(0, 40)),
    )
    return st.builds(
        Policy,
        transforms=st.lists(transforms, max_size=max_transforms).map(tuple),
        name=st.just("drawn"),
        probability=st.sampled_from((1.0, 1.0, 0.5, 0.0)),
    )
