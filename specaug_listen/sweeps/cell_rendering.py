"""Render the cells of a sweep: one clip under every combination of values, with the same random numbers in each."""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .. import vocoders
from .._rng import as_seed
from ..audio.audio_in_memory import Audio, common_gain
from ..audio.channels import OneChannel
from ..audio.conversion import as_audio
from ..audio.sound import Sound
from ..auditions import Audition, Configuration, audition
from ..auditions.records import CustomVocoder, describe_clip, vocoder_of, vocoder_record
from ..augment import Batch, Policy
from ..custom.adapter import Adapter
from ..errors import ParameterError, SpecAugListenWarning
from ..frameworks.frontend_choice import FrontendChoice, choose_frontend, select_channel
from ..frameworks.policies import get_policy
from ..frameworks.read import Imported
from ..frontends import MelFrontend
from ..vocoders import Vocoder
from ..vocoders.registry import AnyVocoder
from .axes import Axis, Value, check_not_replaced, read_axes, with_values
from .results import Cell, Sweep

__all__ = ["MAX_RENDERINGS", "choose_swept_frontend", "combinations", "render_sweep", "sweep"]

MAX_RENDERINGS = 1000
# The copy-synthesis of each front-end and vocoder.
Copies = dict[tuple[MelFrontend, AnyVocoder | CustomVocoder], Sound]


def sweep(
    audio: Any,
    *,
    vary: Mapping[str, Sequence[Value]] | Iterable[str],
    frontend: MelFrontend | str | os.PathLike[str] | None = None,
    policy: Policy | Imported | str | os.PathLike[str] | Callable[..., Any] = "LD",
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
    batch: Batch | str | None = None,
    exact_rng: bool = False,
    vocoder: Vocoder | str = "joint",
    draws: int = 1,
    rng: int | Any = 0,
    start_s: float = 0.0,
    duration_s: float | None = None,
    name: str | None = None,
    channel: OneChannel | None = None,
) -> Sweep:
    """Render a clip under every combination of values.

    The randomness of a draw follows from the seed, the clip and the draw's number, and each transform has its own
    stream. So along an axis only the parameter changes (common random numbers): wider masks start where the narrower
    ones do, as far as they fit, and a larger count keeps the masks of a smaller one.

    Parameters
    ----------
    audio : Audio, str, path-like, (samples, sample_rate) or mapping
        As for `specaug_listen.audition`.
    vary : mapping from key to values, or iterable of texts ``KEY=VALUE,VALUE``
        See `Axis`.
    frontend : MelFrontend, str, path-like or None
        None takes the policy's own, and if policies or frameworks are varied, that of each; see
        `specaug_listen.frameworks.choose_frontend`.
    policy, framework, adapter, parameters, batch, exact_rng, vocoder, draws, rng, start_s, duration_s, name, channel
        As in `specaug_listen.audition`: all that is not varied.

    Returns
    -------
    Sweep

    Raises
    ------
    ParameterError
        For an unknown key, a value out of range, or more than 1000 renderings.

    Examples
    --------
    >>> import numpy as np
    >>> tone = Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000)
    >>> print(sweep(tone, vary=["fill=mean,floor", "vocoder=joint,griffinlim"], policy="SM", rng=0))
    Sweep of 'clip' over fill (2), vocoder (2): 4 cells, 1 of each
    """
    clip = as_audio(audio, start_s=start_s, duration_s=duration_s)
    axes = read_axes(vary)
    check_not_replaced(axes, framework, adapter, parameters)
    how: dict[str, Any] = {"framework": framework, "adapter": adapter, "parameters": parameters}
    policy_of_run = get_policy(policy, batch=batch, exact_rng=exact_rng, **how)
    geometry, reason = choose_swept_frontend(frontend, policy_of_run, axes)
    vocoder_of_run = vocoders.get_vocoder(vocoder) if isinstance(vocoder, str) else vocoder
    clip = select_channel(clip, channel, policy_of_run)
    span = describe_clip(clip)
    run = Configuration(
        geometry,
        policy_of_run,
        vocoder_record(vocoder_of_run),
        draws,
        as_seed(rng),
        start_s=span.start_s,
        duration_s=span.duration_s,
        frontend_reason=reason,
        channel=span.channel,
    )
    return render_sweep(clip, axes, run, name=name)


def choose_swept_frontend(frontend: Any, policy: Policy, axes: Sequence[Axis]) -> FrontendChoice:
    """Return the front-end of a sweep's configuration, the first one if front-ends are varied."""
    by_key = {axis.key: axis.values for axis in axes}
    if frontend is None and "frontend" in by_key:
        frontend = by_key["frontend"][0]
    return choose_frontend(frontend, policy)


def combinations(axes: Sequence[Axis]) -> list[dict[str, Value]]:
    """List all combinations of values; the last axis varies fastest."""
    return [
        dict(zip((axis.key for axis in axes), values, strict=True))
        for values in itertools.product(*(axis.values for axis in axes))
    ]


def render_sweep(
    audio: Audio,
    axes: Sequence[Axis],
    run: Configuration,
    *,
    name: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sweep:
    """Render a sweep of a configuration, without reading names and files as `sweep` does."""
    n_cells = math.prod(len(axis.values) for axis in axes)
    if n_cells * run.draws > MAX_RENDERINGS:
        raise ParameterError(
            f"{n_cells:.12g} cells of {run.draws} draws are {n_cells * run.draws:.12g} renderings: allowed are at most "
            f"{MAX_RENDERINGS}; give fewer values or draws"
        )
    places = combinations(axes)
    # All are read before the first is rendered, so that an invalid value fails at once.
    runs = [with_values(run, values) for values in places]
    copies: Copies = {}
    cells = []
    for done, (values, run_of_cell) in enumerate(zip(places, runs, strict=True)):
        progress(done, len(places))
        cells.append(Cell(values, _render_cell(audio, run_of_cell, copies, name)))
    sounds = [run_of_cell.audio for cell in cells for run_of_cell in cell.audition.draws]
    gain = common_gain(
        [*(cell.audition.original for cell in cells if cell.audition.original is not None), *copies.values(), *sounds]
    )
    cells = [dataclasses.replace(cell, audition=dataclasses.replace(cell.audition, fixed_gain=gain)) for cell in cells]
    progress(len(places), len(places))
    return Sweep(tuple(axes), tuple(cells), run)


def _render_cell(audio: Audio, run: Configuration, copies: Copies, name: str | None) -> Audition:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpecAugListenWarning)  # the draws have them as notices
        result = audition(
            audio,
            frontend=run.choice,
            policy=run.policy,
            vocoder=vocoder_of(run.vocoder),
            draws=run.draws,
            rng=run.seed,
            name=name,
            channel="mean",
        )
    key = run.frontend, run.vocoder
    if key not in copies:
        copies[key] = result.copy_synthesis
    return dataclasses.replace(result, copy_rendering=copies[key])
