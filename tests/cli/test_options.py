"""Options of the commands and parameters of the calls: the same, with the same defaults."""

from __future__ import annotations

import inspect

import specaug_listen as sl
from specaug_listen._defaults import DEFAULT_POLICY
from specaug_listen.auditions.batch import audition_many
from specaug_listen.cli.audition import run_audition
from specaug_listen.cli.check import run_check
from specaug_listen.cli.policy import _policy_show
from specaug_listen.cli.replay import run_replay
from specaug_listen.cli.report import run_report
from specaug_listen.cli.sweep import run_sweep

# Option of the command -> parameter of the call, or of the method that writes what it gives.
NAMES = {"seed": "rng", "start": "start_s", "duration": "duration_s", "budget": "budget_mb", "lengths": "lengths_s"}
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
