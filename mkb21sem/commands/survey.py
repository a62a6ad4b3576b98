"""`mkb21sem survey`: what is wrong or worth knowing in a wave file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.record import record
from mkb21sem.commands.shell import PROBLEMS, Book, Codes, Mapping, guarded, missing_codes, progress
from mkb21sem.report.terminal import console, plain_grid

EXAMPLE = "mkb21sem survey wave.sav --codebook codebook2014.xlsx --missing-codes 99"


@guarded
def survey(
    file: Annotated[Path, typer.Argument(help="Wave file: .csv, .xlsx or .sav.")],
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
    log: Annotated[Path | None, typer.Option("--log", help="Write every recode to this file (.csv).")] = None,
) -> None:
    """Check a wave file: list every problem with its row and column, or what is to be known of the answers."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.report import beside
        from mkb21sem.report.outputs import save_file
        from mkb21sem.survey.check import check
        from mkb21sem.survey.codebook import Codebook
        from mkb21sem.survey.exports.log import recode_frame, recode_summary

        if log is not None:
            beside.free(log)
        questions = Codebook.read(codebook)
        step("survey")
        found = check(file, questions, missing_codes(codes), mapping=mapping)
    shown = console()
    if not found.ok:
        shown.print(f"{len(found.problems)} problem(s):", style="bold red")
        for problem in found.problems:
            shown.print(f"  {problem}", markup=False, soft_wrap=True)
    elif found.wave is not None:
        shown.print(str(found.wave), markup=False, style="bold", soft_wrap=True)
        shown.print(plain_grid("Respondents asked and answering", found.bases))
    if found.recodes:
        shown.print(plain_grid("Read as", recode_summary(found.recodes)))
    if log is not None:
        recodes = recode_frame(found.recodes).to_csv(index=False, lineterminator="\n")
        save_file(log, recodes.encode("utf-8-sig"), "--log")
        beside.save(log, asked)
    remarks = found.remarks[found.remarks["kind"] != "base"] if len(found.remarks) else found.remarks
    if len(remarks):
        shown.print(plain_grid("Remarks", remarks))
    if not found.ok:
        raise typer.Exit(PROBLEMS)
