"""The command line and Python agree: the same front-end, draws, bytes and defaults."""

from __future__ import annotations

import dataclasses
import inspect
import json

import configs
import numpy as np
import pytest
from commandline import run

import specaug_listen as sl
from specaug_listen.auditions.batch import audition_many
from specaug_listen.auditions.records import read_record
from specaug_listen.cli.audition import run_audition
from specaug_listen.cli.check import run_check
from specaug_listen.cli.options import DEFAULT_POLICY
from specaug_listen.cli.policy import _policy_show
from specaug_listen.cli.replay import run_replay
from specaug_listen.cli.report import run_report
from specaug_listen.cli.sweep import run_sweep
from specaug_listen.errors import PolicyError
from specaug_listen.frameworks import ALL_POLICIES
from specaug_listen.frameworks.frontend_choice import choose_frontend
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frameworks.read import import_policy
from specaug_listen.frontends import PRESETS


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.wav"
    noise = np.random.default_rng(7).standard_normal(16000) * np.hanning(16000)
    sl.Audio((noise / 8).astype(np.float32), 16000).save(path)
    return path


@pytest.fixture
def written(tmp_path):
    """The path of an example configuration."""

    def write(framework):
        name, text = configs.ALL[framework]
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


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


def test_a_sweep_over_policies_gives_each_its_own_front_end_and_says_so(tmp_path, clip):
    names = ["LD", "nemo-conformer", "wenet-whisper"]
    vary = f"policy={','.join(names)}"
    ran = run("sweep", clip, "--vary", vary, "-o", tmp_path / "out", "--vocoder", "original-phase")
    assert ran.code == 0
    for name, frontend in zip(names, ("whisper", "nemo", "whisper-128"), strict=True):
        assert f"note: policy = {name}: front-end {frontend}\n" in ran.err
    cells = json.loads((tmp_path / "out" / "sweep.json").read_text())["cells"]
    assert [(c["frontend"], c["frontend_reason"]) for c in cells] == [
        ("whisper", "default"), ("nemo", "framework"), ("whisper-128", "recipe"),
    ]  # fmt: skip
    page = (tmp_path / "out" / "sweep.html").read_text()
    assert "each policy&#39;s own" in page or "each policy's own" in page
    assert "policy nemo-conformer on nemo" in page
    swept = sl.sweep(clip, vary={"policy": names}, vocoder="original-phase")
    assert [cell.audition.frontend for cell in swept.cells] == [
        choose_frontend(None, get_policy(n)).frontend for n in names
    ]
    assert [row["frontend"] for row in swept.rows] == ["whisper", "nemo", "whisper-128"]
    assert [own.reason for _, own in swept.frontends] == ["default", "framework", "recipe"]


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


# Option of the command -> parameter of the call, or of the method that writes what it gives.
NAMES = {"seed": "rng", "start": "start_s", "duration": "duration_s", "budget": "budget_mb"}
NAMES |= {"stats": "statistics", "layout": "channels", "timeout": "timeout_s", "paths_shown": "paths"}
# What only a command has: where things are, what is printed, and what Python says by calling another function.
COMMAND_ONLY = {"paths", "path", "out", "report", "as_json", "what", "file", "draw", "folders", "open_it"}
PAIRS = {
    "audition": (run_audition, (sl.audition, sl.Audition.save, sl.load, sl.write_report, audition_many)),
    "sweep": (run_sweep, (sl.sweep, sl.Sweep.save, sl.load)),
    "check": (run_check, (sl.check, sl.Check.save)),
    "replay": (run_replay, (sl.replay, sl.Audition.save)),
    "report": (run_report, (sl.write_report,)),
    "policy show": (_policy_show, (sl.show_policy,)),
}


def default_of(parameter):
    value = getattr(parameter.default, "value", parameter.default)
    return None if value == () else value


def test_every_option_is_a_parameter_of_the_call_with_the_same_default(subtests):
    for name in PAIRS:
        with subtests.test(name=name):
            command, calls = PAIRS[name]
            known = {}
            for call in reversed(calls):
                known |= inspect.signature(call).parameters
            for option, parameter in inspect.signature(command).parameters.items():
                called = NAMES.get(option, option)
                if option in COMMAND_ONLY:
                    continue
                assert called in known, f"--{option} is no parameter of the call"
                if inspect.Parameter.empty in (parameter.default, known[called].default):
                    continue
                # A command tells a policy that was not named from this one.
                is_left_out = option == "policy" and name in ("audition", "sweep") and parameter.default is None
                default = DEFAULT_POLICY if is_left_out else default_of(parameter)
                assert default == default_of(known[called]), option
