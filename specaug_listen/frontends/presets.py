"""Front-ends of common frameworks and models, as data.

Values are the defaults of the class or function, unless all its recipes agree on others.
Sources: librosa ``feature/spectral.py``; Whisper ``audio.py``; lhotse ``features/kaldi/extractors.py`` and
``layers.py``; NeMo ``collections/asr/parts/preprocessing/features.py`` with the Conformer configuration; HiFi-GAN
``meldataset.py`` with ``config_v1.json``; ESPnet ``espnet2/asr/frontend/default.py``, ``espnet2/layers/stft.py`` and
``log_mel.py``; SpeechBrain ``lobes/features.py`` and ``processing/features.py``; torchaudio ``compliance/kaldi.py`` and
``transforms/_transforms.py``; WeNet ``dataset/processor.py`` with 80 bins; fairseq ``data/audio/audio_utils.py`` with
``feature_transforms/utterance_cmvn.py``; Tacotron 2 ``layers.py``, ``stft.py`` and ``hparams.py``; Vocos
``feature_extractors.py``; lingvo ``tasks/asr/frontend.py``. Dither and other noise are off.
"""

from __future__ import annotations

from dataclasses import replace

from .frontend import MelFrontend

__all__ = [
    "ESPNET",
    "FAIRSEQ",
    "HIFIGAN",
    "KALDI",
    "LHOTSE",
    "LIBROSA",
    "LIBROSA_DB",
    "LINGVO",
    "NEMO",
    "PRESETS",
    "SPEECHBRAIN",
    "TACOTRON2",
    "TORCHAUDIO",
    "VOCOS",
    "WENET",
    "WHISPER",
    "WHISPER_128",
]

LIBROSA = MelFrontend(
    name="librosa",
    sample_rate=22050,
    n_fft=2048,
    hop_length=512,
    pad_mode="constant",
    n_mels=128,
    log=None,
    floor=0.0,
)

LIBROSA_DB = replace(LIBROSA, name="librosa-db", log="db", floor=1e-10, dynamic_range=80.0)

WHISPER = MelFrontend(
    name="whisper",
    sample_rate=16000,
    n_fft=400,
    hop_length=160,
    drop_last_frame=True,
    n_mels=80,
    log="log10",
    floor=1e-10,
    dynamic_range=8.0,
    shift=4.0,
    scale=0.25,
)

WHISPER_128 = replace(WHISPER, name="whisper-128", n_mels=128)

LHOTSE = MelFrontend(
    name="lhotse",
    sample_rate=16000,
    n_fft=512,
    win_length=400,
    hop_length=160,
    window="povey",
    padding="kaldi",
    pad_mode="mirror",
    n_mels=80,
    fmin_hz=20.0,
    fmax_hz=7600.0,
    mel_scale="kaldi",
    mel_norm=None,
    preemphasis=0.97,
    preemphasis_per_frame=True,
    remove_dc_offset=True,
    floor=2.0**-23,
)

NEMO = MelFrontend(
    name="nemo",
    sample_rate=16000,
    n_fft=512,
    win_length=400,
    hop_length=160,
    window="hann_symmetric",
    pad_mode="constant",
    drop_last_frame=True,
    n_mels=80,
    preemphasis=0.97,
    floor=2.0**-24,
    floor_mode="add",
    normalize="per_feature",
)

HIFIGAN = MelFrontend(
    name="hifigan",
    sample_rate=22050,
    n_fft=1024,
    hop_length=256,
    padding="same",
    n_mels=80,
    fmax_hz=8000.0,
    power=1.0,
    magnitude_epsilon=1e-9,
    floor=1e-5,
)

ESPNET = MelFrontend(
    name="espnet",
    sample_rate=16000,
    n_fft=512,
    hop_length=128,
    n_mels=80,
)

SPEECHBRAIN = MelFrontend(
    name="speechbrain",
    sample_rate=16000,
    n_fft=400,
    hop_length=160,
    window="hamming",
    pad_mode="constant",
    n_mels=40,
    mel_scale="speechbrain",
    mel_norm=None,
    log="db",
    dynamic_range=80.0,
    normalize="sentence",
)

KALDI = replace(LHOTSE, name="kaldi", padding="snip", n_mels=23, fmax_hz=None)

WENET = replace(KALDI, name="wenet", n_mels=80, input_scale=32768.0)

FAIRSEQ = replace(WENET, name="fairseq", normalize="utterance_cmvn")

TORCHAUDIO = MelFrontend(
    name="torchaudio",
    sample_rate=16000,
    n_fft=400,
    hop_length=200,
    n_mels=128,
    mel_scale="htk",
    mel_norm=None,
    log=None,
    floor=0.0,
    allow_empty_filters=True,
)

TACOTRON2 = replace(HIFIGAN, name="tacotron2", padding="center", magnitude_epsilon=0.0)

VOCOS = MelFrontend(
    name="vocos",
    sample_rate=24000,
    n_fft=1024,
    hop_length=256,
    n_mels=100,
    mel_scale="htk",
    mel_norm=None,
    power=1.0,
    floor=1e-7,
)

LINGVO = MelFrontend(
    name="lingvo",
    sample_rate=16000,
    n_fft=1024,
    win_length=400,
    hop_length=160,
    padding="snip",
    first_sample=1,
    pad_mode="constant",
    n_mels=80,
    fmin_hz=125.0,
    fmax_hz=7600.0,
    mel_scale="kaldi",
    mel_norm=None,
    power=1.0,
    input_scale=32768.0,
    preemphasis=0.97,
    floor=1.0,
)

PRESETS = {
    f.name: f
    for f in (
        *(ESPNET, FAIRSEQ, HIFIGAN, KALDI, LHOTSE, LIBROSA, LIBROSA_DB, LINGVO, NEMO, SPEECHBRAIN, TACOTRON2),
        *(TORCHAUDIO, VOCOS, WENET, WHISPER, WHISPER_128),
    )
}
MelFrontend.presets.update(PRESETS)
