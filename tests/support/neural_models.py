"""Tiny models that the neural vocoder's tests run, and the formula that all of them compute."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

__all__ = ["HOP", "N_MELS", "formula", "onnx_model", "torch_module", "torchscript_model"]

N_MELS, HOP = 80, 256
RAMP = (np.arange(HOP) / (100 * HOP)).astype(np.float32)


def formula(values: np.ndarray) -> np.ndarray:
    """The mean of each frame's bands, times a ramp over its hop; shape (n_frames * HOP,)."""
    mean = np.asarray(values, np.float32).mean(axis=0, keepdims=True)
    return (mean.T * RAMP).reshape(-1)


def onnx_model(
    path: Path,
    *,
    shape: tuple[Any, ...] = (1, N_MELS, "frames"),
    mels_axis: int = 1,
    ramp: np.ndarray = RAMP,
    ends: tuple[int, ...] = (1, 1, -1),
    dtype: str = "FLOAT",
    gives: str = "FLOAT",
    name: str = "mel",
    more_inputs: bool = False,
    more_outputs: bool = False,
    noise: bool = False,
) -> str:
    """Write the formula as ONNX; every option is one way to differ."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    helper, kind = onnx.helper, getattr(onnx.TensorProto, dtype)
    node = helper.make_node
    constants = {
        "ramp": ramp.astype(helper.tensor_dtype_to_np_dtype(kind)),
        "column": np.array([-1, 1]),
        "ends": np.array(ends),
    }
    nodes = [
        *(node("Constant", [], [k], value=onnx.numpy_helper.from_array(v)) for k, v in constants.items()),
        node("ReduceMean", [name], ["mean"], axes=[mels_axis], keepdims=0),
        node("Reshape", ["mean", "column"], ["tall"]),
        node("Mul", ["tall", "ramp"], ["hops"]),
        *([node("RandomNormalLike", ["hops"], ["chance"]), node("Add", ["hops", "chance"], ["sum"])] if noise else []),
        node("Reshape", ["sum" if noise else "hops", "ends"], ["flat"]),
        node("Cast", ["flat"], ["wave"], to=getattr(onnx.TensorProto, gives)),
    ]
    inputs = [helper.make_tensor_value_info(name, kind, shape)]
    inputs += [helper.make_tensor_value_info("speaker", kind, (1,))] if more_inputs else []
    outputs = [helper.make_tensor_value_info("wave", getattr(onnx.TensorProto, gives), None)]
    outputs += [helper.make_tensor_value_info("mean", kind, None)] if more_outputs else []
    graph = helper.make_graph(nodes, "tiny", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return str(path)


def torch_module(kind: str = "formula") -> Any:
    """The formula as a module in evaluation mode, or one that fails in a named way."""
    torch = pytest.importorskip("torch", reason="torch is not installed")

    class Tiny(torch.nn.Module):
        def __init__(self, kind: str) -> None:
            super().__init__()
            self.ramp = torch.nn.Parameter(torch.from_numpy(RAMP.copy()))
            self.kind = kind

        def forward(self, mel: torch.Tensor) -> torch.Tensor:
            if self.kind == "raises":
                raise RuntimeError("no such frame")
            wave = (mel.mean(dim=1).unsqueeze(-1) * self.ramp).reshape(1, 1, -1)
            if self.kind == "noise":
                wave = wave + torch.randn_like(wave)
            if self.kind == "nan":
                wave = wave * float("nan")
            return wave

    return Tiny(kind).eval()


def torchscript_model(path: Path, kind: str = "formula") -> str:
    """Write `torch_module` as TorchScript."""
    module = torch_module(kind)
    import torch

    with warnings.catch_warnings():
        # torch recommends newer formats, with a DeprecationWarning or, in later versions, a FutureWarning.
        warnings.filterwarnings("ignore", "`torch.jit.script`", Warning)
        torch.jit.script(module).save(str(path))
    return str(path)
