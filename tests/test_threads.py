"""The same seed gives the same bytes: in any order of the files, on any number of cores."""

from __future__ import annotations

import pytest
from commandline import contents, run, run_apart

from specaug_listen import Audio, save

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.fixture(scope="module")
def clips(tmp_path_factory, speechlike, tone):
    folder = tmp_path_factory.mktemp("clips")
    save(folder / "a.wav", speechlike)
    save(folder / "b.wav", Audio(tone.samples[:, :12000], 44100))
    save(folder / "c.wav", Audio(speechlike.samples[:, ::-1], 22050))
    return folder


def test_two_runs_with_files_in_other_orders_and_other_cores_give_the_same_bytes(tmp_path, clips):
    runs = []
    for n_threads, order in ((1, "abc"), (2, "cab")):
        out = tmp_path / f"with {n_threads}"
        threads = dict.fromkeys(VARIABLES, str(n_threads))
        ran = run_apart(
            *("audition", *(f"{name}.wav" for name in order), "-o", out, "--draws", 2),
            cwd=clips, PYTHONHASHSEED=str(n_threads), **threads,
        )  # fmt: skip
        assert (ran.code, ran.err) == (0, "")
        runs.append((contents(out), ran.out.replace(str(out), "OUT")))
    assert runs[0] == runs[1]
    assert len(runs[0][0]) == 3 * 12 + 2


def test_another_seed_gives_other_draws_in_the_same_layout(tmp_path, clips):
    both = []
    for seed in (0, 1):
        out = tmp_path / str(seed)
        assert run("audition", clips, "-o", out, "--seed", seed, "--vocoder", "original-phase", "--no-report").code == 0
        both.append(contents(out))
    assert set(both[0]) == set(both[1])
    same = {name for name in both[0] if both[0][name] == both[1][name]}
    assert not {f"{clip}/draw-1.{suffix}" for clip in "ab" for suffix in ("json", "png")} & same
