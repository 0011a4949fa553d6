"""What decides in torchaudio's configurations, and what only seems to."""

from __future__ import annotations

from specaug_listen import frameworks


def test_torchaudios_specaugment_is_its_own_policy(imported):
    text = "n_time_masks: 2\ntime_mask_param: 40\nn_freq_masks: 2\nfreq_mask_param: 27\nzero_masking: true"
    expected = frameworks.torchaudio_policy(
        n_time_masks=2, time_mask_param=40, n_freq_masks=2, freq_mask_param=27, zero_masking=True
    )
    assert (
        imported(text).policy.transforms
        == imported(f"SpecAugment: {{{text.replace(chr(10), ', ')}}}").policy.transforms
    )
    assert imported(text).policy.transforms == expected.transforms
