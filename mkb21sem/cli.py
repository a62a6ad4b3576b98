"""The command line: one command a module of `commands`.

Exit codes: 0 done; 1 `survey` found problems; 2 it can't be done and the message says why; 3 the model did not
converge; 70 a fault of the program; 130 stopped by the user.
"""

# Commands import what they need when they run, so that --help and --version answer at once.

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mkb21sem.commands import (
    compare,
    describe,
    diagram,
    estimate,
    export,
    infer,
    mapping,
    plan,
    power,
    questionnaire,
    report,
    reproduce,
    survey,
    synthesize,
    validate,
    verify,
)
from mkb21sem.commands.shell import STOPPED
from mkb21sem.report.terminal import console

app = typer.Typer(
    name="mkb21sem",
    help="Structural equation modelling of survey waves: from a wave file to judged hypotheses.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def print_version(asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        from mkb21sem import __version__

        console().print(f"mkb21sem {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Structural equation modelling of survey waves: from a wave file to judged hypotheses."""


for each in (
    reproduce.reproduce,
    questionnaire.questionnaire,
    mapping.mapping,
    survey.survey,
    describe.describe,
    estimate.estimate,
    diagram.diagram,
    validate.validate,
    infer.infer,
    report.report,
    power.power,
    compare.compare,
    export.export,
    synthesize.synthesize,
    verify.verify,
):
    app.command(epilog=f"Example: {sys.modules[each.__module__].EXAMPLE}")(each)
app.add_typer(plan.app)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
