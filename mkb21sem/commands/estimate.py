"""`mkb21sem estimate`: any model on any table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mkb21sem.commands.fitting import (
    Equal,
    Estimator,
    FixedX,
    Free,
    Group,
    Meanstructure,
    Missing,
    Ordered,
    Parameterization,
    StdLv,
    Weights,
    by_hand,
    listed,
)
from mkb21sem.commands.planned import PlanFile, say
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import NOT_CONVERGED, Codes, guarded, missing_codes, progress
from mkb21sem.report.terminal import console, print_fit

EXAMPLE = "mkb21sem estimate --model trust.sem --data answers.csv --missing-codes -99 --out trust"


@guarded
def estimate(
    data: Annotated[Path, typer.Option("--data", help="Any table (.csv, .xlsx, .sav) with names in its first row.")],
    model: Annotated[
        str | None, typer.Option("--model", help="A shipped model's name, or a .sem file. Default: the plan's.")
    ] = None,
    estimator: Estimator = None,
    codes: Codes = None,
    missing: Missing = None,
    group: Group = None,
    equal: Equal = "",
    free: Free = "",
    weights: Weights = None,
    ordered: Ordered = "",
    parameterization: Parameterization = "delta",
    std_lv: StdLv = False,
    fixed_x: FixedX = True,
    meanstructure: Meanstructure = None,
    plan: PlanFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for results.json and CSV files.")] = None,
) -> None:
    """Fit any model to any table, and print fit indices and estimates under lavaan's names."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs, quick
        from mkb21sem.report.words import Words
        from mkb21sem.survey.readers import read_table

        if out is not None:
            outputs.replaceable(out)
        step("specify")
        of = by_hand(plan, model, estimator, missing, None)
        step("survey")
        needed = [*of.model.observed, *([weights] if weights else [])]
        table = read_table(data, missing_codes(codes), needed=needed)
        step("estimate")
        way = of.way(table.frame)
        also: dict[str, Any] = {"group": group, "weights": weights, "fixed_x": fixed_x, "meanstructure": meanstructure}
        also |= {"parameterization": parameterization, "std_lv": std_lv, **listed(equal, free, ordered)}
        done = quick.quick(of.model, table, **way, **also)
        held = of.held(done.found, table.frame, way, also | {"fixed_x": "" if fixed_x else "no"})
        if out is not None:
            step("report")
            quick.save(done, out, asked, held)
    print_fit(done)
    if held is not None:
        say(held.plan, held.deviations, Words(), console(), held.promises)
    if out is not None:
        console().print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)
