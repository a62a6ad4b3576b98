"""`mkb21sem validate`: do the items of a wave measure its constructs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.privacy import Respondents, Suppress
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import Book, Codes, Lang, Mapping, guarded, missing_codes, progress, the_wave
from mkb21sem.report.terminal import console

EXAMPLE = "mkb21sem validate wave.sav --group ZZP --lang nl --out validated"


@guarded
def validate(
    file: Annotated[
        Path | None, typer.Argument(help="Wave file (.csv, .xlsx, .sav). Default: a synthetic one.")
    ] = None,
    group: Annotated[
        str,
        typer.Option("--group", help="Column that tells groups to put side by side: ZZP, or any with 2 to 4 values."),
    ] = "",
    draws: Annotated[int, typer.Option("--draws", min=0, help="Bootstrap samples of HTMT; 0 for no intervals.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of everything that is drawn at random.")] = 2012,
    suppress: Suppress = None,
    respondents: Respondents = False,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of page, pictures and sentences.")] = Lang.EN,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for page, pictures and tables; it appears whole or not at all.")
    ] = Path("validated"),
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
) -> None:
    """Do the items measure the constructs: screening, factors, reliability, validity and method bias in one page."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.describe.suppression import threshold_of
        from mkb21sem.report import outputs
        from mkb21sem.report.dossier import page
        from mkb21sem.report.dossier.inquiry import Depth

        threshold_of(suppress, synthetic=True)
        outputs.replaceable(out)
        step("survey")
        wave = the_wave(file, codebook, missing_codes(codes), mapping)
        done = page.dossier(
            wave, lang.value, group, Depth(draws=draws, seed=seed), step, suppress=suppress, named=respondents
        )
        step("report")
        page.save(done, out, asked)
    shown, words = console(), done.words
    if wave.synthetic:
        shown.print(words.plain("banner"), style="bold yellow")
    for line in page.brief(done):
        shown.print(line, markup=False, soft_wrap=True)
    shown.print(f"{words.plain('dossier.kicker')}: {(out / page.NAME).resolve()}", markup=False, soft_wrap=True)
