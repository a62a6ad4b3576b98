"""`mkb21sem reproduce`: the whole way from wave to report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.planned import Estimator, Hypotheses, Missing, ModelName, PlanFile, say, specified
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import (
    NOT_CONVERGED,
    Book,
    Codes,
    Data,
    Lang,
    Mapping,
    Out,
    guarded,
    missing_codes,
    progress,
    the_wave,
)
from mkb21sem.report.terminal import console, grid

EXAMPLE = "mkb21sem reproduce --data wave.csv --lang nl --out report2012"


@guarded
def reproduce(
    data: Data = None,
    model: ModelName = None,
    hypotheses: Hypotheses = None,
    out: Out = Path("out"),
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the report.")] = Lang.EN,
    estimator: Estimator = None,
    missing: Missing = None,
    codebook: Book = None,
    codes: Codes = None,
    plan: PlanFile = None,
    mapping: Mapping = None,
) -> None:
    """Do everything: check the wave, fit the model, judge the hypotheses, draw, and write the report."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.report import judged, outputs
        from mkb21sem.report import reproduce as main_job
        from mkb21sem.report.words import Words

        outputs.replaceable(out)
        step("specify")
        of = specified(plan, model, hypotheses, estimator, missing)
        step("survey")
        wave = the_wave(data, codebook, missing_codes(codes), mapping)
        done = main_job.reproduce(
            wave,
            of.model,
            of.hypotheses,
            out,
            lang.value,
            step,
            estimator=of.estimator,
            missing=of.missing,
            plan=of.plan,
            measurement=True,
            asked=asked,
        )
    words = Words(lang.value, wave.codebook.label)
    shown = console()
    if wave.synthetic:
        shown.print(words.plain("banner"), style="bold yellow")
    if not done.found.converged:
        shown.print(words.plain("not_converged"), style="bold red")
        shown.print(words.plain("cause", cause=done.found.cause), markup=False)
    elif done.judged:
        shown.print(grid(judged.verdicts(done.judged, words), words, ("id", "path", "std", "p_adjusted", "verdict")))
    say(of.plan, done.deviations, words, shown, done.promises)
    report = (out / "report.html").resolve()
    shown.print(f"{words.plain('report')}: {report}", markup=False, soft_wrap=True)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)
