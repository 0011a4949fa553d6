"""What was not read of a configuration is listed: every section and key, at every depth, in every reader."""

from __future__ import annotations

import json

import pytest
from commandline import run
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen._yaml import Tagged
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.unread import ReadPlaces, UnreadKey, unread_in_words

OF_ALL = {
    "espnet": """
specaug: specaug
specaug_conf: {time_mask_width_range: 40}
frontend_conf: {n_fft: 512, %s: 1}
speech_volume_normalize: 0.9
optim_conf: {lr: 1.0, betas: [0.9, 0.98]}
""",
    "nemo": """
model:
  spec_augment: {freq_masks: 2}
  preprocessor: {features: 80, %s: 1}
  train_ds: {augmentor: {noise: {prob: 0.5}}, batch_size: 8}
trainer: {devices: 1}
""",
    "speechbrain": """
compute_features: !new:speechbrain.lobes.features.Fbank {n_mels: 80, %s: 1}
lr: 0.1
""",
    "wenet": """
dataset_conf: {spec_aug: true, fbank_conf: {num_mel_bins: 80, %s: 1}, speed_perturb: true, shuffle_conf: {size: 1}}
encoder_conf: {output_size: 256}
""",
    "fairseq": """
specaugment: {freq_mask_N: 1}
transforms: {_train: [specaugment], %s: [utterance_cmvn]}
vocab_filename: x
""",
    "torchaudio": """
TimeMasking: {time_mask_param: 4}
MelSpectrogram: {n_mels: 40, %s: false}
""",
}


@pytest.fixture
def imported(tmp_path):
    def imported(text, name="train.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return import_policy(path)

    return imported


def paths(found):
    return [each.path for each in found.unread]


@pytest.mark.parametrize("framework", sorted(set(OF_ALL) - {"torchaudio", "fairseq"}))
def test_a_key_within_a_section_of_the_sound_is_told_by_itself_and_first(imported, framework):
    found = imported(OF_ALL[framework] % "xyzzy")
    assert found.framework == framework
    first = found.unread[0]
    assert (first.path.rsplit(".", 1)[-1], first.is_near) == ("xyzzy", True)
    assert any(line.startswith("not read, but may affect the sound: ") for line in found.policy.notes)


def test_the_rest_is_told_by_its_sections(subtests, imported):
    for framework, expected in [
        ("espnet", ["speech_volume_normalize", "optim_conf"]),
        ("nemo", ["model.train_ds.augmentor", "model.train_ds", "trainer"]),
        ("speechbrain", ["lr"]),
        ("wenet", ["dataset_conf.speed_perturb", "dataset_conf.shuffle_conf", "encoder_conf"]),
        ("fairseq", ["transforms.xyzzy", "vocab_filename"]),
    ]:
        with subtests.test(framework=framework, expected=expected):
            assert [path for path in paths(imported(OF_ALL[framework] % "xyzzy")) if not path.endswith("_conf.xyzzy")
                    and not path.startswith(("model.preprocessor", "compute_features"))] == expected  # fmt: skip


def test_a_section_is_told_with_the_number_of_its_values_less_those_told_before(imported):
    unread = {each.path: each.n_values for each in imported(OF_ALL["nemo"] % "xyzzy").unread}
    assert unread == {
        "model.preprocessor.xyzzy": 0,
        "model.train_ds.augmentor": 1,
        "model.train_ds": 1,
        "trainer": 1,
    }


def test_a_models_two_files_are_looked_through(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "whisper", "d_model": 384, "architectures": ["W"]}')
    (tmp_path / "preprocessor_config.json").write_text('{"feature_size": 80, "hop_lenght": 4}')
    found = import_policy(tmp_path)
    assert paths(found) == ["preprocessor_config.json.hop_lenght", "d_model", "architectures"]
    assert found.unread[0].nearest == "hop_length"


def test_what_a_reference_leads_to_was_read(imported):
    text = "rate: 16000\nother: 1\nmodel: {preprocessor: {sample_rate: '${rate}', features: 80}, spec_augment: null}"
    assert paths(imported(text)) == ["other"]
    text = "n: 40\nm: 50\nc: !new:speechbrain.lobes.features.Fbank\n    n_mels: !ref <n> + 1\n"
    assert paths(imported(text)) == ["m"]


def test_a_section_behind_a_reference_is_looked_through_where_it_stands(imported):
    found = imported("mel: {features: 40, feature: 1}\nmodel: {preprocessor: '${mel}', spec_augment: null}")
    assert found.frontend.n_mels == 40
    assert paths(found) == ["mel.feature"]


def test_a_configuration_that_is_read_in_full_leaves_nothing(imported):
    found = imported("specaug: specaug\nspecaug_conf: {time_mask_width_range: 40}\nnormalize: null")
    assert found.unread == ()
    assert not any("not read" in note for note in found.policy.notes)


def test_what_is_switched_off_was_not_read(imported):
    found = imported("specaug: null\nspecaug_conf: {num_freq_mask: 2, num_time_mask: 1}")
    assert found.unread == (UnreadKey("specaug_conf", 2, is_near=True),)


def test_the_page_and_its_json_hold_every_path(tmp_path):
    path = tmp_path / "train.yaml"
    path.write_text(OF_ALL["espnet"] % "n_mell" + "".join(f"key_{i}: 1\n" for i in range(200)))
    shown = run("policy", "show", path)
    lines = shown.out.splitlines()
    at = lines.index("not read, but may affect the sound:")
    assert lines[at + 1 : at + 3] == ["  frontend_conf.n_mell (did you mean 'n_mels'?)", "  speech_volume_normalize"]
    (rest,) = [line for line in lines if line.startswith("not read: ")]
    assert rest.startswith("not read: optim_conf (2 values), key_0, key_1")
    assert rest.endswith(", and 141 more")
    whole = json.loads(run("policy", "show", path, "--json").out)["imported"]["unread"]
    assert [each["path"] for each in whole][-1] == "key_199"


def test_the_rest_beyond_the_bound_is_counted():
    unread = ReadPlaces().unread({f"k{i}": {"a": 1, "b": [{"c": 2}, 3]} for i in range(1200)})
    assert len(unread) == 1001
    assert unread[-1] == UnreadKey("...", 600)


def test_words_are_bounded_and_printable():
    (one,) = ReadPlaces().unread({"a\n" + "x" * 500: Tagged("!new:x", {"k": 1})})
    assert one.words.isprintable()
    assert len(one.path) == 120
    (line,) = unread_in_words([UnreadKey(f"k{i}") for i in range(30)], 3)
    assert line == "not read: k0, k1, k2, and 27 more"


def test_a_name_that_speaks_of_sound_is_told_by_itself(subtests):
    for place, is_near in [
        *((key, True) for key in ("augmentor", "speed_perturb", "use_dB_mel", "noise_prob", "rir_scp", "masking")),
        *((key, True) for key in ("cmvn_file", "dither", "frontend_conf", "sample_rate", "n_fft", "channel_selector")),
        *((key, False) for key in ("special_tokens", "layer_norm", "normalize_before", "melody", "offset", "warprnnt")),
        *(("train_ds." + key, key != "size") for key in ("sample_rate", "size")),
        *(
            (key, False)
            for key in ("encoder.conv_mask", "decoder_conf.features", "validation_ds.sample_rate", "optim.mel")
        ),
    ]:
        with subtests.test(place=place, is_near=is_near):
            tree = 1
            for key in reversed(place.split(".")):
                tree = {key: tree}
            (one,) = ReadPlaces().unread({"section": tree})
            assert one.is_near == is_near
            assert (one.path == f"section.{place}") == is_near


TREES = st.recursive(
    st.integers() | st.none() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=4),
    max_leaves=20,
)


def leaves(tree, place=()):
    if isinstance(tree, dict) and tree:
        for key, held in tree.items():
            yield from leaves(held, (*place, key))
    else:
        yield place


@given(tree=st.dictionaries(st.text("abc", min_size=1, max_size=2), TREES, max_size=4), data=st.data())
def test_every_value_is_either_read_or_told_exactly_once(tree, data):
    reading, all_of_them = ReadPlaces(), list(leaves(tree))[: 0 if not tree else None]
    read = [place for place in all_of_them if data.draw(st.booleans())]
    for place in read:
        reading.note_value(place)
    unread = reading.unread(tree)
    assert len({each.path for each in unread}) == len(unread)
    assert sum(each.n_values or 1 for each in unread) == len(all_of_them) - len(read)
