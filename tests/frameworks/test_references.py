"""References between the values of a configuration."""

from __future__ import annotations

import configs


def test_references_of_omegaconf_are_followed(subtests, imported):
    for reference in ("${model.mels}", "${..mels}", "${.bands}", "${model.twice}", "${lists.0}"):
        with subtests.test(reference=reference):
            inside = f"mels: 40, twice: '${{.mels}}', preprocessor: {{bands: 40, features: '{reference}'}}"
            assert imported(f"lists: [40]\nmodel: {{{inside}}}").frontend.n_mels == 40


def test_what_is_not_needed_need_not_be_resolved(imported):
    assert "${oc.env:HOME}" in configs.NEMO
    assert "???" in configs.NEMO
    assert imported(configs.NEMO).policy.transforms
