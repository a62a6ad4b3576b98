"""`mkb21sem report`: the report that goes with a publication, as page, Word file and PDF, with its own score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mkb21sem.commands.kept import Keep, checkpoint
from mkb21sem.commands.planned import (
    Draws,
    Estimator,
    Hypotheses,
    Intervals,
    Missing,
    ModelName,
    PlanFile,
    Seed,
    sampled,
    say,
    specified,
)
from mkb21sem.commands.privacy import Suppress
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import (
    NOT_CONVERGED,
    Codes,
    Lang,
    Mapping,
    Out,
    guarded,
    missing_codes,
    ours,
    parted,
    progress,
    the_wave,
)
from mkb21sem.report.terminal import console

if TYPE_CHECKING:
    from mkb21sem.commands.planned import Specified
    from mkb21sem.report.publication.analysis import Analysis
    from mkb21sem.report.publication.checklist import Score
    from mkb21sem.report.words import Words
    from mkb21sem.specify.declaration import Declaration
    from mkb21sem.survey.wave import Wave
    from mkb21sem.survey.waves import Waves

EXAMPLE = "mkb21sem report wave.sav --hypotheses mine.toml --draws 2000 --group ZZP --out publication"


@guarded
def report(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[WAVE]...",
            help="Wave file, or several in order of time: the last one is analysed, all are compared. "
            "Default: a synthetic one.",
        ),
    ] = None,
    model: ModelName = None,
    hypotheses: Hypotheses = None,
    estimator: Estimator = None,
    missing: Missing = None,
    draws: Draws = None,
    intervals: Intervals = None,
    seed: Seed = None,
    workers: Annotated[int, typer.Option("--workers", help="Local processes; they change no number.")] = 1,
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="A Dask cluster, tcp://address:port, in place of local processes.")
    ] = "",
    group: Annotated[
        str, typer.Option("--group", help="Question by whose answers respondents are compared. Default: as declared.")
    ] = "",
    weights: Annotated[
        str | None, typer.Option("--weights", help="Question that holds sampling weights, for the other choices.")
    ] = None,
    items: Annotated[
        str | None, typer.Option("--items", help="The model on single items, for the other choices.")
    ] = None,
    plan: PlanFile = None,
    suppress: Suppress = None,
    formats: Annotated[str, typer.Option("--formats", help="Of the report: html, docx, pdf, md.")] = "html,docx,pdf",
    tables: Annotated[
        str, typer.Option("--tables", help="Of every single table: csv, html, docx, tex, md, typ.")
    ] = "csv",
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the report.")] = Lang.EN,
    out: Out = Path("publication"),
    codebooks: Annotated[
        list[Path] | None, typer.Option("--codebook", help="Codebook for all waves, or repeated: one a wave.")
    ] = None,
    codes: Codes = None,
    mapping: Mapping = None,
    keep: Keep = True,
) -> None:
    """Write the report of an analysis for publication: HTML, Word and PDF, and how complete it is (n of 40)."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.describe.suppression import threshold_of
        from mkb21sem.report import outputs
        from mkb21sem.report.inference.inference import Sampling
        from mkb21sem.report.publication import publish
        from mkb21sem.report.publication.analysis import Asked, analyse
        from mkb21sem.report.words import Words

        threshold_of(suppress, synthetic=True)
        outputs.replaceable(out)
        printing = publish.Printing(parted(formats), parted(tables))
        step("specify")
        of = specified(plan, model, hypotheses, estimator, missing)
        how = Sampling.asked(*sampled(of.plan, intervals, draws, seed), workers, scheduler or "loky")
        declared, claimed = _declared(hypotheses, of)
        step("survey")
        wave, waves = _read(files or [], codebooks or [], missing_codes(codes), mapping)
        kept = checkpoint(out, keep, step)
        done = analyse(
            wave,
            of.model,
            of.hypotheses,
            of.zeros,
            declaration=declared,
            claimed=claimed,
            asked=Asked(of.estimator, of.missing, how, of.items(items), weights, suppress=suppress),
            plan=of.plan,
            waves=waves,
            group=group,
            step=step,
            checkpoint=kept,
        )
        step("report")
        words = Words(lang.value, wave.codebook.label)
        score = publish.save(done, words, out, printing, step, asked)
        if kept is not None and not done.inference.stopped:
            kept.clear()
    _say(done, score, words, out, printing.formats)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)


def _declared(hypotheses: str | None, of: Specified) -> tuple[Declaration, bool]:
    """What the authors declare, and whether the hypotheses are theirs: from their file, their plan, or shipped."""
    from mkb21sem.specify.declaration import Declaration

    if hypotheses is not None:
        return Declaration.read(hypotheses), True
    if of.plan is not None:
        return of.plan.study, True
    return (Declaration.read("mkb21"), True) if ours(of.name) else (Declaration(), False)


def _read(
    files: list[Path], codebooks: list[Path], codes: tuple[float, ...], mapping: Path | None
) -> tuple[Wave, Waves | None]:
    """The wave that is analysed, and all waves where there are several."""
    from mkb21sem.survey.waves import Waves

    if len(files) < 2:
        return the_wave(files[0] if files else None, codebooks[0] if codebooks else None, codes, mapping), None
    books = codebooks[0] if len(codebooks) == 1 else codebooks or None
    waves = Waves.read(files, books, mapping, codes)
    return waves.waves[-1], waves


def _say(done: Analysis, score: tuple[Score, ...], words: Words, out: Path, formats: tuple[str, ...]) -> None:
    """The score, what is lacking, and where the report is."""
    shown = console()
    if done.wave.synthetic:
        shown.print(words.plain("banner"), style="bold yellow")
    if not done.found.converged:
        shown.print(words.plain("not_converged"), style="bold red")
        shown.print(words.plain("cause", cause=done.found.cause), markup=False)
    met = sum(each.met for each in score)
    shown.print(words.plain("pub.score", met=met, all=len(score)), style="bold")
    for each in score:
        if not each.met:
            shown.print(f"  {each.item.number}. {each.item.wording[words.lang]}", markup=False, soft_wrap=True)
    say(done.inference.plan, done.inference.deviations, words, shown, done.inference.promises)
    for suffix in formats:
        path = (out / f"report.{suffix}").resolve()
        shown.print(f"{words.plain('report')}: {path}", markup=False, soft_wrap=True)
    for name in ("pictures", "tables"):
        if (folder := (out / name).resolve()).is_dir():
            shown.print(f"{words.plain(f'pub.{name}')}: {folder}", markup=False, soft_wrap=True)
