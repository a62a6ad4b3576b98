"""`mkb21sem estimate`: any model on any table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mkb21sem.commands.shell import NOT_CONVERGED, Codes, guarded, missing_codes, parted, progress
from mkb21sem.report.terminal import console, print_fit

EXAMPLE = "mkb21sem estimate --model trust.sem --data answers.csv --missing-codes -99 --out trust"


@guarded
def estimate(
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")],
    data: Annotated[Path, typer.Option("--data", help="Any table (.csv, .xlsx, .sav) with names in its first row.")],
    estimator: Annotated[str, typer.Option("--estimator", help="How to estimate.")] = "ML",
    codes: Codes = None,
    missing: Annotated[
        str, typer.Option("--missing", help="Missing answers: listwise, fiml (ML, MLR) or pairwise (ordinal).")
    ] = "listwise",
    group: Annotated[str | None, typer.Option("--group", help="Column that tells groups.")] = None,
    equal: Annotated[
        str, typer.Option("--equal", help="What is equal over groups, parted by commas: loadings,intercepts.")
    ] = "",
    free: Annotated[
        str, typer.Option("--free", help="Arrows exempt from that, parted by commas: 'visual=~x2,x3~1'.")
    ] = "",
    weights: Annotated[str | None, typer.Option("--weights", help="Column of sampling weights (ML, MLR).")] = None,
    ordered: Annotated[
        str, typer.Option("--ordered", help="Ordinal items, parted by commas; or all: every item that is no cause.")
    ] = "",
    parameterization: Annotated[
        str, typer.Option("--parameterization", help="Scale of ordinal items: delta or theta.")
    ] = "delta",
    std_lv: Annotated[
        bool, typer.Option("--std-lv/--no-std-lv", help="Constructs have variance 1 instead of a marker item.")
    ] = False,
    fixed_x: Annotated[
        bool, typer.Option("--fixed-x/--no-fixed-x", help="Take the moments of observed causes from the sample.")
    ] = True,
    meanstructure: Annotated[
        bool | None,
        typer.Option("--meanstructure/--no-meanstructure", help="Estimate means. Default: with groups and fiml."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for results.json and CSV files.")] = None,
) -> None:
    """Fit any model to any table, and print fit indices and estimates under lavaan's names."""
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
            equal=parted(equal),
            free=parted(free),
            weights=weights,
            ordered=True if ordered.strip() == "all" else parted(ordered) or None,
            parameterization=parameterization,
            std_lv=std_lv,
            fixed_x=fixed_x,
            meanstructure=meanstructure,
        )
        if out is not None:
            step("report")
            quick.save(done, out)
    print_fit(done)
    if out is not None:
        console().print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)
    if not done.found.converged:
        raise typer.Exit(NOT_CONVERGED)
