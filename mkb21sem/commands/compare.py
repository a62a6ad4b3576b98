"""`mkb21sem compare`: are waves, or groups of one wave, comparable, and what changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mkb21sem.commands.planned import Hypotheses, ModelName, PlanFile, say, specified
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import Codes, Lang, guarded, missing_codes, progress
from mkb21sem.report.terminal import console, plain_grid

if TYPE_CHECKING:
    from mkb21sem.survey.wave import Wave
    from mkb21sem.survey.waves import Waves

EXAMPLE = "mkb21sem compare wave2012.sav wave2014.csv --mapping renamed.csv --out compared"


@guarded
def compare(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[WAVE]...", help="Wave files in order of time. Default: synthetic.")
    ] = None,
    model: ModelName = None,
    hypotheses: Hypotheses = None,
    group: Annotated[
        str, typer.Option("--group", help="Compare groups inside one wave, such as ZZP, instead of waves.")
    ] = "wave",
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="Renamed items: a table with columns wave, item, here.")
    ] = None,
    codebooks: Annotated[
        list[Path] | None, typer.Option("--codebook", help="Codebook for all waves, or repeated: one a wave.")
    ] = None,
    codes: Codes = None,
    ordinal: Annotated[
        bool | None, typer.Option("--ordinal/--continuous", help="Which ladder. Default: by the items' answers.")
    ] = None,
    plan: PlanFile = None,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the page.")] = Lang.EN,
    out: Annotated[Path, typer.Option("--out", help="Folder for the output; it appears whole or not at all.")] = Path(
        "compared"
    ),
) -> None:
    """Compare waves: which items mean the same, what changed, and which arrows hold again."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs
        from mkb21sem.report.waves import page
        from mkb21sem.report.waves.comparison import comparison
        from mkb21sem.report.words import Words

        outputs.replaceable(out)
        step("specify")
        of = specified(plan, model, hypotheses, None, None)
        claims = of.hypotheses if of.model.structure.edges else ()
        step("survey")
        source = _source(files or [], codebooks or [], mapping, missing_codes(codes), group)
        done = comparison(of.model, source, claims, group, ordinal, step)
        done = done if of.plan is None else done.beside(of.plan)
        step("report")
        words = Words(lang.value, source.codebook.label)
        page.save(done, words, out, asked)
    shown = console()
    shown.print(str(source), markup=False, style="bold", soft_wrap=True)
    columns = ["rung", "chisq_scaled", "df", "diff", "diff_df", "diff_p", "holds"]
    shown.print(plain_grid("Invariance ladder", done.ladder.table()[columns].round(3)))
    freed = done.partial.freed()
    if len(freed):
        columns = ["item", "wave", "rung", "dmacs"]
        shown.print(plain_grid("Released", freed[columns].round(3)))
    if done.held is not None:
        say(done.held.plan, done.held.deviations, words, shown)
    shown.print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)


def _source(
    files: list[Path], codebooks: list[Path], mapping: Path | None, codes: tuple[float, ...], group: str
) -> Waves | Wave:
    """The waves asked for; one wave where groups inside it are compared; synthetic ones without files."""
    from mkb21sem.commands.shell import the_wave
    from mkb21sem.errors import OptionError
    from mkb21sem.survey.synthetic_waves import synthetic_waves
    from mkb21sem.survey.waves import Waves

    if group != "wave" and len(files) <= 1:
        if mapping is not None or len(codebooks) > 1:
            raise OptionError("--mapping and several codebooks are for several waves; one wave file is given.")
        return the_wave(files[0] if files else None, codebooks[0] if codebooks else None, codes)
    if not files:
        if mapping is not None or codebooks or codes:
            raise OptionError("--mapping, --codebook and --missing-codes describe wave files; name the files.")
        return synthetic_waves()
    if len(files) == 1:
        raise OptionError("one wave file is given: name at least two, or a grouping inside it such as --group ZZP.")
    books = codebooks[0] if len(codebooks) == 1 else codebooks or None
    return Waves.read(files, books, mapping, codes)
