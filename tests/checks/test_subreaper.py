"""Which processes are below one, also where they have left its session."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from specaug_listen.checks.subreaper import processes_below


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are listed in /proc")
def test_processes_below_are_children_and_theirs_but_not_those_that_ended():
    apart = "subprocess.Popen(['sleep', '60'], start_new_session=True)"
    code = f"import subprocess, sys; print({apart}.pid, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        grandchild = int(child.stdout.readline())
        try:
            assert {child.pid, grandchild} <= processes_below(os.getpid())
            assert processes_below(child.pid) == {grandchild}
            assert processes_below(grandchild) == frozenset()
        finally:
            os.kill(grandchild, 9)
            child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert child.pid not in processes_below(os.getpid())  # it ended, and nobody has waited for it yet
