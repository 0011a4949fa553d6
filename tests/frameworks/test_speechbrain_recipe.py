"""x"""

from __future__ import annotations

import configs
import pytest
from configs import noted

from specaug_listen.errors import PolicyError

FBANK = "f: !new:speechbrain.lobes.features.Fbank {n_mels: 80}\n"


DROPS = (
    "a: !new:speechbrain.augment.freq_domain.SpectrogramDrop {drop_length_high: 20}\n"
    "b: !new:speechbrain.augment.freq_domain.SpectrogramDrop {dim: 2}\n"
)


AUGMENTER = "aug: !new:speechbrain.augment.augmenter.Augmenter\n    augmentations: %s\n"


def test_what_no_augmenter_lists_masks_nothing(imported):
    found = imported(FBANK + DROPS)
    assert found.policy.transforms == ()
    assert noted(found, "a, b: masks nothing, because SpeechBrain applies only")
    found = imported(FBANK + DROPS + AUGMENTER % "[!ref <b>]")
    assert [mask.axis for mask in found.policy.transforms] == ["frequency"]
    assert noted(found, "a: masks nothing, because SpeechBrain applies only")
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
    with pytest.raises(PolicyError, match=r"nested references to lists with more than 1000 values"):
        imported(levels + "x: !new:speechbrain.lobes.augment.SpecAugment\n    freq_mask_width: !ref <l0>\n")


def test_two_augmenters_with_masks_are_not_chosen_between(imported):
    text = FBANK + DROPS + AUGMENTER % "[!ref <a>]" + AUGMENTER.replace("aug:", "other:") % "[!ref <b>]"
    with pytest.raises(PolicyError, match=r"aug, other: each lists masks .* keep only that one"):
        imported(text)


def test_speechbrains_masks_on_what_a_network_made_are_refused(imported):
    text = "w: !new:speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2 {source: x}\n"
    with pytest.raises(PolicyError, match=r"w=!new:.*Wav2Vec2: the file has no Fbank, and the output of a network"):
        imported(text + DROPS + AUGMENTER % "[!ref <a>]")
    assert imported(text + FBANK + DROPS + AUGMENTER % "[!ref <a>]").policy.transforms


def test_augmentations_beyond_the_most_never_run(imported):
    text = configs.SPEECHBRAIN.replace("min_augmentations: 3", "min_augmentations: 1").replace(
        "max_augmentations: 3", "max_augmentations: 2"
    )
    found = imported(text)
    assert found.policy.n_applied == (1, 2)
    assert any("only the first 2 ever run" in note for note in found.notes)


def test_an_augmentation_of_sound_keeps_its_place_where_it_matters(imported):
    """Of (shift, drop, warp), one to two are applied: the shift alone, or the shift and the drop."""
    text = configs.SPEECHBRAIN.replace("!ref <time_drop>", "!ref <shift>").replace(
        "max_augmentations: 3", "max_augmentations: 2"
    )
    text = "shift: !new:speechbrain.augment.freq_domain.RandomShift\n    dim: 1\n" + text
    some = imported(text.replace("min_augmentations: 3", "min_augmentations: 1")).policy
    assert [getattr(t, "count", None) for t in some.transforms] == [0, 4, None]
    assert some.n_applied == (1, 2)
    all_of_them = imported(text.replace("augmentations: 2", "augmentations: 3")).policy
    assert [type(t).__name__ for t in all_of_them.transforms] == ["Mask", "Warp"]
    assert all_of_them.n_applied == (2, 2)


def test_augmentations_that_are_switched_off_still_count(imported):
    text = configs.SPEECHBRAIN.replace("min_augmentations: 3", "min_augmentations: 1")
    silent = text.replace("    max_augmentations: 3\n", "")
    assert imported(silent + "    enable_augmentations: [true, false, true]\n").policy.n_applied == (1, 3)
    found = imported(text + "    enable_augmentations: [true, false, true]\n")
    assert found.policy.n_applied == (1, 3)
    assert any(
        "max_augmentations: 3, including those that are switched off; 2 to 3 all apply 2" in n for n in found.notes
    )


def test_augmentations_that_are_switched_off_are_left_out(imported):
    found = imported(configs.SPEECHBRAIN + "    enable_augmentations: [true, false, true]\n")
    assert [t.kind for t in found.policy.transforms] == ["mask", "warp"]
    assert "fea_augment.enable_augmentations: freq_drop is switched off" in found.notes


def test_a_most_below_the_least_is_raised_as_speechbrain_does(imported):
    found = imported(configs.SPEECHBRAIN.replace("max_augmentations: 3", "max_augmentations: 2"))
    assert found.policy.n_applied == (3, 3)
    assert any("SpeechBrain raises it to 3" in note for note in found.notes)
