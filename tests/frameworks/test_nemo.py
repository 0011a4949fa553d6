"""What decides in NeMo's configurations, and what only seems to."""

from __future__ import annotations

import configs
import pytest
from configs import noted

from specaug_listen import frameworks
from specaug_listen.errors import PolicyError


@pytest.mark.parametrize(
    ("width", "expected", "note"),
    [(1, 1, "1 is a number of frames"), (1.0, 1.0, "1.0 is a share"), (70, 70, ""), (0.05, 0.05, "")],
)
def test_nemos_frames_and_shares_are_kept_apart(imported, width, expected, note):
    found = imported(configs.NEMO.replace("time_width: 0.05", f"time_width: {width}"))
    made = frameworks.nemo_policy(freq_masks=2, time_masks=10, freq_width=27, time_width=expected)
    assert found.policy.transforms == made.transforms
    assert any(f"time_width: {note}" in line for line in found.notes) == bool(note)


def test_nemos_patches_are_another_class(imported):
    text = configs.NEMO.split("  spec_augment:")[0] + (
        "  spec_augment:\n    _target_: nemo.collections.asr.modules.MaskedPatchAugmentation\n"
        "    freq_masks: 3\n    freq_width: 20\n    patch_size: 48\n    mask_patches: 0.5\n"
    )
    assert imported(text).policy.transforms == frameworks.ALL_POLICIES["nemo-ssl"].transforms


@pytest.mark.parametrize("flag", ["use_vectorized_spec_augment: false", "use_numba_spec_augment: true"])
def test_nemos_other_kernels_are_frameworks_of_their_own(imported, flag):
    found = imported(configs.NEMO.replace("    freq_masks: 2", f"    freq_masks: 2\n    {flag}"))
    assert found.framework == {"use_v": "nemo-legacy", "use_n": "nemo-numba"}[flag[:5]]


NAME = "nemo.collections.asr.modules"


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
    assert noted(found, "model.preprocessor._target_: LayersPreprocessor: masks fall on the mel inside it")
    assert [each.path for each in found.unread] == ["model.preprocessor.encoder"]


def test_nemos_masks_around_a_network_are_refused(imported):
    with pytest.raises(
        PolicyError, match=r"model\.spec_augment: model\.preprocessor contains a network, and these masks fall"
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
    with pytest.raises(PolicyError, match=r"masks in model\.a and model\.b: it is not clear which are used"):
        imported(f"model: {{a: {{spec_augment: {MASKS}}}, b: {{spec_augment: {MASKS}}}}}", framework="nemo")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "preprocessor: {_target_: x.ConvFeatureEncoder}",
            r"'ConvFeatureEncoder': the output of a network is not a mel",
        ),
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
