"""NeMo's channel_selector counts from 0; here channels count from 1, and what is honoured is said."""

from __future__ import annotations

import pytest

from specaug_listen.frameworks.frontend_choice import choose_channel
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.summary import show_policy

MASKS = "spec_augment: {_target_: x.SpectrogramAugmentation, time_masks: 2}, preprocessor: {features: 80}"


@pytest.fixture
def nemo(tmp_path):
    def write(text):
        (tmp_path / "train.yaml").write_text(text)
        return tmp_path / "train.yaml"

    return write


def test_the_channel_of_a_configuration_is_read_and_counted_from_one(subtests, nemo):
    for text, channel, key in [
        ("train_ds: {channel_selector: 0}", 1, "model.train_ds.channel_selector: 0"),
        ("train_ds: {channel_selector: 1}", 2, "model.train_ds.channel_selector: 1"),
        ("train_ds: {channel_selector: [2]}", 3, "model.train_ds.channel_selector: [2]"),
        ("train_ds: {channel_selector: average}", "mean", "model.train_ds.channel_selector: average"),
        ("validation_ds: {channel_selector: 1}", 2, "model.validation_ds.channel_selector: 1"),
        ("channel_selector: 1", 2, "model.channel_selector: 1"),
        ("n: 1, train_ds: {channel_selector: '${model.n}'}", 2, "model.train_ds.channel_selector: 1"),
    ]:
        with subtests.test(text=text, channel=channel, key=key):
            imported = import_policy(nemo(f"model: {{{MASKS}, {text}}}"))
            assert (imported.policy.channel, imported.policy.channel_key) == (channel, key)
            assert choose_channel(imported.policy)[0] == channel


@pytest.mark.parametrize("text", ["", ", train_ds: {channel_selector: null}", ", train_ds: null", ", train_ds: [1]"])
def test_a_configuration_that_names_no_channel_leaves_the_mean_without_a_word(nemo, text):
    imported = import_policy(nemo(f"model: {{{MASKS}{text}}}"))
    assert (imported.policy.channel, choose_channel(imported.policy)) == (None, ("mean", ""))
    assert not any("channel_selector" in note for note in imported.policy.notes)


def test_training_comes_first_and_a_difference_is_noted(nemo):
    text = f"model: {{{MASKS}, validation_ds: {{channel_selector: average}}, train_ds: {{channel_selector: 0}}}}"
    imported = import_policy(nemo(text))
    assert imported.policy.channel == 1
    assert (
        "model.validation_ds.channel_selector: average differs from model.train_ds.channel_selector: 0, which is used"
        in imported.notes
    )


def test_what_is_not_one_channel_is_said_and_the_mean_is_heard(subtests, nemo):
    for written in ("[0, 1]", "-1", "both", "1.5", "true"):
        with subtests.test(written=written):
            imported = import_policy(nemo(f"model: {{{MASKS}, train_ds: {{channel_selector: {written}}}}}"))
            assert imported.policy.channel is None
            (note,) = [note for note in imported.notes if "channel_selector" in note]
            assert "does not select one channel" in note
            assert "choose another with --channel" in note


def test_policy_show_names_the_channel(nemo):
    page = show_policy(nemo(f"model: {{{MASKS}, train_ds: {{channel_selector: 1}}}}"), n_draws=10)
    line = "channel: 2 of each recording, as model.train_ds.channel_selector: 1 (NeMo counts from 0) says"
    assert line in page.text.splitlines()
