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
    listed,
)
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
    model: Annotated[str, typer.Option("--model", help="A shipped model's name, or a .sem file.")] = "mkb21",
    data: Annotated[
        str, typer.Option("--data", help="rows: respondents' answers go along; moments: means and covariances only.")
    ] = "rows",
    any_table: Annotated[
        bool, typer.Option("--table", help="The file is any table with names in its first row, not a wave.")
    ] = False,
    estimator: Estimator = "ML",
    codebook: Book = None,
    codes: Codes = None,
    mapping: Mapping = None,
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
        from mkb21sem.specify.model import Model
        from mkb21sem.survey.readers import read_table

        one_of("--to", to, PROGRAMS)
        one_of("--data", data, SAMPLES)
        outputs.replaceable(out)
        step("specify")
        chosen = Model.read(model)
        step("survey")
        wave = None
        if not any_table:
            source: Any = (wave := the_wave(file, codebook, missing_codes(codes), mapping))
        elif file is None:
            raise OptionError("--table describes a file; name it.")
        else:
            needed = [*chosen.observed, *([weights] if weights else [])]
            source = read_table(file, missing_codes(codes), needed=needed).frame
        step("estimate")
        found = fit(
            chosen,
            source,
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
        step("report")
        hand_over(found, to, out, data=data, synthetic=wave is not None and wave.synthetic, asked=asked)
    console().print((out / "README.txt").read_text(encoding="utf-8").strip(), markup=False, soft_wrap=True)
    console().print(f"Written to {out.resolve()}", markup=False, soft_wrap=True)
