"""The command line and Python agree: the same front-end, draws, bytes and defaults."""

from __future__ import annotations

import dataclasses
import json

import configs
import pytest
from commandline import run

import specaug_listen as sl
from specaug_listen.auditions.records import read_record
from specaug_listen.errors import PolicyError
from specaug_listen.frameworks import ALL_POLICIES
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frontends import PRESETS


def both(tmp_path, clip, policy, vocoder):
    """What the command and the call write for one clip."""
    out = tmp_path / "command"
    ran = run("audition", clip, "-o", out, "--policy", policy, "--vocoder", vocoder, "--no-report")
    assert ran.code == 0, ran.err
    heard = sl.audition(clip, policy=policy, vocoder=vocoder)
    heard.save(tmp_path / "call")
    return heard, out / "clip", tmp_path / "call" / "clip"


@pytest.mark.parametrize("policy", sorted(ALL_POLICIES))
def test_every_recipe_is_the_same_by_command_and_by_call(tmp_path, clip, policy):
    heard, command, call = both(tmp_path, clip, policy, "original-phase")
    for name in ("draw-1.json", "draw-1.wav", "original.wav", "copy-synthesis.wav"):
        assert (command / name).read_bytes() == (call / name).read_bytes(), name
    record = read_record(command / "draw-1.json")
    chosen = choose_frontend(None, get_policy(policy))
    assert (heard.frontend, heard.frontend_reason) == chosen == (record.frontend, record.frontend_reason)


@pytest.mark.parametrize("framework", sorted(configs.ALL))
def test_every_configuration_is_the_same_by_command_and_by_call(tmp_path, clip, written, framework):
    heard, command, call = both(tmp_path, clip, written(framework), "original-phase")
    assert (command / "draw-1.json").read_bytes() == (call / "draw-1.json").read_bytes()
    assert (command / "draw-1.wav").read_bytes() == (call / "draw-1.wav").read_bytes()
    assert heard.frontend == choose_frontend(None, import_policy(written(framework)).policy).frontend


def test_the_default_vocoder_gives_the_same_bytes(tmp_path, clip):
    _, command, call = both(tmp_path, clip, "espnet-conformer10", "joint")
    assert (command / "draw-1.wav").read_bytes() == (call / "draw-1.wav").read_bytes()


def test_objects_know_their_front_end_as_names_and_files_do(clip, written):
    path = written("nemo")
    named = sl.audition(clip, policy=str(path), vocoder="original-phase")
    for policy in (sl.read_policy(path), import_policy(path), path):
        heard = sl.audition(clip, policy=policy, vocoder="original-phase")
        assert (heard.frontend, heard.draws[0].draw) == (named.frontend, named.draws[0].draw)
    recipe = sl.audition(clip, policy=ALL_POLICIES["espnet-conformer10"], vocoder="original-phase")
    assert (recipe.frontend.hop_length, recipe.frontend_reason) == (160, "recipe")


def test_a_front_end_survives_json_and_changes_no_draw(clip):
    policy = get_policy("espnet-conformer10")
    plain = json.loads(sl.audition(clip, policy=policy, vocoder="original-phase").draws[0].draw.to_json())
    bare = dataclasses.replace(policy, frontend=None)
    assert bare == policy
    mel = policy.frontend(sl.load(clip))
    assert bare.draw(mel, rng=3) == policy.draw(mel, rng=3)
    assert plain["policy"] == "espnet-conformer10"


BROKEN = "specaug: specaug\nspecaug_conf: {time_mask_width_range: 4}\nfrontend_conf: {n_fft: 512, win_length: 600}\n"


def test_a_front_end_that_cannot_be_is_refused_in_the_same_line(tmp_path, clip):
    path = tmp_path / "train.yaml"
    path.write_text(BROKEN)
    ran = run("audition", clip, "-o", tmp_path / "out", "--policy", path)
    for policy in (path, sl.read_policy(path), import_policy(path)):
        with pytest.raises(PolicyError) as refused:
            sl.audition(clip, policy=policy)
        assert ran.err.splitlines()[-1] == f"error: {refused.value}"
        with pytest.raises(PolicyError):
            sl.sweep(clip, vary={"fill": ["mean"]}, policy=policy)
    assert sl.audition(clip, policy=path, frontend="espnet", vocoder="original-phase").frontend_reason == "named"


@pytest.mark.parametrize("vary", [{"policy": ["LD", "nemo-conformer"]}, {"framework": ["nemo", "lhotse"]}])
def test_a_front_end_that_is_named_holds_for_all_cells(clip, vary):
    swept = sl.sweep(clip, vary=vary, frontend="kaldi", vocoder="original-phase")
    assert {cell.audition.frontend for cell in swept.cells} == {PRESETS["kaldi"]}
    assert swept.frontends == ()


def test_a_sweep_over_frameworks_gives_each_its_own_front_end(clip):
    swept = sl.sweep(clip, vary={"framework": ["paper", "nemo", "lhotse"]}, vocoder="original-phase")
    assert [cell.audition.frontend.name for cell in swept.cells] == ["whisper", "nemo", "lhotse"]


def test_check_and_show_take_the_same_front_end(clip):
    assert sl.check("nemo-conformer", clips=clip, draws=100).report.frontend == "nemo"
    page = sl.show_policy("nemo-conformer", n_draws=2)
    assert (page.frontend, page.frontend_reason) == (PRESETS["nemo"], "framework")
    assert "nemo is used with it" in page.text
    assert "it is the default" in sl.show_policy("LD", n_draws=2).text
