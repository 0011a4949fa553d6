"""Record mel spectrograms of the upstream front-ends as a reference for our own.

The toolkit computes its mel front-ends in plain numpy. This script runs the implementations they
claim to follow and keeps what they return, so that the tests can compare without installing any of
them. It is *not* run by the tests: it needs an environment of its own, because these packages are
large and none of them is a dependency of the toolkit.

How to run it
-------------
Python 3.11, in a fresh virtual environment, with exactly these packages::

    pip install torch==2.13.0              # first, and a CPU build: nothing here needs a GPU
    pip install numpy==2.4.6 scipy==1.17.1 librosa==0.11.0 numba==0.68.1
    pip install tiktoken==0.14.0 more-itertools==11.2.1 tqdm==4.70.1 packaging==26.3 audioread==3.1.0
    pip install soundfile==0.14.0 cytoolz==1.2.0 intervaltree==3.2.1 pyyaml==6.0.3 tabulate==0.10.0
    pip install click==8.5.1 lilcom==1.8.2
    pip install --no-deps openai-whisper==20250625 lhotse==1.33.0 nemo_toolkit==3.0.0
    pip install --no-deps torchaudio==2.11.0 speechbrain==1.1.2 espnet==202511 vocos==0.1.0 encodec==0.1.1
    pip install --no-deps torch-complex==0.4.4 typeguard==2.13.3 humanfriendly==10.0 einops==0.8.2
    pip install --no-deps hyperpyyaml==1.2.3 ruamel.yaml==0.19.1 sentencepiece==0.2.3
    pip install huggingface_hub==2.4.0

    python make_reference.py [OUTPUT]      # OUTPUT: default frontends.npz beside this script

``--no-deps`` keeps triton and the training stacks away: no code used here needs them. torchaudio is the
newest release, for an earlier torch: with the compiled files in its ``lib`` folder taken away, its
Python code, which is all that is used here, runs. Run again in the same environment, the script writes
the same file, byte for byte.

What the file holds
-------------------
``input/<rate>/<signal>``
    The float32 waveform. It is stored, not only described, since ``sin`` and ``exp`` may differ in
    the last bit from one platform to the next.
``<frontend>/<signal>``
    float32, shape (n_mels, n_frames), for the front-ends in `FRONTENDS`.
``versions``
    A JSON object: the versions and source digests the recording was made with.

Where the values come from
--------------------------
whisper, whisper-128, lhotse, librosa, librosa-db
    The installed package, called as a user would call it.
nemo, nemo-unnormalised
    The class in the installed ``nemo/collections/asr/parts/preprocessing/features.py``, with the
    imports it does not use for this work replaced by empty stand-ins.
hifigan
    Not a package. The formula of ``mel_spectrogram`` in ``meldataset.py`` of github.com/jik876/hifi-gan,
    restated in `hifigan`, with the numbers of its ``config_v1.json``.
espnet, speechbrain, speechbrain-unnormalised, kaldi, torchaudio, vocos
    The installed package, called as a user would call it, with its own defaults.
wenet, fairseq
    The installed torchaudio, called as ``compute_fbank`` in ``wenet/dataset/processor.py`` (with the 80
    bands of its configurations) and ``get_fbank`` in ``fairseq/data/audio/audio_utils.py`` call it;
    fairseq's ``UtteranceCMVN`` is restated in `fairseq`.
tacotron2
    Not a package. The formulas of ``stft.py``, ``layers.py`` and ``audio_processing.py`` of
    github.com/NVIDIA/tacotron2, restated in `tacotron2`, with the numbers of its ``hparams.py``.

lingvo needs TensorFlow, which does not live with these packages: see ``make_lingvo_reference.py``.
"""

import argparse
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import platform
import sys
import types
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import scipy.signal
import torch
import torchaudio
import torchaudio.compliance.kaldi
from espnet2.asr.frontend.default import DefaultFrontend
from lhotse.features.kaldi.extractors import Fbank, FbankConfig
from speechbrain.lobes.features import Fbank as SpeechBrainFbank
from speechbrain.processing.features import InputNormalization
from vocos.feature_extractors import MelSpectrogramFeatures
from whisper.audio import log_mel_spectrogram

DEFAULT_OUTPUT = Path(__file__).with_name("frontends.npz")
SEED = 20190418  # the day the SpecAugment paper was posted

# One entry per sample rate. The lengths are chosen to tell apart the rules that count frames:
# "speechlike" ends past the middle of a hop, so that floor and round disagree; "noise" is an exact
# multiple of every hop in use at its rate (160; 256 and 512); "quiet" is odd and ends early in a hop.
LENGTHS = {
    16000: {"speechlike": 11297, "noise": 5600, "quiet": 4801},
    22050: {"speechlike": 15589, "noise": 7680, "quiet": 6661},
    24000: {"speechlike": 16969, "noise": 7680, "quiet": 7261},
}
SILENCE = (0.30, 0.50)  # seconds; longer than the longest window (2048 samples at 22050 Hz)

HIFIGAN_COMMIT = "3484fe682372b134d95d23523838ed5b304d5d95"
TACOTRON2_COMMIT = "09bbec073dd056dbe366cde187ccc6a05736b6dd"
WENET_COMMIT = "00a58c9e29378ccc58151d229138c48233ca1801"
FAIRSEQ_COMMIT = "00bc279894ab6ed3641b0f791acc578ac2083584"
NEMO_FEATURES = "nemo/collections/asr/parts/preprocessing/features.py"
PACKAGES = (
    *("torch", "numpy", "scipy", "librosa", "openai-whisper", "lhotse", "nemo_toolkit"),
    *("torchaudio", "speechbrain", "espnet", "vocos"),
)


# -- inputs ------------------------------------------------------------------------------------------


def speechlike(rate: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return a gliding voice over low noise, with a stretch of exact zeros inside.

    Harmonics of a falling pitch, beaten by a pulse-like envelope, give steep spectra and strong
    onsets; the zeros send every band to the floor of its front-end.
    """
    seconds = np.arange(length) / rate
    pitch = 210.0 * (110.0 / 210.0) ** (seconds / seconds[-1])
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = np.zeros(length)
    for harmonic in range(1, 31):
        audible = harmonic * pitch < 0.45 * rate  # no aliases: they would differ between the rates
        voice += audible * np.sin(harmonic * phase) / harmonic
    syllables = np.exp(-14.0 * (seconds % 0.16))
    signal = 0.25 * syllables * voice + 0.001 * rng.standard_normal(length)
    start, end = (round(edge * rate) for edge in SILENCE)
    signal[start:end] = 0.0
    return signal


def noise(rate: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return white Gaussian noise of RMS 0.1, which is -20 dBFS."""
    return 0.1 * rng.standard_normal(length)


def quiet(rate: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return a 1 kHz tone of peak 0.001 (-60 dBFS) on a constant offset of 0.01.

    The offset is ten times the tone: a front-end that forgets to remove it, or removes it at the
    wrong place, cannot be missed.
    """
    seconds = np.arange(length) / rate
    return 0.01 + 0.001 * np.sin(2 * np.pi * 1000.0 * seconds)


SIGNALS = {"speechlike": speechlike, "noise": noise, "quiet": quiet}


def make_inputs() -> dict[int, dict[str, np.ndarray]]:
    """Return the float32 test signals, by sample rate and by name."""
    inputs: dict[int, dict[str, np.ndarray]] = {}
    for rate, lengths in LENGTHS.items():
        rng = np.random.default_rng(SEED)
        inputs[rate] = {name: SIGNALS[name](rate, length, rng).astype(np.float32) for name, length in lengths.items()}
    return inputs


# -- front-ends: float32 waveform in, (n_mels, n_frames) out -----------------------------------------


def whisper(audio: np.ndarray) -> np.ndarray:
    """Return Whisper's log-mel of the clip as it is, not padded to 30 seconds."""
    return log_mel_spectrogram(audio, n_mels=80).numpy()


def whisper_128(audio: np.ndarray) -> np.ndarray:
    """Return Whisper's log-mel with the 128 bands of its large-v3 models."""
    return log_mel_spectrogram(audio, n_mels=128).numpy()


def lhotse(audio: np.ndarray) -> np.ndarray:
    """Return lhotse's Kaldi-style filterbank with the defaults of the library."""
    extractor = Fbank(FbankConfig(sampling_rate=16000, num_filters=80))
    return extractor.extract(audio, sampling_rate=16000).T


def nemo(audio: np.ndarray) -> np.ndarray:
    """Return NeMo's log-mel with the preprocessor settings of its Conformer recipes."""
    return _nemo(audio, normalize="per_feature")


def nemo_unnormalised(audio: np.ndarray) -> np.ndarray:
    """Return the same log-mel before the normalisation of each band."""
    return _nemo(audio, normalize=None)


def hifigan(audio: np.ndarray) -> np.ndarray:
    """Return the log-mel that HiFi-GAN's V1 generator is trained on.

    Restated from ``mel_spectrogram`` in hifi-gan's ``meldataset.py``, read at `HIFIGAN_COMMIT`.
    Two spellings had to change for the torch and librosa of today, and change no value: the STFT is
    asked for as complex numbers, and ``librosa.filters.mel`` is called by keyword.
    """
    rate, n_fft, hop, n_mels, fmin, fmax = 22050, 1024, 256, 80, 0, 8000
    pad = (n_fft - hop) // 2
    padded = torch.nn.functional.pad(torch.from_numpy(audio)[None, None], (pad, pad), mode="reflect")[0]
    stft = torch.stft(
        padded,
        n_fft,
        hop_length=hop,
        win_length=n_fft,
        window=torch.hann_window(n_fft),
        center=False,
        return_complex=True,
    )
    magnitude = torch.sqrt(torch.view_as_real(stft).pow(2).sum(-1) + 1e-9)
    filters = torch.from_numpy(librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax))
    return torch.log(torch.clamp(filters @ magnitude, min=1e-5))[0].numpy()


def librosa_power(audio: np.ndarray) -> np.ndarray:
    """Return librosa's mel power spectrogram with the defaults of the library."""
    return librosa.feature.melspectrogram(y=audio, sr=22050)


def librosa_db(audio: np.ndarray) -> np.ndarray:
    """Return the same in decibels (ref 1, at most 80 dB below the loudest cell)."""
    return librosa.power_to_db(librosa_power(audio))


def espnet(audio: np.ndarray) -> np.ndarray:
    """Return the log-mel of ESPnet2's default front-end."""
    with torch.no_grad():
        features, lengths = DefaultFrontend()(torch.from_numpy(audio)[None], torch.tensor([len(audio)]))
    return features[0, : int(lengths[0])].T.numpy()


def speechbrain(audio: np.ndarray) -> np.ndarray:
    """Return SpeechBrain's filterbank features, normalised over the sentence."""
    features = torch.from_numpy(speechbrain_unnormalised(audio).T)[None]
    return InputNormalization(norm_type="sentence")(features, torch.ones(1))[0].T.numpy()


def speechbrain_unnormalised(audio: np.ndarray) -> np.ndarray:
    """Return SpeechBrain's filterbank features before any normalisation."""
    with torch.no_grad():
        return SpeechBrainFbank()(torch.from_numpy(audio)[None])[0].T.numpy()


def kaldi(audio: np.ndarray) -> np.ndarray:
    """Return torchaudio's Kaldi filterbank with the defaults of the library, which do not dither."""
    return torchaudio.compliance.kaldi.fbank(torch.from_numpy(audio)[None]).T.numpy()


def wenet(audio: np.ndarray) -> np.ndarray:
    """Return what WeNet's ``compute_fbank``, read at `WENET_COMMIT`, asks torchaudio for."""
    fbank = torchaudio.compliance.kaldi.fbank(
        torch.from_numpy(audio)[None] * (1 << 15),
        num_mel_bins=80,
        frame_length=25,
        frame_shift=10,
        dither=0.0,
        energy_floor=0.0,
        sample_frequency=16000,
    )
    return fbank.T.numpy()


def fairseq(audio: np.ndarray) -> np.ndarray:
    """Return fairseq's filterbank of un-normalised samples, with its normalisation over the utterance.

    Both read at `FAIRSEQ_COMMIT`. Its variance is a difference of means of squares, in single precision.
    """
    wave = torch.from_numpy(audio * np.float32(2**15))[None]
    fbank = torchaudio.compliance.kaldi.fbank(wave, num_mel_bins=80, sample_frequency=16000).numpy()
    mean = fbank.mean(axis=0)
    variance = (fbank**2).sum(axis=0) / fbank.shape[0] - mean**2
    return ((fbank - mean) / np.sqrt(np.maximum(variance, 1e-10))).T


def torchaudio_power(audio: np.ndarray) -> np.ndarray:
    """Return torchaudio's mel power spectrogram with the defaults of the library."""
    return torchaudio.transforms.MelSpectrogram()(torch.from_numpy(audio)[None])[0].numpy()


def vocos(audio: np.ndarray) -> np.ndarray:
    """Return the log-mel that Vocos is trained on at 24 kHz."""
    return MelSpectrogramFeatures()(torch.from_numpy(audio)[None])[0].numpy()


def tacotron2(audio: np.ndarray) -> np.ndarray:
    """Return Tacotron 2's log-mel, restated from the files named above, read at `TACOTRON2_COMMIT`.

    As there, the transform is a convolution with windowed cosines and sines.
    """
    rate, n_fft, hop, n_mels, fmin, fmax = 22050, 1024, 256, 80, 0.0, 8000.0
    turns = np.fft.fft(np.eye(n_fft))[: n_fft // 2 + 1] * scipy.signal.get_window("hann", n_fft, fftbins=True)
    kernels = torch.from_numpy(np.concatenate([turns.real, turns.imag])[:, None]).float()
    padded = torch.nn.functional.pad(torch.from_numpy(audio)[None, None], (n_fft // 2, n_fft // 2), mode="reflect")
    real, imaginary = torch.nn.functional.conv1d(padded, kernels, stride=hop)[0].chunk(2)
    magnitude = torch.sqrt(real**2 + imaginary**2)
    filters = torch.from_numpy(librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax))
    return torch.log(torch.clamp(filters @ magnitude, min=1e-5)).numpy()


FRONTENDS: dict[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    "whisper": (16000, whisper),
    "whisper-128": (16000, whisper_128),
    "lhotse": (16000, lhotse),
    "nemo": (16000, nemo),
    "nemo-unnormalised": (16000, nemo_unnormalised),
    "hifigan": (22050, hifigan),
    "librosa": (22050, librosa_power),
    "librosa-db": (22050, librosa_db),
    "espnet": (16000, espnet),
    "speechbrain": (16000, speechbrain),
    "speechbrain-unnormalised": (16000, speechbrain_unnormalised),
    "kaldi": (16000, kaldi),
    "wenet": (16000, wenet),
    "fairseq": (16000, fairseq),
    "torchaudio": (16000, torchaudio_power),
    "vocos": (24000, vocos),
    "tacotron2": (22050, tacotron2),
}


# -- NeMo without NeMo -------------------------------------------------------------------------------


def _nemo(audio: np.ndarray, normalize: str | None) -> np.ndarray:
    """Run NeMo's own `FilterbankFeatures` and keep the frames it reports as valid."""
    featurizer_class = _load_nemo_features().FilterbankFeatures
    featurizer = featurizer_class(
        sample_rate=16000,
        n_window_size=400,  # window_size .025 and window_stride .01 of the recipe, in samples
        n_window_stride=160,
        window="hann",
        normalize=normalize,
        n_fft=512,
        preemph=0.97,
        nfilt=80,
        dither=0.0,
        pad_to=0,
    )
    featurizer.eval()  # in training it would dither
    with torch.no_grad():
        features, lengths = featurizer(torch.from_numpy(audio)[None], torch.tensor([len(audio)]))
    return features[0, :, : int(lengths[0])].numpy()


def _nemo_features_path() -> Path:
    """Return where the installed NeMo keeps its features module."""
    return Path(str(importlib.metadata.distribution("nemo_toolkit").locate_file(NEMO_FEATURES)))


@functools.cache
def _load_nemo_features() -> types.ModuleType:
    """Load NeMo's features module alone.

    Importing it by name would import all of NeMo. It uses the three modules replaced here only to
    read audio files, to augment them, and to log.
    """
    stand_ins = {
        "nemo": {},
        "nemo.utils": {"logging": logging.getLogger("nemo")},
        "nemo.collections": {},
        "nemo.collections.asr": {},
        "nemo.collections.asr.parts": {},
        "nemo.collections.asr.parts.preprocessing": {},
        "nemo.collections.asr.parts.preprocessing.perturb": {"AudioAugmentor": None},
        "nemo.collections.asr.parts.preprocessing.segment": {"AudioSegment": None},
    }
    for name, attributes in stand_ins.items():
        module = types.ModuleType(name)
        module.__dict__.update(attributes)
        sys.modules[name] = module
    spec = importlib.util.spec_from_file_location("nemo_features", _nemo_features_path())
    assert spec is not None
    assert spec.loader is not None
    features = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(features)
    return features


# -- recording ---------------------------------------------------------------------------------------


def versions() -> dict[str, str]:
    """Return what the recording was made with."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    found |= {package: importlib.metadata.version(package) for package in PACKAGES}
    found["nemo features.py sha256"] = hashlib.sha256(_nemo_features_path().read_bytes()).hexdigest()
    found["hifi-gan commit (formula restated)"] = HIFIGAN_COMMIT
    found["tacotron2 commit (formula restated)"] = TACOTRON2_COMMIT
    found["wenet commit (call restated)"] = WENET_COMMIT
    found["fairseq commit (call and normalisation restated)"] = FAIRSEQ_COMMIT
    return found


def record() -> dict[str, np.ndarray]:
    """Return every array of the reference file, by its key."""
    inputs = make_inputs()
    arrays = {f"input/{rate}/{name}": audio for rate, signals in inputs.items() for name, audio in signals.items()}
    for frontend, (rate, compute) in FRONTENDS.items():
        for name, audio in inputs[rate].items():
            # A copy, so that a front-end working in place cannot change what the next one hears.
            mel = np.ascontiguousarray(compute(audio.copy()))
            assert mel.dtype == np.float32, (frontend, name, mel.dtype)
            assert mel.ndim == 2, (frontend, name, mel.shape)
            assert np.isfinite(mel).all(), (frontend, name)
            arrays[f"{frontend}/{name}"] = mel
    arrays["versions"] = np.array(json.dumps(versions()))
    return arrays


def main() -> None:
    """Write the reference file and print the shape of each array in it."""
    parser = argparse.ArgumentParser(description="Record the mel spectrograms of the upstream front-ends.")
    parser.add_argument("output", nargs="?", type=Path, default=DEFAULT_OUTPUT, help="the .npz to write")
    output = parser.parse_args().output
    torch.set_num_threads(1)  # one order of summation, hence one result
    arrays = record()
    np.savez_compressed(output, **arrays)
    for key, array in arrays.items():
        print(f"{key:32s} {array.shape}")
    print(f"{output.name}: {output.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
