"""`mkb21sem reproduce`: the whole way from wave to report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    the_hypotheses,
    the_wave,
)
from mkb21sem.report.terminal import console, grid

EXAMPLE = "mkb21sem reproduce --data wave.csv --lang nl --out report2012"


PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="A frozen plan (mkb21sem plan freeze): deviations from it are reported.")
]


@guarded
def reproduce(
    data: Data = None,
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")] = "mkb21",
    hypotheses: Annotated[
        str | None, typer.Option("--hypotheses", help="A shipped name, or a .toml file. Default: the model's own.")
    ] = None,
    out: Out = Path("out"),
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the report.")] = Lang.EN,
    estimator: Annotated[
        str, typer.Option("--estimator", help="auto: what the answers ask for (MLR or WLSMV); or a name.")
    ] = "auto",
    missing: Annotated[
        str, typer.Option("--missing", help="auto: every answer counts; or listwise, fiml, pairwise.")
    ] = "auto",
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
        from mkb21sem.specify.model import Model
        from mkb21sem.specify.plan import Plan

        outputs.replaceable(out)
        step("specify")
        chosen = Model.read(model)
        claims = the_hypotheses(hypotheses, model, chosen)
        frozen = Plan.read(plan) if plan else None
        step("survey")
        wave = the_wave(data, codebook, missing_codes(codes), mapping)
        done = main_job.reproduce(
            wave,
            chosen,
            claims,
            out,
            lang.value,
            step,
            estimator=estimator,
            missing=missing,
            plan=frozen,
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
    if frozen is not None:
        key = "plan.deviations" if done.deviations else "plan.kept"
        shown.print(words.plain(key, n=len(done.deviations)), style="bold yellow" if done.deviations else None)
        for each in done.deviations:
            change = " → ".join(text for text in (each.planned, each.done) if text)
            shown.print(f"  {words.plain(f'deviation.{each.kind}')}: {each.what} ({change})", markup=False)
    report = (out / "report.html").resolve()
    shown.print(f"{words.plain('report')}: {report}", markup=False, soft_wrap=True)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)
