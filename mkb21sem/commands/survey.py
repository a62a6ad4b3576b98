"""`mkb21sem survey`: what is wrong or worth knowing in a wave file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.shell import PROBLEMS, Book, Codes, guarded, missing_codes, progress
from mkb21sem.report.terminal import console, plain_grid

EXAMPLE = "mkb21sem survey wave.sav --codebook codebook2014.xlsx --missing-codes 99"


@guarded
def survey(
    file: Annotated[Path, typer.Argument(help="Wave file: .csv, .xlsx or .sav.")],
    codebook: Book = None,
    codes: Codes = None,
) -> None:
    """Check a wave file: list every problem with its row and column, or what is to be known of the answers."""
    with progress() as step:
        step("load the program")
        from mkb21sem.survey.codebook import Codebook
        from mkb21sem.survey.wave import check

        questions = Codebook.read(codebook)
        step("survey")
        found = check(file, questions, missing_codes(codes))
    shown = console()
    if not found.ok:
        shown.print(f"{len(found.problems)} problem(s):", style="bold red")
        for problem in found.problems:
            shown.print(f"  {problem}", markup=False, soft_wrap=True)
    elif found.wave is not None:
        shown.print(str(found.wave), markup=False, style="bold", soft_wrap=True)
        shown.print(plain_grid("Respondents asked and answering", found.bases))
    remarks = found.remarks[found.remarks["kind"] != "base"] if len(found.remarks) else found.remarks
    if len(remarks):
        shown.print(plain_grid("Remarks", remarks))
    if not found.ok:
        raise typer.Exit(PROBLEMS)
