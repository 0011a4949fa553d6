"""What a policy or a framework's configuration does: in words, numbers and JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from .._files import printable
from .._records import record
from ..augment import Policy
from ..augment.coverage import N_DRAWS, Shares, enough_draws, expected_shares, least_mels
from ..augment.describe import in_words
from ..errors import error_context
from ..frontends import MelFrontend
from .frontend_choice import FrontendReason, choose_channel, choose_frontend, reason_in_words
from .policies import PolicySource, resolve_policy
from .read import Imported
from .registry import FRAMEWORKS, spelling
from .unread import UnreadKey, unread_in_words

__all__ = ["PolicyPage", "show_policy"]

Lines = Annotated[tuple[str, ...], Field(strict=False)]
_DURATIONS_S = (2, 5, 10, 15)
_N_MELS, _FRAMES_PER_S = 80, 100.0
_MAX_UNREAD_KEYS = 60


@record
class PolicyPage:
    """A description of a policy.

    Parameters
    ----------
    source : str
        The file or the name.
    imported : Imported
    frontend : MelFrontend or None
        The front-end for which shares are computed; None, if the configuration's own is not supported, means 80 bins
        and 100 frames per second.
    steps : tuple of str
        The transforms in the order of application.
    shares : tuple of Shares
        Expected masked shares of clips of 2, 5, 10 and 15 s.
    oddities : tuple of str
        Behaviour that the framework's parameters do not show.
    n_draws, seed : int
    frontend_reason : str or None
        Why this front-end; see `frameworks.FrontendChoice`.
    """

    source: str
    imported: Imported
    frontend: MelFrontend | None
    steps: Lines
    shares: Annotated[tuple[Shares, ...], Field(strict=False)]
    oddities: Lines
    n_draws: int
    seed: int
    frontend_reason: FrontendReason | None = None

    @property
    def text(self) -> str:
        """The description as plain text."""
        policy = self.imported.policy
        lines = [
            f"{self.source}: policy {policy.name!r}, by the rules of {spelling(self.imported.framework)}",
            _frontend_line(self.frontend, reason_in_words(self.frontend_reason, policy)),
        ]
        channel, line = choose_channel(policy)
        if line:
            lines.append(f"channel: {channel} of each recording, as {line} says")
        if policy.warp_probability is not None:
            lines.append(
                f"the warp is applied with probability {policy.warp_probability:g}, the masks with probability "
                f"{policy.probability:g}"
            )
        elif policy.probability < 1:
            lines.append(f"applied with probability {policy.probability:g}")
        lines += _applied(policy)
        if policy.min_mels:
            lines.append(f"mels of fewer than {policy.min_mels} bins are not changed")
        lines += _block("steps, in this order:", [f"{i}. {step}" for i, step in enumerate(self.steps, 1)], "none")
        lines += self._table()
        lines += _block("defaults, not in the file:", self.imported.defaults)
        lines += _block("notes:", self.imported.notes)
        lines += _unread_lines(self.imported.unread)
        lines += _block(f"oddities of {spelling(self.imported.framework)}:", self.oddities)
        return "\n".join(lines)

    def _table(self) -> list[str]:
        batch = self.imported.policy.batch
        within = f" in a batch of {batch.n_frames} frames" if batch and batch.n_frames else ""
        head = f"masked on average, if applied{within} ({self.n_draws} draws, seed {self.seed}):"
        rows = [
            f"{seconds:>4} s  {s.time:.2f} of the frames, {s.frequency:.2f} of the bins, {s.area:.2f} of the cells; "
            f"p95 {s.time_p95:.2f} of the frames"
            for seconds, s in zip(_DURATIONS_S, self.shares, strict=True)
        ]
        return [head, *rows]


def _applied(policy: Policy) -> list[str]:
    """Say how many of the steps are applied, and in which order, unless it is all in order."""
    n = len(policy.transforms)
    least, most = policy.n_applied or (n, n)
    if least >= n:
        return ["the steps are applied in random order"] if policy.is_shuffled and n > 1 else []
    numbers = str(least) if least == most else f"{least} to {most}"
    which = "chosen at random and in random order" if policy.is_shuffled else "the first ones"
    return [f"{numbers} of the steps are applied, {which}"]


def show_policy(
    policy: PolicySource,
    framework: str | None = None,
    *,
    frontend: MelFrontend | str | None = None,
    parameters: Sequence[str] = (),
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> PolicyPage:
    """Describe what a policy does.

    Parameters
    ----------
    policy : str, path-like, Policy or Imported
        A file as in `frameworks.import_policy`, a policy's name, or a policy.
    framework : str or None
        The framework of the file; None detects it.
    frontend : MelFrontend, str or None
        The front-end for which shares are computed; None is the policy's own.
    parameters : sequence of str
        Each as ``KEY=VALUE``; see `resolve_policy`.
    n_draws : int > 0
        For the expected shares.
    seed : int

    Returns
    -------
    PolicyPage

    Raises
    ------
    ParameterError
        For an unknown name or framework.
    PolicyError
        For a file that cannot be read.

    Examples
    --------
    >>> show_policy("LB", n_draws=10).steps[0]
    'time warp: a frame moves by -80 to 80 frames; clips from 163 frames on; piecewise linear, ends fixed'
    """
    imported = resolve_policy(policy, framework, parameters=parameters)
    is_text = isinstance(policy, (str, os.PathLike))
    source = printable(policy) if is_text else imported.policy.name  # type: ignore[arg-type]
    used, reason = None, None
    if frontend is not None or not imported.why_no_frontend:
        used, reason = choose_frontend(frontend, imported.policy)
    rate = _FRAMES_PER_S if used is None else used.sample_rate / used.hop_length
    n_mels = _N_MELS if used is None else used.n_mels
    if used is None or reason == "default":
        n_mels = max(n_mels, least_mels(imported.policy))
    with error_context(source):
        shares = [
            expected_shares(imported.policy, n_mels, round(rate * seconds), n_draws=n_draws, rng=seed)
            for seconds in _DURATIONS_S
        ]
    steps = tuple(in_words(transform) for transform in imported.policy.transforms)
    oddities = FRAMEWORKS[imported.framework].oddities if imported.framework in FRAMEWORKS else ()
    n_draws = enough_draws(imported.policy, n_draws)
    return PolicyPage(source, imported, used, steps, tuple(shares), oddities, n_draws, seed, reason)


def _frontend_line(frontend: MelFrontend | None, why: str) -> str:
    if frontend is None:
        return f"front-end: none; shares are those of {_N_MELS} bins and {_FRAMES_PER_S:g} frames per second"
    hop_ms = 1000 * frontend.hop_length / frontend.sample_rate
    values = f"{frontend.log or 'no logarithm'}" + (f", normalised {frontend.normalize}" if frontend.normalize else "")
    return (
        f"front-end: {frontend.name}: {frontend.sample_rate} Hz, n_fft {frontend.n_fft}, window "
        f"{frontend.framing.win_length}, hop {frontend.hop_length} ({hop_ms:g} ms), {frontend.n_mels} bins, {values}"
        + (f"; {why}" if why else "")
    )


def _unread_lines(unread: tuple[UnreadKey, ...]) -> list[str]:
    """List keys that may affect the sound one per line, and the rest in one line."""
    near = [each.words for each in unread if each.is_near]
    rest = unread_in_words([each for each in unread if not each.is_near], _MAX_UNREAD_KEYS)
    return _block("not read, but may affect the sound:", near) + list(rest)


def _block(head: str, entries: list[str] | tuple[str, ...], otherwise: str = "") -> list[str]:
    if not entries:
        return [f"{head} {otherwise}"] if otherwise else []
    return [head, *(f"  {entry}" for entry in entries)]
