"""Single definitions out of single upstream files, where installing or importing the whole library is out of the
question.

The files lie in a folder of the recorder's own, named by the environment variable ``DIALECT_SOURCES``;
`make_dialects.py` says where each comes from. Only the definitions named here are compiled, with the few names that
they need.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import math
import numbers
import os
import random
import types
from pathlib import Path
from typing import Any, Optional

import numpy as np
import torch

FILES = {
    "wenet.py": ("spec_aug", "spec_sub", "spec_trim"),
    "fairseq.py": ("SpecAugmentTransform",),
    "speechbrain_legacy.py": ("SpecAugment",),
    "lingvo.py": ("_random_uniform_op", "_random_normal_op", "_hat", "_SPECAUGMENT_ARGS", "SpectrumAugmenter"),
}


def _named(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return getattr(node, "name", None)


def _source(file: str) -> list[ast.stmt]:
    folder = os.environ.get("DIALECT_SOURCES")
    assert folder, "DIALECT_SOURCES must name the folder with the single files; see make_dialects.py"
    tree = ast.parse((Path(folder) / file).read_text())
    found = [node for node in tree.body if _named(node) in FILES[file]]
    assert len(found) == len(FILES[file]), (file, [_named(node) for node in found])
    return found


def _load(file: str, **known: Any) -> types.SimpleNamespace:
    module = ast.Module(_source(file), [])
    names: dict[str, Any] = dict(known)
    exec(compile(module, file, "exec"), names)
    return types.SimpleNamespace(**names)


def digests() -> dict[str, str]:
    """SHA-256 of the syntax trees of what is used, so that comments and spacing do not matter."""
    texts = {file: "\n".join(ast.dump(node) for node in _source(file)) for file in FILES}
    return {f"{file} (syntax tree, sha256)": hashlib.sha256(text.encode()).hexdigest() for file, text in texts.items()}


@functools.cache
def wenet() -> types.SimpleNamespace:
    return _load("wenet.py", torch=torch, random=random)


@functools.cache
def speechbrain_legacy() -> types.SimpleNamespace:
    return _load("speechbrain_legacy.py", torch=torch)


@functools.cache
def fairseq() -> types.SimpleNamespace:
    known = {"math": math, "numbers": numbers, "np": np, "Optional": Optional}
    return _load(
        "fairseq.py", AudioFeatureTransform=object, register_audio_feature_transform=lambda _: lambda c: c, **known
    )


class _Params:
    """Stands for lingvo's Params: a bag of names that are defined once."""

    def __init__(self, **given: Any):
        self.__dict__.update(given)

    def Define(self, name: str, default: Any, _: str) -> None:
        setattr(self, name, default)


@functools.cache
def lingvo() -> types.SimpleNamespace:
    """Lingvo's SpectrumAugmenter over a base layer that only keeps its params; TensorFlow runs eagerly."""
    import tensorflow

    class BaseLayer:
        @classmethod
        def Params(cls) -> _Params:
            return _Params(dtype=tensorflow.float32, fprop_dtype=None, random_seed=None, name="")

        def __init__(self, params: _Params):
            self.params = params

    base_layer = types.SimpleNamespace(BaseLayer=BaseLayer)
    py_utils = types.SimpleNamespace(GetShape=lambda tensor: [int(n) for n in tensor.shape])
    return _load("lingvo.py", tf=tensorflow, base_layer=base_layer, py_utils=py_utils)
