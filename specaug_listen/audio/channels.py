"""Selection of a clip's channel: ``channel=`` in Python, ``--channel`` on the command line.

Numbers count from 1, as in sox. Configurations of NeMo count from 0, and are translated when they are read.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..errors import ParameterError

__all__ = [
    "Channel",
    "Choice",
    "OneChannel",
    "as_channel",
    "as_one_channel",
    "channel_at",
    "channel_words",
    "name_suffix",
]

OneChannel = Literal["mean", "left", "right"] | int
Channel = Literal["mean", "left", "right", "each"] | int
_SIDES = {"left": 0, "right": 1}
_ALLOWED = "mean, left, right, each, or a number counted from 1 (1 is the first channel)"


class Choice(NamedTuple):
    """One channel of several, or their mean.

    Parameters
    ----------
    channel : "mean", "left", "right" or int >= 1
    n_channels : int
        Number of channels of the clip.
    """

    channel: OneChannel
    n_channels: int


def as_channel(channel: object) -> Channel:
    """Parse a channel, as a number or as text.

    Parameters
    ----------
    channel : {"mean", "left", "right", "each"}, int >= 1, or its digits
        ``left`` is the first channel, ``right`` the second, whatever their number; ``each`` stands for all, one by
        one.

    Raises
    ------
    ParameterError
        For anything else.

    Examples
    --------
    >>> as_channel("2"), as_channel("Left")
    (2, 'left')
    >>> as_channel(0)
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: channel 0: channels count from 1, so the first is 1; allowed is mean, left, right, each, or a number counted from 1 (1 is the first channel)
    """  # noqa: E501
    if isinstance(channel, str):
        word = channel.strip().lower()
        if word in ("mean", "left", "right", "each"):
            return word  # type: ignore[return-value]
        if word.isascii() and word.isdecimal() and len(word) < 6:
            channel = int(word)
    if isinstance(channel, int) and not isinstance(channel, bool):
        if channel >= 1:
            return channel
        if channel == 0:
            raise ParameterError(f"channel 0: channels count from 1, so the first is 1; allowed is {_ALLOWED}")
    raise ParameterError(f"channel {channel!r:.60}: allowed is {_ALLOWED}")


def as_one_channel(channel: object) -> OneChannel:
    """Parse a channel as `as_channel` does, but raise for ``each``, too.

    Raises
    ------
    ParameterError
    """
    if (one_channel := as_channel(channel)) == "each":
        raise ParameterError(
            "channel each: makes several clips, and this takes one; give one of mean, left, right, 1, 2, … (1 is the "
            "first channel)"
        )
    return one_channel


def channel_at(channel: OneChannel, n_channels: int) -> int | None:
    """Return the index of a channel, from 0; None for the mean.

    Raises
    ------
    ParameterError
        If the clip has no such channel.

    Examples
    --------
    >>> channel_at("right", 2), channel_at(1, 2), channel_at("mean", 2)
    (1, 0, None)
    """
    if channel == "mean":
        return None
    at = _index(channel)
    if at >= n_channels:
        there = "1 channel: allowed is 1 or mean" if n_channels == 1 else f"{n_channels}: allowed is 1 to {n_channels}"
        which = channel if isinstance(channel, int) else f"{channel} (the second one)"
        raise ParameterError(f"channel {which}: the clip has {there}; channels count from 1")
    return at


def name_suffix(choice: Choice | None) -> str:
    """Return the suffix for the name of a clip of one channel; empty for the mean and for mono.

    Examples
    --------
    >>> name_suffix(Choice("left", 2)), name_suffix(Choice(3, 4)), name_suffix(Choice(1, 1)), name_suffix(None)
    ('.left', '.ch3', '', '')
    """
    if choice is None or choice.channel == "mean" or choice.n_channels == 1:
        return ""
    return f".{choice.channel}" if isinstance(choice.channel, str) else f".ch{choice.channel}"


def channel_words(channel: OneChannel, n_channels: int) -> str:
    """Describe which of a clip's channels is heard.

    Examples
    --------
    >>> channel_words("mean", 1), channel_words("mean", 2), channel_words(2, 2)
    ('1 channel', '2 channels, mixed to mono', '2 channels, of which the second is heard')
    """
    if n_channels == 1:
        return "1 channel"
    if channel == "mean":
        return f"{n_channels} channels, mixed to mono"
    at = _index(channel)
    if isinstance(channel, str) or n_channels > 2:
        which = f"the {channel} one" if isinstance(channel, str) else f"number {at + 1}"
    else:
        which = ("the first", "the second")[at]
    return f"{n_channels} channels, of which {which} is heard"


def _index(channel: OneChannel) -> int:
    return _SIDES[channel] if isinstance(channel, str) else channel - 1
