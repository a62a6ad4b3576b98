"""`mkb21sem export`: the fitted model in the words of another program."""

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
from mkb21sem.commands.planned import DEFAULT, ModelName, PlanFile, say
from mkb21sem.commands.record import record
from mkb21sem.commands.shell import Book, Codes, Mapping, guarded, missing_codes, progress, the_wave
from mkb21sem.report.terminal import console

EXAMPLE = "mkb21sem export wave.csv --to lavaan --estimator MLR --missing fiml --out for_lavaan"


@guarded
def export(
    file: Annotated[Path | None, typer.Argument(help="Wave file. Default: a synthetic one.")] = None,
    to: Annotated[
        str, typer.Option("--to", help="lavaan, mplus, semopy, jasp, amos, smartpls; or pack: moments only.")
    ] = "lavaan",
    model: ModelName = None,
    data: Annotated[
        str, typer.Option("--data", help="rows: respondents' answers go along; moments: means and covariances only.")
    ] = "rows",
    any_table: Annotated[
        bool, typer.Option("--table", help="The file is any table with names in its first row, not a wave.")
    ] = False,
    estimator: Estimator = None,
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
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
    out: Annotated[Path, typer.Option("--out", help="Folder; it appears whole or not at all.")] = Path("export"),
) -> None:
    """Hand a fitted model over to lavaan, Mplus, semopy, JASP, Amos or SmartPLS, with the sample and our numbers."""
    asked = record()
    with progress() as step:
        step("load the program")
        from mkb21sem.errors import OptionError, one_of
        from mkb21sem.estimate.fit import fit
        from mkb21sem.report import outputs
        from mkb21sem.report.handover.folder import PROGRAMS, SAMPLES
        from mkb21sem.report.handover.folder import export as hand_over
        from mkb21sem.report.words import Words
        from mkb21sem.survey.readers import read_table

        one_of("--to", to, PROGRAMS)
        one_of("--data", data, SAMPLES)
        outputs.replaceable(out)
        step("specify")
        of = by_hand(plan, model, estimator, missing, DEFAULT)
        step("survey")
        wave = None
        if not any_table:
            source: Any = (wave := the_wave(file, codebook, missing_codes(codes), mapping))
        elif file is None:
            raise OptionError("--table describes a file; name it.")
        else:
            needed = [*of.model.observed, *([weights] if weights else [])]
            source = read_table(file, missing_codes(codes), needed=needed).frame
        step("estimate")
        also: dict[str, Any] = {"group": group, "weights": weights, "fixed_x": fixed_x, "meanstructure": meanstructure}
        also |= {"parameterization": parameterization, "std_lv": std_lv, **listed(equal, free, ordered)}
        way = of.way(source)
        found = fit(of.model, source, **{**also, **way, **({"ordered": also["ordered"]} if also["ordered"] else {})})
        held = of.held(found, source, way, also | {"fixed_x": "" if fixed_x else "no"})
        step("report")
        hand_over(found, to, out, data=data, synthetic=wave is not None and wave.synthetic, asked=asked, held=held)
    console().print((out / "README.txt").read_text(encoding="utf-8").strip(), markup=False, soft_wrap=True)
    if held is not None:
        say(held.plan, held.deviations, Words(), console(), held.promises)
    console().print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)
