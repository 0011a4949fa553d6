"""What libsndfile reads is what was written, of any number of channels."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import load


@pytest.mark.parametrize("n_channels", range(1, 9))
def test_samples_of_24_bits_in_a_paf_are_in_their_order(tmp_path, n_channels):
    """Libsndfile loses its place where the numbers that it converts at once are no whole samples of all channels."""
    samples = 0.6 * np.sin(np.arange(6000)[:, None] * (0.02 + 0.01 * np.arange(n_channels)))
    numbers = np.rint(samples * (1 << 23)).astype("<i4")
    blocks = numbers.view(np.uint8).reshape(-1, 10, n_channels, 4)[..., :3].transpose(0, 2, 1, 3).reshape(-1, 30)
    words = np.pad(blocks, ((0, 0), (0, 2))).reshape(-1, 4)[:, ::-1]
    path = tmp_path / "clip.paf"
    header = b" paf" + struct.pack(">6I", 0, 0, 16000, 1, n_channels, 0)
    path.write_bytes(header.ljust(2048, b"\0") + words.tobytes())
    np.testing.assert_allclose(load(path).samples.T, samples, atol=1e-6)
    np.testing.assert_allclose(load(path, start_s=0.1).samples.T, samples[1600:], atol=1e-6)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 5, 8])
def test_samples_of_every_format_and_coding_are_those_that_were_written(subtests, tmp_path, n_channels):
    samples = 0.6 * np.sin(np.arange(6000)[:, None] * (0.02 + 0.01 * np.arange(n_channels)))
    n_bits = {"PCM_S8": 7, "PCM_U8": 7, "DWVW_12": 11}
    path = tmp_path / "clip.bin"
    for form in sorted(set(sf.available_formats()) - {"RAW", "SD2"}):
        for coding in sf.available_subtypes(form):
            is_exact = coding.startswith(("PCM_", "ALAC_", "DWVW_")) or coding in ("FLOAT", "DOUBLE")
            if not is_exact or not sf.check_format(form, coding) or (form, coding) == ("PAF", "PCM_24"):
                continue  # of which libsndfile writes other samples than it was given
            try:
                sf.write(path, samples, 16000, format=form, subtype=coding)
            except sf.LibsndfileError:
                continue  # of fewer channels only
            with subtests.test(form=form, coding=coding):
                heard = load(path).samples.T
                np.testing.assert_allclose(heard, samples, atol=1.1 * 2.0 ** -n_bits.get(coding, 15))
