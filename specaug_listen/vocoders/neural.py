"""`Neural` and `NeuralModule`: a trained model as a vocoder, with its contract.

A file is read once, hashed, and passed to the runtime as bytes, so the hash is that of the model that runs. Models run
on one CPU thread and with a fixed seed; pickles, which may execute anything, are never opened.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import Field

from .._files import printable, read_file
from .._imports import require
from .._records import Seed, Sha256, record
from .._rng import as_seed
from .._yaml import read_mapping
from ..audio.audio_in_memory import Audio
from ..errors import AudioError, ParameterError, PolicyError, error_context
from ..frontends import MelFrontend, MelSpectrogram
from ..stft import Real
from .neural_contract import MelContract, contract_of

__all__ = ["Neural", "NeuralModule", "read_neural"]

Runner: TypeAlias = Callable[[Real, MelContract, int], Any]

# Limit of a model file, which is held in memory.
_MAX_BYTES = 1 << 32
_ONNX = (".onnx",)
_TORCHSCRIPT = (".pt", ".ts", ".jit")
_PICKLES = (".pth", ".ckpt", ".pkl", ".pickle", ".bin", ".safetensors")
# ONNX operators that draw random numbers from a stream that continues between calls.
_RANDOM_OPERATORS = re.compile(rb"Random(?:Normal|Uniform)(?:Like)?|Multinomial|Bernoulli")
_ONNX_DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}


@record
class Neural:
    """A trained model in an ONNX or TorchScript file, with the contract of the mel that it takes.

    Parameters
    ----------
    model : str
        ``.onnx``, run by onnxruntime (``pip install 'specaug-listen[onnx]'``), or a TorchScript file ``.pt``, ``.ts``
        or ``.jit`` (``[torch]``).
    contract : MelContract
    sha256 : str or None
        Of the file; None takes it from the file now. Another file is refused later.
    seed : int in [0, 2**53)
        For models that draw noise, at every call anew.

    Raises
    ------
    ParameterError
        When the file cannot be read, or is of another kind.

    Examples
    --------
    ::

        vocoder = Neural("generator.onnx", MelContract(frontends.HIFIGAN))
        audio = vocoder(frontends.HIFIGAN(clip))
    """

    model: Annotated[str, Field(min_length=1)]
    contract: MelContract
    sha256: Sha256 | None = None
    seed: Seed = 0
    kind: Literal["neural"] = "neural"
    about: ClassVar[str] = "A trained model in an ONNX or TorchScript file, with the contract of the mel that it takes."

    def __post_init__(self) -> None:
        """Make the path absolute, and hash the file."""
        _check_name(self.model)
        object.__setattr__(self, "model", os.path.abspath(self.model))
        if self.sha256 is None:
            object.__setattr__(self, "sha256", hashlib.sha256(_bytes_of(self.model)).hexdigest())

    def check(self, frontend: MelFrontend) -> None:
        """Check in advance that mels of a front-end fit the contract, and that the model can be loaded.

        Raises
        ------
        ParameterError
            If a field differs, or the file is missing, changed, or not a model.
        MissingDependencyError
            If the package that runs it is not installed.
        """
        with error_context(printable(self.model)):
            self.contract.check(frontend)
        _load_model(self.model, str(self.sha256))

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Run the model on a mel spectrogram.

        Parameters
        ----------
        mel : MelSpectrogram

        Returns
        -------
        Audio
            Mono, at the front-end's rate, cropped or padded with zeros to the clip's length.

        Raises
        ------
        ParameterError
            When the mel's front-end is not the contract's, or the file is missing, changed, or no model.
        AudioError
            When the model raises, or gives NaN, infinity, another dtype, rank or length.
        MissingDependencyError
            When the package that runs it is not installed.
        """
        name = printable(self.model)
        with error_context(name):
            features = self.contract.features(mel)
        run = _load_model(self.model, str(self.sha256))
        return _render(partial(run, features, self.contract, self.seed), mel, name)


class NeuralModule:
    """A model in memory as a vocoder: a ``torch.nn.Module`` in evaluation mode, or any callable on arrays.

    No file can bring it back, so draws that it has rendered say "custom" in their record.

    Parameters
    ----------
    module : torch.nn.Module or callable
        From the contract's array, shape (1, n_mels, n_frames), to a waveform, shape (n_samples,) with any axes of
        length 1. A module is given a tensor on its own device and in its own dtype.
    contract : MelContract
    seed : int in [0, 2**53)
        Of torch's generator at every call.

    Raises
    ------
    ParameterError
        When ``module`` cannot be called or is in training mode, or ``seed`` is out of range.

    Examples
    --------
    >>> from specaug_listen import frontends
    >>> def humming(mel):
    ...     return np.sin(np.arange(mel.shape[-1] * 256) * 0.1).astype("float32")
    >>> clip = Audio(np.zeros(22050), 22050)
    >>> NeuralModule(humming, MelContract(frontends.HIFIGAN))(frontends.HIFIGAN(clip)).n_samples
    22050
    """

    def __init__(self, module: Callable[[Any], Any], contract: MelContract, seed: int = 0) -> None:
        if not callable(module):
            raise ParameterError(f"module={module!r}: expected a torch.nn.Module, or a callable on arrays")
        if not isinstance(contract, MelContract):
            raise ParameterError(f"contract={contract!r}: expected a MelContract, e.g. MelContract(frontends.HIFIGAN)")
        # Not eval() from here: the user's own module would change under their hands.
        if _is_torch(module) and any(part.training for part in module.modules()):  # type: ignore[attr-defined]
            raise ParameterError(f"{type(module).__name__} is in training mode; call .eval() on it first")
        self.module, self.contract, self.seed = module, contract, as_seed(seed)

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Run the module on a mel spectrogram; see `Neural`."""
        features = self.contract.features(mel)
        run = _run_torch if _is_torch(self.module) else _run_callable
        name = getattr(self.module, "__qualname__", type(self.module).__name__)
        return _render(partial(run, self.module, features, self.contract, self.seed), mel, name)


def read_neural(path: str | os.PathLike[str]) -> Neural:
    """Read a vocoder from YAML: ``model``, a path from the YAML file's folder, and the keys of the contract.

    Raises
    ------
    PolicyError
        One line that names the YAML file, the key, the value and what is allowed.

    Examples
    --------
    ::

        model: generator.onnx
        base: hifigan
    """
    name = printable(path)
    data = read_mapping(path, "contract")
    model, seed = data.pop("model", None), data.pop("seed", 0)
    contract = contract_of(data, path, others=("model", "seed"))
    if not isinstance(model, str):
        what = " is missing" if model is None else f"={model!r}"
        raise PolicyError(f"{name}: model{what}: expected the path of an .onnx or a TorchScript file")
    with error_context(name, PolicyError):
        return Neural(os.path.join(os.path.dirname(path), model), contract, seed=seed)


def _check_name(model: str) -> None:
    suffix, name = Path(model).suffix.lower(), printable(model)
    if suffix in _PICKLES:
        raise ParameterError(
            f"{name}: checkpoints and pickles are not opened, they may run anything; load it where it comes from, and "
            "export it: torch.onnx.export(module, mel, 'model.onnx'), or torch.jit.script(module).save('model.pt')"
        )
    if suffix not in _ONNX + _TORCHSCRIPT:
        allowed = ", ".join(_ONNX + _TORCHSCRIPT)
        raise ParameterError(f"{name}: a model file of kind {suffix or 'unknown'!r}: allowed are {allowed}")
    try:
        model.encode()
    except UnicodeEncodeError:
        raise ParameterError(f"{name}: its name is not UTF-8 and cannot stand in a record; rename it") from None


def _bytes_of(model: str) -> bytes:
    try:
        data = read_file(model, _MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ParameterError(f"{printable(model)}: the model file cannot be read ({reason})") from None
    if not data:
        raise ParameterError(f"{printable(model)}: the model file is empty (0 bytes); export it again")
    return data


@lru_cache(maxsize=2)
def _load_model(model: str, sha256: str) -> Runner:
    data, name = _bytes_of(model), printable(model)
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise ParameterError(
            f"{name}: the model is not the one that was asked for "
            f"(sha256 {digest[:16]}..., expected {sha256[:16]}...); "
            "put the old file back, or make the draws again with this one"
        )
    return _load_onnx(data, name) if model.lower().endswith(_ONNX) else _load_torchscript(data, name)


def _load_onnx(data: bytes, name: str) -> Runner:
    ort = require("onnxruntime", extra="onnx", purpose="vocoders in ONNX files")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # errors are raised, so they need no log

    def session(seed: int) -> Any:
        ort.set_seed(seed)
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    try:
        first = session(0)
    except Exception as error:
        hint = "; weights in a second file are not read" if "xternal" in str(error) else ""
        raise ParameterError(
            f"{name}: not a whole ONNX model ({_one_line(error)}){hint}; export it again, into one file"
        ) from None
    # A continuing stream would make a clip depend on those before it, so such a model is loaded for each call.
    is_random = _RANDOM_OPERATORS.search(data) is not None
    return lambda features, contract, seed: _run_onnx(session(seed) if is_random else first, features, contract)


def _run_onnx(session: Any, features: Real, contract: MelContract) -> Any:
    inputs, outputs = ([node.name for node in nodes] for nodes in (session.get_inputs(), session.get_outputs()))
    if contract.input_name is not None and contract.input_name not in inputs:
        raise ParameterError(f"input_name={contract.input_name!r}: the model has {', '.join(inputs)}")
    if len(inputs) != 1 or len(outputs) != 1:
        raise ParameterError(
            f"the model has the inputs {', '.join(inputs)} and the outputs {', '.join(outputs)}: allowed is one of "
            "each, mel and waveform; wrap the rest (noise, speaker) into the module before the export"
        )
    node = session.get_inputs()[0]
    fits = len(node.shape) == features.ndim and all(
        n == m for n, m in zip(node.shape, features.shape, strict=True) if isinstance(n, int)
    )
    if node.type not in _ONNX_DTYPES or not fits:
        raise ParameterError(
            f"its input {node.name!r} is a {node.type} of shape {node.shape}, the contract gives a tensor(float) of "
            f"shape {list(features.shape)}; mend axes or batch in the contract, or export with a free number of frames"
        )
    return session.run(None, {node.name: features.astype(_ONNX_DTYPES[node.type])})[0]


def _load_torchscript(data: bytes, name: str) -> Runner:
    torch = require("torch", extra="torch", purpose="vocoders in TorchScript files")
    try:
        with _quiet():
            module = torch.jit.load(io.BytesIO(data), map_location="cpu").eval()
    except Exception as error:
        raise ParameterError(
            f"{name}: not a whole TorchScript file ({_one_line(error)}); a checkpoint is none: write one with "
            "torch.jit.script(module).save('model.pt')"
        ) from None
    return partial(_run_torch, module)


def _run_torch(module: Any, features: Real, contract: MelContract, seed: int) -> Any:
    torch: Any = sys.modules["torch"]
    parameter = next((p for p in module.parameters() if p.is_floating_point()), None)
    n_threads = torch.get_num_threads()
    # The profiling executor recompiles a script after its first calls, which may change the last bits.
    with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.jit.optimized_execution(False), _quiet():
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            tensor = torch.from_numpy(features)
            output = module(tensor if parameter is None else tensor.to(parameter))
        finally:
            torch.set_num_threads(n_threads)
    if isinstance(output, torch.Tensor):
        output = output.detach().cpu()
        return (output.float() if output.dtype == torch.bfloat16 else output).numpy()
    return output


def _run_callable(module: Callable[[Any], Any], features: Real, contract: MelContract, seed: int) -> Any:
    return module(features)


def _render(run: Callable[[], Any], mel: MelSpectrogram, name: str) -> Audio:
    """Run a model, and raise an error unless it returns a complete clip."""
    try:
        with error_context(name):
            output = run()
    except (MemoryError, ParameterError):
        raise
    except Exception as error:
        raise AudioError(f"{name}: the model failed on {mel.n_frames} frames ({_one_line(error)})") from None
    if not isinstance(output, np.ndarray) or not np.issubdtype(output.dtype, np.floating):
        what = f"an array of {output.dtype}" if isinstance(output, np.ndarray) else type(output).__name__
        raise AudioError(f"{name}: the model gave {what}: expected an array of floating-point samples")
    n_samples, hop = mel.n_samples, mel.frontend.hop_length
    wave = output.reshape(-1)
    if wave.size != max(output.shape, default=0):
        raise AudioError(
            f"{name}: the model gave shape {output.shape}: expected one channel, (n_samples,) or (1, 1, ...)"
        )
    if wave.size != mel.n_frames * hop and abs(wave.size - n_samples) > hop:
        raise AudioError(
            f"{name}: the model gave {wave.size} samples for {mel.n_frames} frames: expected {mel.n_frames * hop} "
            f"(frames x hop_length={hop}), or the clip's {n_samples} within one hop"
        )
    with np.errstate(over="ignore"):
        wave = wave[:n_samples].astype(np.float32)
    n_bad = int((~np.isfinite(wave)).sum())
    if n_bad:
        raise AudioError(f"{name}: the model gave NaN or infinity in {n_bad} of {wave.size} samples")
    return Audio(np.pad(wave, (0, n_samples - len(wave))), mel.frontend.sample_rate)


def _is_torch(module: Any) -> bool:
    """Whether a value is a torch module; if torch is not loaded, it cannot be one."""
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(module, torch.nn.Module)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings that packages address to developers, such as the deprecation of TorchScript."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _one_line(error: Exception) -> str:
    """Return the message of an error, bounded; of a TorchScript traceback only the last line, which is the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    text = lines[-1] if any(line.startswith("Traceback of TorchScript") for line in lines) else " ".join(lines)
    return f"{type(error).__name__}: {text[:300]}".rstrip(": ")
