"""`mkb21sem estimate`: any model on any table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    listed,
)
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import NOT_CONVERGED, Codes, guarded, missing_codes, progress
from mkb21sem.report.terminal import console, print_fit

EXAMPLE = "mkb21sem estimate --model trust.sem --data answers.csv --missing-codes -99 --out trust"


@guarded
def estimate(
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")],
    data: Annotated[Path, typer.Option("--data", help="Any table (.csv, .xlsx, .sav) with names in its first row.")],
    estimator: Estimator = "ML",
    codes: Codes = None,
    missing: Missing = "listwise",
    group: Group = None,
    equal: Equal = "",
    free: Free = "",
    weights: Weights = None,
    ordered: Ordered = "",
    parameterization: Parameterization = "delta",
    std_lv: StdLv = False,
    fixed_x: FixedX = True,
    meanstructure: Meanstructure = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for results.json and CSV files.")] = None,
) -> None:
    """Fit any model to any table, and print fit indices and estimates under lavaan's names."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.report import outputs, quick
        from mkb21sem.specify.model import Model
        from mkb21sem.survey.readers import read_table

        if out is not None:
            outputs.replaceable(out)
        step("specify")
        chosen = Model.read(model)
        step("survey")
        needed = [*chosen.observed, *([weights] if weights else [])]
        table = read_table(data, missing_codes(codes), needed=needed)
        step("estimate")
        done = quick.quick(
            chosen,
            table,
            estimator,
            missing=missing,
            group=group,
            weights=weights,
            parameterization=parameterization,
            std_lv=std_lv,
            fixed_x=fixed_x,
            meanstructure=meanstructure,
            **listed(equal, free, ordered),
        )
        if out is not None:
            step("report")
            quick.save(done, out, asked)
    print_fit(done)
    if out is not None:
        console().print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)
