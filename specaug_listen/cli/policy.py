"""The commands `policy show` and `policy convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._standard_streams import quiet_stdout
from .console import complain
from .group import Command, examples
from .options import FRAMEWORK_HELP, FrameworkOption, FrontendOption, OverwriteOption, SetOption

__all__ = ["policy_app"]

policy_app = typer.Typer(help="Show what a policy does, or convert it for another framework.", no_args_is_help=True)
PolicyArgument = Annotated[
    str,
    typer.Argument(
        help="Policy: a framework's training configuration, a YAML file of specaug-listen, or a name from 'list "
        "policies'. Parameters may follow, as in LD,F=27,T=40.",
        metavar="FILE",
    ),
]


@policy_app.command(
    "show",
    cls=Command,
    epilog=examples("specaug-listen policy show train_asr.yaml", "specaug-listen policy show LD,F=27,T=40"),
)
def _policy_show(
    file: PolicyArgument,
    parameters: SetOption = None,
    framework: FrameworkOption = None,
    frontend: FrontendOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Explain step by step what a policy or a framework's configuration does."""
    from .._records import to_json
    from ..frameworks.summary import show_policy

    with quiet_stdout():
        page = show_policy(file, framework, frontend=frontend, parameters=parameters or ())
    print(to_json(page) if as_json else page.text)  # noqa: T201


@policy_app.command(
    "convert", cls=Command, epilog=examples("specaug-listen policy convert train_asr.yaml --to nemo -o nemo.yaml")
)
def _policy_convert(
    file: PolicyArgument,
    to: Annotated[str, typer.Option(help="Framework to write a configuration for, e.g. nemo.", metavar="NAME")],
    parameters: SetOption = None,
    framework: Annotated[str | None, typer.Option("--from", help=FRAMEWORK_HELP, metavar="NAME")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="File for the configuration; without it, it is printed.", metavar="FILE", readable=False
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Write the nearest configuration of another framework, and list the differences."""
    from .._files import printable
    from .._records import to_json
    from ..frameworks.convert import convert_policy
    from ..frameworks.policies import resolve_policy
    from ..outputs.output import Output

    output = None if out is None else Output(out.parent, "policy convert", overwrite=overwrite, inputs=[file])
    if output is not None and out is not None:
        output.check([out.name])
    converted = convert_policy(resolve_policy(file, framework, parameters=parameters or ()).policy, to)
    if output is not None and out is not None:
        output.write({out.name: converted.text.encode()})
    if as_json:
        print(to_json(converted))  # noqa: T201
        return
    print(converted.text if out is None else printable(out), end="" if out is None else "\n")  # noqa: T201
    for line in converted.differences:
        complain(f"differs: {line}", "warning")
