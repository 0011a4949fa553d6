"""What is shown of a policy, and auditions with a framework's configuration."""

from __future__ import annotations

import html
import json
import re

import configs
import pytest
from commandline import run

from specaug_listen import Audio, save
from specaug_listen.auditions.records import read_index, read_record
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frameworks import ALL_POLICIES, hf_policy
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.policies import get_policy, resolve_policy
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frameworks.summary import show_policy
from specaug_listen.frontends import PRESETS


@pytest.fixture
def written(tmp_path):
    """The path of an example configuration."""

    def write(framework):
        name, text = configs.ALL[framework]
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_every_step_is_said_in_words_and_numbers(written):
    assert show_policy(written("nemo"), n_draws=5).steps == (
        "time masks: 10; less than 0.05 of the clip; start anywhere but the last position; "
        "filled with 0 in the scale of the features",
        "frequency masks: 2; 0 to 26 bins (27 is never drawn); start anywhere but the last position; "
        "filled with 0 in the scale of the features",
    )


def test_every_policy_has_words(subtests):
    for name in sorted(ALL_POLICIES):
        with subtests.test(name=name):
            page = show_policy(name, n_draws=2)
            assert len(page.steps) == len(ALL_POLICIES[name].transforms)
            assert not re.search(r"None|Mask\(|kind=|\(\)", page.text)


def test_shares_are_counted_at_the_front_ends_frame_rate(written, tmp_path):
    halved = configs.NEMO.replace("window_stride: 0.01", "window_stride: 0.02")
    (tmp_path / "halved.yaml").write_text(halved)
    assert [s.n_frames for s in show_policy(written("nemo"), n_draws=2).shares] == [200, 500, 1000, 1500]
    assert [s.n_frames for s in show_policy(tmp_path / "halved.yaml", n_draws=2).shares] == [100, 250, 500, 750]


def test_shares_of_whisper_without_an_attention_mask_are_those_of_a_padded_batch(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "whisper", "apply_spec_augment": true}')
    (tmp_path / "preprocessor_config.json").write_text('{"return_attention_mask": false}')
    page = show_policy(tmp_path, n_draws=200)
    assert "in a batch of 3000 frames" in page.text
    assert page.shares[0].time == pytest.approx(0.05, abs=0.02)


def test_a_named_policy_goes_with_its_frameworks_front_end():
    assert choose_frontend(None, get_policy("nemo-conformer")) == (PRESETS["nemo"], "framework")
    assert choose_frontend(None, get_policy("LD")) == (PRESETS["whisper"], "default")


def test_a_recipe_goes_with_the_front_end_that_it_is_trained_with(subtests):
    for name, field, value in [
        ("espnet-conformer10", "hop_length", 160),
        ("espnet-conformer", "hop_length", 128),
        ("speechbrain-conformer", "n_mels", 80),
        ("nemo-quartznet", "n_mels", 64),
        ("wenet-whisper", "name", "whisper-128"),
        ("wenet", "name", "wenet"),
    ]:
        with subtests.test(name=name, field=field, value=value):
            assert getattr(choose_frontend(None, get_policy(name)).frontend, field) == value


def test_a_framework_is_for_files():
    with pytest.raises(ParameterError, match="framework='nemo' is for files, and the policy is LD; leave it out"):
        resolve_policy("LD", "nemo")


# -- audition ------------------------------------------------------------------------------------------


@pytest.fixture
def clip(tmp_path, speechlike):
    path = tmp_path / "in" / "clip.wav"
    path.parent.mkdir()
    save(path, Audio(speechlike.samples[:, :9600], 16000))
    return path


def audition(tmp_path, clip, *options):
    ran = run("audition", clip, "-o", tmp_path / "out", "--vocoder", "original-phase", "--no-report", *options)
    assert ran.code == 0, ran.err
    return ran, json.loads((tmp_path / "out" / "audition.json").read_text())["configuration"]


def test_audition_takes_a_configuration_with_its_front_end_and_says_so(tmp_path, clip, written):
    ran, configuration = audition(tmp_path, clip, "--policy", written("nemo"))
    *notes, last = ran.err.splitlines(keepends=True)
    assert all(note.startswith("note: ") for note in notes)
    assert last == (
        "note: front-end nemo, as the policy's file names it, or its framework's own; choose another with --frontend\n"
    )
    assert configuration["frontend"]["name"] == "nemo"
    assert configuration["policy"]["dialect"] == "nemo"


CONTRADICTORY = (
    "specaug: specaug\nspecaug_conf: {time_mask_width_range: 4}\nfrontend_conf: {n_fft: 512, win_length: 600}\n"
)


@pytest.mark.parametrize("command", [("audition", "--vocoder", "original-phase"), ("check", "--draws", "100")])
def test_a_front_end_that_cannot_be_is_refused_until_another_is_named(tmp_path, clip, command):
    path = tmp_path / "train.yaml"
    path.write_text(CONTRADICTORY)
    name, *options = command
    given = (name, clip, "-o", tmp_path / "out", "--policy", path, *options)
    refused = run(*given)
    assert (refused.code, refused.err.splitlines()[-1]) == (
        2 if name == "check" else 1,
        f"error: {path}: frontend_conf.win_length=600: allowed is at most n_fft=512; change the numbers, or give "
        "--frontend",
    )
    assert not (tmp_path / "out").exists()
    assert "error: " not in run(*given, "--frontend", "espnet").err.replace("note: error: ", "")
    assert (tmp_path / "out").exists()


def test_audition_takes_the_front_end_that_is_asked_for(tmp_path, clip, written):
    ran, configuration = audition(tmp_path, clip, "--policy", written("nemo"), "--frontend", "whisper")
    assert "front-end" not in ran.err
    assert configuration["frontend"]["name"] == "whisper"


def test_audition_prints_what_a_configuration_leaves_open_and_keeps_it(tmp_path, clip, written):
    path = written("nemo")
    out = tmp_path / "out"
    ran = run("audition", clip, "-o", out, "--vocoder", "original-phase", "--policy", path)
    notes = import_policy(path).policy.notes
    assert notes[0].startswith("defaults, not in the file: model.spec_augment.rect_masks: 0, ")
    assert notes[1] == "model.preprocessor.dither: noise in training, left out"
    assert notes[2] == "not read, but may affect the sound: model.train_ds.sample_rate"
    assert notes[3].startswith("not read: ")
    assert ran.err.splitlines()[:4] == [f"note: {line}" for line in notes]
    assert read_index(out).configuration.policy.notes == notes
    assert read_record(next(out.glob("*/draw-1.json"))).policy.notes == notes
    page = (out / "report.html").read_text()
    assert all(html.escape(line) in page for line in notes)


def test_audition_has_nothing_to_say_of_a_policy_of_our_own(tmp_path, clip):
    assert audition(tmp_path, clip, "--policy", "LD")[0].err == ""


def test_audition_takes_a_frameworks_policy_by_name_with_its_front_end(tmp_path, clip):
    ran, configuration = audition(tmp_path, clip, "--policy", "icefall")
    assert "note: front-end lhotse, as lhotse is used with it" in ran.err
    assert configuration["frontend"]["name"] == "lhotse"


def test_audition_refuses_a_file_of_another_framework(tmp_path, clip, written):
    ran = run("audition", clip, "-o", tmp_path / "out", "--policy", written("nemo"), "--framework", "espnet")
    assert ran.code == 1
    assert re.fullmatch(r"error: [^\n]*looks like NeMo's configuration, not ESPnet's[^\n]*\n", ran.err)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "batch"),
    [
        ("8", (8, None, 0.0)),
        ("32x1500", (32, 1500, 0.0)),
        (" 32x1500@-23.03 ", (32, 1500, -23.03)),
        ("2x9@4", (2, 9, 4.0)),
    ],
)
def test_a_batch_is_read_from_its_text(text, batch):
    made = get_policy("lhotse", batch=text).batch
    assert (made.size, made.n_frames, made.pad_value) == batch


def test_another_text_is_no_batch(subtests):
    for text in ("", "x", "8x", "8@3", "8x100@", "-1", "8x100@nan", "1e3", "8x100@1e9"):
        with (
            subtests.test(text=text),
            pytest.raises(
                ParameterError, match=r"--batch .*: allowed is N, NxFRAMES or NxFRAMES@PAD, e\.g\. 32x1500@-15\.9"
            ),
        ):
            get_policy("lhotse", batch=text)


@pytest.mark.parametrize(("text", "why"), [("0", "size=0"), ("5000", "size=5000"), ("1x0", "n_frames=0")])
def test_a_batch_out_of_range_is_refused(text, why):
    with pytest.raises(ParameterError, match=f"--batch.*{why}"):
        get_policy("lhotse", batch=text)


@pytest.mark.parametrize("name", ["LD", "lingvo"])
def test_what_cannot_be_replayed_is_said_at_once(name):
    with pytest.raises(ParameterError, match=r"its draws cannot be replayed; allowed are those of .*wenet"):
        get_policy(name, exact_rng=True)


def test_the_frameworks_generator_is_in_the_policy():
    assert get_policy("wenet", exact_rng=True).exact_rng
    assert not get_policy("wenet").exact_rng


def test_a_padded_batch_of_warps_cannot_be_replayed():
    with pytest.raises(ParameterError, match="warps follow from the lengths of all examples"):
        get_policy("espnet-conformer10", batch="8x900", exact_rng=True)
    assert get_policy("wenet", batch="8x900", exact_rng=True).exact_rng


def test_features_masked_after_the_time_of_clips_of_other_lengths_cannot_be_replayed():
    policy = hf_policy(apply_spec_augment=True, mask_feature_prob=0.1)
    with pytest.raises(
        ParameterError, match="the numbers drawn for time masks follow from the lengths of all examples"
    ):
        get_policy(policy, batch="8x3000", exact_rng=True)
    assert get_policy(policy, batch="1x3000", exact_rng=True).exact_rng
    assert get_policy("hf-whisper", batch="8x3000", exact_rng=True).exact_rng


def test_what_is_left_to_chance_is_said(written, tmp_path):
    page = show_policy("icefall", n_draws=10).text
    assert "the warp is applied with probability 0.9, the masks with probability 0.9\n" in page
    path = tmp_path / "shuffled.yaml"
    recipe = configs.SPEECHBRAIN.replace("    augment_prob: 0.75", "    shuffle_augmentations: true")
    path.write_text(recipe)
    assert "the steps are applied in random order" in show_policy(path, n_draws=10).text
    path.write_text(recipe.replace("min_augmentations: 3", "min_augmentations: 1"))
    page = show_policy(path, n_draws=10).text
    assert "1 to 3 of the steps are applied, chosen at random and in random order" in page
    assert "batches, with their padding, from 11 frames on" in page
    path.write_text(recipe.replace("_augmentations: 3", "_augmentations: 2").replace("true", "false"))
    assert "2 of the steps are applied, the first ones" in show_policy(path, n_draws=10).text


def test_a_mask_that_nemo_refuses_is_one_line(tmp_path, capsys):
    path = tmp_path / "nemo.yaml"
    path.write_text(
        "model:\n  spec_augment: {freq_masks: 2, freq_width: 90, use_vectorized_spec_augment: false}\n"
        "  preprocessor: {features: 80}\n"
    )
    with pytest.raises(PolicyError, match=r"nemo\.yaml: model\.spec_augment\.freq_width=90: wider than the 80 bins"):
        show_policy(path, n_draws=10)
    path.write_text("freq_masks: 2\nfreq_width: 90\nuse_vectorized_spec_augment: false\n")
    with pytest.raises(ParameterError, match=r"nemo\.yaml: .*max_width=90: the mel has 80 bins, and NeMo raises here"):
        show_policy(path, n_draws=10)
