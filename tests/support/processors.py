"""Instruction sets to run under, other than this processor's own: settings for the environment of a new process.

``python tests/support/processors.py sse`` prints them as lines of KEY=VALUE, for a shell.
"""

from __future__ import annotations

import platform
import sys

__all__ = ["NAMES", "instruction_set", "is_x86"]

NAMES = ("own", "avx2", "avx", "sse")

# Of OpenBLAS, of NumPy (what it is to leave out: names of its groups, and those of older versions), of glibc.
_X86_SETS = {
    "avx2": ("Haswell", ("X86_V4", "AVX512"), ("AVX512F", "AVX512VL", "AVX512DQ", "AVX512BW", "AVX512CD")),
    "avx": ("Sandybridge", ("X86_V3", "X86_V4", "AVX512", "AVX2", "FMA3"), ("AVX512F", "AVX2", "FMA")),
    "sse": ("Prescott", ("X86_V3", "X86_V4", "AVX", "FMA3"), ("AVX512F", "AVX2", "FMA", "AVX")),
}


def is_x86() -> bool:
    """Whether this is a processor that the sets are for."""
    return platform.machine().lower() in ("x86_64", "amd64")


def instruction_set(name: str) -> dict[str, str]:
    """Settings for one of `NAMES`; none for ``own``, and none where they would mean nothing.

    What a processor does not have is not left out, so that the older ones can run all of this, too.
    """
    if name == "own" or not is_x86():
        return {}
    openblas, of_numpy, of_glibc = _X86_SETS[name]
    left_out = [feature for feature in _numpy_features() if feature.startswith(of_numpy)]
    return {
        "OPENBLAS_CORETYPE": openblas,
        "NPY_DISABLE_CPU_FEATURES": " ".join(left_out),
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join(f"-{feature}" for feature in of_glibc),
    }


def _numpy_features() -> list[str]:
    """What NumPy has code for beyond its baseline, and this processor runs."""
    from numpy._core import _multiarray_umath

    here = _multiarray_umath.__cpu_features__
    return [feature for feature in _multiarray_umath.__cpu_dispatch__ if here.get(feature)]


if __name__ == "__main__":
    sys.stdout.writelines(f"{key}={value}\n" for key, value in instruction_set(sys.argv[1]).items())
