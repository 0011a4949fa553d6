"""Make the sample clips in this folder: two spoken sentences, a sung melody, a chirp, a click train.

Nothing here was recorded. The speech comes from espeak-ng; all else is computed below. With the same
versions of espeak-ng, numpy and soundfile, a second run writes the same bytes.

    python samples/make_samples.py [out_dir]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile as sf

Array = npt.NDArray[np.float64]

ESPEAK_VERSION = "1.51"  # the version that made the clips kept in the repository
PEAK_DB = -3.0  # peak level of every clip, dBFS
FADE_S = 0.008  # fade at both ends of every clip


class Voice(NamedTuple):
    """One espeak-ng reading: voice name, words per minute, pitch (0-99) and the text."""

    name: str
    speed: int
    pitch: int
    text: str


class Clip(NamedTuple):
    """One finished clip: samples (frames, or frames x channels), rate, and its text if it is speech."""

    samples: Array
    rate: int
    text: str | None = None


SPEECH = Voice(
    "en-us+Alex",
    165,
    45,
    "Each mask may hide a sharp hiss, a gentle hum, or just the shape of one vowel.",
)
QUESTION = Voice("en-us+Annie", 150, 40, "Which words can you still hear when a piece is missing?")


# --- shared ---------------------------------------------------------------------------------------


def level(db: float) -> float:
    """Turn decibels into a linear factor."""
    return float(10.0 ** (db / 20.0))


def hann(length: int) -> Array:
    """Return a symmetric Hann window whose end points are not zero."""
    return np.square(np.sin(np.pi * np.arange(1, length + 1) / (length + 1)))


def finish(samples: Array, rate: int) -> Array:
    """Fade both ends with a raised cosine, remove DC and set the peak level."""
    count = round(FADE_S * rate)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
    fade = np.ones(len(samples))
    fade[:count], fade[-count:] = ramp, ramp[::-1]
    offset = fade @ samples / fade.sum()  # with this taken away the faded clip has a mean of zero
    samples = ((samples - offset).T * fade).T
    samples *= level(PEAK_DB) / np.abs(samples).max()
    return samples


# --- speech ---------------------------------------------------------------------------------------


def espeak(*arguments: str) -> str:
    """Run espeak-ng and return what it prints; stop with one line if it is missing or fails."""
    try:
        done = subprocess.run(["espeak-ng", *arguments], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise SystemExit("error: espeak-ng not found; install it with: apt-get install espeak-ng") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["no message"]
        raise SystemExit(f"error: espeak-ng failed: {lines[-1]}") from None
    return done.stdout


def speak(voice: Voice) -> tuple[Array, int]:
    """Read the text aloud; return the samples at espeak-ng's own rate, and that rate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        espeak("-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch), "-w", str(path), voice.text)
        samples, rate = sf.read(path, dtype="float64")
    return trim(low_cut(samples, rate), rate), rate


def low_cut(samples: Array, rate: int, stop: float = 30.0, keep: float = 75.0) -> Array:
    """Take away what lies below the voice (espeak-ng's vowels carry a slow drift), leaving no delay."""
    padded = np.pad(samples, rate // 4)
    freq = np.fft.rfftfreq(len(padded), 1.0 / rate)
    gain = 0.5 - 0.5 * np.cos(np.pi * np.clip((freq - stop) / (keep - stop), 0.0, 1.0))
    filtered: Array = np.fft.irfft(np.fft.rfft(padded) * gain, len(padded))
    return filtered


def trim(samples: Array, rate: int, keep_s: float = 0.06) -> Array:
    """Cut silence (40 dB below the peak) from both ends, leaving keep_s of quiet at each."""
    loud = np.flatnonzero(np.abs(samples) > level(-40.0) * np.abs(samples).max())
    keep = round(keep_s * rate)
    padded = np.pad(samples, keep)
    return padded[loud[0] : loud[-1] + 2 * keep + 1]


def downsample(samples: Array, rate: int, new_rate: int) -> Array:
    """Resample to a lower rate in the frequency domain, rolling off the top 8 % of the new band."""
    step = rate // np.gcd(rate, new_rate)
    samples = np.pad(samples, (0, -len(samples) % step))
    length = len(samples) * new_rate // rate
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    edge = np.linspace(0.0, 1.0, len(spectrum))
    spectrum *= 0.5 + 0.5 * np.cos(np.pi * np.clip((edge - 0.92) / 0.08, 0.0, 1.0))
    return np.fft.irfft(spectrum, length) * (new_rate / rate)


def make_speech() -> Clip:
    """A statement in a low voice, at espeak-ng's own 22.05 kHz."""
    samples, rate = speak(SPEECH)
    return Clip(finish(samples, rate), rate, SPEECH.text)


def make_question(new_rate: int = 16000) -> Clip:
    """A question in a higher voice, at 16 kHz."""
    samples, rate = speak(QUESTION)
    return Clip(finish(downsample(samples, rate, new_rate), new_rate), new_rate, QUESTION.text)


# --- melody ---------------------------------------------------------------------------------------

BEAT_S = 0.58
# Sung line: (beats, MIDI note, vowel).
TUNE = [
    (1.0, 62, "a"),
    (0.5, 66, "e"),
    (0.5, 69, "e"),
    (1.5, 71, "o"),
    (0.5, 69, "a"),
    (1.0, 67, "i"),
    (0.5, 64, "e"),
    (0.5, 66, "e"),
    (2.0, 62, "a"),
]
# Plucked accompaniment: four notes, half a beat apart, for every two beats (D, G, A7, D).
CHORDS = [(50, 57, 62, 66), (43, 50, 59, 62), (45, 52, 61, 67), (38, 50, 57, 62)]
# Formant frequencies of the sung vowels, Hz; their bandwidths (Hz) and levels (dB) are shared.
VOWELS = {
    "a": (750.0, 1250.0, 2700.0, 3400.0, 4500.0),
    "e": (500.0, 1850.0, 2600.0, 3500.0, 4700.0),
    "i": (330.0, 2200.0, 2950.0, 3600.0, 4800.0),
    "o": (470.0, 850.0, 2600.0, 3300.0, 4500.0),
}
BANDWIDTHS = (90.0, 110.0, 150.0, 220.0, 350.0)
FORMANT_DB = (0.0, -4.0, -9.0, -12.0, -19.0)


def pitch_hz(note: float) -> float:
    """Frequency of a MIDI note number."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def glide(values: Sequence[float], rate: int, glide_s: float) -> Array:
    """Hold one value per sung note and round the steps between them."""
    counts = [round(beats * BEAT_S * rate) for beats, _, _ in TUNE]
    held = np.repeat(np.asarray(values, dtype=np.float64), counts)
    window = hann(round(glide_s * rate) | 1)
    return np.convolve(np.pad(held, len(window) // 2, mode="edge"), window / window.sum(), mode="valid")


def sung_pitch(rate: int) -> Array:
    """Fundamental of the sung line in Hz: glides between notes, vibrato that grows on long notes."""
    note = glide([float(note) for _, note, _ in TUNE], rate, 0.07)
    depth = glide([0.32 if beats >= 1 else 0.08 for beats, _, _ in TUNE], rate, 0.5)
    vibrato = depth * np.sin(2.0 * np.pi * 5.4 * np.arange(len(note)) / rate)
    return 440.0 * 2.0 ** ((note + vibrato - 69.0) / 12.0)


def sung_loudness(rate: int) -> Array:
    """Loudness of the sung line: soft attacks, a small dip at each new note, a long final decay."""
    gain = glide([0.75, 0.7, 0.85, 1.0, 0.85, 0.85, 0.7, 0.75, 0.8], rate, 0.12)
    starts = np.cumsum([0.0] + [beats * BEAT_S for beats, _, _ in TUNE])
    time = np.arange(len(gain)) / rate
    for start in starts[1:-1]:
        gain *= 1.0 - 0.55 * np.exp(-0.5 * ((time - start) / 0.018) ** 2)
    attack = np.sin(0.5 * np.pi * np.clip(time / 0.09, 0.0, 1.0))
    hold_end = starts[-2] + 0.35
    release = np.cos(0.5 * np.pi * np.clip((time - hold_end) / (starts[-1] - hold_end), 0.0, 1.0))
    gain *= np.square(attack * release)
    return gain


def sing(rate: int) -> Array:
    """The sung line: harmonics of the pitch, weighted by five gliding formants, evened in level."""
    pitch = sung_pitch(rate)
    phase = 2.0 * np.pi * np.cumsum(pitch) / rate
    formants = [glide([VOWELS[vowel][i] for _, _, vowel in TUNE], rate, 0.12) for i in range(5)]
    voice, power = np.zeros(len(pitch)), np.zeros(len(pitch))
    for k in range(1, int(11000.0 / pitch.min())):
        freq = k * pitch
        shape = np.full(len(pitch), level(-44.0))
        for centre, width, db in zip(formants, BANDWIDTHS, FORMANT_DB, strict=True):
            shape += level(db) / (1.0 + ((freq - centre) / width) ** 2)
        shape *= np.clip((15000.0 - freq) / 5000.0, 0.0, 1.0) / k**0.4
        voice += shape * np.sin(k * phase)
        power += np.square(shape)
    return voice / power**0.4 * sung_loudness(rate)


def pluck(note: int, rate: int, length: int) -> Array:
    """A plucked string: harmonics that die faster the higher they are."""
    time = np.arange(length) / rate
    tone = np.zeros(length)
    base = pitch_hz(note)
    for k in range(1, int(12000.0 / base)):
        freq = k * base * np.sqrt(1.0 + 6e-5 * k * k)
        decay = np.exp(-time * (1.3 + 0.0022 * freq))
        tone += np.sin(np.pi * k * 0.19) / k * decay * np.sin(2.0 * np.pi * freq * time)
    tone *= np.clip(time / 0.003, 0.0, 1.0)
    return tone


def accompany(rate: int, length: int) -> Array:
    """The plucked chords in stereo: each note of a chord has its own place from left to right."""
    track = np.zeros((length, 2))
    for bar, chord in enumerate(CHORDS):
        for i, note in enumerate(chord):
            start = round((2.0 * bar + 0.5 * i) * BEAT_S * rate)
            angle = np.pi * (0.15, 0.4, 0.6, 0.35)[i]
            place = np.array([np.cos(angle / 1.4), np.sin(angle / 1.4)])
            track[start:] += np.outer(pluck(note, rate, length - start), place)
    return track


def room(track: Array, rate: int, rng: np.random.Generator) -> Array:
    """Add a soft, short reverberation, different in the two channels."""
    time = np.arange(round(0.6 * rate)) / rate
    out: Array = track.copy()
    for channel in range(track.shape[1]):
        tail = rng.standard_normal(len(time)) * np.exp(-time / 0.11) * np.clip(time / 0.012, 0.0, 1.0)
        tail = np.convolve(tail, hann(9) / hann(9).sum(), mode="same")
        size = len(track) + len(tail)
        wet = np.fft.irfft(np.fft.rfft(tail, size) * np.fft.rfft(track[:, channel], size), size)
        out[:, channel] += 0.13 * wet[: len(track)] / np.sqrt(np.sum(tail**2))
    return out


def make_melody(rate: int = 44100) -> Clip:
    """A sung line over plucked chords, stereo, 44.1 kHz."""
    voice = sing(rate)
    length = len(voice) + round(0.35 * rate)
    chords = accompany(rate, length)
    track = chords * (0.3 / np.abs(chords).max())
    track[: len(voice)] += 0.5 * np.outer(voice / np.abs(voice).max(), [1.0, 1.0])
    track = room(track, rate, np.random.default_rng(5))
    close = np.square(np.sin(0.5 * np.pi * np.clip((length - np.arange(length)) / (0.5 * rate), 0.0, 1.0)))
    return Clip(finish((track.T * close).T, rate), rate)


# --- test signals ---------------------------------------------------------------------------------


def make_chirp(rate: int = 24000, seconds: float = 3.0, low: float = 60.0, high: float = 11600.0) -> Clip:
    """A sine whose frequency rises by the same ratio every second."""
    time = np.arange(round(rate * seconds)) / rate
    growth = np.log(high / low) / seconds
    phase = 2.0 * np.pi * low * np.expm1(growth * time) / growth
    return Clip(finish(np.sin(phase), rate), rate)


def pink_noise(length: int, rate: int, rng: np.random.Generator) -> Array:
    """Noise whose power falls by 3 dB per octave above 40 Hz, scaled to an RMS of one."""
    freq = np.fft.rfftfreq(length, 1.0 / rate)
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum *= np.where(freq < 40.0, 0.0, 1.0 / np.sqrt(np.maximum(freq, 40.0)))
    noise: Array = np.fft.irfft(spectrum, length)
    noise /= np.sqrt(np.mean(noise**2))
    return noise


def make_clicks(rate: int = 16000, seconds: float = 3.0, per_second: int = 8) -> Clip:
    """Evenly spaced clicks between 200 Hz and 7 kHz over pink noise at -45 dBFS."""
    length = round(rate * seconds)
    step = rate // per_second
    offset = np.arange(-160, 161)
    band = [2.0 * edge / rate * np.sinc(2.0 * edge / rate * offset) for edge in (200.0, 7000.0)]
    click = (band[1] - band[0]) * hann(len(offset))
    train = np.zeros(length)
    train[step // 2 :: step] = 1.0
    clicks = np.convolve(train, click / np.abs(click).max(), mode="same")
    noise = pink_noise(length, rate, np.random.default_rng(8))
    return Clip(finish(level(PEAK_DB) * clicks + level(-45.0) * noise, rate), rate)


# --- writing --------------------------------------------------------------------------------------


def main(out_dir: Path) -> None:
    """Make every clip, then write them all to out_dir as 16-bit files, with the texts beside them."""
    if ESPEAK_VERSION not in espeak("--version"):
        print(f"note: not espeak-ng {ESPEAK_VERSION}; the speech clips may differ", file=sys.stderr)
    clips = {
        "speech.flac": make_speech(),
        "speech_question.wav": make_question(),
        "sung_melody.flac": make_melody(),
        "test_chirp.wav": make_chirp(),
        "test_clicks.wav": make_clicks(),
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, clip in clips.items():
        path = out_dir / name
        sf.write(path, np.round(clip.samples * 32768.0).astype(np.int16), clip.rate, subtype="PCM_16")
        if clip.text is not None:
            path.with_suffix(".txt").write_text(clip.text + "\n", encoding="utf-8")
        print(f"{name}: {len(clip.samples) / clip.rate:.2f} s at {clip.rate} Hz")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the sample clips.")
    parser.add_argument("out_dir", nargs="?", type=Path, default=Path(__file__).parent, help="where to write")
    main(parser.parse_args().out_dir)
