"""Training configurations of every framework, written for the tests; `import configs` works from every room."""

from __future__ import annotations

__all__ = [
    "ALL",
    "ESPNET",
    "FAIRSEQ",
    "HF",
    "LHOTSE",
    "LINGVO",
    "NEMO",
    "SPEECHBRAIN",
    "TORCHAUDIO",
    "WENET",
    "WHISPER",
]

ESPNET = """
batch_type: numel
accum_grad: 4
encoder: conformer
encoder_conf: {output_size: 256, attention_heads: 4}
frontend_conf:
    n_fft: 512
    hop_length: 160
specaug: specaug
specaug_conf:
    apply_time_warp: true
    time_warp_window: 5
    time_warp_mode: bicubic
    apply_freq_mask: true
    freq_mask_width_range: [0, 27]
    num_freq_mask: 2
    apply_time_mask: true
    time_mask_width_ratio_range:
    - 0.
    - 0.05
    num_time_mask: 10
normalize: utterance_mvn
token_list: [<blank>, a, b]
"""
WHISPER = """
frontend: null
encoder: whisper
encoder_conf:
    whisper_model: small
    use_specaug: true
    specaug_conf:
        apply_time_warp: false
        freq_mask_width_range: 30
        apply_time_mask: true
        time_mask_width_range: [0, 40]
        num_time_mask: 2
"""
NEMO = """
name: &name Conformer-CTC
model:
  sample_rate: 16000
  mels: 80
  train_ds:
    manifest_filepath: ???
    sample_rate: ${model.sample_rate}
    name: *name
  preprocessor:
    _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor
    sample_rate: ${model.sample_rate}
    normalize: per_feature
    window_size: 0.025
    window_stride: 0.01
    window: hann
    features: ${..mels}
    n_fft: 512
    frame_splicing: 1
    dither: 0.00001
    pad_to: 0
    pad_value: 0.0
  spec_augment:
    _target_: nemo.collections.asr.modules.SpectrogramAugmentation
    freq_masks: 2
    time_masks: 10
    freq_width: 27
    time_width: 0.05
trainer: {devices: -1, log_dir: "${oc.env:HOME}/logs"}
"""
SPEECHBRAIN = """
seed: 7
__set_seed: !apply:torch.manual_seed [!ref <seed>]
output_folder: !ref results/<seed>
rate: 16000
n_mels: 80
drops: 4
compute_features: !new:speechbrain.lobes.features.Fbank
    sample_rate: !ref <rate>
    n_fft: !ref <rate> // 40
    n_mels: !ref <n_mels>
normalize: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
time_drop: !new:speechbrain.augment.freq_domain.SpectrogramDrop
    drop_length_low: 15
    drop_length_high: 25
    drop_count_low: !ref <drops>
    drop_count_high: !ref <drops>
    replace: "mean"
freq_drop: !new:speechbrain.augment.freq_domain.SpectrogramDrop
    drop_length_low: 10
    drop_length_high: 20
    drop_count_low: !ref <drops>
    drop_count_high: !ref <drops>
    replace: "mean"
    dim: 2
time_warp: !new:speechbrain.augment.freq_domain.Warping
speed: !new:speechbrain.augment.time_domain.SpeedPerturb
    orig_freq: !ref <rate>
wav_augment: !new:speechbrain.augment.augmenter.Augmenter
    augmentations: [!ref <speed>]
fea_augment: !new:speechbrain.augment.augmenter.Augmenter
    min_augmentations: 3
    max_augmentations: 3
    augment_prob: 0.75
    augmentations: [
        !ref <time_drop>,
        !ref <freq_drop>,
        !ref <time_warp>]
"""
WENET = """
encoder: conformer
dataset: asr
dataset_conf:
    filter_conf: {max_length: 40960}
    fbank_conf: {num_mel_bins: 80, frame_shift: 10, frame_length: 25, dither: 0.1}
    spec_aug: true
    spec_aug_conf: {num_t_mask: 2, num_f_mask: 2, max_t: 50, max_f: 10, max_w: 80}
    spec_sub: true
    spec_sub_conf: {num_t_sub: 3, max_t: 30}
    spec_trim: false
    spec_trim_conf: {max_t: 50}
"""
HF = """{
  "model_type": "whisper", "num_mel_bins": 80, "d_model": 384,
  "apply_spec_augment": true, "mask_time_prob": 0.08, "mask_feature_prob": 0.05
}"""
FAIRSEQ = """
input_feat_per_channel: 80
specaugment:
  freq_mask_F: 27
  freq_mask_N: 2
  time_mask_N: 2
  time_mask_T: 100
  time_mask_p: 1.0
  time_wrap_W: 80
transforms:
  '*': [utterance_cmvn]
  _train: [utterance_cmvn, specaugment]
vocab_filename: dict.txt
"""
LHOTSE = """{"time_warp_factor": 80, "num_feature_masks": 2, "features_mask_size": 27,
"num_frame_masks": 10, "frames_mask_size": 100, "max_frames_mask_fraction": 0.15, "p": 0.9}"""
TORCHAUDIO = """
MelSpectrogram: {sample_rate: 16000, n_mels: 80, hop_length: 160}
AmplitudeToDB: {top_db: 80}
FrequencyMasking: {freq_mask_param: 27}
TimeMasking: {time_mask_param: 40, p: 0.2, iid_masks: true}
"""
LINGVO = """
freq_mask_max_bins: 27
freq_mask_count: 2
time_mask_count: 10
time_mask_max_ratio: 0.05
use_dynamic_time_mask_max_frames: true
"""
# By dialect: the file's name, and what is in it.
ALL = {
    "espnet": ("train.yaml", ESPNET),
    "nemo": ("conformer.yaml", NEMO),
    "speechbrain": ("hparams.yaml", SPEECHBRAIN),
    "wenet": ("train_u2pp.yaml", WENET),
    "hf": ("config.json", HF),
    "fairseq": ("config_st.yaml", FAIRSEQ),
    "lhotse": ("specaug.json", LHOTSE),
    "torchaudio": ("transforms.yaml", TORCHAUDIO),
    "lingvo": ("augmenter.yaml", LINGVO),
}


def noted(imported, text):
    """Return the notes of what was imported that hold a text."""
    return [note for note in imported.notes if text in note]
