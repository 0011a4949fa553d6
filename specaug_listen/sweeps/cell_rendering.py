"""Render the cells of a sweep: clips under every combination of values, with the same random numbers in each."""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .. import vocoders
from .._defaults import DEFAULT_DRAWS, DEFAULT_POLICY, DEFAULT_SEED, DEFAULT_VOCODER
from .._files import printable
from .._rng import as_seed
from ..audio.audio_in_memory import Audio, common_gain
from ..audio.channels import OneChannel
from ..audio.clip_names import distinct_names
from ..audio.conversion import as_audio, is_audio_input
from ..audio.sound import Sound
from ..auditions import Audition, Configuration, audition
from ..auditions.records import CustomVocoder, clip_name, describe_clip, vocoder_of, vocoder_record
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

__all__ = [
    "MAX_RENDERINGS",
    "check_n_renderings",
    "choose_swept_frontend",
    "combinations",
    "names_of_clips",
    "render_sweep",
    "sweep",
]

MAX_RENDERINGS = 1000
# The copy-synthesis of each front-end and vocoder.
Copies = dict[tuple[MelFrontend, AnyVocoder | CustomVocoder], Sound]


def sweep(
    audio: Any,
    *,
    vary: Mapping[str, Sequence[Value]] | Iterable[str],
    frontend: MelFrontend | str | os.PathLike[str] | None = None,
    policy: Policy | Imported | str | os.PathLike[str] | Callable[..., Any] = DEFAULT_POLICY,
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
    batch: Batch | str | None = None,
    exact_rng: bool = False,
    vocoder: Vocoder | str = DEFAULT_VOCODER,
    draws: int = DEFAULT_DRAWS,
    rng: int | Any = DEFAULT_SEED,
    start_s: float = 0.0,
    duration_s: float | None = None,
    name: str | None = None,
    channel: OneChannel | None = None,
) -> Sweep:
    """Render a clip, or several, under every combination of values.

    The randomness of a draw follows from the seed, the clip and the draw's number, and each transform has its own
    stream. So along an axis only the parameter changes (common random numbers): wider masks start where the narrower
    ones do, as far as they fit, and a larger count keeps the masks of a smaller one.

    Parameters
    ----------
    audio : Audio, str, path-like, (samples, sample_rate) or mapping, or a list of them
        As for `specaug_listen.audition`; each clip of a list is swept.
    vary : mapping from key to values, or iterable of texts ``KEY=VALUE,VALUE``
        See `Axis`.
    frontend : MelFrontend, str, path-like or None
        None takes the policy's own, and if policies or frameworks are varied, that of each; see
        `specaug_listen.frameworks.choose_frontend`.
    policy, framework, adapter, parameters, batch, exact_rng, vocoder, draws, rng, start_s, duration_s, name, channel
        As in `specaug_listen.audition`: all that is not varied. ``name`` is for one clip; several are named after their
        files.

    Returns
    -------
    Sweep

    Raises
    ------
    ParameterError
        For an unknown key, a value out of range, or more than 1000 renderings of all clips together.

    Examples
    --------
    >>> import numpy as np
    >>> tone = Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000)
    >>> print(sweep(tone, vary=["fill=mean,floor", "vocoder=joint,griffinlim"], policy="SM", rng=0))
    Sweep of 'clip' over fill (2), vocoder (2): 4 cells, 1 of each
    """
    axes = read_axes(vary)
    check_not_replaced(axes, framework, adapter, parameters)
    how: dict[str, Any] = {"framework": framework, "adapter": adapter, "parameters": parameters}
    rules = get_policy(policy, batch=batch, exact_rng=exact_rng, **how)
    choice = choose_swept_frontend(frontend, rules, axes)
    vocoder_of_run = vocoder_record(vocoders.get_vocoder(vocoder) if isinstance(vocoder, str) else vocoder)
    sources = _clips_in(audio)
    if name is not None and len(sources) > 1:
        raise ParameterError(f"name={name!r:.80} is for one clip, and there are {len(sources)}; leave it out")
    span = start_s, duration_s
    clips = [select_channel(_part(source, span), channel, rules) for source in sources]
    start_s, duration_s = _span_of(clips, span)
    run = Configuration(
        choice.frontend, rules, vocoder_of_run, draws, as_seed(rng), start_s=start_s, duration_s=duration_s,
        frontend_reason=choice.reason, channel=describe_clip(clips[0]).channel,
    )  # fmt: skip
    names = names_of_clips(clips) if name is None else [name]
    return render_sweep(list(zip(names, clips, strict=True)), axes, run)


def _part(audio: Any, span: tuple[float, float | None]) -> Audio:
    return as_audio(audio, start_s=span[0], duration_s=span[1])


def _clips_in(audio: Any) -> list[Any]:
    """Return the clips of a list, or the one clip in any form; ``[samples, 16000]`` is one clip."""
    is_list = isinstance(audio, (list, tuple)) and len(audio) > 0 and all(map(is_audio_input, audio))
    clips = list(audio) if is_list and not is_audio_input(audio) else [audio]
    if len(clips) > MAX_RENDERINGS:
        raise ParameterError(f"{len(clips)} clips: allowed are at most {MAX_RENDERINGS} renderings; give fewer")
    return clips


def _span_of(clips: Sequence[Audio], span: tuple[float, float | None]) -> tuple[float, float | None]:
    """Return start and length of the part that all clips are of their files; ``span``, if these differ."""
    spans = {(record.start_s, record.duration_s) for record in map(describe_clip, clips)}
    return spans.pop() if len(spans) == 1 else span


def names_of_clips(clips: Sequence[Audio]) -> list[str]:
    """Return a name for each clip, all different: that of its file, or ``clip``."""
    paths = [None if clip.source is None else clip.source.path for clip in clips]
    names_of_files = iter(distinct_names([path for path in paths if path is not None]))
    names, used = [], set[str]()
    for clip, path in zip(clips, paths, strict=True):
        name = printable(clip_name(clip)) if path is None or len(clips) == 1 else next(names_of_files)
        numbered = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
        names.append(next(each for each in numbered if each.casefold() not in used))
        used.add(names[-1].casefold())
    return names


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
    clips: Sequence[tuple[str, Audio]],
    axes: Sequence[Axis],
    run: Configuration,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sweep:
    """Render a sweep of a configuration over clips with their names, which differ."""
    check_n_renderings(len(clips), axes, run.draws)
    places = combinations(axes)
    # All are read before the first is rendered, so that an invalid value fails at once.
    runs = [with_values(run, values) for values in places]
    cells: list[Cell] = []
    total = len(clips) * len(places)
    for name, clip in clips:
        copies: Copies = {}
        cells_of_clip: list[Cell] = []
        for values, run_of_cell in zip(places, runs, strict=True):
            progress(len(cells) + len(cells_of_clip), total)
            cells_of_clip.append(Cell(values, _render_cell(clip, run_of_cell, copies, name)))
        cells += _on_one_gain(cells_of_clip, copies)
    progress(total, total)
    return Sweep(tuple(axes), tuple(cells), run)


def check_n_renderings(n_clips: int, axes: Sequence[Axis], n_draws: int) -> None:
    """Raise a ParameterError for a sweep of too many renderings."""
    n_cells = math.prod(len(axis.values) for axis in axes)
    n_renderings = n_clips * n_cells * n_draws
    if n_renderings > MAX_RENDERINGS:
        of_clips = f" of {n_clips} clips" if n_clips > 1 else ""
        raise ParameterError(
            f"{n_cells:.12g} cells of {n_draws} draws{of_clips} are {n_renderings:.12g} renderings: allowed are at "
            f"most {MAX_RENDERINGS}; give fewer values or draws{' or clips' if of_clips else ''}"
        )


def _on_one_gain(cells: Sequence[Cell], copies: Copies) -> list[Cell]:
    """Return all cells of a clip with one common gain."""
    sounds = [rendered.audio for cell in cells for rendered in cell.audition.draws]
    originals = [cell.audition.original for cell in cells if cell.audition.original is not None]
    gain = common_gain([*originals, *copies.values(), *sounds])
    return [dataclasses.replace(cell, audition=dataclasses.replace(cell.audition, fixed_gain=gain)) for cell in cells]


def _render_cell(audio: Audio, run: Configuration, copies: Copies, name: str) -> Audition:
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
