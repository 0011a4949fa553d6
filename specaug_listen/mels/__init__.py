"""Mels from other pipelines: files of mels, and clips that are mels without their audio.

Kaldi archives are read in `specaug_listen.frontends.kaldi_archives`, because front-ends need them for statistics.
"""

from .clips import MelClip, MelSource, clip_of_file, clips_of_file, mel_clip, mel_part
from .file_search import MEL_SUFFIXES, find_mels, is_mel_path
from .files import MelFile, list_mels

__all__ = [
    "MEL_SUFFIXES",
    "MelClip",
    "MelFile",
    "MelSource",
    "clip_of_file",
    "clips_of_file",
    "find_mels",
    "is_mel_path",
    "list_mels",
    "mel_clip",
    "mel_part",
]
