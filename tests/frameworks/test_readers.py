"""What decides in a framework's files, and what only seems to: per framework."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from commandline import run

from specaug_listen import frameworks
from specaug_listen.augment.rules import Spans, draw_spans
from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.summary import show_policy
from specaug_listen.frontends import PRESETS

SPECAUG = "specaug: specaug\nspecaug_conf: {time_mask_width_range: 9}\nnormalize: null\n"
NAME = "nemo.collections.asr.modules"


@pytest.fixture
def imported(tmp_path):
    def imported(text, framework=None):
        path = tmp_path / "train.yaml"
        path.write_text(text)
        return import_policy(path, framework)

    return imported


def noted(found, text):
    return [note for note in found.notes if text in note]


# -- WeNet ---------------------------------------------------------------------------------------------

DATASET = "dataset_conf: {fbank_conf: {num_mel_bins: 40}, spec_aug_conf: {num_t_mask: 3, max_t: 20}}\n"


@pytest.mark.parametrize(
    "old", ["{spec_aug: false}", "{feature_extraction_conf: {feature_type: mfcc}}", "{spec_aug: true}"]
)
def test_todays_wenet_reads_dataset_conf_alone(imported, old):
    found = imported(f"collate_conf: {old}\n{DATASET}")
    assert found.policy.transforms == frameworks.wenet_policy(num_t_mask=3, max_t=20).transforms
    assert found.frontend.n_mels == 40
    assert noted(found, "collate_conf: left alone, as today's WeNet reads dataset_conf alone")


def test_wenet_1s_features_that_were_made_elsewhere_are_not_put_in_place(imported):
    found = imported("collate_conf: {spec_aug: true}\nraw_wav: false")
    assert len(found.policy.transforms) == 2
    assert "raw_wav is false: the features were made elsewhere" in found.why_irreplaceable


# -- NeMo ----------------------------------------------------------------------------------------------

MEL = f"{{_target_: {NAME}.AudioToMelSpectrogramPreprocessor, features: 64, window_size: 0.025}}"
MASKS = f"{{_target_: {NAME}.SpectrogramAugmentation, time_masks: 3, time_width: 7}}"
EXPECTED = frameworks.nemo_policy(time_masks=3, time_width=7)


def test_nemos_masks_may_stand_within_the_preprocessor(imported):
    found = imported(
        f"model: {{preprocessor: {{_target_: x.LayersPreprocessor, preprocessor: {MEL}, encoder: {{a: 1}}, "
        f"spec_augment: {MASKS}}}}}"
    )
    assert found.policy.transforms == EXPECTED.transforms
    assert found.frontend.n_mels == 64
    assert noted(found, "model.preprocessor._target_: LayersPreprocessor: the mel within it is what is masked")
    assert [each.path for each in found.unread] == ["model.preprocessor.encoder"]


def test_nemos_masks_around_a_network_are_refused(imported):
    with pytest.raises(
        PolicyError, match=r"model\.spec_augment: with model\.preprocessor of its kind, these masks fall"
    ):
        imported(f"model: {{preprocessor: {{_target_: x.Y, preprocessor: {MEL}}}, spec_augment: {MASKS}}}")


@pytest.mark.parametrize("where", ["preprocessor_config", "preprocessor"])
def test_nemos_speech_encoders_call_them_configs(imported, where):
    found = imported(f"model: {{speech_encoder: {{spec_augment_config: {MASKS}, {where}: {MEL}}}, llm: {{a: 1}}}}")
    assert (found.policy.transforms, found.frontend.n_mels) == (EXPECTED.transforms, 64)


@pytest.mark.parametrize(
    "start", ["pretrained_model: x/y", "pretrained_model: null", "nemo_model: null", "init_from_nemo_model: a.nemo"]
)
def test_the_front_end_of_a_model_that_is_started_from_is_not_in_the_file(imported, start):
    found = imported(f"model: {{spec_augment: {MASKS}, {start}}}")
    assert found.policy.transforms == EXPECTED.transforms
    assert "the front-end is that of" in found.why_irreplaceable
    found = imported(f"{start}\nmodel: {{spec_augment: {MASKS}, preprocessor: {MEL}}}")
    assert (found.frontend.n_mels, found.why_irreplaceable) == (64, "")


def test_nemos_masks_in_two_places_are_not_chosen_among(imported):
    with pytest.raises(PolicyError, match=r"masks stand in model\.a and model\.b, and nothing says which are drawn"):
        imported(f"model: {{a: {{spec_augment: {MASKS}}}, b: {{spec_augment: {MASKS}}}}}", "nemo")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("preprocessor: {_target_: x.ConvFeatureEncoder}", r"'ConvFeatureEncoder': what a network makes of the wave"),
        (
            f"preprocessor: {MEL}, masking: {{_target_: x.RandomBlockMasking}}",
            r"masking\._target_='RandomBlockMasking'",
        ),
    ],
)
def test_nemos_masks_on_what_is_no_mel_are_refused(imported, text, said):
    with pytest.raises(PolicyError, match=said):
        imported(f"model: {{spec_augment: {MASKS}, {text}}}")


def test_nemos_speech_synthesis_may_write_false_for_nothing(imported):
    mel = (
        "features: 80, window_size: false, n_window_size: 1024, window_stride: false, n_window_stride: 256, n_fft: 1024"
    )
    found = imported(f"model: {{preprocessor: {{sample_rate: 22050, {mel}}}, spec_augment: null}}")
    assert (found.frontend.win_length, found.frontend.hop_length) == (1024, 256)


# -- SpeechBrain ---------------------------------------------------------------------------------------

FBANK = "f: !new:speechbrain.lobes.features.Fbank {n_mels: 80}\n"
DROPS = (
    "a: !new:speechbrain.augment.freq_domain.SpectrogramDrop {drop_length_high: 20}\n"
    "b: !new:speechbrain.augment.freq_domain.SpectrogramDrop {dim: 2}\n"
)
AUGMENTER = "aug: !new:speechbrain.augment.augmenter.Augmenter\n    augmentations: %s\n"


def test_what_no_augmenter_lists_masks_nothing(imported):
    found = imported(FBANK + DROPS)
    assert found.policy.transforms == ()
    assert noted(found, "a, b: masks nothing, as no Augmenter lists it")
    found = imported(FBANK + DROPS + AUGMENTER % "[!ref <b>]")
    assert [mask.axis for mask in found.policy.transforms] == ["frequency"]
    assert noted(found, "a: masks nothing, as no Augmenter lists it")
    found = imported(FBANK + DROPS + AUGMENTER % "[!ref <a>, !ref <b>]")
    assert not noted(found, "masks nothing")


def test_an_augmenters_list_may_stand_elsewhere(imported):
    found = imported(FBANK + DROPS + "all: [!ref <b>, !ref <a>]\n" + AUGMENTER % "!ref <all>")
    assert [mask.axis for mask in found.policy.transforms] == ["frequency", "time"]


def test_references_within_lists_are_followed(imported):
    text = "on: true\noff: false\n" + FBANK + DROPS + AUGMENTER % "[!ref <a>, !ref <b>]"
    found = imported(text + "    enable_augmentations: [!ref <off>, !ref <on>]\n")
    assert [mask.axis for mask in found.policy.transforms] == ["frequency"]
    old = (
        "low: 3\nx: !new:speechbrain.lobes.augment.SpecAugment\n    freq_mask_width: [!ref <low>, !ref <low> * 4 + 1]\n"
    )
    assert imported(old).policy.transforms[1].max_width == 13
    assert imported(old).policy.transforms[1].min_width == 3


def test_lists_of_references_to_lists_do_not_blow_up(imported):
    levels = "".join(f"l{i}: [{', '.join([f'!ref <l{i + 1}>'] * 9)}]\n" for i in range(12)) + "l12: [1]\n"
    with pytest.raises(PolicyError, match=r"lists of references to lists, more than 1000 values"):
        imported(levels + "x: !new:speechbrain.lobes.augment.SpecAugment\n    freq_mask_width: !ref <l0>\n")


def test_two_augmenters_with_masks_are_not_chosen_between(imported):
    text = FBANK + DROPS + AUGMENTER % "[!ref <a>]" + AUGMENTER.replace("aug:", "other:") % "[!ref <b>]"
    with pytest.raises(PolicyError, match=r"aug, other: each lists masks .* keep that one"):
        imported(text)


def test_speechbrains_masks_on_what_a_network_made_are_refused(imported):
    text = "w: !new:speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2 {source: x}\n"
    with pytest.raises(PolicyError, match=r"w=!new:.*Wav2Vec2: the file makes no Fbank, and what a network makes"):
        imported(text + DROPS + AUGMENTER % "[!ref <a>]")
    assert imported(text + FBANK + DROPS + AUGMENTER % "[!ref <a>]").policy.transforms


# -- ESPnet --------------------------------------------------------------------------------------------


def test_espnets_words_for_null_are_null(subtests, imported):
    for null in ("none", "None", "nil", "NIL", "'null'", "' None '", "null", "~", ""):
        with subtests.test(null=null):
            found = imported(
                f"specaug: {null}\nfrontend_conf: {{hop_length: 160}}\nnormalize: {null}\ninput_size: {null}"
            )
            assert found.policy.transforms == ()
            assert (found.frontend.hop_length, found.why_irreplaceable) == (160, "")
            assert not noted(found, "comes after the masks")


@pytest.mark.parametrize("name", ["SPECAUG", "SpecAug", "specaug"])
def test_espnet_reads_names_in_lower_case(imported, name):
    found = imported(f"{SPECAUG.replace('specaug: s', 'specaug: ' + name + ' #s', 1)}frontend: DEFAULT", "espnet")
    assert len(found.policy.transforms) == 3
    assert found.frontend == PRESETS["espnet"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("frontend: null\ninput_size: 83", "frontend: null: 83 features were made elsewhere"),
        ("frontend: Nil", "frontend: null: the features were made elsewhere"),
        ("input_size: 80", "input_size: ESPnet makes no features then"),
        ("frontend: melspec_torch", "frontend: melspec_torch: not known here"),
    ],
)
def test_features_that_were_made_elsewhere_are_not_heard_without_a_front_end(imported, tmp_path, more, why):
    found = imported(SPECAUG + more)
    assert (found.frontend, len(found.policy.transforms)) == (None, 3)
    assert why in found.why_irreplaceable
    with pytest.raises(PolicyError, match=r"nothing is put in its place: name the front-end that made the features"):
        choose_frontend(None, found.policy)
    path = tmp_path / "train.yaml"
    assert show_policy(path, n_draws=2).frontend is None
    assert "front-end: none named" in run("policy", "show", path).out


def test_audition_refuses_such_features_until_a_front_end_is_given(tmp_path, imported):
    import soundfile

    imported(SPECAUG + "frontend: null")
    soundfile.write(tmp_path / "x.wav", 0.1 * np.sin(np.arange(8000) / 5), 16000)
    options = ("audition", tmp_path / "x.wav", "-o", tmp_path / "out", "--policy", tmp_path / "train.yaml")
    refused = run(*options)
    assert refused.code == 2
    assert "frontend: null: the features were made elsewhere; nothing is put in its place" in refused.err
    assert not (tmp_path / "out").exists()
    assert run(*options, "--frontend", "espnet", "--draws", "1").code == 0


def test_espnets_masks_on_what_is_no_mel_are_refused(subtests, imported):
    for more in [
        *(
            f"frontend: {name}"
            for name in ("embed", "patch", "s3prl", "fused", "wav2vec_cnn", "whisper", "Sliding_Window")
        ),
        *(
            f"frontend: {name}"
            for name in ("hubert_large", "codec", "discrete_token", "mert_encoder", "asteroid_frontend")
        ),
        "encoder_conf: {input_layer: embed}",
        *(f"encoder: {name}\ninput_size: 1" for name in ("torchaudiohubert", "wav2vec2", "avhubert", "wavlm")),
    ]:
        with (
            subtests.test(more=more),
            pytest.raises(PolicyError, match=r"no mel spectrogram, so the masks cannot be heard"),
        ):
            imported(SPECAUG + more)


def test_espnets_training_without_specaug_masks_nothing(imported):
    found = imported("encoder: rnn\nencoder_conf: {num_layers: 2}\nbatch_bins: 4\nkeep_nbest_models: 3")
    assert (found.framework, found.policy.transforms) == ("espnet", ())
    assert noted(found, "specaug is not named: nothing is masked")
    assert [each.path for each in found.unread] == ["encoder", "encoder_conf", "batch_bins", "keep_nbest_models"]


# -- lhotse --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", ["-1", "0", "null", "-80"])
def test_lhotses_warp_is_off_below_1(imported, factor):
    found = imported(f"time_warp_factor: {factor}\nnum_feature_masks: 2\nfeatures_mask_size: 27")
    assert found.policy.transforms == frameworks.lhotse_policy(time_warp_factor=None, supervisions=True).transforms
    assert found.policy.transforms[0].max_frames == 0
    assert noted(found, f"time_warp_factor: {factor}: no warp")


def test_lhotses_sizes_that_look_exchanged_are_noted_and_drawn_as_they_stand(subtests, imported):
    for wide, long, is_noted in [(100, 27, True), (70, 27, True), (27, 100, False), (5, 5, False), (30, 27, False)]:
        with subtests.test(wide=wide, long=long, is_noted=is_noted):
            found = imported(f"features_mask_size: {wide}\nframes_mask_size: {long}")
            expected = frameworks.lhotse_policy(features_mask_size=wide, frames_mask_size=long, supervisions=True)
            assert found.policy.transforms == expected.transforms
            notes = noted(found, "these look exchanged")
            assert bool(notes) == is_noted
            # What is advised is lhotse's own.
            if is_noted:
                assert f"write features_mask_size: {long} and frames_mask_size: {wide}" in notes[0]


def test_a_policy_that_was_read_is_heard_with_its_own_front_end(imported):
    found = imported(SPECAUG + "frontend_conf: {hop_length: 160}")
    expected = replace(PRESETS["espnet"], hop_length=160, name=found.frontend.name)
    assert choose_frontend(None, found.policy).frontend == expected


@pytest.mark.parametrize(
    ("start", "width", "expected"),
    [(-0.2, 90, (0, 80)), (-3.7, 90, (77, 3)), (-1.0, 81, (79, 1)), (5.9, 9, (5, 9)), (0.0, 0, (0, 0))],
)
def test_lhotses_masks_that_are_wider_than_the_mel_fall_as_its_slice_does(start, width, expected):
    """lhotse: start = int(uniform * (bins - width)); mel[:, start : start + width] = mean."""

    class Given:
        def integers(self, low, high, shape):
            return np.full(shape, width)

        def uniform(self, shape):
            return np.full(shape, start / (80 - width), np.float32)

    spans = Spans(n=1, narrowest=0, widest=100, limit=100, clamp=None, size=80, n_rows=1)
    (found,) = draw_spans("exclusive", "last_left_out_sliced", "widths_first", spans, Given())
    assert tuple(found) == expected
    mel = np.zeros(80)
    mel[int(start) : int(start) + width] = 1
    assert np.flatnonzero(mel).tolist() == list(range(expected[0], sum(expected)))
