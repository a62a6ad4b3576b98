"""`mkb21sem questionnaire`: the questionnaire of the next wave, ready to import or print."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.record import record
from mkb21sem.commands.shell import Book, Lang, guarded
from mkb21sem.errors import Mkb21Error
from mkb21sem.report.terminal import console

EXAMPLE = "mkb21sem questionnaire --format limesurvey --lang nl --out mkb21.txt"


class Format(StrEnum):
    """What the questionnaire is written for."""

    LIMESURVEY = "limesurvey"
    XLSFORM = "xlsform"
    DOCX = "docx"


ENDINGS = {Format.LIMESURVEY: ".txt", Format.XLSFORM: ".xlsx", Format.DOCX: ".docx"}


@guarded
def questionnaire(
    form: Annotated[
        Format, typer.Option("--format", help="limesurvey (tab-separated), xlsform (Kobo, ODK …) or docx (paper).")
    ] = Format.LIMESURVEY,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the questionnaire.")] = Lang.NL,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write. Default: questionnaire and its ending.")
    ] = None,
    codebook: Book = None,
) -> None:
    """Write the questionnaire from the codebook, routing included; its export is read back without a mapping."""
    from mkb21sem.report import beside
    from mkb21sem.report.outputs import save_file
    from mkb21sem.survey.codebook import Codebook
    from mkb21sem.survey.questionnaire.write import written

    asked = record()
    file = out or Path(f"questionnaire{ENDINGS[form]}")
    if file.suffix.lower() != ENDINGS[form]:
        raise Mkb21Error(f"--out {file}: a {form.value} questionnaire ends in {ENDINGS[form]}. Give it that ending.")
    beside.free(file)
    book = Codebook.read(codebook)
    content = written(book, form.value, lang.value)
    save_file(file, content)
    beside.save(file, asked)
    console().print(f"{file.resolve()}: {len(book)} questions", markup=False, soft_wrap=True)
