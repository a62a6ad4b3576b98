"""`mkb21sem mapping`: a first mapping file for an export, to be edited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.record import record
from mkb21sem.commands.shell import Book, Mapping, guarded
from mkb21sem.errors import Mkb21Error
from mkb21sem.report.terminal import console

EXAMPLE = "mkb21sem mapping answers.csv --out mapping.csv"


@guarded
def mapping(
    file: Annotated[Path, typer.Argument(help="Export of a survey tool: .csv, .xlsx or .sav.")],
    out: Annotated[Path, typer.Option("--out", help="Mapping file to write (.csv).")] = Path("mapping.csv"),
    earlier: Mapping = None,
    codebook: Book = None,
) -> None:
    """Draft which column is which question and which answer has which code; edit it, and give it to `survey`."""
    from mkb21sem.report import beside
    from mkb21sem.report.outputs import save_file
    from mkb21sem.survey.codebook import Codebook
    from mkb21sem.survey.exports.draft import draft_mapping

    asked = record()
    beside.free(out)
    if out.exists() and out.resolve() != (earlier or Path()).resolve():
        raise Mkb21Error(f"--out {out}: this file exists. Name another, or give it as --mapping too to go on with it.")
    draft = draft_mapping(file, Codebook.read(codebook), earlier)
    save_file(out, draft.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))
    beside.save(out, asked)
    of_column = draft["answer"] == ""
    known = int((of_column & (draft["item"] != "")).sum())
    open_columns = int((of_column & (draft["item"] == "")).sum())
    open_answers = int((~of_column & (draft["code"] == "")).sum())
    shown = console()
    shown.print(f"{out.resolve()}: {known} columns known, {open_columns} not", markup=False, soft_wrap=True)
    shown.print(f"Answers without a code: {open_answers}. Fill in item and code where they are blank; then")
    shown.print(f"mkb21sem survey {file} --mapping {out}", markup=False, soft_wrap=True)
