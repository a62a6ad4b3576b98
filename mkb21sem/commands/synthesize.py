"""`mkb21sem synthesize`: a twin of a wave that can be shared, and what it gives away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.record import record
from mkb21sem.commands.shell import Book, Codes, Lang, Mapping, guarded, missing_codes, progress, the_wave
from mkb21sem.report.terminal import console

EXAMPLE = "mkb21sem synthesize wave2014.csv --out twin2014.csv --seed 7 --lang nl"


@guarded
def synthesize(
    file: Annotated[Path, typer.Argument(help="Wave file of real respondents: .csv, .xlsx or .sav.")],
    out: Annotated[Path, typer.Option("--out", help="The twin (.csv); a note of the same name (.json) goes with it.")],
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", help="Folder for the disclosure report. Default: <twin>_disclosure.", show_default=False
        ),
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", help="Respondents of the twin. Default: as many.", show_default=False)
    ] = None,
    suppress: Annotated[
        int, typer.Option("--suppress", help="Answers that fewer gave are not carried over as often; 0: all are.")
    ] = 10,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Of the draw. Default: one that nobody knows.", show_default=False),
    ] = None,
    model: Annotated[str, typer.Option("--model", help="Whose estimates wave and twin are compared by.")] = "mkb21",
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the disclosure report.")] = Lang.EN,
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
) -> None:
    """Make a synthetic twin of a wave: same distributions, same relations, no respondent; with a disclosure report."""
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs
        from mkb21sem.report.twin import files, page
        from mkb21sem.report.twin.disclosure import disclose
        from mkb21sem.report.words import Words
        from mkb21sem.specify.model import Model

        files.writable(out, file)
        told = files.folder_of(out) if report is None else report
        outputs.replaceable(told)
        fitted = Model.read(model)
        step("survey")
        wave = the_wave(file, codebook, missing_codes(codes), mapping)
        drawn = files.fresh_seed() if seed is None else seed
        asked = record(seed=drawn)
        done = disclose(wave, out.stem, fitted, n, suppress, drawn, step)
        step("report")
        words = Words(lang.value, wave.codebook.label)
        digest = files.write(done.answers, out, files.facts(done))
        page.save(done, words, told, digest, asked)
    shown = console()
    for line in (*page.short(done, words), *page.risky(done, words)):
        shown.print(line.striptags(), markup=False, soft_wrap=True)
    places = words.plain("twin.done", twin=out.resolve(), report=(told / page.PAGE).resolve())
    shown.print(places, markup=False, soft_wrap=True)
