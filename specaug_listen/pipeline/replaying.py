"""Making a draw again from what was written down."""

from __future__ import annotations

import os

from .._files import printable
from ..audio import Audio, load
from ..errors import AudioError, naming
from .chain import Audition, Reconstruction, render
from .records import DrawRecord, describe_clip, path_of, read_record, versions, vocoder_of

__all__ = ["changed_versions", "replay"]


def replay(path: str | os.PathLike[str], *, audio: Audio | str | os.PathLike[str] | None = None) -> Audition:
    """Make a written draw again, sample for sample.

    Parameters
    ----------
    path : str or path-like
        A ``draw-N.json``.
    audio : Audio, str, path-like or None
        The clip, where it is not where the record says.

    Returns
    -------
    Audition
        With this one draw, under its old number and gain.

    Raises
    ------
    PolicyError
        When the record cannot be read.
    AudioError
        When the clip cannot be read or is not the one that the draw was made for.
    ParameterError
        When the record names a vocoder of the user's own.
    """
    record = read_record(path)
    with naming(printable(path)):
        vocoder = vocoder_of(record.vocoder)
    clip = _clip(record, audio, printable(path))
    mel = record.frontend(clip)
    augmented = record.draw.apply(mel)
    again = Reconstruction(record.number, record.draw, augmented, render(augmented, vocoder))
    return Audition(clip, mel, record.policy, vocoder, record.seed, (again,), record.clip, record.gain)


def changed_versions(written: DrawRecord) -> list[str]:
    """One line for each package whose version differs from the record's: the last bits may differ then."""
    then, now = written.versions, versions()
    return [f"{name} was {then[name]}, is {now.get(name)}" for name in then if then[name] != now.get(name)]


def _clip(record: DrawRecord, given: Audio | str | os.PathLike[str] | None, name: str) -> Audio:
    if isinstance(given, Audio):
        clip = given
    else:
        path = path_of(record.audio) if given is None else given
        if path is None:
            raise AudioError(f"{name}: the clip was made in memory and has no file; pass it as audio=")
        if given is None and not os.path.exists(path):
            raise AudioError(f"{name}: its clip {printable(path)} is gone; say where it is (--audio FILE)")
        clip = load(path, start_s=record.audio.start_s, duration_s=record.audio.duration_s)
    is_same = describe_clip(clip).fingerprint == record.audio.fingerprint
    if not is_same:
        raise AudioError(f"{name}: the clip is not the one that the draw was made for (its samples differ)")
    return clip
