"""What a policy or a framework's configuration really does: in words, numbers, and JSON."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from ._files import printable
from ._record import record
from .augment import Adapter, Batch, Imported, Policy, exact_sources, get_policy, import_policy
from .augment.dialects import ALL_POLICIES, DIALECTS
from .augment.importers import Unread, unread_in_words
from .augment.shares import Shares, expected_shares, least_mels
from .augment.words import in_words
from .errors import ParameterError, PolicyError, naming
from .frontends import PRESETS, MelFrontend

__all__ = ["PolicyPage", "chosen_frontend", "named_policy", "show_policy", "with_context"]

_BATCH = re.compile(r"(\d{1,9})(?:x(\d{1,9})(?:@([+-]?\d{1,9}(?:\.\d{1,9})?))?)?")
Lines = Annotated[tuple[str, ...], Field(strict=False)]
_SECONDS = (2, 5, 10, 15)
# Where a recipe's front-end is not the one that its framework's class makes by default.
_RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "espnet-conformer10": ("espnet", {"hop_length": 160}),
    "nemo-quartznet": ("nemo", {"n_mels": 64, "win_length": 320}),
    "speechbrain-conformer": ("speechbrain", {"n_mels": 80}),
    "wenet-whisper": ("whisper-128", {}),
}
_N_MELS, _FRAMES_PER_S = 80, 100.0
_MOST_UNREAD = 60


@record
class PolicyPage:
    """All there is to say about a policy.

    Parameters
    ----------
    source : str
        The file or the name.
    imported : Imported
    frontend : MelFrontend or None
        What clips are measured with; None is 80 bands, 100 frames per second.
    steps : tuple of str
        In the order in which they are applied.
    shares : tuple of Shares
        Expected masked shares of clips of 2, 5, 10 and 15 s.
    oddities : tuple of str
        What the framework's parameters do not say.
    n_draws, seed : int
    """

    source: str
    imported: Imported
    frontend: MelFrontend | None
    steps: Lines
    shares: Annotated[tuple[Shares, ...], Field(strict=False)]
    oddities: Lines
    n_draws: int
    seed: int

    @property
    def text(self) -> str:
        """The page in plain text."""
        policy = self.imported.policy
        lines = [
            f"{self.source}: policy {policy.name!r}, by the rules of {self.imported.dialect}",
            _words_of(self.frontend),
        ]
        if policy.warp_probability is not None:
            lines.append(
                f"the warp is applied with a chance of {policy.warp_probability:g}, the masks with one of their own, "
                f"{policy.probability:g}"
            )
        elif policy.probability < 1:
            lines.append(f"applied with a chance of {policy.probability:g}")
        lines += _picked(policy)
        if policy.min_mels:
            lines.append(f"nothing is done to mels of fewer than {policy.min_mels} bands")
        lines += _listed("steps, in this order:", [f"{i}. {step}" for i, step in enumerate(self.steps, 1)], "none")
        lines += self._table()
        lines += _listed("filled in, as the file does not say:", self.imported.defaults)
        lines += _listed("notes:", self.imported.notes)
        lines += _unread(self.imported.unread)
        lines += _listed(f"what {self.imported.dialect}'s parameters do not say:", self.oddities)
        return "\n".join(lines)

    def _table(self) -> list[str]:
        batch = self.imported.policy.batch
        within = f" in a batch of {batch.n_frames} frames" if batch and batch.n_frames else ""
        head = f"masked on average where applied{within} ({self.n_draws} draws, seed {self.seed}):"
        rows = [
            f"{seconds:>4} s  {s.time:.2f} of the frames, {s.frequency:.2f} of the bins, {s.area:.2f} of the cells; "
            f"1 draw in 20 more than {s.most_time:.2f} of the frames"
            for seconds, s in zip(_SECONDS, self.shares, strict=True)
        ]
        return [head, *rows]


def _picked(policy: Policy) -> list[str]:
    """How many of the steps are applied, and in which order, where that is left to chance."""
    n = len(policy.transforms)
    least, most = policy.n_applied or (n, n)
    if least >= n:
        return ["the order of the steps is another one every time"] if policy.is_shuffled and n > 1 else []
    numbers = str(least) if least == most else f"{least} to {most}"
    which = "picked anew and in any order every time" if policy.is_shuffled else "from the first one on"
    return [f"applied are {numbers} of the steps, {which}"]


def show_policy(
    source: str | os.PathLike[str], dialect: str | None = None, *, n_draws: int = 1000, seed: int = 0
) -> PolicyPage:
    """Say what a policy does.

    Parameters
    ----------
    source : str or path-like
        A file as `augment.import_policy` reads it, or a policy's name.
    dialect : str or None
        Of the file; None guesses.
    n_draws : int > 0
        For the expected shares.
    seed : int

    Returns
    -------
    PolicyPage

    Raises
    ------
    ParameterError
        For an unknown name or dialect.
    PolicyError
        For a file that cannot be read.

    Examples
    --------
    >>> show_policy("LB", n_draws=10).steps[0]
    'time warp: a frame moves by -80 to 80 frames; clips from 163 frames on; straight, ends fixed'
    """
    imported = named_policy(source, dialect)
    is_open = imported.frontend_error or imported.frontend_missing
    frontend = None if is_open else chosen_frontend(imported)[0]
    rate = _FRAMES_PER_S if frontend is None else frontend.sample_rate / frontend.hop_length
    n_mels = max(_N_MELS, least_mels(imported.policy)) if frontend is None else frontend.n_mels
    with naming(printable(source)):
        shares = [
            expected_shares(imported.policy, n_mels, round(rate * seconds), n_draws=n_draws, rng=seed)
            for seconds in _SECONDS
        ]
    known = DIALECTS.get(imported.dialect)
    return PolicyPage(
        printable(source),
        imported,
        frontend,
        tuple(in_words(transform) for transform in imported.policy.transforms),
        tuple(shares),
        () if known is None else known.oddities,
        n_draws,
        seed,
    )


def named_policy(
    source: str | os.PathLike[str], dialect: str | None = None, adapter: Adapter | None = None
) -> Imported:
    """A policy of a name, a callable's name, or what a file holds; errors as in `show_policy`."""
    is_name = isinstance(source, str) and source.lower() in {name.lower() for name in ALL_POLICIES}
    is_file = str(source).lower().endswith((".yaml", ".yml", ".json")) or os.path.exists(source)
    if dialect is not None and (is_name or not (is_file or os.path.exists(source))):
        raise ParameterError(f"dialect {dialect!r:.80} is for a file, and the policy is {source!s:.80}; leave it out")
    if adapter is None and (dialect is not None or (is_file and not is_name)):
        return import_policy(source, dialect)
    policy = get_policy(source, adapter=adapter)
    return Imported(policy, None, policy.dialect)


def chosen_frontend(imported: Imported) -> tuple[MelFrontend | None, str]:
    """The front-end that goes with a policy, and where it comes from; None where nothing speaks for one.

    Raises
    ------
    PolicyError
        When the policy's file describes a front-end that cannot be, or features that are made elsewhere.
    """
    if imported.frontend_error:
        raise PolicyError(imported.frontend_error)
    if imported.frontend_missing:
        raise PolicyError(
            f"{imported.frontend_missing}; nothing is put in its place: name the front-end that made the features, "
            "with --frontend (frontend= in Python)"
        )
    if imported.frontend is not None:
        return imported.frontend, "the policy's file names it, or its framework's own"
    policy = imported.policy
    if policy.name in _RECIPES and ALL_POLICIES[policy.name] == policy:
        name, changes = _RECIPES[policy.name]
        frontend = replace(PRESETS[name], **changes, name=f"{name} of {policy.name}") if changes else PRESETS[name]
        return frontend, f"{policy.name} is trained with it"
    dialect = DIALECTS.get(imported.dialect)
    usual = [PRESETS[name] for name in dialect.frontends if name in PRESETS] if dialect else []
    return (usual[0], f"{imported.dialect} is used with it") if usual else (None, "")


def with_context(policy: Policy, batch: str | None, exact_rng: bool) -> Policy:
    """A policy in a padded batch, and with its framework's generator.

    Parameters
    ----------
    policy : Policy
    batch : str or None
        ``N``, ``NxFRAMES`` or ``NxFRAMES@PAD``: examples, frames of each with its padding, value of the padding.
    exact_rng : bool

    Raises
    ------
    ParameterError
        For another text, or a policy whose draws cannot be made with a framework's generator.

    Examples
    --------
    >>> with_context(get_policy("lhotse"), "32x1500@-23.03", False).batch
    Batch(size=32, n_frames=1500, pad_value=-23.03)
    """
    if batch is not None:
        found = _BATCH.fullmatch(batch.strip())
        if found is None:
            raise ParameterError(f"--batch {batch!r:.60}: allowed is N, NxFRAMES or NxFRAMES@PAD, e.g. 32x1500@-15.9")
        size, n_frames, pad = found.groups()
        with naming("--batch"):
            made = Batch(int(size), None if n_frames is None else int(n_frames), float(pad or 0))
        policy = replace(policy, batch=made)
    if exact_rng:
        exact_sources(policy, 0)
        policy = replace(policy, exact_rng=True)
    return policy


def _words_of(frontend: MelFrontend | None) -> str:
    if frontend is None:
        return f"front-end: none named; counted with {_N_MELS} bands and {_FRAMES_PER_S:g} frames per second"
    hop_ms = 1000 * frontend.hop_length / frontend.sample_rate
    values = f"{frontend.log or 'no logarithm'}" + (f", normalised {frontend.normalize}" if frontend.normalize else "")
    return (
        f"front-end: {frontend.name}: {frontend.sample_rate} Hz, n_fft {frontend.n_fft}, window "
        f"{frontend.framing.win_length}, hop {frontend.hop_length} ({hop_ms:g} ms), {frontend.n_mels} bands, {values}"
    )


def _unread(unread: tuple[Unread, ...]) -> list[str]:
    """What may decide the sound by itself, the rest in one line."""
    near = [each.words for each in unread if each.is_near]
    rest = unread_in_words([each for each in unread if not each.is_near], _MOST_UNREAD)
    return _listed("not read, though it may decide the sound:", near) + list(rest)


def _listed(head: str, entries: list[str] | tuple[str, ...], otherwise: str = "") -> list[str]:
    if not entries:
        return [f"{head} {otherwise}"] if otherwise else []
    return [head, *(f"  {entry}" for entry in entries)]
