"""`mkb21sem verify`: whether the numbers of an output come out again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from importlib import import_module
from inspect import signature
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import typer

from mkb21sem.commands.record import restored
from mkb21sem.commands.shell import NOT_CONVERGED, PROBLEMS, guarded
from mkb21sem.report.terminal import console, plain_grid

EXAMPLE = "mkb21sem verify report --data wave.csv"
COMMANDS = ("reproduce", "describe", "estimate", "validate", "infer", "power", "compare", "export", "report")


@guarded
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder that a command wrote.")],
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="The wave file it was made from; repeat it for several. Default: a synthetic one."),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", help="Any other file that the run read: codebook, mapping, population counts."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Local processes; they change no number.")] = 1,
) -> None:
    """Run the command of an output again from its results.json and the same files, and compare every number."""
    from mkb21sem.errors import OptionError
    from mkb21sem.report.again import compared, stored

    content = stored(folder)
    run = content["run"]
    if run["command"] not in COMMANDS:
        raise OptionError(f"{folder}: `mkb21sem {run['command']}` is no command whose output can be verified.")
    command = getattr(import_module(f"mkb21sem.commands.{run['command']}"), run["command"])
    with tempfile.TemporaryDirectory() as place:
        told = Path(place)
        known = _known([*(data or []), *(file or [])])
        try:
            options = restored(command, run["options"], told / "files", known)
        except (ValueError, TypeError, AttributeError) as error:
            raise OptionError(f"{folder}: results.json comes from another version, or was edited ({error}).") from error
        _run(command, options, told / "again", workers)
        found = compared(folder, told / "again")
    shown = console()
    if run["line"]:
        shown.print(run["line"], markup=False, soft_wrap=True)
    if len(found.software):
        shown.print(plain_grid("Other versions than then", found.software))
    if len(found.differences):
        shown.print(f"{len(found.differences)} of {found.compared} numbers and words differ:", style="bold red")
        shown.print(plain_grid("Differences", found.differences))
        raise typer.Exit(PROBLEMS)
    shown.print(
        f"The same: {found.compared} numbers and words, {found.identical} of them to the last digit, the others within "
        "1e-8."
    )


def _known(paths: Iterable[Path]) -> dict[str, Path]:
    """SHA-256 → file, of everything that was given.

    Raises
    ------
    OptionError
        One can't be read.
    """
    from mkb21sem.errors import OptionError

    found = {}
    for path in paths:
        try:
            with path.open("rb") as held:
                found[hashlib.file_digest(held, "sha256").hexdigest()] = path
        except OSError as error:
            raise OptionError(f"{path} can't be read ({error.strerror or error}).") from error
    return found


def _run(command: Callable[..., Any], options: dict[str, Any], out: Path, workers: int) -> None:
    """Do it again, quietly; what goes wrong is said by the command itself."""
    takes = signature(command).parameters
    if "workers" in takes:
        options["workers"] = workers
    if "keep" in takes:
        options["keep"] = False
    with redirect_stdout(StringIO()):
        try:
            command(**options, out=out)
        except typer.Exit as ended:
            if ended.exit_code != NOT_CONVERGED:
                raise
