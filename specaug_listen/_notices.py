"""Notices about a clip or a draw: data for programs, turned into a sentence only when they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Notice", "plural"]

_MAX_ENDINGS, _MAX_VALUES = 8, 20


def plural(n: int, what: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> plural(1, "clip"), plural(3, "clip")
    ('1 clip', '3 clips')
    """
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _implausible(values: Mapping[str, Any]) -> str:
    """Describe values of a mel that its front-end cannot have made."""
    name, low, high = (values[key] for key in ("frontend", "low", "high"))
    undone = ", once the statistics are undone," if values["with_statistics"] else ""
    line = (
        f"implausible for front-end {name!r}: values{undone} from {low:g} to {high:g} (mean {values['mean']:g}, "
        f"standard deviation {values['std']:g}), where its own lie in [{values['least']:g}, {values['most']:g}]"
    )
    if values["low"] >= values["least"] and values["high"] <= values["most"] and "spread_db" in values:
        line += f", but spread over {values['spread_db']:.1f} dB only" if values["spread_db"] < 13 else ""
    if values["plain_fits"]:
        return f"{line}; without the statistics they would be plausible"
    if values["linear"]:
        line += "; they look like powers or magnitudes of which no logarithm was taken"
    elif values["scales"]:
        line += f"; they would be plausible as {', or as '.join(values['scales'])}"
    statistics = values.get("statistics")
    if statistics:
        looks = "they look normalised: with" if values["normalised"] else "with"
        looks = "or they were normalised: with" if values["normalised"] and values["scales"] else looks
        line += (
            f"; {looks} the statistics mean={statistics['mean']:g}, std={statistics['std']:g} they would have the "
            "level and the spread of speech"
        )
    return line


def _seconds(values: Mapping[str, Any], key: str) -> str:
    return f"{values[key] / values['sample_rate']:.2f}"


def _cut(values: Mapping[str, Any]) -> str:
    n, m = values["n_present"], values["n_promised"]
    seconds = f" ({_seconds(values, 'n_present')} of {_seconds(values, 'n_promised')} s)"
    return f"cut: {n} of {m} samples are there{seconds}; copy the file again"


def _cut_within(values: Mapping[str, Any]) -> str:
    ends = {"stream": "without an end-of-stream mark", "header": "earlier than its header says"}
    what = ends.get(values["within"], f"in the middle of a {values['within']}")
    n = values["n_present"]
    return f"cut: the file ends {what}" + (
        "" if n is None else f", after {n} samples ({_seconds(values, 'n_present')} s)"
    )


def _stopped(values: Mapping[str, Any]) -> str:
    whole = values["n_promised"]
    total = (
        "" if whole is None else f" of {_seconds(values, 'n_promised')} s ({values['n_present']} of {whole} samples)"
    )
    reason = f" ({values['reason']})" if values.get("reason") else ""
    return (
        f"decoded in part: {_seconds(values, 'n_present')}{total or ' s'}{reason}; try another decoder: "
        "ffmpeg -i FILE FILE.wav"
    )


def _pages_lost(values: Mapping[str, Any]) -> str:
    n_pages, n_bytes, n_bad = (values.get(key, 0) for key in ("n_pages", "n_bytes", "n_bad"))
    lost = [f"{plural(n_pages, 'page')} {'is' if n_pages == 1 else 'are'} missing"] if n_pages else []
    lost += [f"{plural(n_bytes, 'byte')} outside of any stream"] if n_bytes else []
    lost += [f"{plural(n_bad, 'corrupt page')}"] if n_bad else []
    return f"damaged: {' and '.join(lost)}, so sound is missing within the clip"


def _pages_wrong(values: Mapping[str, Any]) -> str:
    if n_packets := values.get("n_packets"):
        return (
            f"damaged: {plural(n_packets, 'packet')} with a timestamp earlier than the one before, as if parts of the "
            "file were repeated, joined or in the wrong order; all sound was read, in the order of the file"
        )
    n_marks, n_times = values["n_marks"], values["n_times"]
    wrong = [f"{plural(n_marks, 'page')} with an impossible flag, such as an end in the middle"] if n_marks else []
    wrong += [f"{plural(n_times, 'page')} with an impossible timestamp"] if n_times else []
    return f"damaged: {' and '.join(wrong)}; all sound in the file was read"


def _junk_after(values: Mapping[str, Any]) -> str:
    n = values["n_bytes"]
    what = "data that is" if n is None else f"{plural(n, 'byte')} that {'is' if n == 1 else 'are'}"
    return f"trailing junk: {what} probably not sound, left out"


def _junk_before(values: Mapping[str, Any]) -> str:
    return (
        f"leading junk: {plural(values['n_bytes'], 'byte')} before the sound; if they are the rest of an MPEG frame, "
        "sound is missing; copy the file again"
    )


def _silenced(values: Mapping[str, Any]) -> str:
    where = "1 place" if values["n_places"] == 1 else f"{values['n_places']} places"
    return (
        f"damaged: {values['n_lost']} samples ({_seconds(values, 'n_lost')} s) in {where} cannot be decoded and are "
        "silent"
    )


def _files_left_out(values: Mapping[str, Any]) -> str:
    parts = []
    if endings := values["endings"]:
        n = sum(endings.values())
        parts.append(f"{n} {'file that is' if n == 1 else 'files that are'} no sound ({_endings_text(endings)})")
    if values["n_hidden"]:
        parts.append(f"{values['n_hidden']} hidden {'file' if values['n_hidden'] == 1 else 'files'}")
    if of_ffmpeg := values["of_ffmpeg"]:
        extra = "pip install 'specaug-listen[av]' decodes them"
        parts.append(f"{sum(of_ffmpeg.values())} that FFmpeg reads ({_endings_text(of_ffmpeg)}): {extra}")
    return f"left out of {values['folder']}: {', '.join(parts)}"


def _endings_text(counts: Mapping[str, int]) -> str:
    parts = [f"{ending} {n}" for ending, n in list(counts.items())[:_MAX_ENDINGS]]
    return ", ".join(parts) + (f" and {len(counts) - len(parts)} more endings" if len(counts) > len(parts) else "")


def _upwards(values: Mapping[str, Any]) -> str:
    links, n = values["links"], values["n_links"]
    which = ", ".join(links) + (f" and {n - len(links)} more" if n > len(links) else "")
    what = "a link to a folder above it" if n == 1 else "links to folders above it"
    return f"left out of {values['folder']}: {which}, {what}; to include it, name that folder itself"


def _links(values: Mapping[str, Any]) -> str:
    links, n = values["links"], values["n_links"]
    which = "; ".join(f"{link}, the same file as {name}" for link, name in links)
    return f"left out: {which}{f' and {n - len(links)} more' if n > len(links) else ''}"


def _drop(values: Mapping[str, Any]) -> str:
    return "silence" if values["drop_db"] is None else f"{values['drop_db']:.1f} dB below channel {values['better']}"


def _dead_channel(values: Mapping[str, Any]) -> str:
    numbers, below_db = values["channels"], values["below_db"]
    which = f"channel {numbers[0]}" if len(numbers) == 1 else f"channels {', '.join(map(str, numbers))}"
    verb = "is" if len(numbers) == 1 else "are"
    how = "silent" if below_db is None else f"{below_db:.0f} dB below channel {values['better']}"
    advice = f"hear one channel with --channel {values['better']}"
    return f"dead channel: {which} of {values['n_channels']} {verb} {how}, and the mean is {_drop(values)}; {advice}"


def _separate(values: Mapping[str, Any]) -> str:
    first, second = (f"{share:.0%}" for share in values["alone"])
    return (
        f"separate channels: they hardly correlate ({values['correlation']:.2f}), and in {first} of the sounding time "
        f"channel 1 is alone, in {second} channel 2, as with a speaker on each; hear them one by one with "
        "--channel each"
    )


def _empty_bins(values: Mapping[str, Any]) -> str:
    above = f"{values['above_hz'] / 1000:.1f} kHz"
    how = "the limit of the clip's sample rate" if values["is_certain"] else "an estimate from its spectrum"
    return (
        f"narrow: {values['n_bins']} of {values['n_mels']} bins are empty above {above}, {how}; masks there are "
        "counted separately"
    )


def _other_timing(values: Mapping[str, Any]) -> str:
    """Describe a manifest whose frame shift or sample rate is not the front-end's."""
    of_manifest, of_frontend = (
        " and ".join(
            f"{timing['frame_shift'] * 1000:.4g} ms between frames" if key == "frame_shift" else f"{timing[key]:g} Hz"
            for key in timing
        )
        for timing in (values["told"], values["own"])
    )
    return (
        f"another front-end: its manifest says {of_manifest}, and front-end {values['frontend']!r} has {of_frontend}, "
        "so its length or pitch is wrong; name the one that it was made with"
    )


def _edited(values: Mapping[str, Any]) -> str:
    files, n = values["files"], values["n_files"]
    line = f"changed: {', '.join(files)}{', ...' if n > len(files) else ''} {'is' if n == 1 else 'are'} not as written"
    return f"{values['folder']}: {line}" if values.get("folder") else line


def _missing(values: Mapping[str, Any]) -> str:
    files, n = values["files"], values["n_files"]
    line = f"missing: {', '.join(files)}{', ...' if n > len(files) else ''}, which the run wrote"
    return f"{values['folder']}: {line}" if values.get("folder") else line


def _clamped(values: Mapping[str, Any]) -> str:
    whose = {"frequency": "mel's {size} bins", "time": "clip's {size} frames"}[values["axis"]]
    return ("{transform}.{parameter}={value} was clamped to the " + whose).format_map(values)


def _masks(line: str) -> Callable[[Mapping[str, Any]], str]:
    """Return the sentence for masks without effect; ``{unit}`` becomes bins or frames, ``{of_unit}`` one of them."""

    def sentence(values: Mapping[str, Any]) -> str:
        unit = {"frequency": "bin", "time": "frame"}[values["axis"]]
        return ("{axis} masks did nothing: " + line).format(unit=f"{unit}s", of_unit=unit, **values)

    return sentence


def _too_short_to_warp(values: Mapping[str, Any]) -> str:
    whose = "the padded batch" if values["over"] == "padded" else "the clip"
    needed = f"max_frames={values['max_frames']} needs at least {values['needed']} frames"
    return f"time_warp did nothing: {needed}, {whose} has {values['n_frames']}"


# The sentence of each kind. A text is a format that is filled with the notice's values; a function gets these values
# and returns the sentence. Sentences begin with what matters, because a narrow column may cut off their ends.
_SENTENCES: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
    "axes_turned": "turned: (frames, bins) became (bins, frames), {n_mels} bins by {n_frames} frames",
    "implausible": _implausible,
    "other-timing": _other_timing,
    "arrays-left-out": lambda values: (
        f"arrays left out: {', '.join(values['arrays'])}; mels are floats, have two or three axes and are not named std"
    ),
    "typical_statistics": "level and tilt are typical speech's, not the clip's: what {rule} normalisation took out of "
    "it is unknown",
    "cancelling-mix": lambda values: (
        f"channels cancel: their mean is {_drop(values)}, as with one of opposite phase; hear one channel with "
        f"--channel {values['better']}"
    ),
    "dead-channel": _dead_channel,
    "empty-bins": _empty_bins,
    "notched-mix": lambda values: (
        f"frequencies cancel: at {values['share']:.0%} of those with sound, the channels' mean is "
        f"{values['drop_db']:.0f} dB or more below them, as with a delay between them; "
        "hear one channel with --channel left"
    ),
    "separate-channels": _separate,
    "integers": "integers: {dtype} samples were divided by {full_scale}, their full scale",
    "cut": _cut,
    "cut-within": _cut_within,
    "stopped": _stopped,
    "longer": "longer than its header says: {n_present} samples in place of {n_promised}; all were read",
    "no-length": "no length in its header, as from a pipe or an interrupted recorder; "
    "all {n_present} samples were read",
    "open-length": "open length: its header gives no length, so truncation cannot be detected; "
    "{n_present} samples are there",
    "zeros-after": lambda values: (
        f"trailing zeros: {plural(values['n_bytes'], 'byte')} after the sound declared by the header, left out"
    ),
    "time-gaps": lambda values: (
        f"gaps in time: timestamps skip {_seconds(values, 'n_samples')} s in all, as if a recorder paused or packets "
        "were lost; the clip is played without gaps"
    ),
    "junk-after": _junk_after,
    "junk-before": _junk_before,
    "decoder-errors": lambda values: (
        f"damaged: the decoder complained {plural(values['n_errors'], 'time')} ({values['reason']}), so sound is "
        "missing or wrong within the clip"
    ),
    "silenced": _silenced,
    "damaged": lambda values: (
        f"damaged: {plural(values['n_bytes'], 'byte')} of the file outside of any frame or packet, so sound is "
        "missing within the clip"
    ),
    "other-sound": "damaged: some of the sound differs from what was encoded, as its MD5 is not that in the file",
    "packets-damaged": lambda values: (
        f"damaged: {plural(values['n_packets'], 'corrupt packet')}, so sound is wrong within the clip"
    ),
    "pages-lost": _pages_lost,
    "pages-repeated": lambda values: f"damaged: {plural(values['n_pages'], 'repeated page')}, read once",
    "pages-wrong": _pages_wrong,
    "other-streams": "streams left out: {n_streams} that differ in rate or channels or are unreadable; {n_read} were "
    "read; split the file",
    "files-left-out": "files left out: {n_files} concatenated files were read, but not the {n_bytes} bytes after them; "
    "split the file",
    "coded": "is a NIST file of samples that are compressed ({coding}); convert it: sph2pipe -f wav FILE.sph FILE.wav",
    "one-by-one": "is an SVX file of several channels that are not interleaved, which is not read; "
    "convert it: sox FILE FILE.wav",
    "header-disagrees": "damaged: the header contradicts itself ({what}), so sound may be missing or wrong; "
    "copy the file again",
    "sample-bytes": "its header contradicts itself: a sample has {n_bits} bits, and one of each of {n_channels} "
    "channels would take {n_bytes} bytes; make the file again, or mend its header",
    "impossible-header": "its {container} header tells {what}; make the file again, or mend its header",
    "variables": "is a MATLAB file whose variables are no clip (samplerate and wavedata, with the channels as rows and "
    "not compressed), or it is cut; save sound as WAV (in MATLAB: audiowrite), and a mel as .npy",
    "decoded-by": "decoded by FFmpeg: {codec} in {container}, by {decoder}",
    "left-out": _files_left_out,
    "results": lambda values: (
        f"left out of {values['folder']}: {plural(values['n_files'], 'file')} of specaug-listen's own results; to "
        "hear one, name it by its own path"
    ),
    "upwards": _upwards,
    "links": _links,
    "unfinished": "{folder}: the run did not end, as there is no audition.json; {n_done} of {n_clips} clips are done, "
    "and audition --resume goes on",
    "unlisted": lambda values: (
        f"{values['folder']}: {plural(values['n_draws'], 'draw')} that the index does not list, left out "
        f"({', '.join(values['draws'])}{', ...' if len(values['draws']) < values['n_draws'] else ''})"
    ),
    "not-listed": "{path}: the index of {folder} does not list this draw, so nothing tells whether it is of that run",
    "edited": _edited,
    "missing": _missing,
    "unreadable-list": lambda values: (
        f"{values['folder']}{': ' if values['folder'] else ''}{values['name']} is no list of files by specaug-listen, "
        "so nobody can tell what was changed since it was written"
    ),
    "tracks": "several tracks: one of {n_tracks} tracks of sound was read; take another out with ffmpeg -map",
    # Draws: parameters without the expected effect.
    "clamped": _clamped,
    "count-below-one": "time_mask did nothing: at count_ratio={count_ratio:g} masks per frame, {n_frames} frames are "
    "too few for one",
    "width-below-one": "time_mask did nothing: max_ratio={max_ratio:g} of {n_frames} frames is less than 1 frame",
    "too-short-to-warp": _too_short_to_warp,
    "no-width-to-draw": _masks("widths below {widest:g} of {size} {unit} leave none to draw"),
    "no-room-for-one": _masks("{size} {unit} have no room for one of {width}"),
    "count-rounded-to-0": lambda values: _masks(
        "the number was rounded down to 0, as {ratio:g} of {size} {unit} is {n:.2g} masks"
    )({**values, "n": values["ratio"] * values["size"] / values["width"]}),
    "too-few-for-one": _masks("at {ratio:g} masks per {of_unit}, {size} {unit} are too few for one"),
    "in-padding": "{n_masks} of {n_all} time masks lie in the padding, beyond the clip's {n_frames} frames",
    "own-noise": "{axis} masks lie where the framework's do, but the noise in them is our own",
    "cutout-too-large": "cutout did nothing: rectangles of {max_bins} bins x {max_frames} frames do not fit into "
    "{n_mels} x {n_frames}; NeMo raises here",
    "half-the-clip": "trim_tail did nothing: {length} frames are half of the clip's {n_frames} or more",
    "mask-above-mel": "nothing was done: a mask of {min_mels} bins is wider than the mel's {n_mels}",
    "nothing-to-resume": "{folder}: there is no earlier run to resume, so all clips are auditioned",
    "replaced-since": "{clip}: its file is another one than in the run that is resumed, so it is auditioned again",
    "guessed-form": "{call} was given {adapter} ({how})",
    "lengths-left-out": "{call} takes {argument}, too, and was called without; where trainings give it lengths, "
    "declare them (--adapter lengths=frames --adapter lengths_argument={argument})",
    "failed-once": "{call} failed while its form was guessed, and not when the same call was repeated "
    "({error:.200}), so it fails at random or in its first calls",
    "not-repeatable": "{call} is not repeatable: under one seed it gave two results, so the draw cannot be made again",
    "changed-nothing": "{call} changed nothing",
}
# A file's header and its content disagree.
_DOUBTS = frozenset({
    *("cut", "cut-within", "stopped", "longer", "no-length", "zeros-after", "junk-after", "junk-before", "damaged"),
    *("header-disagrees", "other-sound", "decoder-errors", "silenced", "pages-lost", "pages-repeated", "pages-wrong"),
    *("packets-damaged", "other-streams", "files-left-out"),
})  # fmt: skip


@dataclass(frozen=True)
class Notice:
    """A remark about a clip or a draw.

    Parameters
    ----------
    kind : str
        Stable name of the kind.
    values : mapping of str to plain JSON values
        Numbers and names for the sentence.

    Examples
    --------
    >>> Notice("cut", {"n_present": 8000, "n_promised": 16000, "sample_rate": 16000}).text
    'cut: 8000 of 16000 samples are there (0.50 of 1.00 s); copy the file again'
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        """The sentence; for a kind that this version does not know, kind and values."""
        sentence = _SENTENCES.get(self.kind)
        try:
            if callable(sentence):
                return sentence(self.values)
            if sentence is not None:
                return sentence.format_map(self.values)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            pass  # written by another version, with other values
        values_text = ", ".join(f"{name:.80} {value!s:.80}" for name, value in list(self.values.items())[:_MAX_VALUES])
        return f"{self.kind}: {values_text}" if values_text else self.kind

    @property
    def is_doubt(self) -> bool:
        """Whether the header and the content of a file disagree."""
        return self.kind in _DOUBTS
