"""Configurations that cannot be taken: one line that names the file, the key, the value, what is allowed, the cure."""

from __future__ import annotations

import json
import re

import configs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frameworks.read import import_policy, readable_frameworks
from specaug_listen.frameworks.registry import spelling
from specaug_listen.frameworks.summary import show_policy

ESPNET = "specaug_conf: {time_mask_width_range: 40, %s}"
NEMO = "model: {spec_augment: {%s}}"
DROP = "a: !new:speechbrain.augment.freq_domain.SpectrogramDrop\n    %s\n"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)

MERGED_LAUGHS = "a: &a {k: 1}\n" + "\n".join(
    f"{after}: &{after} {{<<: [{', '.join([f'*{before}'] * 9)}]}}"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)

WRONG = {
    # wrong types and ranges
    "text for a number": (
        ESPNET % "num_freq_mask: two",
        r"specaug_conf\.num_freq_mask='two': allowed is an integer fr",
    ),
    "flag for a number": (
        NEMO % "freq_masks: yes",
        r"model\.spec_augment\.freq_masks=True: allowed is an integer from",
    ),
    "number for a flag": (ESPNET % "replace_with_zero: 1", r"replace_with_zero=1: allowed is true or false"),
    "negative": (NEMO % "time_masks: -1", r"time_masks=-1: allowed is an integer from 0"),
    "endless": (NEMO % "time_masks: 1000000", r"time_masks=1000000: allowed is an integer from 0 to 10000"),
    "share above 1": (NEMO % "time_width: 1.5", r"time_width=1\.5: allowed is an integer of frames .* or a share"),
    "not a number": ("time_mask_p: .nan\ntime_mask_N: 2", r"time_mask_p=nan: allowed is a number from 0 to 1"),
    "infinite": (NEMO % "mask_value: .inf", r"mask_value=inf: allowed is a number"),
    "three ends": (
        ESPNET % "freq_mask_width_range: [0, 1, 2]",
        r"freq_mask_width_range=\[0, 1, 2\]: allowed is .*low and",
    ),
    "ends the wrong way round": (ESPNET % "freq_mask_width_range: [9, 2]", r"\[9, 2\]: allowed is .* low and high"),
    "null for a number": (NEMO % "freq_width:", r"freq_width=None: allowed is an integer"),
    "list for a mapping": ("specaug_conf: [1]", r"specaug_conf=\[1\]: allowed is a mapping"),
    "rate": ("model: {preprocessor: {sample_rate: 0}}", r"sample_rate=0: allowed is a sample rate in Hz"),
    "low rate": (
        "model: {preprocessor: {sample_rate: 7}}",
        r"preprocessor\.sample_rate=7: allowed is a sample rate in Hz, an integer from 100 to",
    ),
    "low rate of WeNet": (
        "dataset_conf: {resample_conf: {resample_rate: 1}, spec_aug_conf: {}}",
        r"resample_conf\.resample_rate=1: allowed is a sample rate in Hz, an integer from 100 to",
    ),
    "ESPnet's rate": (
        "frontend_conf: {fs: fast}",
        r"fs='fast': allowed is a sample rate in Hz, from 100 to 768000, or a text such as 16k",
    ),
    "ESPnet's low rate": ("frontend_conf: {fs: 0.001}", r"fs=0\.001: allowed is a sample rate in Hz, from 100 to"),
    "ESPnet's rate in kHz": ("frontend_conf: {fs: 16}", r"fs=16: allowed is a sample rate in Hz, from 100 to"),
    "drops": (DROP % "drop_length_low: 30", r"drop_length_low=30: allowed is at most drop_length_high=15"),
    "mode": (ESPNET % "time_warp_mode: cubic", r"time_warp_mode='cubic': allowed is bicubic or bilinear"),
    "cutcat": (DROP % "replace: cutcat", r"replace='cutcat' takes frames of another clip"),
    "switches": (
        configs.SPEECHBRAIN + "    enable_augmentations: [true]\n",
        r"fea_augment\.enable_augmentations=\[True\]: allowed is true or false for each of the 3",
    ),
    "share of lhotse": ('{"features_mask_size": 27, "p": 90}', r"p=90: allowed is a number from 0 to 1"),
    # unknown keys, and those of others
    "misspelt": (
        ESPNET % "num_freq_masks: 2",
        r"unknown key 'specaug_conf\.num_freq_masks'; did you mean 'num_freq_mask'\?",
    ),
    "NeMo's in ESPnet's": (ESPNET % "freq_masks: 2", r"unknown key 'specaug_conf\.freq_masks'; it looks like NeMo's"),
    "ESPnet's in NeMo's": (NEMO % "num_freq_mask: 2", r"unknown key .*num_freq_mask'; it looks like ESPnet's"),
    "lhotse's in WeNet's": (
        "dataset_conf: {spec_aug_conf: {features_mask_size: 2}}",
        r"unknown key 'dataset_conf\.spec_aug_conf\.features_mask_size'; it looks like lhotse's \(allowed: max_f",
    ),
    "unlike any": (NEMO % "xyzzy: 2", r"unknown key 'model\.spec_augment\.xyzzy' \(allowed: _target_"),
    "nobody's, with a name": ("name: x\nmodel: {encoder: 1}", r"holds no key of a framework's"),
    "nobody's, with short keys": ("tts: fastspeech2\ntest: 1", r"holds no key of a framework's SpecAugment"),
    "nobody's": (
        "alpha: 1\nbeta: {gamma: 2}",
        r"no key of a .*\(tried: espnet, .*wenet; our own keys: di",
    ),
    # what contradicts, or is missing
    "two ranges": (ESPNET % "time_mask_width_ratio_range: 0.05", r"exactly one of them is needed"),
    "no range": ("specaug_conf: {num_freq_mask: 2}", r"time_mask_width_range=None, .*exactly one of them is needed"),
    "all off": (
        ESPNET % "apply_time_warp: false, apply_freq_mask: false, apply_time_mask: false",
        r"are all false: set one",
    ),
    "masked twice": (
        "specaug: specaug\nencoder_conf: {use_specaug: true, specaug_conf: {time_mask_width_range: 4}}",
        r"specaug and encoder_conf\.use_specaug: both mask.* remove specaug",
    ),
    "half a whisper": ("encoder_conf: {use_specaug: true}", r"encoder_conf\.specaug_conf is missing: .*add it"),
    "another specaug": ("specaug: mine\nspecaug_conf: {}", r"specaug='mine': allowed is specaug or null"),
    "torchaudio without widths": ("n_time_masks: 2", r"time_mask_param is missing: allowed is an integer"),
    "torchaudio's class without": ("TimeMasking: {p: 0.5}", r"TimeMasking\.time_mask_param is missing"),
    "NeMo's class": (
        NEMO % "_target_: a.b.Mine",
        r"_target_='Mine': allowed is one of SpectrogramAugmentation, Masked",
    ),
    "no range, with its place": (
        "specaug_conf: {num_freq_mask: 2}",
        r"^.*: specaug_conf\.time_mask_width_range=None, time_mask_width_ratio_range=None: exactly one of them",
    ),
    "two windows": (
        "model: {preprocessor: {n_window_size: 400}}",
        r"window_size=0\.02 \(NeMo's default\), n_window_size=400: NeMo raises with both; .* write window_size: null",
    ),
    "no window": (
        "model: {preprocessor: {window_size: 0}}",
        r"window_size=0: allowed is more than 0 seconds, or a numb",
    ),
    "wenet 1's warp": (
        "collate_conf: {spec_aug: true, spec_aug_conf: {warp_for_time: true}}",
        r"collate_conf\.spec_aug_conf\.warp_for_time=True: WeNet 1's warp is not supported; allowed is false",
    ),
    "a value for each domain": (
        "freq_mask_max_bins: [27, 10]\ndomain_ids: [0, 1]",
        r"freq_mask_max_bins=\[27, 10\]: a list holds one value per domain_id, and a clip belongs to one; write "
        r"one of them, e\.g\. freq_mask_max_bins: 27$",
    ),
    "no domain": ("freq_mask_max_bins: []", r"freq_mask_max_bins=\[\]: .*; write freq_mask_max_bins as one value$"),
    # what raises upstream
    "no width": (
        ESPNET % "freq_mask_width_range: [20, 20]",
        r"specaug_conf\.freq_mask_width_range=\[20, 20\]: ESPnet raises .*upper bound above 20, or apply_freq_mask: f",
    ),
    "no width of time": (
        "specaug_conf: {time_mask_width_range: [10, 10]}",
        r"specaug_conf\.time_mask_width_range=\[10, 10\]: ESPnet .* upper bound above 10, or apply_time_mask: false$",
    ),
    "no width up to 0": (
        "specaug_conf: {time_mask_width_range: 0}",
        r"specaug_conf\.time_mask_width_range=0: ESPnet raises an error, .* above 0, or apply_time_mask: false$",
    ),
    "no share": (
        "specaug_conf: {time_mask_width_ratio_range: [0.05, 0.05]}",
        r"specaug_conf\.time_mask_width_ratio_range=\[0\.05, 0\.05\]: ESPnet raises .*above 0\.05, or apply_time_mask",
    ),
    "no masks of frequency": (
        ESPNET % "num_freq_mask: 0",
        r"specaug_conf\.num_freq_mask=0: ESPnet raises an error; allowed is 1 or more, or apply_freq_mask: false$",
    ),
    "no masks of time": (
        ESPNET % "num_time_mask: 0",
        r"specaug_conf\.num_time_mask=0: ESPnet raises an error; allowed is 1 or more, or apply_time_mask: false$",
    ),
    "no warp": (
        ESPNET % "time_warp_window: 0",
        r"specaug_conf\.time_warp_window=0: ESPnet raises an error; allowed is 1 or more, or apply_time_warp: false$",
    ),
    "rectangles of more bands": (
        "model: {spec_augment: {rect_masks: 5, rect_freq: 65}, preprocessor: {features: 64}}",
        r"model\.spec_augment\.rect_freq=65: wider than the 64 bins of model\.preprocessor\.features, and NeMo raises "
        r"an error; allowed is at most 64, or rect_masks: 0$",
    ),
    "rectangles of more bands than by default": (
        "model: {spec_augment: {rect_masks: 5, rect_freq: 70}, preprocessor: {window_size: 0.02}}",
        r"rect_freq=70: wider than the 64 bins of model\.preprocessor\.features, NeMo's default, and NeMo raises",
    ),
    "masks of more bands": (
        "model: {spec_augment: {freq_masks: 2, freq_width: 70, use_vectorized_spec_augment: false}, "
        "preprocessor: {features: 64}}",
        r"model\.spec_augment\.freq_width=70: wider than the 64 bins of .*features, and NeMo raises "
        r"an error; allowed is at most 64, or its vectorised masks \(use_vectorized_spec_augment: true, use_numba",
    ),
    "masks of more bands for the kernel": (
        "model: {spec_augment: {freq_masks: 2, freq_width: 70, use_numba_spec_augment: true}, "
        "preprocessor: {features: 64}}",
        r"model\.spec_augment\.freq_width=70: wider than the 64 bins",
    ),
    # what is meant, but stands elsewhere
    "keys further down": (
        "optim: adam\nmodel: conformer\ntrain: {specaug: specaug, specaug_conf: {time_mask_width_range: 40}}",
        r"holds no key of a framework's SpecAugment, .*; ESPnet's specaug, specaug_conf are below 'train': gi",
    ),
    "keys two levels down": (
        "name: x\nall: {train: {dataset_conf: {spec_aug: true}}}",
        r"holds no key of a framework's .*; WeNet's dataset_conf are below 'all\.train': give a file",
    ),
    # what is no mel
    "latents of w2v-bert": (
        '{"model_type": "wav2vec2-bert"}',
        r"model_type='wav2vec2-bert': its masks fall on the output",
    ),
    "latents of speecht5": (
        '{"model_type": "speecht5"}',
        r"model_type='speecht5': its masks fall on the output of a network",
    ),
    "latents": (
        '{"model_type": "wavlm", "mask_time_prob": 0.05}',
        r"model_type='wavlm': its masks fall on the output of a network",
    ),
    "no masks": (
        '{"model_type": "speech_to_text"}',
        r"transformers masks no mel spectrogram for it; allowed is whisper",
    ),
    "s3prl": ("frontend: s3prl\nspecaug: specaug\n" + ESPNET % "", r"frontend='s3prl': its features are not a mel"),
    "cepstra": ("dataset_conf: {feats_type: mfcc}", r"feats_type='mfcc': cepstral coefficients are not a mel"),
    "cepstra of nemo": (
        "model: {preprocessor: {_target_: nemo.collections.asr.modules.AudioToMFCCPreprocessor, n_mfcc: 64}}",
        r"model\.preprocessor\._target_='AudioToMFCCPreprocessor': cepstral coefficients are not a mel spectrogram",
    ),
    "cepstra of speechbrain": (
        "f: !new:speechbrain.lobes.features.MFCC\n    n_mels: 40\n" + DROP % "dim: 2",
        r"f=!new:speechbrain\.lobes\.features\.MFCC: cepstral coefficients are not a mel .*; allowed is Fbank",
    ),
    "cepstra of wenet 1": (
        "collate_conf: {feature_extraction_conf: {feature_type: mfcc}}",
        r"feature_extraction_conf\.feature_type='mfcc', using_pitch=False: .* allowed is fbank without pitch",
    ),
    "pitch of wenet 1": (
        "collate_conf: {feature_extraction_conf: {using_pitch: true}}",
        r"feature_type='fbank', using_pitch=True: .* allowed is fbank without pitch",
    ),
    "waveforms": (configs.FAIRSEQ + "use_audio_input: true", r"use_audio_input=True: the model takes the waveform"),
    "spliced": ("model: {preprocessor: {frame_splicing: 3}}", r"frame_splicing: stacked frames are not a mel"),
    # references
    "to nothing": (NEMO % "freq_masks: '${model.n}'", r"'\$\{model\.n\}': the file has no 'model\.n'; write its value"),
    "to itself": (NEMO % "freq_masks: '${.freq_masks}'", r"refers to itself; write its value"),
    "to each other": (NEMO % "freq_masks: '${.time_masks}', time_masks: '${.freq_masks}'", r"refers to itself"),
    "within its own text": (NEMO % "freq_masks: 'x${.freq_masks}'", r"refers to itself; write its value"),
    "a list within itself": ("n: [1, !ref <n>]\n" + DROP % "dim: !ref <n>", r"n\.1=!ref '<n>' refers to itself"),
    "a resolver": (NEMO % "freq_masks: '${oc.env:HOME}'", r"resolvers such as 'oc\.env' are not run; write its value"),
    "to be filled in": (NEMO % "freq_masks: '???'", r"freq_masks is '\?\?\?', a missing value"),
    "a ref to nothing": (DROP % "dim: !ref <n>", r"a\.dim=!ref '<n>': the file has no 'n'; write its value"),
    "a ref to itself": ("n: !ref <n>\n" + DROP % "dim: !ref <n>", r"refers to itself"),
    "a call": (DROP % "dim: !apply:os.getpid []", r"a\.dim=!apply:os\.getpid .*nothing in a configuration is executed"),
    "code in a sum": ("n: 1\n" + DROP % "dim: !ref <n>.__class__", r"only \+ - \* / // % of numbers are evaluated"),
    "a power": ("n: 9\n" + DROP % "dim: !ref <n> ** <n> ** <n>", r"only \+ - \* / // % of numbers"),
    "nought": ("n: 0\n" + DROP % "dim: !ref 1 // <n>", r"only \+ - \* / // % of numbers"),
    # hostile files
    "a python object": (
        "specaug_conf: !!python/object/apply:os.system ['false']",
        r"the tag 'python/object/apply:os\.s",
    ),
    "a python name": ("specaug_conf: !!python/name:os.system x", r"the tag 'python/name:os\.system' is not allowed"),
    "laughs": (LAUGHS, r"not valid YAML \(more than 60000 values, as its aliases are counted"),
    "merged laughs": (MERGED_LAUGHS, r"more than 60000 values"),
    "an alias of itself": ("model: &a {spec_augment: *a}", r"an alias contains itself, line 1"),
    "deep": ("specaug_conf: " + "[" * 100 + "]" * 100, r"nested more than 60 deep"),
    "very deep": ("specaug_conf: " + "[" * 5000, r"nested too deeply|not valid YAML"),
    "a key of ours twice": ("transforms: []\ntransforms: []", r"the key 'transforms' is repeated"),
    "odd keys": ("specaug_conf: {[1]: 2}", r"a key is a list or a mapping"),
    "empty": ("", r"holds nothing; a policy file is a YAML mapping"),
    "a list": ("- specaug", r"holds a list; a policy file is a YAML mapping"),
    "cut off": ("specaug_conf: {a: ", r"not valid YAML"),
    "an odd flag": ("specaug_conf: !!bool maybe", r"'maybe' is not a valid bool"),
    "an odd date": ("specaug_conf: 2001-99-99", r"not valid YAML"),
    "an odd merge": ("a: {<<: 3}", r"expected a mapping or list of mappings for merging"),
}


def test_a_mistake_is_one_line_with_file_key_value_and_cure(subtests, refusal):
    for name, (text, message) in WRONG.items():
        with subtests.test(name=name):
            name = "config.json" if text.startswith("{") else "train.yaml"
            assert re.search(message, refusal(text, name))


def test_what_a_stranger_wrote_is_shown_printable_and_in_one_line(refusal, tmp_path):
    line = refusal(f"{json.dumps(chr(27) + '[2J' + chr(10))}: " + DROP.partition(": ")[2] % "dim: x")
    assert "\\x1b[2J\\n.dim='x'" in line
    path = tmp_path / "x.yaml"
    path.write_text('frontend: "a\\n\\e[2J"\nspecaug: null')
    assert all(note.isprintable() for note in import_policy(path).notes)


def test_what_is_no_text_is_refused(refusal):
    assert "not a text file in UTF-8" in refusal(b"\xff\x00specaug")
    assert "more than 1048576 bytes" in refusal(b"a: 1\n" * 300_000)


def test_deep_json_is_refused(refusal):
    assert "nested more than 60 deep" in refusal('{"a":' * 100 + "1" + "}" * 100, "x.json")
    assert "nested too deeply" in refusal('{"a":' * 100_000, "x.json")


def test_broken_json_is_called_json(refusal):
    assert "not valid JSON" in refusal('{"p": 0.9,}', "x.json")


def test_another_frameworks_file_is_recognised(subtests, refusal):
    for framework in sorted(set(configs.ALL) - {"espnet"}):
        with subtests.test(framework=framework):
            assert (
                f"looks like ESPnet's configuration, not {spelling(framework)}'s; give framework 'espnet', or none"
                in refusal(configs.ESPNET, framework=framework)
            )


def test_our_own_file_is_no_frameworks(refusal):
    assert "a policy of our own, not NeMo's; leave the framework out" in refusal("transforms: []", framework="nemo")


def test_an_unknown_framework_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(
        ParameterError, match=r"unknown framework 'espent'; did you mean 'espnet'\? \(allowed: espnet, .*wenet\)"
    ):
        import_policy(tmp_path, "espent")


def test_two_files_that_contradict_are_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "whisper", "num_mel_bins": 128}')
    (tmp_path / "preprocessor_config.json").write_text('{"feature_size": 80}')
    with pytest.raises(PolicyError, match=r"num_mel_bins=128 in config\.json, preprocessor_.*feature_size=80: "):
        import_policy(tmp_path)


@pytest.mark.parametrize(
    ("config", "preprocessor", "said"),
    [
        ({"mask_time_length": 3001}, {}, r"mask_time_length=3001: allowed is at most 3000 frames"),
        ({"mask_time_length": 2001}, {"chunk_length": 20}, r"mask_time_length=2001: allowed is at most 2000 "),
        ({"mask_feature_length": 81}, {}, r"mask_feature_length=81: allowed is at most .*feature_size=80; transf"),
        ({"mask_feature_length": 90, "num_mel_bins": 80}, None, r"mask_feature_length=90: .* num_mel_bins=80; tran"),
        ({"mask_feature_length": 129}, {"feature_size": 128}, r"at most preprocessor_config\.json\.feature_size=128;"),
        (
            {"max_source_positions": 1500},
            {"chunk_length": 20},
            r"max_source_positions=1500 .* 3000 frames.* 2000; make",
        ),
        ({}, {"chunk_length": 0}, r"chunk_length=0: allowed is an integer from 1"),
        ({}, {"chunk_length": 1, "sampling_rate": 8000, "hop_length": 9000}, r"chunk_length=1: 0 frames at"),
        ({}, {"nb_max_frames": "x"}, r"nb_max_frames='x': allowed is an integer from 1 on, or null"),
    ],
)
def test_where_transformers_raises_its_files_are_refused(tmp_path, config, preprocessor, said):
    config = {"model_type": "whisper", "apply_spec_augment": True, "mask_feature_prob": 0.1, **config}
    (tmp_path / "config.json").write_text(json.dumps(config))
    if preprocessor is not None:
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    with pytest.raises(PolicyError, match=rf"config\.json: .*{said}") as raised:
        import_policy(tmp_path / "config.json")
    assert "\n" not in str(raised.value)


DROPS = """
time_drop: !new:speechbrain.augment.freq_domain.SpectrogramDrop
    drop_length_high: 20
freq_drop: !new:speechbrain.augment.freq_domain.SpectrogramDrop
    {drop}
warp: !new:speechbrain.augment.freq_domain.Warping
    {warp}
"""
LISTED = """
fea_augment: !new:speechbrain.augment.augmenter.Augmenter
    augmentations: [!ref <time_drop>, !ref <freq_drop>, !ref <warp>]
"""


def test_of_several_speechbrain_objects_the_wrong_one_is_named(subtests, refusal):
    for wrong, said in [
        ({"drop": "replace: random"}, "freq_drop.replace='random': allowed is zeros, "),
        ({"drop": "replace: cutcat"}, "freq_drop.replace='cutcat' takes frames of another clip"),
        ({"drop": "drop_length_low: 30"}, "freq_drop.drop_length_low=30: allowed is at most drop_length_high=15"),
        ({"warp": "dim: 2"}, "warp.dim=2: allowed is 1"),
    ]:
        for augmenter in ["", LISTED]:
            with subtests.test(augmenter=augmenter, wrong=wrong, said=said):
                text = DROPS.format(**({"drop": "dim: 2", "warp": "warp_window: 5"} | wrong)) + augmenter
                assert f"train.yaml: {said}" in refusal(text)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ((), "it holds no YAML or JSON either"),
        (("b.yaml", "a.JSON", "c.txt"), "it holds a.JSON, b.yaml, with no framework's masks"),
        (
            tuple(f"{i}.yml" for i in range(9)),
            "it holds 0.yml, 1.yml, 2.yml, 3.yml, 4.yml, 5.yml, ..., with no framework's masks",
        ),
        (("a.yaml", "specaug.yaml", "ours.yml"), "it holds ours.yml, specaug.yaml: give a file"),
    ],
)
@pytest.mark.parametrize("read", [import_policy, lambda folder: get_policy(str(folder)), show_policy])
def test_of_a_folder_without_a_model_it_is_said_what_was_looked_for_and_what_was_found(tmp_path, held, said, read):
    for name in held:
        texts = {"specaug.yaml": "specaug: null", "ours.yml": "transforms: []"}
        (tmp_path / name).write_text(texts.get(name, "a: 1"))
    (tmp_path / "config.json").mkdir()
    with pytest.raises(PolicyError) as caught:
        read(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: a folder without config.json; a folder is read only as a Whisper model, with its config.json and "
        f"the preprocessor_config.json or processor_config.json beside it; {said}"
    )


def test_a_missing_file_is_said_to_be_missing_whatever_it_is_called(tmp_path):
    for name in ("train.yaml", "train.conf", "deep/train"):
        with pytest.raises(PolicyError, match=r"the policy file cannot be read \(No such file or directory\)"):
            get_policy(str(tmp_path / name))


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "train.yaml").touch()
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(PolicyError, match=r"train\.yaml: the policy file cannot be read \(Permission denied\)"):
        import_policy(tmp_path / "train.yaml")


# -- whatever a stranger writes ------------------------------------------------------------------------

KEYS = st.sampled_from(
    [
        *("specaug", "specaug_conf", "encoder_conf", "use_specaug", "frontend_conf", "model", "spec_augment"),
        *("preprocessor", "dataset_conf", "spec_aug_conf", "fbank_conf", "specaugment", "transforms", "_train"),
        *("freq_masks", "time_width", "features_mask_size", "p", "num_t_mask", "max_t", "model_type", "_target_"),
        *("freq_mask_width_range", "time_mask_width_range", "mask_time_prob", "apply_spec_augment", "features"),
        *("TimeMasking", "time_mask_param", "freq_mask_max_bins", "drop_length_low", "sample_rate", "fs", "n_fft"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from(["whisper", "specaug", "${model}", "${..p}", "fbank", "???", "16k", "mean", ""])
    | st.text(max_size=8)
)
DATA = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)),
    max_size=6,
)
TAGS = st.sampled_from(
    ["!new:speechbrain.augment.freq_domain.SpectrogramDrop", "!ref", "!apply:os.getpid", "!tuple", "&a"]
)
PIECES = st.sampled_from(
    [
        *("a: ", "b:\n  ", "- ", "{", "}", "[", "]", "*a", "&a ", "!ref <a>", "!new:x.Augmenter ", "<<: ", "? ", "\n"),
        *("!!python/name:os ", "!!binary ", "!!set ", "!!int ", "!!timestamp ", "2001-01-01", "1e999", ", ", ": ", "'"),
        *("augmentations: ", "specaug_conf: ", "model: ", "%TAG ! x\n", "---\n", "\t", "|\n", "0x", "=", "~"),
    ]
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def tried(path, framework=None):
    """Read it, or be refused in one line; nothing else may happen."""
    try:
        line = ", ".join(import_policy(path, framework).notes)
    except PolicyError as error:
        line = str(error)
    assert "\n" not in line


@given(data=DATA, framework=st.sampled_from([None, *readable_frameworks()]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_configurations_are_read_or_refused_in_one_line(place, data, framework):
    path = place / "train.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    tried(path, framework)


@given(tag=TAGS, inside=DATA, framework=st.sampled_from([None, "speechbrain", "speechbrain-legacy", "nemo"]))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_tags_are_read_or_refused_in_one_line(place, tag, inside, framework):
    path = place / "hparams.yaml"
    path.write_text(f"a: {tag} {json.dumps(inside)}\n", encoding="utf-8")
    tried(path, framework)


@given(pieces=st.lists(PIECES | st.text(max_size=4), max_size=25))
@example(pieces=["!!bool x"])
@example(pieces=["a: !!timestamp x"])
@example(pieces=["a: =", "\n"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_yaml_is_read_or_refused_in_one_line(place, pieces):
    path = place / "any.yaml"
    path.write_bytes("".join(pieces).encode("utf-8", "surrogatepass"))
    tried(path)


@pytest.mark.parametrize(
    "given",
    [
        "freq_mask_width_range: [20, 20], apply_freq_mask: false",
        "num_freq_mask: 0, apply_freq_mask: false",
        "time_warp_window: 0, apply_time_warp: false",
        "num_time_mask: 0, apply_time_mask: false",
    ],
)
def test_what_espnet_switches_off_may_be_nothing(tmp_path, given):
    path = tmp_path / "train.yaml"
    path.write_text(ESPNET % given)
    assert len(import_policy(path).policy.transforms) == 2


@pytest.mark.parametrize(
    "given",
    [
        "rect_masks: 5, rect_freq: 64",
        "rect_masks: 0, rect_freq: 70",
        "freq_masks: 2, freq_width: 64, use_vectorized_spec_augment: false",
        "freq_masks: 0, freq_width: 70, use_vectorized_spec_augment: false",
        "freq_masks: 2, freq_width: 70",
    ],
)
def test_what_nemo_draws_within_its_bands_is_taken(tmp_path, given):
    path = tmp_path / "train.yaml"
    path.write_text(f"model: {{spec_augment: {{{given}}}, preprocessor: {{features: 64}}}}")
    assert show_policy(path, n_draws=10).frontend.n_mels == 64


def test_keys_further_down_are_said_of_a_framework_that_is_asked_for(refusal):
    line = refusal("train: {specaug: specaug, specaug_conf: {time_mask_width_range: 4}}", framework="espnet")
    assert line.endswith(
        "holds no key of ESPnet's SpecAugment; ESPnet's specaug, specaug_conf are below 'train': give a file with what "
        "is below it"
    )


def test_one_bare_word_further_down_is_no_frameworks(refusal):
    assert "stand below" not in refusal("alpha: {p: 0.1, beta: 2}")


def test_a_key_of_ours_misspelt_is_not_taken_for_nobodys(refusal):
    assert "transforms is missing" in refusal("name: x\ntransform: [time_mask]")
