"""Neural vocoders: real tiny models through the real loaders, and every way in which a model can be wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commandline import contents, run, run_apart
from neural_models import HOP, N_MELS, RAMP, formula, onnx_model, torch_module, torchscript_model
from numpy.testing import assert_allclose, assert_array_equal

from specaug_listen import Audio, audition, load, replay, save, vocoders
from specaug_listen._records import from_json, to_json
from specaug_listen.auditions import Configuration, read_record
from specaug_listen.auditions.records import CustomVocoder, vocoder_record
from specaug_listen.auditions.summaries import facts_of_run
from specaug_listen.augment import POLICIES
from specaug_listen.errors import AudioError, MissingDependencyError, ParameterError, PolicyError
from specaug_listen.frontends import HIFIGAN, WHISPER, MelFrontend
from specaug_listen.vocoders import MelContract, Neural, NeuralModule, read_neural

CONTRACT = MelContract(HIFIGAN)
MAKERS = {"onnx": ("model.onnx", onnx_model), "torchscript": ("model.pt", torchscript_model)}
EVERY_KIND = pytest.mark.parametrize(("file", "make"), MAKERS.values(), ids=MAKERS.keys())


@pytest.fixture(scope="module")
def clip(speechlike):
    return speechlike.resample(22050)


@pytest.fixture(scope="module")
def mel(clip):
    return HIFIGAN(clip)


def expected(mel) -> np.ndarray:
    wave = formula(mel.values)[: mel.n_samples]
    return np.pad(wave, (0, mel.n_samples - len(wave)))


# Models that work


@EVERY_KIND
def test_a_file_renders_what_its_model_computes_in_the_clips_length(tmp_path, mel, file, make):
    heard = Neural(make(tmp_path / file), CONTRACT)(mel)
    assert (heard.n_channels, heard.sample_rate, heard.n_samples) == (1, 22050, mel.n_samples)
    assert heard.peak > 0.01
    assert_allclose(heard.samples[0], expected(mel), atol=1e-6)


def test_a_module_in_memory_renders_the_same_as_its_file(tmp_path, mel):
    module = torch_module()
    heard = NeuralModule(module, CONTRACT)(mel)
    filed = Neural(torchscript_model(tmp_path / "model.pt"), CONTRACT)(mel)
    assert_array_equal(heard.samples, filed.samples)
    assert_allclose(heard.samples[0], expected(mel), atol=1e-6)


def test_a_module_is_given_its_own_dtype(mel):
    heard = NeuralModule(torch_module().double(), CONTRACT)(mel)
    assert_allclose(heard.samples[0], expected(mel), atol=1e-6)


def test_a_callable_on_arrays_renders(mel):
    heard = NeuralModule(lambda features: formula(features[0])[None], CONTRACT)(mel)
    assert_array_equal(heard.samples[0], expected(mel))


def test_an_onnx_model_is_given_its_own_dtype(tmp_path, mel, subtests):
    for dtype in ["FLOAT16", "DOUBLE"]:
        with subtests.test(dtype=dtype):
            heard = Neural(onnx_model(tmp_path / "model.onnx", dtype=dtype), CONTRACT)(mel)
            assert_allclose(heard.samples[0], expected(mel), atol=1e-3 if dtype == "FLOAT16" else 1e-6)


def test_a_model_that_takes_frames_first_is_given_them(tmp_path, mel):
    model = onnx_model(tmp_path / "model.onnx", shape=(1, "frames", N_MELS), mels_axis=2)
    heard = Neural(model, MelContract(HIFIGAN, axes="frames_mels"))(mel)
    assert_allclose(heard.samples[0], expected(mel), atol=1e-6)


def test_a_model_without_a_batch_axis_is_given_none(tmp_path, mel):
    model = onnx_model(tmp_path / "model.onnx", shape=(N_MELS, "frames"), mels_axis=0)
    heard = Neural(model, MelContract(HIFIGAN, batch=False))(mel)
    assert_allclose(heard.samples[0], expected(mel), atol=1e-6)


def test_the_mel_reaches_the_model_in_the_contracts_scale(tmp_path, mel):
    contract = MelContract(replace(HIFIGAN, log="log10"))
    heard = Neural(onnx_model(tmp_path / "model.onnx"), contract)(mel)
    assert_allclose(heard.samples[0], expected(mel) / np.log(10), atol=1e-6)


@EVERY_KIND
def test_a_silent_clip_and_one_frame_render(tmp_path, file, make):
    vocoder = Neural(make(tmp_path / file), CONTRACT)
    for n_samples in (1024, 22050):
        silence = HIFIGAN(Audio(np.zeros(n_samples), 22050))
        assert vocoder(silence).n_samples == n_samples
    single = HIFIGAN(Audio(np.zeros(1024), 22050))
    assert vocoder(replace(single, values=single.values[:, :1], audio=None)).n_samples == HOP


# The same every time


@EVERY_KIND
def test_every_call_gives_the_same_bytes_whatever_was_rendered_before(tmp_path, mel, file, make):
    vocoder = Neural(make(tmp_path / file), CONTRACT)
    first, again = vocoder(mel).samples, vocoder(mel).samples
    vocoder(HIFIGAN(Audio(np.zeros(8192), 22050)))
    assert first.tobytes() == again.tobytes() == vocoder(mel).samples.tobytes()


def test_noise_in_an_onnx_model_follows_from_the_seed_and_not_from_earlier_calls(tmp_path, mel):
    model = onnx_model(tmp_path / "model.onnx", noise=True)
    first, again, other = (Neural(model, CONTRACT, seed=seed)(mel).samples[0] for seed in (1, 1, 2))
    assert np.std(first - expected(mel)) > 0.1
    assert_array_equal(first, again)
    assert (first != other).any()


def test_noise_in_a_torch_model_follows_from_the_seed_and_leaves_torchs_own_alone(tmp_path, mel):
    model = torchscript_model(tmp_path / "model.pt", "noise")
    import torch

    state, n_threads = torch.random.get_rng_state(), torch.get_num_threads()
    first, again, other = (Neural(model, CONTRACT, seed=seed)(mel).samples for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert (first != other).any()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == n_threads


# Models that do not work


def gives(given):
    return NeuralModule(lambda features: given(features) if callable(given) else given, CONTRACT)


def flat(features, more: int = 0):
    return np.zeros(features.shape[-1] * HOP + more, np.float32)


WRONG = {
    "nan": (lambda f: flat(f) * np.nan, r"the model gave NaN or infinity in (\d+) of \1 samples"),
    "inf": (lambda f: np.append(flat(f)[1:], np.inf)[::-1], r"NaN or infinity in 1 of \d+ samples"),
    "beyond float32": (lambda f: flat(f).astype(float) + 1e300, "NaN or infinity"),
    "too long": (
        lambda f: flat(f, 400),
        r"gave 26768 samples for 103 frames: expected 26368 \(frames x hop_length=256",
    ),
    "too short": (lambda f: flat(f)[:-600], r"gave 25768 samples for 103 frames: expected 26368 .* 26460 within one"),
    "empty": (np.zeros(0, np.float32), "gave 0 samples for 103 frames"),
    "a number": (np.float32(0), r"gave float32: expected an array of floating-point samples"),
    "nothing": (None, "gave NoneType: expected an array"),
    "a list": ([0.0, 1.0], "gave list: expected an array"),
    "integers": (lambda f: flat(f).astype(np.int16), "gave an array of int16: expected an array of floating-point"),
    "complex": (lambda f: flat(f).astype(complex), "gave an array of complex128: expected an array"),
    "stereo": (lambda f: np.zeros((1, 2, f.shape[-1] * HOP), np.float32), r"gave shape \(1, 2, 26368\): expected one"),
    "frames apart": (lambda f: flat(f).reshape(-1, HOP), r"gave shape \(103, 256\): expected one channel"),
}


def test_a_wrong_answer_is_one_clear_error(mel, subtests):
    for given, match in WRONG.values():
        with subtests.test(given=given, match=match):
            with pytest.raises(AudioError, match=match) as caught:
                gives(given)(mel)
            assert re.match(r"gives\.<locals>\.<lambda>: the model gave ", str(caught.value))


def test_a_length_within_one_hop_of_the_clip_is_cropped_or_padded(mel, subtests):
    for more in [92 - HOP, 0, 92, 92 + HOP]:
        with subtests.test(more=more):
            assert mel.n_frames * HOP + 92 == mel.n_samples
            heard = gives(lambda features, more=more: flat(features, more) + np.float32(0.5))(mel)
            assert heard.n_samples == mel.n_samples
            kept = min(mel.n_samples, mel.n_frames * HOP + more)
            assert (heard.samples[0, :kept] == 0.5).all()
            assert (heard.samples[0, kept:] == 0).all()


def test_what_a_model_raises_is_told_in_one_line_with_its_name(mel):
    def broken(features):
        raise KeyError("first\nsecond")

    with pytest.raises(AudioError, match=r"broken: the model failed on 103 frames \(KeyError: .*first.*\)$") as caught:
        NeuralModule(broken, CONTRACT)(mel)
    assert "\n" not in str(caught.value)


def test_running_out_of_memory_is_not_the_models_fault(mel):
    def greedy(features):
        raise MemoryError

    with pytest.raises(MemoryError):
        NeuralModule(greedy, CONTRACT)(mel)


WRONG_ONNX = {
    "nan": ({"ramp": RAMP * np.nan}, AudioError, "the model gave NaN or infinity in 26368 of 26368 samples"),
    "wrong length": ({"ramp": RAMP[:200]}, AudioError, "gave 20600 samples for 103 frames: expected 26368"),
    "wrong rank": ({"ends": (1, 2, -1)}, AudioError, r"gave shape \(1, 2, 13184\): expected one channel"),
    "integers": ({"gives": "INT32"}, AudioError, "gave an array of int32"),
    "raises": ({"ends": (1, 7919, -1)}, AudioError, r"the model failed on 103 frames \(.*Reshape"),
    "other bands": (
        {"shape": (1, 40, "frames")},
        ParameterError,
        r"shape \[1, 40, 'frames'\], .* shape \[1, 80, 103\]",
    ),
    "fixed frames": ({"shape": (1, 80, 7)}, ParameterError, r"\[1, 80, 7\].* export with a free number of frames"),
    "another rank": ({"shape": (80, "frames"), "mels_axis": 0}, ParameterError, r"mend axes or batch in the contract"),
    "integers in": ({"dtype": "INT32"}, ParameterError, r"its input 'mel' is a tensor\(int32\)"),
    "two inputs": ({"more_inputs": True}, ParameterError, "has the inputs mel, speaker and the outputs wave: allowed"),
    "two outputs": (
        {"more_outputs": True},
        ParameterError,
        "the inputs mel and the outputs wave, mean: allowed is one",
    ),
}


def test_a_wrong_onnx_model_is_one_clear_error_that_names_the_file(tmp_path, mel, subtests):
    for change, error, match in WRONG_ONNX.values():
        with subtests.test(change=change, error=error, match=match):
            vocoder = Neural(onnx_model(tmp_path / "model.onnx", **change), CONTRACT)
            with pytest.raises(error, match=rf"model\.onnx: .*{match}") as caught:
                vocoder(mel)
            assert "\n" not in str(caught.value)


def test_an_input_that_the_onnx_model_has_not_is_named(tmp_path, mel):
    model = onnx_model(tmp_path / "model.onnx", name="spect")
    assert Neural(model, MelContract(HIFIGAN, input_name="spect"))(mel).peak > 0
    with pytest.raises(ParameterError, match=r"model\.onnx: input_name='mel': the model has spect"):
        Neural(model, MelContract(HIFIGAN, input_name="mel"))(mel)


def test_a_wrong_torch_model_is_one_clear_error_as_a_file_and_in_memory(tmp_path, mel, subtests):
    for kind, match in [
        ("nan", "NaN or infinity in 26368 of"),
        ("raises", r"the model failed on 103 frames \(.*no such frame\)$"),
    ]:
        with subtests.test(kind=kind, match=match):
            for vocoder, name in (
                (Neural(torchscript_model(tmp_path / "model.pt", kind), CONTRACT), r"model\.pt"),
                (NeuralModule(torch_module(kind), CONTRACT), "Tiny"),
            ):
                with pytest.raises(AudioError, match=rf"{name}: .*{match}") as caught:
                    vocoder(mel)
                assert "\n" not in str(caught.value)


def test_a_module_in_training_mode_is_refused_and_left_so():
    module = torch_module().train()
    with pytest.raises(ParameterError, match=r"Tiny is in training mode; call \.eval\(\) on it first"):
        NeuralModule(module, CONTRACT)
    assert module.training


def test_what_is_no_module_or_no_contract_is_refused(subtests):
    for arguments, match in [
        ((7, CONTRACT), "module=7: expected a torch.nn.Module"),
        ((len, HIFIGAN), "contract=.*: expected a MelContract"),
    ]:
        with subtests.test(arguments=arguments, match=match), pytest.raises(ParameterError, match=match):
            NeuralModule(*arguments)


def test_a_mel_of_another_front_end_is_refused_before_the_model_is_asked(speechlike):
    with pytest.raises(ParameterError, match="sample_rate=16000 in front-end 'whisper', 22050 in the contract"):
        NeuralModule(pytest.fail, CONTRACT)(WHISPER(speechlike))


# Files


def written(path, data: bytes = b"no model") -> str:
    path.write_bytes(data)
    return str(path)


def test_checkpoints_and_pickles_are_never_opened(tmp_path, subtests):
    for suffix in [".pth", ".ckpt", ".pkl", ".safetensors"]:
        with subtests.test(suffix=suffix):
            match = rf"model\{suffix}: checkpoints and pickles are not opened.*torch\.onnx\.export.*torch\.jit\.script"
            with pytest.raises(ParameterError, match=match):
                Neural(str(tmp_path / f"model{suffix}"), CONTRACT)


def test_other_kinds_of_files_are_refused(tmp_path, subtests):
    for name in ["model.h5", "model"]:
        refusal = r"a model file of kind .*: allowed are \.onnx, \.pt, \.ts, \.jit"
        with subtests.test(name=name), pytest.raises(ParameterError, match=refusal):
            Neural(written(tmp_path / name), CONTRACT)


def test_a_missing_an_empty_and_an_unreadable_file_are_refused(tmp_path, subtests):
    for name in ["model.onnx", "model.pt"]:
        with subtests.test(name=name):
            with pytest.raises(
                ParameterError, match=rf"{name}: the model file cannot be read \(No such file or directory\)"
            ):
                Neural(str(tmp_path / name), CONTRACT)
            with pytest.raises(ParameterError, match=rf"{name}: the model file is empty \(0 bytes\)"):
                Neural(written(tmp_path / name, b""), CONTRACT)
            (tmp_path / "folder" / name).mkdir(parents=True)
            with pytest.raises(ParameterError, match=rf"{name}: the model file cannot be read \(Is a directory\)"):
                Neural(str(tmp_path / "folder" / name), CONTRACT)
            os.mkfifo(tmp_path / f"pipe-{name}")
            with pytest.raises(
                ParameterError,
                match=rf"pipe-{name}: the model file cannot be read \(is a pipe; save it to a file first",
            ):
                Neural(str(tmp_path / f"pipe-{name}"), CONTRACT)


def test_a_file_that_is_no_model_is_refused(tmp_path, mel, subtests):
    for name, package, match in [
        ("model.onnx", "onnxruntime", r"not a whole ONNX model \(.*\); export it again, into one file"),
        ("model.pt", "torch", r"not a whole TorchScript file \(.*\); a checkpoint is none: .*torch\.jit\.script"),
    ]:
        with subtests.test(name=name, package=package, match=match):
            pytest.importorskip(package, reason=f"{package} is not installed")
            with pytest.raises(ParameterError, match=rf"{name}: {match}") as caught:
                Neural(written(tmp_path / name), CONTRACT)(mel)
            assert "\n" not in str(caught.value)


@EVERY_KIND
def test_a_model_that_was_cut_off_is_refused(tmp_path, mel, file, make):
    path = make(tmp_path / file)
    with open(path, "r+b") as model:
        model.truncate(os.path.getsize(path) * 2 // 3)
    with pytest.raises(ParameterError, match=r"not a whole (ONNX model|TorchScript file)"):
        Neural(path, CONTRACT)(mel)


def test_a_pickle_under_the_name_of_a_script_does_not_run(tmp_path, mel):
    torch = pytest.importorskip("torch", reason="torch is not installed")

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    torch.save(Trap(), tmp_path / "model.pt")
    with pytest.raises(ParameterError, match=r"model\.pt: not a whole TorchScript file"):
        Neural(str(tmp_path / "model.pt"), CONTRACT)(mel)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_package_is_named_with_the_line_that_installs_it(tmp_path, monkeypatch, mel, subtests):
    for name, package, extra in [("model.onnx", "onnxruntime", "onnx"), ("model.pt", "torch", "torch")]:
        with subtests.test(name=name, package=package, extra=extra), monkeypatch.context() as patch:
            vocoder = Neural(written(tmp_path / name), CONTRACT)
            patch.setitem(sys.modules, package, None)
            for use in (vocoder, lambda mel, vocoder=vocoder: vocoder.check(mel.frontend)):
                with pytest.raises(MissingDependencyError, match=rf"pip install 'specaug-listen\[{extra}\]'$"):
                    use(mel)


def test_a_changed_file_is_refused_with_both_hashes(tmp_path, mel):
    vocoder = Neural(written(tmp_path / "model.onnx"), CONTRACT)
    written(tmp_path / "model.onnx", b"another")
    with pytest.raises(ParameterError, match=rf"not the one that was asked for .* expected {vocoder.sha256[:16]}"):
        vocoder(mel)


# YAML, records, and the command line

ROOT = Path(__file__).parents[2]
DOCUMENTED = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "neural-vocoders.md").read_text(), re.M | re.S)
VOCOS = MelFrontend("contract", 24000, 1024, 256, 100, mel_scale="htk", mel_norm=None, power=1.0, floor=1e-7)


def test_the_contracts_of_the_documents_are_read_as_the_models_front_ends(tmp_path, contract_file, subtests):
    for text, frontend in [
        *zip(DOCUMENTED, (HIFIGAN, replace(HIFIGAN, padding="center", magnitude_epsilon=0.0), VOCOS), strict=True)
    ]:
        with subtests.test(text=text, frontend=frontend):
            written(tmp_path / text.split("model: ")[1].split()[0])
            assert read_neural(contract_file(text)).contract == MelContract(replace(frontend, name="contract"))


@pytest.fixture
def contract_file(tmp_path):
    def contract_file(text: str = "model: model.onnx\nbase: hifigan\n"):
        path = tmp_path / "contract.yaml"
        path.write_text(text)
        return path

    return contract_file


def test_a_yaml_file_names_a_model_beside_it(tmp_path, contract_file):
    written(tmp_path / "model.onnx")
    vocoder = vocoders.get_vocoder(str(contract_file()))
    contract = MelContract(replace(HIFIGAN, name="contract"))
    assert vocoder == vocoders.get_vocoder(contract_file()) == Neural(str(tmp_path / "model.onnx"), contract)
    assert vocoders.get_vocoder(vocoder) is vocoder
    assert read_neural(contract_file("model: model.onnx\nbase: hifigan\nseed: 5\naxes: frames_mels")).seed == 5


def test_a_wrong_yaml_file_is_one_line(tmp_path, contract_file, subtests):
    for text, match in [
        ("base: hifigan", r"contract\.yaml: model is missing: expected the path of an \.onnx or a TorchScript file"),
        ("model: 7\nbase: hifigan", r"contract\.yaml: model=7: expected the path"),
        ("model: none.onnx\nbase: hifigan", r"contract\.yaml: .*none\.onnx: the model file cannot be read"),
        ("model: a.pth\nbase: hifigan", r"contract\.yaml: .*a\.pth: checkpoints and pickles are not opened"),
        ("modell: a.onnx\nbase: hifigan", r"contract\.yaml: unknown key 'modell'; did you mean 'model'\?"),
        (
            "model: model.onnx\nbase: hifigan\nseed: -1",
            r"contract\.yaml: .*seed=-1: should be greater than",
        ),
        ("model: model.onnx", r"contract\.yaml: sample_rate is missing"),
    ]:
        with subtests.test(text=text, match=match):
            written(tmp_path / "model.onnx")
            with pytest.raises(PolicyError, match=match) as caught:
                vocoders.get_vocoder(str(contract_file(text)))
            assert "\n" not in str(caught.value)


def test_a_record_holds_the_model_by_place_and_content(tmp_path):
    vocoder = Neural(written(tmp_path / "model.onnx"), CONTRACT, seed=3)
    assert vocoder_record(vocoder) is vocoder
    os.remove(tmp_path / "model.onnx")  # reading a record asks for no model
    assert from_json(Neural, to_json(vocoder)) == vocoder


def test_pages_name_its_file(tmp_path):
    vocoder = Neural(written(tmp_path / "model.onnx"), CONTRACT)
    facts = dict(facts_of_run(Configuration(HIFIGAN, POLICIES["SM"], vocoder, 1, 0)))
    assert facts["vocoder"] == "neural, model.onnx"


def test_a_module_in_memory_is_written_down_as_the_users_own():
    assert vocoder_record(gives(0)) == CustomVocoder("specaug_listen.vocoders.neural.NeuralModule")


@EVERY_KIND
def test_a_draw_is_replayed_bit_for_bit_and_copy_synthesis_goes_through_the_same_model(tmp_path, clip, file, make):
    path = tmp_path / "clip.wav"
    save(path, clip)
    vocoder = Neural(make(tmp_path / file), CONTRACT)
    heard = audition(load(path), frontend="hifigan", policy="SM", vocoder=vocoder, rng=0)
    assert_allclose(heard.copy_synthesis.samples[0], expected(heard.mel), atol=1e-6)
    folder = heard.save(tmp_path / "out")
    assert read_record(folder / "draw-1.json").vocoder == vocoder
    again = replay(folder / "draw-1.json")
    assert_array_equal(again.draws[0].audio.samples, heard.draws[0].audio.samples)
    assert again.gain == heard.gain


@EVERY_KIND
def test_the_command_line_auditions_and_replays_and_refuses_a_changed_model(tmp_path, clip, contract_file, file, make):
    make(tmp_path / file)
    save(tmp_path / "clip.wav", clip)
    yaml = contract_file(f"model: {file}\nbase: hifigan\n")
    out = tmp_path / "out"
    ran = run("audition", tmp_path / "clip.wav", "-o", out, "--vocoder", yaml, "--frontend", "hifigan", "--no-report")
    assert (ran.code, ran.err) == (0, "")
    again = run_apart("replay", out / "clip" / "draw-1.json", "-o", tmp_path / "again")
    assert again.code == 0, again.err
    replayed = contents(tmp_path / "again")
    assert sorted(replayed) == ["draw-1.json", "draw-1.png", "draw-1.wav"]
    assert all(contents(out / "clip")[name] == data for name, data in replayed.items())
    written(tmp_path / file, b"another")
    refused = run_apart("replay", out / "clip" / "draw-1.json", "-o", tmp_path / "third")
    assert refused.code == 2
    assert re.fullmatch(rf"error: .*{file}: the model is not the one that was asked for .*\n", refused.err)
    assert not (tmp_path / "third").exists()


def test_the_command_line_refuses_before_it_writes(tmp_path, clip, contract_file, subtests):
    for frontend, match in [
        ("whisper", r"model\.onnx: the mel does not fit the contract: sample_rate=16000"),
        ("hifigan", "pip install|whole"),
    ]:
        with subtests.test(frontend=frontend, match=match):
            written(tmp_path / "model.onnx")
            save(tmp_path / "clip.wav", clip)
            ran = run(
                "audition",
                tmp_path / "clip.wav",
                "-o",
                tmp_path / "out",
                "--vocoder",
                contract_file(),
                "--frontend",
                frontend,
            )
            assert ran.code == 2
            assert re.fullmatch(rf"error: [^\n]*({match})[^\n]*\n", ran.err)
            assert not (tmp_path / "out").exists()


def test_a_record_whose_contract_was_tampered_with_is_refused(tmp_path):
    data = json.loads(to_json(Neural(written(tmp_path / "model.onnx"), CONTRACT)))
    data["contract"]["axes"] = "sideways"
    with pytest.raises(ParameterError, match=r"contract\.axes='sideways': should be 'mels_frames' or 'frames_mels'"):
        from_json(Neural, json.dumps(data))


def test_no_package_of_the_extras_is_loaded_with_the_vocoders():
    script = "import sys, specaug_listen.vocoders; print({'torch', 'onnxruntime'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "set()\n"
