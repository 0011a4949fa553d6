"""The front-ends of the field, as data.

Sources of the values: librosa ``feature/spectral.py``; Whisper ``audio.py``; lhotse
``features/kaldi/extractors.py`` and ``layers.py``; NeMo ``collections/asr/parts/preprocessing/features.py`` with
the Conformer configuration; HiFi-GAN ``meldataset.py`` with ``config_v1.json``.
"""

from __future__ import annotations

from dataclasses import replace

from .mel import MelFrontend

__all__ = ["HIFIGAN", "LHOTSE", "LIBROSA", "LIBROSA_DB", "NEMO", "PRESETS", "WHISPER", "WHISPER_128"]

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

PRESETS = {f.name: f for f in (HIFIGAN, LHOTSE, LIBROSA, LIBROSA_DB, NEMO, WHISPER, WHISPER_128)}
