"""`mkb21sem verify`: whether the numbers of an output come out again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.shell import PROBLEMS, Book, Codes, Data, Mapping, guarded, missing_codes, progress, the_wave
from mkb21sem.report.terminal import console, plain_grid

EXAMPLE = "mkb21sem verify report --data wave.csv"


@guarded
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder that mkb21sem reproduce wrote.")],
    data: Data = None,
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
) -> None:
    """Do an analysis again from its results.json and the same answers, and compare every number."""
    with progress() as step:
        step("load the program")
        from mkb21sem.errors import OptionError
        from mkb21sem.report.again import again, stored

        content = stored(folder)
        if data is None and not content["data"]["synthetic"]:
            raise OptionError(f"{folder}: the answers came from {content['data']['file']}; name that file by --data.")
        step("survey")
        wave = the_wave(data, codebook, missing_codes(codes), mapping)
        step("do it again")
        found = again(content, wave)
    shown = console()
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
