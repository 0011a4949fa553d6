"""The exit code tells whether a file or disk is at fault, or the command line."""

from __future__ import annotations

from specaug_listen.cli.exit_codes import exit_code_of
from specaug_listen.errors import AudioError, OutputError, ParameterError, PolicyError, ResultError


def test_a_file_or_disk_at_fault_is_1_and_the_command_line_is_2(subtests):
    for error, code in [
        (AudioError("x.wav: has no samples"), 1),
        (OutputError("out: no space is left"), 1),
        (PolicyError("x.yaml: is no mapping"), 1),
        (ResultError("f: differs"), 1),
        (ParameterError("draws=0: allowed is at least 1"), 2),
        (AudioError.unreadable("x.wav: not found", FileNotFoundError()), 2),
        (AudioError.unreadable("x.wav: denied", PermissionError()), 1),
    ]:
        with subtests.test(error=repr(error)):
            assert exit_code_of(error) == code
